"""What the source says of the URL that an engine is given: how it begins, and the words in it.

Only what is written counts. What a parameter, an attribute of an object or the environment holds is decided
elsewhere, whatever default stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.frameworks import credentials, python
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import ClassValue, FunctionValue, Instance, ModuleValue, Symbol

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Address:
    """The known beginning of a URL, or all of it."""

    start: str
    is_whole: bool

    @property
    def dialect(self) -> str | None:
        """What stands before the driver: ``postgresql``."""
        return self.start.partition("://")[0].partition("+")[0].lower() or None if "://" in self.start else None

    @property
    def driver(self) -> str | None:
        """The driver that the URL names: ``asyncpg``."""
        return self.start.partition("://")[0].partition("+")[2].lower() or None if "://" in self.start else None


@dataclass(slots=True)
class Reading:
    """One reading of a URL's expression. ``words`` are the names and texts that it led past."""

    interpreter: Interpreter
    words: list[str] = field(default_factory=list)
    _depth: int = 0
    _busy: set[tuple[str, facts.Span | None, str]] = field(default_factory=set)

    def of(self, path: str, function: facts.Function | None, expression: Expression) -> Address | None:
        """What an expression in the body of ``function`` (or of the module) says."""
        if self._depth >= _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._of(path, function, expression)
        finally:
            self._depth -= 1

    def _of(self, path: str, function: facts.Function | None, expression: Expression) -> Address | None:
        self.words += _words(expression)
        match expression:
            case facts.Constant(str() as text):
                return Address(text, True)
            case facts.FormattedString(parts):
                return self._joined(path, function, parts)
            case facts.BinaryOperation(left, "+", right):
                return self._joined(path, function, (left, right))
            case facts.BinaryOperation(left, "%"):
                return _cut(self.of(path, function, left), "%")
            case facts.Await(inner) | facts.NamedExpression(_, inner):
                return self.of(path, function, inner)
            case facts.Call():
                return self._call(path, function, expression)
            case facts.Name(name):
                return self._name(path, function, name)
            case facts.Attribute(holder, name):
                return self._attribute(path, function, holder, name)
            case facts.Conditional(_, body, orelse) | facts.BooleanOperation(body, _, orelse):
                return _same([self.of(path, function, body), self.of(path, function, orelse)])
        return None

    def _joined(self, path: str, function: facts.Function | None, parts: tuple[Expression, ...]) -> Address | None:
        start = ""
        for part in parts:
            found = self.of(path, function, part)
            start += found.start if found is not None else ""
            if found is None or not found.is_whole:
                return Address(start, False) if start else None
        return Address(start, True)

    def _call(self, path: str, function: facts.Function | None, call: facts.Call) -> Address | None:
        given = {argument.keyword: argument.value for argument in call.arguments if not argument.stars}
        first = call.arguments[0].value if call.arguments and not call.arguments[0].stars else None
        if isinstance(call.func, facts.Attribute) and call.func.attr in ("format", "replace"):
            before = self.of(path, function, call.func.value)
            return _cut(before, "{") if call.func.attr == "format" else _replaced(before, call)
        callee = self.interpreter.module_frame(path).evaluate(call.func)
        match callee:
            case Symbol(dotted) if dotted in credentials.URL_BUILDERS or dotted.endswith("Dsn.build"):
                name = given.get("drivername", given.get("scheme", first))
                found = self.of(path, function, name) if name is not None else None
                return Address(f"{found.start}://", False) if found is not None and found.is_whole else None
            case Symbol(dotted) if first is not None and (
                dotted.endswith((".make_url", "Dsn")) or dotted in ("builtins.str", "typing.cast")
            ):
                return self.of(path, function, call.arguments[-1].value)
            case FunctionValue(ref):
                return self._result(ref)
        return None

    def _name(self, path: str, function: facts.Function | None, name: str) -> Address | None:
        if function is not None:
            if any(parameter.name == name for parameter in function.parameters):
                return None
            values = values_of(function.body, name)
            if values is None or values:
                return self._of_all(path, function, name, values)
        definition = self.interpreter.names.resolve(path, name)
        return self._variable(definition) if isinstance(definition, Variable) else None

    def _variable(self, definition: Variable) -> Address | None:
        body = self.interpreter.names.modules[definition.path].body
        if is_assigned_later(body, definition.name):
            return None
        return self._of_all(definition.path, None, definition.name, values_of(body, definition.name))

    def _of_all(
        self, path: str, function: facts.Function | None, name: str, values: list[Expression] | None
    ) -> Address | None:
        """What all values of a variable agree on; None where one of them is made from another."""
        key = (path, function.at if function is not None else None, name)
        if not values or key in self._busy:
            return None
        self._busy.add(key)
        found = [self.of(path, function, value) for value in values]
        self._busy.discard(key)
        return _same(found)

    def _attribute(self, path: str, function: facts.Function | None, holder: Expression, name: str) -> Address | None:
        root = (dotted_name(holder) or "").partition(".")[0]
        if function is not None:
            if any(parameter.name == root for parameter in function.parameters) or values_of(function.body, root) != []:
                return None
        match self.interpreter.module_frame(path).evaluate(holder):
            case ModuleValue(other):
                definition = self.interpreter.names.resolve(other, name)
                return self._variable(definition) if isinstance(definition, Variable) else None
            case Instance(ref) | ClassValue(ref):
                member = self.interpreter.classes.member(ref, name)
                if isinstance(member, FunctionRef) and self.interpreter.is_a(member, python.PROPERTIES):
                    return self._result(member)
                if isinstance(member, Variable) and member.value is not None:
                    self.words += _words(member.value)  # the default
        return None

    def _result(self, ref: FunctionRef) -> Address | None:
        """What a function without alternatives returns."""
        returned = [node.value for node in walk(ref.facts.body) if isinstance(node, facts.Return)]
        if len(returned) != 1 or returned[0] is None or ref.facts.has_yield:
            return None
        return self.of(ref.path, ref.facts, returned[0])


