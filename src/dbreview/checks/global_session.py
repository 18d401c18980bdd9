"""The check behind rules/global-session.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import GlobalSession, Project

_WHERE = {
    "module": "`{name}` is one session for the whole process: made once, when the module is imported",
    "class": "`{name}` is one session for every object of the class: made once, when the class is defined",
    "default": "the default of `{name}` is one session for every call: made once, when the function is defined",
    "cache": "`{name}` is cached: every caller gets the one session that its first call opened",
    "state": "`{name}` is one session for the whole application",
    "closure": "`{name}` is one session for all calls of the function that uses it: made once, outside of it",
    "provider": "`{name}` is one session for the whole process: its container makes it once and keeps it",
}


def check(project: Project) -> Iterator[Finding]:
    """Sessions that all requests share."""
    for session in project.global_sessions:
        message = _WHERE[session.where].format(name=session.name)
        yield Finding(
            at=session.at,
            message=message.replace("one session", "one connection") if session.driver else message,
            help=_help(session),
            notes=(Note("it is used here", session.used_at),) if session.used_at is not None else (),
            confidence=session.confidence,
        )


def _help(session: GlobalSession) -> str:
    prefix = "async " if session.kind == "async" else ""
    if session.driver:
        return _help_for_driver(session)
    return (
        "Keep the factory global and open one session per request, in a dependency: "
        f"`{prefix}def get_session(): {prefix}with SessionFactory() as session: yield session`."
    )


def _help_for_driver(session: GlobalSession) -> str:
    if session.driver in ("sqlite3", "aiosqlite"):
        return "Open one connection per request, in a dependency that closes it: it is only a file."
    return (
        "Keep a pool global instead, made in the lifespan, and borrow a connection of it per request, in a dependency."
    )
