"""Sessions that a function opens for the functions inside it, which serve many calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.finding import Place
from dbreview.link import iterating
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import calls_in, last_name, names_in, walk
from dbreview.link.values import FunctionValue, Session
from dbreview.project import GlobalSession, Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_REGISTERING = frozenset({"middleware", "websocket", "websocket_route", "exception_handler"})
"""Methods of applications whose decorated function serves requests, besides the routes."""


def closures(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[GlobalSession]:
    """A session that a function opens for the functions inside it, which serve all requests."""
    outer = {owned.ref: owned.ref for owned in interpreter.events.owned.values()}
    paths = {ref.path for ref in interpreter.local_routes}
    outer |= {ref: ref for ref in interpreter.names.functions if ref.path in paths and _has_routes(interpreter, ref)}
    found = [
        (ref, opened)
        for ref in outer
        if roles.get(ref.path) == "application" and any(isinstance(n, facts.Function) for n in walk(ref.facts.body))
        for opened in _opened_in(interpreter, ref)
    ]
    lasting = _made_at_import(interpreter, roles) if found else set()
    for ref, (name, at, kind) in found:
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
