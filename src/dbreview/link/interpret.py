"""Walk functions, following what their names stand for and what their calls do.

Anything that cannot be followed is ``None``, and ``None`` never leads to a finding. One
reading of a function with the same arguments serves every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import python, tortoise
from dbreview.link.arguments import Arguments
from dbreview.link.classes import Classes
from dbreview.link.coroutines import tasks
from dbreview.link.declared import Declared
from dbreview.link.drivers import filling
from dbreview.link.effects import as_seen_by_callers
from dbreview.link.events import Effect, Events
from dbreview.link.frame import Frame
from dbreview.link.joining import join_all
from dbreview.link.names import (
    ClassRef,
    Definition,
    External,
    FunctionRef,
    ModuleRef,
    Names,
    Variable,
)
from dbreview.link.querysets import transactions as atomic
from dbreview.link.routes import FoundRoute
from dbreview.link.schemas import Schemas
from dbreview.link.transactions import transactions
from dbreview.link.transactions.paths import unite, without
from dbreview.link.transactions.steps import NOTHING, Paths
from dbreview.link.values import (
    Answer,
    ClassValue,
    Const,
    Context,
    Coroutine,
    Entity,
    Entries,
    Fetch,
    FunctionValue,
    Given,
    Instance,
    Items,
    LibraryObject,
    ModuleValue,
    Record,
    Session,
    Symbol,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.migrations.replay import Replay
    from dbreview.link.schema.models import Models
    from dbreview.project import Route

_DEEPEST_CALL = 24
_MOST_CONTEXTS = 150


@dataclass(slots=True)
class Outcome:
    """What one reading of a function found: its value and what running it does.

    ``paths`` are the ways through it, of a generator those to its ``yield``; ``leaving`` those from there on. Where it
    ends well, the queries in ``absent`` have found nothing.
    """

    value: Value = None
    yielded: Value = None
    effects: tuple[Effect, ...] = ()
    paths: Paths = NOTHING
    leaving: Paths = NOTHING
    is_shield: bool = False
    returned_at: Place | None = None
    absent: tuple[Fetch, ...] = ()
    fields: tuple[tuple[str, Value], ...] = ()


_NOTHING = Outcome()
_DATA = (Items, Entity, Instance, Record, Session)
"""What a parameter may hold that is None where nobody gives it, whatever its type says."""
_T = TypeVar("_T")


def _ways(frame: Frame) -> tuple[Paths, Paths]:
    """The paths through a body that has been followed, and those from its ``yield`` on."""
    whole = unite((*frame.ended, *frame.paths))
    commits = any(step.kind == "commit" for path in whole for step in path)  # the end of a block may
    is_interface = frame.is_abstract and frame.ref is not None and frame.ref.owner is not None
    if not frame.effects and not commits and (whole or is_interface):
        whole = NOTHING
    if frame.ref is not None and frame.ref.facts.has_yield:
        return frame.entering or NOTHING, whole
    return without(whole, frame.opened.keys() - {_returned(frame)}), NOTHING


def _returned(frame: Frame) -> Place | None:
    """The session that a body opens for its caller."""
    return frame.returned.identity if isinstance(frame.returned, Session) else None


def _required(ref: FunctionRef) -> int:
    """How many positional arguments a call must give."""
    return sum(p.default is None and p.kind in ("positional", "normal") for p in ref.facts.parameters)


def _is_empty(default: Expression | None) -> bool:
    """A parameter's default of no items: ``options=()``."""
    return isinstance(default, facts.Display) and not default.items


