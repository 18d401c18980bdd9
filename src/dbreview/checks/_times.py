"""Which tables should say when their rows were made and changed, and which of their columns do."""

from __future__ import annotations

import re

from dbreview.frameworks import model_libraries, naming
from dbreview.project import Column, Conventions, Project, Table


def is_candidate(table: Table) -> bool:
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


def changes_with_children(table: Table, project: Project) -> bool:
    """Whether the tables that extend this one by joined inheritance say when a row changed."""
    children = [t for t in project.tables if t.parent is not None and t.parent == table.model]
    return bool(children) and all(updated(t, project.conventions) for t in children)


def _is_singleton(table: Table) -> bool:
    keys = [column for column in table.columns if column.is_primary_key]
    is_constant = len(keys) == 1 and any(default.is_constant for default in keys[0].defaults)
    return is_constant or any(re.search(r"\bid\s*=\s*1\b", text) for text in table.checks)


def is_lookup(table: Table) -> bool:
    """Whether the table is a list of names: nothing that happens, and rarely changed."""
    own = {c.name for c in table.columns if not c.is_primary_key}
    return own <= naming.LOOKUP_COLUMNS and len(own) <= 3


def created(table: Table, conventions: Conventions) -> bool:
    """A creation time by name, or the one time of an event table."""
    names = {c.name for c in table.columns} | {c.attribute for c in table.columns}
    if names & (naming.CREATED | naming.EVENT_TIMES | set(conventions.created_columns)):
        return True
    return any(_is_time(c) and not c.name.startswith(naming.NOT_A_CREATION) for c in table.columns)


def updated(table: Table, conventions: Conventions) -> bool:
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


def is_log(table: Table, conventions: Conventions) -> bool:
    """Whether rows are only ever added: a log, an event, a history by name or by its only time, or nothing but keys."""
    keys = {column for key in table.foreign_keys for column in key.columns} | set(table.primary_key)
    if all(c.name in keys or _is_time(c) for c in table.columns) or table.is_only_added_to:
        return True
    if not {c.name for c in table.columns} & (naming.CREATED | set(conventions.created_columns)):
        return True
    return not naming.APPEND_ONLY.isdisjoint([*naming.words(table.name), *naming.words(table.title)])


def is_part(table: Table, project: Project) -> bool:
    """Whether its rows are made with a parent that has their time, and go with it: the lines of an order."""
    if not table.is_only_added_to:
        return False
    tables = {t.model: t for t in project.tables}
    for model in project.models:
        for relationship in model.relationships.values():
            if relationship.target == table.model and "delete-orphan" in (relationship.cascade or ()):
                parent = tables.get(model.dotted)
                if parent is not None and created(parent, project.conventions):
                    return True
    return False
