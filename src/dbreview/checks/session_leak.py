"""The check behind rules/session-leak.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import LeakedSession, Project

_SKIPPING = {
    "database": "an error of this statement skips it",
    "call": "an error in this call skips it",
    "yield": "an error of the code that uses it arrives here, and skips it",
    "return": "this way out skips it",
    "raise": "this way out skips it",
}


def check(project: Project) -> Iterator[Finding]:
    """Sessions that are opened and not closed on every path."""
    for session in project.leaked_sessions:
        yield Finding(
            at=session.at,
            message=_message(session),
            help=_help(session),
            notes=tuple(_notes(session)),
            confidence=session.confidence,
        )


def _message(session: LeakedSession) -> str:
    what = "connection" if session.is_connection else "session"
    if session.owner is not None:
        return _message_of_class(session, what)
    if session.driver and (message := _message_of_driver(session)) is not None:
        return message
    return _message_of_function(session, what)


def _message_of_function(session: LeakedSession, what: str) -> str:
    match session.reason:
        case "never" if not session.name:
            return f"the {what} that is opened here has no owner that could close it"
        case "never":
            return f"the {what} `{session.name}` is opened here and never closed"
        case "abandoned generator":
            taken = "anext" if session.kind == "async" else "next"
            return f"`{taken}(...)` takes the {what} `{session.name}` out of its dependency, and nothing closes it"
        case "opened again":
            return f"the {what} `{session.name}` is opened again before the one opened here is closed"
        case "early exit" if session.leaves_by == "end":
            return f"the {what} `{session.name}` is closed on some paths only"
        case "early exit":
            return (
                f"the {what} `{session.name}` is not closed where a `{session.leaves_by}` leaves before its `close()`"
            )
        case _ if session.is_given_back:
            return (
                f"the {what} `{session.name}` is rolled back or committed, but not closed, when an exception is raised"
            )
        case _ if session.leaves_by == "yield":
            return f"the {what} `{session.name}` is not closed when the code that it is lent to raises an exception"
    return f"the {what} `{session.name}` is not closed when an exception is raised before its `close()`"


def _message_of_driver(session: LeakedSession) -> str | None:
    """What is told of a driver's own connection; None where that is what is told of any other, too."""
    if session.is_block:
        return f"the `with` block of a `{session.driver}` connection commits, and leaves `{session.name}` open"
    name = f"the connection `{session.name}`" if session.name else "the connection"
    if not session.pool:
        is_never = session.reason == "never" and session.name
        return f"{name} is opened here and never closed: it is open until Python collects it" if is_never else None
    if session.reason == "never":
        return f"{name} is taken out of `{session.pool}` here and never given back"
    if session.leaves_by in ("return", "raise"):
        return f"{name} is not given back to `{session.pool}` where a `{session.leaves_by}` leaves before that"
    return f"{name} is not given back to `{session.pool}` when an exception is raised before that"


def _message_of_class(session: LeakedSession, what: str) -> str:
    name = f"`{session.owner}.{session.name}`"
    match session.reason:
        case "never" if not session.exit:
            return f"the {what} {name} is opened for each `{session.owner}` that a request makes, and nothing closes it"
        case "never":
            return f"the {what} {name} is opened for a `with` block, and `{session.exit}` does not close it"
        case "early exit":
            return f"the {what} {name} is opened for a `with` block, and `{session.exit}` closes it on some paths only"
    return f"the {what} {name} is not closed when an exception is raised in `{session.exit}` before its `close()`"


def _notes(session: LeakedSession) -> Iterator[Note]:
    if session.closed_at is not None:
        yield Note("it is given back here" if session.pool else "it is closed here", session.closed_at)
    if session.leaves_at is None:
        return
    if session.reason == "opened again":
        yield Note("it is opened again here", session.leaves_at)
    elif session.reason == "never":
        yield Note("the `with` block ends here", session.leaves_at)
    elif session.leaves_by in _SKIPPING:
        yield Note(_SKIPPING[session.leaves_by], session.leaves_at)


def _help(session: LeakedSession) -> str:
    prefix = "async " if session.kind == "async" else ""
    wait = "await " if session.kind == "async" else ""
    opener = session.opener or "..."
    if session.owner is not None and not session.exit:
        return f"Give `{session.owner}` the session of the request, and let the dependency that opens it close it."
    if session.owner is not None:
        return f"End `{session.exit}` with `finally: {wait}self.{session.name}.close()`."
    if session.reason == "abandoned generator":
        return f"Open it with `{prefix}with SessionFactory() as {session.name}:` instead."
    if session.driver:
        return _help_for_driver(session, prefix, wait)
    if session.is_connection:
        return f"Use `{prefix}with {session.opener or 'engine.connect()'} as {session.name or 'connection'}:`."
    if not session.name:
        opener = session.opener or "SessionFactory()"
        return f"Open it with `{prefix}with {opener} as session:`; in a dependency, `yield` it from there."
    if "." in session.name:
        return f"Close it in a `finally`: `{wait}{session.name}.close()`."
    if session.is_generator:
        opener = session.opener or "SessionFactory()"
        return f"Write `{prefix}with {opener} as {session.name}: yield {session.name}`."
    return f"Use `{prefix}with {opener} as {session.name}:`, or close it in a `finally`."


def _help_for_driver(session: LeakedSession, prefix: str, wait: str) -> str:
    """What closes a connection of a driver, or gives it back to its pool."""
    name = session.name or "connection"
    if session.pool:
        lends = {"asyncpg": "acquire", "aiomysql": "acquire", "psycopg": "connection"}.get(session.driver)
        if lends is not None:
            return f"Let the pool lend it: `{prefix}with {session.pool}.{lends}() as {name}:`."
        return f"Give it back in a `finally`: `{session.pool}.putconn({name})`."
    opener = session.opener or "..."
    if session.driver in ("sqlite3", "psycopg2", "pyodbc"):
        return f"Use `with closing({opener}) as {name}:`, of `contextlib`, or close it in a `finally`."
    if session.driver == "asyncpg" or not session.opener or session.is_generator:
        return f"Close it in a `finally`: `{wait}{name}.close()`."
    opener = f"await {opener}" if session.driver == "psycopg" and wait else opener
    return f"Use `{prefix}with {opener} as {name}:`, which closes it."
