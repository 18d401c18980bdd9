"""Sessions that functions put where all requests find them: global variables, the application's state, closures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import python
from dbreview.link import iterating
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import calls_in, dotted_name, last_name, names_in, walk
from dbreview.link.values import (
    ClassValue,
    Entries,
    FunctionValue,
    Instance,
    Items,
    LibraryObject,
    Record,
    Session,
    Value,
)
from dbreview.project import GlobalSession, Role

if TYPE_CHECKING:
    from dbreview.link.events import StoredSession
    from dbreview.link.interpret import Interpreter

_DEEPEST = 3
_APPLICATIONS = ("fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette")
_REGISTERING = frozenset({"middleware", "websocket", "websocket_route", "exception_handler"})
"""Methods of applications whose decorated function serves requests, besides the routes."""

_STARTING = frozenset(
    {
        "connect",
        "start",
        "startup",
        "on_startup",
        "open",
        "init",
        "initialize",
        "setup",
        "set_up",
        "init_app",
        "init_db",
    }
)
"""Names of methods that a process calls once, before it serves requests."""


def sessions_in(value: Value, depth: int = 0) -> Iterator[tuple[str, Session]]:
    """The live sessions that a value is or holds, each with the way to it: ``.repository.session``, ``["main"]``."""
    match value:
        case Session():
            if value.opened_at is not None and not value.is_connection:
                yield "", value
        case Instance(_, fields) if depth < _DEEPEST:
            for name, inner in fields:
                yield from ((f".{name}{rest}", session) for rest, session in sessions_in(inner, depth + 1))
        case Entries(items) if depth < _DEEPEST:
            for name, inner in items:
                yield from ((f'["{name}"]{rest}', session) for rest, session in sessions_in(inner, depth + 1))
        case Record(items) if depth < _DEEPEST:
            for index, inner in enumerate(items):
                yield from ((f"[{index}]{rest}", session) for rest, session in sessions_in(inner, depth + 1))
        case Items(exact=exact, is_lazy=False) if depth < _DEEPEST:
            for index, inner in enumerate(exact):
                yield from ((f"[{index}]{rest}", session) for rest, session in sessions_in(inner, depth + 1))


def filled_by_functions(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[GlobalSession]:
    """The sessions that functions of the application put where all requests find them."""
    for stored in sorted(interpreter.events.stored.values(), key=lambda each: each.at):
        if roles.get(stored.ref.path) == "application":
            yield from _stored(interpreter, stored)
    for path, module in sorted(interpreter.names.modules.items()):
        if roles.get(path) == "application":
            for statement in walk(module.body):
                if isinstance(statement, facts.Assign):
                    yield from _on_state(interpreter, path, statement)
    for ref in interpreter.names.functions:
        if roles.get(ref.path) == "application" and interpreter.is_a(ref, python.CONTEXT_DECORATORS):
            yield from _in_lifespan(interpreter, ref)
    yield from _globals(interpreter, roles)
    yield from _closures(interpreter, roles)


# --- attributes ---------------------------------------------------------------------------


def _stored(interpreter: Interpreter, stored: StoredSession) -> Iterator[GlobalSession]:
    place = _place_of(interpreter, stored)
    for part, session in sessions_in(stored.value) if place is not None else ():
        assert place is not None
        assert session.opened_at is not None
        where, name = place
        yield GlobalSession(session.opened_at, where, f"{name}{part}", None, session.kind, "high")
        return


def _place_of(
    interpreter: Interpreter, stored: StoredSession
) -> tuple[Literal["state", "class", "module"], str] | None:
    """What holds the session for as long as the process lives; None where it may be short-lived."""
    first, *rest = stored.target.split(".")
    if not rest:
        is_global = isinstance(stored.value, Instance) and not has_own(stored.ref.facts, first)
        return ("module", stored.target) if is_global else None
    if _is_application_state(stored.owner, stored.target):
        return "state", stored.target
    owner_class = stored.ref.owner
    if isinstance(stored.owner, ClassValue):
        return "class", f"{stored.owner.ref.name}.{rest[-1]}"
    if first == "cls" and owner_class is not None and stored.ref.facts.parameters[0].name == "cls":
        return "class", ".".join((owner_class.name, *rest))
    if not isinstance(stored.owner, Instance):
        return None
    if not has_own(stored.ref.facts, first):
        definition = interpreter.names.resolve(stored.ref.path, first)
        return ("module", stored.target) if isinstance(definition, Variable) else None
    if len(rest) == 1 and stored.ref.facts.parameters[:1] and stored.ref.facts.parameters[0].name == first:
        name = _of_global_object(interpreter, stored) if _is_made_once(stored.ref.facts, stored.target) else None
        return ("module", f"{name}.{rest[0]}") if name is not None else None
    return None


def _is_application_state(owner: Value, target: str) -> bool:
    if isinstance(owner, LibraryObject):
        is_of_application = owner.dotted.startswith(_APPLICATIONS) or ".app.state" in owner.dotted
        is_application = owner.dotted.removesuffix("()") in _APPLICATIONS
        return is_application or (is_of_application and owner.dotted.endswith(".state"))
    parts = target.split(".")
    return len(parts) > 2 and parts[-2] == "state" and parts[-3] in ("app", "application")


def _is_made_once(method: facts.Function, target: str) -> bool:
    """``if self.session is None: self.session = ...``, or a method that starts something."""
    if method.name.strip("_") in _STARTING:
        return True
    for node in walk(method.body):
        if isinstance(node, facts.If) and any(_assigns(inner, target) for inner in walk(node.body)):
            if any(isinstance(n, facts.Attribute) and dotted_name(n) == target for n in walk(node.test)):
                return True
    return False


def _assigns(node: object, target: str) -> bool:
    return isinstance(node, facts.Assign) and any(dotted_name(each) == target for each in node.targets)


def _of_global_object(interpreter: Interpreter, stored: StoredSession) -> str | None:
    """The module's variable that holds an object of the class whose method stores the session."""
    for path in interpreter.names.modules:
        for name, definition in interpreter.names.top_level(path):
            if not isinstance(definition, Variable) or definition.path != path:
                continue
            if not isinstance(definition.value, facts.Call):
                continue
            value = interpreter.module_value(path, name)
            if isinstance(value, Instance) and stored.ref.owner in interpreter.classes.ancestors(value.ref):
                return name
    return None


