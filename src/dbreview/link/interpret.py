"""Walk functions, following what their names stand for and what their calls do.

Anything that cannot be followed is ``None``, and ``None`` never leads to a finding. One
reading of a function with the same arguments serves every call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Place
from dbreview.frameworks import python, sqlalchemy
from dbreview.link import loops, routes
from dbreview.link.classes import Classes
from dbreview.link.declared import Declared
from dbreview.link.evaluate import Evaluator
from dbreview.link.events import Effect, Events, Loop, OwnedSession
from dbreview.link.names import (
    ClassRef,
    Definition,
    External,
    FunctionRef,
    ModuleRef,
    Names,
    Variable,
)
from dbreview.link.values import (
    ClassValue,
    Closure,
    Const,
    Context,
    Coroutine,
    Entries,
    FunctionValue,
    Given,
    Instance,
    Items,
    LibraryObject,
    ModuleValue,
    Record,
    Session,
    SessionFactory,
    Symbol,
    Value,
    join,
)
from dbreview.project import Route

if TYPE_CHECKING:
    from dbreview.link.models import Models

_DEEPEST_CALL = 24
_MOST_CONTEXTS = 48


@dataclass(frozen=True, slots=True)
class Arguments:
    """The values at a call: positional ones, keywords, and whether a ``*`` or ``**`` hides more."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    is_open: bool = False

    def get(self, index: int, name: str) -> Value:
        """The argument at this position or with this keyword."""
        if index < len(self.positional):
            return self.positional[index]
        return self.keyword(name)

    def keyword(self, name: str) -> Value:
        return next((value for key, value in self.keywords if key == name), None)

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.keywords)

    def values(self) -> tuple[Value, ...]:
        return (*self.positional, *(value for _, value in self.keywords))


@dataclass(slots=True)
class Outcome:
    """What one reading of a function found: its value and what running it does."""

    value: Value = None
    yielded: Value = None
    effects: tuple[Effect, ...] = ()
    fields: tuple[tuple[str, Value], ...] = ()


_NOTHING = Outcome()


@dataclass(frozen=True, slots=True)
class LocalRoute:
    """A path operation defined inside a function, with the variables that it sees."""

    route: Route
    function: FunctionValue

    @property
    def ref(self) -> FunctionRef:
        return self.function.ref


