"""Python's own operators on columns: they are decided before SQL is written, and SQL never sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dbreview.facts import Span
from dbreview.finding import Place
from dbreview.link.events import PythonTestEvent
from dbreview.link.names import ClassRef
from dbreview.link.values import Attribute, Condition, Conditions, Either, Items, PythonTest, Record, Value
from dbreview.project import PythonOperator, Role

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter


def python_test(frame: Frame, operator: str, value: Value, at: Span) -> PythonTest | None:
    """What ``operator`` of Python makes of a column or condition; None where ``value`` is neither."""
    columns = columns_in(frame, value)
    return PythonTest(operator, columns, frame.place(at)) if columns else None


def columns_in(frame: Frame, value: Value) -> tuple[Attribute, ...]:
    """The mapped attributes of a column, a condition or several conditions."""
    return tuple(_columns(frame, value))


def _columns(frame: Frame, value: Value) -> Iterator[Attribute]:
    match value:
        case Attribute(model, name):
            interpreter = frame.interpreter
            lineage = (each for each in interpreter.classes.ancestors(model) if isinstance(each, ClassRef))
            if any(interpreter.models.has_attribute(each, name) for each in lineage):
                yield value
        case Condition(_, attribute):
            yield from _columns(frame, attribute)
        case PythonTest(_, columns):
            yield from columns
        case Conditions(items):
            for item in items:
                yield from _columns(frame, item)


def note_filters(frame: Frame, values: tuple[Value, ...], at: Place) -> None:
    """Remember the Python operators among the values that a statement is filtered by."""
    for value in values:
        match value:
            case PythonTest(at=place):
                frame.interpreter.events.python_tests.setdefault(place, PythonTestEvent(value, at))
            case Conditions(items) | Record(items) | Items(exact=items) | Either(items):
                note_filters(frame, items, at)


def python_operators(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[PythonOperator]:
    """The operators of Python by which statements of the application are filtered."""
    for at, event in sorted(interpreter.events.python_tests.items(), key=lambda item: item[0]):
        if roles.get(at.filename) in ("application", "script"):
            columns = tuple(dict.fromkeys(f"{c.model.name}.{c.name}" for c in event.test.columns))
            yield PythonOperator(at, event.test.operator, columns, event.filter_at, "high")
