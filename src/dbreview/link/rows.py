"""The rows that a statement gives, in the shapes that results have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview.facts import Expression
from dbreview.frameworks import sqlalchemy
from dbreview.link import building, results
from dbreview.link.exposure import dumping
from dbreview.link.joining import join_all
from dbreview.link.values import (
    Aggregate,
    Answer,
    Attribute,
    Cell,
    ClassValue,
    Coroutine,
    Either,
    Entity,
    Fetch,
    Items,
    Record,
    Result,
    Session,
    Statement,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def row_of(fetch: Fetch, shape: str) -> Value:
    """One row of a result."""
    statement = fetch.statement
    if statement is None or not statement.selected:
        return None
    if shape == "scalars":
        return selected_value(statement.selected[0], fetch)
    record = Record(tuple(selected_value(selected, fetch) for selected in statement.selected))
    return record if shape == "rows" else dumping.mapping_of(record)


def selected_value(selected: Value, fetch: Fetch) -> Value:
    return Entity(selected.ref, fetch) if isinstance(selected, ClassValue) else None


def scalar(fetch: Fetch) -> Value:
    """The first column of one row."""
    if fetch.statement is not None and fetch.statement.sql is not None:
        return only_cell(fetch)
    selected = fetch.statement.selected[0] if fetch.statement is not None and fetch.statement.selected else None
    return Answer(fetch) if isinstance(selected, (Attribute, Aggregate)) else selected_value(selected, fetch)


def result(result: Result, name: str) -> Value:
    if name == "scalars":
        return replace(result, shape="scalars")
    if name == "mappings":
        return replace(result, shape="mappings")
    if name == "unique":
        return replace(result, is_unique=True)
    if name in sqlalchemy.ALL_FROM_RESULT:
        return Items(row_of(result.fetch, result.shape), result.fetch)
    if name in sqlalchemy.ONE_FROM_RESULT:
        one = of_one(result.fetch)
        if one.statement is not None and one.statement.sql is not None:
            return Answer(one)
        return scalar(one) if result.shape == "scalars" else row_of(one, result.shape)
    if name in sqlalchemy.SCALAR_FROM_RESULT:
        return scalar(of_one(result.fetch))
    if name in sqlalchemy.SOME_FROM_RESULT:
        many = Items(row_of(result.fetch, result.shape))
        return Items(many) if name == "partitions" else many
    return result if name in sqlalchemy.SAME_RESULT else None


def only_cell(fetch: Fetch) -> Value:
    """The first column of the first row that SQL text gives."""
    sql = fetch.statement.sql if fetch.statement is not None else None
    return Cell(fetch, sql.columns[0]) if sql is not None and sql.columns and sql.columns[0] else Answer(fetch)


def one_row(fetch: Fetch) -> Value:
    """The first row of a statement that gives no more than that one away."""
    one = of_one(fetch)
    return Answer(one) if one.statement is not None and one.statement.sql is not None else row_of(one, "rows")


def of_one(fetch: Fetch) -> Fetch:
    """The same statement, of which one row is taken."""
    return replace(fetch, statement=replace(fetch.statement, is_single=True)) if fetch.statement is not None else fetch


def as_items(frame: Frame, source: Value, node: Expression) -> Value:
    """``list(source)`` and the like: the same items as a collection."""
    match source:
        case Items():
            return replace(source, is_lazy=False)
        case Result(fetch, shape):
            results.note_read(frame, source, "iteration", frame.place(node.at))
            return Items(row_of(fetch, shape), fetch)
        case Statement(session=Session()):
            return building.run_query(frame, source, node)
        case Session(ran=Fetch() as fetch):
            return Items(row_of(fetch, "rows"), fetch)
        case Coroutine(value):
            return as_items(frame, value, node)
        case Either(parts):
            return next((found for found in (as_items(frame, part, node) for part in parts) if found is not None), None)
        case Record(items):
            return Items(join_all(items), is_literal=True, exact=items)
    return None
