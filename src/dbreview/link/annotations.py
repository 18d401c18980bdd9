"""Expressions in text (``"list[User]"``, ``"and_(A.x == B.y)"``) as facts. Only reads text; nothing is executed."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

from dbreview import facts
from dbreview.facts import Expression, Span


def parse_annotation(text: str, at: Span) -> Expression | None:
    """The expression that a text spells; None for anything but names, generics, calls and comparisons."""
    tree = _parse(text.strip())
    return _convert(tree, at) if tree is not None else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> ast.expr | None:
    if not text or len(text) > 500:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _convert(tree: ast.expr, at: Span) -> Expression | None:
    match tree:
        case ast.Name(id=name):
            return facts.Name(name, at)
        case ast.Constant(value=str() | bool() | int() | None as value):
            return facts.Constant(value, at)
        case ast.Attribute(value=inner, attr=attr):
            owner = _convert(inner, at)
            return facts.Attribute(owner, attr, at, at) if owner is not None else None
        case ast.Subscript(value=inner, slice=index):
            base, argument = _convert(inner, at), _convert(index, at)
            return facts.Subscript(base, argument, at) if base is not None and argument is not None else None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            first, second = _convert(left, at), _convert(right, at)
            return facts.BinaryOperation(first, "|", second, at) if first is not None and second is not None else None
        case ast.Call(func=callee, args=given, keywords=named):
            return _call(callee, given, named, at)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            first, second = _convert(left, at), _convert(right, at)
            return facts.Comparison(first, ("==",), (second,), at) if first is not None and second is not None else None
        case ast.Tuple(elts=items) | ast.List(elts=items):
            converted = tuple(item for item in (_convert(item, at) for item in items) if item is not None)
            return facts.Display("tuple", converted, at)
    return None


def _call(callee: ast.expr, given: list[ast.expr], named: list[ast.keyword], at: Span) -> Expression | None:
    func = _convert(callee, at)
    values = [(None, argument) for argument in given] + [(keyword.arg, keyword.value) for keyword in named]
    arguments = [(name, _convert(value, at)) for name, value in values]
    if func is None or any(value is None for _, value in arguments):
        return None
    return facts.Call(func, tuple(facts.Argument(value, name) for name, value in arguments if value is not None), at)
