"""The check behind rules/lazy-load-under-async.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import ForbiddenLoad, Project


def check(project: Project) -> Iterator[Finding]:
    """Attributes that are not loaded, read where the session cannot load them."""
    for load in project.forbidden_loads:
        yield Finding(
            at=load.at,
            message=_message(load),
            help=_help(load),
            notes=tuple(_notes(load)),
            confidence=load.confidence,
        )


def _message(load: ForbiddenLoad) -> str:
    reader = f", read by `{load.asked_by}`," if load.asked_by is not None else ""
    match load.why:
        case "lazy":
            missing = "was not loaded"
        case "commit":
            missing = "has expired with the commit"
        case "rollback":
            missing = "has expired with the rollback"
    return f"`{load.model}.{load.attribute}`{reader} {missing}: under an AsyncSession reading it raises MissingGreenlet"


def _help(load: ForbiddenLoad) -> str:
    match load.why:
        case "lazy":
            return f"Load it with the row, by `{load.option}`, or afterwards: `await session.refresh(..., [\"{load.attribute}\"])`."
        case "commit":
            return "Make the session with `expire_on_commit=False`, or `await session.refresh(...)` after the commit."
        case "rollback":
            return f"Keep `{load.attribute}` in a variable before the rollback, or `await session.refresh(...)` after it."


def _notes(load: ForbiddenLoad) -> Iterator[Note]:
    if load.since is not None:
        match load.why:
            case "lazy":
                yield Note(f"the `{load.model}` comes from here, without `{load.attribute}`", load.since)
            case "commit":
                yield Note("the commit expires all that the session has loaded", load.since)
            case "rollback":
                yield Note("the rollback expires all that the session has loaded", load.since)
    if load.relationship is not None:
        name = f"{load.relationship.class_name}.{load.relationship.name}"
        yield Note(f"`{name}` is loaded on first use, because no `lazy=` says otherwise", load.relationship.at)
