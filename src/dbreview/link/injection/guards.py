"""What tests and checks say about a text: that it is one of what is allowed, or that it is no SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import injection
from dbreview.link.injection.texts import Parameter, Reached, Text, Textual, Verdict, has_leaves, leaves
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import last_name, walk

if TYPE_CHECKING:
    from dbreview.link.injection.reading import Reading

PERCENT = re.compile(r"%(?:\((?P<name>\w+)\))?[#0\- +]*\d*(?:\.\d+)?(?P<kind>[a-zA-Z%])")
_NOTHING: frozenset[Reached] = frozenset()
_UNKNOWN = Verdict(_NOTHING, _NOTHING)


def leaves_of(value: Textual) -> frozenset[Reached]:
    return frozenset(leaves(value))


def verdict(frame: Reading, test: Expression) -> Verdict:
    """What is harmless where a test holds, and where it does not. Its parts have been evaluated before."""
    match test:
        case facts.UnaryOperation("not", operand):
            inner = verdict(frame, operand)
            return Verdict(inner.if_false, inner.if_true)
        case facts.BooleanOperation(left, operator, right):
            return combined(verdict(frame, left), operator, verdict(frame, right))
        case facts.Comparison(left, (operator,), (right,)):
            return _comparison(frame, left, operator, right)
        case facts.Await(inner) | facts.NamedExpression(_, inner):
            return verdict(frame, inner)
        case facts.Call():
            return _call(frame, test)
        case facts.Comprehension(_, _, _, clauses):
            kept = [c for clause in clauses for c in clause.conditions if _is_refusal(c)]
            return Verdict(_NOTHING, _mentioned(frame, test)) if kept else _UNKNOWN
    value = frame.evaluate(test)
    if isinstance(value, Verdict):
        return value
    found = frame.lookups.get(test.id, _NOTHING) if isinstance(test, facts.Name) else _NOTHING
    return Verdict(found, leaves_of(value) if isinstance(value, Parameter) else _NOTHING)  # empty, or None


def combined(first: Verdict, operator: str, second: Verdict) -> Verdict:
    if operator == "and":
        return Verdict(first.if_true | second.if_true, first.if_false & second.if_false)
    return Verdict(first.if_true & second.if_true, first.if_false | second.if_false)


def asks(frame: Reading, func: facts.Attribute) -> bool:
    """Whether a method tells what a text consists of: one of texts and sets, or of a regular expression."""
    if func.attr not in injection.ASKS_PATTERN:
        return func.attr in injection.ASKS_TEXT
    dotted = frame.reader.dotted(frame, func) or ""
    return dotted.startswith("re.") or injection.PATTERN.search(last_name(func.value) or "") is not None


def _is_refusal(condition: Expression) -> bool:
    match condition:
        case facts.Comparison(_, ("not in",)) | facts.UnaryOperation("not"):
            return True
    return False


def _comparison(frame: Reading, left: Expression, operator: str, right: Expression) -> Verdict:
    first, second = frame.evaluate(left), frame.evaluate(right)
    if isinstance(right, facts.Constant) and right.value is None and not right.is_opaque:
        inner = verdict(frame, left)
        if operator in ("is", "=="):
            return Verdict(inner.if_false | leaves_of(first), inner.if_true)
        return Verdict(inner.if_true, inner.if_false | leaves_of(first))
    match operator:
        case "in" | "not in":
            found = Verdict(leaves_of(first), _NOTHING)
            if isinstance(first, Text) and not has_leaves(first):  # `"'" in name`
                found = Verdict(_NOTHING, leaves_of(second) if _has_quote(first) else _NOTHING)
        case "==" | "!=":
            both = has_leaves(first) and has_leaves(second)
            found = _UNKNOWN if both else Verdict(leaves_of(first) | leaves_of(second), _NOTHING)
        case "<=" | "<" | ">=" | ">" if any(last_name(side) in ("set", "frozenset", "keys") for side in (left, right)):
            return Verdict(leaves_of(first) | leaves_of(second), _NOTHING)
        case _:
            return _UNKNOWN
    is_negative = operator in ("not in", "!=")
    return Verdict(found.if_false, found.if_true) if is_negative else found


def _has_quote(text: Text) -> bool:
    return any(isinstance(part, str) and (injection.QUOTES.search(part) or part in (";", "--")) for part in text.parts)


def _call(frame: Reading, node: facts.Call) -> Verdict:
    name = last_name(node.func) or ""
    dotted = frame.reader.dotted(frame, node.func) or ""
    if dotted == "builtins.isinstance" and len(node.arguments) == 2:
        is_text = last_name(node.arguments[1].value) == "str"
        found = leaves_of(frame.evaluate(node.arguments[0].value))
        return Verdict(_NOTHING, found) if is_text else Verdict(found, _NOTHING)
    if dotted == "builtins.hasattr" and len(node.arguments) == 2:
        return Verdict(leaves_of(frame.evaluate(node.arguments[1].value)), _NOTHING)
    if dotted in injection.TELLS_NOTHING:
        return _UNKNOWN
    if dotted == "builtins.any":
        return Verdict(_NOTHING, _mentioned(frame, node))
    if dotted in injection.ASKS_ABOUT or (isinstance(node.func, facts.Attribute) and asks(frame, node.func)):
        found = _mentioned(frame, node)
        return Verdict(found, found if name == "search" else _NOTHING)
    if isinstance(value := frame.evaluate(node), Verdict):
        return value
    return _of_predicate(frame, node, name)


def _of_predicate(frame: Reading, node: facts.Call, name: str) -> Verdict:
    """``is_allowed(sort)``: a function of the project that tests its argument, or one of which nothing is known."""
    found: frozenset[Reached] = _NOTHING
    place = frame.place(node.at)
    targets = [target for target in frame.reader.targets(place) if isinstance(target, FunctionRef)]
    given = frame.arguments.get(node.at, ())
    for target in targets:
        arguments = frame.reader.bound(target, frame.reader.site(target, place), frame.receivers.get(node.at), given)
        found |= _asked_about(frame, target, arguments)
    if not targets:
        found = frozenset(leaf for value in given for leaf in leaves(value))
    return Verdict(_NOTHING, found) if injection.FORBIDS.search(name) else Verdict(found, _NOTHING)


def _asked_about(frame: Reading, target: FunctionRef, arguments: tuple[tuple[str, Textual], ...]) -> frozenset[Reached]:
    """The arguments that a function of the project tests."""
    if not any(has_leaves(value) for _, value in arguments):
        return _NOTHING
    asked = {leaf.name for leaf in frame.reader.reading(target).asked if isinstance(leaf, Parameter)}
    return frozenset(leaf for name, value in arguments if name in asked for leaf in leaves(value))


def refused(frame: Reading, target: FunctionRef, arguments: tuple[tuple[str, Textual], ...]) -> frozenset[Reached]:
    """The arguments that a function of the project does not accept unless they pass its test."""
    is_strict = any(isinstance(node, facts.Raise | facts.Assert) for node in walk(target.facts.body))
    return _asked_about(frame, target, arguments) if is_strict else _NOTHING


def looked_up(frame: Reading, value: Expression) -> frozenset[Reached]:
    """``tenant = session.scalar(select(Tenant).where(Tenant.slug == slug))``: if there is one, the slug is known."""
    call = value.value if isinstance(value, facts.Await) else value
    if not isinstance(call, facts.Call) or not injection.LOOKS_UP.search(last_name(call.func) or ""):
        return _NOTHING
    names = (node.attr for node in walk(call) if isinstance(node, facts.Attribute))
    return _NOTHING if any(injection.SEARCHES.search(name) for name in names) else _mentioned(frame, call)


def note_check(frame: Reading, statement: Expression) -> None:
    """``validate(sort)``: a call whose result nobody wants, and whose name says that it may refuse its arguments."""
    node = statement.value if isinstance(statement, facts.Await) else statement
    if isinstance(node, facts.Call) and injection.CHECKS.search(last_name(node.func) or ""):
        if not frame.reader.targets(frame.place(node.at)):
            given = frame.arguments.get(node.at, ())
            frame.clean(frozenset(leaf for value in given for leaf in leaves(value)))


def _mentioned(frame: Reading, expression: object) -> frozenset[Reached]:
    """What is asked about: whatever names and attributes in an expression may hold."""
    found: set[Reached] = set()
    stack: list[object] = [expression]
    while stack:
        node = stack.pop()
        match node:
            case facts.Name() | facts.Attribute() | facts.Subscript():
                found |= leaves_of(frame.evaluate(node))
            case facts.Call(func, arguments):
                stack += [func.value] if isinstance(func, facts.Attribute) else []
                stack += [argument.value for argument in arguments]
            case facts.DictDisplay(items):
                stack += [item.value for item in items]
            case facts.Display(_, items):
                stack += items
            case facts.Comprehension(_, element, _, clauses):
                stack += [element, *(part for c in clauses for part in (c.iterable, *c.conditions))]
            case facts.Comparison(left, _, comparators):
                stack += [left, *comparators]
            case facts.BooleanOperation(left, _, right) | facts.BinaryOperation(left, _, right):
                stack += [left, right]
            case facts.UnaryOperation(_, operand) | facts.Await(operand):
                stack.append(operand)
    return frozenset(found)
