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
    call = f"`{missing.call}()`"
    what = "query" if missing.is_query else "coroutine"
    match missing.use:
        case "dropped":
            return f"the {what} of {call} is never awaited: it does not run"
        case "taken for its result":
            return f"{call} gives a {what}, which is used as if it were the result: it is never awaited"
        case "kept":
            return f"the {what} of {call} is kept as `{missing.name}` and never awaited: it does not run"


def _help(missing: MissingAwait) -> str:
    if missing.use == "taken for its result" and missing.name is None:
        return f"Write `(await {missing.call}(...))`."
    start = f"{missing.name} = " if missing.name is not None else ""
    return f"Write `{start}await {missing.call}(...)`."


def _notes(missing: MissingAwait) -> Iterator[Note]:
    if missing.leads_to is not None:
        yield Note("this is what would use the database, and does not", missing.leads_to)