class Interpreter:
    """Reads functions, classes and modules of the project, each context once."""

    models: Models

    def __init__(self, names: Names) -> None:
        self.names = names
        self.classes = Classes(self)
        self.declared = Declared(self)
        self.schemas = Schemas(self)
        self.events = Events()
        self.is_request = False
        self.reads_schema = False
        self.replay: Replay | None = None
        self.route: Route | None = None
        self.most_contexts = _MOST_CONTEXTS
        self.deepest_call = _DEEPEST_CALL
        self.request_state: dict[str, Value] = {}
        self.trail: list[Place] = []
        self.openers: dict[Place, FunctionRef | None] = {}
        self.locks = 0
        self.catching = 0
        self.seen: set[FunctionRef] = set()
        self.local_routes: dict[FunctionRef, FoundRoute] = {}
        self._outcomes: dict[tuple[object, ...], Outcome] = {}
        self._contexts: dict[int, int] = {}
        self._stack: list[FunctionRef] = []
        self.frames: list[Frame] = []
        self._local_refs: dict[facts.Function, FunctionRef] = {}
        self._module_values: dict[tuple[str, str], Value] = {}
        self._module_frames: dict[str, Frame] = {}
        self._instances: dict[ClassRef, Instance] = {}
        self._decorations: dict[FunctionRef, tuple[str, ...]] = {}

    def local_ref(self, path: str, statement: facts.Function) -> FunctionRef:
        """The one reference to a function that is defined inside another."""
        if statement not in self._local_refs:
            self._local_refs[statement] = FunctionRef(path, statement)
        return self._local_refs[statement]

    def forget(self) -> None:
        """Drop what was read before the models were known."""
        self.seen.clear()
        self.local_routes.clear()
        self._outcomes.clear()
        self._contexts.clear()
        self._module_values.clear()
        self._instances.clear()
        self.declared.forget()
        self.models.forget()
        self.classes.forget()
        self.events = Events(mistakes=self.events.mistakes)

    # --- names

    def module_frame(self, path: str) -> Frame:
        if path not in self._module_frames:
            self._module_frames[path] = Frame(self, path, None, {})
        return self._module_frames[path]

    def module_value(self, path: str, name: str) -> Value:
        """What ``name`` stands for at the top level of a module."""
        key = (path, name)
        if key not in self._module_values:
            self._module_values[key] = None
            self._module_values[key] = self.definition_value(self.names.resolve(path, name))
        return self._module_values[key]

    def definition_value(self, definition: Definition | None) -> Value:
        match definition:
            case External(dotted):
                return Symbol(dotted)
            case ModuleRef(path):
                return ModuleValue(path)
            case ClassRef():
                return ClassValue(definition)
            case FunctionRef():
                return FunctionValue(definition)
            case Variable(path, name, value, annotation):
                return self._variable_value(path, name, value, annotation)
        return None

    def _variable_value(self, path: str, name: str, value: Expression | None, annotation: Expression | None) -> Value:
        key = (path, f"={name}")
        if key not in self._module_values:
            self._module_values[key] = None
            found: Value = None
            if value is not None:
                found = self.guarded(Place(path, *value.at), partial(self.module_frame(path).evaluate, value))
            if self.reads_schema and isinstance(found, LibraryObject) and python.is_volatile(found.dotted):
                found = None  # named, so somebody wants the one value
            if (found is None or found == Const(None)) and annotation is not None:
                found = self.declared.value(path, annotation)
            if found is None or found == Const(None):
                found = filling.filled(self, path, name) or found
            self._module_values[key] = found
        return self._module_values[key]

    def guarded(self, at: Place, work: Callable[[], _T]) -> _T | None:
        """Do ``work``. A mistake of ours in it is kept to be told, and costs this place, not the run."""
        try:
            return work()
        except Exception as error:
            self.events.mistakes.setdefault(at, error)
            return None

    # --- calls

    def declared_parameters(self, ref: FunctionRef) -> dict[str, Value]:
        """The values of a function's parameters as its signature and dependencies tell them."""
        found: dict[str, Value] = {}
        for number, parameter in enumerate(ref.facts.parameters):
            if not self._is_receiver(ref, parameter):
                value = self.declared.parameter(ref, parameter)
                if isinstance(value, Session) and value.identity is None:
                    value = replace(value, given=Place("<given>", number, 0, number, 0))
                found[parameter.name] = value
        return found

    def _is_receiver(self, ref: FunctionRef, parameter: facts.Parameter) -> bool:
        return (
            ref.owner is not None
            and ref.facts.parameters[0] is parameter
            and "builtins.staticmethod" not in self.decorations(ref)
        )

    def decorations(self, ref: FunctionRef) -> tuple[str, ...]:
        """The dotted names of a function's decorators, as far as they lead to a library."""
        if ref not in self._decorations:
            frame = self.module_frame(ref.path)
            self._decorations[ref] = tuple(
                dotted for dotted in (frame.symbol_of(decorator) for decorator in ref.facts.decorators) if dotted
            )
        return self._decorations[ref]

    def is_a(self, ref: FunctionRef, decorators: frozenset[str]) -> bool:
        return any(dotted in decorators for dotted in self.decorations(ref))

    def run_standalone(self, ref: FunctionRef, bound: Mapping[str, Value] | None = None) -> Outcome:
        """Read a function with what its signature says (or ``bound``), as nobody in particular calls it."""
        receiver: Value = None
        if ref.owner is not None and "builtins.staticmethod" not in self.decorations(ref):
            if "builtins.classmethod" in self.decorations(ref):
                receiver = ClassValue(ref.owner)
            else:
                receiver = self.classes.instance(ref.owner)
        return self.read(FunctionValue(ref, receiver), self.declared_parameters(ref) if bound is None else bound)

    def bind(self, function: FunctionValue, arguments: Arguments) -> dict[str, Value]:
        """The parameters' values at a call, filled up with what the signature declares."""
        ref = function.ref
        bound: dict[str, Value] = {}
        position = 0
        for parameter in ref.facts.parameters:
            if self._is_receiver(ref, parameter):
                if function.receiver is None and arguments.positional:
                    position += 1
                continue
            value: Value = None
            is_given = False
            if ref.facts.decorators and isinstance(self.declared.parameter(ref, parameter), Session):
                following = arguments.get(position, parameter.name)
                if following is not None and not isinstance(following, (Session, Given, Const)):
                    bound[parameter.name] = self.declared.parameter(ref, parameter)
                    continue  # the decorator gives the session, the caller's arguments follow it
                if len(arguments.positional) < _required(ref) and not arguments.has(parameter.name):
                    bound[parameter.name] = self.declared.parameter(ref, parameter)
                    continue
            if parameter.kind in ("positional", "normal"):
                if position < len(arguments.positional):
                    value, is_given = arguments.positional[position], True
                    position += 1
                elif arguments.has(parameter.name):
                    value, is_given = arguments.keyword(parameter.name), True
            elif parameter.kind == "keyword" and arguments.has(parameter.name):
                value, is_given = arguments.keyword(parameter.name), True
            elif parameter.kind == "*":
                rest = arguments.positional[position:]
                value = Record(rest)
                if arguments.is_open:
                    value = Items(join_all(rest), exact=rest)
            elif parameter.kind == "**":
                named = {p.name for p in ref.facts.parameters}
                rest_named = tuple((k, v) for k, v in arguments.keywords if k not in named)
                value = Entries(rest_named, (None,) if arguments.is_open else (), doubtful=arguments.doubtful)
            if value is None or isinstance(value, Answer):
                value = self.declared.parameter(ref, parameter)
                if is_given and value is None:
                    value = Given()
                if not is_given and not arguments.is_open and _is_empty(parameter.default):
                    value = Record(()) if value is None else value
                elif not is_given and not arguments.is_open and isinstance(parameter.default, facts.Name):
                    if isinstance(value, _DATA) and not ref.facts.decorators:
                        value = self.module_frame(ref.path).evaluate(parameter.default)
                elif not is_given and not arguments.is_open and isinstance(parameter.default, facts.Constant):
                    is_none = parameter.default.value is None and not ref.facts.decorators
                    if value is None or isinstance(value, LibraryObject) or (is_none and isinstance(value, _DATA)):
                        value = None if parameter.default.is_opaque else Const(parameter.default.value)
                elif self.replay and not is_given and not arguments.is_open and parameter.default is not None:
                    value = self.module_frame(ref.path).evaluate(parameter.default)
            bound[parameter.name] = value
        return bound

    @contextmanager
    def called_from(self, at: Place | None) -> Iterator[None]:
        """Remember the place of a call while the function is read, for what is found in it."""
        self.trail += [at] if at is not None else []
        try:
            yield
        finally:
            del self.trail[len(self.trail) - (at is not None) :]

    def call(self, function: FunctionValue, arguments: Arguments) -> Outcome:
        return self.read(function, self.bind(function, arguments))

    def read(self, function: FunctionValue, bound: Mapping[str, Value]) -> Outcome:
        """Read a function's body with these parameters, or remember the earlier reading."""
        ref = function.ref
        key = (ref, function.receiver, function.closure, self.is_request, tuple(bound.values()))
        known = self._outcomes.get(key)
        if known is not None and self.replay is None:  # the database may answer otherwise by now
            return known
        if ref in self._stack or len(self._stack) >= self.deepest_call:
            return _NOTHING
        contexts = self._contexts.get(id(ref), 0)
        if contexts >= self.most_contexts:
            return _NOTHING
        self._contexts[id(ref)] = contexts + 1
        self.seen.add(ref)
        self._stack.append(ref)
        try:
            at = Place(ref.path, *ref.facts.at)
            outcome = self.guarded(at, partial(self._read, function, bound)) or _NOTHING
        finally:
            self._stack.pop()
        self._outcomes[key] = outcome
        return outcome

    def _read(self, function: FunctionValue, bound: Mapping[str, Value]) -> Outcome:
        ref = function.ref
        env = dict(bound)
        parameters = ref.facts.parameters
        if parameters and self._is_receiver(ref, parameters[0]):
            env[parameters[0].name] = function.receiver
        frame = Frame(self, ref.path, ref, env, function.closure)
        self.frames.append(frame)
        try:
            with atomic.around(frame, self.is_a(ref, tortoise.ATOMIC)):
                frame.run(ref.facts.body)
            tasks.note_end(frame)
            transactions.note_splits(frame)
        finally:
            self.frames.pop()
        for local in frame.local_functions:
            if local.ref not in self.seen and local.ref not in self.local_routes and self.replay is None:
                self.read(local, self.declared_parameters(local.ref))  # a decorator's wrapper, mostly
        value = frame.returned
        if value == Const(None) and frame.returns_unknown:
            value = None  # something unknown or None is unknown
        elif isinstance(value, Entries) and frame.returns_unknown:
            value = replace(value, doubtful=None)
        if value is None and ref.facts.returns is not None and not ref.facts.has_yield:
            value = self.declared.value(ref.path, ref.facts.returns, owner=ref.owner)
            if isinstance(value, Instance):
                value = None if frame.is_abstract else value
        effects = as_seen_by_callers(frame)
        if self.is_a(ref, python.CACHES):
            effects = tuple(effect for effect in effects if effect.kind == "schema")
        elif frame.is_cached:
            effects = tuple(replace(effect, is_once=True) for effect in effects)
        is_shield = frame.is_shield or any(effect.kind == "rollback" for effect in effects)
        exits = (*frame.exits, frame.absent) if frame.paths or not frame.exits else tuple(frame.exits)
        return Outcome(
            value,
            frame.yielded,
            effects,
            *_ways(frame),
            is_shield,
            frame.returned_at,
            tuple(fetch for fetch in exits[0] if all(fetch in each for each in exits)),
            frame.fields_of_receiver(),
        )

    def function_named(self, ref: FunctionRef, func: Expression) -> FunctionRef | None:
        """The project function that a call in ``ref`` names, where no variable is needed to tell."""
        if isinstance(func, facts.Attribute) and isinstance(func.value, facts.Name) and func.value.id == "self":
            member = self.classes.member(ref.owner, func.attr) if ref.owner is not None else None
            return member if isinstance(member, FunctionRef) else None
        value = self.module_frame(ref.path).evaluate(func)
        return value.ref if isinstance(value, FunctionValue) else None

    def result_of(self, function: FunctionValue, outcome: Outcome) -> Value:
        """What calling the function gives its caller: coroutine, generator, context or value."""
        ref = function.ref
        if ref.facts.has_yield:
            value = outcome.yielded
            if value is None and ref.facts.returns is not None:
                declared = self.declared.value(ref.path, ref.facts.returns, owner=ref.owner)
                value = declared.element if isinstance(declared, Items) else declared
            if self.is_a(ref, python.CONTEXT_DECORATORS):
                return Context(value, outcome.leaving, outcome.is_shield)
            return Items(value, is_lazy=True, leaving=outcome.leaving)
        if ref.facts.is_async:
            return Coroutine(outcome.value)
        return outcome.value
