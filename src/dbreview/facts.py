"""What one file says, without interpretation: its statements and expressions as plain data.

Facts know Python and nothing else. They carry positions, survive a trip through a cache or
another process, and forget the concrete syntax (whitespace, quotes, parentheses).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Span: TypeAlias = tuple[int, int, int, int]
"""First line, first column, last line, first column after it; lines and columns start at 1."""


class _Fact(msgspec.Struct, frozen=True, array_like=True, tag=True, eq=False, gc=False):
    """A piece of syntax. Two facts are the same only when they are the same place."""


# --- expressions --------------------------------------------------------------------------


class Name(_Fact):
    id: str
    at: Span


class Attribute(_Fact):
    value: Expression
    attr: str
    at: Span
    attr_at: Span


class Argument(_Fact):
    value: Expression
    keyword: str | None = None
    stars: Literal["", "*", "**"] = ""


class Call(_Fact):
    func: Expression
    arguments: tuple[Argument, ...]
    at: Span


class Constant(_Fact):
    """A number, string, boolean or None; other literals (bytes, ``...``) have ``is_opaque``."""

    value: str | int | float | bool | None
    at: Span
    is_opaque: bool = False


class FormattedString(_Fact):
    parts: tuple[Expression, ...]
    at: Span


class Subscript(_Fact):
    value: Expression
    index: Expression
    at: Span


class Slice(_Fact):
    lower: Expression | None
    upper: Expression | None
    step: Expression | None
    at: Span


class UnaryOperation(_Fact):
    operator: str
    operand: Expression
    at: Span


class BinaryOperation(_Fact):
    left: Expression
    operator: str
    right: Expression
    at: Span


class BooleanOperation(_Fact):
    left: Expression
    operator: Literal["and", "or"]
    right: Expression
    at: Span


class Comparison(_Fact):
    left: Expression
    operators: tuple[str, ...]
    comparators: tuple[Expression, ...]
    at: Span


class Conditional(_Fact):
    test: Expression
    body: Expression
    orelse: Expression
    at: Span


class Lambda(_Fact):
    parameters: tuple[Parameter, ...]
    body: Expression
    at: Span


class Await(_Fact):
    value: Expression
    at: Span


class Yield(_Fact):
    value: Expression | None
    is_from: bool
    at: Span


class Starred(_Fact):
    value: Expression
    at: Span


class Display(_Fact):
    """``(a, b)``, ``[a, b]`` or ``{a, b}``."""

    kind: Literal["tuple", "list", "set"]
    items: tuple[Expression, ...]
    at: Span


class DictItem(_Fact):
    """One entry of a dict display; without key it is ``**value``."""

    key: Expression | None
    value: Expression


class DictDisplay(_Fact):
    items: tuple[DictItem, ...]
    at: Span


class Clause(_Fact):
    """One ``for target in iterable if condition`` of a comprehension."""

    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]
    is_async: bool
    at: Span


class Comprehension(_Fact):
    """A list, set or dict comprehension or a generator expression; ``key`` only for dicts."""

    kind: Literal["list", "set", "dict", "generator"]
    element: Expression
    key: Expression | None
    clauses: tuple[Clause, ...]
    at: Span


class NamedExpression(_Fact):
    target: Expression
    value: Expression
    at: Span


Expression: TypeAlias = (
    Name
    | Attribute
    | Call
    | Constant
    | FormattedString
    | Subscript
    | Slice
    | UnaryOperation
    | BinaryOperation
    | BooleanOperation
    | Comparison
    | Conditional
    | Lambda
    | Await
    | Yield
    | Starred
    | Display
    | DictDisplay
    | Comprehension
    | NamedExpression
)


class Parameter(_Fact):
    name: str
    annotation: Expression | None
    default: Expression | None
    kind: Literal["positional", "normal", "*", "keyword", "**"]
    at: Span


# --- statements ---------------------------------------------------------------------------


class ExpressionStatement(_Fact):
    value: Expression
    at: Span


class Assign(_Fact):
    targets: tuple[Expression, ...]
    value: Expression
    at: Span


class AnnotatedAssign(_Fact):
    target: Expression
    annotation: Expression
    value: Expression | None
    at: Span


class AugmentedAssign(_Fact):
    target: Expression
    operator: str
    value: Expression
    at: Span


class Return(_Fact):
    value: Expression | None
    at: Span


class Raise(_Fact):
    value: Expression | None
    at: Span


class Delete(_Fact):
    target: Expression
    at: Span


class Assert(_Fact):
    test: Expression
    at: Span


class Jump(_Fact):
    kind: Literal["break", "continue", "pass"]
    at: Span


class ScopeDeclaration(_Fact):
    """``global`` or ``nonlocal``."""

    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]
    at: Span


class ImportedName(_Fact):
    """``name`` is dotted in ``import a.b``, plain in ``from m import a``, ``*`` for a star."""

    name: str
    alias: str | None
    at: Span


class Import(_Fact):
    names: tuple[ImportedName, ...]
    at: Span


class ImportFrom(_Fact):
    """``from module import names``; ``level`` counts the leading dots."""

    module: str
    level: int
    names: tuple[ImportedName, ...]
    at: Span


class If(_Fact):
    test: Expression
    body: Block
    orelse: Block
    at: Span


class For(_Fact):
    target: Expression
    iterable: Expression
    body: Block
    orelse: Block
    is_async: bool
    at: Span


class While(_Fact):
    test: Expression
    body: Block
    orelse: Block
    at: Span


class WithItem(_Fact):
    context: Expression
    target: Expression | None


class With(_Fact):
    items: tuple[WithItem, ...]
    body: Block
    is_async: bool
    at: Span


class Handler(_Fact):
    exception: Expression | None
    name: str | None
    body: Block
    at: Span


class Try(_Fact):
    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    finalbody: Block
    at: Span


class Case(_Fact):
    """One case of a match: the names that its pattern binds, not the pattern itself."""

    bindings: tuple[str, ...]
    guard: Expression | None
    body: Block


class Match(_Fact):
    subject: Expression
    cases: tuple[Case, ...]
    at: Span


class Function(_Fact):
    """``at`` is the place of the name."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    decorators: tuple[Expression, ...]
    body: Block
    is_async: bool
    has_yield: bool
    at: Span


