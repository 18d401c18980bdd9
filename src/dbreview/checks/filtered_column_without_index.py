"""The check behind rules/filtered-column-without-index.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from dbreview.checks._columns import also_in, inherited
from dbreview.checks._selectivity import has_few_values, tells_rows_apart, use_of_index
from dbreview.finding import Confidence, Finding, Note, Place
from dbreview.project import Column, Lookup, Model, Project, Route, Table

_SURENESS: dict[Confidence, int] = {"high": 3, "medium": 2, "low": 1}
_MESSAGES = {
    "equal": "{route} looks rows up by {column}{elsewhere}, and no index starts with it",
    "range": "{route} searches a range of {column}{elsewhere}, and no index starts with it",
    "order": "{route} sorts {rows} by {column}{elsewhere} for one page, and no index has that order",
}
_VERBS = {"equal": "looks rows up by it", "range": "searches a range of it", "order": "sorts by it"}
_MOST_NOTES = 3
_WITH_SHORT_KEYS = frozenset({"mysql", "mariadb"})
_LONGEST_KEY = 768
"""Characters of utf8mb4 in the 3072 bytes that InnoDB allows a key."""


@dataclass(frozen=True, slots=True)
class _Search:
    """One lookup in terms of its table. ``beside`` are the columns that must be equal as well."""

    lookup: Lookup
    route: Route
    column: Column
    beside: frozenset[str]
    confidence: Confidence

    @property
    def worth(self) -> tuple[int, bool]:
        return _SURENESS[self.confidence], self.lookup.kind == "equal"


@dataclass(frozen=True, slots=True)
class _Want:
    """A column of one table that wants an index, and the searches that this would serve, best first."""

    table: Table
    searches: tuple[_Search, ...]

    @property
    def column(self) -> Column:
        return self.searches[0].column


def check(project: Project) -> Iterator[Finding]:
    """Columns by which requests look up or sort rows, and no index helps them."""
    searches: dict[Table, list[_Search]] = defaultdict(list)
    for table, search in _searches(project):
        searches[table].append(search)
    wants: dict[tuple[Place, str], list[_Want]] = defaultdict(list)
    for table, found in searches.items():
        for want in _wants(table, found):
            wants[want.column.at, want.column.attribute].append(want)
    for group in wants.values():
        yield _finding(group)


def _searches(project: Project) -> Iterator[tuple[Table, _Search]]:
    """The lookups that requests lead to and that nothing narrows down already."""
    found = list(_resolved(project))
    joined = {lookup.at for lookup in project.lookups if lookup.kind == "join"}
    too_long = {lookup.at for lookup, _, _, column in found if _is_too_long(column, project)}
    for lookup, model, table, column in found:
        if lookup.route is None or lookup.at in too_long or lookup.beside & model.relationships.keys():
            continue
        beside = _names(model, lookup.beside - {lookup.attribute})
        confidence = use_of_index(lookup, column, table)
        is_joined = lookup.kind != "equal" and lookup.at in joined  # the other table may leave few rows
        if confidence is None or is_joined or _is_narrowed(table, column, beside, _names(model, lookup.nulls)):
            continue
        yield table, _Search(lookup, lookup.route, column, beside, confidence)


def _resolved(project: Project) -> Iterator[tuple[Lookup, Model, Table, Column]]:
    """The lookups whose model, table and column are known."""
    models = {model.dotted: model for model in project.models if model.table is not None}
    tables = {table.model: table for table in project.tables if table.is_fully_known}
    for lookup in project.lookups:
        model = models.get(lookup.model)
        table = tables.get(model.table.model) if model is not None and model.table is not None else None
        column = model.columns.get(lookup.attribute) if model is not None else None
        if model is not None and table is not None and column is not None and table.column(column.name) == column:
            yield lookup, model, table, column


def _is_too_long(column: Column, project: Project) -> bool:
    """Whether the column cannot be indexed as a whole on one of the project's databases."""
    is_short_of_room = bool(project.dialects & _WITH_SHORT_KEYS)
    return is_short_of_room and column.type is not None and (column.type.length or 0) > _LONGEST_KEY