def _on_state(interpreter: Interpreter, path: str, statement: facts.Assign) -> Iterator[GlobalSession]:
    """``app.state.session = SessionFactory()`` at module level."""
    frame = interpreter.module_frame(path)
    for target in statement.targets:
        name = dotted_name(target)
        if not isinstance(target, facts.Attribute) or name is None:
            continue
        if _is_application_state(frame.evaluate(target.value), name):
            for part, session in sessions_in(frame.evaluate(statement.value)):
                at = Place(path, *statement.value.at)
                yield GlobalSession(at, "state", f"{name}{part}", None, session.kind, "high")


def _in_lifespan(interpreter: Interpreter, ref: FunctionRef) -> Iterator[GlobalSession]:
    """``yield {"session": session}`` in a lifespan: Starlette puts it on the state of every request."""
    parameters = interpreter.declared_parameters(ref).values()
    if not any(isinstance(each, LibraryObject) and each.dotted.startswith(_APPLICATIONS) for each in parameters):
        return
    given = interpreter.run_standalone(ref).yielded
    for name, value in given.items if isinstance(given, Entries) else ():
        for part, session in sessions_in(value):
            if session.opened_at is not None:
                yield GlobalSession(
                    session.opened_at, "state", f"request.state.{name}{part}", None, session.kind, "high"
                )


# --- variables ----------------------------------------------------------------------------


