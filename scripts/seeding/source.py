"""One file as Python's own parser sees it, and exact changes of its text. Knows no library and no dbreview."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_NO_CODE = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """``text`` in place of the characters from ``start`` to ``end``; everything else stays as it is."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int


class Source:
    """The text of a file, its tree, and where its nodes stand, in characters."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.tree = ast.parse(text)
        self.lines = text.split("\n")

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def tokens(self) -> list[Token]:
        """Those that are code."""
        read = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [
            Token(token.string, self.offset(*token.start), self.offset(*token.end))
            for token in read
            if token.type not in _NO_CODE
        ]

    def offset(self, line: int, column: int) -> int:
        """Of a line counted from 1 and a column counted from 0."""
        return self._line_starts[line - 1] + column if line <= len(self.lines) else len(self.text)

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def start(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg) -> int:
        return self._at(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._at(node.end_lineno, node.end_col_offset)

    def _at(self, line: int, column: int) -> int:
        """Python counts the columns of its nodes in bytes."""
        text = self.lines[line - 1]
        return self.offset(line, column if text.isascii() else len(text.encode()[:column].decode()))

    def of(self, node: ast.expr | ast.stmt) -> str:
        return self.text[self.start(node) : self.end(node)]

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    # --- changes --------------------------------------------------------------------------

    def without_call(self, call: ast.Call) -> Edit:
        """``value.method(...)`` becomes ``value``."""
        assert isinstance(call.func, ast.Attribute)
        name = self.end(call.func) - len(call.func.attr)
        before = [token for token in self.tokens if token.end <= name][-2]
        return Edit(before.end, self.end(call))

    def without_item(self, bracketed: ast.expr, item: ast.expr | ast.keyword) -> Edit | None:
        """A call, display or dict without one of its items, and without that item's comma."""
        inner = self.start(item)
        opening = self.end(bracketed.func) if isinstance(bracketed, ast.Call) else self.start(bracketed)
        segments = list(self._segments(opening))
        for number, (start, end) in enumerate(segments):
            if start <= inner < end:
                is_pair = isinstance(bracketed, ast.Tuple) and len(bracketed.elts) == 2 and number == 0
                spaces = re.match(" *", self.text[end:]) if number == 0 else None
                return None if is_pair else Edit(start, end + (spaces.end() if spaces else 0))
        return None

    def _segments(self, opening: int) -> Iterator[tuple[int, int]]:
        """The stretches of what stands between the brackets that open at ``opening``, each up to behind its comma."""
        depth, start = 0, 0
        for token in self.tokens:
            if token.start < opening:
                continue
            if token.text in _OPENING:
                depth += 1
                start = token.end if depth == 1 else start
            elif token.text in _CLOSING:
                depth -= 1
                if depth == 0:
                    yield start, token.start
                    return
            elif token.text == "," and depth == 1:
                yield start, token.end
                start = token.end

    def parameter_added(self, function: ast.FunctionDef | ast.AsyncFunctionDef, written: str) -> Edit | None:
        """A new parameter that must be given by its name."""
        arguments = function.args
        if arguments.kwarg is not None or arguments.vararg is not None or arguments.kwonlyargs:
            return None
        start = self.start(function)
        opening = next(token for token in self.tokens if token.start > start and token.text == "(")
        *_, (_, closing) = self._segments(opening.start)
        last = next(token for token in reversed(self.tokens) if token.end <= closing)
        comma = "" if last.text in ("(", ",") else ", "
        return Edit(last.end, last.end, f"{comma}*, {written}")


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after changes that do not overlap."""
    parts, done = [], 0
    for edit in sorted(edits):
        parts += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*parts, text[done:]])


def original(offset: int, edits: Iterable[Edit]) -> int | None:
    """Where a character of the changed text came from; None for one that a change brought."""
    shift = 0
    for edit in sorted(edits):
        begins = edit.start + shift
        if offset < begins:
            break
        if offset < begins + len(edit.text):
            return None
        shift += len(edit.text) - (edit.end - edit.start)
    return offset - shift


def changed_lines(text: str, edits: Iterable[Edit]) -> Iterator[str]:
    """The lines with changes as a diff shows them, without context."""
    hunks: list[list[Edit]] = []
    for edit in sorted(edits):
        if hunks and "\n" not in text[hunks[-1][-1].end : edit.start]:
            hunks[-1].append(edit)
        else:
            hunks.append([edit])
    for hunk in hunks:
        start = text.rfind("\n", 0, hunk[0].start) + 1
        end = text.find("\n", hunk[-1].end)
        end = len(text) if end < 0 else end
        moved = [Edit(edit.start - start, edit.end - start, edit.text) for edit in hunk]
        yield from (f"-{line}" for line in text[start:end].split("\n"))
        yield from (f"+{line}" for line in applied(text[start:end], moved).split("\n"))
