"""Writes down the schema that the ORM itself sees once an example is imported, to compare a reading with.

Must know nothing of dbreview. ``python tests/metadata.py FOLDER`` prints it: of a schema that needs libraries which
cannot be installed beside the others (they ask for an older SQLAlchemy), the output is kept as ``NAME.json``.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from sqlalchemy import Column, Index, MetaData, Table, UniqueConstraint, event
from sqlalchemy.dialects import mssql, oracle, postgresql
from sqlalchemy.exc import NoReferenceError
from sqlalchemy.orm import Mapper, RelationshipProperty, registry
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.types import NullType

Row = dict[str, Any]
Schema = dict[str, list[Row]]

LIBRARIES = (mssql, oracle)
"""Have tables of their own, which are none of the application's: they must be there before anybody looks."""

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_LAZY = {True: "select", False: "joined", None: "noload"}
_FIND_ROWS = ("", "btree", "hash")


def truth_of(root: Path, paths: Iterable[str] | None = None) -> Schema:
    """Import files below a root, or all of them, and write down what their ORM made of it."""
    with imported(root, _python_files(root) if paths is None else paths) as (modules, seen):
        schema = seen.schema()
        if "tortoise" in sys.modules:
            from metadata_tortoise import tortoise_schema

            more = tortoise_schema(modules)
            schema = {kind: rows + more[kind] for kind, rows in schema.items()}
    return schema


# --- importing ----------------------------------------------------------------------------


class Seen:
    """What SQLAlchemy makes while modules are imported."""

    def __init__(self) -> None:
        self.metadata: list[MetaData] = []
        self.mappers: list[Mapper[Any]] = []

    def note_table(self, _table: Table, metadata: MetaData) -> None:
        if metadata not in self.metadata:
            self.metadata.append(metadata)

    def note_mapper(self, mapper: Mapper[Any], _class: type) -> None:
        self.mappers.append(mapper)

    @property
    def registries(self) -> list[registry]:
        return list(dict.fromkeys(mapper.registry for mapper in self.mappers))

    def schema(self) -> Schema:
        for each in self.registries:
            each.configure()
        mappers = self.mappers
        tables = [
            _table(table, number, [mapper for mapper in mappers if mapper.local_table is table])
            for number, metadata in enumerate(self.metadata)
            for table in metadata.tables.values()
        ]
        return {"tables": tables, "relationships": [row for mapper in mappers for row in _relationships(mapper)]}

    def forget(self) -> None:
        for each in self.registries:
            each.dispose(cascade=True)
        for metadata in self.metadata:
            metadata.clear()


@contextmanager
def watching() -> Iterator[Seen]:
    seen = Seen()
    event.listen(Table, "after_parent_attach", seen.note_table)
    event.listen(Mapper, "after_mapper_constructed", seen.note_mapper)
    try:
        yield seen
    finally:
        event.remove(Table, "after_parent_attach", seen.note_table)
        event.remove(Mapper, "after_mapper_constructed", seen.note_mapper)
        seen.forget()


@contextmanager
def imported(root: Path, paths: Iterable[str]) -> Iterator[tuple[list[ModuleType], Seen]]:
    """These files as modules, with what importing them made; forgotten afterwards."""
    names = [_module_name(Path(path)) for path in paths]
    known = set(sys.modules)
    with (
        patch.object(sys, "path", [str(root), *sys.path]),
        patch.object(sys, "dont_write_bytecode", True),
        warnings.catch_warnings(),
        watching() as seen,
    ):
        warnings.simplefilter("ignore")
        importlib.invalidate_caches()
        try:
            yield [importlib.import_module(name) for name in names], seen
        finally:
            tops = {name.partition(".")[0] for name in names}
            for name in set(sys.modules) - known:
                if name.partition(".")[0] in tops:
                    del sys.modules[name]


