"""Indexes and unique constraints of Tortoise models, with the names that its schema generator gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from dbreview.frameworks import tortoise
from dbreview.link.tortoise.options import Options, Together, argument, condition, text_of
from dbreview.link.values import Const, Made
from dbreview.project import Column, Index, UniqueConstraint


def generated_name(prefix: str, table: str, columns: tuple[str, ...]) -> str:
    """The name of an index or constraint that is given none."""
    digest = sha256(";".join((table, *columns)).encode()).hexdigest()[:6]
    return f"{prefix}_{table[:11]}_{columns[0][:7]}_{digest}"


def indexes(table: str, columns: Mapping[str, Column], options: Options) -> Iterator[Index]:
    """The indexes of the columns, then those of ``Meta``. What was made already is not made again."""
    told: set[tuple[object, ...]] = set()
    for index in (*_of_columns(table, columns), *(_of_meta(table, columns, each) for each in options.indexes)):
        key = (index.name, index.columns, index.where, index.method)
        if key not in told or index.name is None:
            told.add(key)
            yield index
    for each in options.constraints:
        if each.made is not None and (where := argument(each.made, 2, "condition")) not in (None, Const(None)):
            names = _stored(columns, each.names)
            yield Index(
                _name(each.made, 1, table, names, "uid"), names, True, each.at, names, text_of(where) or "(...)"
            )


def uniques(table: str, columns: Mapping[str, Column], options: Options) -> Iterator[UniqueConstraint]:
    """The unique columns, then what ``Meta`` lists."""
    for column in columns.values():
        if column.is_unique:
            yield UniqueConstraint(None, (column.name,), column.at, True)
    for each in options.unique_together:
        names = _stored(columns, each.names)
        yield UniqueConstraint(generated_name("uid", table, names), names, each.at)
    for each in options.constraints:
        if each.made is not None and argument(each.made, 2, "condition") in (None, Const(None)):
            names = _stored(columns, each.names)
            yield UniqueConstraint(_name(each.made, 1, table, names, "uid"), names, each.at)


def _of_columns(table: str, columns: Mapping[str, Column]) -> Iterator[Index]:
    for column in columns.values():
        if column.is_indexed:
            only = (column.name,)
            yield Index(generated_name("idx", table, only), only, False, column.at, only, is_of_column=True)


def _of_meta(table: str, columns: Mapping[str, Column], each: Together) -> Index:
    made = each.made
    if made is None:
        names = _stored(columns, each.names)
        return Index(generated_name("idx", table, names), names, False, each.at, names)
    method, dialect = tortoise.INDEXES[made.dotted]
    if not each.names:
        expressions = ("",) * len(made.arguments)
        shown = ("(...)",) * len(made.arguments)
        return Index(
            text_of(made.keyword("name")), expressions, False, each.at, shown, condition(made), method, dialect
        )
    return Index(
        _name(made, len(made.arguments), table, each.names, "idx"),
        each.names,  # as they are written: Tortoise does not ask for their columns here
        False,
        each.at,
        each.names,
        condition(made),
        method,
        dialect,
        not made.has("parser_name"),
    )


def _stored(columns: Mapping[str, Column], names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of fields; for a relation it is the name of the key's own field."""
    return tuple(
        columns[name].name if name in columns else f"{name}_id" if f"{name}_id" in columns else name for name in names
    )


def _name(made: Made, position: int, table: str, columns: tuple[str, ...], prefix: str) -> str:
    return text_of(argument(made, position, "name")) or generated_name(prefix, table, columns)
