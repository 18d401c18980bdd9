"""Columns that SQL text reads, Python computes, and SQL text writes back: what others wrote meanwhile is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview.finding import Confidence, Place
from dbreview.frameworks import naming, selectivity
from dbreview.link import bounds
from dbreview.link.drivers import parameters
from dbreview.link.events import RewriteEvent
from dbreview.link.joining import options
from dbreview.link.transactions import writing
from dbreview.link.values import Answer, Cell, Const, Fetch, Session, SqlText, Statement, Value
from dbreview.project import LostUpdate, Role

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

_COMPUTING = frozenset({"+", "-", "*", "/", "//"})
_METHODS = frozenset({"get", "keys", "values", "items", "_asdict", "_mapping", "index", "count", "tuple", "t"})


# --- what rows hold -----------------------------------------------------------------------


def cell(row: Value, key: Value) -> Value:
    """``row["stock"]`` and ``row[0]`` of a row that SQL text asked for."""
    sql = _sql_of(row.fetch) if isinstance(row, Answer) else None
    if sql is None or not isinstance(row, Answer) or not isinstance(key, Const):
        return None
    if isinstance(key.value, str):
        return Cell(row.fetch, key.value)
    position = key.value
    if isinstance(position, int) and 0 <= position < len(sql.columns) and sql.columns[position]:
        return Cell(row.fetch, sql.columns[position])
    return None


def attribute(row: Answer, name: str) -> Value:
    """``row.stock`` of a row with named columns."""
    if name == "_mapping" and _sql_of(row.fetch) is not None:
        return row
    return cell(row, Const(name)) if name not in _METHODS else None


def _sql_of(fetch: Fetch) -> SqlText | None:
    return fetch.statement.sql if fetch.statement is not None else None


def computed(left: Value, operator: str, right: Value) -> Value:
    """``row["stock"] - 1``."""
    for side in (left, right):
        for each in options(side):
            if isinstance(each, Cell) and operator in _COMPUTING:
                return replace(each, is_computed=True)
    return None


# --- what is written back -----------------------------------------------------------------


def note_run(frame: Frame, session: Session, statement: Statement | None, arguments: Arguments) -> None:
    """``UPDATE items SET stock = ? WHERE id = ?``, given a stock that was read before."""
    sql = statement.sql if statement is not None else None
    if statement is None or sql is None or sql.kind != "update" or sql.table is None:
        return
    for column, placeholder in sql.written:
        if naming.is_position(column):
            continue
        for value in options(parameters.value_of(session, arguments, placeholder)):
            if isinstance(value, Cell) and value.is_computed and value.column.lower() == column.lower():
                if _is_same_row(value, sql) and not writing.has_lock(frame):
                    _note(frame, value, sql.table, column, statement.at)


def _is_same_row(value: Cell, sql: SqlText) -> bool:
    """Whether the row is found by its key, or by what it was read by; one that compares more notices who was faster."""
    read = _sql_of(value.fetch)
    if read is None or read.table is None or sql.table is None or read.is_locking:
        return False
    others = {name for name in sql.fixed - read.fixed if naming.last_word(name) not in selectivity.TELLING}
    return read.table.lower() == sql.table.lower() and not others


def _note(frame: Frame, value: Cell, table: str, column: str, at: Place) -> None:
    interpreter = frame.interpreter
    event = RewriteEvent(at, value.fetch, table, column, interpreter.is_request, interpreter.route)
    known = interpreter.events.rewrites.get(at)
    if known is None or (event.is_request and not known.is_request):
        interpreter.events.rewrites[at] = event


def lost_updates(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[LostUpdate]:
    """Columns that are computed in Python from what SQL text read before, without a lock."""
    for at, event in sorted(interpreter.events.rewrites.items(), key=lambda item: item[0]):
        if roles.get(at.filename) != "application" or not event.is_request or interpreter.events.is_serializable:
            continue
        query = bounds.query_of(event.fetch.statement, event.fetch.at)
        confidence: Confidence = "medium"
        yield LostUpdate(at, event.table, event.column, None, None, query, event.route, None, confidence)
