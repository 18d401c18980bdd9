"""For programs: tables, relationships and what is unknown. File names are relative to the project."""

from __future__ import annotations

import json

from dbreview.project import Column, Default, ForeignKey, Index, Relationship, Table, Unknown
from dbreview.report.schema import words
from dbreview.report.style import Style
from dbreview.schema import Schema

VERSION = 1
"""Goes up when a key changes its meaning or goes away, not when one is added."""


def render(schema: Schema, style: Style) -> str:
    """One object. Only ASCII, so that no pipe's encoding can spoil it."""
    document = {
        "version": VERSION,
        "tables": [_table(each) for each in schema.tables if each.has_known_name],
        "relationships": [_relationship(each) for each in schema.relationships],
        "unknown": [_unknown(each) for each in schema.unknown],
    }
    return json.dumps(document, indent=2) + "\n"


def _table(table: Table) -> dict[str, object]:
    return {
        "table": table.full_name,
        "class": table.model,
        "file": table.at.filename,
        "line": table.at.line,
        "orm": table.orm,
        "columns": [_column(each) for each in table.columns],
        "pk": list(table.primary_key),
        "fks": [_foreign_key(each, table) for each in table.foreign_keys if each.target],
        "indexes": [_index(each) for each in table.indexes],
        "unique": [list(each.columns) for each in table.uniques],
        "checks": list(table.checks),
        "inherits": table.parent,
        "fully_known": table.is_fully_known,
    }


def _column(column: Column) -> dict[str, object]:
    told: dict[str, object] = {"name": column.name}
    if column.attribute != column.name:
        told["attribute"] = column.attribute
    told["type"] = column.type.name if column.type else None
    if column.type and column.type.is_fully_read and column.type.length is not None:
        told["length"] = column.type.length
    if column.type and column.type.is_fully_read and column.type.has_zone is not None:
        told["timezone"] = column.type.has_zone
    told |= {
        "nullable": column.is_nullable,
        "primary_key": column.is_primary_key,
        "unique": column.is_unique,
        "index": column.is_indexed,
        "defaults": [_default(each) for each in column.defaults],
        "file": column.at.filename,
        "line": column.at.line,
    }
    return told


def _default(default: Default) -> dict[str, object]:
    return {"keyword": default.keyword, "calls": default.called, "evaluated_once": default.is_evaluated_once}


def _foreign_key(key: ForeignKey, table: Table) -> dict[str, object]:
    """``composite_only``: all that the key is found by are keys with more columns behind its own."""
    is_indexed = table.is_indexed(key.columns)
    exact = any(frozenset(start) == frozenset(key.columns) for start in table.starts())
    return {
        "columns": list(key.columns),
        "target": key.target[0] if len(key.target) == 1 else list(key.target) or None,
        "indexed": is_indexed,
        "partial_only": not is_indexed and table.partial_index(key.columns) is not None,
        "composite_only": is_indexed and not exact,
        "ondelete": key.on_delete,
        "file": key.at.filename,
        "line": key.at.line,
    }


def _index(index: Index) -> dict[str, object]:
    told: dict[str, object] = {
        "name": index.name,
        "columns": [term or words.UNREAD for term in index.terms],
        "unique": index.is_unique,
    }
    written = words.of_index(index)
    if written != told["columns"]:
        told["written"] = written
    optional = {"where": index.where, "method": index.method, "dialect": index.dialect}
    return told | {key: value for key, value in optional.items() if value is not None}


def _relationship(each: Relationship) -> dict[str, object]:
    return {
        "class": each.model,
        "attr": each.name,
        "target": each.target or each.target_name,
        "uselist": each.is_collection,
        "lazy": each.lazy,
        "cascade": None if each.cascade is None else ", ".join(sorted(each.cascade)),
        "passive_deletes": each.passive_deletes,
        "direction": each.direction,
        "back_populates": each.inverse,
        "made_by_backref": each.is_backref,
        "secondary": each.secondary,
        "viewonly": each.is_view_only,
        "file": each.at.filename,
        "line": each.at.line,
    }


def _unknown(unknown: Unknown) -> dict[str, object]:
    return {"file": unknown.at.filename, "line": unknown.at.line, "reason": unknown.reason}
