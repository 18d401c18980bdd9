"""The check behind rules/session-leak.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import LeakedSession, Project


def check(project: Project) -> Iterator[Finding]:
    """Sessions that a function opens and does not close on every path."""
    for session in project.leaked_sessions:
        yield Finding(
            at=session.at,
            message=_message(session),
            help=_help(session),
            notes=(Note("it is closed only here", session.closed_at),) if session.closed_at is not None else (),
        )


def _message(session: LeakedSession) -> str:
    match session.reason:
        case "never" if not session.name:
            return "the session that is opened here has no owner that could close it"
        case "never":
            return f"the session `{session.name}` is opened here and never closed"
        case "abandoned generator":
            return f"`next(...)` takes the session `{session.name}` out of its dependency, and nothing closes it"
        case _:
            return f"the session `{session.name}` is not closed when an exception is raised before its `close()`"


def _help(session: LeakedSession) -> str:
    prefix = "async " if session.kind == "async" else ""
    if session.reason == "abandoned generator":
        return f"Open it with `{prefix}with SessionFactory() as {session.name}:` instead."
    if not session.name:
        return f"Open it with `{prefix}with SessionFactory() as session:`; in a dependency, `yield` it from there."
    if session.is_generator:
        return f"Write `{prefix}with SessionFactory() as {session.name}: yield {session.name}`."
    return f"Use `{prefix}with ... as {session.name}:`, or close it in a `finally`."
