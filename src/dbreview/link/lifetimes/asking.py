"""What a test says of a session: whether it holds whenever the session is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression, Span
from dbreview.link.syntax import calls_in, dotted_name, names_in, walk

if TYPE_CHECKING:
    from dbreview.link.lifetimes.ownership import Watch


def holds_if_open(watch: Watch, statement: facts.If) -> bool | None:
    """Whether a test holds (True) or fails (False) whenever the session is open; None where that is not known."""
    is_end = _only_closes(watch, statement)
    about = _about(watch, statement.test, is_end)
    if about is None and is_end and _is_flag(watch, statement.test):
        return True
    return _as_when_opened(watch, statement.test) if about is None else about


def _as_when_opened(watch: Watch, test: Expression) -> bool | None:
    """``if verbose: session = open_session()``, and later ``if verbose:`` again."""
    for other, holds in _opening_tests(watch):
        if (asked := _asked(test)) is not None and asked == _asked(other):
            return holds
        if isinstance(test, facts.UnaryOperation) and test.operator == "not":
            if (asked := _asked(test.operand)) is not None and asked == _asked(other):
                return not holds
    return None


def _opening_tests(watch: Watch) -> tuple[tuple[Expression, bool], ...]:
    """The tests that decide whether the session is opened, each with whether it must hold."""
    found: list[tuple[Expression, bool]] = []
    for node in walk(watch.body):
        if isinstance(node, facts.If) and watch.opened is not None and _contains(node.at, watch.opened):
            names = names_in(node.test)
            is_lasting = not any(watch.assigned.count(name) > 1 for name in names)
            if is_lasting and any(_contains(each.at, watch.opened) for each in node.body):
                found.append((node.test, True))
            elif is_lasting and any(_contains(each.at, watch.opened) for each in node.orelse):
                found.append((node.test, False))
    return tuple(found)


def _about(watch: Watch, test: Expression, is_end: bool) -> bool | None:
    match test:
        case facts.Name() | facts.Attribute() if dotted_name(test) in watch.names:
            return True
        case facts.Attribute(holder) | facts.Call(facts.Attribute(holder)) if dotted_name(holder) in watch.names:
            return True if is_end else None  # session.is_active
        case facts.UnaryOperation("not", operand):
            inner = _about(watch, operand, False)
            return None if inner is None else not inner
        case facts.Comparison(left, ("is" | "==",), (facts.Constant(None),)) if dotted_name(left) in watch.names:
            return False
        case facts.Comparison(left, ("is not" | "!=",), (facts.Constant(None),)) if dotted_name(left) in watch.names:
            return True
        case facts.Comparison(facts.Constant(str() as name), ("in",)) if name in watch.names:
            return True
        case facts.Call(facts.Name("hasattr"), (facts.Argument(holder), facts.Argument(facts.Constant(name)))):
            return True if f"{dotted_name(holder)}.{name}" in watch.names else None
        case facts.BooleanOperation(left, operator, right):
            first, second = _about(watch, left, is_end), _about(watch, right, is_end)
            if operator == "and" and is_end:
                is_other = (first is True and _is_flag(watch, right)) or (second is True and _is_flag(watch, left))
                return True if is_other or (first is True and second is True) else None
            return True if operator == "or" and True in (first, second) else None
    return None


def _only_closes(watch: Watch, statement: facts.If) -> bool:
    """``if own: session.close()``, and nothing else."""
    calls = tuple(calls_in(statement.body))
    is_plain = not statement.orelse and all(
        isinstance(each, (facts.ExpressionStatement, facts.Try, facts.With)) for each in statement.body
    )
    return is_plain and any(watch.touch(c) in ("close", "method") for c in calls)


def _is_flag(watch: Watch, test: Expression) -> bool:
    """Whether a test asks what decided about the session's opening: a parameter, ``self.owns``, a constant."""
    if any(isinstance(node, facts.Call) for node in walk(test)):
        return False
    return bool(names_in(test) & _flags(watch))


def _flags(watch: Watch) -> frozenset[str]:
    found = {parameter.name for parameter in watch.ref.facts.parameters}
    for node in walk(watch.body):
        match node:
            case facts.If(test, _, _, at) if watch.opened is not None and _contains(at, watch.opened):
                found |= names_in(test)
            case facts.Assign(targets, facts.Constant(bool()) | facts.Comparison()):
                found |= {target.id for target in targets if isinstance(target, facts.Name)}
    return frozenset(found)


def _asked(test: Expression) -> tuple[object, ...] | None:
    """What a test asks, wherever it stands; None for one whose answer may change by itself."""
    match test:
        case facts.Name(name):
            return ("name", name)
        case facts.Attribute() if (path := dotted_name(test)) is not None:
            return ("name", path)
        case facts.Constant(value, _, False):
            return ("constant", value)
        case facts.UnaryOperation(operator, operand):
            inner = _asked(operand)
            return (operator, inner) if inner is not None else None
        case facts.Comparison(left, operators, comparators):
            parts = [_asked(part) for part in (left, *comparators)]
            return (operators, *parts) if None not in parts else None
        case facts.BooleanOperation(left, boolean, right):
            first, second = _asked(left), _asked(right)
            return (boolean, first, second) if first is not None and second is not None else None
    return None


def _contains(outer: Span, inner: Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]
