"""The check behind rules/missing-await.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import MissingAwait, Project


def check(project: Project) -> Iterator[Finding]:
    """Coroutines that use the database, and that nobody awaits."""
    for missing in project.missing_awaits:
        yield Finding(
            at=missing.at,
            message=_message(missing),
            help=_help(missing),
            notes=tuple(_notes(missing)),
            confidence=missing.confidence,
        )


def _message(missing: MissingAwait) -> str:
    what = f"the coroutine of `{missing.call}()`"
    match missing.use:
        case "dropped":
            return f"{what} is never awaited: it does not run"
        case "taken for its result":
            return f"{what} is used as if it were its result, and never awaited"
        case "kept":
            return f"{what} is kept as `{missing.name}` and never awaited: it does not run" if missing.name else what


def _help(missing: MissingAwait) -> str:
    if missing.use == "taken for its result":
        return f"Write `(await {missing.call}(...))` before you use the result."
    start = f"{missing.name} = " if missing.use == "kept" and missing.name else ""
    return f"Write `{start}await {missing.call}(...)`."


def _notes(missing: MissingAwait) -> Iterator[Note]:
    if missing.leads_to is not None:
        yield Note("this is what would use the database, and does not", missing.leads_to)
