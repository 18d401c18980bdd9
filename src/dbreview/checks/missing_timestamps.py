"""The check behind rules/missing-timestamps.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from dbreview.checks._times import (
    changes_with_children,
    created,
    is_candidate,
    is_log,
    is_lookup,
    is_part,
    updated,
)
from dbreview.finding import Confidence, Finding, Note
from dbreview.frameworks import naming
from dbreview.project import Project, Table

_FEWEST = 3
"""Tables that a database must have to make a habit of its own, beside one that has more."""


def check(project: Project) -> Iterator[Finding]:
    """Tables without a creation or update time, measured against what their siblings have."""
    databases: dict[str | None, list[Table]] = defaultdict(list)
    for table in project.tables:
        if is_candidate(table) and not is_part(table, project):
            databases[table.metadata].append(table)
    has_large = any(len(tables) >= _FEWEST for tables in databases.values())
    for tables in databases.values():
        if len(tables) >= _FEWEST or not has_large:
            yield from _of_database(tables, project)


def _of_database(tables: Sequence[Table], project: Project) -> Iterator[Finding]:
    conventions = project.conventions
    timeless = [table for table in tables if not created(table, conventions)]
    changing = [t for t in tables if not is_log(t, conventions) and not changes_with_children(t, project)]
    unchanged = [t for t in changing if not updated(t, conventions)]
    if timeless:
        yield from _missing(tables, timeless, "created_at", [t for t in timeless if t in unchanged])
    lacking = [table for table in unchanged if table not in timeless]
    if lacking:
        yield from _missing(changing, lacking, "updated_at", ())


def _missing(
    tables: Sequence[Table], lacking: Sequence[Table], column: str, both: Sequence[Table]
) -> Iterator[Finding]:
    """One finding per table that deviates, or one for a project that hardly ever has the column.

    ``both`` are those that lack the update time as well.
    """
    having = [table for table in tables if table not in lacking]
    if len(having) * 3 < len(tables):
        lacking = [table for table in lacking if not is_lookup(table)] or lacking
        yield _for_the_project(lacking, column, both)
        return
    for table in lacking:
        is_custom = len(having) * 4 >= len(tables) * 3
        what = _what(column, is_both=table in both)
        yield Finding(
            at=table.at,
            message=f"`{table.class_name}` does not say {what}, unlike {len(having)} of the {len(tables)} tables here",
            help=_help(table, column, is_both=table in both),
            notes=tuple(_siblings(having, column)),
            confidence=_confidence(table, is_custom, len(having) * 2 >= len(tables), column),
        )


def _what(column: str, *, is_both: bool) -> str:
    if column == "updated_at":
        return "when a row last changed"
    return "when a row was made or last changed" if is_both else "when a row was made"


def _confidence(table: Table, is_custom: bool, is_usual: bool, column: str) -> Confidence:
    is_fixed = any(c.type is not None and c.type.name == "Enum" for c in table.columns)
    if is_lookup(table) and (is_fixed or not is_custom):
        return "low"
    has_natural_key = not any(c.is_primary_key and c.name in ("id", "uuid") for c in table.columns)
    has_natural_key |= any("key" in unique.columns for unique in table.uniques)
    if column == "created_at" and has_natural_key and any(c.name in naming.UPDATED for c in table.columns):
        return "low"  # the value of a key, written over again and again, has its last time
    return "high" if is_usual else "medium"


def _for_the_project(lacking: Sequence[Table], column: str, both: Sequence[Table]) -> Finding:
    first, *others = lacking
    more = f" (nor do {len(others)} other tables)" if others else ""
    return Finding(
        at=first.at,
        message=f"`{first.class_name}` does not say {_what(column, is_both=first in both)}{more}",
        help=_help(first, column, is_both=first in both),
        notes=tuple(_notes(others)),
        confidence="low" if is_lookup(first) else "high",
    )


def _siblings(having: Sequence[Table], column: str) -> Iterator[Note]:
    """How another table of the project says it."""
    names = naming.CREATED if column == "created_at" else naming.UPDATED
    for table in having:
        for each in table.columns:
            if each.name in names:
                yield Note(f"`{table.title}.{each.attribute}` says it, from here", each.at)
                return


def _notes(others: Sequence[Table]) -> Iterator[Note]:
    for table in others[:5]:
        more = f", nor do {len(others) - 5} more" if len(others) > 5 and table is others[4] else ""
        yield Note(f"`{table.class_name}` does not either{more}", table.at)


def _help(table: Table, column: str, *, is_both: bool) -> str:
    written = [_written(table, column)] + ([_written(table, "updated_at")] if is_both else [])
    where = "an abstract base class" if table.orm == "tortoise" else "a mixin"
    return f"Add {' and '.join(f'`{each}`' for each in written)}, best in {where}."


def _written(table: Table, column: str) -> str:
    is_update = column == "updated_at"
    if table.orm == "tortoise":
        return f"{column} = fields.DatetimeField({'auto_now' if is_update else 'auto_now_add'}=True)"
    if table.orm == "sqlmodel":
        update = ', sa_column_kwargs={"onupdate": utc_now}' if is_update else ""
        return f"{column}: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True){update})"
    update = ", onupdate=func.now()" if is_update else ""
    return f"{column}: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(){update})"
