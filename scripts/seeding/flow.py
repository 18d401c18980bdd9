"""Follows a statement and its rows through functions by names alone, to see what becomes of them.

Deliberately small and deliberately not dbreview's own: what it is sure of decides which mutants count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace

from seeding.marks import NOTHING, Frame, Given, Mark, Marks, Reading
from seeding.names import name_of, names_in
from seeding.program import Defined, Program

_DEEPEST = 5
_MOST_CALLERS = 40
SINGLE = frozenset(
    {"first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "fetchone", "get", "get_one"}
)
NO_ROWS = frozenset({"count", "subquery", "cte", "exists", "scalar_subquery", "as_scalar", "alias", "label", "any"})
SAME = frozenset({"list", "sorted", "set", "tuple", "reversed", "iter", "frozenset", "gather", "cast", "tqdm", "deque"})
_FILLS = frozenset({"append", "extend", "add", "insert", "update", "setdefault", "appendleft"})
VALIDATES = frozenset({"model_validate", "from_orm", "parse_obj"})
RUNS = frozenset({"execute", "scalars", "exec", "stream", "stream_scalars", "unique_scalars"})


class Flow:
    """Goes through functions in order; branches meet, loops are gone through twice."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.readings: list[Reading] = []
        self.visited: list[Defined] = []
        self._open: set[tuple[str, frozenset[tuple[str, Marks]]]] = set()

    def follow(
        self,
        function: Defined,
        seeds: Mapping[ast.expr, Marks],
        level: int = 0,
        needed: frozenset[str] = frozenset(),
    ) -> None:
        """Through a function, and through those that are given what it returns.

        ``needed`` are parameters without whose values there would be nothing to follow.
        """
        returned = self.enter(function, {}, seeds, 0)
        if returned:
            self.answered(function, returned)
        if returned and level < _DEEPEST:
            for caller, call in self.program.callers(function)[:_MOST_CALLERS]:
                if caller is not function and all(_is_given(function, call, name) for name in needed):
                    self.follow(caller, {call: returned}, level + 1)

    def enter(self, function: Defined, bound: dict[str, Marks], seeds: Mapping[ast.expr, Marks], level: int) -> Marks:
        key = (function.key, frozenset(bound.items()))
        if level > _DEEPEST or (key in self._open and not seeds):
            return NOTHING
        self._open.add(key)
        self.visited.append(function)
        undecided = frozenset(function.parameters) - bound.keys() if level else frozenset()
        undecided |= frozenset(a.arg for a in function.node.args.kwonlyargs) - bound.keys() if level else frozenset()
        frame = Frame(function, dict(bound), seeds, level, undecided)
        self.block(function.node.body, frame)
        self._open.discard(key)
        return frozenset(frame.returned)

    # --- what the two questions answer differently ------------------------------------------

    def answered(self, function: Defined, returned: Marks) -> None:
        raise NotImplementedError

    def attribute(self, node: ast.Attribute, base: Marks, frame: Frame) -> Marks:
        raise NotImplementedError

    def call(self, node: ast.Call, base: Marks, given: Given) -> Marks:
        raise NotImplementedError

    # --- statements -------------------------------------------------------------------------

    def block(self, body: Iterable[ast.stmt], frame: Frame) -> None:
        guarded = 0
        for statement in body:
            self.statement(statement, frame)
            if isinstance(statement, ast.If) and (names := names_in(statement.test) & frame.undecided):
                if isinstance(statement.body[-1], (ast.Return, ast.Raise, ast.Continue)):
                    frame.guards.append(f"only if `{min(names)}` says so")
                    guarded += 1
        del frame.guards[len(frame.guards) - guarded :]

    def statement(self, node: ast.stmt, frame: Frame) -> None:  # noqa: C901, PLR0912 - one case for each kind
        match node:
            case ast.Assign(targets, value):
                marks = self.evaluate(value, frame)
                for target in targets:
                    self.bind(target, marks, frame)
            case ast.AnnAssign(target, _, value) if value is not None:
                self.bind(target, self.evaluate(value, frame), frame)
            case ast.AugAssign(target, _, value):
                marks = self.evaluate(value, frame)
                if isinstance(target, ast.Name):
                    frame.names[target.id] = frame.names.get(target.id, NOTHING) | marks
            case ast.Return(value):
                marks = self.evaluate(value, frame) if value is not None else NOTHING
                frame.returned |= {self.guarded(mark, frame) for mark in marks}
            case ast.For(target, iterable, body, orelse) | ast.AsyncFor(target, iterable, body, orelse):
                self.loop_target(target, iterable, self.evaluate(iterable, frame), frame)
                for _ in range(2):
                    self.block(body, frame)
                self.block(orelse, frame)
            case ast.While(test, body, orelse):
                self.evaluate(test, frame)
                for _ in range(2):
                    self.block(body, frame)
                self.block(orelse, frame)
            case ast.If(test, body, orelse):
                self.branches(test, body, orelse, frame)
            case ast.With(items, body) | ast.AsyncWith(items, body):
                for item in items:
                    marks = self.evaluate(item.context_expr, frame)
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, marks, frame)
                self.block(body, frame)
            case ast.Try(body, handlers, orelse, final):
                self.block(body, frame)
                for handler in handlers:
                    self.block(handler.body, frame)
                self.block(orelse, frame)
                self.block(final, frame)
            case ast.Match(subject, cases):
                self.evaluate(subject, frame)
                for case in cases:
                    self.block(case.body, frame)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.evaluate(child, frame)

    def branches(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], frame: Frame) -> None:
        self.evaluate(test, frame)
        names = names_in(test) & frame.undecided
        if names:
            frame.guards.append(f"only if `{min(names)}` says so")
        before = dict(frame.names)
        self.narrow(test, frame)
        self.block(body, frame)
        after, frame.names = frame.names, before
        self.block(orelse, frame)
        for name in after.keys() | frame.names.keys():
            frame.names[name] = after.get(name, NOTHING) | frame.names.get(name, NOTHING)
        if names:
            frame.guards.pop()

    def narrow(self, test: ast.expr, frame: Frame) -> None:
        """Where a condition says that a value is of some other class, it is not what is followed."""

    def guarded(self, mark: Mark, frame: Frame) -> Mark:
        return replace(mark, doubt=mark.doubt or frame.guards[-1]) if frame.guards else mark

    def bind(self, target: ast.expr, marks: Marks, frame: Frame) -> None:
        match target:
            case ast.Name(name):
                frame.names[name] = marks
            case ast.Tuple(elements) | ast.List(elements):
                if len(elements) > 1:
                    marks = frozenset(replace(mark, doubt=mark.doubt or "rows of several things") for mark in marks)
                for element in elements:
                    self.bind(element, marks, frame)
            case ast.Starred(value):
                self.bind(value, marks, frame)
            case ast.Subscript(ast.Name(name)):
                several = frozenset(replace(mark, in_loop=False) for mark in marks)
                frame.names[name] = frame.names.get(name, NOTHING) | several

    def loop_target(self, target: ast.expr, iterable: ast.expr, marks: Marks, frame: Frame) -> None:
        """Each item of what is marked is in a loop. ``enumerate`` and ``items`` put something before it."""
        each = frozenset(replace(mark, in_loop=True, is_one=True) for mark in marks)
        is_numbered = isinstance(iterable, ast.Call) and name_of(iterable.func) in ("enumerate", "items")
        if is_numbered and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            self.bind(target.elts[0], NOTHING, frame)
            self.bind(target.elts[1], each, frame)
        else:
            self.bind(target, each, frame)

    # --- expressions ------------------------------------------------------------------------

    def evaluate(self, node: ast.expr, frame: Frame) -> Marks:
        return self._evaluate(node, frame) | frame.seeds.get(node, NOTHING)

    def _evaluate(self, node: ast.expr, frame: Frame) -> Marks:  # noqa: C901, PLR0912 - one case for each kind
        match node:
            case ast.Name(name):
                return frame.names.get(name, NOTHING)
            case ast.Attribute():
                return self.attribute(node, self.evaluate(node.value, frame), frame)
            case ast.Call():
                return self.called(node, frame)
            case ast.Await(value) | ast.Starred(value):
                return self.evaluate(value, frame)
            case ast.NamedExpr(target, value):
                marks = self.evaluate(value, frame)
                self.bind(target, marks, frame)
                return marks
            case ast.Subscript(value, index):
                self.evaluate(index, frame)
                return self.subscript(node, self.evaluate(value, frame))
            case ast.Yield(value) | ast.YieldFrom(value):
                marks = self.evaluate(value, frame) if value is not None else NOTHING
                frame.returned |= {self.guarded(replace(m, in_loop=False, is_one=False), frame) for m in marks}
                return NOTHING
            case ast.ListComp(element, generators) | ast.SetComp(element, generators):
                return self.comprehension([element], generators, frame)
            case ast.GeneratorExp(element, generators):
                return self.comprehension([element], generators, frame)
            case ast.DictComp(key, value, generators):
                return self.comprehension([key, value], generators, frame)
            case ast.IfExp(test, then, otherwise):
                return self.conditional(test, then, otherwise, frame)
            case ast.List(elements) | ast.Tuple(elements) | ast.Set(elements):
                return self.union(elements, frame)
            case ast.Dict(keys, values):
                return self.union([*(k for k in keys if k is not None), *values], frame)
            case ast.BoolOp(operator, values):
                return self.either(operator, values, frame)
            case ast.BinOp(left, ast.Add() | ast.BitOr(), right):
                return self.union([left, right], frame)
            case ast.Lambda():
                return NOTHING
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child, frame)
        return NOTHING

    def either(self, operator: ast.boolop, values: list[ast.expr], frame: Frame) -> Marks:
        """What stands behind an ``or`` is read for some rows only."""
        marks = self.evaluate(values[0], frame)
        if isinstance(operator, ast.Or):
            frame.guards.append("only behind an `or`")
        marks |= self.union(values[1:], frame)
        if isinstance(operator, ast.Or):
            frame.guards.pop()
        return marks

    def union(self, nodes: Iterable[ast.expr], frame: Frame) -> Marks:
        return frozenset().union(*(self.evaluate(node, frame) for node in nodes))

    def conditional(self, test: ast.expr, then: ast.expr, otherwise: ast.expr, frame: Frame) -> Marks:
        self.evaluate(test, frame)
        names = names_in(test) & frame.undecided
        if names:
            frame.guards.append(f"only if `{min(names)}` says so")
        marks = self.union([then, otherwise], frame)
        if names:
            frame.guards.pop()
        return marks

    def subscript(self, node: ast.Subscript, base: Marks) -> Marks:
        if isinstance(node.slice, ast.Slice):
            return base
        return frozenset(replace(mark, is_one=True) for mark in base)

    def comprehension(self, elements: list[ast.expr], generators: list[ast.comprehension], frame: Frame) -> Marks:
        before = dict(frame.names)
        carried: set[Mark] = set()
        for generator in generators:
            marks = self.evaluate(generator.iter, frame)
            self.loop_target(generator.target, generator.iter, marks, frame)
            for test in generator.ifs:
                self.evaluate(test, frame)
            carried |= self.iterated(marks)
        carried |= self.union(elements, frame)
        frame.names = before
        return frozenset(replace(mark, in_loop=False, is_one=False) for mark in carried)

    def iterated(self, marks: Marks) -> Marks:
        """What a comprehension over marked values carries, whatever it makes of them."""
        return NOTHING

    def called(self, node: ast.Call, frame: Frame) -> Marks:
        base = self.evaluate(node.func.value, frame) if isinstance(node.func, ast.Attribute) else NOTHING
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        values = {argument: self.evaluate(argument, frame) for argument in arguments}
        given = Given(frame, values)
        for argument in arguments:
            if isinstance(argument, ast.Lambda):
                self.lambda_(argument, given.marks, frame)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _FILLS and not base and given.marks:
            self.bind_base(node.func.value, given.marks, frame)
            return NOTHING
        return self.call(node, base, given)

    def bind_base(self, base: ast.expr, given: Marks, frame: Frame) -> None:
        """``rows.append(row)``, ``groups[key].append(row)``: what is filled carries it."""
        while isinstance(base, (ast.Subscript, ast.Call, ast.Attribute)):
            base = base.func if isinstance(base, ast.Call) else base.value
        if isinstance(base, ast.Name) and base.id not in ("self", "cls"):
            several = frozenset(replace(mark, in_loop=False, is_one=False) for mark in given)
            frame.names[base.id] = frame.names.get(base.id, NOTHING) | several

    def lambda_(self, node: ast.Lambda, given: Marks, frame: Frame) -> None:
        before = dict(frame.names)
        each = frozenset(replace(mark, in_loop=True, is_one=True) for mark in given)
        for argument in node.args.args[:1]:
            frame.names[argument.arg] = each
        self.evaluate(node.body, frame)
        frame.names = before

    def into(self, function: Defined, node: ast.Call, given: Given, receiver: Marks = NOTHING) -> Marks:
        """What a function of the application returns that is given marked values."""
        frame = given.frame
        bound: dict[str, Marks] = {}
        for parameter, argument in zip(function.parameters, node.args, strict=False):
            bound[parameter] = given.values[argument]
        for keyword in node.keywords:
            if keyword.arg is not None:
                bound[keyword.arg] = given.values[keyword.value]
        own = function.node.args.args
        if receiver and function.owner is not None and own:
            bound[own[0].arg] = receiver
        bound = {name: frozenset(self.guarded(mark, frame) for mark in marks) for name, marks in bound.items() if marks}
        return self.enter(function, bound, {}, frame.level + 1) if bound else NOTHING


def _is_given(function: Defined, call: ast.Call, name: str) -> bool:
    """Whether a call gives a parameter a value that may be true."""
    if any(isinstance(each, ast.Starred) for each in call.args) or any(k.arg is None for k in call.keywords):
        return True
    values = dict(zip(function.parameters, call.args, strict=False))
    values |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    value = values.get(name)
    return value is not None and not (isinstance(value, ast.Constant) and not value.value)
