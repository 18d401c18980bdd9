"""One reading of one body: its variables, its loops, what it does and gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression, Span
from dbreview.finding import Place
from dbreview.frameworks import fastapi, python
from dbreview.link import evaluate, iterating, loading, statements
from dbreview.link.events import Effect, Loop
from dbreview.link.joining import out_of_loop
from dbreview.link.names import ClassRef, Definition, FunctionRef
from dbreview.link.syntax import dotted_name
from dbreview.link.transactions.steps import NOTHING, Paths
from dbreview.link.values import (
    ClassValue,
    Closure,
    Const,
    Coroutine,
    Entries,
    Fetch,
    FunctionValue,
    Instance,
    LibraryObject,
    ModuleValue,
    Record,
    Session,
    SessionFactory,
    Symbol,
    Use,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


class Frame:
    """The state of a reading. What statements and expressions do to it is in the modules beside."""

    def __init__(
        self,
        interpreter: Interpreter,
        path: str,
        ref: FunctionRef | None,
        env: dict[str, Value],
        closure: Closure | None = None,
    ) -> None:
        self.interpreter = interpreter
        self.path = path
        self.ref = ref
        self.env = env
        self.closure = closure
        self.loops: list[Loop] = []
        self.filling: list[Fetch] = []
        self.sources: dict[str, frozenset[str]] = {}
        self.is_handling = 0
        self.is_cached = False
        self.local_functions: list[FunctionValue] = []
        self.effects: dict[tuple[str, Place], Effect] = {}
        self.paths: Paths = NOTHING
        self.ended: Paths = ()
        self.jumped: Paths = ()
        self.entering: Paths = ()
        self.shields: list[int] = []
        self.is_shield = False
        self.is_repeating = False
        self.tries: list[int] = []
        self.unflushed = 0
        self.opened: dict[Place | None, int] = {}
        self.together: list[Place | None] = []
        self.entered: dict[str, int] = {}
        self.read_from: dict[str, dict[str, bool]] = {}
        self.absent: tuple[Fetch, ...] = ()
        self.inserted: list[Place] = []
        self.constructed: dict[ClassRef, frozenset[str]] = {}
        self.exits: list[tuple[Fetch, ...]] = []
        self.returned_at: Place | None = None
        self.closed: set[Place] = set()
        self.comprehensions = 0
        self.coroutines: dict[str, Coroutine] = {}
        self.running: list[Use] = []
        self.returned: Value = None
        self.returns_unknown = False
        self.yielded: Value = None

    def run(self, body: Block) -> bool:
        """Follow a block; False when no path reaches its end."""
        return statements.run(self, body)

    def evaluate(self, expression: Expression) -> Value:
        """The value of an expression, with its effects noted on the way."""
        return evaluate.evaluate(self, expression)

    def place(self, at: Span) -> Place:
        return Place(self.path, *at)

    def lookup(self, name: str) -> Value:
        if name in self.env:
            return self.env[name]
        if self.closure is not None and name in self.closure.names:
            return self.closure.names[name]
        if self.interpreter.names.resolve(self.path, name) is not None:
            return self.interpreter.module_value(self.path, name)
        return Symbol(f"builtins.{name}") if name in python.BUILTINS else None

    def symbol_of(self, expression: Expression) -> str | None:
        """The dotted name of the library symbol behind a decorator or type expression."""
        if isinstance(expression, facts.Call):
            expression = expression.func
        match evaluate.evaluate(self, expression):
            case Symbol(dotted) | LibraryObject(dotted):
                return dotted
        return None

    def definition_in(self, holder: Value, name: str) -> Definition | None:
        match holder:
            case ModuleValue(path):
                return self.interpreter.names.resolve(path, name)
            case ClassValue(ref):
                return self.interpreter.classes.member(ref, name)
        return None

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

    def bind_target(self, target: Expression, value: Value) -> None:
        match target:
            case facts.Name(name):
                self._set(name, value)
            case facts.Attribute(inner, attr):
                if (path := dotted_name(target)) is not None:
                    self._set(path, value)
                    owner = self.evaluate(inner)
                    loading.note_filled(self, owner, Const(attr))
                    loading.note_changed(self, owner)
                    loading.note_kept(self, value)
                    if isinstance(value, (Session, SessionFactory, Instance)):
                        if ".state." in path:
                            self.interpreter.request_state.setdefault(attr, _as_seen_by_others(value))
                        elif _is_application(owner, path):
                            self.interpreter.request_state.setdefault(f"app.{attr}", _as_seen_by_others(value))
                else:
                    evaluate.evaluate(self, inner)
            case facts.Display(_, items):
                parts = value.items if isinstance(value, Record) and len(value.items) == len(items) else None
                for index, item in enumerate(items):
                    self.bind_target(item, parts[index] if parts is not None else iterating.part_of(value))
            case facts.Starred(inner):
                self.bind_target(inner, None)
            case facts.Subscript(inner, index):
                holder = evaluate.evaluate(self, inner)
                key = evaluate.evaluate(self, index)
                if isinstance(inner, facts.Name) and isinstance(holder, Entries):
                    known = ((str(key.value), value),) if isinstance(key, Const) else ()
                    others = () if known else (out_of_loop(value),)
                    fetch = holder.fetch or (self.filling[-1] if self.filling else None)
                    doubtful = holder.doubtful
                    if doubtful:
                        doubtful -= {name for name, _ in known}
                    self.env[inner.id] = Entries(
                        (*holder.items, *known), _few((*holder.others, *others)), fetch, doubtful
                    )

    def _set(self, name: str, value: Value) -> None:
        prefix = f"{name}."
        for known in [known for known in self.env if known.startswith(prefix)]:
            del self.env[known]
        self.env[name] = value

    def as_closure(self) -> Closure:
        return Closure(self.env)


def _is_application(owner: Value, path: str) -> bool:
    """Whether this is an attribute of the application itself: ``app.pool``."""
    if owner is None:
        return path.startswith("app.") and path.count(".") == 1
    return isinstance(owner, LibraryObject) and owner.dotted in fastapi.APPLICATION_OBJECTS


def _few(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Different values, no more than anybody will follow."""
    return tuple(dict.fromkeys(values))[:8]


def _as_seen_by_others(value: Session | SessionFactory | Instance) -> Value:
    """The session as others see it who did not open it."""
    return replace(value, opened_at=None) if isinstance(value, Session) else value
