"""Sessions that live too long: shared by everybody, or opened and never given back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import python
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import Instance, LibraryObject, Session, Value
from dbreview.project import GlobalSession, Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


# --- global sessions ----------------------------------------------------------------------


def global_sessions(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[GlobalSession]:
    """Live sessions at module or class level, in default arguments, or on the application's state."""
    for path in sorted(interpreter.names.modules):
        if roles.get(path) == "application":
            yield from _module_level(interpreter, path)
    for ref in interpreter.names.functions:
        if roles.get(ref.path) == "application" and interpreter.is_a(ref, python.CACHES):
            yield from _cached(interpreter, ref)
    for path, module in sorted(interpreter.names.modules.items()):
        if roles.get(path) != "application":
            continue
        for node in walk(module.body, into_functions=True):
            match node:
                case facts.Function():
                    yield from _defaults(interpreter, path, node)
                    yield from _declared_global(interpreter, path, node)
                case facts.Class():
                    yield from _class_level(interpreter, path, node)
                case facts.Assign(targets, value):
                    yield from _on_state(interpreter, path, targets, value)


def _cached(interpreter: Interpreter, ref: FunctionRef) -> Iterator[GlobalSession]:
    """``@lru_cache def get_session(): return SessionLocal()`` gives everybody the first session."""
    value = interpreter.run_standalone(ref).value
    session = _opened(value)
    if session is not None and session.opened_at is not None and not ref.facts.has_yield:
        yield GlobalSession(session.opened_at, "cache", ref.name, None, session.kind, "high")


def _opened(value: Value) -> Session | None:
    if isinstance(value, Session) and value.opened_at is not None and not value.is_connection:
        return value
    return None


def _module_level(interpreter: Interpreter, path: str) -> Iterator[GlobalSession]:
    for name, definition in interpreter.names.top_level(path):
        if not isinstance(definition, Variable) or definition.path != path or definition.value is None:
            continue
        value = interpreter.module_value(path, name)
        if isinstance(value, Instance):
            inner = next(((f, s) for f, v in value.fields if (s := _opened(v)) is not None), None)
            session, shown = (inner[1], f"{name}.{inner[0]}") if inner else (None, name)
        else:
            session, shown = _opened(value), name
        if session is None or session.opened_at is None:
            continue
        if not isinstance(definition.value, (facts.Call, facts.Await)):
            continue
        used = _use_of(interpreter, path, name)
        if used is None and _is_used_at_once(interpreter, path, name):
            continue  # a script: it opens a session, uses it and ends
        at = session.opened_at if isinstance(value, Instance) else Place(path, *definition.value.at)
        yield GlobalSession(at, "module", shown, used, session.kind, "high")


def _is_used_at_once(interpreter: Interpreter, path: str, name: str) -> bool:
    """Whether the module's own statements, outside of functions, use the name."""
    body = tuple(s for s in interpreter.names.modules[path].body if not isinstance(s, (facts.Function, facts.Class)))
    return any(
        isinstance(node, facts.Attribute) and isinstance(node.value, facts.Name) and node.value.id == name
        for node in walk(body)
    )


def _use_of(interpreter: Interpreter, path: str, name: str) -> Place | None:
    """Where code that runs later than the import uses the name: in a function, or in another file."""
    for node in walk(interpreter.names.modules[path].body, into_functions=True):
        if isinstance(node, facts.Function) and not any(p.name == name for p in node.parameters):
            for inner in walk(node.body, into_functions=True):
                if isinstance(inner, facts.Name) and inner.id == name:
                    return Place(path, *inner.at)
    return interpreter.names.importer_of(path, name)


def _class_level(interpreter: Interpreter, path: str, node: facts.Class) -> Iterator[GlobalSession]:
    frame = interpreter.module_frame(path)
    for statement in node.body:
        match statement:
            case facts.Assign((facts.Name(name), *_), facts.Call() as call):
                pass
            case facts.AnnotatedAssign(facts.Name(name), _, facts.Call() as call):
                pass
            case _:
                continue
        session = _opened(frame.evaluate(call))
        if session is not None:
            yield GlobalSession(Place(path, *call.at), "class", f"{node.name}.{name}", None, session.kind, "high")


def _defaults(interpreter: Interpreter, path: str, node: facts.Function) -> Iterator[GlobalSession]:
    for parameter in node.parameters:
        if isinstance(parameter.default, facts.Call):
            session = _opened(interpreter.module_frame(path).evaluate(parameter.default))
            if session is not None:
                at = Place(path, *parameter.default.at)
                yield GlobalSession(at, "default", parameter.name, None, session.kind, "high")


def _declared_global(interpreter: Interpreter, path: str, node: facts.Function) -> Iterator[GlobalSession]:
    scopes = (s for s in node.body if isinstance(s, facts.ScopeDeclaration) and s.kind == "global")
    names = {name for scope in scopes for name in scope.names}
    if not names:
        return
    for statement in walk(node.body):
        if isinstance(statement, facts.Assign) and isinstance(statement.value, facts.Call):
            target = statement.targets[0]
            if isinstance(target, facts.Name) and target.id in names:
                session = _opened(interpreter.module_frame(path).evaluate(statement.value))
                if session is not None:
                    at = Place(path, *statement.value.at)
                    yield GlobalSession(at, "module", target.id, None, session.kind, "high")


def _on_state(
    interpreter: Interpreter, path: str, targets: tuple[facts.Expression, ...], value: facts.Expression
) -> Iterator[GlobalSession]:
    if not isinstance(value, facts.Call):
        return
    for target in targets:
        name = dotted_name(target)
        if (
            name is None
            or ".state." not in name
            or name.startswith(("request.", "req.", "self.request.", "websocket."))
        ):
            continue
        if not isinstance(target, facts.Attribute) or not _is_application(interpreter, path, target, name):
            continue
        session = _opened(interpreter.module_frame(path).evaluate(value))
        if session is not None:
            yield GlobalSession(Place(path, *value.at), "state", name, None, session.kind, "high")


def _is_application(interpreter: Interpreter, path: str, target: facts.Attribute, name: str) -> bool:
    owner = target.value.value if isinstance(target.value, facts.Attribute) else None
    if owner is None:
        return False
    value = interpreter.module_frame(path).evaluate(owner)
    if isinstance(value, LibraryObject):
        return value.dotted.startswith(("fastapi.FastAPI", "starlette.applications.Starlette"))
    return last_name(owner) in ("app", "application")


# --- leaked sessions ----------------------------------------------------------------------


# --- sessions that travel on the request --------------------------------------------------


def stored_on_state(interpreter: Interpreter) -> Iterator[FunctionRef]:
    """The functions that put something on ``request.state``: middlewares, mostly."""
    names = interpreter.names
    paths = {
        p
        for p in names.modules
        if any(library.startswith(("fastapi", "starlette")) for library in names.imported_libraries(p))
    }
    for ref in names.functions:
        if ref.path not in paths:
            continue
        for node in walk(ref.facts.body):
            if isinstance(node, facts.Assign) and any(".state." in (dotted_name(t) or "") for t in node.targets):
                yield ref
                break
