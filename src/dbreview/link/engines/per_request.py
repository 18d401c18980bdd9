"""Engines that are made anew for each request: by a route, by a dependency, or by what they call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import SURENESS, Confidence, Place
from dbreview.frameworks import credentials, fastapi, python
from dbreview.link import client
from dbreview.link.engines.addresses import name_of
from dbreview.link.engines.made_engines import keeping
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import dotted_name, walk
from dbreview.link.values import Const, FunctionValue, Instance, LibraryObject
from dbreview.project import EnginePerRequest, Role, Route

if TYPE_CHECKING:
    from dbreview.link.events import Effect, EngineMaker
    from dbreview.link.interpret import Interpreter, Outcome
    from dbreview.link.routes import FoundRoute

_FAR = 6
"""The number of calls beyond which nobody is sure any more that each of them is made in every request."""
_SETTINGS = re.compile(r"(Settings|Config|Configuration|Env|Environment)$")
_ONE_OFF = re.compile(
    r"migrat|backup|restore|provision|install|setup|seed|bootstrap|upgrade|(?<![_a-z])init|initiali[sz]e", re.IGNORECASE
)
"""Words in names of what is done seldom, whoever asks for it."""
_PLAIN_DECORATORS = python.CONTEXT_DECORATORS | frozenset(
    {
        "builtins.staticmethod", "builtins.classmethod", "builtins.property", "functools.wraps", "typing.override",
        "typing_extensions.override", "abc.abstractmethod", "typing.no_type_check",
    }
)  # fmt: skip
"""Decorators of which it is known that the function runs each time it is called."""
_ASKING = (facts.If, facts.Try, facts.While, facts.Conditional, facts.BooleanOperation)
_PLAIN_METACLASSES = frozenset({"abc.ABCMeta", "builtins.type"})


def engines_per_request(
    interpreter: Interpreter, found: list[FoundRoute], outcomes: dict[FunctionRef, Outcome], roles: dict[str, Role]
) -> tuple[EnginePerRequest, ...]:
    """The engines that requests make, each once, by the surest and shortest way."""
    told: dict[Place, EnginePerRequest] = {}
    routes = {each.ref: each.route for each in found}
    ways = _Ways(interpreter, routes)
    for ref, outcome in (*outcomes.items(), *_dependencies(interpreter, outcomes, roles)):
        for effect in outcome.effects:
            if effect.kind != "engine" or effect.is_once or roles.get(effect.at.filename) != "application":
                continue
            maker = interpreter.events.engines.get(effect.at) or interpreter.events.pools.get(effect.at)
            if maker is None or ways.is_kept(ref, effect) or _is_chosen_by_client(interpreter, ref, effect):
                continue
            event = _told(interpreter, ref, routes.get(ref), effect, maker)
            known = told.get(effect.at)
            if known is None or _rank(event) < _rank(known):
                told[effect.at] = event
    return tuple(event for _, event in sorted(told.items(), key=lambda item: item[0]))


def _rank(event: EnginePerRequest) -> tuple[int, bool, int, Place]:
    return SURENESS[event.confidence], event.route is None, len(event.calls), event.asked_at


def _dependencies(
    interpreter: Interpreter, outcomes: dict[FunctionRef, Outcome], roles: dict[str, Role]
) -> Iterator[tuple[FunctionRef, Outcome]]:
    """What FastAPI calls before a path operation, with what it does. A class stands for its ``__init__``."""
    declared = interpreter.declared
    asked = {member: None for targets in declared.asked.values() for member in targets}
    before, interpreter.is_request = interpreter.is_request, True
    for ref in declared.dependencies | asked:
        if ref not in outcomes and roles.get(ref.path) == "application":
            bound = client.parameters(interpreter, ref)
            if ref.facts.name == "__init__" and ref.owner is not None:
                yield ref, interpreter.read(FunctionValue(ref, Instance(ref.owner)), bound)
            else:
                yield ref, interpreter.run_standalone(ref, bound)
    interpreter.is_request = before


def _told(
    interpreter: Interpreter, ref: FunctionRef, route: Route | None, effect: Effect, maker: EngineMaker
) -> EnginePerRequest:
    body = maker.function.facts.body if maker.function is not None else ()
    return EnginePerRequest(
        effect.at,
        name_of(maker.node, body),
        effect.what,
        maker.function.name if maker.function is not None else ref.name,
        route,
        ref.owner.name if ref.facts.name == "__init__" and ref.owner is not None else ref.name,
        Place(ref.path, *ref.facts.at),
        effect.calls,
        maker.function is not None and _only_returns(maker.function.facts, maker.node),
        _confidence(ref, route, effect, maker),
        is_pool=effect.at in interpreter.events.pools,
    )


def _only_returns(function: facts.Function, node: facts.Call) -> bool:
    """Whether the engine of a plain function without parameters is its result."""
    is_plain = not (function.parameters or function.is_async or function.has_yield)
    return is_plain and keeping(function, node).is_returned


def _confidence(ref: FunctionRef, route: Route | None, effect: Effect, maker: EngineMaker) -> Confidence:
    names = (ref.name, route.path if route is not None else "", maker.function.name if maker.function else "")
    is_administrative = maker.keyword("isolation_level") == Const("AUTOCOMMIT")  # CREATE DATABASE needs it
    if len(effect.calls) > _FAR or is_administrative or any(_ONE_OFF.search(name) for name in names):
        return "low"
    return "high"


# --- whose engine it is -------------------------------------------------------------------


def _is_chosen_by_client(interpreter: Interpreter, ref: FunctionRef, effect: Effect) -> bool:
    """Whether the engine's arguments are made from what a client sends, or from rows: nobody has that engine yet."""
    for parameter in ref.facts.parameters:
        if parameter.name not in (effect.needs or ()) or parameter is _receiver(ref):
            continue
        value = interpreter.declared.parameter(ref, parameter)
        if not (isinstance(value, Instance) and _is_injected(interpreter, ref, parameter)):
            return True
        bases = set(interpreter.classes.library_ancestors(value.ref))
        if not (bases & credentials.SETTINGS_BASES or _SETTINGS.search(value.ref.name)):
            return True
    return False


