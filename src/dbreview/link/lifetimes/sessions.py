"""Sessions that live too long: made once, when modules are imported, and shared by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import injector, python
from dbreview.link import iterating
from dbreview.link.lifetimes import shared
from dbreview.link.lifetimes.closures import has_own
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import calls_in, dotted_name, walk
from dbreview.link.values import Entries, Instance, LibraryObject, Session, SessionFactory, Value
from dbreview.project import GlobalSession, Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_Where: TypeAlias = Literal["module", "class", "default", "cache", "provider"]

_LASTING_CACHES = python.CACHES - {"functools.cached_property"}
_FIELDS = frozenset({"dataclasses.field", "pydantic.Field", "pydantic.PrivateAttr", "attrs.field", "attr.ib"})
"""What stands for a class attribute with a ``default``."""


def global_sessions(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[GlobalSession]:
    """Live sessions at module or class level, in defaults, on the application's state, in closures and caches."""
    paths = [path for path in sorted(interpreter.names.modules) if roles.get(path) == "application"]
    for path in paths:
        yield from _module_level(interpreter, path)
        yield from _with_blocks(interpreter, path)
        for node in walk(interpreter.names.modules[path].body, into_functions=True):
            match node:
                case facts.Function():
                    yield from _defaults(interpreter, path, node)
                case facts.Class():
                    yield from _class_level(interpreter, path, node)
    for ref in interpreter.names.functions:
        if roles.get(ref.path) == "application" and not ref.facts.has_yield:
            yield from _kept_result(interpreter, ref)
    yield from shared.filled_by_functions(interpreter, roles)


# --- values -------------------------------------------------------------------------------


def _told(
    interpreter: Interpreter, at: Place, where: _Where, name: str, value: Value, used: Place | None = None
) -> Iterator[GlobalSession]:
    """The first session that is in a value; in an object it is told where it is opened."""
    for part, session in shared.sessions_in(value):
        place = shared.told_at(interpreter, session, at)
        yield from shared.one(interpreter, place, where, f"{name}{part}", session, used)
        return


def _value(interpreter: Interpreter, path: str, expression: Expression) -> tuple[Value, bool]:
    """What an expression at module or class level stands for, and whether a container's provider keeps it."""
    frame = interpreter.module_frame(path)
    if not isinstance(expression, facts.Call):
        return frame.evaluate(expression), False
    symbol = frame.symbol_of(expression.func)
    if symbol in _FIELDS:
        default = next((a.value for a in expression.arguments if a.keyword == "default"), None)
        return (frame.evaluate(default) if default is not None else None), False
    if symbol in injector.KEEPING_GIVEN and expression.arguments:
        return frame.evaluate(expression.arguments[0].value), True
    value = frame.evaluate(expression)
    if isinstance(value, LibraryObject) and value.dotted == injector.PROVIDER:
        return (value.arguments[0] if symbol in injector.KEEPING else None), True
    return value, False


# --- modules ------------------------------------------------------------------------------


def _module_level(interpreter: Interpreter, path: str) -> Iterator[GlobalSession]:
    for name, definition in interpreter.names.top_level(path):
        if not isinstance(definition, Variable) or definition.path != path or definition.value is None:
            continue
        if not isinstance(definition.value, (facts.Call, facts.Await, facts.Display, facts.DictDisplay)):
            continue
        value, is_provided = _value(interpreter, path, definition.value)
        if not is_provided:
            value = interpreter.module_value(path, name)
        live = [session for _, session in shared.sessions_in(value)]
        if not live:
            continue
        used = _use_of(interpreter, path, name)
        if used is None and live[0].driver:
            continue
        if used is None and not is_provided and _is_used_at_once(interpreter, path, name):
            continue  # a script: it opens a session, uses it and ends
        at = Place(path, *definition.value.at)
        yield from _told(interpreter, at, "provider" if is_provided else "module", name, value, used)


def _with_blocks(interpreter: Interpreter, path: str) -> Iterator[GlobalSession]:
    """``with SessionFactory() as session:`` around nothing that needs it, and functions that see the name for ever."""
    blocks = [each for each in interpreter.names.modules[path].body if isinstance(each, facts.With)]
    for statement in blocks:
        for item in statement.items:
            if not isinstance(item.target, facts.Name):
                continue
            session, *_ = iterating.enter(interpreter.module_frame(path), item.context)
            users = _users(interpreter, path, item.target.id)
            called = {dotted_name(call.func) for call in calls_in(statement.body)}
            if isinstance(session, Session) and not session.is_connection and users:
                if not called & {user.name for user, _ in users}:
                    at = Place(path, *item.context.at)
                    yield GlobalSession(at, "module", item.target.id, users[0][1], session.kind, "high")


