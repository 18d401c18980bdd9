"""The check behind rules/sync-orm-in-async-route.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import BlockingCall, Project


def check(project: Project) -> Iterator[Finding]:
    """Synchronous database calls that run on the event loop while a request is answered."""
    for call in project.blocking_calls:
        what = "async route" if call.is_route else "coroutine"
        yield Finding(
            at=call.at,
            message=f"the {what} `{call.function}` waits here for the database, and so does every other request",
            help=_help(call),
            notes=tuple(_notes(call)),
            confidence=call.confidence,
        )


def _help(call: BlockingCall) -> str:
    other = f"an asynchronous driver in place of {call.driver}" if call.driver else "an AsyncSession"
    if call.is_route:
        return (
            f"Write `def {call.function}` without `async`: FastAPI then runs it in a thread. "
            f"Or use {other} and await it."
        )
    return f"Use {other} and await it, or hand the work to a thread: `await run_in_threadpool(...)`."


def _notes(call: BlockingCall) -> Iterator[Note]:
    for place in call.calls[:-1]:
        yield Note("the call leads here", place)
    if call.calls:
        yield Note(f"`{call.what}` waits for the database here", call.calls[-1])
    if call.others:
        places = "place" if call.others == 1 else "places"
        yield Note(f"`{call.function}` does this at {call.others} more {places}", call.function_at)
