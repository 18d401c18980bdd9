"""Writes down the schema that Tortoise sees, without a database, in the shape of ``metadata``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, cast

from tortoise import Tortoise
from tortoise.context import TortoiseContext
from tortoise.fields.base import Field
from tortoise.fields.relational import (
    BackwardFKRelation,
    BackwardOneToOneRelation,
    ForeignKeyFieldInstance,
    ManyToManyFieldInstance,
    OneToOneFieldInstance,
)
from tortoise.indexes import Index, PartialIndex
from tortoise.models import Model

from metadata import Row, Schema, dotted


def tortoise_schema(modules: Iterable[ModuleType]) -> Schema:
    own = [module for module in modules if _has_models(module)]
    if not own:
        return {"tables": [], "relationships": []}
    with TortoiseContext() as context:
        Tortoise.init_models(own, "models")
        assert context.apps is not None
        models = list(dict.fromkeys(context.apps.get_models_iterable()))
        names = {model._meta.db_table for model in models}
        through = {row["table"]: row for model in models for row in _through_tables(model, names)}
        return {
            "tables": [*(_table(model) for model in models), *through.values()],
            "relationships": [row for model in models for row in _relationships(model)],
        }


def _has_models(module: ModuleType) -> bool:
    return any(
        isinstance(each, type) and issubclass(each, Model) and each is not Model and not each._meta.abstract
        for each in vars(module).values()
    )


def _table(model: type[Model]) -> Row:
    meta = model._meta
    columns = meta.fields_db_projection
    fields = {column: meta.fields_map[name] for name, column in columns.items()}
    indexes = [_plain_index([column]) for column, field in fields.items() if field.index and not field.pk]
    indexes += [_index(each, model) for each in meta.indexes]
    unique = [[column] for column, field in fields.items() if field.unique and not field.pk]
    unique += [_columns(names, model) for names in meta.unique_together]
    row: Row = {
        "table": _full_name(meta.db_table, meta.schema),
        "class": dotted(model),
        "orm": "tortoise",
        "columns": [
            {"name": column, "attribute": name, "type": _type(fields[column]), "nullable": bool(fields[column].null)}
            for name, column in columns.items()
        ],
        "pk": [column for column, field in fields.items() if field.pk],
        "indexes": indexes,
        "unique": unique,
    }
    row["fks"] = [_foreign_key(column, field, row) for column, field in fields.items() if _is_constrained(field)]
    return row


def _type(field: Field[Any]) -> str:
    """Tortoise gives the column of a foreign key a copy of the field that it refers to."""
    return type(field).__name__


def _is_constrained(field: Field[Any]) -> bool:
    reference = getattr(field, "reference", None)
    return reference is not None and bool(reference.db_constraint)


def _foreign_key(column: str, field: Field[Any], table: Row) -> Row:
    reference = cast("ForeignKeyFieldInstance[Any]", field.reference)
    return _key_to(
        reference.related_model, _source(reference.to_field_instance), column, str(reference.on_delete.value), table
    )


def _key_to(target: type[Model], to: str, column: str, on_delete: str, table: Row) -> Row:
    full = [each["columns"] for each in table["indexes"] if "where" not in each and each.get("finds_rows", True)]
    starts = [table["pk"], *table["unique"], *full]
    return {
        "columns": [column],
        "target": f"{_full_name(target._meta.db_table, target._meta.schema)}.{to}",
        "ondelete": on_delete,
        "indexed": any(start[:1] == [column] for start in starts),
    }


def _source(field: Any) -> str:
    return str(field.source_field or field.model_field_name)


def _index(index: Any, model: type[Model]) -> Row:
    if not isinstance(index, Index):
        return _plain_index(_columns(index, model))
    columns = _columns(index.fields, model) or [str(each) for each in index.expressions]
    row = _plain_index(columns) | {"name": index.name}
    if isinstance(index, PartialIndex) and index.extra:
        row["where"] = {"postgresql": index.extra}
    if index.INDEX_TYPE not in ("", "BTREE", "HASH"):
        row["finds_rows"] = False
    return row


def _plain_index(columns: list[str]) -> Row:
    return {"name": None, "columns": columns, "unique": False}


def _columns(names: Iterable[str], model: type[Model]) -> list[str]:
    return [model._meta.fields_db_projection.get(name) or _source(model._meta.fields_map[name]) for name in names]


def _through_tables(model: type[Model], names: set[str]) -> Iterator[Row]:
    for name in sorted(model._meta.m2m_fields):
        field = cast("ManyToManyFieldInstance[Any]", model._meta.fields_map[name])
        if field._generated or field.through in names:
            continue
        keys = [field.backward_key, field.forward_key]
        row: Row = {
            "table": _full_name(field.through, field.through_schema),
            "class": None,
            "orm": "tortoise",
            "columns": [{"name": key, "attribute": key, "type": None, "nullable": False} for key in keys],
            "pk": [],
            "indexes": [_plain_index(keys) | {"unique": True}] if field.unique else [],
            "unique": [],
            "fks": [],
        }
        if field.db_constraint:
            ends = zip((model, field.related_model), keys, strict=True)
            row["fks"] = [
                _key_to(end, end._meta.db_pk_column, key, str(field.on_delete.value), row) for end, key in ends
            ]
        yield row


def _relationships(model: type[Model]) -> Iterator[Row]:
    meta = model._meta
    for name in sorted(meta.fetch_fields):
        field = meta.fields_map[name]
        target = cast("type[Model]", field.related_model)  # type: ignore[attr-defined]
        row: Row = {
            "class": dotted(model),
            "attr": name,
            "target": dotted(target),
            "uselist": _is_collection(field),
            "direction": _direction(field),
            "made_by_backref": isinstance(field, BackwardFKRelation) or getattr(field, "_generated", False),
        }
        if isinstance(field, ManyToManyFieldInstance):
            row["secondary"] = _full_name(field.through, field.through_schema)
        yield row


def _is_collection(field: Field[Any]) -> bool:
    return not isinstance(field, (ForeignKeyFieldInstance, BackwardOneToOneRelation, OneToOneFieldInstance))


def _direction(field: Field[Any]) -> str:
    if isinstance(field, ManyToManyFieldInstance):
        return "MANYTOMANY"
    return "ONETOMANY" if isinstance(field, BackwardFKRelation) else "MANYTOONE"


def _full_name(table: str, schema: str | None) -> str:
    return f"{schema}.{table}" if schema else table