class Class(_Fact):
    """``at`` is the place of the name; ``bases`` holds keywords such as ``table=True`` too."""

    name: str
    bases: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: Block
    at: Span


class AliasStatement(_Fact):
    """``type name = value``."""

    name: str
    value: Expression
    at: Span


Statement: TypeAlias = (
    ExpressionStatement
    | Assign
    | AnnotatedAssign
    | AugmentedAssign
    | Return
    | Raise
    | Delete
    | Assert
    | Jump
    | ScopeDeclaration
    | Import
    | ImportFrom
    | If
    | For
    | While
    | With
    | Try
    | Match
    | Function
    | Class
    | AliasStatement
)

Block: TypeAlias = tuple[Statement, ...]


# --- files --------------------------------------------------------------------------------


class Comment(_Fact):
    """A comment that speaks to dbreview or to linters in general."""

    line: int
    column: int
    text: str


class Module(_Fact):
    """One file. ``statements`` are the first and last lines of statements (and of the headers
    of compound statements) that span several lines."""

    path: str
    body: Block
    comments: tuple[Comment, ...]
    statements: tuple[tuple[int, int], ...]
    lines: int


class Unreadable(_Fact):
    """A file that could not be read or parsed, and why."""

    path: str
    line: int
    column: int
    reason: str


_DECODER: msgspec.msgpack.Decoder[Module | Unreadable] = msgspec.msgpack.Decoder(Module | Unreadable)


def decoded(data: bytes | msgspec.Raw) -> Module | Unreadable:
    """The facts that travelled as MessagePack. Raises msgspec.DecodeError where it is none of them."""
    return _DECODER.decode(data)
