"""LibCST nodes to facts, in one walk with a table from node class to converter.

Nothing here knows a library: if a rule needs more from here, a piece of Python was missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import libcst as cst

from dbreview import facts
from dbreview.extract.positions import Positions
from dbreview.facts import Block, Expression, Span, Statement

_NOWHERE: Span = (1, 1, 1, 1)

_OPERATORS: dict[type, str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
    cst.Not: "not",
    cst.Minus: "-",
    cst.Plus: "+",
    cst.BitInvert: "~",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
}


class Converter:
    """Turns one parsed module into facts. ``statements`` collects the multi-line ones."""

    def __init__(self, positions: Positions) -> None:
        self._spans = positions.spans
        self.statements: list[tuple[int, int]] = []
        self._yields = [False]

    def block(self, body: Iterable[cst.CSTNode]) -> Block:
        return tuple(self._statements(body))

    def _statements(self, body: Iterable[cst.CSTNode]) -> Iterator[Statement]:
        for node in body:
            if isinstance(node, cst.SimpleStatementLine):
                yield from self._small(node.body)
            else:
                yield self._compound(node)

    def _small(self, body: Sequence[cst.BaseSmallStatement]) -> Iterator[Statement]:
        for small in body:
            at = self._spans.get(id(small), _NOWHERE)
            if at[0] != at[2]:
                self.statements.append((at[0], at[2]))
            yield _SMALL[type(small)](self, small, at)

    def _compound(self, node: cst.CSTNode) -> Statement:
        return _COMPOUND[type(node)](self, node)

    def suite(self, suite: cst.BaseSuite) -> Block:
        if isinstance(suite, cst.SimpleStatementSuite):
            return tuple(self._small(suite.body))
        assert isinstance(suite, cst.IndentedBlock)
        return self.block(suite.body)

    def header(self, node: cst.CSTNode, *last: cst.CSTNode | None) -> Span:
        """The span from a compound statement's first token to the last expression of its header."""
        start = self._spans.get(id(node), _NOWHERE)
        end = (start[0], start[1])
        for part in last:
            if part is not None and (span := self._spans.get(id(part))) is not None:
                end = max(end, (span[2], span[3]))
        if end[0] != start[0]:
            self.statements.append((start[0], end[0]))
        return (start[0], start[1], *end)

    # --- expressions

    def expression(self, node: cst.CSTNode) -> Expression:
        return _EXPRESSION[type(node)](self, node, self._spans.get(id(node), _NOWHERE))

    def span(self, node: cst.CSTNode) -> Span:
        return self._spans.get(id(node), _NOWHERE)

    def optional(self, node: cst.CSTNode | None) -> Expression | None:
        return None if node is None else self.expression(node)

    def annotation(self, node: cst.Annotation | None) -> Expression | None:
        return None if node is None else self.expression(node.annotation)

    def arguments(self, args: Sequence[cst.Arg]) -> tuple[facts.Argument, ...]:
        return tuple(
            facts.Argument(
                self.expression(arg.value),
                arg.keyword.value if arg.keyword is not None else None,
                _stars(arg.star),
            )
            for arg in args
        )

    def parameters(self, node: cst.Parameters) -> tuple[facts.Parameter, ...]:
        return tuple(self._parameters(node))

    def _parameters(self, node: cst.Parameters) -> Iterator[facts.Parameter]:
        for param in node.posonly_params:
            yield self._parameter(param, "positional")
        for param in node.params:
            yield self._parameter(param, "normal")
        if isinstance(node.star_arg, cst.Param):
            yield self._parameter(node.star_arg, "*")
        for param in node.kwonly_params:
            yield self._parameter(param, "keyword")
        if node.star_kwarg is not None:
            yield self._parameter(node.star_kwarg, "**")

    def _parameter(
        self, node: cst.Param, kind: Literal["positional", "normal", "*", "keyword", "**"]
    ) -> facts.Parameter:
        return facts.Parameter(
            node.name.value,
            self.annotation(node.annotation),
            self.optional(node.default),
            kind,
            self._spans.get(id(node.name), _NOWHERE),
        )

    def clauses(self, node: cst.CompFor | None) -> Iterator[facts.Clause]:
        while node is not None:
            target, iterable = self.expression(node.target), self.expression(node.iter)
            yield facts.Clause(
                target,
                iterable,
                tuple(self.expression(condition.test) for condition in node.ifs),
                node.asynchronous is not None,
                (*target.at[:2], *iterable.at[2:]),
            )
            node = node.inner_for_in

    def function_body(self, suite: cst.BaseSuite) -> tuple[Block, bool]:
        self._yields.append(False)
        body = self.suite(suite)
        return body, self._yields.pop()

    def note_yield(self) -> None:
        self._yields[-1] = True

    def lambda_body(self, node: cst.BaseExpression) -> Expression:
        self._yields.append(False)
        body = self.expression(node)
        self._yields.pop()
        return body


