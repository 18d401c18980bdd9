"""Calls of Alembic's operations, with the values of their arguments, as plain operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbreview.finding import Place
from dbreview.frameworks import alembic, sqlalchemy
from dbreview.link.arguments import Arguments
from dbreview.link.migrations.elements import flag, index_part, key_part, names_of, read_column, read_element, text
from dbreview.link.migrations.operations import (
    AddColumn,
    AddPart,
    AlterColumn,
    ChangeRows,
    CreateTable,
    DropColumn,
    DropPart,
    DropTable,
    Kind,
    Operation,
    Part,
    RenameTable,
    Unread,
)
from dbreview.link.migrations.tables import full_name
from dbreview.link.schema.columns import default, is_column
from dbreview.link.schema.types import column_type
from dbreview.link.values import Const, LibraryObject, Made, Value

_CONSTRAINTS: dict[str, tuple[Kind, str]] = {
    "create_unique_constraint": ("unique constraint", "columns"),
    "create_primary_key": ("primary key", "columns"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its arguments by name, whatever their position, and the table that it is about."""

    name: str
    given: dict[str, Value]
    rest: tuple[Value, ...]
    table: str | None
    is_open: bool
    at: Place

    def keyword(self, name: str) -> Value:
        for each in (name, *alembic.OTHER_NAMES.get(name, ())):
            if each in self.given:
                return self.given[each]
        return None

    def has(self, name: str) -> bool:
        return any(each in self.given for each in (name, *alembic.OTHER_NAMES.get(name, ())))


def call_of(name: str, arguments: Arguments, batch: str | None, at: Place) -> Call:
    """The call with its arguments in their places; in a batch the table is not among them."""
    places = [each for each in alembic.OPERATIONS[name] if batch is None or each != "table_name"]
    given: dict[str, Value] = {}
    rest: tuple[Value, ...] = ()
    for index, place in enumerate(places):
        if place == "*":
            rest = arguments.positional[index:]
        elif index < len(arguments.positional):
            given[place] = arguments.positional[index]
    given |= dict(arguments.keywords)
    call = Call(name, given, rest, batch, arguments.is_open, at)
    return call if batch is not None else replace(call, table=_table(call, "table_name", "schema", "source_schema"))


def _table(call: Call, name: str, *schemas: str) -> str | None:
    found = text(call.keyword(name))
    schema = next((text(call.given[each]) for each in schemas if each in call.given), None)
    return full_name(found, schema) if found is not None else None


def read(call: Call) -> Iterator[Operation | Unread]:
    """What the call does."""
    if call.name == "bulk_insert":
        yield ChangeRows(call.at, table_of(call.keyword("table")), inserts=True)
    elif call.name == "drop_index":
        yield _drop(call, text(call.keyword("index_name")), "index")
    elif call.table is None:
        yield Unread(call.at, f"the table of {call.name}")
    else:
        yield from _of_known_table(call, call.table)


def _of_known_table(call: Call, table: str) -> Iterator[Operation | Unread]:
    match call.name:
        case "create_table":
            yield from _create_table(call, table)
        case "drop_table":
            yield DropTable(call.at, table)
        case "rename_table":
            yield _or_unread(call, RenameTable, table, _table(call, "new_table_name", "schema"))
        case "add_column":
            yield _add_column(call, table)
        case "drop_column":
            column = call.keyword("column_name")
            name = text(column.arguments[0]) if isinstance(column, Made) and column.arguments else text(column)
            yield _or_unread(call, DropColumn, table, name)
        case "alter_column":
            yield _alter_column(call, table)
        case "drop_constraint":
            kind = alembic.CONSTRAINT_KINDS.get(text(call.keyword("type_")) or "")
            yield _drop(call, text(call.keyword("constraint_name")), kind)  # type: ignore[arg-type]
        case "create_index":
            part = index_part(_made(call, "sqlalchemy.Index", "index_name", "columns"))
            yield AddPart(call.at, table, part) if part is not None else Unread(call.at, "the columns of an index")
        case "create_foreign_key":
            yield _create_key(call, table)
        case "create_unique_constraint" | "create_primary_key":
            kind, where = _CONSTRAINTS[call.name]
            columns = names_of(call.keyword(where))
            name = text(call.keyword("constraint_name"))
            if columns is None:
                yield Unread(call.at, f"the columns of a {kind}")
            else:
                yield AddPart(call.at, table, Part(kind, name, columns, call.at))
        case "create_check_constraint":
            yield AddPart(call.at, table, Part("check constraint", text(call.keyword("constraint_name")), (), call.at))


