"""What is read out of the text of a file, and that no text whatever makes reading fail."""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar, get_args

import msgspec
import pytest

from dbreview import facts
from dbreview.extract import extract, with_deep_stack
from dbreview.facts import Module, Span, Unreadable

_Fact = TypeVar("_Fact")

EXPRESSIONS = [
    ("a", "a"),
    ("a.b", "Attribute(a, b)"),
    ("f(a, *b, c=d, **e)", "Call(f, [a, *b, c=d, **e])"),
    ("0x_ff", "255"),
    ("-1.5", "UnaryOperation(-, 1.5)"),
    ("True", "True"),
    ("None", "None"),
    ("\"a\" 'b'", "'ab'"),
    ('r"\\d"', "'\\\\d'"),
    ('"\\ud800"', "'?'"),
    ('"\\N{no such character}"', "opaque"),
    ('b"a"', "opaque"),
    ("...", "opaque"),
    ("2j", "opaque"),
    ("9" * 30, "opaque"),
    ("9" * 10_000, "opaque"),
    ('f"a{b!r:>{c}}{{"', "FormattedString(['a', b, '>', c, '{'])"),
    ('f"{a["b"]}" "c"', "FormattedString([FormattedString([Subscript(a, 'b')]), 'c'])"),
    ('f"{f"{a}"}"', "FormattedString([FormattedString([a])])"),
    ('t"a{b}"', "FormattedString(['a', b])"),
    ("a[b]", "Subscript(a, b)"),
    ("a[b:c:d]", "Subscript(a, Slice(b, c, d))"),
    ("a[b, 1:]", "Subscript(a, Display(tuple, [b, Slice(1, None, None)]))"),
    ("a[b,]", "Subscript(a, Display(tuple, [b]))"),
    ("a[*b]", "Subscript(a, Starred(b))"),
    ("not a", "UnaryOperation(not, a)"),
    ("a ** b", "BinaryOperation(a, **, b)"),
    ("a @ b", "BinaryOperation(a, @, b)"),
    ("a and b or c", "BooleanOperation(BooleanOperation(a, and, b), or, c)"),
    ("a < b <= c is not d not in e", "Comparison(a, [<, <=, is not, not in], [b, c, d, e])"),
    ("a if b else c", "Conditional(b, a, c)"),
    (
        "lambda a, /, b=1, *c, d, **e: a",
        (
            "Lambda([Parameter(a, None, None, positional), Parameter(b, None, 1, normal), Parameter(c, None, None, *),"
            " Parameter(d, None, None, keyword), Parameter(e, None, None, **)], a)"
        ),
    ),
    ("await a", "Await(a)"),
    ("yield", "Yield(None, False)"),
    ("yield a", "Yield(a, False)"),
    ("yield from a", "Yield(a, True)"),
    ("a, *b", "Display(tuple, [a, Starred(b)])"),
    ("[a, *b]", "Display(list, [a, Starred(b)])"),
    ("{a, b}", "Display(set, [a, b])"),
    ("{a: b, **c}", "DictDisplay([DictItem(a, b), DictItem(None, c)])"),
    (
        "[a for b in c if d if e async for f in g]",
        "Comprehension(list, a, None, [Clause(b, c, [d, e], False), Clause(f, g, [], True)])",
    ),
    ("{a: b for c in d}", "Comprehension(dict, b, a, [Clause(c, d, [], False)])"),
    ("{a for b in c}", "Comprehension(set, a, None, [Clause(b, c, [], False)])"),
    ("(a for b in c)", "Comprehension(generator, a, None, [Clause(b, c, [], False)])"),
    ("f(a for b in c)", "Call(f, [Comprehension(generator, a, None, [Clause(b, c, [], False)])])"),
    ("(a := b)", "NamedExpression(a, b)"),
]

