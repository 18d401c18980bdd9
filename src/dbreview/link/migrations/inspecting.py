"""What a migration learns when it asks the database: answered from the schema that was replayed so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dbreview.link.joining import join_all
from dbreview.link.migrations.elements import text
from dbreview.link.migrations.operations import Part
from dbreview.link.migrations.tables import TableState, full_name
from dbreview.link.values import Const, Entries, Items, LibraryObject, Record, Value
from dbreview.project import ForeignKey, Index

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.migrations.state import SchemaState

PREFIX = "<database>"
BIND = LibraryObject(PREFIX)
"""The connection that ``op.get_bind()`` gives, and its engine."""
DIALECT = LibraryObject(f"{PREFIX}.dialect")
CONTEXT = LibraryObject(f"{PREFIX}.context")
INSPECTOR = LibraryObject(f"{PREFIX}.inspector")
OPERATIONS = LibraryObject(f"{PREFIX}.operations")
BATCH = f"{PREFIX}.batch"

_ATTRIBUTES: dict[tuple[str, str], Value] = {
    (BIND.dotted, "dialect"): DIALECT,
    (BIND.dotted, "engine"): BIND,
    (BIND.dotted, "connection"): BIND,
    (CONTEXT.dotted, "dialect"): DIALECT,
    (CONTEXT.dotted, "impl"): CONTEXT,
    (CONTEXT.dotted, "bind"): BIND,
    (CONTEXT.dotted, "connection"): BIND,
    (CONTEXT.dotted, "as_sql"): Const(False),
    (INSPECTOR.dotted, "dialect"): DIALECT,
    (INSPECTOR.dotted, "bind"): BIND,
    (INSPECTOR.dotted, "engine"): BIND,
}
_CONNECTING = frozenset(
    {"connect", "begin", "begin_nested", "execution_options", "get_bind", "connection", "__enter__"}
)


def known(values: Iterator[Value] | list[Value]) -> Items:
    """A list of which every item is known, even if there is none."""
    items = tuple(values)
    return Items(join_all(items), is_literal=True, exact=items, is_closed=True)


def attribute(dialect: str, holder: LibraryObject, name: str) -> Value:
    """``bind.dialect.name`` and its like."""
    if holder in (DIALECT, BIND) and name == "name":
        return Const(dialect)
    if holder.dotted == BATCH and name in ("impl", "migration_context"):
        return CONTEXT
    return _ATTRIBUTES.get((holder.dotted, name))


def method(schema: SchemaState, holder: LibraryObject, name: str, arguments: Arguments) -> tuple[Value, ...]:
    """What a method of the connection, its dialect or an inspector gives; empty where it is none of those."""
    if holder == BIND and name in _CONNECTING:
        return (BIND,)
    if holder == CONTEXT and name == "autocommit_block":
        return (CONTEXT,)
    if holder == DIALECT and name == "has_table":
        return (_has_table(schema, _table(arguments, 1)),)
    if holder == INSPECTOR and name in _ANSWERS:
        return (_ANSWERS[name](schema, _table(arguments, 0)),)
    if holder == INSPECTOR and name in ("get_table_names", "get_sorted_table_and_fkc_names"):
        return (_table_names(schema, text(arguments.get(0, "schema"))),)
    if holder == INSPECTOR and name in ("has_index", "has_column"):
        return (_has_named(schema, name, arguments),)
    return (None,)


def _table(arguments: Arguments, position: int) -> str | None:
    name = text(arguments.get(position, "table_name"))
    return full_name(name, text(arguments.keyword("schema"))) if name is not None else None


def _table_names(schema: SchemaState, within: str | None) -> Value:
    names = [name for name in schema.tables if "." not in name or within is not None]
    prefix = f"{within}." if within not in (None, "public", "main", "dbo") else ""
    return known([Const(name.removeprefix(prefix)) for name in names if name.startswith(prefix)])


def _has_table(schema: SchemaState, name: str | None) -> Value:
    return Const(schema.find(name) is not None) if name is not None else None


def _asked(schema: SchemaState, name: str | None) -> TableState | None:
    """The table, if all is known that could be asked of it."""
    table = schema.find(name) if name is not None else None
    return table if table is not None and table.is_whole else None


def _columns(schema: SchemaState, name: str | None) -> Value:
    table = _asked(schema, name)
    if table is None:
        return None
    return known(
        [
            _entry(
                name=Const(column.name),
                nullable=Const(column.is_nullable) if column.is_nullable is not None else None,
                type=None,
                default=None if any("server" in d.keyword for d in column.defaults) else Const(None),
                primary_key=Const(int(column.is_primary_key)),
            )
            for column in table.columns
        ]
    )


def _entry(**items: Value) -> Entries:
    return Entries(tuple(items.items()))


def _names(columns: tuple[str, ...]) -> Value:
    return known([Const(column) if column else None for column in columns])


def _name(part: Part) -> Value:
    return Const(part.name)


def _indexes(schema: SchemaState, name: str | None) -> Value:
    table = _asked(schema, name)
    if table is None:
        return None
    return known(
        [
            _entry(name=_name(part), column_names=_names(part.columns), unique=Const(part.element.is_unique))
            for part in table.parts
            if isinstance(part.element, Index)
        ]
    )


def _uniques(schema: SchemaState, name: str | None) -> Value:
    table = _asked(schema, name)
    if table is None:
        return None
    parts = table.of_kind("unique constraint")
    return known([_entry(name=_name(part), column_names=_names(part.columns)) for part in parts])


def _checks(schema: SchemaState, name: str | None) -> Value:
    table = _asked(schema, name)
    if table is None:
        return None
    return known([_entry(name=_name(part), sqltext=None) for part in table.of_kind("check constraint")])


def _keys(schema: SchemaState, name: str | None) -> Value:
    table = _asked(schema, name)
    if table is None:
        return None
    found: list[Value] = []
    for part in table.parts:
        if isinstance(part.element, ForeignKey):
            referred = part.element.target_table
            found.append(
                _entry(
                    name=_name(part),
                    constrained_columns=_names(part.columns),
                    referred_table=Const(referred.rpartition(".")[2]) if referred else None,
                    referred_columns=_names(tuple(each.rpartition(".")[2] for each in part.element.target)),
                    options=Entries((("ondelete", Const(part.element.on_delete)),)),
                )
            )
    return known(found)


def _primary_key(schema: SchemaState, name: str | None) -> Value:
    table = _asked(schema, name)
    if table is None:
        return None
    part = next(table.of_kind("primary key"), None)
    return _entry(
        name=_name(part) if part is not None else Const(None),
        constrained_columns=_names(table.primary_key),
    )


_ANSWERS = {
    "has_table": _has_table,
    "get_columns": _columns,
    "get_indexes": _indexes,
    "get_unique_constraints": _uniques,
    "get_check_constraints": _checks,
    "get_foreign_keys": _keys,
    "get_pk_constraint": _primary_key,
}


def _has_named(schema: SchemaState, what: str, arguments: Arguments) -> Value:
    table, name = _asked(schema, _table(arguments, 0)), text(arguments.get(1, what.replace("has_", "") + "_name"))
    if table is None or name is None:
        return None
    if what == "has_column":
        return Const(table.column(name) is not None)
    return Const(any(part.kind == "index" and part.name == name for part in table.parts))


def is_ours(value: Value) -> bool:
    return isinstance(value, LibraryObject) and value.dotted.startswith(PREFIX)


def batch(table: str | None) -> LibraryObject:
    """What ``with op.batch_alter_table(...) as batch_op`` gives."""
    return LibraryObject(BATCH, (Const(table) if table is not None else Record(()),))
