"""The check behind rules/table-without-primary-key.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Confidence, Finding, Note
from dbreview.project import Project, Table


def check(project: Project) -> Iterator[Finding]:
    """Core tables of which nothing names one row. A mapped class cannot lack a primary key: SQLAlchemy refuses it."""
    for table in project.tables:
        if table.orm == "tortoise":
            continue  # it makes a key for every model, and none for a table between two of them
        if table.model is None and table.columns and table.is_fully_known and not table.primary_key:
            yield Finding(
                at=table.at,
                message=f"`{table.name}` has no primary key: the same row can be stored twice",
                help=_help(table),
                notes=tuple(_notes(project, table)),
                confidence=_confidence(table),
            )


def _confidence(table: Table) -> Confidence:
    keys = table.unique_keys()
    if any(all(_is_required(table, name) for name in key) for key in keys):
        return "low"  # no row can be there twice; only the name of the key is missing
    return "medium" if keys else "high"


def _is_required(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and column.is_nullable is False


def _help(table: Table) -> str:
    key = _natural_key(table)
    if not key:
        return 'Add `Column("id", Integer, primary_key=True)`, and the column to a migration.'
    names = " and ".join(f"`{name}`" for name in key)
    return f"Add `primary_key=True` to {names}, remove duplicate rows and add the key in a migration."


def _natural_key(table: Table) -> tuple[str, ...]:
    """The columns of a unique constraint, or else the two sides of an association."""
    if table.uniques:
        return table.uniques[0].columns
    sides = tuple(dict.fromkeys(name for key in table.foreign_keys for name in key.columns))
    return sides if len(table.foreign_keys) == 2 else ()


def _notes(project: Project, table: Table) -> Iterator[Note]:
    for model in project.models:
        for relationship in model.relationships.values():
            if relationship.secondary in (table.name, table.full_name) and not relationship.is_view_only:
                yield Note(f"`{model.name}.{relationship.name}` writes rows into it", relationship.at)
