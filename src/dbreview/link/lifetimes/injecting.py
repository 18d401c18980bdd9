"""Path operations that open a session themselves, where most others are given one by a dependency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Confidence, Place
from dbreview.link.joining import options
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import (
    Context,
    Coroutine,
    FunctionValue,
    Instance,
    Items,
    Record,
    Session,
    SessionFactory,
    Value,
)
from dbreview.project import OwnSession, Role, Route

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.routes import FoundRoute

_STREAMS = ("StreamingResponse", "EventSourceResponse", "ServerSentEvent")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A session that a path operation opens by ``call``, as ``name``. ``opener`` is the function that gives it."""

    route: FoundRoute
    call: facts.Call
    name: str
    session: Session
    opener: FunctionRef | None
    is_brief: bool


@dataclass(frozen=True, slots=True)
class _Given:
    """A dependency that gives a session, and the path operations that have it, themselves or in a service.

    ``openers`` are the project's functions by which it opens the session, and itself.
    """

    ref: FunctionRef
    session: Session
    openers: frozenset[FunctionRef]
    routes: tuple[FoundRoute, ...]


def own_sessions(interpreter: Interpreter, found: list[FoundRoute], roles: dict[str, Role]) -> Iterator[OwnSession]:
    """The path operations that open a session of the kind that most others are given."""
    having = [route for route in found if _has_session(interpreter, route)]
    opened = [each for route in found if route not in having for each in _opened(interpreter, route)]
    if not opened or not having:
        return
    given = list(_given(interpreter, having))
    by_dependency: dict[FunctionRef, list[_Opened]] = {}
    best: dict[FunctionRef, _Given] = {}
    for each in opened:
        fitting = [g for g in given if each.opener in g.openers or _is_same(interpreter, g.session, each.session)]
        chosen = max(fitting, key=lambda g: (len(g.routes), g.ref.path, g.ref.name), default=None)
        if chosen is not None:
            best[chosen.ref] = chosen
            by_dependency.setdefault(chosen.ref, []).append(each)
    told = [
        _told(interpreter, best[ref], each, len({o.route.ref for o in several}))
        for ref, several in by_dependency.items()
        for each in several
        if roles.get(each.route.ref.path) == "application"
    ]
    yield from sorted(told, key=lambda each: each.at)


def _told(interpreter: Interpreter, given: _Given, opened: _Opened, others: int) -> OwnSession:
    ref = opened.route.ref
    annotation, example = _way_to_ask(interpreter, given)
    confidence: Confidence = "low" if opened.is_brief else "high" if len(given.routes) > 2 * others else "medium"
    return OwnSession(
        Place(ref.path, *opened.call.at),
        opened.route.route,
        opened.name,
        _shown(opened.call),
        given.ref.name,
        Place(given.ref.path, *given.ref.facts.at),
        annotation,
        example,
        len(given.routes),
        len(given.routes) + others,
        given.session.kind,
        confidence,
    )


def _shown(node: Expression) -> str:
    """A call as a reader would name it: ``get_db().session(...)``."""
    match node:
        case facts.Call(func, arguments):
            return f"{_shown(func)}({'...' if arguments else ''})"
        case facts.Attribute(holder, name):
            return f"{_shown(holder)}.{name}"
    return dotted_name(node) or "..."


# --- sessions that a path operation opens -------------------------------------------------


def _opened(interpreter: Interpreter, route: FoundRoute) -> Iterator[_Opened]:
    """The sessions that the body opens by names of its module, once for each block.

    What comes from a parameter, or is made of one, has no value here: somebody may have injected it.
    """
    ref = route.ref
    if any(
        isinstance(node, facts.Call) and (last_name(node.func) or "").endswith(_STREAMS)
        for node in walk(ref.facts.body, into_functions=True)
    ):
        return
    frame = interpreter.module_frame(ref.path)
    local = {parameter.name for parameter in ref.facts.parameters} | _bound(ref)
    for call, name, statement in _openings(ref.facts.body):
        if any(isinstance(inner, facts.Name) and inner.id in local for inner in walk(call)):
            continue
        session = _session_in(frame.evaluate(call))
        opener = _opener(interpreter, ref.path, call)
        if session is not None and (session.opened_at or opener) is not None:
            yield _Opened(route, call, name, session, opener, _is_brief(ref, statement))
            return


def _openings(body: facts.Block) -> Iterator[tuple[facts.Call, str, facts.Statement]]:
    for node in walk(body):
        match node:
            case facts.With(items):
                for item in items:
                    if isinstance(item.context, facts.Call):
                        target = item.target
                        yield item.context, target.id if isinstance(target, facts.Name) else "session", node
            case facts.For(facts.Name(name), facts.Call() as call, is_async=True):
                yield call, name, node
            case facts.Assign((facts.Name(name),), value) | facts.AnnotatedAssign(facts.Name(name), _, value):
                call_made = value.value if isinstance(value, facts.Await) else value
                if isinstance(call_made, facts.Call) and last_name(call_made.func) not in (
                    "next",
                    "anext",
                    "__anext__",
                ):
                    yield call_made, name, node


def _opener(interpreter: Interpreter, path: str, call: facts.Call) -> FunctionRef | None:
    """The function or method of the project that a call names."""
    value = interpreter.module_frame(path).evaluate(call.func)
    return value.ref if isinstance(value, FunctionValue) else None


