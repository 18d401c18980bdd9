"""Names and chains of calls in a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from seeding.source import Source


def name_of(node: ast.AST | None) -> str | None:
    """The last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def chain(node: ast.expr) -> Iterator[ast.Call]:
    """``a(..).b(..).c(..)``: its calls from the last to the first."""
    while True:
        if isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.Call):
            yield node
            node = node.func
        elif isinstance(node, ast.Attribute):
            node = node.value
        else:
            return


def root(node: ast.expr) -> ast.expr:
    """What a chain of calls and attributes starts with."""
    while True:
        if isinstance(node, (ast.Await, ast.Attribute)):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return node


def top_of_chain(source: Source, node: ast.expr) -> ast.expr:
    """The longest chain of calls that a call begins."""
    while True:
        attribute = source.parents.get(node)
        call = source.parents.get(attribute) if isinstance(attribute, ast.Attribute) else None
        if isinstance(call, ast.Call) and call.func is attribute:
            node = call
        else:
            return node


def names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