def _globals(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[GlobalSession]:
    """``global session; session = SessionFactory()``."""
    for owned in interpreter.events.owned.values():
        if roles.get(owned.ref.path) != "application" or owned.is_connection:
            continue
        body = owned.ref.facts.body
        declared = [n for n in walk(body) if isinstance(n, facts.ScopeDeclaration) and n.kind == "global"]
        names = {name for each in declared for name in each.names}
        for node in walk(body) if names else ():
            match node:
                case facts.Assign((facts.Name(name), *_), value) if name in names:
                    call = value.value if isinstance(value, facts.Await) else value
                    if isinstance(call, facts.Call) and Place(owned.ref.path, *call.at) == owned.at:
                        yield GlobalSession(owned.at, "module", name, None, owned.kind, "high")


def has_own(function: facts.Function, name: str) -> bool:
    """Whether a name is a function's own: a parameter, or a variable that it sets."""
    if any(parameter.name == name for parameter in function.parameters):
        return True
    is_set = False
    for node in walk(function.body):
        match node:
            case facts.ScopeDeclaration(_, names) if name in names:
                return False
            case facts.Assign(targets):
                is_set |= any(name in _bound_by(target) for target in targets)
            case facts.AnnotatedAssign(target) | facts.For(target) | facts.NamedExpression(target):
                is_set |= name in _bound_by(target)
            case facts.WithItem(_, target) if target is not None:
                is_set |= name in _bound_by(target)
    return is_set


def _bound_by(target: facts.Expression) -> frozenset[str]:
    return names_in(target) if isinstance(target, (facts.Name, facts.Display)) else frozenset()


# --- closures -----------------------------------------------------------------------------


def _closures(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[GlobalSession]:
    """A session that a function opens for the functions inside it, which serve all requests."""
    outer = {owned.ref: owned.ref for owned in interpreter.events.owned.values()}
    outer |= {ref: ref for ref in interpreter.names.functions if _has_routes(interpreter, ref)}
    lasting = _made_at_import(interpreter, roles)
    for ref in outer:
        if roles.get(ref.path) != "application":
            continue
        for name, at, kind in _opened_in(interpreter, ref):
            used = _lasting_use(interpreter, ref, name, is_lasting=ref.facts in lasting)
            if used is not None:
                yield GlobalSession(at, "closure", name, used, kind, "high")


def _has_routes(interpreter: Interpreter, ref: FunctionRef) -> bool:
    inner = (node for node in walk(ref.facts.body) if isinstance(node, facts.Function))
    return any(interpreter.local_ref(ref.path, node) in interpreter.local_routes for node in inner)


def _opened_in(
    interpreter: Interpreter, ref: FunctionRef
) -> Iterator[tuple[str, Place, Literal["sync", "async"] | None]]:
    for owned in interpreter.events.owned.values():
        if owned.ref is ref and owned.name and not owned.is_injected and not owned.is_connection:
            yield owned.name, owned.at, owned.kind
    for node in walk(ref.facts.body):
        if isinstance(node, facts.WithItem) and isinstance(node.target, facts.Name):
            session, *_ = iterating.enter(interpreter.module_frame(ref.path), node.context)
            if isinstance(session, Session) and not session.is_connection and not session.is_scoped:
                yield node.target.id, Place(ref.path, *node.context.at), session.kind


def _lasting_use(interpreter: Interpreter, ref: FunctionRef, name: str, *, is_lasting: bool) -> Place | None:
    """Where a function inside that serves many calls uses the variable, itself or by another function inside."""
    inner = [node for node in walk(ref.facts.body) if isinstance(node, facts.Function) and not has_own(node, name)]
    uses = {node.name: use for node in inner if (use := _use_in(node, name, ref.path)) is not None}
    returned = {last_name(n.value) for n in walk(ref.facts.body) if isinstance(n, facts.Return) and n.value is not None}
    for node in inner:
        local = interpreter.local_ref(ref.path, node)
        serves = local in interpreter.local_routes or _is_registered(node) or (is_lasting and node.name in returned)
        if not serves:
            continue
        mentioned = names_in(node.body).union(*(names_in(p.default) for p in node.parameters if p.default is not None))
        mentioned |= frozenset().union(*(names_in(p.annotation) for p in node.parameters if p.annotation is not None))
        for used in (node.name, *sorted(mentioned)):
            if used in uses:
                return uses[used]
    return None


def _use_in(function: facts.Function, name: str, path: str) -> Place | None:
    """Where a function does something with the variable, besides closing it."""
    names = [n for n in walk(function.body, into_functions=True) if isinstance(n, facts.Name) and n.id == name]
    closing = {
        node.value.at
        for node in walk(function.body, into_functions=True)
        if isinstance(node, facts.Attribute) and node.attr in ("close", "remove") and isinstance(node.value, facts.Name)
    }
    return next((Place(path, *n.at) for n in names if n.at not in closing), None)


def _is_registered(function: facts.Function) -> bool:
    return any(
        isinstance(decorator, facts.Call)
        and isinstance(decorator.func, facts.Attribute)
        and decorator.func.attr in _REGISTERING
        for decorator in function.decorators
    )


def _made_at_import(interpreter: Interpreter, roles: dict[str, Role]) -> set[facts.Function]:
    """The functions that run while modules are imported: decorators, and what module-level code calls."""
    found: set[facts.Function] = set()
    for path, module in interpreter.names.modules.items():
        if roles.get(path) != "application":
            continue
        frame = interpreter.module_frame(path)
        for call in calls_in(module.body):
            if isinstance(callee := frame.evaluate(call.func), FunctionValue):
                found.add(callee.ref.facts)
        for node in walk(module.body, into_functions=True):
            for decorator in node.decorators if isinstance(node, facts.Function) else ():
                is_call = isinstance(decorator, facts.Call)
                callee = frame.evaluate(decorator.func if isinstance(decorator, facts.Call) else decorator)
                if isinstance(callee, FunctionValue):
                    found.add(callee.ref.facts)
                    found |= _returned_functions(callee.ref.facts) if is_call else set()
    return found


def _returned_functions(function: facts.Function) -> set[facts.Function]:
    returned = {last_name(n.value) for n in walk(function.body) if isinstance(n, facts.Return) and n.value is not None}
    return {n for n in walk(function.body) if isinstance(n, facts.Function) and n.name in returned}
