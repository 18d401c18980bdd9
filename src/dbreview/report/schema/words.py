"""What a schema's parts are called for people, in the same words in every format."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.project import Column, ColumnType, Default, Direction, Index, Table

CARDINALITY: dict[Direction, str] = {
    "MANYTOONE": "many to one",
    "ONETOMANY": "one to many",
    "MANYTOMANY": "many to many",
}

UNREAD = "(?)"
"""Stands for an expression in an index that could not be read."""

_ALL = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete"})
"""What SQLAlchemy means by the cascade `all`."""


def of_type(column_type: ColumnType | None) -> str:
    """`String(200)`, `DateTime(timezone)`; empty where it is unknown."""
    if column_type is None:
        return ""
    if not column_type.is_fully_read:
        return column_type.name
    if column_type.length is not None:
        return f"{column_type.name}({column_type.length})"
    return f"{column_type.name}(timezone)" if column_type.has_zone else column_type.name


def of_null(column: Column) -> str:
    """Whether it may be empty; a question mark where nobody says."""
    return {True: "null", False: "not null", None: "?"}[column.is_nullable]


def of_default(default: Default) -> str:
    """`default`, `default=utcnow`, with brackets where it was called once and for all."""
    if default.called is None:
        return default.keyword
    return f"{default.keyword}={default.called}{'()' if default.is_evaluated_once else ''}"


def of_cascade(cascade: frozenset[str]) -> str:
    """`all delete-orphan`, as it is written rather than as what it stands for."""
    rest = cascade - _ALL if cascade >= _ALL else cascade
    return " ".join((["all"] if cascade >= _ALL else []) + sorted(rest)) or "none"


def of_keys(table: Table, column: Column) -> Iterator[str]:
    """What the column is in its table: `PK`, `FK`, `unique`, `index`."""
    if column.name in table.primary_key:
        yield "PK"
    if any(column.name in key.columns for key in table.foreign_keys):
        yield "FK"
    if is_unique(table, column):
        yield "unique"
    elif table.is_indexed((column.name,)) and column.name not in table.primary_key[:1]:
        yield "index"


def is_unique(table: Table, column: Column) -> bool:
    """Whether a value occurs at most once, for another reason than being the primary key."""
    alone = frozenset({column.name})
    return alone in table.unique_keys() and alone != frozenset(table.primary_key)


def of_index(index: Index) -> list[str]:
    """What the database is told to sort by: `created_at DESC`, `(lower(name))`."""
    return [each or UNREAD for each in index.written]