def _stars(star: str) -> Literal["", "*", "**"]:
    return "**" if star == "**" else "*" if star == "*" else ""


def _dotted(node: cst.BaseExpression | None) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


# --- expressions --------------------------------------------------------------------------


def _attribute(c: Converter, n: cst.Attribute, at: Span) -> Expression:
    return facts.Attribute(c.expression(n.value), n.attr.value, at, c._spans.get(id(n.attr), at))


def _string(c: Converter, n: cst.SimpleString, at: Span) -> Expression:
    try:
        value = n.evaluated_value
    except Exception:  # an escape that is no valid character: the text is unknown, the file is not
        return facts.Constant(None, at, True)
    if isinstance(value, bytes):
        return facts.Constant(None, at, True)
    return facts.Constant(_valid_text(value), at)


def _valid_text(value: str) -> str:
    """Text that can be written as UTF-8: a lone surrogate from an escape becomes ``?``."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _concatenated(c: Converter, n: cst.ConcatenatedString, at: Span) -> Expression:
    parts: list[Expression] = []
    node: cst.BaseExpression = n
    while isinstance(node, cst.ConcatenatedString):
        parts.append(c.expression(node.left))
        node = node.right
    parts.append(c.expression(node))
    if all(isinstance(part, facts.Constant) and isinstance(part.value, str) for part in parts):
        return facts.Constant("".join(str(p.value) for p in parts if isinstance(p, facts.Constant)), at)
    return facts.FormattedString(tuple(parts), at)


def _formatted(c: Converter, n: Any, at: Span) -> Expression:
    return facts.FormattedString(tuple(_formatted_parts(c, n.parts, at)), at)


def _formatted_parts(c: Converter, parts: Sequence[Any], at: Span) -> Iterator[Expression]:
    for part in parts:
        if hasattr(part, "expression"):
            yield c.expression(part.expression)
            yield from _formatted_parts(c, part.format_spec or (), at)
        else:
            yield facts.Constant(_valid_text(part.value.replace("{{", "{").replace("}}", "}")), at)


def _integer(c: Converter, n: cst.Integer, at: Span) -> Expression:
    try:
        value = int(n.value.replace("_", ""), 0)
    except ValueError:  # a number with more digits than the interpreter converts
        return facts.Constant(None, at, True)
    return facts.Constant(value, at) if abs(value) < 2**63 else facts.Constant(None, at, True)


def _float(c: Converter, n: cst.Float, at: Span) -> Expression:
    return facts.Constant(float(n.value.replace("_", "")), at)


def _name(c: Converter, n: cst.Name, at: Span) -> Expression:
    match n.value:
        case "None":
            return facts.Constant(None, at)
        case "True":
            return facts.Constant(True, at)
        case "False":
            return facts.Constant(False, at)
    return facts.Name(n.value, at)


def _subscript(c: Converter, n: cst.Subscript, at: Span) -> Expression:
    items = tuple(_index(c, element.slice, at) for element in n.slice)
    has_comma = isinstance(n.slice[-1].comma, cst.Comma)
    index = items[0] if len(items) == 1 and not has_comma else facts.Display("tuple", items, at)
    return facts.Subscript(c.expression(n.value), index, at)


def _index(c: Converter, n: cst.BaseSlice, at: Span) -> Expression:
    if isinstance(n, cst.Index):
        value = c.expression(n.value)
        return facts.Starred(value, value.at) if n.star else value
    assert isinstance(n, cst.Slice)
    return facts.Slice(c.optional(n.lower), c.optional(n.upper), c.optional(n.step), at)


def _comparison(c: Converter, n: cst.Comparison, at: Span) -> Expression:
    return facts.Comparison(
        c.expression(n.left),
        tuple(_OPERATORS.get(type(target.operator), "?") for target in n.comparisons),
        tuple(c.expression(target.comparator) for target in n.comparisons),
        at,
    )


def _binary(c: Converter, n: cst.BinaryOperation, at: Span) -> Expression:
    return facts.BinaryOperation(c.expression(n.left), _OPERATORS.get(type(n.operator), "?"), c.expression(n.right), at)


def _unary(c: Converter, n: cst.UnaryOperation, at: Span) -> Expression:
    return facts.UnaryOperation(_OPERATORS.get(type(n.operator), "?"), c.expression(n.expression), at)


def _boolean(c: Converter, n: cst.BooleanOperation, at: Span) -> Expression:
    operator: Literal["and", "or"] = "and" if isinstance(n.operator, cst.And) else "or"
    return facts.BooleanOperation(c.expression(n.left), operator, c.expression(n.right), at)


def _display(kind: Literal["tuple", "list", "set"]) -> Callable[[Converter, Any, Span], Expression]:
    def convert(c: Converter, n: Any, at: Span) -> Expression:
        return facts.Display(kind, tuple(_element(c, element) for element in n.elements), at)

    return convert


def _element(c: Converter, element: cst.BaseElement) -> Expression:
    value = c.expression(element.value)
    return facts.Starred(value, value.at) if isinstance(element, cst.StarredElement) else value


def _dict(c: Converter, n: cst.Dict, at: Span) -> Expression:
    return facts.DictDisplay(
        tuple(
            facts.DictItem(c.expression(e.key) if isinstance(e, cst.DictElement) else None, c.expression(e.value))
            for e in n.elements
        ),
        at,
    )


def _comprehension(
    kind: Literal["list", "set", "generator"],
) -> Callable[[Converter, Any, Span], Expression]:
    def convert(c: Converter, n: Any, at: Span) -> Expression:
        return facts.Comprehension(kind, c.expression(n.elt), None, tuple(c.clauses(n.for_in)), at)

    return convert


def _dict_comprehension(c: Converter, n: cst.DictComp, at: Span) -> Expression:
    return facts.Comprehension("dict", c.expression(n.value), c.expression(n.key), tuple(c.clauses(n.for_in)), at)


def _yield(c: Converter, n: cst.Yield, at: Span) -> Expression:
    c.note_yield()
    if isinstance(n.value, cst.From):
        return facts.Yield(c.expression(n.value.item), True, at)
    return facts.Yield(c.optional(n.value), False, at)


_EXPRESSION: dict[type, Callable[[Converter, Any, Span], Expression]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Call: lambda c, n, at: facts.Call(c.expression(n.func), c.arguments(n.args), at),
    cst.SimpleString: _string,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _formatted,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: lambda c, n, at: facts.Constant(None, at, True),
    cst.Ellipsis: lambda c, n, at: facts.Constant(None, at, True),
    cst.Subscript: _subscript,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.IfExp: lambda c, n, at: facts.Conditional(
        c.expression(n.test), c.expression(n.body), c.expression(n.orelse), at
    ),
    cst.Lambda: lambda c, n, at: facts.Lambda(c.parameters(n.params), c.lambda_body(n.body), at),
    cst.Await: lambda c, n, at: facts.Await(c.expression(n.expression), at),
    cst.Yield: _yield,
    cst.Tuple: _display("tuple"),
    cst.List: _display("list"),
    cst.Set: _display("set"),
    cst.Dict: _dict,
    cst.ListComp: _comprehension("list"),
    cst.SetComp: _comprehension("set"),
    cst.GeneratorExp: _comprehension("generator"),
    cst.DictComp: _dict_comprehension,
    cst.StarredElement: lambda c, n, at: facts.Starred(c.expression(n.value), c.span(n.value)),
    cst.NamedExpr: lambda c, n, at: facts.NamedExpression(c.expression(n.target), c.expression(n.value), at),
}
if hasattr(cst, "TemplatedString"):
    _EXPRESSION[cst.TemplatedString] = _formatted


# --- small statements ---------------------------------------------------------------------


def _import(c: Converter, n: cst.Import, at: Span) -> Statement:
    return facts.Import(tuple(_imported(c, alias, at) for alias in n.names), at)


def _import_from(c: Converter, n: cst.ImportFrom, at: Span) -> Statement:
    if isinstance(n.names, cst.ImportStar):
        names: tuple[facts.ImportedName, ...] = (facts.ImportedName("*", None, at),)
    else:
        names = tuple(_imported(c, alias, at) for alias in n.names)
    return facts.ImportFrom(_dotted(n.module), len(n.relative), names, at)


def _imported(c: Converter, n: cst.ImportAlias, at: Span) -> facts.ImportedName:
    alias = n.asname.name if n.asname is not None else None
    return facts.ImportedName(
        _dotted(n.name), alias.value if isinstance(alias, cst.Name) else None, c._spans.get(id(n.name), at)
    )


def _annotated_assign(c: Converter, n: cst.AnnAssign, at: Span) -> Statement:
    return facts.AnnotatedAssign(c.expression(n.target), c.expression(n.annotation.annotation), c.optional(n.value), at)


def _augmented_assign(c: Converter, n: cst.AugAssign, at: Span) -> Statement:
    return facts.AugmentedAssign(
        c.expression(n.target), _OPERATORS.get(type(n.operator), "?"), c.expression(n.value), at
    )


def _alias(c: Converter, n: Any, at: Span) -> Statement:
    return facts.AliasStatement(n.name.value, c.expression(n.value), at)


def _scope(kind: Literal["global", "nonlocal"]) -> Callable[[Converter, Any, Span], Statement]:
    return lambda c, n, at: facts.ScopeDeclaration(kind, tuple(item.name.value for item in n.names), at)


def _jump(kind: Literal["break", "continue", "pass"]) -> Callable[[Converter, Any, Span], Statement]:
    return lambda c, n, at: facts.Jump(kind, at)


_SMALL: dict[type, Callable[[Converter, Any, Span], Statement]] = {
    cst.Expr: lambda c, n, at: facts.ExpressionStatement(c.expression(n.value), at),
    cst.Assign: lambda c, n, at: facts.Assign(
        tuple(c.expression(target.target) for target in n.targets), c.expression(n.value), at
    ),
    cst.AnnAssign: _annotated_assign,
    cst.AugAssign: _augmented_assign,
    cst.Return: lambda c, n, at: facts.Return(c.optional(n.value), at),
    cst.Raise: lambda c, n, at: facts.Raise(c.optional(n.exc), at),
    cst.Del: lambda c, n, at: facts.Delete(c.expression(n.target), at),
    cst.Assert: lambda c, n, at: facts.Assert(c.expression(n.test), at),
    cst.Break: _jump("break"),
    cst.Continue: _jump("continue"),
    cst.Pass: _jump("pass"),
    cst.Global: _scope("global"),
    cst.Nonlocal: _scope("nonlocal"),
    cst.Import: _import,
    cst.ImportFrom: _import_from,
}
if hasattr(cst, "TypeAlias"):
    _SMALL[cst.TypeAlias] = _alias


# --- compound statements ------------------------------------------------------------------


def _if(c: Converter, n: cst.If) -> Statement:
    at = c.header(n, n.test)
    test, body = c.expression(n.test), c.suite(n.body)
    match n.orelse:
        case cst.If():
            orelse: Block = (_if(c, n.orelse),)
        case cst.Else():
            orelse = c.suite(n.orelse.body)
        case _:
            orelse = ()
    return facts.If(test, body, orelse, at)


def _for(c: Converter, n: cst.For) -> Statement:
    at = c.header(n, n.iter)
    return facts.For(
        c.expression(n.target),
        c.expression(n.iter),
        c.suite(n.body),
        c.suite(n.orelse.body) if n.orelse is not None else (),
        n.asynchronous is not None,
        at,
    )


def _while(c: Converter, n: cst.While) -> Statement:
    at = c.header(n, n.test)
    orelse = c.suite(n.orelse.body) if n.orelse is not None else ()
    return facts.While(c.expression(n.test), c.suite(n.body), orelse, at)


def _with(c: Converter, n: cst.With) -> Statement:
    at = c.header(n, *(item.item for item in n.items))
    items = tuple(
        facts.WithItem(c.expression(item.item), c.expression(item.asname.name) if item.asname is not None else None)
        for item in n.items
    )
    return facts.With(items, c.suite(n.body), n.asynchronous is not None, at)


def _try(c: Converter, n: Any) -> Statement:
    at = c.header(n)
    return facts.Try(
        c.suite(n.body),
        tuple(_handler(c, handler) for handler in n.handlers),
        c.suite(n.orelse.body) if n.orelse is not None else (),
        c.suite(n.finalbody.body) if n.finalbody is not None else (),
        at,
    )


def _handler(c: Converter, n: Any) -> facts.Handler:
    name = n.name.name if n.name is not None else None
    return facts.Handler(
        c.optional(n.type), name.value if isinstance(name, cst.Name) else None, c.suite(n.body), c.header(n, n.type)
    )


def _match(c: Converter, n: cst.Match) -> Statement:
    at = c.header(n, n.subject)
    return facts.Match(
        c.expression(n.subject),
        tuple(
            facts.Case(tuple(_bindings(case.pattern)), c.optional(case.guard), c.suite(case.body)) for case in n.cases
        ),
        at,
    )


def _bindings(pattern: cst.CSTNode | None) -> Iterator[str]:
    match pattern:
        case cst.MatchAs() | cst.MatchStar():
            if pattern.name is not None:
                yield pattern.name.value
    for child in pattern.children if pattern is not None else ():
        if not isinstance(child, cst.BaseExpression):
            yield from _bindings(child)
    if isinstance(pattern, cst.MatchMapping) and pattern.rest is not None:
        yield pattern.rest.value


def _function(c: Converter, n: cst.FunctionDef) -> Statement:
    c.header(n, n.name, n.returns.annotation if n.returns is not None else None, *_last_parameter(n.params))
    decorators = tuple(c.expression(decorator.decorator) for decorator in n.decorators)
    parameters, returns = c.parameters(n.params), c.annotation(n.returns)
    body, has_yield = c.function_body(n.body)
    return facts.Function(
        n.name.value,
        parameters,
        returns,
        decorators,
        body,
        n.asynchronous is not None,
        has_yield,
        c._spans.get(id(n.name), _NOWHERE),
    )


def _last_parameter(params: cst.Parameters) -> Iterator[cst.CSTNode]:
    every = [*params.posonly_params, *params.params, *params.kwonly_params]
    for param in (*every[-1:], params.star_arg, params.star_kwarg):
        if isinstance(param, cst.Param):
            yield param.name
            if param.default is not None:
                yield param.default
            if param.annotation is not None:
                yield param.annotation.annotation


def _class(c: Converter, n: cst.ClassDef) -> Statement:
    c.header(n, n.name, *(arg.value for arg in (*n.bases, *n.keywords)))
    return facts.Class(
        n.name.value,
        c.arguments((*n.bases, *n.keywords)),
        tuple(c.expression(decorator.decorator) for decorator in n.decorators),
        c.suite(n.body),
        c._spans.get(id(n.name), _NOWHERE),
    )


_COMPOUND: dict[type, Callable[[Converter, Any], Statement]] = {
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Match: _match,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}
