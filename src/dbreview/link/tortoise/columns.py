"""Columns of Tortoise fields that refer to no other model: type, defaults, flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dbreview.frameworks import tortoise
from dbreview.link.names import ClassRef, Variable
from dbreview.link.schema.columns import default
from dbreview.link.tortoise.fields import Field
from dbreview.link.values import ClassValue, Const
from dbreview.project import Column, ColumnType, Default

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_DECIDING = ("primary_key", "unique", "db_index", "source_field")
"""Options without which nobody knows what a column is, or what index it has."""


def plain_column(interpreter: Interpreter, field: Field) -> Column:
    """The column of a field that is no relation."""
    is_primary = field.is_primary_key
    return Column(
        field.text("source_field") or field.name,
        field.name,
        field.at,
        column_type(interpreter, field),
        is_primary,
        False if is_primary else field.flag("null"),
        not is_primary and field.flag("unique") is True,
        not is_primary and field.flag("db_index") is True and not _is_computed(field),
        field.flag("db_index", True) is False,
        tuple(defaults(field)),
    )


def is_clear(field: Field) -> bool:
    """Whether everything that matters of the field could be read."""
    if not field.is_read or field.is_unclear(*_DECIDING):
        return False
    return not (field.maker in tortoise.KEEPING_TIME and field.is_unclear("auto_now", "auto_now_add"))


def column_type(interpreter: Interpreter, field: Field) -> ColumnType | None:
    """The type of the column, by the name that SQLAlchemy has for such types."""
    if field.custom is not None:
        return ColumnType(field.custom.name)
    word = field.maker.rpartition(".")[2]
    if word not in tortoise.TYPES:
        return None
    name = tortoise.TYPES[word]
    if name != "String":
        return ColumnType(name, True, has_zone=True if word in tortoise.ZONED else None)
    length = _length(interpreter, field)
    return ColumnType(name, True, length, is_fully_read=length is not None)


def defaults(field: Field) -> Iterator[Default]:
    """What fills the column. ``default=None`` means none in Tortoise."""
    for keyword in ("default", "db_default"):
        if keyword in field.options and (field.options[keyword] != Const(None) or keyword == "db_default"):
            yield default(keyword, field.options[keyword])
    if field.maker in tortoise.GENERATED_KEYS and field.is_primary_key and "default" not in field.options:
        yield Default("default", "uuid.uuid4")
    for keyword in ("auto_now", "auto_now_add") if field.maker in tortoise.KEEPING_TIME else ():
        if field.flag(keyword) is True:
            yield Default(keyword)


def _is_computed(field: Field) -> bool:
    return field.maker == tortoise.COMPUTED and "source_fields" in field.options and field.flag("stored", True) is True


def _length(interpreter: Interpreter, field: Field) -> int | None:
    given = field.options.get("max_length")
    if isinstance(given, Const) and isinstance(given.value, int) and given.value:
        return given.value
    if given is None and "max_length" in field.options:
        return None
    enumeration = field.options.get("enum_type")
    return _longest(interpreter, enumeration.ref) if isinstance(enumeration, ClassValue) else None


def _longest(interpreter: Interpreter, ref: ClassRef) -> int | None:
    """The length of an enumeration's longest value, where all of them are written out."""
    if "__new__" in ref.members or "__init__" in ref.members:
        return None
    values = interpreter.models.class_values(ref)
    longest = 0
    for name, member in ref.members.items():
        if isinstance(member, Variable) and member.value is not None and not name.startswith("_"):
            value = values.get(name)
            if not isinstance(value, Const):
                return None
            longest = max(longest, len(str(value.value)))
    return longest or None