STATEMENTS = [
    ("a = b = c", "Assign([a, b], c)"),
    ("a: b = c", "AnnotatedAssign(a, b, c)"),
    ("a: b", "AnnotatedAssign(a, b, None)"),
    ("a @= b", "AugmentedAssign(a, @, b)"),
    ("return", "Return(None)"),
    ("raise a from b", "Raise(a)"),
    ("del a, b", "Delete(Display(tuple, [a, b]))"),
    ("assert a, b", "Assert(a)"),
    ("break", "Jump(break)"),
    ("continue", "Jump(continue)"),
    ("pass", "Jump(pass)"),
    ("global a, b", "ScopeDeclaration(global, [a, b])"),
    ("nonlocal a", "ScopeDeclaration(nonlocal, [a])"),
    ("import a.b as c, d", "Import([ImportedName(a.b, c), ImportedName(d, None)])"),
    ("from ..a import (b as c, d)", "ImportFrom(a, 2, [ImportedName(b, c), ImportedName(d, None)])"),
    ("from . import *", "ImportFrom(, 1, [ImportedName(*, None)])"),
    ("type A[T: int = str] = list[T]", "AliasStatement(A, Subscript(list, T))"),
    ("if a: b\nelif c: d\nelse: e", "If(a, [b], [If(c, [d], [e])])"),
    ("for a, b in c: d\nelse: e", "For(Display(tuple, [a, b]), c, [d], [e], False)"),
    ("async for a in b: c", "For(a, b, [c], [], True)"),
    ("while a: b\nelse: c", "While(a, [b], [c])"),
    ("with a as b, c: d", "With([WithItem(a, b), WithItem(c, None)], [d], False)"),
    ("async with (\n    a as b,\n    c,\n): d", "With([WithItem(a, b), WithItem(c, None)], [d], True)"),
    (
        "try: a\nexcept B as c: d\nexcept: e\nelse: f\nfinally: g",
        "Try([a], [Handler(B, c, [d]), Handler(None, None, [e])], [f], [g])",
    ),
    ("try: a\nexcept* B as c: d", "Try([a], [Handler(B, c, [d])], [], [])"),
    ("try: a\nexcept B, C: d", "Try([a], [Handler(Display(tuple, [B, C]), None, [d])], [], [])"),
    (
        'match a:\n    case {"b": [c, *d], **e} | F(g=h) as i if j: k\n    case None | 1 | B.C: l\n    case _: m',
        "Match(a, [Case([i, c, d, e, h], j, [k]), Case([], None, [l]), Case([], None, [m])])",
    ),
    (
        "@a\n@b(c)\nasync def d[T, *Ts, **P](e: T, /, f=1, *, g, **h) -> i:\n    yield",
        (
            "Function(d, [Parameter(e, T, None, positional), Parameter(f, None, 1, normal),"
            " Parameter(g, None, None, keyword), Parameter(h, None, None, **)], i, [a, Call(b, [c])],"
            " [Yield(None, False)], True, True)"
        ),
    ),
    (
        "def a():\n    def b(): yield\n    c = lambda: (yield)",
        (
            "Function(a, [], None, [], [Function(b, [], None, [], [Yield(None, False)], False, True),"
            " Assign([c], Lambda([], Yield(None, False)))], False, False)"
        ),
    ),
    ("@a\nclass B[T = int](C, d=e, **f): pass", "Class(B, [C, d=e, **f], [a], [Jump(pass)])"),
    ("def a(): return b; c", "Function(a, [], None, [], [Return(b), c], False, False)"),
]

LONG_STATEMENTS = """\
found = (
    select(Order)
    .where(
        Order.id == 1,  # a comment (with a bracket
    )
)
text = '''
two lines''' + f(
    a
)
\tdef_ = 1
""".replace("\t", "")

