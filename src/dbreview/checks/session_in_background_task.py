"""The check behind rules/session-in-background-task.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, SessionInTask


def check(project: Project) -> Iterator[Finding]:
    """Tasks that are given the session of a request, or an object that needs it."""
    for given in project.sessions_in_tasks:
        yield Finding(
            at=given.at,
            message=_about_entity(given) if given.what == "entity" else _about_session(given),
            help=_help(given),
            notes=tuple(_notes(given)),
            confidence=given.confidence,
        )


def _about_session(given: SessionInTask) -> str:
    kind = "connection" if given.is_connection else "session"
    whose = "of the block around it" if _is_of_block(given) else "of the request"
    name = f" `{given.name}`" if given.name else ""
    start = f"`{given.task}` gets the {kind}{name} {whose}"
    if given.what == "holder":
        start = f"`{given.task}` uses the {kind} {whose}, which is in{name or ' its object'}"
    if given.how == "queue":
        return f"{start}: it cannot be sent to a worker"
    if given.how != "background":
        return f"{start}, which closes it while the task still uses it"
    if given.is_closed is None:
        return f"{start}: it stays open until the task ends, or is closed before it (FastAPI 0.106 to 0.117)"
    if given.is_closed:
        return f"{start}: it is closed by then, and the task begins a transaction that nobody ends"
    return f"{start}: its connection and its transaction stay open until the task ends"


def _about_entity(given: SessionInTask) -> str:
    model = (given.model or "").rpartition(".")[2]
    attribute = f"`{model}.{given.attribute}`"
    match given.use:
        case "changes":
            return f"`{given.task}` sets {attribute} on an object of the request's session: nobody commits it any more"
        case "reads":
            return f"`{given.task}` reads {attribute}, which is not loaded: {_failure(given)}"
        case "expired":
            return f"`{given.task}` reads {attribute}, which a commit has expired: {_failure(given)}"
    return f"`{given.task}` gets the `{model}` itself, which belongs to the request's session: a worker needs its key"


def _failure(given: SessionInTask) -> str:
    if given.is_closed or given.how != "background":
        return "DetachedInstanceError, for the session is closed by then"
    if given.is_closed is None:
        return "a query on the request's session, or DetachedInstanceError (FastAPI 0.106 to 0.117)"
    return "a query on the request's session, which stays open until the task ends"


def _is_of_block(given: SessionInTask) -> bool:
    return given.opened_at is not None and given.dependency is None


def _help(given: SessionInTask) -> str:
    prefix = "async " if given.is_async else ""
    own = f"in `{given.task}` a session of its own: `{prefix}with SessionFactory() as session:`"
    if given.what != "entity":
        return f"Give it keys and plain values, and open {own}."
    key = f"`{given.name}.{given.key}`" if given.name and given.key else "its key"
    if given.use == "changes":
        return f"Give it {key}, open {own}, load the object there, and commit."
    return f"Give it the values that it needs, or {key}, and open {own}."


def _notes(given: SessionInTask) -> Iterator[Note]:
    if given.opened_at is not None:
        by = f"`{given.dependency}` opens the session" if given.dependency is not None else "the session is opened here"
        yield Note(by, given.opened_at)
    if given.used_at is not None:
        yield Note("the task does so here" if given.what == "entity" else "the task uses it here", given.used_at)
    if given.route is not None:
        yield Note(f"the route `{given.route.function}` makes the task", given.route.at)
