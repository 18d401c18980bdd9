"""What migrations do to the schema, as plain data, whether Alembic's functions say it or SQL does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dbreview.finding import Place
from dbreview.project import Column, ColumnType, Default, ForeignKey, Index

Kind: TypeAlias = Literal["primary key", "foreign key", "unique constraint", "check constraint", "index"]


@dataclass(frozen=True, slots=True)
class Part:
    """A key, constraint or index of a table. ``columns`` has an empty text for each expression.

    One that ``is_automatic`` has the name that the database or SQLAlchemy gives it where nobody does.
    """

    kind: Kind
    name: str | None
    columns: tuple[str, ...]
    at: Place
    element: Index | ForeignKey | None = None
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class CreateTable:
    """One that ``is_guarded`` does nothing where the table exists; one not ``is_whole`` makes more than is known."""

    at: Place
    table: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    is_guarded: bool = False
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class DropTable:
    at: Place
    table: str
    cascades: bool = False


@dataclass(frozen=True, slots=True)
class RenameTable:
    at: Place
    table: str
    new_name: str


@dataclass(frozen=True, slots=True)
class AddColumn:
    """``is_filled`` tells that the rows that exist get a value, by a default or otherwise."""

    at: Place
    table: str
    column: Column
    parts: tuple[Part, ...] = ()
    is_filled: bool = False
    is_guarded: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn:
    at: Place
    table: str
    column: str


@dataclass(frozen=True, slots=True)
class AlterColumn:
    """What is None stays as it is, or is not known."""

    at: Place
    table: str
    column: str
    is_nullable: bool | None = None
    type: ColumnType | None = None
    new_name: str | None = None
    default: Default | None = None
    drops_default: bool = False


@dataclass(frozen=True, slots=True)
class AddPart:
    at: Place
    table: str
    part: Part


@dataclass(frozen=True, slots=True)
class DropPart:
    """Without a table, the name alone tells which; without a name, the kind."""

    at: Place
    table: str | None
    name: str | None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class RenamePart:
    """``becomes`` is the kind of what an index is turned into."""

    at: Place
    table: str | None
    name: str
    new_name: str
    becomes: Kind | None = None


@dataclass(frozen=True, slots=True)
class ChangeRows:
    """Rows are written, of this table if it is known; ``empties`` it of all of them, or ``inserts`` new ones.

    ``columns`` are those that get a value, None where that may be any.
    """

    at: Place
    table: str | None = None
    empties: bool = False
    inserts: bool = False
    columns: frozenset[str] | None = None


Operation: TypeAlias = (
    CreateTable
    | DropTable
    | RenameTable
    | AddColumn
    | DropColumn
    | AlterColumn
    | AddPart
    | DropPart
    | RenamePart
    | ChangeRows
)


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that is done, of which nobody can say what it is."""

    at: Place
    reason: str