def _same(found: list[Address | None]) -> Address | None:
    """What all ways to a value agree on: the whole text, or the dialect and driver that it names."""
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return None
    if len({(each.start, each.is_whole) for each in known}) == 1:
        return known[0]
    names = {each.start.partition("://")[0] for each in known}
    return Address(f"{names.pop()}://", False) if len(names) == 1 and all("://" in e.start for e in known) else None


def _cut(address: Address | None, sign: str) -> Address | None:
    if address is None or sign not in address.start:
        return address
    return Address(address.start.partition(sign)[0], False)


def _replaced(address: Address | None, call: facts.Call) -> Address | None:
    """``url.replace("postgresql://", "postgresql+asyncpg://")`` of a known text."""
    given = [argument.value.value for argument in call.arguments[:2] if isinstance(argument.value, facts.Constant)]
    if address is None or not address.is_whole or len(given) != 2:
        return None
    return Address(address.start.replace(str(given[0]), str(given[1])), True)


def _words(expression: Expression) -> Iterator[str]:
    for node in walk(expression):
        match node:
            case facts.Constant(str() as text):
                yield text
            case facts.Name(name) | facts.Attribute(_, name):
                yield name


def values_of(body: Block, name: str) -> list[Expression] | None:
    """The values that a body assigns to a name; None where it binds it in another way, too."""
    values: list[Expression] = []
    for node in walk(body):
        match node:
            case facts.Assign(targets, value) if any(_binds(target, name) for target in targets):
                if not all(isinstance(target, facts.Name) for target in targets):
                    return None
                values.append(value)
            case facts.AnnotatedAssign(facts.Name(found), _, value) if found == name and value is not None:
                values.append(value)
            case facts.NamedExpression(facts.Name(found), value) if found == name:
                values.append(value)
            case facts.AugmentedAssign(target) | facts.For(target) | facts.WithItem(_, target) if target is not None:
                if _binds(target, name):
                    return None
    return values


def _binds(target: Expression, name: str) -> bool:
    match target:
        case facts.Name(found):
            return found == name
        case facts.Display(_, items):
            return any(_binds(item, name) for item in items)
        case facts.Starred(inner):
            return _binds(inner, name)
    return False


def is_assigned_later(body: Block, name: str) -> bool:
    """Whether a function of the module gives its variable another value."""
    return any(
        isinstance(node, facts.ScopeDeclaration) and node.kind == "global" and name in node.names
        for node in walk(body, into_functions=True)
    )


def name_of(call: facts.Call, body: Block) -> str | None:
    """What the code calls the result of a call: ``engine``, ``self.engine``."""
    for node in walk(body, into_functions=True):
        if isinstance(node, facts.Assign | facts.AnnotatedAssign) and node.value is not None:
            value = node.value.value if isinstance(node.value, facts.Await) else node.value
            if value is call:
                target = node.targets[0] if isinstance(node, facts.Assign) else node.target
                return last_name(target)
    return None