HOPELESS = {
    "many opening brackets": b"(" * 10_000,
    "many nested brackets": b"a = " + b"[" * 10_000 + b"]" * 10_000,
    "mixed brackets": b"({[" * 5_000,
    "a NUL byte": b"a = 1\0\n",
    "NUL bytes only": b"\0" * 100,
    "UTF-16": "a = 1\n".encode("utf-16"),
    "UTF-16, big-endian, unmarked": "a = 1\n".encode("utf-16-be"),
    "Latin-1 that says nothing": b'a = "\xe9"\n',
    "Latin-1 that says UTF-8": b'# coding: utf-8\na = "\xe9"\n',
    "an encoding that does not exist": b"# coding: nonsense\na = 1\n",
    "an encoding that is no text": b"# coding: hex\na = 1\n",
    "many signs": b"a = " + b"-" * 5_000 + b"1\n",
    "many negations": b"a = " + b"not " * 5_000 + b"b\n",
    "many lambdas": b"a = " + b"lambda: " * 5_000 + b"1\n",
    "an open string": b'a = """\n',
    "a backslash at the end": b"a = 1 + \\",
    "tabs and spaces": b"if a:\n\tb\n        c\n",
    "a merge conflict": b"<<<<<<< ours\na = 1\n=======\na = 2\n>>>>>>> theirs\n",
    "Python 2": b'print "a"\n',
    "a picture": bytes(range(256)) * 20,
}

ODD = {
    "an empty file": b"",
    "a byte order mark": b"\xef\xbb\xbfa = 1\n",
    "Latin-1 that says so": b'# -*- coding: latin-1 -*-\na = "\xe9"\n',
    "lone surrogates": b'a = "\\ud800"; b = f"\\udfff{a}"; c = "\\ud83d\\ude00"\n',
    "an invalid escape": b'a = "\\d"\n',
    "line ends of all kinds": b"a = 1\r\nb = 2\rc = 3\n",
    "no line end": b"a = 1",
    "a form feed": b"\x0ca = 1\n",
    "many lines": b"\n" * 20_000,
    "brackets in strings": b"a = '" + b"(" * 1_000 + b"'  # " + b"[" * 1_000 + b"\n",
    "as many brackets as Python allows": b"a = " + b"[" * 199 + b"]" * 199 + b"\n",
    "a chain of attributes": b"a" + b".b" * 500 + b"\n",
    "a chain of calls": b"a" + b".b(1)" * 200 + b"\n",
    "a long sum": b"a = " + b" + ".join([b"1"] * 500) + b"\n",
    "a long condition": b"a = " + b" and ".join([b"b"] * 1_500) + b"\n",
    "many branches": b"if a: pass\n" + b"elif b: pass\n" * 2_000,
    "an endless number": b"a = 1e999\n",
}


def told(value: object) -> str:
    """A fact in short, without its positions."""
    match value:
        case tuple():
            return f"[{', '.join(map(told, value))}]"
        case facts.Name(name):
            return name
        case facts.Constant(constant, _, is_opaque):
            return "opaque" if is_opaque else repr(constant)
        case facts.Argument(argument, keyword, stars):
            return f"{stars}{keyword + '=' if keyword else ''}{told(argument)}"
        case facts.ExpressionStatement(expression):
            return told(expression)
        case msgspec.Struct():
            fields = (told(getattr(value, name)) for name in value.__struct_fields__ if name not in ("at", "attr_at"))
            return f"{type(value).__name__}({', '.join(fields)})"
    return str(value)


def read(source: str) -> Module:
    module = extract("a.py", source.encode())
    assert isinstance(module, Module), module
    return module


