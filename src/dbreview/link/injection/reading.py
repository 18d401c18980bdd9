"""Follow the body of one function for what its texts are made of, path by path, in terms of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression, Span
from dbreview.finding import Place
from dbreview.link.injection import expressions, guards
from dbreview.link.injection.texts import (
    Group,
    Parameter,
    Reached,
    Textual,
    Verdict,
    changed,
    concatenated,
    either,
    element,
    put,
    reached,
    scrubbed,
)
from dbreview.link.syntax import dotted_name
from dbreview.link.values import Const, Items, Record, Value

if TYPE_CHECKING:
    from dbreview.link.injection.reader import Reader
    from dbreview.link.names import FunctionRef


class Reading:
    """The variables of a body while it is followed, and what was seen on the way.

    ``arguments`` and ``receivers`` are those of each call. ``asked`` is what some test has asked about.
    """

    def __init__(self, reader: Reader, path: str, ref: FunctionRef | None, outer: Snapshot | None = None) -> None:
        self.reader = reader
        self.path = path
        self.ref = ref
        self.outer = outer
        self.env: dict[str, Textual] = {}
        self.harmless: frozenset[Reached] = outer.harmless if outer is not None else frozenset()
        self.asked: set[Reached] = set()
        self.arguments: dict[Span, tuple[Textual, ...]] = {}
        self.receivers: dict[Span, Textual] = {}
        self.returned: Textual = None
        self.snapshots: dict[int, Snapshot] = {}
        self.jumped: list[frozenset[Reached]] = []
        self.lookups: dict[str, frozenset[Reached]] = {}
        if ref is not None:
            self.env |= {parameter.name: Parameter(ref, parameter.name) for parameter in ref.facts.parameters}

    def evaluate(self, expression: Expression) -> Textual:
        return expressions.evaluate(self, expression)

    def place(self, at: Span) -> Place:
        return Place(self.path, *at)

    def is_local(self, name: str) -> bool:
        return name in self.env or (self.outer is not None and self.outer.has(name))

    def lookup(self, name: str) -> Textual:
        if name in self.env:
            return scrubbed(self.env[name], self.harmless)
        if self.outer is not None and self.outer.has(name):
            return scrubbed(self.outer.get(name), self.harmless)
        return self.reader.of_module(self.path, facts.Name(name, (0, 0, 0, 0)))

    def clean(self, found: frozenset[Reached]) -> None:
        """From here on this is harmless: something has looked after it."""
        self.harmless |= found
        self.asked |= found

    def fields(self) -> Iterator[tuple[str, Textual]]:
        """What the body assigns to attributes of its first parameter."""
        if self.ref is not None and self.ref.facts.parameters:
            prefix = f"{self.ref.facts.parameters[0].name}."
            for name, value in self.env.items():
                if name.startswith(prefix) and "." not in name.removeprefix(prefix):
                    yield name.removeprefix(prefix), value

    # --- statements

    def run(self, body: Block) -> bool:
        """Follow a block; False when no path reaches its end."""
        return all(self._statement(statement) for statement in body)

    def _statement(self, statement: facts.Statement) -> bool:
        match statement:
            case facts.ExpressionStatement(value):
                self.evaluate(value)
                guards.note_check(self, value)
            case facts.Assign(targets, value):
                found = self.evaluate(value)
                for target in targets:
                    self.bind(target, found)
                    if isinstance(target, facts.Name):
                        self.lookups[target.id] = guards.looked_up(self, value)
            case facts.AnnotatedAssign(target, _, value):
                if value is not None:
                    self.bind(target, self.evaluate(value))
            case facts.AugmentedAssign(target, "+" | "+=", value):
                self._add(target, self.evaluate(value), value)
            case facts.AugmentedAssign(_, _, value):
                self.evaluate(value)
            case facts.Return(value):
                if value is not None:
                    given = self.evaluate(value)
                    self.asked |= given.if_true | given.if_false if isinstance(given, Verdict) else frozenset()
                    self.returned = either((self.returned, self._as_left(given)))
                return False
            case facts.Raise(value):
                if value is not None:
                    self.evaluate(value)
                return False
            case facts.Jump(kind):
                if kind != "pass":
                    self.jumped.append(self.harmless)
                return kind == "pass"
            case facts.If(test, body, orelse):
                return self._branches(test, body, orelse)
            case facts.For(target, iterable, body, orelse):
                self._loop(body, target, element(self.evaluate(iterable)))
                self.run(orelse)
            case facts.While(test, body, orelse):
                self.evaluate(test)
                self._loop(body, None, None)
                self.run(orelse)
            case facts.With(items, body):
                for item in items:
                    found = self.evaluate(item.context)
                    if item.target is not None:
                        self.bind(item.target, found)
                return self.run(body)
            case facts.Try():
                return self._try(statement)
            case facts.Match(subject, cases):
                self._match(subject, cases)
            case facts.Function(name):
                self.env[name] = None
                self.snapshots[id(statement)] = Snapshot(dict(self.env), self.harmless, self.outer)
            case facts.Delete(facts.Name(name)):
                self.env.pop(name, None)
            case facts.Assert(test):
                self.evaluate(test)
                self.clean(guards.verdict(self, test).if_true)
        return True

    def bind(self, target: Expression, value: Textual) -> None:
        match target:
            case facts.Name(name):
                self._set(name, value)
            case facts.Attribute():
                if (path := dotted_name(target)) is not None:
                    self._set(path, value)
            case facts.Display(_, items):
                for index, item in enumerate(items):
                    self.bind(item, reached(value, str(index)))
            case facts.Starred(inner):
                self.bind(inner, reached(value, "0"))
            case facts.Subscript(holder, index):
                self._set_item(holder, index, value)

    def _set(self, name: str, value: Textual) -> None:
        for known in [known for known in self.env if known.startswith(f"{name}.")]:
            del self.env[known]
        self.env[name] = value

    def _set_item(self, holder: Expression, index: Expression, value: Textual) -> None:
        path, before, key = dotted_name(holder), self.evaluate(holder), self.evaluate(index)
        name = index.value if isinstance(index, facts.Constant) else None
        if isinstance(before, Group) and path is not None:
            if isinstance(name, str):
                kept = tuple(each for each in before.keys if each[0] != name)
                self.env[path] = Group(before.items, (*kept, (name, value)), before.names)
            else:
                names = either((before.names, key))
                self.env[path] = Group((*before.items, value), before.keys, names)
        elif isinstance(before, Parameter) and isinstance(name, str) and value is None:
            self.clean(frozenset((Parameter(before.ref, before.name, (*before.path, name)),)))

    def _add(self, target: Expression, added: Textual, value: Expression) -> None:
        before = self.evaluate(target)
        if isinstance(added, Group) or isinstance(before, Group):
            self.bind(target, expressions.extended(before, added))
        elif before is not None or added is not None:
            pieces = (put(before, self.place(value.at), ""), put(added, self.place(value.at), shown(value)))
            self.bind(target, concatenated(pieces))

    def _as_left(self, value: Textual) -> Textual:
        """``return self``: the object with what the body has set."""
        parameters = self.ref.facts.parameters if self.ref is not None else ()
        is_receiver = bool(parameters) and self.ref is not None and value == Parameter(self.ref, parameters[0].name)
        return changed(value, self.fields()) if is_receiver and next(self.fields(), None) else value

    # --- paths

    def _branches(self, test: Expression, body: Block, orelse: Block) -> bool:
        self.evaluate(test)
        asked = guards.verdict(self, test)
        self.asked |= asked.if_true | asked.if_false
        env, harmless = self.env, self.harmless
        ends = []
        for block, found in ((body, asked.if_true), (orelse, asked.if_false)):
            self.env, self.harmless = dict(env), harmless | found
            if self.run(block):
                ends.append((self.env, self.harmless))
        self._go_on(ends or [(env, harmless)])
        return bool(ends)

    def _go_on(self, ends: Sequence[tuple[dict[str, Textual], frozenset[Reached]]]) -> None:
        """Continue where these paths meet."""
        first, *others = [({n: scrubbed(v, h) for n, v in env.items()}, h) for env, h in ends]
        merged, harmless = dict(first[0]), first[1]
        for env, found in others:
            harmless &= found
            for name, value in env.items():
                merged[name] = either((merged[name], value)) if name in merged else value
        self.env, self.harmless = merged, harmless

    def _loop(self, body: Block, target: Expression | None, item: Textual) -> None:
        """Follow a loop's body once. What each pass has looked after is harmless behind the loop, too."""
        before, harmless = dict(self.env), self.harmless
        jumped, self.jumped = self.jumped, []
        if target is not None:
            self.bind(target, item)
        if self.run(body):
            self.jumped.append(self.harmless)
        checked = frozenset.intersection(*self.jumped) if self.jumped else harmless
        self.jumped = jumped
        self._go_on([(before, harmless), (self.env, harmless)])
        self.harmless = harmless | checked

    def _try(self, statement: facts.Try) -> bool:
        before, harmless = dict(self.env), self.harmless
        goes_on = self.run(statement.body) and self.run(statement.orelse)
        ends = [(self.env, self.harmless)] if goes_on else []
        after = self.env
        for handler in statement.handlers:
            self._go_on([(before, harmless), (dict(after), harmless)])
            if handler.name is not None:
                self.env[handler.name] = None
            if self.run(handler.body):
                ends.append((self.env, self.harmless))
        self._go_on(ends or [(after, harmless)])
        return self.run(statement.finalbody) and bool(ends)

    def _match(self, subject: Expression, cases: Sequence[facts.Case]) -> None:
        found = self.evaluate(subject)
        env, harmless = self.env, self.harmless
        ends = [(dict(env), harmless)]
        for case in cases:
            self.env, self.harmless = dict(env), harmless | guards.leaves_of(found)
            for name in case.bindings:
                self.env[name] = None
            if case.guard is not None:
                self.evaluate(case.guard)
            if self.run(case.body):
                ends.append((self.env, self.harmless))
        self._go_on(ends)


