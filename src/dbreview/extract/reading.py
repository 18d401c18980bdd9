"""One file: one LibCST parse and one walk, between guards against what no parser survives."""

from __future__ import annotations

import ast
import codecs
import re
import warnings

import libcst as cst

from dbreview.extract.convert import Converter
from dbreview.extract.positions import Positions
from dbreview.facts import Module, Unreadable

_DEEPEST = 200
"""Python's own limit of nested brackets; beyond it the native parser could end the process."""

_NESTING = re.compile(
    rb"""(?P<skip>\#[^\n]*|(?P<q>\"\"\"|''')(?:\\.|(?!(?P=q)).)*(?P=q)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    rb"|(?P<open>[(\[{])|(?P<close>[)\]}])",
    re.DOTALL,
)
_CHAIN = re.compile(rb"(?:[-+~]\s*|\bnot\s+|\*\*\s*\w+\s*|\belse\s+\S+\s+if\s+\S+\s+|\blambda\b[^:\n]*:\s*){1000}")


_LONGEST_CHAIN = 2000
_TRAILERS = re.compile(rb"(?:\.\w+|\(\)){%d}" % _LONGEST_CHAIN)
_OPERATORS = (b"+", b"-", b"*", b"/", b"|", b"&", b"%", b" and ", b" or ")
_SUM = re.compile(rb"(?:[\w.'\"()\[\]]+\s*(?:[-+*/|&%%]|and\b|or\b)\s*){%d}" % _LONGEST_CHAIN)


def read(path: str, source: bytes) -> Module | Unreadable:
    """The facts of one file, or why it has none. Never raises for any ``source``.

    Call it inside `with_deep_stack`: deeply nested sources need room.
    """
    if (reason := _too_deep(source)) is not None:
        return Unreadable(path, 1, 1, reason)
    with warnings.catch_warnings():  # what Python thinks of the escapes in a string is not our message
        warnings.simplefilter("ignore")
        return _parse(path, source)


def _parse(path: str, source: bytes) -> Module | Unreadable:
    try:
        tree = cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        return _misspelt(path, source, error)
    except (UnicodeDecodeError, LookupError, SyntaxError) as error:
        return Unreadable(path, 1, 1, _encoding_reason(source, error))
    except (RecursionError, MemoryError):
        return Unreadable(path, 1, 1, "nested too deeply to be parsed")
    except Exception as error:
        return Unreadable(path, 1, 1, f"the parser failed: {type(error).__name__}: {error}")
    return _facts(path, source, tree)


def _facts(path: str, source: bytes, tree: cst.Module) -> Module | Unreadable:
    try:
        positions = Positions(tree)
        converter = Converter(positions)
        body = converter.block(tree.body)
    except (RecursionError, MemoryError):
        return Unreadable(path, 1, 1, "nested too deeply to be read")
    except Exception as error:
        return Unreadable(path, 1, 1, f"dbreview could not read it: {type(error).__name__}: {error}")
    return Module(path, body, tuple(positions.comments), tuple(converter.statements), max(1, source.count(b"\n")))


def _too_deep(source: bytes) -> str | None:
    opening = source.count(b"(") + source.count(b"[") + source.count(b"{")
    if opening > _DEEPEST and _nesting(source) > _DEEPEST:
        return f"brackets are nested more than {_DEEPEST} deep, which Python refuses too"
    if _CHAIN.search(source) and _CHAIN.search(_code(source)):
        return "an expression chains more than 1000 operators"
    if _has_slow_chain(source) and _has_slow_chain(_code(source)):
        return f"an expression chains more than {_LONGEST_CHAIN} operators"
    return None


def _has_slow_chain(source: bytes) -> bool:
    """Whether a chain is so long that LibCST, whose time grows with its square, would take many seconds."""
    if _TRAILERS.search(source):
        return True
    return any(source.count(operator) > _LONGEST_CHAIN for operator in _OPERATORS) and bool(_SUM.search(source))


def _code(source: bytes) -> bytes:
    """The source without what strings and comments say."""
    return _NESTING.sub(lambda token: b'""' if token["skip"] else token[0], source)


def _nesting(source: bytes) -> int:
    depth = deepest = 0
    for token in _NESTING.finditer(source):
        if token["open"]:
            depth += 1
            deepest = max(deepest, depth)
        elif token["close"]:
            depth = max(0, depth - 1)
    return deepest


def _misspelt(path: str, source: bytes, error: cst.ParserSyntaxError) -> Unreadable:
    """Where the syntax is broken. The interpreter's own parser says it better, if it refuses the file too."""
    try:
        ast.parse(source)
    except SyntaxError as better:
        if better.lineno is not None:
            return Unreadable(path, max(better.lineno, 1), max(better.offset or 1, 1), _reason(better.msg))
    except (ValueError, RecursionError, MemoryError):
        pass
    return Unreadable(path, max(error.raw_line, 1), error.raw_column + 1, "invalid syntax")


def _reason(message: str) -> str:
    return message if message.startswith("invalid syntax") else f"invalid syntax: {message}"


def _encoding_reason(source: bytes, error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        line = source.count(b"\n", 0, error.start) + 1 if error.encoding.replace("_", "-") == "utf-8" else 1
        return f"not {error.encoding.upper()}: byte 0x{source[error.start]:02x} in line {line}"
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "not UTF-8: it looks like UTF-16"
    if isinstance(error, LookupError) or "unknown encoding" in str(error):
        return f"cannot be decoded: {error}"
    return "not UTF-8, and no other encoding is declared"