def _python_files(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.py"))]


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# --- tables -------------------------------------------------------------------------------


def _table(table: Table, number: int, mappers: list[Mapper[Any]]) -> Row:
    owner = next((m for m in mappers if m.inherits is None or m.inherits.local_table is not table), None)
    return {
        "table": table.fullname,
        "class": dotted(owner.class_) if owner else None,
        "metadata": number,
        "columns": [_column(column, mappers) for column in table.columns],
        "pk": [column.name for column in table.primary_key.columns],
        "fks": sorted((_foreign_key(each) for each in table.foreign_key_constraints), key=str),
        "indexes": sorted((_index(each) for each in table.indexes), key=str),
        "unique": sorted([column.name for column in unique.columns] for unique in _uniques(table)),
    }


def _column(column: Column[Any], mappers: list[Mapper[Any]]) -> Row:
    keys = (m.get_property_by_column(column).key for m in mappers if column in m._columntoproperty)
    kind = column.type
    return {
        "name": column.name,
        "attribute": next(keys, column.key),
        "type": None if isinstance(kind, NullType) else type(kind).__name__,
        "nullable": bool(column.nullable),
    }


def _uniques(table: Table) -> list[UniqueConstraint]:
    return [each for each in table.constraints if isinstance(each, UniqueConstraint)]


def _foreign_key(constraint: ForeignKeyConstraint) -> Row:
    columns = [element.parent.name for element in constraint.elements]
    targets = [_target(element) for element in constraint.elements]
    return {
        "columns": columns,
        "target": targets[0] if len(targets) == 1 else targets,
        "ondelete": constraint.ondelete,
        "indexed": _is_indexed(constraint.table, columns),
    }


def _target(element: Any) -> str:
    try:
        return f"{element.column.table.fullname}.{element.column.name}"
    except NoReferenceError:
        return str(element.target_fullname)


def _is_indexed(table: Table, columns: list[str]) -> bool:
    """Whether a full index, unique constraint or primary key starts with exactly these columns."""
    starts = [[column.name for column in table.primary_key.columns]]
    starts += [[column.name for column in unique.columns] for unique in _uniques(table)]
    starts += [[_sorted_column(part) for part in index.expressions] for index in table.indexes if _finds_rows(index)]
    return any(set(start[: len(columns)]) == set(columns) for start in starts)


def _finds_rows(index: Index) -> bool:
    using = index.dialect_kwargs.get("postgresql_using")
    return not _where(index) and (using or "").lower() in _FIND_ROWS


def _index(index: Index) -> Row:
    row: Row = {
        "name": _name(index.name),
        "columns": [_written(each) for each in index.expressions],
        "unique": bool(index.unique),
    }
    if where := _where(index):
        row["where"] = where
    return row


def _where(index: Index) -> dict[str, str]:
    return {
        option.removesuffix("_where"): str(value)
        for option, value in index.dialect_kwargs.items()
        if option.endswith("_where") and value is not None
    }


def _sorted_column(part: Any) -> str:
    """The column that an index is sorted by, whichever way: ``created_at.desc()`` still finds rows."""
    while isinstance(part, UnaryExpression):
        part = part.element
    return part.name if isinstance(part, Column) else ""


def _written(part: Any) -> str:
    if isinstance(part, Column):
        return part.name
    compiler = _DIALECT.statement_compiler(_DIALECT, None)
    return str(compiler.process(part, include_table=False, literal_binds=True))


def _name(name: object) -> str | None:
    return str(name) if isinstance(name, str) else None


# --- relationships ------------------------------------------------------------------------


def _relationships(mapper: Mapper[Any]) -> Iterable[Row]:
    for each in mapper.relationships:
        if each.parent is mapper:
            yield _relationship(each)


def _relationship(each: RelationshipProperty[Any]) -> Row:
    secondary = each.secondary
    row: Row = {
        "class": dotted(each.parent.class_),
        "attr": each.key,
        "target": dotted(each.mapper.class_),
        "uselist": bool(each.uselist),
        "lazy": _LAZY[each.lazy] if each.lazy in _LAZY else str(each.lazy),
        "cascade": ", ".join(sorted(each.cascade)),
        "passive_deletes": each.passive_deletes,
        "direction": each.direction.name,
        "viewonly": bool(each.viewonly),
        "made_by_backref": _is_made_by_backref(each),
    }
    if each.back_populates:
        row["back_populates"] = each.back_populates
    if isinstance(secondary, Table):
        row["secondary"] = secondary.fullname
    return row


def _is_made_by_backref(each: RelationshipProperty[Any]) -> bool:
    names = [other.backref for other in each._reverse_property if other.backref]
    return any((name if isinstance(name, str) else name[0]) == each.key for name in names)


def dotted(of: type) -> str:
    return f"{of.__module__}.{of.__qualname__}"


if __name__ == "__main__":
    print(json.dumps(truth_of(Path(sys.argv[1])), indent=1))  # noqa: T201