class Snapshot:
    """The variables that a nested function sees."""

    def __init__(self, env: dict[str, Textual], harmless: frozenset[Reached], outer: Snapshot | None) -> None:
        self.env = env
        self.harmless = harmless
        self._outer = outer

    def has(self, name: str) -> bool:
        return name in self.env or (self._outer is not None and self._outer.has(name))

    def get(self, name: str) -> Textual:
        if name in self.env:
            return self.env[name]
        return self._outer.get(name) if self._outer is not None else None


def shown(expression: Expression) -> str:
    """An expression as its author wrote it, where it is no more than names and calls on them."""
    match expression:
        case facts.Call(facts.Attribute(inner, name), ()):
            return f"{written}.{name}()" if (written := shown(inner)) else ""
        case facts.Call(func, (facts.Argument(inner),)) if isinstance(func, facts.Name):
            return f"{func.id}({written})" if (written := shown(inner)) else ""
        case facts.Subscript(inner, facts.Constant(str() as key, _, False)):
            return f'{written}["{key}"]' if (written := shown(inner)) else ""
        case facts.Subscript(inner, facts.Name(key)):
            return f"{written}[{key}]" if (written := shown(inner)) else ""
        case facts.Await(inner):
            return shown(inner)
    return dotted_name(expression) or ""


def textual_of(value: Value) -> Textual:
    """A value of the interpreter, as far as it is text or holds some."""
    from dbreview.link.injection.texts import constant

    match value:
        case Const(bool() | None):
            return None
        case Const(str() | int() | float() as known):
            return constant(str(known))
        case Items(exact=items) | Record(items) if items:
            return Group(tuple(textual_of(item) for item in items))
    return None
