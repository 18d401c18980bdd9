"""The check behind rules/not-null-without-default.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, RequiredColumn


def check(project: Project) -> Iterator[Finding]:
    """NOT NULL columns that a migration adds to an existing table without a value for its rows."""
    for column in project.required_columns:
        notes = (Note(f"`{column.table}` is created here", column.created_at),) if column.created_at else ()
        yield Finding(
            at=column.at,
            message=_message(column),
            help=_help(column),
            notes=notes,
            confidence=column.confidence,
        )


def _message(column: RequiredColumn) -> str:
    name = f"`{column.table}.{column.column}`"
    if column.is_altered:
        return f"{name} becomes NOT NULL before anything has given the rows of `{column.table}` a value"
    if column.has_own_default:
        return f"{name} is NOT NULL, and its `default=` gives the rows that `{column.table}` already has no value"
    return f"{name} is NOT NULL, and the rows that `{column.table}` already has get no value"


def _help(column: RequiredColumn) -> str:
    if column.is_altered:
        return f'Fill it first: `op.execute("UPDATE {column.table} SET {column.column} = ...")`.'
    return (
        "Give it a `server_default=` (in SQL a `DEFAULT`), or add it with `nullable=True`, fill it, and then call "
        f'`op.alter_column("{column.table}", "{column.column}", nullable=False)`.'
    )