def _or_unread(call: Call, kind: type[RenameTable | DropColumn], table: str, name: str | None) -> Operation | Unread:
    return kind(call.at, table, name) if name is not None else Unread(call.at, f"the name in {call.name}")


def _drop(call: Call, name: str | None, kind: Kind | None) -> Operation | Unread:
    if name is None:
        return Unread(call.at, f"the name in {call.name}")
    return DropPart(call.at, call.table, name, kind)


def _made(call: Call, dotted: str, *places: str) -> Made:
    """A schema object with what the call says of it."""
    first, columns = places
    keywords = tuple((key, value) for key, value in call.given.items() if key not in alembic.OPERATIONS[call.name])
    listed = call.keyword(columns)
    return Made(dotted, (call.keyword(first), listed), keywords, call.at)


def _create_table(call: Call, table: str) -> Iterator[Operation | Unread]:
    columns = []
    parts: list[Part] = []
    is_whole = not call.is_open
    if call.is_open:
        yield Unread(call.at, "the columns of a table")
    for value in call.rest:
        if isinstance(value, Made) and is_column(value):
            found = read_column(value, call.at)
            if found is not None:
                columns.append(found.column)
                parts += found.parts
                continue
        elif isinstance(value, Made) and (part := read_element(_at_home(value, call.at))) is not None:
            parts.append(part)
            continue
        elif (
            (isinstance(value, Made) and value.dotted not in sqlalchemy.SCHEMA_OBJECTS)
            or value == Const(None)
            or (isinstance(value, Made) and value.dotted == "sqlalchemy.CheckConstraint")
        ):
            continue
        is_whole = False
        yield Unread(value.at if isinstance(value, Made) else call.at, "a column or constraint of a table")
    own = [part for part in parts if part.kind == "primary key"]
    keys = tuple(column.name for column in columns if column.is_primary_key)
    if keys and not own:
        parts.insert(0, Part("primary key", None, keys, call.at))
    yield CreateTable(call.at, table, tuple(columns), tuple(parts), flag(call.keyword("if_not_exists")), is_whole)


def _at_home(made: Made, at: Place) -> Made:
    """What a helper elsewhere makes is where the migration calls it."""
    return made if made.at.filename == at.filename else replace(made, at=at)


def _add_column(call: Call, table: str) -> Operation | Unread:
    value = call.keyword("column")
    found = read_column(value, call.at) if isinstance(value, Made) and is_column(value) else None
    if found is None:
        return Unread(call.at, "the column that is added")
    is_guarded = flag(call.keyword("if_not_exists"))
    return AddColumn(call.at, table, found.column, found.parts, found.is_filled, is_guarded)


def _alter_column(call: Call, table: str) -> Operation | Unread:
    name = text(call.keyword("column_name"))
    new_name = text(call.keyword("new_column_name"))
    if name is None or (new_name is None and call.has("new_column_name") and call.given.get("name") != Const(None)):
        return Unread(call.at, "the name in alter_column")
    nullable = call.keyword("nullable")
    server_default = call.keyword("server_default")
    has_default = call.has("server_default") and server_default not in (Const(False), Const(None))
    return AlterColumn(
        call.at,
        table,
        name,
        bool(nullable.value) if isinstance(nullable, Const) and nullable.value is not None else None,
        column_type(call.keyword("type_")),
        new_name,
        default("server_default", server_default) if has_default else None,
        call.has("server_default") and server_default == Const(None),
    )


def _create_key(call: Call, table: str) -> Operation | Unread:
    referent = _table(call, "referent_table", "referent_schema")
    local, remote = names_of(call.keyword("local_cols")), names_of(call.keyword("remote_cols"))
    if referent is None or local is None or remote is None:
        return Unread(call.at, "the columns of a foreign key")
    keywords = tuple((key, value) for key, value in call.given.items() if key == "ondelete")
    made = Made("sqlalchemy.ForeignKeyConstraint", (), keywords, call.at)
    targets = tuple(f"{referent}.{name}" for name in remote)
    return AddPart(call.at, table, key_part(text(call.keyword("constraint_name")), local, targets, made))


def table_of(value: Value) -> str | None:
    """The name of a ``Table(...)`` or ``table(...)`` that a statement is about."""
    match value:
        case Made(arguments=(name, *_)) | LibraryObject("sqlalchemy.table()", (name, *_)):
            return text(name)
    return None
