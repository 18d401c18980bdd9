"""Walks over facts that need no values: what stands inside a block or expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from operator import attrgetter

import msgspec

from dbreview import facts
from dbreview.facts import Block, Expression

_SCOPES = (facts.Function, facts.Class, facts.Lambda)


@cache
def _parts(kind: type) -> Callable[[object], tuple[object, ...]]:
    """What gives the parts of facts of one kind that may hold facts, the last one first."""
    skipped = {"at", "attr_at", "kind", "operator", "id", "attr", "name"}
    names = [name for name in kind.__struct_fields__ if name not in skipped]  # type: ignore[attr-defined]
    if len(names) > 1:
        return attrgetter(*reversed(names))
    only = attrgetter(*names) if names else None
    return (lambda fact: (only(fact),)) if only is not None else (lambda fact: ())


def walk(node: object, *, into_functions: bool = False) -> Iterator[msgspec.Struct]:
    """The facts inside a fact or block, outermost first; without bodies of nested functions."""
    if isinstance(node, tuple):
        return iter(_inside(node, into_functions))
    return _walked(node, into_functions)


@lru_cache(maxsize=40_000)
def _inside(block: Block, into_functions: bool) -> tuple[msgspec.Struct, ...]:
    """What is inside of a block, which many ask for."""
    return tuple(_walked(block, into_functions))


def _walked(node: object, into_functions: bool) -> Iterator[msgspec.Struct]:
    stack: list[object] = [node]
    while stack:
        item = stack.pop()
        if type(item) is tuple:
            stack.extend(item[::-1])
        elif isinstance(item, msgspec.Struct):
            yield item
            if not into_functions and item is not node and isinstance(item, _SCOPES):
                continue
            stack.extend(_parts(type(item))(item))


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
