"""What checks about columns share: each column where it is written, with the tables that have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dbreview.finding import Note, Place
from dbreview.project import Column, Project, Table

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Written:
    """A column as somebody wrote it. A mixin's column is written once and belongs to several tables."""

    column: Column
    tables: tuple[Table, ...]

    @property
    def at(self) -> Place:
        return self.column.at

    @property
    def title(self) -> str:
        """What a message calls it: one table's column, and the other tables that have it."""
        return f"`{self.tables[0].title}.{self.column.attribute}`{also_in(self.tables[1:])}"

    @property
    def notes(self) -> tuple[Note, ...]:
        return inherited(self.at, self.tables)


def written_columns(project: Project) -> Iterator[Written]:
    """The columns of the project's own code; a library's are nobody's mistake here."""
    found: dict[tuple[Place, str], list[tuple[Column, Table]]] = defaultdict(list)
    for table in project.tables:
        for column in table.columns:
            if column.at != table.at:
                found[column.at, column.attribute].append((column, table))
    for _, group in sorted(found.items()):
        yield Written(group[0][0], tuple(table for _, table in group))


def also_in(tables: tuple[Table, ...]) -> str:
    """`` (also in `Visit`)``, or nothing."""
    names = [f"`{table.title}`" for table in tables[:_MOST_NAMES]]
    if len(tables) > _MOST_NAMES:
        names.append(f"{len(tables) - _MOST_NAMES} more")
    return f" (also in {', '.join(names)})" if names else ""


def inherited(at: Place, tables: tuple[Table, ...]) -> tuple[Note, ...]:
    """Which tables get what a mixin or base class declares."""
    if len(tables) == 1 and at.filename == tables[0].at.filename:
        return ()
    return tuple(Note(f"`{table.title}` inherits it", table.at) for table in tables[:_MOST_NAMES])