def _names(model: Model, attributes: frozenset[str]) -> frozenset[str]:
    return frozenset(model.columns[attribute].name for attribute in attributes if attribute in model.columns)


def _wants(table: Table, searches: list[_Search]) -> Iterator[_Want]:
    """One index after the other, the best first. What an index narrows down wants no other."""
    while searches:
        best = max(searches, key=lambda search: search.worth).column
        served = [search for search in searches if search.column == best]
        yield _Want(table, tuple(sorted(served, key=lambda search: search.worth, reverse=True)))
        searches = [search for search in searches if best.name not in {search.column.name, *search.beside}]


def _is_narrowed(table: Table, column: Column, beside: frozenset[str], nulls: frozenset[str]) -> bool:
    """Whether an index leads to few rows already. Foreign keys count: another rule asks for their index."""
    searched = {column.name, *beside}
    if any(searched & set(key.columns) for key in table.foreign_keys):
        return True
    few = {each.name for each in table.columns if has_few_values(each)}
    for start in table.starts():
        known = list(takewhile(lambda name: name in searched | nulls, start))
        telling = [name for name in known if name in searched]
        if telling and (telling[0] not in few or column.name in start):
            return True
    # The text of an expression that cannot be read has dots in it: it may be of any column.
    named = re.compile(rf"\b{re.escape(column.name)}\b|\.\.\.")
    special = [index for index in table.indexes if "" in index.columns or not index.is_ordered]
    return any(named.search(text) for index in special for text in index.written)


def _finding(group: list[_Want]) -> Finding:
    want = max(group, key=lambda each: each.searches[0].worth)
    tables = (want.table, *(each.table for each in group if each is not want))
    best, column = want.searches[0], want.column
    return Finding(
        at=column.at,
        message=_MESSAGES[best.lookup.kind].format(
            route=_title(best.route),
            column=f"`{want.table.title}.{column.attribute}`",
            elsewhere=also_in(tables[1:]),
            rows="the whole table" if best.lookup.is_whole and not best.beside else "all rows that its filters leave",
        ),
        help=_help(want, is_alone=len(group) == 1),
        notes=(*_notes(want), *inherited(column.at, tables)),
        confidence=best.confidence,
    )


def _notes(want: _Want) -> Iterator[Note]:
    seen: dict[Place, _Search] = {}
    for search in want.searches:
        seen.setdefault(search.lookup.at, search)
    for at, search in list(seen.items())[:_MOST_NOTES]:
        yield Note(f"{_title(search.route)} {_VERBS[search.lookup.kind]} here", at)
    name = want.column.name
    partial = want.table.partial_index((name,))
    if partial is not None:
        yield Note("this index holds only some of the rows", partial.at)
    inner = next((index for index in want.table.indexes if name in index.columns[1:]), None)
    if inner is not None:
        yield Note("this index has it, but does not start with it", inner.at)


def _help(want: _Want, *, is_alone: bool) -> str:
    best, column = want.searches[0], want.column
    together = sorted(frozenset.intersection(*(search.beside for search in want.searches)))
    if best.lookup.kind != "equal" and together and is_alone:
        names = [*together, column.name]
        listed = ", ".join(f'"{name}"' for name in names)
        return f'Add `Index("ix_{want.table.name}_{"_".join(names)}", {listed})` to the table (and to a migration).'
    if is_alone and column.at.filename != want.table.at.filename:
        return f'Add `Index("ix_{want.table.name}_{column.name}", "{column.name}")` to the table (and to a migration).'
    flag = "db_index=True" if want.table.orm == "tortoise" else "index=True"
    if best.lookup.kind == "equal" and tells_rows_apart(column) and not column.name.endswith("_id"):
        return f"Add `{flag}`, or `unique=True` if no two rows may share the value (and a migration)."
    return f"Add `{flag}` to the column (and the index to a migration)."


def _title(route: Route) -> str:
    return f"`{' '.join((*route.methods[:1], route.path))}`" if route.path else f"`{route.function}`"
