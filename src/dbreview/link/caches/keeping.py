"""What functions put into dicts, lists and attributes that needs a session: noted here, judged when all is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import caches
from dbreview.link import iterating, strategies
from dbreview.link.events import Held, KeptEvent
from dbreview.link.joining import options
from dbreview.link.lifetimes import shared
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import calls_in, dotted_name, walk
from dbreview.link.values import (
    TORTOISE,
    Const,
    Either,
    Entity,
    Entries,
    Instance,
    Items,
    LibraryObject,
    Record,
    Result,
    Session,
    Statement,
    Symbol,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame

_DEEPEST = 3
_HOLDING = (Entity, Items, Entries, Record, Either, Session, Result, Statement, Instance)


def note_assigned(frame: Frame, target: Expression, value: Expression, found: Value) -> None:
    """``_users[user.id] = user``, ``app.state.users = users``, and a global variable that is set."""
    if frame.ref is None or not isinstance(found, _HOLDING):
        return
    match target:
        case facts.Subscript(holder, key) if _takes_items(frame, holder):
            _note(frame, holder, value, found, key)
        case facts.Attribute():
            _note(frame, target, value, found)
        case facts.Name(name) if name in _globals_of(frame.ref):
            _note(frame, target, value, found)


def note_added(frame: Frame, func: facts.Attribute, arguments: Arguments, node: facts.Call) -> None:
    """``_users.setdefault(user.id, user)``, ``_users.append(user)``, ``_users.update(users)``."""
    position = caches.ADDING.get(func.attr)
    if frame.ref is None or (position is None and func.attr not in caches.ADDING_MANY):
        return
    if position is not None:
        key = node.arguments[0].value if position and node.arguments else None
        _note_argument(frame, func, arguments, node, position, key)
    elif arguments.positional and node.arguments:
        _note_argument(frame, func, arguments, node, 0, None)


def note_call(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> None:
    """The same of the collections of libraries, and ``await cache.set("users", users)``."""
    owner, _, method = dotted.rpartition(".")
    if frame.ref is None or not isinstance(node.func, facts.Attribute):
        return
    if owner in caches.CONTAINERS:
        note_added(frame, node.func, arguments, node)
    elif owner in caches.STORES and method in caches.SETTING and is_in_memory(frame.evaluate(node.func.value)):
        key = node.arguments[0].value if node.arguments else None
        _note_argument(frame, node.func, arguments, node, caches.SETTING[method], key)


def is_in_memory(store: Value) -> bool:
    """Whether a cache of aiocache keeps the very objects that it is given."""
    return isinstance(store, LibraryObject) and all(
        isinstance(each, Const) or (isinstance(each, Symbol) and each.dotted.rpartition(".")[2] in caches.MEMORY)
        for each in store.arguments
    )


def _note_argument(
    frame: Frame, func: facts.Attribute, arguments: Arguments, node: facts.Call, position: int, key: Expression | None
) -> None:
    written = [each.value for each in node.arguments if each.keyword in (None, "value", "default")]
    if position < len(written) and not any(each.stars for each in node.arguments):
        value = frame.evaluate(written[position]) if position >= len(arguments.positional) else None
        found = arguments.positional[position] if position < len(arguments.positional) else value
        if isinstance(found, _HOLDING):
            _note(frame, func.value, written[position], found, key, is_item=True)


def _takes_items(frame: Frame, holder: Expression) -> bool:
    """Whether this is a collection, or on the application's state."""
    value = frame.evaluate(holder)
    match value:
        case LibraryObject(dotted) if dotted in caches.CONTAINERS:
            return True
        case Instance(ref):
            return not caches.CONTAINERS.isdisjoint(frame.interpreter.classes.library_ancestors(ref))
    return any(isinstance(each, (Entries, Items)) for each in options(value)) or _is_of_state(frame, holder)


def _is_of_state(frame: Frame, holder: Expression) -> bool:
    """Whether this is something on the application's state, of which nothing else is known, or a name of it."""
    written = dotted_name(holder)
    body = frame.ref.facts.body if frame.ref is not None else ()
    aliases = (n.value for n in walk(body) if isinstance(n, facts.Assign) and written in map(dotted_name, n.targets))
    name = dotted_name(next(aliases, holder))
    return name is not None and shared.is_application_state(None, name)


@lru_cache(maxsize=10_000)
def _globals_of(ref: FunctionRef) -> frozenset[str]:
    declared = (n for n in walk(ref.facts.body) if isinstance(n, facts.ScopeDeclaration) and n.kind == "global")
    return frozenset(name for each in declared for name in each.names)