def _bound(ref: FunctionRef) -> set[str]:
    """The names that the body itself binds."""
    found: set[str] = set()
    for node in walk(ref.facts.body):
        match node:
            case facts.Assign(targets):
                found |= {target.id for target in targets if isinstance(target, facts.Name)}
            case facts.WithItem(_, facts.Name(name)) | facts.For(facts.Name(name)):
                found.add(name)
            case facts.AnnotatedAssign(facts.Name(name)):
                found.add(name)
    return found


def _session_in(value: Value) -> Session | None:
    """The session that a call gives: as it is, or as what a ``with`` block gets."""
    match value:
        case Session(is_connection=False, is_scoped=False):
            return value
        case Context(inner) | Coroutine(inner):
            return _session_in(inner)
        case Items(element, is_lazy=True):
            return _session_in(element)
    return None


def _is_brief(ref: FunctionRef, statement: facts.Statement) -> bool:
    """Whether the path operation awaits something when the block has ended: the session may be short on purpose."""
    if not isinstance(statement, facts.With):
        return False
    inside = set(walk(statement))
    return any(
        isinstance(node, facts.Await) and node not in inside and node.at > statement.at for node in walk(ref.facts.body)
    )


def _has_session(interpreter: Interpreter, route: FoundRoute) -> bool:
    """Whether the path operation is given a session, itself or in a service. It may need a second one."""
    values = [*interpreter.declared_parameters(route.ref).values()]
    owner = route.ref.owner
    if owner is not None:
        values.append(interpreter.classes.instance(owner))
        values += [_given_by(interpreter, ref) for ref in interpreter.declared.asked.get(owner, {})]
    return any(_holds_session(value, 3) for value in values)


def _holds_session(value: Value, depth: int) -> bool:
    match value:
        case Session() | SessionFactory():
            return True
        case Instance(_, fields) if depth:
            return any(_holds_session(inner, depth - 1) for _, inner in fields)
        case Record(items) if depth:
            return any(_holds_session(inner, depth - 1) for inner in items)
    return False


# --- sessions that dependencies give ------------------------------------------------------


def _given(interpreter: Interpreter, having: list[FoundRoute]) -> Iterator[_Given]:
    by_dependency: dict[FunctionRef, list[FoundRoute]] = {}
    for route in having:
        for ref in _asked(interpreter, route.ref):
            by_dependency.setdefault(ref, []).append(route)
    for ref, routes in by_dependency.items():
        session = _given_by(interpreter, ref)
        if session is not None:
            found = (_opener(interpreter, ref.path, call) for call, _, _ in _openings(ref.facts.body))
            openers = frozenset(opener for opener in (ref, *found) if opener is not None)
            yield _Given(ref, session, openers, tuple(routes))


def _asked(interpreter: Interpreter, route: FunctionRef) -> Iterator[FunctionRef]:
    """The dependencies of a path operation, with theirs."""
    asked = interpreter.declared.asked
    pending: list[FunctionRef | ClassRef] = [route, *([route.owner] if route.owner is not None else [])]
    seen: set[FunctionRef] = set()
    while pending:
        for target in asked.get(pending.pop(), {}):
            if target not in seen:
                seen.add(target)
                pending.append(target)
                yield target


def _given_by(interpreter: Interpreter, ref: FunctionRef) -> Session | None:
    outcome = interpreter.declared.generators.get(ref)
    value = outcome.yielded if outcome is not None else interpreter.declared.provided_by(FunctionValue(ref))
    found = [session for option in options(value) if (session := _session_in(option)) is not None]
    return found[0] if len(found) == 1 else None


def _is_same(interpreter: Interpreter, first: Session, second: Session) -> bool:
    """Whether two sessions are made in the same way: by the same factory, or for the same engine."""
    if first.kind != second.kind or first.opened_at is None or second.opened_at is None:
        return False
    if first.opened_at == second.opened_at:
        return True
    events = interpreter.events
    makers = [events.opened_by.get(each.opened_at) for each in (first, second) if each.opened_at is not None]
    if None not in makers:
        return makers[0] == makers[1]
    binds = [
        made.bind if (made := events.makers.get(maker or each.opened_at)) is not None else None
        for maker, each in zip(makers, (first, second), strict=True)
        if each.opened_at is not None
    ]
    return binds[0] is not None and binds[0] == binds[1]


def _way_to_ask(interpreter: Interpreter, given: _Given) -> tuple[str, Route]:
    """How most path operations take the session, and the first of them that does."""
    ways: dict[str, list[Route]] = {}
    for route in given.routes:
        for parameter in route.ref.facts.parameters:
            session = _session_in(interpreter.declared.parameter(route.ref, parameter))
            if session is not None and session.opened_at == given.session.opened_at:
                ways.setdefault(_way(interpreter, route.ref.path, parameter) or "", []).append(route.route)
    if not ways:
        return _in_full(given), given.routes[0].route
    written, routes = max(ways.items(), key=lambda way: (len(way[1]), way[0]))
    return written or _in_full(given), routes[0]


def _way(interpreter: Interpreter, path: str, parameter: facts.Parameter) -> str | None:
    """``SessionDep``, where that is a variable of the project, or ``Session = Depends(get_session)``."""
    if not isinstance(parameter.annotation, facts.Name):
        return None
    name = parameter.annotation.id
    if isinstance(parameter.default, facts.Call):
        asked = [last_name(argument.value) for argument in parameter.default.arguments]
        return f"{name} = {_shown(parameter.default.func)}({asked[0]})" if len(asked) == 1 else None
    return name if isinstance(interpreter.names.resolve(path, name), Variable) else None


def _in_full(given: _Given) -> str:
    kind = "AsyncSession" if given.session.kind == "async" else "Session"
    return f"Annotated[{kind}, Depends({given.ref.facts.name})]"
