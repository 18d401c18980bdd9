"""The part of a project's schema that somebody asked for, as plain data that any report can print.

No analysis, no output.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dbreview.finding import Place
from dbreview.project import Project, Relationship, Table, Unknown
from dbreview.review import Problem


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables and relationships by place, and what could not be read of them.

    A relationship is told once, at the class that declares it. ``names`` maps a file, relative to the
    project, to its name as the user would type it.
    """

    tables: tuple[Table, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    problems: tuple[Problem, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, filename: str) -> str:
        """The name under which a report shows a file."""
        return self.names.get(filename, filename)


def schema_of(
    project: Project, asked: Collection[str], names: Mapping[str, str], problems: Collection[Problem] = ()
) -> Schema:
    """What the files asked for declare of the project's schema."""
    broken = [Unknown(Place(each.path, each.line, each.column, each.line, each.column), each.reason)
              for each in project.unreadable if each.path in asked]  # fmt: skip
    told = [Problem(f"{names.get(each.at.filename, each.at.filename)}:{each.at.line}: {each.reason}", is_fatal=False)
            for each in broken]  # fmt: skip
    unknown = {each for each in (*_unknown(project), *broken) if each.at.filename in asked}
    return Schema(
        tables=tuple(
            sorted(
                (_as_declared(table, project) for table in project.tables if table.at.filename in asked),
                key=lambda table: (table.at, table.full_name, table.model or ""),
            )
        ),
        relationships=tuple(
            sorted(
                (each for each in _declared(project) if each.at.filename in asked),
                key=lambda each: (each.at, each.model, each.name),
            )
        ),
        unknown=tuple(sorted(unknown, key=lambda each: (each.at, each.reason))),
        problems=(*problems, *told),
        names=names,
    )


def _as_declared(table: Table, project: Project) -> Table:
    """Without the indexes that only migrations make: they are not part of what the models say."""
    indexes = tuple(each for each in table.indexes if project.roles.get(each.at.filename) != "migration")
    return replace(table, indexes=indexes)


def _declared(project: Project) -> Iterator[Relationship]:
    """Those that a class inherits are those of the class that they come from."""
    for model in project.models:
        yield from (each for each in model.relationships.values() if each.model == model.dotted)


def _unknown(project: Project) -> Iterator[Unknown]:
    yield from project.unknown
    for table in project.tables:
        yield from table.unknown
    for model in project.models:
        yield from model.unknown