def every(value: object, kind: type[_Fact]) -> Iterator[_Fact]:
    """All facts of a kind inside of a value, however deep."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case tuple() as several:
                waiting.extend(several)
            case msgspec.Struct() as fact:
                if isinstance(fact, kind):
                    yield fact
                waiting.extend(getattr(fact, name) for name in fact.__struct_fields__)


def standard_library() -> list[Path]:
    return sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[:150]


def text_at(source: str, span: Span) -> str:
    first, start, last, end = span
    lines = source.splitlines(keepends=True)[first - 1 : last]
    lines[-1] = lines[-1][: end - 1]
    return "".join(lines)[start - 1 :]


# --- every kind of syntax -----------------------------------------------------------------


@pytest.mark.parametrize(("source", "expected"), EXPRESSIONS, ids=lambda text: text[:60])
def test_expressions(source: str, expected: str) -> None:
    (statement,) = read(source).body
    assert told(statement) == expected


@pytest.mark.parametrize(("source", "expected"), STATEMENTS, ids=lambda text: text[:60])
def test_statements(source: str, expected: str) -> None:
    (statement,) = read(source).body
    assert told(statement) == expected


def test_every_kind_is_tried() -> None:
    modules = [read(source) for source, _ in EXPRESSIONS + STATEMENTS]
    tried = {type(fact) for module in modules for fact in every(module, msgspec.Struct)}
    assert tried >= {*get_args(facts.Expression), *get_args(facts.Statement)}


# --- positions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "span"),
    [
        ("f()", (1, 1, 1, 4)),
        ("  \n\na = f( 1 )  # f", (3, 5, 3, 11)),
        ("a = (  f(\n    1,\n)  )", (1, 8, 3, 2)),
        ("a = (f)(1)", (1, 5, 1, 11)),
        ("'ä€😀', f(1)", (1, 8, 1, 12)),
        ("a = 1; f(2)", (1, 8, 1, 12)),
        ("a = 1 \\\n  + f(2)", (2, 5, 2, 9)),
        ("a = '''\n\n'''; f(2)", (3, 6, 3, 10)),
        ("a = 1\r\nb = f(2)\r\n", (2, 5, 2, 9)),
        ("if a:\n\tf(2)", (2, 2, 2, 6)),
        ("@f(2)\ndef g(): pass", (1, 2, 1, 6)),
        ("def g(a: int = f(2)): pass", (1, 16, 1, 20)),
        ("a = f'{b} {f(2)}'", (1, 12, 1, 16)),
        ("a = [b for b in f(2) if b]", (1, 17, 1, 21)),
        ("a = (\n    b\n    .c\n    .f(\n        2\n    )\n)", (2, 5, 6, 6)),
        ("match a:\n    case b if f(2): pass", (2, 15, 2, 19)),
    ],
)
def test_a_call_is_where_it_is_written(source: str, span: Span) -> None:
    (call,) = every(read(source), facts.Call)
    assert call.at == span


def test_functions_and_classes_are_where_their_names_are() -> None:
    body = read("@a\n@b\nasync def f(): pass\n\n\n@c\nclass D(e): pass\n").body
    assert [fact.at for fact in body if isinstance(fact, (facts.Function, facts.Class))] == [
        (3, 11, 3, 12),
        (7, 7, 7, 8),
    ]


def test_the_header_of_a_compound_statement() -> None:
    source = "for a in (\n    b\n):\n    pass\nwhile f(\n    1\n): pass\n"
    assert [fact.at for fact in read(source).body if isinstance(fact, (facts.For, facts.While))] == [
        (1, 1, 2, 6),
        (5, 1, 7, 2),
    ]


def test_the_name_of_an_attribute_has_its_own_place() -> None:
    (attribute,) = every(read("a = (\n    b\n    .c\n)"), facts.Attribute)
    assert (attribute.at, attribute.attr_at) == ((2, 5, 3, 7), (3, 6, 3, 7))


def test_lines_of_long_statements() -> None:
    assert read(LONG_STATEMENTS).statements == ((1, 6), (7, 10))


def test_comments_to_us() -> None:
    comments = read("a = 1  # noqa\n# a word\nif a:  # dbreview: ignore\n    # DBReview, too\n    pass\n").comments
    assert [(comment.line, comment.column, comment.text) for comment in comments] == [
        (1, 8, "# noqa"),
        (3, 8, "# dbreview: ignore"),
        (4, 5, "# DBReview, too"),
    ]


def test_names_are_where_they_are_written() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    names = list(every(read(source), facts.Name))
    assert len(names) > 300
    assert all(text_at(source, name.at) == name.id for name in names)


@pytest.mark.parametrize("path", standard_library()[::10], ids=lambda path: path.name)
def test_calls_are_where_the_interpreter_sees_them(path: Path) -> None:
    source = path.read_bytes()
    module = extract(path.name, source)
    in_strings = {id(call) for text in every(module, facts.FormattedString) for call in every(text.parts, facts.Call)}
    assert sorted(call.at for call in every(module, facts.Call) if id(call) not in in_strings) == sorted(_calls(source))


def _calls(source: bytes) -> Iterator[Span]:
    """Where the interpreter's parser sees calls, outside of f-strings."""
    lines = source.split(b"\n")
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            continue
        left_out = {getattr(node, "msg", None), getattr(node, "cause", None)}  # of an assertion, of an exception
        waiting.extend(child for child in ast.iter_child_nodes(node) if child not in left_out)
        if isinstance(node, ast.Call):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start = len(lines[node.lineno - 1][: node.col_offset].decode())
            end = len(lines[node.end_lineno - 1][: node.end_col_offset].decode())
            yield (node.lineno, start + 1, node.end_lineno, end + 1)


