"""Where each node stands, from one pass of LibCST's own code generation.

LibCST's position providers cost several times the parse. This state only counts lines and
columns, and notes them where the generator says that a node's own tokens begin and end.
"""

from __future__ import annotations

import re
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from dbreview.facts import Comment, Span

_NEWLINE = re.compile(r"\r\n?|\n")
_ADDRESSED_TO_US = re.compile(r"dbreview|noqa", re.IGNORECASE)


class _Recorder:
    """The context manager around a node's own tokens, without parentheses and leading lines."""

    __slots__ = ("column", "key", "line", "positions")

    def __init__(self, positions: Positions, node: cst.CSTNode) -> None:
        self.positions = positions
        self.key = id(node)

    def __enter__(self) -> None:
        self.line = self.positions.line
        self.column = self.positions.column

    def __exit__(self, *_: object) -> None:
        positions = self.positions
        positions.spans[self.key] = (self.line, self.column, positions.line, positions.column)


class Positions(CodegenState):
    """The spans of expressions and statements by ``id`` of their node, and the comments."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.line = 1
        self.column = 1
        self.spans: dict[int, Span] = {}
        self.comments: list[Comment] = []
        module._codegen(self)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.column += len(token)

    def add_token(self, value: str) -> None:
        if "\n" in value or "\r" in value:
            segments = _NEWLINE.split(value)
            self.line += len(segments) - 1
            self.column = len(segments[-1]) + 1
        else:
            self.column += len(value)

    def pop_trailing_newline(self) -> None:
        pass

    def before_codegen(self, node: cst.CSTNode) -> None:
        if type(node) is cst.Comment and _ADDRESSED_TO_US.search(node.value):
            self.comments.append(Comment(self.line, self.column, node.value))

    def record_syntactic_position(self, node: cst.CSTNode, **_: Any) -> Any:
        return _Recorder(self, node)
