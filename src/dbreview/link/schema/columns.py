"""Schema objects as written (``Column(...)``, ``Field(...)``, ``Index(...)``) to columns, keys, indexes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.frameworks import python, sqlalchemy
from dbreview.link.schema.hints import Annotation
from dbreview.link.schema.types import TypeMap, annotated_type, column_type
from dbreview.link.values import (
    Aggregate,
    Attribute,
    Condition,
    Conditions,
    Const,
    Entries,
    FunctionValue,
    Items,
    Join,
    LambdaValue,
    LibraryObject,
    Made,
    Ordered,
    Record,
    Statement,
    Symbol,
    TableColumn,
    Value,
)
from dbreview.project import Column, ColumnType, Default

if TYPE_CHECKING:
    from dbreview.link.schema.tables import Draft

_COLUMNS = sqlalchemy.COLUMN_MAKERS | sqlalchemy.MAPPED_COLUMN_MAKERS


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column with the foreign keys written in it; targets may still be attributes of models.

    ``unknown`` names the flags whose values cannot be read.
    """

    column: Column
    targets: tuple[tuple[Value, str | None], ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """What the class of a column says about all its columns."""

    type_map: TypeMap
    is_sqlmodel: bool = False
    is_enum: Callable[[Value], bool] = lambda _: False
    result_of: Callable[[Value], Value] = lambda _: None


def is_column(value: Value) -> bool:
    return isinstance(value, Made) and value.dotted in _COLUMNS


def is_field(value: Value) -> bool:
    return isinstance(value, Made) and value.dotted in sqlalchemy.FIELD_MAKERS


def is_relationship(value: Value) -> bool:
    return isinstance(value, Made) and value.dotted in sqlalchemy.RELATIONSHIPS


def read_column(made: Made | None, attribute: str, at: Place, annotated: Annotation | None, owner: Owner) -> ReadColumn:
    """The column that a schema object (or a bare annotation) declares."""
    if annotated is not None and annotated.made is not None:
        inner = _unnamed(annotated.made)
        made = _overlay(inner, made) if made is not None else inner
    if made is None:
        is_nullable = annotated.is_optional if annotated is not None else None
        return ReadColumn(Column(attribute, attribute, at, _annotated_type(annotated, owner), is_nullable=is_nullable))
    if made.dotted in sqlalchemy.FIELD_MAKERS:
        return _read_field(made, attribute, at, annotated, owner)
    positional = list(made.arguments)
    name = attribute
    if positional and isinstance(positional[0], Const) and isinstance(positional[0].value, str):
        name = positional.pop(0).value  # type: ignore[union-attr, assignment]
    elif isinstance(made.keyword("name"), Const):
        name = str(made.keyword("name").value)  # type: ignore[union-attr]
    given = (column_type(value) for value in (*positional, made.keyword("type_")))
    is_primary = _flag(made, "primary_key")
    column = Column(
        name,
        attribute,
        at,
        next((kind for kind in given if kind is not None), None) or _annotated_type(annotated, owner),
        is_primary,
        _nullable(made, annotated, is_primary),
        _flag(made, "unique"),
        _flag(made, "index"),
        made.keyword("index") == Const(False),
        tuple(default(keyword, value, owner) for keyword, value in made.keywords if keyword in sqlalchemy.DEFAULTS),
    )
    return ReadColumn(column, tuple(_targets(positional)), _unknown_flags(made))


def _annotated_type(annotated: Annotation | None, owner: Owner) -> ColumnType | None:
    if annotated is None:
        return None
    return annotated_type(
        annotated.value,
        annotated.type,
        annotated.names,
        owner.type_map,
        is_sqlmodel=owner.is_sqlmodel,
        is_enum=owner.is_enum(annotated.value),
    )


def default(keyword: str, value: Value, owner: Owner | None = None) -> Default:
    """What ``default=value`` does. A value that a call of the clock gave was computed while the class was read."""
    match value:
        case Const(constant) if constant is not None:
            return Default(keyword, is_constant=True)
        case LibraryObject(dotted) if python.is_volatile(dotted):
            return Default(keyword, _called(dotted), True)
        case Symbol(dotted) if python.is_volatile(f"{dotted}()"):
            return Default(keyword, _called(f"{dotted}()"))
        case FunctionValue() | LambdaValue():
            made = owner.result_of(value) if owner is not None else None
            if isinstance(made, LibraryObject) and python.is_volatile(made.dotted):
                return Default(keyword, _called(made.dotted))
    return Default(keyword)


def _called(dotted: str) -> str:
    """``datetime.utcnow`` for ``datetime.datetime.utcnow().replace()``."""
    return ".".join(dotted.partition("()")[0].rsplit(".", 2)[-2:])


def _unnamed(made: Made) -> Made:
    """The name of a column in an ``Annotated`` alias does not count."""
    if made.arguments and isinstance(made.arguments[0], Const) and isinstance(made.arguments[0].value, str):
        return replace(made, arguments=made.arguments[1:])
    return made


def _overlay(inner: Made, outer: Made) -> Made:
    keys = {key for key, _ in outer.keywords}
    keywords = (*outer.keywords, *((k, v) for k, v in inner.keywords if k not in keys))
    return Made(outer.dotted, (*outer.arguments, *inner.arguments), keywords, outer.at)


def _read_field(made: Made, attribute: str, at: Place, annotated: Annotation | None, owner: Owner) -> ReadColumn:
    inner = made.keyword("sa_column")
    if isinstance(inner, Made):
        return read_column(inner, attribute, at, annotated and replace(annotated, made=None, wrapper=None), owner)
    extra = made.keyword("sa_column_kwargs")
    extras = dict(extra.items) if isinstance(extra, Entries) else {}
    is_primary = _flag(made, "primary_key")
    given = made.keyword("sa_column_args")
    arguments = given.items if isinstance(given, Record) else given.exact if isinstance(given, Items) else ()
    defaults = [default(keyword, value, owner) for keyword, value in made.keywords if keyword in sqlalchemy.DEFAULTS]
    if made.arguments and made.arguments[0] != Const(None):
        defaults.append(default("default", made.arguments[0], owner))
    defaults += [default(keyword, value, owner) for keyword, value in extras.items() if keyword in sqlalchemy.DEFAULTS]
    column = Column(
        str(extras["name"].value) if isinstance(extras.get("name"), Const) else attribute,  # type: ignore[union-attr]
        attribute,
        at,
        column_type(made.keyword("sa_type")) or _field_type(made, _annotated_type(annotated, owner)),
        is_primary,
        _nullable(made, annotated, is_primary),
        _flag(made, "unique") or extras.get("unique") == Const(True),
        _flag(made, "index") or extras.get("index") == Const(True),
        made.keyword("index") == Const(False),
        tuple(defaults),
    )
    targets = list(_targets(arguments))
    if made.has("foreign_key"):
        targets.append((made.keyword("foreign_key"), on_delete_of(made)))
    return ReadColumn(column, tuple(targets), _unknown_flags(made))


def _field_type(made: Made, kind: ColumnType | None) -> ColumnType | None:
    """``max_length`` is the length of a string column."""
    longest = made.keyword("max_length")
    if kind is None or kind.name != "AutoString" or not made.has("max_length"):
        return kind
    if isinstance(longest, Const) and isinstance(longest.value, int):
        return replace(kind, length=longest.value)
    return replace(kind, is_fully_read=longest == Const(None))


def _targets(arguments: object) -> list[tuple[Value, str | None]]:
    found: list[tuple[Value, str | None]] = []
    for value in arguments:  # type: ignore[attr-defined]
        if isinstance(value, Made) and value.dotted in sqlalchemy.FOREIGN_KEYS:
            target = value.arguments[0] if value.arguments else value.keyword("column")
            found.append((target, on_delete_of(value)))
    return found


def on_delete_of(made: Made) -> str | None:
    """What ``ondelete=`` says; an empty text where it cannot be read."""
    given = made.keyword("ondelete")
    if isinstance(given, Const):
        return str(given.value) if given.value is not None else None
    return "" if made.has("ondelete") or made.has("**") else None


def _flag(made: Made, name: str) -> bool:
    """Whether a flag is set."""
    given = made.keyword(name)
    return isinstance(given, Const) and bool(given.value)


def _unknown_flags(made: Made) -> tuple[str, ...]:
    flags = ("primary_key", "index", "unique")
    return tuple(name for name in flags if made.has(name) and not isinstance(made.keyword(name), Const))


def _nullable(made: Made, annotated: Annotation | None, is_primary: bool) -> bool | None:
    given = made.keyword("nullable")
    if isinstance(given, Const):
        return bool(given.value)
    if made.has("nullable"):
        return None
    if is_primary:
        return False
    if annotated is not None and (annotated.wrapper is not None or made.dotted in sqlalchemy.FIELD_MAKERS):
        return annotated.is_optional
    return True if made.dotted not in sqlalchemy.FIELD_MAKERS else None


# --- indexes and constraints --------------------------------------------------------------


def column_names(values: tuple[Value, ...], draft: Draft) -> tuple[str, ...] | None:
    """The column names that an index or constraint lists; ``""`` for an expression, None if one is unknown."""
    terms = [term(value, draft) for value in values]
    return tuple(found[0] for found in terms if found is not None) if None not in terms else None


def term(value: Value, draft: Draft) -> tuple[str, str] | None:
    """One column or expression of an index: the column's name (or ``""``), and what the database is told."""
    match value:
        case Const(str() as text):
            found = draft.keys.get(text, text)
            return found, found
        case TableColumn(_, name) | Attribute(_, name):
            found = draft.columns[name].name if name in draft.columns else draft.keys.get(name, name)
            return found, found
        case Made():
            if value not in draft.made_names:
                return None
            attribute = draft.made_names[value]
            found = draft.columns[attribute].name if attribute in draft.columns else attribute
            return found, found
        case Ordered(inner, is_descending):
            ordered = term(inner, draft)
            if ordered is None or not is_descending:
                return ordered
            told = f"{ordered[1]} DESC"
            return ordered[0], f"({told})" if isinstance(inner, Const) else told
        case Statement(kind="text", selected=(Const(str() as text), *_)):
            word = re.match(r'\s*"?(\w+)"?(\s+(asc|desc)\b.*)?$', text, re.IGNORECASE)
            return (word[1] if word else ""), text.strip() if word else f"({text.strip()})"
        case Aggregate(name, arguments):
            parts = [term(argument, draft) for argument in arguments]
            told = ", ".join(part[1] if part is not None else "..." for part in parts) if arguments else "..."
            return "", f"({name}({told}))"
        case LibraryObject() | Condition() | Conditions() | Join():
            return "", "(...)"
    return None
