"""What an expression stands for, and what evaluating it does, inside one reading of a body."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import injector, python
from dbreview.link import (
    attributes,
    calling,
    client,
    conditions,
    constants,
    effects,
    filters,
    iterating,
    loading,
    loops,
    results,
)
from dbreview.link.coroutines import tasks
from dbreview.link.drivers import rewriting, texts
from dbreview.link.exposure import dumping
from dbreview.link.joining import in_loop, join, join_all, meet, options
from dbreview.link.querysets import building as querysets
from dbreview.link.querysets import running
from dbreview.link.syntax import names_in
from dbreview.link.transactions import inserting, paths
from dbreview.link.values import (
    Aggregate,
    Answer,
    Attribute,
    ClassValue,
    ClientNumber,
    Closure,
    ColumnsOf,
    Condition,
    Conditions,
    Const,
    Coroutine,
    Entity,
    Entries,
    Fetch,
    Items,
    Join,
    LambdaValue,
    LibraryObject,
    Made,
    QuerySet,
    Record,
    Result,
    Session,
    Statement,
    Symbol,
    TableColumn,
    TableColumns,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

_UNMAPPED = (Made, TableColumn)
"""Columns that are compared before they are attributes: in class bodies, and of core tables."""


_PYTHON_ONLY = frozenset({"in", "not in", "is", "is not"})
"""Comparisons that Python decides by itself: no column can turn them into SQL."""


def evaluate(frame: Frame, expression: Expression) -> Value:
    """The value of an expression, with its effects noted on the way."""
    match expression:
        case facts.Name(name):
            return frame.lookup(name)
        case facts.Attribute():
            return attributes.attribute(frame, expression)
        case facts.Call():
            return calling.call(frame, expression)
        case facts.Constant(value, _, is_opaque):
            return None if is_opaque else Const(value)
        case facts.Await(value):
            return _await(frame, value)
        case facts.Display(kind, items):
            return _display(frame, kind, items)
        case facts.DictDisplay(items):
            return _dict(frame, items)
        case facts.Comprehension():
            return iterating.comprehension(frame, expression)
        case facts.Subscript(value, index):
            return _subscript(frame, value, index)
        case facts.Comparison():
            return _comparison(frame, expression)
        case facts.BooleanOperation(left, operator, right):
            first = frame.evaluate(left)
            tasks.note_taken(frame, first)
            decided = conditions.truth(frame, left)
            if decided is not None:
                return first if decided is (operator == "or") else frame.evaluate(right)
            if (tested := filters.python_test(frame, operator, first, expression.at)) is not None:
                second = frame.evaluate(right)
                return replace(tested, columns=tested.columns + filters.columns_in(frame, second))
            if operator == "or" and isinstance(first, ClientNumber):
                frame.evaluate(right)
                return replace(first, is_optional=False)
            if operator == "or" and loading.is_foreign_key(frame, left):
                return first
            if operator == "and" and isinstance(first, Entity):
                return frame.evaluate(right)  # an object is true; otherwise there is nothing
            return join(first, frame.evaluate(right)) if not isinstance(first, Condition) else first
        case facts.BinaryOperation(left, operator, right):
            return _binary(frame, frame.evaluate(left), operator, frame.evaluate(right))
        case facts.UnaryOperation(operator, operand):
            found = frame.evaluate(operand)
            if operator == "not":
                tasks.note_taken(frame, found)
                results.note_test(frame, operand, found)
                if (tested := filters.python_test(frame, operator, found, expression.at)) is not None:
                    return tested
            if frame.interpreter.reads_schema and operator == "not" and isinstance(found, Const):
                return Const(not found.value)
            if operator == "-" and isinstance(found, Const) and isinstance(found.value, int | float):
                return Const(-found.value)
            return Condition("not", found.attribute) if isinstance(found, Condition) else None
        case facts.Conditional(test, body, orelse):
            tested_value = frame.evaluate(test)
            tasks.note_taken(frame, tested_value)
            results.note_test(frame, test, tested_value)
            client.note_bounds(frame, test)
            if (tested := filters.python_test(frame, "if", frame.evaluate(test), expression.at)) is not None:
                return tested
            decided = conditions.truth(frame, test)
            if decided is not None:
                return frame.evaluate(body if decided else orelse)
            either = (frame.evaluate(body), frame.evaluate(orelse))
            # Something unknown or None is unknown: what is declared says more than None.
            return None if None in either and Const(None) in either else meet(*either)
        case facts.FormattedString(parts):
            return _formatted(frame, parts)
        case facts.Lambda():
            return LambdaValue(expression, frame.path, Closure(frame.env))
        case facts.NamedExpression(target, value):
            found = frame.evaluate(value)
            if isinstance(target, facts.Name):
                frame.env[target.id] = found
                effects.note_dependence(frame, target, value)
            return found
        case facts.Starred(value):
            return frame.evaluate(value)
        case facts.Yield(value, is_from):
            found = frame.evaluate(value) if value is not None else None
            if is_from:
                found = iterating.element_of(frame, found, None, value)
            frame.yielded = join(frame.yielded, found)
            paths.pause(frame)
            return None
        case facts.Slice(lower, upper, step):
            for part in (lower, upper, step):
                if part is not None:
                    frame.evaluate(part)
    return None


def _await(frame: Frame, value: Expression) -> Value:
    found = calling.call(frame, value, is_awaited=True) if isinstance(value, facts.Call) else frame.evaluate(value)
    for each in options(found):
        tasks.note_awaited(frame, each)
    given = (each.value if isinstance(each, Coroutine) else each for each in options(found))
    return join_all(running.awaited(frame, each, value) for each in given)


def _display(frame: Frame, kind: str, items: tuple[Expression, ...]) -> Value:
    values = tuple(frame.evaluate(item) for item in items)
    unpacked = _unpacked(items, values)
    if kind == "tuple":
        return Record(unpacked) if unpacked is not None else None
    element: Value = None
    fetch: Fetch | None = None
    for item, value in zip(items, values, strict=True):
        if isinstance(item, facts.Starred):
            fetch = fetch or loops.fetch_of(value)
            element = join(element, iterating.element_of(frame, value, None, item))
        else:
            element = join(element, value)
    if fetch is not None or unpacked is None:
        return Items(element, fetch)
    return Items(element, is_literal=bool(items), exact=unpacked, is_closed=kind == "list")


def _unpacked(items: tuple[Expression, ...], values: tuple[Value, ...]) -> tuple[Value, ...] | None:
    """The values of a display with the items of what is starred in it; None where they are not known."""
    found: list[Value] = []
    for item, value in zip(items, values, strict=True):
        if not isinstance(item, facts.Starred):
            found.append(value)
        elif (inner := constants.exact_items(value)) is not None:
            found += inner
        else:
            return None
    return tuple(found)


def _dict(frame: Frame, items: tuple[facts.DictItem, ...]) -> Value:
    known: list[tuple[str, Value]] = []
    others: list[Value] = []
    doubtful: frozenset[str] | None = frozenset()
    for item in items:
        value = frame.evaluate(item.value)
        if value is None:
            value = dumping.secret_of(frame, item.value)
        key = frame.evaluate(item.key) if item.key is not None else None
        if isinstance(key, Const) and isinstance(key.value, str):
            known.append((key.value, value))
            doubtful = doubtful - {key.value} if doubtful else doubtful
        elif item.key is None and isinstance(value, Entries):
            known.extend(value.items)
            others.extend(value.others)
            doubtful = None if doubtful is None or value.doubtful is None else doubtful | value.doubtful
        else:
            others.append(value)
    return Entries(tuple(known), tuple(others), doubtful=doubtful)


def _comparison(frame: Frame, expression: facts.Comparison) -> Value:
    left = frame.evaluate(expression.left)
    rights = [frame.evaluate(part) for part in expression.comparators]
    operator = expression.operators[0]
    tasks.note_compared(frame, expression.left, left)
    for attribute in (left, *rights):
        if isinstance(attribute, Attribute):
            frame.interpreter.events.looked_up.add((attribute.model, attribute.name))
    results.note_comparison(frame, expression)
    right = rights[0]
    if frame.interpreter.reads_schema and len(rights) == 1:
        decided = constants.compare(left, operator, right)
        if decided is not None:
            return decided
    is_unmapped = isinstance(left, _UNMAPPED) or isinstance(right, _UNMAPPED)
    if operator == "==" and is_unmapped and frame.interpreter.reads_schema:
        return Join(left, right)
    if operator in _PYTHON_ONLY and (tested := filters.python_test(frame, operator, left, expression.at)) is not None:
        return tested
    if right == Const(None) and (answer := inserting.answer(left, operator)) is not None:
        return answer
    if operator in ("==", "!=") and right == Const(None):
        operator = "is" if operator == "==" else "is not"
    if isinstance(left, Attribute):
        names = names_in(expression.comparators)
        names |= effects.origins(frame, names)
        return Condition(operator, left, right if isinstance(right, Attribute) else None, names)
    # `a + n <= b` compares two columns of one row: no index helps.
    return Condition(operator, right) if isinstance(right, Attribute) and not isinstance(left, Aggregate) else None


def _binary(frame: Frame, left: Value, operator: str, right: Value) -> Value:
    if frame.interpreter.replay is not None:
        for answer in frame.interpreter.replay.operate(left, operator, right):
            return answer
    if operator == "&" and isinstance(left, (Condition, Conditions, Join)):
        return Conditions((left, right))
    if operator == "|" and isinstance(left, (Condition, Conditions)):
        return None
    if operator == "+":
        match left, right:
            case Const(str() as first), Const(str() as second):
                return Const(first + second)
            case Items(exact=first_items, fetch=None), Items(exact=second_items, fetch=None) if first_items:
                joined = join(left.element, right.element)
                return Items(joined, is_literal=right.is_literal, exact=(*first_items, *second_items))
            case Items(), Items():
                return join(left, right)
            case Record(first_items), Record(second_items):
                return Record((*first_items, *second_items))
            case Record(first_items), Items(exact=second_items) if second_items:
                return Record((*first_items, *second_items))
            case Items(exact=first_items), Record(second_items) if first_items:
                return Record((*first_items, *second_items))
    if operator == "%" and isinstance(left, Const) and isinstance(left.value, str) and isinstance(right, Const):
        try:
            return Const(left.value % right.value)
        except (TypeError, ValueError):
            return None
    if operator == "%" and isinstance(left, Const) and isinstance(left.value, str):
        return texts.interpolated(left.value, right)
    if operator == "+" and (text := texts.added(left, right)) is not None:
        return text
    if (cell := rewriting.computed(left, operator, right)) is not None:
        return cell
    if operator in "+-*" and (number := client.number_in(left, operator, right)) is not None:
        return number
    if operator in "+-" and isinstance(left, LibraryObject) and python.is_volatile(left.dotted):
        return left
    if operator in "+-*/":
        attribute = left if isinstance(left, Attribute) else right if isinstance(right, Attribute) else None
        if attribute is not None:
            return Aggregate("expression")
    if operator == "|" and isinstance(left, (ClassValue, Symbol)):
        return left
    return None


def _formatted(frame: Frame, parts: tuple[Expression, ...]) -> Value:
    text = ""
    is_known = True
    values = []
    for part in parts:
        value = frame.evaluate(part)
        values.append(value)
        tasks.note_taken(frame, value)
        if isinstance(value, LibraryObject) and python.is_volatile(value.dotted) and frame.interpreter.reads_schema:
            return value
        if isinstance(value, Const):
            text += str(value.value)
        else:
            is_known = False
    if not is_known and frame.interpreter.replay is not None:
        return frame.interpreter.replay.composed(values)
    return Const(text) if is_known else texts.together(values)


def _subscript(frame: Frame, value: Expression, index: Expression) -> Value:
    holder = frame.evaluate(value)
    if isinstance(holder, QuerySet) and isinstance(index, facts.Slice):
        upper = frame.evaluate(index.upper) if index.upper is not None else None
        return querysets.sliced(holder, index, upper)
    tasks.note_taken(frame, holder)
    key = frame.evaluate(index)
    if frame.interpreter.replay is not None:
        for answer in frame.interpreter.replay.item(frame, holder, index, key):
            return answer
    match holder:
        case Answer():
            return rewriting.cell(holder, key)
        case Items(element):
            if isinstance(index, facts.Slice):
                return replace(holder, is_literal=False, is_part=True)
            return in_loop(element, effects.loop_of(frame, index))
        case Record(items):
            if isinstance(key, Const) and isinstance(key.value, int) and -len(items) <= key.value < len(items):
                return items[key.value]
            return None
        case Entries(items, others):
            if isinstance(key, Const):
                return next((v for k, v in reversed(items) if k == key.value), None)
            return in_loop(join_all(others), effects.loop_of(frame, index)) if not items else None
        case Statement(session=Session()):
            if isinstance(index, facts.Slice):
                return replace(holder, is_limited=True, has_offset=index.lower is not None)
        case LibraryObject(dotted) if python.is_volatile(dotted):
            return holder
        case LibraryObject(dotted) if dotted.startswith("sqlalchemy."):
            return LibraryObject(f"{dotted}[]")
        case Made() | Attribute() | Aggregate() if frame.interpreter.reads_schema:
            return Aggregate("[]")
        case ColumnsOf(ref) if isinstance(key, Const) and isinstance(key.value, str):
            return Attribute(ref, key.value)
        case TableColumns(table) if isinstance(key, Const) and isinstance(key.value, str):
            return TableColumn(table, key.value)
        case Symbol(dotted) if dotted in injector.MARKERS:
            return key
        case Symbol() | ClassValue():
            return holder
        case Result():
            return None
    return None
