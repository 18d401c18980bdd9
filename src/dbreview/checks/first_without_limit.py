"""The check behind rules/first-without-limit.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import DiscardedRows, Project


def check(project: Project) -> Iterator[Finding]:
    """Statements of which all rows are fetched and one is used."""
    for read in project.discarded_rows:
        rows = f"every `{read.query.entity}` row" if read.query.entity else "every row"
        yield Finding(
            at=read.at,
            message=f"`{read.method}()` adds no LIMIT: {rows} that matches is fetched, and all but one thrown away",
            help=_help(project, read),
            notes=tuple(_notes(read)),
            confidence=read.confidence,
        )


def _help(project: Project, read: DiscardedRows) -> str:
    if read.query.is_sql:
        return "End the statement with `LIMIT 1`."
    if read.is_ordered:
        return "Add `.limit(1)` behind the `.order_by(...)`."
    if read.confidence == "low" and (column := _only_column(project, read)) is not None:
        return f"If `{column}` finds one row at most, declare it with `unique=True`. Otherwise add `.limit(1)`."
    return "Add `.limit(1)` to the statement, and an `.order_by(...)` if it matters which row comes first."


def _only_column(project: Project, read: DiscardedRows) -> str | None:
    """The entity's column by which the statement filters, if it is the only one and no key already."""
    if len(read.columns) != 1:
        return None
    name = read.columns[0]
    columns = (model.columns.get(name) for model in project.models if model.name == read.query.entity)
    is_open = any(column is not None and not (column.is_primary_key or column.is_unique) for column in columns)
    return f"{read.query.entity}.{name}" if is_open else None


def _notes(read: DiscardedRows) -> Iterator[Note]:
    if (read.query.at.filename, read.query.at.line) != (read.at.filename, read.at.line):
        yield Note("the statement runs here, without a limit", read.query.at)
