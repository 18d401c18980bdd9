"""What Tortoise itself makes of models: its metadata, and the tables that SQLite has after its DDL.

Must know nothing of dbreview.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from tortoise import Tortoise, connections
from tortoise.backends.base_postgres.schema_generator import BasePostgresSchemaGenerator
from tortoise.models import Model
from tortoise.utils import get_schema_sql

Row = dict[str, Any]

_CONSTRAINT = re.compile(r'CONSTRAINT "(\w+)" UNIQUE \(([^)]*)\)')
_COLUMN = re.compile(r'^\s*"(\w+)".* UNIQUE\b', re.MULTILINE)


class Truth:
    """What Tortoise says of the models in modules that can be imported. ``ddl`` and ``postgres`` create them."""

    def __init__(self, *modules: str) -> None:
        self.ddl = ""
        self.postgres = ""
        self.models: dict[str, type[Model]] = {}
        asyncio.run(self._ask(modules))

    @classmethod
    def of(cls, source: str) -> Truth:
        """Of models that are in no file."""
        with _imported(source) as name:
            return cls(name)

    async def _ask(self, modules: tuple[str, ...]) -> None:
        await Tortoise.init(db_url="sqlite://:memory:", modules={"models": list(modules)})
        try:
            client = connections.get("default")
            self.ddl = get_schema_sql(client, safe=False)
            self.postgres = _Postgres(client).get_create_schema_sql(safe=False)
            self.models = dict(Tortoise.apps["models"]) if Tortoise.apps is not None else {}
        finally:
            await connections.close_all(discard=True)
            await Tortoise._reset_apps()

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """An empty database with the tables."""
        database = sqlite3.connect(":memory:")
        try:
            database.executescript(self.ddl)
            yield database
        finally:
            database.close()

    def tables(self) -> dict[str, Row]:
        """The tables as SQLite has them."""
        with self.database() as database:
            names = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
            return {name: _table(database, name, sql) for name, sql in names if not name.startswith("sqlite_")}

    def types(self) -> dict[str, dict[str, str]]:
        """The type of each column of each model's table, on PostgreSQL."""
        return {
            model._meta.db_table: {
                column: model._meta.fields_map[name].get_for_dialect("postgres", "SQL_TYPE")
                for name, column in model._meta.fields_db_projection.items()
            }
            for model in self.models.values()
        }

    def relations(self) -> dict[str, dict[str, Row]]:
        """The relations of each model, as its metadata has them once everything is initialised."""
        return {model.__name__: dict(_relations(model)) for model in self.models.values()}

    def defaults(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """What fills the columns of each model."""
        return {
            model.__name__: {
                column: tuple(_defaults(model._meta.fields_map[name]))
                for name, column in model._meta.fields_db_projection.items()
            }
            for model in self.models.values()
        }


class _Postgres(BasePostgresSchemaGenerator):
    """The generator for PostgreSQL without a connection to it: the models are SQLite's."""

    def _get_models_to_create(self) -> list[type[Model]]:
        return list(Tortoise.apps.get_models_iterable()) if Tortoise.apps is not None else []


def _table(database: sqlite3.Connection, name: str, sql: str) -> Row:
    columns = database.execute(f'PRAGMA table_info("{name}")').fetchall()
    keys = database.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()
    found = database.execute(f'PRAGMA index_list("{name}")').fetchall()
    indexes = {
        index: (tuple(c for _, _, c in database.execute(f'PRAGMA index_info("{index}")')), bool(is_unique))
        for _, index, is_unique, origin, _ in found
        if origin == "c"
    }
    constraints = {(found[1], tuple(found[2].replace('"', "").split(", "))) for found in _CONSTRAINT.finditer(sql)}
    return {
        "columns": [(column, bool(not_null)) for _, column, _, not_null, _, _ in columns],
        "primary_key": tuple(column for _, column, _, _, _, rank in columns if rank),
        "keys": {(column, f"{table}.{to}", on_delete) for _, _, table, column, to, _, on_delete, _ in keys},
        "indexes": indexes,
        "uniques": constraints | {(None, (found[1],)) for found in _COLUMN.finditer(sql)},
    }


def _relations(model: type[Model]) -> Iterator[tuple[str, Row]]:
    meta = model._meta
    kinds = {
        "MANYTOONE": meta.fk_fields | meta.o2o_fields,
        "ONETOMANY": meta.backward_fk_fields | meta.backward_o2o_fields,
        "MANYTOMANY": meta.m2m_fields,
    }
    for kind, names in kinds.items():
        for name in names:
            field: Any = meta.fields_map[name]
            yield (
                name,
                {
                    "direction": kind,
                    "is_backward": kind == "ONETOMANY" or getattr(field, "_generated", False),
                    "target": field.related_model.__name__,
                    "is_collection": name in meta.backward_fk_fields | meta.m2m_fields,
                    "through": field.through if kind == "MANYTOMANY" else None,
                    "local": (field.source_field,) if kind == "MANYTOONE" else (),
                },
            )


def _defaults(field: Any) -> Iterator[str]:
    if field.default is not None:
        yield "default"
    if field.has_db_default():
        yield "db_default"
    yield from (name for name in ("auto_now", "auto_now_add") if getattr(field, name, False))


@contextmanager
def _imported(source: str) -> Iterator[str]:
    module = ModuleType("tortoise_models_under_test")
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, "models.py", "exec"), vars(module))
        yield module.__name__
    finally:
        del sys.modules[module.__name__]
