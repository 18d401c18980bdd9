"""Indexes that only the migrations create: they exist in the database although no model says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbreview.link.migrations.tables import full_name
from dbreview.project import History, Index, Table


class Additions:
    """What the tables have at the end of the histories, by their names."""

    def __init__(self, histories: Iterable[History]) -> None:
        self._by_name: dict[str, list[Table]] = {}
        for history in histories:
            for table in history.tables:
                self._by_name.setdefault(table.full_name.lower(), []).append(table)
                if table.schema is not None:
                    self._by_name.setdefault(table.name.lower(), []).append(table)

    def added_to(self, declared: Table) -> Table:
        """The table with the indexes and unique constraints that migrations add to it."""
        known = {(index.columns, index.is_unique, index.where) for index in declared.indexes}
        known |= {(unique.columns, True, None) for unique in declared.uniques}
        extra: list[Index] = []
        for index in self._of(declared):
            key = (index.columns, index.is_unique, index.where)
            if key not in known:
                known.add(key)
                extra.append(index)
        return replace(declared, indexes=(*declared.indexes, *extra)) if extra else declared

    def _of(self, declared: Table) -> Iterator[Index]:
        names = (full_name(declared.full_name).lower(), declared.name.lower())
        for table in next((self._by_name[name] for name in names if name in self._by_name), []):
            yield from table.indexes
            for unique in table.uniques:
                yield Index(unique.name, unique.columns, True, unique.at, unique.columns)