def _note(
    frame: Frame, holder: Expression, value: Expression, found: Value, key: Expression | None = None, *,
    is_item: bool = False,
) -> None:  # fmt: skip
    name = dotted_name(holder)
    if name is None or frame.ref is None or _is_closed_over(frame, name.partition(".")[0]):
        return
    held = next(held_in(frame, found), None)
    if held is None:
        return
    stored_at = frame.place(value.at)
    at, given = _given_at(frame, value, held)
    event = KeptEvent(
        at or stored_at,
        stored_at,
        frame.ref,
        holder,
        frame.evaluate(holder.value) if isinstance(holder, facts.Attribute) else None,
        key,
        dotted_name(given),
        held,
        is_item or key is not None,
        frame.interpreter.is_request,
    )
    events = frame.interpreter.events.held
    known = events.get((event.at, stored_at))
    if known is None or (event.is_request and not known.is_request):
        events[event.at, stored_at] = event


def _is_closed_over(frame: Frame, name: str) -> bool:
    """Whether a name is a variable of the function around this one: it lives as long as that says."""
    return name not in frame.env and frame.closure is not None and name in frame.closure.names


def _given_at(frame: Frame, value: Expression, held: Held) -> tuple[Place | None, Expression]:
    """Where what a helper keeps is given to it, by whichever calls, and how it is written there."""
    interpreter = frame.interpreter
    place: Place | None = None
    keeper = frame
    for caller, at in zip(interpreter.frames[-2::-1], reversed(interpreter.trail), strict=False):
        call = _call_at(caller, at)
        if call is None or keeper.ref is None:
            break
        argument = _argument(keeper, call, value)
        if argument is None and not _is_within(held.loaded_at, caller):
            break
        place, keeper = at, caller
        value = argument if argument is not None else call
    return place, value


def _call_at(caller: Frame, at: Place) -> facts.Call | None:
    body = caller.ref.facts.body if caller.ref is not None and caller.path == at.filename else ()
    return next((each for each in calls_in(body) if caller.place(each.at) == at), None)


def _is_within(place: Place | None, caller: Frame) -> bool:
    """Whether the caller's own body loads what is kept: it handed the helper a function that does."""
    body = caller.ref.facts.body if caller.ref is not None else ()
    if place is None or place.filename != caller.path or not body:
        return False
    return body[0].at[:2] <= (place.line, place.column) and (place.end_line, place.end_column) <= body[-1].at[2:]


def _argument(keeper: Frame, call: facts.Call, value: Expression) -> Expression | None:
    """What a call gives for the parameter that is kept."""
    parameters = keeper.ref.facts.parameters if keeper.ref is not None else ()
    if not isinstance(value, facts.Name) or all(each.name != value.id for each in parameters):
        return None
    named = next((each.value for each in call.arguments if each.keyword == value.id), None)
    if named is not None:
        return named
    is_bound = keeper.ref is not None and keeper.ref.owner is not None and isinstance(call.func, facts.Attribute)
    position = next(i for i, each in enumerate(parameters) if each.name == value.id) - is_bound
    given = [each.value for each in call.arguments if each.keyword is None]
    return given[position] if 0 <= position < len(given) else None


# --- what needs a session -----------------------------------------------------------------


def held_in(frame: Frame, value: Value, depth: int = 0) -> Iterator[Held]:
    """The objects of sessions, and the sessions, results and queries, that a value is or holds."""
    if depth > _DEEPEST:
        return
    match value:
        case Entity():
            yield from _of_entity(frame, value)
        case Session(is_connection=False, is_scoped=False) if value.identity is not None:
            yield Held("session", value, loaded_at=value.opened_at)
        case Result(fetch):
            yield Held("result", fetch.session, _model_of(iterating.element_of(frame, value, None, None)), fetch.at)
        case Statement(session=Session() as session) if session != TORTOISE:
            yield Held("query", session, value.model, value.at)
        case Items(element, is_lazy=False, exact=exact):
            for inner in exact or (element,):
                yield from (replace(each, is_many=True) for each in held_in(frame, inner, depth + 1))
        case Record(items):
            for inner in items:
                yield from held_in(frame, inner, depth + 1)
        case Entries(items, others):
            for inner in (*(each for _, each in items), *others):
                yield from (replace(each, is_many=True) for each in held_in(frame, inner, depth + 1))
        case Instance(ref, fields) if not frame.interpreter.schemas.is_schema(ref):
            for _, inner in fields:
                yield from held_in(frame, inner, depth + 1)
        case Either(parts):
            found = [next(held_in(frame, each, depth + 1), None) for each in parts if each != Const(None)]
            is_sure = all(each is not None and each.is_sure for each in found)
            yield from (replace(each, is_sure=is_sure) for each in found if each is not None)


def _model_of(value: Value) -> ClassRef | None:
    return value.model if isinstance(value, Entity) else None


def _of_entity(frame: Frame, entity: Entity) -> Iterator[Held]:
    session = entity.fetch.session if entity.fetch is not None else entity.added_to
    if session is None:
        return
    relationships = frame.interpreter.models.relationships(entity.model).values()
    lazy = tuple(each for each in relationships if strategies.state_of(frame, entity, each) == "lazy")
    loaded_at = entity.fetch.at if entity.fetch is not None else None
    yield Held("entity", session, entity.model, loaded_at, lazy)
