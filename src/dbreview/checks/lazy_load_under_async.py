"""The check behind rules/lazy-load-under-async.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import ForbiddenLoad, Project, Relationship


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
    name = f"`{load.model}.{load.attribute}`"
    reader = load.asked_by or "the response"
    if load.relationship is not None and load.relationship.orm == "tortoise":
        return _message_for_tortoise(load.relationship)
    if load.why == "lazy" and load.asked_by is not None:
        return f"{name}, which {reader} reads, was not loaded: under an AsyncSession that raises MissingGreenlet"
    if load.why == "lazy":
        return f"{name} was not loaded: under an AsyncSession reading it raises MissingGreenlet"
    if load.at == load.since:
        return (
            f"this {load.why} expires {name}, which {reader} reads: under an AsyncSession that raises MissingGreenlet"
        )
    return f"{name} has expired with the {load.why}: under an AsyncSession reading it raises MissingGreenlet"


def _message_for_tortoise(relationship: Relationship) -> str:
    name = f"`{relationship.class_name}.{relationship.name}`"
    if relationship.is_collection:
        return f"{name} was not fetched: reading it raises NoValuesFetched"
    return f"{name} was not fetched: it is a query, which has no attributes of `{relationship.target_name}`"


def _help(load: ForbiddenLoad) -> str:
    if load.relationship is not None and load.relationship.orm == "tortoise":
        before = f'`await {load.model.lower()}.fetch_related("{load.attribute}")`'
        with_row = f"Fetch it with the row: `.{load.option}`. Or load" if load.since is not None else "Load"
        return f"{with_row} it before: {before}."
    match load.why:
        case "lazy":
            before = f'`await session.refresh(..., ["{load.attribute}"])`'
            if load.since is None or not load.option:
                return f"Load it before: {before}."
            return f"Load it with the row: `{load.option}`. Or load it before: {before}."
        case "commit":
            return "Make the session with `expire_on_commit=False`, or `await session.refresh(...)` after the commit."
        case "rollback":
            return (
                f"Keep `{load.attribute}` in a variable before the rollback, or `await session.refresh(...)` after it."
            )


def _notes(load: ForbiddenLoad) -> Iterator[Note]:
    if load.since is not None and load.since != load.at:
        what = f"the `{load.model}` comes from here, without `{load.attribute}`"
        yield Note(what if load.why == "lazy" else f"the {load.why} expires what the session has loaded", load.since)
    if load.route is not None and load.since == load.at:
        yield Note(f"the route `{load.route.function}` answers with it", load.route.at)
    if load.relationship is not None and load.why == "lazy":
        name = f"{load.relationship.class_name}.{load.relationship.name}"
        is_tortoise = load.relationship.orm == "tortoise"
        why = "where it is asked for" if is_tortoise else "on first use, because no `lazy=` says otherwise"
        yield Note(f"`{name}` is loaded {why}", load.relationship.at)
