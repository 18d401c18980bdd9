"""Which sessions a body opens and has to look after: by a variable, for one call, on something that lasts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import drivers, sqlalchemy
from dbreview.link import iterating
from dbreview.link.events import LentSession, OwnedSession, StoredSession
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import dotted_name
from dbreview.link.values import Engine, Instance, Session, Value

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame


def note_owner(frame: Frame, target: Expression, value: Expression, found: Value) -> None:
    """A session opened and bound to a local name belongs to the function."""
    call = value.value if isinstance(value, facts.Await) else value
    name = dotted_name(target)
    is_own = isinstance(target, facts.Name) or (name or "").startswith(("request.state.", "req.state."))
    if frame.ref is None or name is None:
        return
    if not is_own or isinstance(found, Instance):
        _note_stored(frame, frame.ref, target, value, found)
    elif isinstance(call, facts.Call):
        opened = found if found is not None else _entered(frame, call)
        opened_at = _opened_at(frame, opened, call) if isinstance(opened, Session) else None
        if isinstance(opened, Session) and opened_at is not None and not opened.is_scoped:
            is_next = isinstance(call.func, facts.Name) and call.func.id in ("next", "anext")
            owned = _owned(frame, frame.ref, opened, frame.place(call.at), name)
            frame.interpreter.events.owned[owned.at] = replace(owned, is_from_generator=is_next, opened_at=opened_at)


def _owned(frame: Frame, ref: FunctionRef, session: Session, at: Place, name: str) -> OwnedSession:
    known = frame.interpreter.events.owned.get(at)
    is_request = frame.interpreter.is_request or (known is not None and known.is_request)
    is_connection, driver = session.is_connection, session.driver
    return OwnedSession(at, ref, name, session.kind, is_connection=is_connection, driver=driver, is_request=is_request)


def note_block(frame: Frame, item: facts.WithItem, found: Value) -> None:
    """``with psycopg2.connect(...) as connection:`` commits at its end, and leaves the connection open."""
    if frame.ref is None or not isinstance(found, Session) or found.driver not in drivers.STAYS_OPEN:
        return
    at = frame.place(item.context.at)
    if found.opened_at == at and isinstance(item.target, facts.Name) and at not in frame.interpreter.events.handed_out:
        owned = _owned(frame, frame.ref, found, at, item.target.id)
        frame.interpreter.events.owned[at] = replace(owned, is_block=True, opened_at=at)


def _opened_at(frame: Frame, session: Session, call: Expression) -> Place | None:
    """The call that opens a session, or a connection of an engine: those do not tell it themselves."""
    if session.opened_at is not None or not session.is_connection:
        return session.opened_at
    match call:
        case facts.Call(facts.Attribute(holder, "connect")) if isinstance(frame.evaluate(holder), Engine):
            return frame.place(call.at)
    return None


def _note_stored(frame: Frame, ref: FunctionRef, target: Expression, value: Expression, found: Value) -> None:
    """``app.state.session = SessionFactory()``: it lives as long as what holds it."""
    if not isinstance(found, Session) and not (isinstance(found, Instance) and found.fields):
        return
    name, at, events = dotted_name(target), frame.place(target.at), frame.interpreter.events
    if name is not None and isinstance(target, (facts.Attribute, facts.Name)):
        owner = frame.evaluate(target.value) if isinstance(target, facts.Attribute) else None
        is_request = frame.interpreter.is_request or (at in events.stored and events.stored[at].is_request)
        events.stored[at] = StoredSession(frame.place(value.at), ref, name, owner, found, is_request)


def _entered(frame: Frame, call: facts.Call) -> Value:
    """``SessionFactory.begin().__enter__()``: a context that nobody leaves."""
    match call.func:
        case facts.Attribute(facts.Call() as context, "__enter__" | "__aenter__" | "__next__" | "__anext__"):
            entered, *_ = iterating.enter(frame, context)
            if isinstance(entered, Session) and entered.opened_at is None:
                return replace(entered, opened_at=frame.place(call.at))
            return entered
    return None


def note_taker(frame: Frame, callee: Value, arguments: Arguments, node: facts.Call) -> None:
    """Who gets a session that somebody opened as an argument."""
    for value in arguments.values():
        if isinstance(value, Session) and (value.opened_at is not None or value.is_connection):
            events = frame.interpreter.events
            events.takers[frame.place(node.at)] = callee
            written = (argument.value for argument in node.arguments)
            calls = (each.value if isinstance(each, facts.Await) else each for each in written)
            is_new = any(isinstance(e, facts.Call) and frame.place(e.at) == value.opened_at for e in calls)
            if is_new and frame.ref is not None and value.opened_at is not None and not value.is_scoped:
                lent = LentSession(value.opened_at, frame.ref, node, callee, value.kind)
                events.lent[value.opened_at] = lent
            return


def note_temporary(frame: Frame, session: Session, call: Expression, method: str) -> None:
    """A session that is opened for one call of a method and has no name can never be closed."""
    effect = sqlalchemy.SESSION_METHODS.get(method)
    is_used = method == "query" or (effect is not None and effect.effect is not None)
    if frame.ref is None or not is_used or session.is_scoped or not isinstance(call, facts.Call):
        return
    at = frame.place(call.at)
    if _opened_at(frame, session, call) == at:
        owned = _owned(frame, frame.ref, session, at, "")
        frame.interpreter.events.owned.setdefault(at, owned)