# --- no file ends the run -----------------------------------------------------------------


@pytest.mark.parametrize("source", HOPELESS.values(), ids=HOPELESS)
def test_what_is_no_python_has_a_reason(source: bytes) -> None:
    found = with_deep_stack(lambda: extract("a.py", source))
    assert isinstance(found, Unreadable)
    assert found.reason
    assert found.line >= 1
    assert found.column >= 1


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_what_is_odd_is_python(source: bytes) -> None:
    assert isinstance(with_deep_stack(lambda: extract("a.py", source)), Module)


def test_text_in_the_declared_encoding() -> None:
    module = extract("a.py", ODD["Latin-1 that says so"])
    assert [constant.value for constant in every(module, facts.Constant)] == ["é"]


def test_where_the_syntax_is_broken() -> None:
    found = extract("a.py", b"a = 1\n\nb = = 2\n")
    assert isinstance(found, Unreadable)
    assert (found.line, found.column) == (3, 5)


@pytest.mark.parametrize("first", range(0, 150, 25))
def test_the_standard_library(first: int) -> None:
    def work() -> list[Unreadable]:
        found = (extract(path.name, path.read_bytes()) for path in standard_library()[first : first + 25])
        return [each for each in found if isinstance(each, Unreadable)]

    assert not with_deep_stack(work)


def test_raises_what_the_work_raises_and_restores_the_limit() -> None:
    limit = sys.getrecursionlimit()
    with pytest.raises(ZeroDivisionError):
        with_deep_stack(lambda: 1 // 0)
    assert sys.getrecursionlimit() == limit


# --- facts travel -------------------------------------------------------------------------


@pytest.mark.parametrize("source", [source for source, _ in EXPRESSIONS + STATEMENTS], ids=lambda text: text[:60])
def test_facts_survive_a_trip(source: str) -> None:
    module = read(source)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(module), type=Module | Unreadable)
    assert repr(again) == repr(module)


@pytest.mark.parametrize("source", [*HOPELESS.values(), *ODD.values()], ids=[*HOPELESS, *ODD])
def test_facts_of_odd_files_survive_a_trip(source: bytes) -> None:
    def travel() -> tuple[bytes, bytes]:
        first = msgspec.msgpack.encode(extract("a.py", source))
        return first, msgspec.msgpack.encode(msgspec.msgpack.decode(first, type=Module | Unreadable))

    first, second = with_deep_stack(travel)
    assert first == second
