"""Schema objects as written (``Column(...)``, ``Field(...)``, ``Index(...)``) to columns, keys, indexes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import python, sqlalchemy
from dbreview.link.annotations import parse_annotation
from dbreview.link.names import Variable
from dbreview.link.syntax import last_name
from dbreview.link.values import (
    Aggregate,
    Attribute,
    ClassValue,
    Const,
    Entries,
    Instance,
    Items,
    LibraryObject,
    Made,
    Record,
    Statement,
    Symbol,
    TableColumn,
    Value,
)
from dbreview.project import Column

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

_COLUMNS = sqlalchemy.COLUMN_MAKERS | sqlalchemy.MAPPED_COLUMN_MAKERS


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column with the foreign keys written in it; targets may still be attributes of models."""

    column: Column
    targets: tuple[tuple[Value, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotation says about a column: its type's last name, a schema object inside, Optional."""

    type: str | None
    made: Made | None
    is_optional: bool
    is_collection: bool
    wrapper: str | None
    target: Expression | None


def is_column(value: Value) -> bool:
    return isinstance(value, Made) and value.dotted in _COLUMNS


def is_field(value: Value) -> bool:
    return isinstance(value, Made) and value.dotted in sqlalchemy.FIELD_MAKERS


def is_relationship(value: Value) -> bool:
    return isinstance(value, Made) and value.dotted in sqlalchemy.RELATIONSHIPS


def read_column(made: Made | None, attribute: str, at: Place, annotated: Annotation | None) -> ReadColumn:
    """The column that a schema object (or a bare annotation) declares."""
    if annotated is not None and annotated.made is not None:
        inner = annotated.made
        made = _overlay(inner, made) if made is not None else inner
    if made is None:
        return ReadColumn(Column(attribute, attribute, at, annotated.type if annotated else None,
                                 is_nullable=annotated.is_optional if annotated else None))  # fmt: skip
    if made.dotted in sqlalchemy.FIELD_MAKERS:
        return _read_field(made, attribute, at, annotated)
    positional = list(made.arguments)
    name = attribute
    if positional and isinstance(positional[0], Const) and isinstance(positional[0].value, str):
        name = positional.pop(0).value  # type: ignore[union-attr, assignment]
    elif isinstance(made.keyword("name"), Const):
        name = str(made.keyword("name").value)  # type: ignore[union-attr]
    kind = next((type_name(v) for v in (*positional, made.keyword("type_")) if type_name(v)), None)
    is_primary = _flag(made, "primary_key")
    column = Column(
        name,
        attribute,
        at,
        kind or (annotated.type if annotated else None),
        is_primary,
        _nullable(made, annotated, is_primary),
        _flag(made, "unique"),
        _flag(made, "index"),
        made.keyword("index") == Const(False),
        has_default=any(made.has(key) for key in ("default", "server_default", "default_factory", "insert_default")),
        has_update=any(made.has(key) for key in ("onupdate", "server_onupdate")),
    )
    return ReadColumn(column, tuple(_targets(positional)))


def _overlay(inner: Made, outer: Made) -> Made:
    keys = {key for key, _ in outer.keywords}
    keywords = (*outer.keywords, *((k, v) for k, v in inner.keywords if k not in keys))
    return Made(outer.dotted, (*outer.arguments, *inner.arguments), keywords, outer.at)


def _read_field(made: Made, attribute: str, at: Place, annotated: Annotation | None) -> ReadColumn:
    inner = made.keyword("sa_column")
    if isinstance(inner, Made):
        return read_column(inner, attribute, at, annotated and replace(annotated, made=None))
    extra = made.keyword("sa_column_kwargs")
    extras = dict(extra.items) if isinstance(extra, Entries) else {}
    is_primary = _flag(made, "primary_key")
    given = made.keyword("sa_column_args")
    arguments = given.items if isinstance(given, Record) else given.exact if isinstance(given, Items) else ()
    column = Column(
        str(extras["name"].value) if isinstance(extras.get("name"), Const) else attribute,  # type: ignore[union-attr]
        attribute,
        at,
        type_name(made.keyword("sa_type")) or (annotated.type if annotated else None),
        is_primary,
        _nullable(made, annotated, is_primary),
        _flag(made, "unique") or extras.get("unique") == Const(True),
        _flag(made, "index") or extras.get("index") == Const(True),
        has_default=made.has("default_factory")
        or made.has("default")
        or "server_default" in extras
        or "default" in extras,
        has_update="onupdate" in extras or "server_onupdate" in extras,
    )
    targets = list(_targets(arguments))
    if made.has("foreign_key"):
        on_delete = made.keyword("ondelete")
        targets.append((made.keyword("foreign_key"), on_delete.value if isinstance(on_delete, Const) else None))  # type: ignore[arg-type]
    return ReadColumn(column, tuple(targets))


def _targets(arguments: object) -> list[tuple[Value, str | None]]:
    found: list[tuple[Value, str | None]] = []
    for value in arguments:  # type: ignore[attr-defined]
        if isinstance(value, Made) and value.dotted in sqlalchemy.FOREIGN_KEYS:
            on_delete = value.keyword("ondelete")
            target = value.arguments[0] if value.arguments else value.keyword("column")
            found.append((target, on_delete.value if isinstance(on_delete, Const) else None))  # type: ignore[arg-type]
    return found


def _flag(made: Made, name: str) -> bool:
    """Whether a flag is set. A value that is computed may be true, and a missing index is only told for sure."""
    return made.has(name) and made.keyword(name) not in (Const(False), Const(None))


def _nullable(made: Made, annotated: Annotation | None, is_primary: bool) -> bool | None:
    given = made.keyword("nullable")
    if isinstance(given, Const):
        return bool(given.value)
    if is_primary:
        return False
    if annotated is not None:
        return annotated.is_optional
    return True if made.dotted in sqlalchemy.COLUMN_MAKERS else None


def type_name(value: Value) -> str | None:
    """The last word of a column type: ``DateTime``, ``String``."""
    match value:
        case Symbol(dotted):
            return None if dotted.startswith("builtins.") and dotted != "builtins.str" else dotted.rpartition(".")[2]
        case LibraryObject(dotted):
            return dotted.removesuffix("()").rpartition(".")[2]
        case ClassValue(ref):
            return ref.name
        case Instance(ref):
            return ref.name
    return None


# --- annotations --------------------------------------------------------------------------


def read_annotation(frame: Frame, annotation: Expression) -> Annotation:
    """What ``Mapped[list["Post"]]``, ``Mapped[int_pk]`` or ``datetime | None`` say."""
    return _read(frame, annotation, Annotation(None, None, False, False, None, None), 0)


def _read(frame: Frame, node: Expression, so_far: Annotation, depth: int) -> Annotation:
    if depth > 10:
        return so_far
    match node:
        case facts.Constant(str() as text, at):
            parsed = parse_annotation(text, at)
            return _read(frame, parsed, so_far, depth + 1) if parsed is not None else replace(so_far, target=node)
        case facts.BinaryOperation(left, "|", right):
            for part, other in ((left, right), (right, left)):
                if isinstance(part, facts.Constant) and part.value is None:
                    return _read(frame, other, replace(so_far, is_optional=True), depth + 1)
            return _read(frame, left, so_far, depth + 1)
        case facts.Subscript(base, index):
            return _read_generic(frame, node, base, index, so_far, depth)
        case facts.Name() | facts.Attribute():
            return _read_name(frame, node, so_far, depth)
    return so_far


def _read_generic(
    frame: Frame, node: facts.Subscript, base: Expression, index: Expression, so_far: Annotation, depth: int
) -> Annotation:
    arguments = index.items if isinstance(index, facts.Display) and index.items else (index,)
    dotted = frame.symbol_of(base) or last_name(base) or ""
    name = dotted.rpartition(".")[2]
    first = arguments[0]
    if dotted in sqlalchemy.MAPPED_WRAPPERS or name in ("Mapped", "DynamicMapped", "WriteOnlyMapped"):
        wrapper = {"DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}.get(name)
        return _read(
            frame, first, replace(so_far, wrapper=wrapper or "mapped", is_collection=wrapper is not None), depth + 1
        )
    if name == "Annotated":
        made = next((v for v in (frame.evaluate(a) for a in arguments[1:]) if isinstance(v, Made)), None)
        return _read(frame, first, replace(so_far, made=so_far.made or made), depth + 1)
    if name == "Optional":
        return _read(frame, first, replace(so_far, is_optional=True), depth + 1)
    if name == "Union":
        others = [a for a in arguments if not (isinstance(a, facts.Constant) and a.value is None)]
        return (
            _read(frame, others[0], replace(so_far, is_optional=len(others) < len(arguments)), depth + 1)
            if others
            else so_far
        )
    if name in ("ClassVar", "PrivateAttr"):
        return replace(so_far, wrapper="ClassVar")
    if name in python.COLLECTIONS:
        return _read(frame, first, replace(so_far, is_collection=True), depth + 1)
    if name in ("dict", "Dict") and len(arguments) == 2:
        return replace(_read(frame, arguments[1], replace(so_far, is_collection=True), depth + 1), type="dict")
    return replace(so_far, type=so_far.type or name, target=node)


def _read_name(frame: Frame, node: Expression, so_far: Annotation, depth: int) -> Annotation:
    """A name is a type, or an alias such as ``int_pk = Annotated[int, mapped_column(...)]``."""
    holder = frame.evaluate(node.value) if isinstance(node, facts.Attribute) else None
    definition = (
        frame.interpreter.names.resolve(frame.path, node.id)
        if isinstance(node, facts.Name)
        else frame.definition_in(holder, node.attr)
        if isinstance(node, facts.Attribute)
        else None
    )
    if isinstance(definition, Variable) and definition.value is not None:
        return _read(frame.interpreter.module_frame(definition.path), definition.value, so_far, depth + 1)
    return replace(so_far, type=so_far.type or last_name(node), target=node)


# --- indexes and constraints --------------------------------------------------------------


def column_names(
    values: tuple[Value, ...], columns: dict[str, Column], made_names: dict[Made, str]
) -> tuple[str, ...] | None:
    """The column names that an index or constraint lists; ``""`` for an expression, None if one is unknown."""
    found: list[str] = []
    for value in values:
        match value:
            case Const(str() as text):
                found.append(text)
            case TableColumn(_, name):
                found.append(name)
            case Attribute(_, name):
                found.append(columns[name].name if name in columns else name)
            case Made():
                if value not in made_names:
                    return None
                attribute = made_names[value]
                found.append(columns[attribute].name if attribute in columns else attribute)
            case Statement(kind="text", selected=(Const(str() as text), *_)):
                word = re.match(r'\s*"?(\w+)"?(\s+(asc|desc)\b.*)?$', text, re.IGNORECASE)
                found.append(word[1] if word else "")
            case Aggregate() | LibraryObject():
                found.append("")
            case _:
                return None
    return tuple(found)
