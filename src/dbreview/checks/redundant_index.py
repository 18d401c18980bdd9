"""The check behind rules/redundant-index.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dbreview.checks._columns import also_in, inherited
from dbreview.checks._convention import one_for_all
from dbreview.finding import Finding, Note, Place
from dbreview.project import Index, Project, Table


@dataclass(frozen=True, slots=True)
class _Key:
    """Something that finds rows. ``index`` is None for keys and constraints, ``at`` for the primary key."""

    columns: tuple[str, ...]
    title: str
    at: Place | None
    is_unique: bool = True
    index: Index | None = None

    def makes_redundant(self, other: _Key, *, is_earlier: bool) -> bool:
        """Whether every search of the other one, and the uniqueness it stands for, is served by this one."""
        if self.columns != other.columns:
            return not other.is_unique and self.columns[: len(other.columns)] == other.columns
        return self.is_unique > other.is_unique or (self.is_unique == other.is_unique and is_earlier)


def check(project: Project) -> Iterator[Finding]:
    """Indexes that repeat the primary key, a unique constraint, or the start of another index."""
    groups: dict[tuple[Place, tuple[str, ...]], list[tuple[Table, Index, _Key | None]]] = defaultdict(list)
    for table in project.tables:
        keys = list(_keys(project, table))
        for place, key in enumerate(keys):
            if key.index is not None:
                covers = (
                    k for at, k in enumerate(keys) if k is not key and k.makes_redundant(key, is_earlier=at < place)
                )
                groups[key.index.at, key.columns].append((table, key.index, next(covers, None)))
    of_primary_keys: list[Finding] = []
    for group in groups.values():
        _, index, cover = group[0]
        if cover is None or any(each is None for _, _, each in group):
            continue  # one of the tables that the mixin brings it to has need of it
        finding = _finding(index, cover, tuple(table for table, _, _ in group))
        if index.is_of_column and cover.at is None:
            of_primary_keys.append(finding)
        else:
            yield finding
    if of_primary_keys:
        yield one_for_all(sorted(of_primary_keys, key=lambda each: each.at), "more")


def _keys(project: Project, table: Table) -> Iterator[_Key]:
    """The primary key, and the constraints and full, plain indexes of the models."""
    if table.is_fully_known and _has_sure_order(table):
        yield _Key(table.primary_key, "the primary key", None)
    for unique in table.uniques:
        if project.roles.get(unique.at.filename) != "migration":
            yield _Key(unique.columns, f"the unique constraint over {_listed(unique.columns)}", unique.at)
    for index in table.indexes:
        is_whole = not index.is_partial and index.is_ordered and index.is_plain and index.dialect is None
        if is_whole and "" not in index.columns and project.roles.get(index.at.filename) != "migration":
            yield _Key(index.written or index.columns, _title(table, index), index.at, index.is_unique, index)


def _has_sure_order(table: Table) -> bool:
    """Whether the columns of the primary key stand in a known order.

    A mixin's columns come before the class's own in SQLAlchemy 1.4, and after them in 2.0.
    """
    flagged = [column.at for column in table.columns if column.is_primary_key]
    is_own = all(at.filename == table.at.filename and at >= table.at for at in flagged)
    return bool(table.primary_key) and (len(table.primary_key) == 1 or is_own)


def _title(table: Table, index: Index) -> str:
    column = table.column(index.columns[0])
    if index.is_of_column and column is not None:
        return f"the index of `{table.title}.{column.attribute}`"
    return f"the index {f'`{index.name}`' if index.name else f'over {_listed(index.columns)}'}"


def _finding(index: Index, cover: _Key, tables: tuple[Table, ...]) -> Finding:
    is_same = cover.columns == (index.written or index.columns)
    notes = inherited(index.at, tables)
    if cover.at not in (None, index.at):
        notes = (Note("this serves the same searches", cover.at), *notes)
    if index.is_of_column:
        what = "`db_index=True`" if tables[0].orm == "tortoise" else "`index=True`"
    else:
        what = f'`Index("{index.name}", ...)`' if index.name else "it"
    return Finding(
        at=index.at,
        message=f"{_title(tables[0], index)}{also_in(tables[1:])} repeats "
        f"{'' if is_same else 'the start of '}{cover.title}",
        help=f"Remove {what}, and drop the index in a migration: searches by {_listed(index.columns)} lose nothing.",
        notes=notes,
        confidence="high" if is_same else "medium",
    )


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)
