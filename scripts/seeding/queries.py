"""The reading statements of a function that look for a value, told by the names of sessions and methods."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from seeding.names import chain, name_of, root
from seeding.program import Defined, Program
from seeding.source import Source

_SESSION = re.compile(r"^_*(async_?|db_?|sync_?|read_?)*(session|db|database|sess|conn|connection)$")
_RUNS = frozenset({"execute", "scalar", "scalars", "exec", "stream", "stream_scalars"})
_ENDS = frozenset({"all", "first", "one", "one_or_none", "scalar", "count"})
_FILTERS = frozenset({"where", "filter", "filter_by"})
_WRITES = frozenset({"commit", "add", "add_all", "delete", "merge", "flush", "insert", "update", "rollback", "begin"})
_MOST_STATEMENTS = 5


@dataclass(frozen=True)
class Query:
    """A call that runs a reading statement, where the value stands that it looks for, and what makes the statement."""

    call: ast.Call
    value: ast.expr
    made_by: tuple[ast.stmt, ...] = ()


def queries(program: Program, function: Defined) -> Iterator[Query]:
    """The reading statements that run in a function's own body."""
    source = function.source
    for node in own(function.node):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if (position := _executed(program, function, node)) is not None and position < len(node.args):
            yield from _run(source, function, node, node.args[position])
        elif node.func.attr in _RUNS and node.args and _is_session(node.func.value):
            yield from _run(source, function, node, node.args[0])
        elif node.func.attr in ("get", "get_one") and len(node.args) >= 2 and _is_session(node.func.value):
            model = name_of(node.args[0])
            if model is not None and program.is_mapped(model) and not is_fixed(node.args[1]):
                yield Query(node, node.args[1])
        elif node.func.attr in _ENDS and any(
            name_of(call.func) == "query" and isinstance(call.func, ast.Attribute) and _is_session(call.func.value)
            for call in chain(node.func.value)
        ):
            if (value := _value_of(node)) is not None:
                yield Query(node, value)


def _executed(program: Program, function: Defined, call: ast.Call, depth: int = 0) -> int | None:
    """Which argument a called function of the application runs as a statement."""
    called = program.called(function.source, call, function)
    if called is None or called is function or depth > 2 or writes(called.node):
        return None
    for node in own(called.node):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        inner = node.args[0]
        runs = node.func.attr in _RUNS and _is_session(node.func.value)
        if isinstance(inner, ast.Name) and inner.id in called.parameters:
            if runs or _executed(program, called, node, depth + 1) == 0:
                return called.parameters.index(inner.id)
    return None


def _run(source: Source, function: Defined, call: ast.Call, statement: ast.expr) -> Iterator[Query]:
    if isinstance(statement, ast.Name):
        yield from _named(source, function, call, statement.id)
    elif name_of(root(statement)) is not None and _selects(statement):
        if (value := _value_of(statement)) is not None:
            yield Query(call, value)


def _named(source: Source, function: Defined, call: ast.Call, name: str) -> Iterator[Query]:
    """``statement = select(...)`` a few statements above, in the same block."""
    last = statement_of(source, call)
    block = block_of(source, last)
    if last is None or block is None:
        return
    number = block.index(last)
    for first in range(number - 1, max(number - _MOST_STATEMENTS, -1), -1):
        statement = block[first]
        if not isinstance(statement, ast.Assign):
            return
        if name_of(statement.targets[0]) == name:
            if not _selects(statement.value):
                if name_of(root(statement.value)) == name:
                    continue
                return
            value = _value_of(statement.value)
            if value is not None:
                yield Query(call, value, tuple(block[first:number]))
            return


def _selects(statement: ast.expr) -> bool:
    return any(name_of(call.func) == "select" for call in chain(statement))


def _value_of(statement: ast.expr) -> ast.expr | None:
    """What the first condition of the form ``Model.column == value`` compares with."""
    filters = [call for call in chain(statement) if name_of(call.func) in _FILTERS][::-1]
    nodes = [node for call in filters for node in ast.walk(call)]
    if any(isinstance(node, ast.Call) and name_of(node.func) == "in_" for node in nodes):
        return None
    compared = [each for call in filters for each in call.args if isinstance(each, ast.Compare)]
    values = [each.comparators[0] for each in compared if isinstance(each.ops[0], ast.Eq) and _is_column(each.left)]
    values += [keyword.value for call in filters for keyword in call.keywords]
    return next((value for value in values if not is_fixed(value) and not _is_column(value)), None)


def _is_column(node: ast.expr) -> bool:
    """``Model.column``, by its spelling."""
    start = node.value if isinstance(node, ast.Attribute) else None
    while isinstance(start, ast.Attribute):
        if start.attr[:1].isupper():
            return True
        start = start.value
    return isinstance(start, ast.Name) and start.id[:1].isupper() and not start.id.isupper()


def is_fixed(node: ast.expr) -> bool:
    """A constant, or one by its spelling."""
    if isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id.isupper()):
        return True
    if any(isinstance(each, (ast.Await, ast.NamedExpr, ast.Yield)) for each in ast.walk(node)):
        return True
    return isinstance(node, ast.Attribute) and (node.attr.isupper() or _is_column(node))


def _is_session(node: ast.expr) -> bool:
    name = name_of(node)
    return name is not None and _SESSION.match(name) is not None


def statement_of(source: Source, node: ast.AST) -> ast.stmt | None:
    for above in source.above(node):
        if isinstance(above, ast.Lambda):
            return None
        if isinstance(above, ast.stmt):
            return above
    return None


def block_of(source: Source, statement: ast.stmt | None) -> list[ast.stmt] | None:
    parent = source.parents.get(statement) if statement is not None else None
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return None


def own(function: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function, but not in those inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            yield child
            yield from own(child)


def writes(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and name_of(node.func) in _WRITES for node in own(function))
