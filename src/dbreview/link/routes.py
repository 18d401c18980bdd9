"""Which functions answer requests: path operations and the dependencies that run before them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import fastapi
from dbreview.link import calling
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import calls_in
from dbreview.link.values import (
    Const,
    FunctionValue,
    Instance,
    Items,
    LibraryObject,
    Record,
    Value,
)
from dbreview.project import Route

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter


@dataclass(frozen=True, slots=True)
class FoundRoute:
    """A path operation and its function; with ``function`` where it is defined inside another one.

    ``response`` is the annotation of what it answers with, ``declaration`` what makes it a path operation, in the file
    ``path``.
    """

    route: Route
    ref: FunctionRef
    function: FunctionValue | None = None
    response: Expression | None = None
    declaration: Expression | None = None
    path: str = ""


class RouteFinder:
    """Finds the path operations of the project by what their decorators' receivers are."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def find(self) -> list[FoundRoute]:
        """Every function that a route leads to, once."""
        found: dict[FunctionRef, FoundRoute] = {}
        for ref in self._interpreter.names.functions:
            for decorator in ref.facts.decorators:
                route = decorated(self._interpreter.module_frame(ref.path), ref, decorator)
                if route is not None and ref not in found:
                    found[ref] = FoundRoute(route, ref, None, _response(ref, decorator), decorator, ref.path)
        for path, module in sorted(self._interpreter.names.modules.items()):
            for call in calls_in(module.body):
                self._added(path, call, found)
        return sorted(found.values(), key=lambda f: f.route.at)

    def _added(self, path: str, call: facts.Call, found: dict[FunctionRef, FoundRoute]) -> None:
        if not isinstance(call.func, facts.Attribute) or call.func.attr != "add_api_route":
            return
        frame = self._interpreter.module_frame(path)
        if not is_router(self._interpreter, frame.evaluate(call.func.value)):
            return
        added = _added_by(frame, calling.arguments_of(frame, call), call)
        if added is not None:
            found.setdefault(added.ref, replace(added, function=None))


def local(function: FunctionValue, route: Route, decorator: Expression) -> FoundRoute:
    """A path operation that is defined inside another function."""
    return FoundRoute(route, function.ref, function, _response(function.ref, decorator), decorator, function.ref.path)


def note_added(frame: Frame, arguments: Arguments, node: facts.Call) -> None:
    """``app.add_api_route("/users", list_users)`` inside a function."""
    if isinstance(node.func, facts.Attribute) and is_router(frame.interpreter, frame.evaluate(node.func.value)):
        added = _added_by(frame, arguments, node)
        if added is not None:
            frame.interpreter.local_routes.setdefault(added.ref, added)


def _added_by(frame: Frame, arguments: Arguments, node: facts.Call) -> FoundRoute | None:
    endpoint, path = arguments.get(1, "endpoint"), arguments.get(0, "path")
    if not isinstance(endpoint, FunctionValue):
        return None
    ref = endpoint.ref
    shown = str(path.value) if isinstance(path, Const) else ""
    at = Place(ref.path, *ref.facts.at)
    route = Route(_methods(arguments.keyword("methods")), shown, ref.name, at, ref.facts.is_async)
    return FoundRoute(route, ref, endpoint, _response(ref, node), node, frame.path)


def _response(ref: FunctionRef, declaration: Expression) -> Expression | None:
    """What the response is filled into: ``response_model``, else what the function says that it returns."""
    for argument in declaration.arguments if isinstance(declaration, facts.Call) else ():
        if argument.keyword == "response_model":
            return argument.value
    return ref.facts.returns


def decorated(frame: Frame, ref: FunctionRef, decorator: Expression) -> Route | None:
    """The route that a decorator makes of a function, if its receiver is an app or router."""
    if not isinstance(decorator, facts.Call) or not isinstance(decorator.func, facts.Attribute):
        return None
    name = decorator.func.attr
    if name not in fastapi.ROUTE_METHODS or not is_router(frame.interpreter, frame.evaluate(decorator.func.value)):
        return None
    arguments = calling.arguments_of(frame, decorator)
    path = arguments.get(0, "path")
    methods = (name.upper(),) if name in fastapi.HTTP_METHODS else _methods(arguments.keyword("methods"))
    shown = _prefix(frame, decorator.func.value) + str(path.value) if isinstance(path, Const) else ""
    return Route(methods, shown, ref.name, Place(ref.path, *ref.facts.at), ref.facts.is_async)


def _prefix(frame: Frame, router: Expression) -> str:
    """The ``prefix`` that the router's own declaration gives to all of its paths."""
    definition = frame.interpreter.names.resolve(frame.path, router.id) if isinstance(router, facts.Name) else None
    call = definition.value if isinstance(definition, Variable) else None
    for argument in call.arguments if isinstance(call, facts.Call) else ():
        if argument.keyword == "prefix" and isinstance(argument.value, facts.Constant):
            return str(argument.value.value)
    return ""


def is_router(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a FastAPI application or router, or an object of a subclass."""
    match value:
        case LibraryObject(dotted):
            return dotted.removesuffix("()") in fastapi.ROUTERS | fastapi.APPLICATIONS
        case Instance(ref):
            return bool((fastapi.ROUTERS | fastapi.APPLICATIONS) & set(interpreter.classes.library_ancestors(ref)))
    return False


def _methods(value: Value) -> tuple[str, ...]:
    match value:
        case Items(exact=items) | Record(items):
            return tuple(str(item.value).upper() for item in items if isinstance(item, Const))
    return ("GET",)
