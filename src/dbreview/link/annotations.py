"""Text annotations (``"list[User]"``) as expressions. Only reads text; nothing is executed."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

from dbreview import facts
from dbreview.facts import Expression, Span


def parse_annotation(text: str, at: Span) -> Expression | None:
    """The expression that a string annotation spells; None for anything but names and generics."""
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
        case ast.Tuple(elts=items) | ast.List(elts=items):
            converted = tuple(item for item in (_convert(item, at) for item in items) if item is not None)
            return facts.Display("tuple", converted, at)
    return None
