"""The conditions under which code is reached, and whether they hold where the application serves.

Unknown is None: only what is known to run in production may lead to a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression, Span
from dbreview.frameworks import creating
from dbreview.link.names import ClassRef, Variable
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import ClassValue, Const, Instance

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_TEXT: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "casefold": str.casefold,
}
_PLACES = (facts.Call, facts.Name, facts.Attribute, facts.Function, facts.Lambda)
_DEEPEST = 8


def ways(body: Block, at: Span) -> Iterator[tuple[Expression, bool]]:
    """The conditions on the way to a place, each with whether it holds: of what is around it, and of earlier exits."""
    for statement in body:
        if _has(statement, at):
            yield from _inside(statement, at)
            return
        yield from _passed(statement)


def _has(part: object, at: Span) -> bool:
    return any(isinstance(node, _PLACES) and node.at == at for node in walk(part))


def _passed(statement: facts.Statement) -> Iterator[tuple[Expression, bool]]:
    """What is known behind a statement: that its ``if`` did not leave, or its ``assert`` held."""
    match statement:
        case facts.Assert(test):
            yield test, True
        case facts.If(test, body, orelse):
            if _leaves(body):
                yield test, False
            if _leaves(orelse):
                yield test, True


def _leaves(body: Block) -> bool:
    last = body[-1] if body else None
    return isinstance(last, facts.Return | facts.Raise) or (isinstance(last, facts.Jump) and last.kind != "pass")


def _inside(statement: facts.Statement, at: Span) -> Iterator[tuple[Expression, bool]]:
    blocks: tuple[Block, ...] = ()
    match statement:
        case facts.If(test, body, orelse) if not _has(test, at):
            yield test, _has(body, at)
            blocks = (body, orelse)
        case facts.For(_, _, body, orelse) | facts.While(_, body, orelse):
            blocks = (body, orelse)  # which are passed once at least, or nobody would write them
        case facts.With(_, body) | facts.Class(_, _, _, body):
            blocks = (body,)
        case facts.Try(body, handlers, orelse, finalbody):
            blocks = (body, *(handler.body for handler in handlers), orelse, finalbody)
        case facts.Match(subject, cases):
            yield subject, True
            blocks = tuple(case.body for case in cases)
    inner = next((block for block in blocks if _has(block, at)), None)
    yield from ways(inner, at) if inner is not None else _in_expressions(statement, at)


def _in_expressions(statement: facts.Statement, at: Span) -> Iterator[tuple[Expression, bool]]:
    """``create and Base.metadata.create_all(engine)``, ``run(...) if create else None``."""
    for node in walk(statement):
        match node:
            case facts.Conditional(test, body, orelse) if _has(body, at) or _has(orelse, at):
                yield test, _has(body, at)
            case facts.BooleanOperation(left, operator, right) if _has(right, at):
                yield left, operator == "and"


class Guards:
    """Judges conditions in one file. ``functions`` are those around the code, the innermost first."""

    def __init__(self, interpreter: Interpreter, path: str, functions: tuple[facts.Function, ...]) -> None:
        self._interpreter = interpreter
        self._path = path
        self._functions = functions

    def is_met(self, test: Expression, holds: bool) -> bool | None:
        """Whether production meets the condition that ``test`` is ``holds``."""
        match test:
            case facts.UnaryOperation("not", operand):
                return self.is_met(operand, not holds)
            case facts.Await(inner) | facts.NamedExpression(_, inner):
                return self.is_met(inner, holds)
            case facts.BooleanOperation(left, operator, right):
                found = {self.is_met(left, holds), self.is_met(right, holds)}
                if (operator == "and") is holds:
                    return False if False in found else None if None in found else True
                return True if True in found else None if None in found else False
            case facts.Constant(value):
                return bool(value) is holds
        words = frozenset(_words(test))
        decided = _by_environment(words, holds is not _denies(test))
        if decided is not NotImplemented:
            return decided if isinstance(decided, bool) else None
        usual = self._usual_truth(test)
        if usual is not None:
            return usual is holds
        is_looking = words & creating.LOOKING or _asks_for_none(test) or _mentions(test, creating.LOOKS)
        return True if is_looking else None

    # --- what settings are unless somebody says otherwise

    def _usual_truth(self, test: Expression) -> bool | None:
        match test:
            case facts.Comparison(left, (operator,), (right,)):
                found, given = self._usual(left), list(_constants(right))
                if found is None or not given:
                    return None
                is_equal = found.value in given
                return is_equal if operator in ("==", "in", "is") else not is_equal if "not" in operator else None
        found = self._usual(test)
        if found is None:
            return None
        return found.value.lower() in creating.YES if isinstance(found.value, str) else bool(found.value)

    def usual(self, expression: Expression) -> Const | None:
        """What a setting, parameter or variable of the environment is unless somebody says otherwise."""
        return self._usual(expression)

    def _usual(self, expression: Expression, depth: int = 0) -> Const | None:
        if depth > _DEEPEST:
            return None
        match expression:
            case facts.Constant(value, _, False):
                return Const(value)
            case facts.Name(name):
                return self._of_name(name, depth)
            case facts.Attribute(holder, name):
                return self._of_attribute(holder, name, depth)
            case facts.Call(facts.Attribute(inner, method), ()) if method in _TEXT:
                found = self._usual(inner, depth + 1)
                is_text = found is not None and isinstance(found.value, str)
                return Const(_TEXT[method](str(found.value))) if found is not None and is_text else None
            case facts.Call(func, arguments) if last_name(func) in creating.READS_ENVIRONMENT:
                return self._of_call(func, arguments, depth)
        return None

    def _of_name(self, name: str, depth: int) -> Const | None:
        for function in self._functions:
            for parameter in function.parameters:
                if parameter.name == name:
                    is_sure = parameter.default is not None and not self._is_denied_elsewhere(name)
                    return self._usual(parameter.default, depth + 1) if parameter.default and is_sure else None
        definition = self._interpreter.names.resolve(self._path, name)
        return self._of_variable(definition, depth) if isinstance(definition, Variable) else None

    def _of_variable(self, definition: Variable, depth: int) -> Const | None:
        if definition.value is None:
            return None
        there = Guards(self._interpreter, definition.path, ())
        return there._usual(definition.value, depth + 1)

    def _is_denied_elsewhere(self, name: str) -> bool:
        """Whether a call says ``create=False``."""
        return any(
            argument.keyword == name and isinstance(argument.value, facts.Constant) and not argument.value.value
            for module in self._interpreter.names.modules.values()
            for node in walk(module.body, into_functions=True)
            if isinstance(node, facts.Call)
            for argument in node.arguments
        )

    def _of_attribute(self, holder: Expression, name: str, depth: int) -> Const | None:
        owner = self._owner(holder)
        member = self._interpreter.classes.member(owner, name) if owner is not None else None
        return self._of_variable(member, depth) if isinstance(member, Variable) else None

    def _owner(self, holder: Expression) -> ClassRef | None:
        for function in self._functions:
            for parameter in function.parameters:
                if isinstance(holder, facts.Name) and parameter.name == holder.id and parameter.annotation is not None:
                    return _class_of(self._interpreter.declared.value(self._path, parameter.annotation))
        return _class_of(self._interpreter.module_frame(self._path).evaluate(holder))

    def _of_call(self, func: Expression, arguments: tuple[facts.Argument, ...], depth: int) -> Const | None:
        named = [argument.value for argument in arguments if argument.keyword == "default"]
        given = [argument.value for argument in arguments if argument.keyword is None and not argument.stars]
        if last_name(func) in ("Field", "bool", "str"):
            named += given[:1]
        elif len(given) > 1:
            named += given[1:2]
        found = self._usual(named[0], depth + 1) if named else None
        if found is not None and last_name(func) == "bool":
            return Const(bool(found.value))
        return found


def _class_of(value: object) -> ClassRef | None:
    return value.ref if isinstance(value, Instance | ClassValue) else None


def _by_environment(words: frozenset[str], holds: bool) -> object:
    """What words such as `debug` and `production` say of a condition; ``NotImplemented`` where there are none."""
    is_for_development = bool(words & creating.DEVELOPMENT)
    is_for_production = bool(words & creating.PRODUCTION)
    if is_for_development and not is_for_production:
        return not holds
    if is_for_production and not is_for_development:
        return holds
    if is_for_development or words & creating.ENVIRONMENTS:
        return None
    return NotImplemented


def _denies(test: Expression) -> bool:
    return isinstance(test, facts.Comparison) and test.operators[0] in ("!=", "not in", "is not")


def _asks_for_none(test: Expression) -> bool:
    """``if engine is None:``, in whichever direction."""
    match test:
        case facts.Comparison(_, ("is" | "is not" | "==" | "!=",), (facts.Constant(None, _, False),)):
            return True
    return False


def _mentions(test: Expression, names: frozenset[str]) -> bool:
    return any(isinstance(node, facts.Name | facts.Attribute) and last_name(node) in names for node in walk(test))


def _words(test: Expression) -> Iterator[str]:
    """The words of the names and texts in a condition, in lower case."""
    for node in walk(test):
        text = ""
        match node:
            case facts.Name(name) | facts.Attribute(_, name):
                text = name.replace("SessionLocal", "")
            case facts.Constant(str() as value):
                text = value
        yield from (word.lower() for word in _WORDS.findall(text))


def _constants(expression: Expression) -> Iterator[object]:
    items = expression.items if isinstance(expression, facts.Display) else (expression,)
    for item in items:
        if isinstance(item, facts.Constant) and not item.is_opaque:
            yield item.value