class Interpreter:
    """Reads functions, classes and modules of the project, each context once."""

    models: Models

    def __init__(self, names: Names) -> None:
        self.names = names
        self.classes = Classes(self)
        self.declared = Declared(self)
        self.events = Events()
        self.is_request = False
        self.most_contexts = _MOST_CONTEXTS
        self.request_state: dict[str, Value] = {}
        self.seen: set[FunctionRef] = set()
        self.local_routes: dict[FunctionRef, LocalRoute] = {}
        self._outcomes: dict[tuple[object, ...], Outcome] = {}
        self._contexts: dict[int, int] = {}
        self._stack: list[FunctionRef] = []
        self._module_values: dict[tuple[str, str], Value] = {}
        self._module_frames: dict[str, Frame] = {}
        self._instances: dict[ClassRef, Instance] = {}
        self._decorations: dict[FunctionRef, tuple[str, ...]] = {}

    def forget(self) -> None:
        """Drop what was read before the models were known."""
        self.seen.clear()
        self.local_routes.clear()
        self._outcomes.clear()
        self._contexts.clear()
        self._module_values.clear()
        self._instances.clear()
        self.declared.forget()
        self.classes.forget()
        self.events = Events()

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
            found = self.module_frame(path).evaluate(value) if value is not None else None
            if (found is None or found == Const(None)) and annotation is not None:
                found = self.declared.value(path, annotation)
            self._module_values[key] = found
        return self._module_values[key]

    # --- calls

    def declared_parameters(self, ref: FunctionRef) -> dict[str, Value]:
        """The values of a function's parameters as its signature and dependencies tell them."""
        return {
            parameter.name: self.declared.parameter(ref, parameter)
            for parameter in ref.facts.parameters
            if not self._is_receiver(ref, parameter)
        }

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

    def run_standalone(self, ref: FunctionRef) -> Outcome:
        """Read a function with what its signature says, as nobody in particular calls it."""
        receiver: Value = None
        if ref.owner is not None and "builtins.staticmethod" not in self.decorations(ref):
            if "builtins.classmethod" in self.decorations(ref):
                receiver = ClassValue(ref.owner)
            else:
                receiver = self.classes.instance(ref.owner)
        return self.read(FunctionValue(ref, receiver), self.declared_parameters(ref))

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
                value = Items(_join_all(rest)) if rest else None
            elif parameter.kind == "**":
                named = {p.name for p in ref.facts.parameters}
                rest_named = tuple((k, v) for k, v in arguments.keywords if k not in named)
                value = Entries(rest_named, (None,) if arguments.is_open else ())
            if value is None:
                value = self.declared.parameter(ref, parameter)
                if is_given and value is None:
                    value = Given()
                if not is_given and not arguments.is_open and isinstance(parameter.default, facts.Constant):
                    if value is None or isinstance(value, LibraryObject):
                        value = None if parameter.default.is_opaque else Const(parameter.default.value)
            bound[parameter.name] = value
        return bound

    def call(self, function: FunctionValue, arguments: Arguments) -> Outcome:
        return self.read(function, self.bind(function, arguments))

    def read(self, function: FunctionValue, bound: Mapping[str, Value]) -> Outcome:
        """Read a function's body with these parameters, or remember the earlier reading."""
        ref = function.ref
        key = (ref, function.receiver, function.closure, self.is_request, tuple(bound.values()))
        known = self._outcomes.get(key)
        if known is not None:
            return known
        if ref in self._stack or len(self._stack) >= _DEEPEST_CALL:
            return _NOTHING
        contexts = self._contexts.get(id(ref), 0)
        if contexts >= self.most_contexts:
            return _NOTHING
        self._contexts[id(ref)] = contexts + 1
        self.seen.add(ref)
        self._stack.append(ref)
        try:
            outcome = self._read(function, bound)
        except Exception as error:  # a mistake of ours costs this function, not the run
            self.events.mistakes.setdefault(Place(ref.path, *ref.facts.at), error)
            outcome = _NOTHING
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
        frame.run(ref.facts.body)
        value = frame.returned
        if value is None and ref.facts.returns is not None and not ref.facts.has_yield:
            value = self.declared.value(ref.path, ref.facts.returns, owner=ref.owner)
            if isinstance(value, Instance):
                value = None if frame.is_abstract else value
        effects = tuple(frame.effects.values())
        if self.is_a(ref, python.CACHES):
            effects = ()
        return Outcome(value, frame.yielded, effects, frame.fields_of_receiver())

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
                return Context(value)
            return Items(value, is_lazy=True)
        if ref.facts.is_async:
            return Coroutine(outcome.value)
        return outcome.value


