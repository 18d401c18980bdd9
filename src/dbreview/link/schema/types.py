"""Column types: from what stands in a column, or from its annotation and the base's ``type_annotation_map``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import sqlalchemy
from dbreview.link.names import ClassRef, Variable
from dbreview.link.values import ClassValue, Const, Instance, LibraryObject, Symbol, Value
from dbreview.project import ColumnType

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

TypeMap = Mapping[str, Value]
"""What ``type_annotation_map`` gives for the names that annotations write."""


def column_type(value: Value) -> ColumnType | None:
    """The type that a value in a column stands for; None for anything that is no type."""
    match value:
        case Symbol(dotted) if not dotted.startswith("builtins.") or dotted == "builtins.str":
            return _of_library(dotted, (), {}, is_changed=False)
        case LibraryObject(dotted, arguments, keywords) if "()" in dotted:
            name, _, rest = dotted.partition("()")
            return _of_library(name, arguments, dict(keywords), is_changed=bool(rest))
        case ClassValue(ref) | Instance(ref):
            return ColumnType(ref.name)
    return None


def _of_library(
    dotted: str, arguments: tuple[Value, ...], keywords: Mapping[str, Value], *, is_changed: bool
) -> ColumnType:
    """``is_changed`` says that something like ``with_variant`` was called on it."""
    name = dotted.rpartition(".")[2]
    is_standard = dotted.startswith(sqlalchemy.HOMES_OF_TYPES)
    is_read = not is_changed and "**" not in keywords
    length: int | None = None
    zone: bool | None = None
    if name in sqlalchemy.STRING_TYPES:
        given = arguments[0] if arguments else keywords.get("length")
        length = given.value if isinstance(given, Const) and isinstance(given.value, int) else None
        is_read = is_read and (given is not None or not (arguments or "length" in keywords))
    if name in sqlalchemy.ZONED_TYPES and not dotted.startswith("sqlalchemy.dialects.mysql"):
        given = arguments[0] if arguments else keywords.get("timezone", Const(False))
        zone = bool(given.value) if isinstance(given, Const) else None
        is_read = is_read and zone is not None
    return ColumnType(name, is_standard, length, zone, is_read)


def annotated_type(
    value: Value, name: str | None, names: tuple[str, ...], type_map: TypeMap, *, is_sqlmodel: bool, is_enum: bool
) -> ColumnType | None:
    """The type that ``Mapped[str]`` gives a column: by the base's map, else by the library's own.

    ``names`` are all names by which the annotation leads to its type, ``name`` is the last one's last word.
    """
    for each in names:
        if each in type_map:
            return column_type(type_map[each])
    if is_enum or name == "Literal":
        return ColumnType("Enum", True)
    if isinstance(value, Symbol) and value.dotted in sqlalchemy.TYPES_OF_PYTHON:
        standard = sqlalchemy.TYPES_OF_PYTHON[value.dotted]
        if is_sqlmodel and standard == "String":
            standard = "AutoString"
        # SQLModel's own type for times is aware in some versions and naive in others.
        is_naive = standard in sqlalchemy.ZONED_TYPES and not is_sqlmodel
        return ColumnType(standard, True, has_zone=False if is_naive else None)
    return ColumnType(name) if name is not None else None


def read_type_map(interpreter: Interpreter, ref: ClassRef) -> TypeMap:
    """The ``type_annotation_map`` of the declarative base that a class derives from."""
    for ancestor in interpreter.classes.ancestors(ref):
        if isinstance(ancestor, ClassRef):
            frame = interpreter.module_frame(ancestor.path)
            for display in _displays(ancestor):
                return {
                    key: frame.evaluate(item.value)
                    for item in display.items
                    if item.key is not None and (key := _key(frame, item.key)) is not None
                }
    return {}


def _displays(ref: ClassRef) -> list[facts.DictDisplay]:
    found: list[facts.DictDisplay] = []
    direct = ref.members.get("type_annotation_map")
    if isinstance(direct, Variable) and isinstance(direct.value, facts.DictDisplay):
        found.append(direct.value)
    registry = ref.members.get("registry")
    if isinstance(registry, Variable) and isinstance(registry.value, facts.Call):
        given = [a.value for a in registry.value.arguments if a.keyword == "type_annotation_map"]
        found += [value for value in given if isinstance(value, facts.DictDisplay)]
    return found


def _key(frame: Frame, node: facts.Expression) -> str | None:
    if isinstance(node, facts.Name):
        definition = frame.interpreter.names.resolve(frame.path, node.id)
        if isinstance(definition, Variable):
            return variable_name(definition)
    match frame.evaluate(node):
        case Symbol(dotted):
            return dotted
        case ClassValue(ref):
            return ref.dotted
    return None


def variable_name(variable: Variable) -> str:
    """A name for a module's variable that no other thing has."""
    return f"{variable.path}:{variable.name}"
