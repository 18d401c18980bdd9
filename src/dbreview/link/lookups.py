"""By which columns the statements of requests find and order rows: what indexes are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from dbreview.finding import Place
from dbreview.link.bounds import entity_of
from dbreview.link.names import ClassRef
from dbreview.link.values import Attribute, ClassValue, Condition, Statement
from dbreview.project import Lookup, Role

if TYPE_CHECKING:
    from dbreview.link.events import Events
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

_EQUAL = frozenset({"==", "in", "in query"})
"""Not ``in constants``: values that the source lists are few, and each is in many rows."""
_RANGE = frozenset({"<", "<=", ">", ">=", "between"})


def note(frame: Frame, statement: Statement | None, at: Place, *, is_delete: bool = False) -> None:
    """Remember what a statement that runs looks for; if a request runs it, with the route that leads to it."""
    interpreter = frame.interpreter
    if statement is None:
        return
    _note_search(interpreter.events, statement, is_delete=is_delete or statement.kind == "delete")
    if interpreter.is_request:
        interpreter.events.statements.setdefault((at, statement), interpreter.route)


def _note_search(events: Events, statement: Statement, *, is_delete: bool) -> None:
    events.selected.update(selected.ref for selected in statement.selected if isinstance(selected, ClassValue))
    for condition in statement.conditions:
        attribute = condition.attribute
        if is_delete and condition.operator in _RANGE and "expir" in attribute.name:
            events.swept.add(attribute.model)
        for side in (attribute, condition.other):
            if side is not None and (_is_equal(condition) or condition.other is not None):
                found = events.searched.setdefault((side.model, side.name), set())
                found.add(_beside(statement, side))


def lookups_of(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[Lookup]:
    """What the statements of all requests look rows up by, each column once per place."""
    told: set[tuple[Place, str, str, str]] = set()
    for (at, statement), route in sorted(interpreter.events.statements.items(), key=lambda item: item[0][0]):
        if roles.get(at.filename) != "application":
            continue
        for named, kind in _columns(statement):
            attribute = _where_stored(interpreter, named)
            key = (at, attribute.model.dotted, attribute.name, kind)
            if key in told or _is_narrowed_elsewhere(interpreter, statement, attribute.model):
                continue
            told.add(key)
            yield Lookup(
                at,
                attribute.model.dotted,
                attribute.name,
                kind,
                _beside(statement, attribute),
                statement.is_limited,
                not (statement.is_narrowed or statement.is_opaque),
                route,
                _nulls(statement, attribute),
            )


def _columns(statement: Statement) -> Iterator[tuple[Attribute, Literal["equal", "range", "order", "join"]]]:
    for condition in sorted(statement.conditions, key=lambda c: (c.attribute.name, c.operator)):
        if condition.other is not None:
            yield condition.attribute, "join"
            yield condition.other, "join"
        elif condition.operator in _EQUAL:
            yield condition.attribute, "equal"
        elif condition.operator in _RANGE:
            yield condition.attribute, "range"
    for attribute in statement.ordered_by[:1]:  # an index on what comes first is what sorting can use
        yield attribute, "order"


def _where_stored(interpreter: Interpreter, attribute: Attribute) -> Attribute:
    """The attribute of the class whose table has the column, which joined inheritance may leave to a parent."""
    for ancestor in interpreter.classes.ancestors(attribute.model):
        if not isinstance(ancestor, ClassRef):
            continue
        table = interpreter.models.table(ancestor)
        if table is not None and any(column.attribute == attribute.name for column in table.columns):
            return Attribute(ancestor, attribute.name)
    return attribute


def _is_equal(condition: Condition) -> bool:
    return condition.operator in _EQUAL and condition.other is None


def _beside(statement: Statement, attribute: Attribute) -> frozenset[str]:
    return frozenset(
        c.attribute.name
        for c in statement.conditions
        if _is_equal(c) and c.attribute.model is attribute.model and c.attribute.name != attribute.name
    )


def _nulls(statement: Statement, attribute: Attribute) -> frozenset[str]:
    return frozenset(
        c.attribute.name
        for c in statement.conditions
        if c.operator in ("is", "is_") and c.attribute.model is attribute.model
    )


def _is_narrowed_elsewhere(interpreter: Interpreter, statement: Statement, model: ClassRef) -> bool:
    """Whether the rows are found through another table: an indexed column of it is given, or it is what is selected."""
    entity = entity_of(statement)
    is_joined = entity is not None and not interpreter.classes.are_related(entity.ref, model)
    if is_joined and any(_is_equal(c) and c.attribute.model is not model for c in statement.conditions):
        return True
    for condition in statement.conditions:
        other = condition.attribute.model
        table = interpreter.models.table(other)
        if other is model or table is None or not _is_equal(condition):
            continue
        column = next((c for c in table.columns if c.attribute == condition.attribute.name), None)
        if column is not None and table.is_covered((column.name,)):
            return True
    return False
