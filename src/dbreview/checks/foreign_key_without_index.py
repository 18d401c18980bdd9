"""The check behind rules/foreign-key-without-index.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from dbreview.finding import Confidence, Finding, Note
from dbreview.frameworks import naming
from dbreview.project import ForeignKey, Project, Table

_INDEXED_BY_THE_DATABASE = frozenset({"mysql", "mariadb"})
_SURENESS: tuple[Confidence, ...] = ("high", "medium", "low")
_AUDIT = re.compile(r"(_by|actor)(_\w*id)?$")


def check(project: Project) -> Iterator[Finding]:
    """Foreign keys by which neither joins nor deletes of the parent can look up rows."""
    if project.dialects and project.dialects <= _INDEXED_BY_THE_DATABASE:
        return
    is_mostly_indexed = bool(project.dialects & _INDEXED_BY_THE_DATABASE) and project.dialects <= (
        _INDEXED_BY_THE_DATABASE | {"sqlite"}
    )
    by_place: dict[tuple[object, tuple[str, ...]], list[tuple[Table, ForeignKey]]] = defaultdict(list)
    keeps_audit_indexed = _indexes_audit_keys(project)
    is_custom = _indexes_most_keys(project)
    unique_columns = {
        f"{t.name}.{column}" for t in project.tables for key in t.unique_keys() if len(key) == 1 for column in key
    }
    for table in project.tables:
        for key in table.foreign_keys if table.is_fully_known else ():
            if table.is_covered(key.columns) or _is_covered_by_a_part(table, key, unique_columns):
                continue
            by_place[(key.at, key.columns)].append((table, key))
    for group in by_place.values():
        table, key = group[0]
        is_declined = any((c := table.column(name)) is not None and c.declines_index for name in key.columns)
        is_audit = _is_audit(key) and not keeps_audit_indexed
        if is_mostly_indexed or is_declined or is_audit or _is_between(table):
            yield _finding(group, "low")
        else:
            yield _finding(group, min((_confidence(t, k, is_custom) for t, k in group), key=_SURENESS.index))


def _confidence(table: Table, key: ForeignKey, is_custom: bool) -> Confidence:
    """By what looks rows up by the key, as far as code was seen to, and whether the project indexes most keys."""
    if key.uses is None:
        return "high"
    if not key.uses:
        # An index that nothing reads costs every write; only the project's own way speaks for it.
        return "medium" if is_custom and not table.is_short_lived else "low"
    if key.uses == {"deleted"}:
        is_small = naming.last_word(table.title) in naming.LISTS_OF_NAMES | naming.FEW_PER_OWNER
        return "low" if table.is_short_lived or is_small else "medium"
    return "low" if table.is_short_lived and "searched" not in key.uses else "high"


def _finding(group: list[tuple[Table, ForeignKey]], confidence: Confidence) -> Finding:
    table, key = group[0]
    names = ", ".join(f"`{table.class_name or table.name}.{_attribute(table, column)}`" for column in key.columns)
    target = ", ".join(key.target) or "another table"
    others = [other.class_name or other.name for other, _ in group[1:]]
    partial = table.partial_index(key.columns)
    more = f" (and in {', '.join(f'`{name}`' for name in others)})" if others else ""
    notes = [
        Note(f"`{t.class_name or t.name}` inherits it", t.at)
        for t, k in group
        if k.at.filename != t.at.filename or len(group) > 1
    ]
    if partial is not None:
        notes.append(Note("this index holds only some of the rows", partial.at))
    return Finding(
        at=key.at,
        message=f"{names} refers to `{target}` and no index starts with it{more}",
        help=_help(table, key),
        notes=tuple(notes),
        confidence=confidence if partial is None else "low",
    )


def _is_covered_by_a_part(table: Table, key: ForeignKey, unique_columns: set[str]) -> bool:
    """Whether one column of a composite key is indexed and refers to a column that is unique by itself."""
    return len(key.columns) > 1 and any(
        table.is_covered((column,)) and target in unique_columns
        for column, target in zip(key.columns, key.target, strict=False)
    )


def _attribute(table: Table, name: str) -> str:
    column = table.column(name)
    return column.attribute if column is not None and table.model is not None else name


def _is_between(table: Table) -> bool:
    """Whether Tortoise makes the table by itself for a relation that is many to many."""
    return table.orm == "tortoise" and table.model is None


def _help(table: Table, key: ForeignKey) -> str:
    if _is_between(table):
        return (
            f"Add an index on `{key.columns[0]}` in a migration, or make `{table.name}` a model of its own, "
            f'named by `through="{table.name}"`, whose key has `db_index=True`.'
        )
    if table.orm == "tortoise":
        return "Add `db_index=True` to the field (and the index to a migration)."
    if len(key.columns) == 1:
        return "Add `index=True` to the column (and the index to a migration)."
    names = ", ".join(f'"{column}"' for column in key.columns)
    return f'Add `Index("ix_...", {names})` to `__table_args__` (and to a migration).'


def _is_audit(key: ForeignKey) -> bool:
    return len(key.columns) == 1 and _AUDIT.search(key.columns[0]) is not None


def _indexes_most_keys(project: Project) -> bool:
    """Whether three quarters of the keys are indexed, so that one without deviates from the project's own way."""
    covered = [t.is_covered(k.columns) for t in project.tables for k in t.foreign_keys]
    return sum(covered) * 4 >= len(covered) * 3


def _indexes_audit_keys(project: Project) -> bool:
    """Whether most ``created_by`` and the like are indexed in this project: then one that is not deviates."""
    covered = [t.is_covered(k.columns) for t in project.tables for k in t.foreign_keys if _is_audit(k)]
    return bool(covered) and sum(covered) * 2 > len(covered)
