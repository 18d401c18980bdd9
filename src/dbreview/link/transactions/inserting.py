"""Rows that are inserted because a query found none: two requests at the same time both find none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Confidence, Place
from dbreview.frameworks import sqlalchemy, tortoise
from dbreview.link import bounds
from dbreview.link.events import Effect, InsertEvent
from dbreview.link.joining import options
from dbreview.link.transactions import writing
from dbreview.link.values import (
    TORTOISE,
    Aggregate,
    Answer,
    Condition,
    Entity,
    Fetch,
    Items,
    Result,
    Session,
    Statement,
    Value,
)
from dbreview.project import CheckThenInsert, Role, Table

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter


def asked(frame: Frame, test: Expression) -> tuple[Fetch, bool] | None:
    """The query whose answer a condition asks for, and whether the condition holds when there is a row."""
    match test:
        case facts.UnaryOperation("not", operand):
            found = asked(frame, operand)
            return (found[0], not found[1]) if found is not None else None
        case facts.Comparison(left, ("is" | "==" as operator,), (facts.Constant(None),)):
            found = asked(frame, left)
            return (found[0], False) if found is not None and operator else None
        case facts.Comparison(left, ("is not" | "!=",), (facts.Constant(None),)):
            return asked(frame, left)
        case facts.Comparison(left, (">" | "!=",), (facts.Constant(0),)):
            return asked(frame, left)
        case facts.Comparison(left, (">=",), (facts.Constant(1),)):
            return asked(frame, left)
        case facts.Comparison(left, ("==",), (facts.Constant(0),)):
            found = asked(frame, left)
            return (found[0], not found[1]) if found is not None else None
        case facts.BooleanOperation(left, "and", _):
            found = asked(frame, left)
            return found if found is not None and not found[1] else None
        case facts.Name() | facts.Attribute() | facts.NamedExpression() | facts.Call() | facts.Await():
            value = frame.evaluate(test)
            fetch = _fetch_of(value)
            return (fetch, not _says_none(value)) if fetch is not None else None
    return None


def _says_none(value: Value) -> bool:
    return isinstance(value, Answer) and value.is_absent


def answer(value: Value, operator: str) -> Answer | None:
    """``found is None`` as a value: whether a query found nothing."""
    fetch = _fetch_of(value)
    return Answer(fetch, operator in ("is", "==")) if fetch is not None else None


def _fetch_of(value: Value) -> Fetch | None:
    for each in options(value):
        match each:
            case Entity(fetch=Fetch() as fetch, path=()) | Answer(fetch):
                return fetch
            case Items(fetch=Fetch() as fetch) | Result(Fetch() as fetch):
                return fetch
    return None


def note_insert(frame: Frame, effect: Effect, at: Place) -> None:
    """A row is inserted; was it because the same path found none?"""
    statement = effect.statement
    is_plain = statement is not None and statement.kind == "insert" and not statement.is_upsert
    is_insert = effect.kind == "add" or is_plain
    model = effect.model or (statement.model if statement is not None else None)
    if not is_insert or model is None or frame.interpreter.catching or writing.has_lock(frame):
        return
    for fetch in frame.absent:
        conditions = _conditions(fetch.statement)
        if {each.attribute.model for each in conditions} == {model} and not _is_about_others(frame, effect, conditions):
            interpreter = frame.interpreter
            event = InsertEvent(at, fetch, model, effect.at, interpreter.is_request, interpreter.route)
            known = interpreter.events.inserts.get(at)
            if known is None or (event.is_request and not known.is_request):
                interpreter.events.inserts[at] = event
                frame.inserted.append(at)


def _is_about_others(frame: Frame, effect: Effect, conditions: frozenset[Condition]) -> bool:
    """Whether other values are inserted than those that were asked for, as far as both are of this body."""
    model = effect.model
    asked = frozenset().union(*(condition.names for condition in conditions)) & frame.env.keys()
    if effect.calls or model is None or model not in frame.constructed or not asked:
        return False
    return not asked & frame.constructed[model]


def not_found(frame: Frame, handler: facts.Handler, known: set[tuple[str, Place]]) -> tuple[Fetch, ...]:
    """The one query of a block that has found nothing, where its handler is for that; ``known`` was done before."""
    if handler.exception is None or frame.symbol_of(handler.exception) not in _NOT_FOUND:
        return ()
    reads = [effect for key, effect in frame.effects.items() if key not in known and effect.kind == "read"]
    if len(reads) != 1 or reads[0].statement is None:
        return ()
    session = Session(reads[0].session, given=reads[0].on)
    return (Fetch(reads[0].at, session, reads[0].statement),)


_NOT_FOUND = sqlalchemy.NOT_FOUND | tortoise.NOT_FOUND


def forget(frame: Frame) -> None:
    """A conflict is handled where the rows are sent: somebody has thought of it."""
    for at in frame.inserted:
        frame.interpreter.events.inserts.pop(at, None)
    frame.inserted.clear()


def checks_then_inserts(
    interpreter: Interpreter, roles: Mapping[str, Role], tables: Iterable[Table]
) -> Iterator[CheckThenInsert]:
    """Inserts after a check that nothing in the schema backs, migrations included."""
    table_of = {table.model: table for table in tables}
    for at, event in sorted(interpreter.events.inserts.items(), key=lambda item: item[0]):
        statement, table = event.fetch.statement, table_of.get(event.model.dotted)
        if roles.get(at.filename) != "application" or statement is None or table is None or not event.is_request:
            continue
        columns = _columns(statement, table)
        if columns is None or _may_be_unique(table, columns) or _is_owner(interpreter, table, columns):
            continue
        confidence: Confidence = "medium"
        attributes = tuple(sorted(c.attribute for c in table.columns if c.name in columns))
        query = bounds.query_of(statement, event.fetch.at)
        yield CheckThenInsert(at, query, event.model.name, attributes, event.insert_at, event.route, confidence)


def _columns(statement: Statement, table: Table) -> frozenset[str] | None:
    """The columns that a statement looks rows up by, if it does nothing but compare them.

    One that is ordered asks for the first of many.
    """
    conditions = _conditions(statement)
    is_more = statement.is_narrowed or statement.is_opaque or statement.has_unknown_filter or statement.is_locking
    is_more = is_more or any(condition.operator != "==" or condition.other for condition in conditions)
    is_ordered = bool(statement.ordered_by) if statement.session == TORTOISE else statement.is_ordered
    if is_more or is_ordered:
        return None
    by_attribute = {column.attribute: column.name for column in table.columns}
    names = [by_attribute.get(condition.attribute.name) for condition in conditions]
    return frozenset(name for name in names if name is not None) if None not in names else None


def _is_owner(interpreter: Interpreter, table: Table, columns: frozenset[str]) -> bool:
    """Whether the rows were looked up by nothing but their owner, who may have many."""
    is_key = any(frozenset(key.columns) == columns for key in table.foreign_keys)
    return is_key and not any(
        each.target == table.model and each.direction == "ONETOMANY" and each.is_collection is False
        for model in interpreter.models.models.values()
        for each in model.relationships.values()
        if any(frozenset(key.columns) == columns for key in each.foreign_keys)
    )


def _conditions(statement: Statement | None) -> frozenset[Condition]:
    """What a statement filters by, or the query inside its ``exists()``."""
    first = statement.selected[0] if statement is not None and statement.selected else None
    inner = first.conditions if isinstance(first, Aggregate) else frozenset()
    return inner or (statement.conditions if statement is not None else frozenset())


def _may_be_unique(table: Table, columns: frozenset[str]) -> bool:
    """Whether something may keep two rows from having the same values in these columns."""
    if not table.is_fully_known or any(key <= columns or key > columns for key in table.unique_keys()):
        return True  # a larger key says that it takes more than these columns to tell rows apart
    return any(
        index.is_unique and (index.is_partial or "" in index.columns) and frozenset(index.columns) - {""} <= columns
        for index in table.indexes
    )
