"""The check behind rules/session-shared-by-tasks.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, SharedSession


def check(project: Project) -> Iterator[Finding]:
    """Asynchronous sessions and connections that several tasks use at the same time."""
    for shared in project.shared_sessions:
        yield Finding(
            at=shared.at,
            message=_message(shared),
            help=_help(shared),
            notes=tuple(_notes(shared)),
            confidence=shared.confidence,
        )


def _message(shared: SharedSession) -> str:
    what = f"the {_holder(shared)} `{shared.name}`" if shared.name else f"one {_holder(shared)}"
    start = f"`{shared.how}` lets several tasks use {what} at the same time"
    if shared.is_connection:
        return f"{start}: it raises, or they wait for each other"
    return f"{start}: it raises InvalidRequestError, or they wait for each other"


def _holder(shared: SharedSession) -> str:
    return "connection" if shared.is_connection else "session"


def _help(shared: SharedSession) -> str:
    if shared.is_connection:
        return "Take a connection from the pool in each coroutine. Or await one after the other."
    return "Open a session in each coroutine: `async with SessionFactory() as session:`. Or await one after the other."


def _notes(shared: SharedSession) -> Iterator[Note]:
    what = f"`{shared.name}`" if shared.name else f"the {_holder(shared)}"
    first, *others = shared.uses or (None,)
    if first is not None:
        yield Note(f"this task uses {what}" if others else f"each of these tasks uses {what}", first)
    for place in others:
        yield Note(f"this task uses {what} meanwhile", place)