class Frame(Evaluator):
    """One reading of one body: its variables, its loops, what it does and gives."""

    def __init__(
        self,
        interpreter: Interpreter,
        path: str,
        ref: FunctionRef | None,
        env: dict[str, Value],
        closure: Closure | None = None,
    ) -> None:
        super().__init__(interpreter, path, ref, env, closure)
        self.returned: Value = None
        self.yielded: Value = None

    @property
    def is_abstract(self) -> bool:
        """Whether the body does nothing: an interface's method."""
        body = self.ref.facts.body if self.ref is not None else ()
        return all(
            isinstance(s, (facts.Jump, facts.Raise))
            or (isinstance(s, facts.ExpressionStatement) and isinstance(s.value, facts.Constant))
            for s in body
        )

    def fields_of_receiver(self) -> tuple[tuple[str, Value], ...]:
        """What the body assigned to attributes of its first parameter."""
        if self.ref is None or not self.ref.facts.parameters:
            return ()
        prefix = f"{self.ref.facts.parameters[0].name}."
        return tuple(
            (name.removeprefix(prefix), value)
            for name, value in sorted(self.env.items())
            if name.startswith(prefix) and value is not None and "." not in name.removeprefix(prefix)
        )

    # --- statements

    def run(self, body: Block) -> bool:
        """Follow a block; False when no path reaches its end."""
        return all(self._statement(statement) for statement in body)

    def _statement(self, statement: facts.Statement) -> bool:
        match statement:
            case facts.ExpressionStatement(value):
                self.evaluate(value)
            case facts.Assign(targets, value):
                found = self.evaluate(value)
                for target in targets:
                    self.bind_target(target, found)
                    self.note_dependence(target, value)
                    self._note_owner(target, value, found)
            case facts.AnnotatedAssign(target, annotation, value):
                found = self.evaluate(value) if value is not None else None
                if found is None or isinstance(found, Const):
                    found = self.interpreter.declared.value(self.path, annotation, frame=self) or found
                self.bind_target(target, found)
                if value is not None:
                    self.note_dependence(target, value)
                    self._note_owner(target, value, found)
            case facts.AugmentedAssign(target, _, value):
                self.evaluate(target)
                added = self.evaluate(value)
                self.note_dependence(target, value)
                if isinstance(target, facts.Name):
                    before = self.env.get(target.id)
                    if isinstance(before, Items) and isinstance(added, Items):
                        self.env[target.id] = join(before, added)
                    elif isinstance(before, Const):
                        self.env[target.id] = None
            case facts.Return(value):
                if value is not None:
                    self.returned = join(self.returned, self.evaluate(value))
                return False
            case facts.Raise(value):
                if value is not None:
                    self.evaluate(value)
                return False
            case facts.Jump(kind):
                return kind == "pass"
            case facts.If():
                return self._if(statement)
            case facts.For():
                self._for(statement)
            case facts.While(test, body, orelse):
                self.evaluate(test)
                self._loop(Loop(self.place(statement.at), "other", frozenset(), None, "low"), body)
                self.run(orelse)
                if isinstance(test, facts.Constant) and test.value is True and not loops.leaves(body):
                    return False
            case facts.With():
                return self._with(statement)
            case facts.Try():
                return self._try(statement)
            case facts.Match(subject, cases):
                return self._match(subject, cases)
            case facts.Function():
                ref = FunctionRef(self.path, statement)
                function = FunctionValue(ref, None, self.as_closure())
                self.env[statement.name] = function
                self._note_route(function)
            case facts.Delete(target):
                if isinstance(target, facts.Name):
                    self.env.pop(target.id, None)
            case facts.Assert(test):
                self.evaluate(test)
            case facts.Import() | facts.ImportFrom():
                self._local_import(statement)
        return True

    def _note_owner(self, target: Expression, value: Expression, found: Value) -> None:
        """A session opened and bound to a local name belongs to the function."""
        call = value.value if isinstance(value, facts.Await) else value
        if self.ref is None or not isinstance(target, facts.Name) or not isinstance(call, facts.Call):
            return
        if isinstance(found, Session) and found.opened_at is not None and not found.is_scoped:
            is_next = isinstance(call.func, facts.Name) and call.func.id in ("next", "anext")
            at = self.place(call.at)
            self.interpreter.events.owned[at] = OwnedSession(at, self.ref, target.id, found.kind, is_next)

    def _note_route(self, function: FunctionValue) -> None:
        for decorator in function.ref.facts.decorators:
            route = routes.decorated(self, function.ref, decorator)
            if route is not None:
                self.interpreter.local_routes.setdefault(function.ref, LocalRoute(route, function))

    def note_temporary(self, session: Session, method: str) -> None:
        """A session that is opened for one call and has no name can never be closed."""
        effect = sqlalchemy.SESSION_METHODS.get(method)
        if self.ref is not None and effect is not None and effect.effect is not None and session.opened_at is not None:
            at = session.opened_at
            self.interpreter.events.owned.setdefault(at, OwnedSession(at, self.ref, "", session.kind))

    def _local_import(self, statement: facts.Import | facts.ImportFrom) -> None:
        for name, definition in self.interpreter.names.local_imports(self.path, statement):
            self.env[name] = self.interpreter.definition_value(definition)

    def _if(self, statement: facts.If) -> bool:
        self.evaluate(statement.test)
        decided = self.truth(statement.test)
        if decided is not None:
            return self.run(statement.body if decided else statement.orelse)
        before = dict(self.env)
        goes_on = self._branch(statement.body)
        after_body, self.env = self.env, before
        other_goes_on = self._branch(statement.orelse)
        if goes_on and other_goes_on:
            self._merge(after_body)
        elif goes_on:
            self.env = after_body
        return goes_on or other_goes_on

    def _branch(self, body: Block) -> bool:
        """Follow a block that only some passes take; one that ends the loop runs once at most."""
        if not self.loops or not loops.ends_loop(body):
            return self.run(body)
        self.loops.append(Loop(self.loops[-1].at, "exit", frozenset(), None, "low"))
        goes_on = self.run(body)
        self.loops.pop()
        return goes_on

    def _merge(self, other: dict[str, Value]) -> None:
        for name, value in other.items():
            self.env[name] = join(self.env.get(name), value)

    def _for(self, statement: facts.For) -> None:
        values = self.iterated(statement.iterable)
        loop = self.loop_over(statement.target, statement.iterable, values, self.place(statement.at), statement.body)
        element = self.element_of(values, loop.at, statement.iterable)
        if isinstance(element, Session):  # `async for session in get_session(): ...` is a `with`
            self.bind_target(statement.target, element)
            self.run(statement.body)
            return
        before = dict(self.env)
        self.bind_target(statement.target, element)
        fetch = loops.fetch_of(values)
        self.filling += [fetch] if fetch is not None else []
        self._loop(loop, statement.body)
        del self.filling[len(self.filling) - (fetch is not None) :]
        self._merge(before)
        self.run(statement.orelse)

    def _loop(self, loop: Loop, body: Block) -> None:
        self.loops.append(loop)
        self.run(body)
        self.loops.pop()

    def _with(self, statement: facts.With) -> bool:
        for item in statement.items:
            found = self.enter(item.context)
            if item.target is not None:
                self.bind_target(item.target, found)
        self.run_with_body(statement)
        return loops.may_end(statement.body)

    def run_with_body(self, statement: facts.With) -> None:
        self.run(statement.body)

    def _try(self, statement: facts.Try) -> bool:
        before = dict(self.env)
        goes_on = self.run(statement.body) and self.run(statement.orelse)
        ends = [(goes_on, self.env)]
        for handler in statement.handlers:
            self.env = dict(before)
            self._merge(ends[0][1])
            if handler.name is not None:
                self.env[handler.name] = None
            ends.append((self._branch(handler.body), self.env))
        live = [env for goes_on, env in ends if goes_on]
        self.env = live[0] if live else ends[0][1]
        for env in live[1:]:
            self._merge(env)
        return self.run(statement.finalbody) and bool(live)

    def _match(self, subject: Expression, cases: Sequence[facts.Case]) -> bool:
        self.evaluate(subject)
        before = dict(self.env)
        live: list[dict[str, Value]] = [before]
        for case in cases:
            self.env = dict(before)
            for name in case.bindings:
                self.env[name] = None
            if case.guard is not None:
                self.evaluate(case.guard)
            if self.run(case.body):
                live.append(self.env)
        self.env = dict(live[0])
        for env in live[1:]:
            self._merge(env)
        return True

    # --- targets

    def bind_target(self, target: Expression, value: Value) -> None:
        match target:
            case facts.Name(name):
                self._set(name, value)
            case facts.Attribute(inner, attr):
                if (path := self.dotted(target)) is not None:
                    self._set(path, value)
                    if ".state." in path and isinstance(value, (Session, SessionFactory, Instance)):
                        self.interpreter.request_state.setdefault(attr, replace_opening(value))
                else:
                    self.evaluate(inner)
            case facts.Display(_, items):
                parts = value.items if isinstance(value, Record) and len(value.items) == len(items) else None
                for index, item in enumerate(items):
                    self.bind_target(item, parts[index] if parts is not None else self.part_of(value))
            case facts.Starred(inner):
                self.bind_target(inner, None)
            case facts.Subscript(inner, index):
                holder = self.evaluate(inner)
                key = self.evaluate(index)
                if isinstance(inner, facts.Name) and isinstance(holder, Entries):
                    known = ((str(key.value), value),) if isinstance(key, Const) else ()
                    filled = (Items(None, self.filling[-1]),) if self.filling else ()
                    others = filled or (() if known else (value,))
                    self.env[inner.id] = Entries((*holder.items, *known), (*holder.others, *others)[:8])

    def _set(self, name: str, value: Value) -> None:
        prefix = f"{name}."
        for known in [known for known in self.env if known.startswith(prefix)]:
            del self.env[known]
        self.env[name] = value

    def as_closure(self) -> Closure:
        return Closure(self.env)


def replace_opening(value: Session | SessionFactory | Instance) -> Value:
    """The session as others see it who did not open it."""
    return replace(value, opened_at=None) if isinstance(value, Session) else value


def _join_all(values: Iterable[Value]) -> Value:
    joined: Value = None
    for value in values:
        joined = join(joined, value)
    return joined