def _is_used_at_once(interpreter: Interpreter, path: str, name: str) -> bool:
    """Whether the module's own statements, outside of functions, use the name."""
    body = tuple(s for s in interpreter.names.modules[path].body if not isinstance(s, (facts.Function, facts.Class)))
    return any(
        isinstance(node, facts.Attribute) and isinstance(node.value, facts.Name) and node.value.id == name
        for node in walk(body)
    )


def _use_of(interpreter: Interpreter, path: str, name: str) -> Place | None:
    """Where code that runs later than the import uses the name: in a function, or in another file."""
    users = _users(interpreter, path, name)
    return users[0][1] if users else interpreter.names.importer_of(path, name)


def _users(interpreter: Interpreter, path: str, name: str) -> list[tuple[facts.Function, Place]]:
    """The module's functions that use a variable of the module, each with the first place."""
    found = []
    for node in walk(interpreter.names.modules[path].body, into_functions=True):
        if isinstance(node, facts.Function) and not has_own(node, name):
            uses = (inner for inner in walk(node.body, into_functions=True) if isinstance(inner, facts.Name))
            first = next((inner for inner in uses if inner.id == name), None)
            found += [(node, Place(path, *first.at))] if first is not None else []
    return found


# --- classes and functions ----------------------------------------------------------------


def _class_level(interpreter: Interpreter, path: str, node: facts.Class) -> Iterator[GlobalSession]:
    for statement in node.body:
        match statement:
            case facts.Assign((facts.Name(name), *_), value):
                pass
            case facts.AnnotatedAssign(facts.Name(name), _, value):
                pass
            case _:
                continue
        if isinstance(value, (facts.Call, facts.Display, facts.DictDisplay)):
            found, is_provided = _value(interpreter, path, value)
            where: _Where = "provider" if is_provided else "class"
            yield from _told(interpreter, Place(path, *value.at), where, f"{node.name}.{name}", found)


def _defaults(interpreter: Interpreter, path: str, node: facts.Function) -> Iterator[GlobalSession]:
    for parameter in node.parameters:
        if isinstance(parameter.default, facts.Call):
            value = interpreter.module_frame(path).evaluate(parameter.default)
            yield from _told(interpreter, Place(path, *parameter.default.at), "default", parameter.name, value)


def _kept_result(interpreter: Interpreter, ref: FunctionRef) -> Iterator[GlobalSession]:
    """``@lru_cache def get_session(): return SessionLocal()`` gives everybody the first session."""
    where: _Where = "provider" if _is_kept_by_container(interpreter, ref) else "cache"
    if where == "cache" and not interpreter.is_a(ref, _LASTING_CACHES):
        return
    value = interpreter.run_standalone(ref).value
    for _, session in shared.sessions_in(value):
        at = shared.told_at(interpreter, session, Place(ref.path, *ref.facts.at), ref.facts.body)
        yield from shared.one(interpreter, at, where, ref.name, session)
        return


def _is_kept_by_container(interpreter: Interpreter, ref: FunctionRef) -> bool:
    """``@singleton @provider``, ``@provide(scope=Scope.APP)``."""
    if interpreter.is_a(ref, injector.KEEPING_DECORATORS):
        return True
    if not interpreter.is_a(ref, injector.SCOPED_DECORATORS):
        return False
    calls = (decorator for decorator in ref.facts.decorators if isinstance(decorator, facts.Call))
    return any(
        argument.keyword == "scope" and (dotted_name(argument.value) or "").endswith(".APP")
        for call in calls
        for argument in call.arguments
    )


# --- sessions that travel on the request --------------------------------------------------


def read_state(interpreter: Interpreter) -> None:
    """Read what puts something where requests find it, before they are read."""
    for ref in _stored_on_state(interpreter):
        given = interpreter.run_standalone(ref).yielded
        if isinstance(given, Entries) and interpreter.is_a(ref, python.CONTEXT_DECORATORS):
            for name, value in given.items:  # a lifespan's: Starlette puts it on the state of every request
                if isinstance(value, (Session, SessionFactory, Instance)):
                    seen = replace(value, opened_at=None) if isinstance(value, Session) else value
                    interpreter.request_state.setdefault(name, seen)


def _stored_on_state(interpreter: Interpreter) -> Iterator[FunctionRef]:
    """The functions that put something on ``request.state`` or on the application: middlewares, mostly."""
    names = interpreter.names
    paths = {
        p
        for p in names.modules
        if any(library.startswith(("fastapi", "starlette")) for library in names.imported_libraries(p))
    }
    for ref in names.functions:
        if ref.path not in paths:
            continue
        if any(_puts_on_state(node) for node in walk(ref.facts.body)):
            yield ref


def _puts_on_state(node: object) -> bool:
    match node:
        case facts.Assign(targets):
            paths = [dotted_name(target) or "" for target in targets]
            return any(".state." in path or path.startswith("app.") for path in paths)
        case facts.Yield(facts.DictDisplay()):
            return True
    return False
