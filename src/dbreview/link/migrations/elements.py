"""Columns, keys, constraints and indexes as migrations write them: ``sa.Column(...)``, ``sa.Index(...)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link.migrations.operations import Kind, Part
from dbreview.link.migrations.tables import full_name
from dbreview.link.names import ClassRef
from dbreview.link.schema import columns as reading
from dbreview.link.schema.tables import Draft, build_table, target_name
from dbreview.link.values import (
    Composed,
    Const,
    Gap,
    Items,
    LibraryObject,
    Made,
    Ordered,
    Record,
    Statement,
    TableColumn,
    Value,
)
from dbreview.project import Column, ForeignKey, Index

_FILLED = frozenset({"sqlalchemy.Identity", "sqlalchemy.Computed", "sqlalchemy.Sequence"})
_OWNER = reading.Owner({})
_PREFIXED = re.compile(r"^[a-zA-Z]([_.]?[a-zA-Z0-9])+$")


@dataclass(frozen=True, slots=True)
class ColumnParts:
    """A column with what it brings to its table; ``is_filled`` if rows that exist get a value."""

    column: Column
    parts: tuple[Part, ...] = ()
    is_filled: bool = False


def text(value: Value) -> str | None:
    """A name, however it is wrapped: ``op.f("ix")``, ``quoted_name("user", quote=True)``."""
    match value:
        case Const(str() as found):
            return found
        case LibraryObject(dotted, (Const(str() as found), *_)) if dotted.endswith(("quoted_name()", "conv()")):
            return found
        case Composed(pieces) if sum(isinstance(piece, Gap) for piece in pieces) == 1:
            found = "".join(piece for piece in pieces if isinstance(piece, str))
            return found if _PREFIXED.match(found) else None  # `f"{prefix}users"`: mostly there is no prefix
    return None


def flag(value: Value) -> bool:
    return isinstance(value, Const) and bool(value.value)


def sequence(value: Value) -> tuple[Value, ...] | None:
    """The items of a list in the source, if all of them are known."""
    match value:
        case Record(items) | Items(exact=items, fetch=None, others=()) if items:
            return items
        case Const(str()):
            return (value,)  # SQLAlchemy would take its letters; nobody means that
    return None


def names_of(value: Value) -> tuple[str, ...] | None:
    """A list of column names."""
    items = sequence(value)
    names = tuple(text(item) for item in items) if items is not None else (None,)
    return tuple(name for name in names if name is not None) if None not in names else None


def read_column(made: Made, at: Place) -> ColumnParts | None:
    """The column that ``Column(...)`` makes; None without a name."""
    read = reading.read_column(made, "", made.at, None, _OWNER)
    column = read.column
    if not column.name or set(read.unknown) & {"primary_key"}:
        return None
    only = (column.name,)
    parts = list(_keys(made, column.name, at))
    if column.is_indexed:
        parts.append(Part("index", None, only, at, Index(None, only, column.is_unique, at, only, is_of_column=True)))
    elif column.is_unique:
        parts.append(Part("unique constraint", None, only, at))
    is_computed = any(isinstance(value, Made) and value.dotted in _FILLED for value in made.arguments)
    given = made.keyword("server_default")
    has_default = made.has("server_default") and given != Const(None)
    unknown = sum(value is None for value in made.arguments)  # one of them is the type, if that is not known
    is_filled = is_computed or has_default or made.has("**") or unknown > (column.type is None)
    nullable = made.keyword("nullable")
    if made.has("nullable") and not isinstance(nullable, Const):
        column = replace(column, is_nullable=None)
    return ColumnParts(column, tuple(parts), is_filled)


def _keys(made: Made, column: str, at: Place) -> Iterator[Part]:
    for value in made.arguments:
        if isinstance(value, Made) and value.dotted in sqlalchemy.FOREIGN_KEYS:
            target = _target(value.arguments[0] if value.arguments else value.keyword("column"))
            targets = (target,) if target is not None else ()
            yield key_part(text(value.keyword("name")), (column,), targets, replace(value, at=at))


def _target(value: Value) -> str | None:
    """``table.column`` for what stands in a foreign key."""
    found = text(value) or target_name({}, value)
    return full_name(found) if found is not None else None


def key_part(name: str | None, columns: tuple[str, ...], targets: tuple[str, ...], made: Made) -> Part:
    key = ForeignKey(columns, targets, made.at, reading.on_delete_of(made))
    return Part("foreign key", name, columns, made.at, key)


def read_element(made: Made) -> Part | None:
    """The key, constraint or index that stands in a table beside its columns."""
    name = text(made.keyword("name"))
    if made.dotted in sqlalchemy.INDEXES:
        return index_part(replace(made, arguments=(made.arguments[0], Record(made.arguments[1:]))))
    if made.dotted == "sqlalchemy.CheckConstraint":
        return Part("check constraint", name, (), made.at)
    if made.dotted in sqlalchemy.FOREIGN_KEY_CONSTRAINTS:
        local, remote = ((*made.arguments, None, None)[:2]) if made.arguments else (None, None)
        columns = names_of(local if local is not None else made.keyword("columns"))
        targets = sequence(remote if remote is not None else made.keyword("refcolumns"))
        if columns is None or targets is None:
            return None
        known = [_target(target) for target in targets]
        named = tuple(each for each in known if each is not None)
        return key_part(name, columns, named if len(named) == len(known) else (), made)
    kind: Kind = "primary key" if made.dotted in sqlalchemy.PRIMARY_KEYS else "unique constraint"
    if kind == "unique constraint" and made.dotted not in sqlalchemy.UNIQUE_CONSTRAINTS:
        return None
    plain = names_of(Record(tuple(_column_name(value) for value in made.arguments)))
    return Part(kind, name, plain, made.at) if plain is not None else None


def _column_name(value: Value) -> Value:
    """A column may stand where its name does."""
    return value.arguments[0] if isinstance(value, Made) and value.arguments else value


def _indexed(value: Value, at: Place) -> Value:
    """What an index is on: columns have no table here, and are written in many ways."""
    match value:
        case LibraryObject("sqlalchemy.column()", (Const(str() as name), *_)):
            return TableColumn(Made("sqlalchemy.Table", (), (), at), name)
        case LibraryObject("sqlalchemy.literal_column()", (Const(), *_) as given):
            return Statement("text", given, at)
        case Ordered(inner):
            return replace(value, column=_indexed(inner, at))
    return _column_name(value)


def index_part(made: Made) -> Part | None:
    """An index, as its arguments (a name and a list of columns) and keywords say."""
    items = sequence(made.arguments[1])
    if items is None:
        return None
    name = made.arguments[0]
    draft = Draft(ClassRef(made.at.filename, None, "migration"), made.at)  # type: ignore[arg-type]
    draft.arguments.append(replace(made, arguments=(name, *(_indexed(item, made.at) for item in items))))
    table = build_table({}, draft, {}, None)
    if table.unknown or not table.indexes:
        return None
    index = table.indexes[0]
    return Part("index", text(name), index.columns, made.at, replace(index, name=text(name)))
