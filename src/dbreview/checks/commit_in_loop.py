"""The check behind rules/commit-in-loop.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks import _writes
from dbreview.finding import Finding
from dbreview.project import Project, RepeatedWrite

_DONE = {"commit": "the commit runs here", "flush": "the flush runs here", "refresh": "the refresh runs here"}


def check(project: Project) -> Iterator[Finding]:
    """Commits, flushes and refreshes that a loop repeats, in its own body or through the calls it makes."""
    for write in project.repeated_writes:
        if write.kind in _DONE:
            yield Finding(
                at=write.at,
                message=f"{_subject(write)} once for each pass of this loop",
                help=_help(project, write),
                notes=tuple(
                    _writes.notes(write, _DONE[write.kind], "the same loop commits, flushes or refreshes here, too")
                ),
                confidence=write.confidence,
            )


def _subject(write: RepeatedWrite) -> str:
    match write.kind:
        case "commit":
            return f"`{write.what}()` ends a transaction"
        case "flush":
            return f"`{write.what}()` sends what was added,"
        case _:
            return f"`{write.what}(...)` reads one row again,"


def _help(project: Project, write: RepeatedWrite) -> str:
    call = f"{'await ' if write.is_async else ''}{write.what}()"
    is_here = write.write_at == write.at
    match write.kind:
        case "commit" if is_here:
            return f"Write `{call}` once, behind the loop: all rows are written together, or none."
        case "commit":
            return f"Take `{call}` out of what the loop calls, and commit once behind the loop."
        case "flush" if is_here:
            return f"Leave it to the commit, or write `{call}` once behind the loop: it sends all rows together."
        case "flush":
            return f"Take `{call}` out of what the loop calls, and flush or commit once behind the loop."
        case _:
            brought = "A flush brings the keys and defaults of all new rows: read them before the commit."
            return f"{brought} {_again(project, write)}"


def _again(project: Project, write: RepeatedWrite) -> str:
    """What reads many rows again."""
    entity, key = _writes.entity(write), _writes.key(_writes.model(project, write))
    if entity is None or key is None:
        return "To read many rows again, run one `select()` with `IN`."
    return f"To read many rows again, run one `select({entity}).where({entity}.{key}.in_(...))`."
