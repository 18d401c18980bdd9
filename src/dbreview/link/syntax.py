"""Walks over facts that need no values: what stands inside a block or expression."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

import msgspec

from dbreview import facts
from dbreview.facts import Block, Expression

_SCOPES = (facts.Function, facts.Class, facts.Lambda)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    skipped = {"at", "attr_at", "kind", "operator", "id", "attr", "name"}
    return tuple(name for name in kind.__struct_fields__ if name not in skipped)  # type: ignore[attr-defined]


def walk(node: object, *, into_functions: bool = False) -> Iterator[msgspec.Struct]:
    """The facts inside a fact or block, outermost first; without bodies of nested functions."""
    stack: list[object] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack.extend(reversed(item))
        elif isinstance(item, msgspec.Struct):
            yield item
            if item is not node and not into_functions and isinstance(item, _SCOPES):
                continue
            stack.extend(getattr(item, name) for name in reversed(_fields(type(item))))


def calls_in(block: Block | Expression) -> Iterator[facts.Call]:
    """The calls in a block, not those of functions defined in it."""
    return (node for node in walk(block) if isinstance(node, facts.Call))


@lru_cache(maxsize=50_000)
def names_in(expression: object) -> frozenset[str]:
    """The names that an expression reads. Facts are the same only where they are the same place."""
    return frozenset(node.id for node in walk(expression, into_functions=True) if isinstance(node, facts.Name))


def dotted_name(expression: Expression) -> str | None:
    """``a.b.c`` as text, None for anything that is not names and dots."""
    parts: list[str] = []
    while isinstance(expression, facts.Attribute):
        parts.append(expression.attr)
        expression = expression.value
    if not isinstance(expression, facts.Name):
        return None
    parts.append(expression.id)
    return ".".join(reversed(parts))


def last_name(expression: Expression) -> str | None:
    """The last word of a name, attribute or call: what a reader would call the thing."""
    match expression:
        case facts.Name(name):
            return name
        case facts.Attribute(_, attr):
            return attr
        case facts.Call(func) | facts.Await(func) | facts.Subscript(func):
            return last_name(func)
    return None
