"""Sessions that are opened for an object or a function's argument, by nobody who could close them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import lifetimes
from dbreview.link.lifetimes import lending
from dbreview.link.lifetimes.ownership import Watch, parameter_given
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import ClassValue, FunctionValue, Session
from dbreview.project import LeakedSession, Role

if TYPE_CHECKING:
    from dbreview.link.events import LentSession, StoredSession
    from dbreview.link.interpret import Interpreter

_PLAIN_BASES = frozenset({"abc.ABC", "typing.Generic", "typing.Protocol", "builtins.object"})


def unowned_sessions(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[LeakedSession]:
    """Sessions of objects that requests make, and of arguments, that nothing in the project closes."""
    for lent in interpreter.events.lent.values():
        if roles.get(lent.ref.path) == "application" and _is_only_used(interpreter, lent):
            yield LeakedSession(lent.at, "", "never", None, None, False, lent.kind)
    made = [each for each in interpreter.events.stored.values() if each.is_request and _is_made_for(interpreter, each)]
    closed = _closed_attributes(interpreter) if made else frozenset()
    for stored in made:
        name, owner, session = stored.target.rpartition(".")[2], stored.ref.owner, stored.value
        if roles.get(stored.ref.path) != "application" or owner is None or name in closed:
            continue
        if not isinstance(session, Session) or session.opened_at is None:
            continue
        if not _is_closed_by_class(interpreter, owner, name):
            kind = session.kind
            yield LeakedSession(
                session.opened_at, name, "never", None, None, False, kind, owner=owner.name, confidence="medium"
            )


def _is_only_used(interpreter: Interpreter, lent: LentSession) -> bool:
    """``count(SessionFactory())`` of a function that does no more with it than use it."""
    if not isinstance(lent.taker, FunctionValue):
        return False
    is_new = [Place(lent.ref.path, *argument.value.at) == lent.at for argument in lent.call.arguments]
    is_bound = lent.taker.receiver is not None
    name = parameter_given(lent.taker.ref, lent.call, is_new, is_bound=is_bound)
    if name is None:
        return False
    watch = Watch(interpreter, lent.taker.ref, name)
    return not (watch.has_close or lending.is_handed_on(watch) or lending.may_be_closed_elsewhere(watch))


def _is_made_for(interpreter: Interpreter, stored: StoredSession) -> bool:
    """Whether ``__init__`` opens the session, or is given one that is opened for it: ``Names(SessionFactory())``."""
    session = stored.value
    if stored.ref.facts.name != "__init__" or not isinstance(session, Session):
        return False
    if session.is_scoped or session.is_connection:
        return False
    receiver = stored.ref.facts.parameters[0].name if stored.ref.facts.parameters else ""
    if stored.target.rpartition(".")[0] != receiver or session.opened_at is None:
        return False
    lent = interpreter.events.lent.get(session.opened_at)
    if lent is not None:
        return isinstance(lent.taker, ClassValue)
    return any(
        isinstance(node, facts.Call) and Place(stored.ref.path, *node.at) == session.opened_at
        for node in walk(stored.ref.facts.body)
    )


def _closed_attributes(interpreter: Interpreter) -> frozenset[str]:
    """The attributes that something in the project closes: ``service.session.close()``, ``with unit.session:``."""
    found: set[str] = set()
    for module in interpreter.names.modules.values():
        for node in walk(module.body, into_functions=True):
            match node:
                case facts.Attribute(facts.Attribute(_, name), attr) if attr in lifetimes.CLOSING:
                    found.add(name)
                case facts.WithItem(context):
                    found.add(last_name(context) or "")
                case facts.Call(func, arguments):
                    word = (last_name(func) or "").lower()
                    if any(part in word for part in lifetimes.CLOSING_WORDS):
                        found |= {last_name(argument.value) or "" for argument in arguments}
    return frozenset(found)


def _is_closed_by_class(interpreter: Interpreter, ref: ClassRef, name: str) -> bool:
    """Whether the class, an ancestor or a descendant may close the session or give it away."""
    classes = interpreter.classes
    family = [*classes.ancestors(ref), *_descendants(interpreter, ref)]
    for each in family:
        if not isinstance(each, ClassRef):
            if each not in _PLAIN_BASES:
                return True
            continue
        if each.members.keys() & lifetimes.ENDING_METHODS:
            return True
        for member in each.members.values():
            if isinstance(member, FunctionRef) and member.facts.parameters:
                watch = Watch(interpreter, member, f"{member.facts.parameters[0].name}.{name}")
                if watch.has_close or lending.is_handed_on(watch) or lending.may_be_closed_elsewhere(watch):
                    return True
    return False


def _descendants(interpreter: Interpreter, ref: ClassRef) -> Iterator[ClassRef]:
    for child in interpreter.classes.children(ref):
        yield child
        yield from _descendants(interpreter, child)
