"""The check behind rules/missing-timestamps.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dbreview.finding import Confidence, Finding, Note
from dbreview.frameworks import model_libraries, naming
from dbreview.project import Column, Conventions, Project, Table


def check(project: Project) -> Iterator[Finding]:
    """Tables without a creation or update time, measured against what their siblings have."""
    tables = [table for table in project.tables if _is_candidate(table)]
    conventions = project.conventions
    timeless = [table for table in tables if not _created(table, conventions)]
    if timeless:
        yield from _missing(tables, timeless, "created_at", "when a row was made")
    changing = [t for t in tables if not _is_log(t, conventions) and not _changes_with_children(t, project)]
    lacking = [t for t in changing if _created(t, conventions) and not _updated(t, conventions)]
    if lacking:
        yield from _missing(changing, lacking, "updated_at", "when a row last changed")


def _missing(tables: Sequence[Table], lacking: Sequence[Table], column: str, what: str) -> Iterator[Finding]:
    """One finding per table that deviates, or one for a project that hardly ever has the column."""
    having = len(tables) - len(lacking)
    if having * 3 < len(tables):
        lacking = [table for table in lacking if not _is_lookup(table)] or lacking
        yield from _for_the_project(lacking, column, what)
        return
    for table in lacking:
        is_custom = having * 4 >= len(tables) * 3
        yield Finding(
            at=table.at,
            message=f"`{table.class_name}` does not say {what}, unlike {having} of the {len(tables)} tables here",
            help=_help(table, column),
            confidence=_confidence(table, is_custom, having * 2 >= len(tables), column),
        )


def _confidence(table: Table, is_custom: bool, is_usual: bool, column: str) -> Confidence:
    if _is_lookup(table) and not is_custom:
        return "low"
    has_natural_key = not any(c.is_primary_key and c.name in ("id", "uuid") for c in table.columns)
    if column == "created_at" and has_natural_key and any(c.name in naming.UPDATED for c in table.columns):
        return "low"  # the value of a key, written over again and again, has its last time
    return "high" if is_usual else "medium"


def _for_the_project(lacking: Sequence[Table], column: str, what: str) -> Iterator[Finding]:
    first, *others = lacking
    more = f" (nor do {len(others)} other tables)" if others else ""
    yield Finding(
        at=first.at,
        message=f"`{first.class_name}` does not say {what}{more}",
        help=_help(first, column),
        notes=tuple(_notes(others)),
        confidence="low" if _is_lookup(first) else "high",
    )


def _notes(others: Sequence[Table]) -> Iterator[Note]:
    for table in others[:5]:
        more = f", nor do {len(others) - 5} more" if len(others) > 5 and table is others[4] else ""
        yield Note(f"`{table.class_name}` does not either{more}", table.at)


def _help(table: Table, column: str) -> str:
    if table.orm == "tortoise":
        keyword = "auto_now" if column == "updated_at" else "auto_now_add"
        return f"Add `{column} = fields.DatetimeField({keyword}=True)`, best in an abstract base class."
    update = ", onupdate=func.now()" if column == "updated_at" else ""
    return (
        f"Add `{column} = mapped_column(DateTime(timezone=True), server_default=func.now(){update})`, best in a mixin."
    )


def _is_candidate(table: Table) -> bool:
    """Whether the table is a mapped one that is fully known and holds things of its own."""
    if table.model is None or not table.is_fully_known or len(table.columns) < 2 or _is_singleton(table):
        return False
    if table.name in model_libraries.TOOL_TABLES:
        return False
    keys = {column for key in table.foreign_keys for column in key.columns}
    own = [c for c in table.columns if c.name not in keys and not c.is_primary_key]
    if not own or (table.primary_key and set(table.primary_key) <= keys) or len(keys & set(table.primary_key)) >= 2:
        return False  # an association table, or the child table of joined inheritance
    if any(len(keys) >= 2 and set(unique.columns) <= keys for unique in table.uniques) and len(own) <= 2:
        return False  # an association whose pairs are unique
    if keys and {c.name.rpartition("_")[2] for c in own} == {"id", "type"}:
        return False  # a link to one of several tables
    return not (len(keys) >= 2 and len(own) <= 1)  # an association with a surrogate key


def _changes_with_children(table: Table, project: Project) -> bool:
    """Whether the tables that extend this one by joined inheritance say when a row changed."""
    children = [t for t in project.tables if t.parent is not None and t.parent == table.model]
    return bool(children) and all(_updated(t, project.conventions) for t in children)


def _is_singleton(table: Table) -> bool:
    return any(re.search(r"\bid\s*=\s*1\b", text) for text in table.checks)


def _is_lookup(table: Table) -> bool:
    """Whether the table is a list of names: nothing that happens, and rarely changed."""
    own = {c.name for c in table.columns if not c.is_primary_key}
    return own <= naming.LOOKUP_COLUMNS and len(own) <= 3


def _created(table: Table, conventions: Conventions) -> bool:
    """A creation time by name, or the one time of an event table."""
    names = {c.name for c in table.columns} | {c.attribute for c in table.columns}
    if names & (naming.CREATED | naming.EVENT_TIMES | set(conventions.created_columns)):
        return True
    return any(_is_time(c) and not c.name.startswith(naming.NOT_A_CREATION) for c in table.columns)


def _updated(table: Table, conventions: Conventions) -> bool:
    names = {c.name for c in table.columns} | {c.attribute for c in table.columns}
    if names & (naming.UPDATED | set(conventions.updated_columns)):
        return True
    times = [c for c in table.columns if _is_time(c)]
    if any(c.has_update for c in times):
        return True
    others = [c for c in times if c.name not in naming.CREATED | naming.EVENT_TIMES | set(conventions.created_columns)]
    return any(not c.name.startswith(naming.PLANNED) for c in others)  # such as `revoked_at`, `finished_at`


def _is_time(column: Column) -> bool:
    kind = column.type.name if column.type is not None else ""
    return kind in naming.TIME_TYPES or (kind in naming.NUMBER_TYPES and column.name.startswith("timestamp"))


def _is_log(table: Table, conventions: Conventions) -> bool:
    """Whether rows are only ever added: a log, an event, a history by name or by its only time, or nothing but keys."""
    keys = {column for key in table.foreign_keys for column in key.columns} | set(table.primary_key)
    if all(c.name in keys or _is_time(c) for c in table.columns) or table.is_only_added_to:
        return True
    if not {c.name for c in table.columns} & (naming.CREATED | set(conventions.created_columns)):
        return True
    words = (table.name + "_" + (table.class_name or "")).lower()
    return any(word in words for word in naming.APPEND_ONLY)