def _receiver(ref: FunctionRef) -> facts.Parameter | None:
    return ref.facts.parameters[0] if ref.owner is not None and ref.facts.parameters else None


def _is_injected(interpreter: Interpreter, ref: FunctionRef, parameter: facts.Parameter) -> bool:
    """Whether FastAPI gives a parameter by ``Depends``."""
    markers: list[tuple[str, Expression]] = [(ref.path, parameter.default)] if parameter.default is not None else []
    annotation, path = parameter.annotation, ref.path
    if isinstance(annotation, facts.Name):
        alias = interpreter.names.resolve(path, annotation.id)
        if isinstance(alias, Variable) and alias.value is not None:
            annotation, path = alias.value, alias.path
    if isinstance(annotation, facts.Subscript) and isinstance(annotation.index, facts.Display):
        markers += [(path, item) for item in annotation.index.items[1:]]
    for where, marker in markers:
        value = interpreter.module_frame(where).evaluate(marker)
        if isinstance(value, LibraryObject) and value.dotted in fastapi.DEPENDS:
            return True
    return False


class _Ways:
    """The functions on the way from a request to an engine, and whether one of them keeps what it has made."""

    def __init__(self, interpreter: Interpreter, routes: Mapping[FunctionRef, Route]) -> None:
        self._interpreter = interpreter
        self._routes = routes
        self._calls: dict[str, dict[facts.Span, tuple[FunctionRef, facts.Call]]] = {}

    def is_kept(self, root: FunctionRef, effect: Effect) -> bool:
        """Whether later requests get the engine of the first one."""
        is_asked = is_stored = False
        for place in (*effect.calls, effect.at):
            known = self._calls_in(place.filename).get((place.line, place.column, place.end_line, place.end_column))
            if known is None:
                continue
            function, node = known
            is_route = function is root and root in self._routes
            is_asked = is_asked or _asks_before(function, node)
            is_stored = any(_is_lasting(function, holder) for holder in keeping(function.facts, node).holders)
            if (is_asked and is_stored) or _stores(function, node) or (not is_route and self._may_run_once(function)):
                return True
        return False

    def _calls_in(self, path: str) -> dict[facts.Span, tuple[FunctionRef, facts.Call]]:
        if path not in self._calls:
            self._calls[path] = {
                node.at: (ref, node)
                for ref in self._interpreter.names.functions
                if ref.path == path
                for node in walk(ref.facts.body, into_functions=True)
                if isinstance(node, facts.Call)
            }
        return self._calls[path]

    def _may_run_once(self, ref: FunctionRef) -> bool:
        """Whether a decorator, or the way in which the class makes its objects, may keep the function from running."""
        plain = [dotted for dotted in self._interpreter.decorations(ref) if dotted in _PLAIN_DECORATORS]
        if len(plain) < len(ref.facts.decorators):
            return True
        return ref.owner is not None and ref.facts.name == "__init__" and self._is_single(ref)

    def _is_single(self, init: FunctionRef) -> bool:
        owner = init.owner
        assert owner is not None
        classes, frame = self._interpreter.classes, self._interpreter.module_frame(owner.path)
        if classes.member(owner, "__new__") is not None:
            return True
        if any(frame.symbol_of(d) != "dataclasses.dataclass" for d in owner.facts.decorators):
            return True
        return any(
            base.keyword == "metaclass" and frame.symbol_of(base.value) not in _PLAIN_METACLASSES
            for ancestor in classes.ancestors(owner)
            if not isinstance(ancestor, str) and ancestor is not None
            for base in ancestor.facts.bases
        )


def _asks_before(ref: FunctionRef, node: facts.Call) -> bool:
    """``if pool is None: await connect()``: the call is made under a condition."""
    tests = (inner for inner in walk(ref.facts.body) if isinstance(inner, facts.If))
    return any(node in walk(test.body) for test in tests)


def _stores(ref: FunctionRef, node: facts.Call) -> bool:
    """Whether a function looks before it calls, and puts the result where the next call will find it."""
    asks = any(isinstance(inner, _ASKING) for inner in walk(ref.facts.body))
    return asks and any(_is_lasting(ref, holder) for holder in keeping(ref.facts, node).holders)


def _is_lasting(ref: FunctionRef, holder: Expression) -> bool:
    """``self.engines[key]``, ``Database.engine``, ``request.app.state.engine``; not what a constructor sets."""
    path = dotted_name(holder.value if isinstance(holder, facts.Subscript) else holder)
    if path is None:
        return True
    first, _, rest = path.partition(".")
    if not rest:
        return isinstance(holder, facts.Name) or not any(
            isinstance(inner, facts.Assign | facts.AnnotatedAssign) and _assigns(inner, first)
            for inner in walk(ref.facts.body)
        )
    return not (first == "self" and ref.facts.name == "__init__")


def _assigns(statement: facts.Assign | facts.AnnotatedAssign, name: str) -> bool:
    targets = statement.targets if isinstance(statement, facts.Assign) else (statement.target,)
    return any(isinstance(target, facts.Name) and target.id == name for target in targets)
