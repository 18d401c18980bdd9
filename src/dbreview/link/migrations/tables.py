"""A table while migrations are replayed: its columns, and its keys, constraints and indexes with their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbreview.finding import Place
from dbreview.link.migrations.operations import Part
from dbreview.project import Column, ForeignKey, Index, Table, UniqueConstraint, Unknown

_USUAL_SCHEMAS = ("public.", "main.", "dbo.")


@dataclass(frozen=True, slots=True)
class TableState:
    """A table. One that was there before the first migration is not ``is_whole``: who knows what it has."""

    name: str
    at: Place
    columns: tuple[Column, ...] = ()
    parts: tuple[Part, ...] = ()
    is_whole: bool = True

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def of_kind(self, kind: str) -> Iterator[Part]:
        return (part for part in self.parts if part.kind == kind)

    @property
    def primary_key(self) -> tuple[str, ...]:
        return next((part.columns for part in self.of_kind("primary key")), ())


def full_name(name: str, schema: str | None = None) -> str:
    """The name of a table as the replay knows it: without the schema that everybody is in."""
    found = f"{schema}.{name}" if schema else name
    for usual in _USUAL_SCHEMAS:
        found = found.removeprefix(usual)
    return found


def as_table(state: TableState) -> Table:
    """The table as the rest of the project knows tables."""
    schema, _, name = state.name.rpartition(".")
    indexes = (replace(part.element, name=part.name) for part in state.parts if isinstance(part.element, Index))
    return Table(
        name,
        None,
        None,
        state.at,
        state.columns,
        state.primary_key,
        tuple(part.element for part in state.parts if isinstance(part.element, ForeignKey)),
        tuple(indexes),
        tuple(UniqueConstraint(p.name, p.columns, p.at) for p in state.of_kind("unique constraint")),
        schema or None,
        unknown=() if state.is_whole else (Unknown(state.at, "what it had before the first migration"),),
        checks=tuple(part.name or "" for part in state.of_kind("check constraint")),
    )
