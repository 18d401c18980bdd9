"""Response schemas: which attributes a Pydantic model reads from the object that it is filled from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import fastapi, python, sqlalchemy
from dbreview.link.annotations import parse_annotation
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import ClassValue, Symbol

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_DEEPEST = 12
_ANY_NAME = ""
"""Stands for the type parameter of ``class Page[T]``, which facts do not name."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A Pydantic model with what its type parameters stand for."""

    ref: ClassRef
    parameters: tuple[tuple[str, Shape], ...] = ()


@dataclass(frozen=True, slots=True)
class Many:
    """A collection whose elements have a shape."""

    element: Shape


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several shapes."""

    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A library's generic class (``Page[UserOut]``), which holds things of a shape somewhere in it."""

    inner: Shape


@dataclass(frozen=True, slots=True)
class Created:
    """What ``pydantic_model_creator`` makes of a model of Tortoise ORM, at a place; only ``included``, unless empty."""

    model: ClassRef
    left_out: frozenset[str]
    included: frozenset[str]
    at: Place


Shape: TypeAlias = Schema | Many | AnyOf | Envelope | Created | None


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field of a schema: the attributes that it may be read from, and what they are turned into."""

    schema: str
    name: str
    attributes: tuple[str, ...]
    shape: Shape
    at: Place


@dataclass(slots=True)
class Schemas:
    """Reads annotations into shapes, and schema classes into fields."""

    interpreter: Interpreter
    _fields: dict[Schema, tuple[SchemaField, ...]] = field(default_factory=dict)

    def is_schema(self, ref: ClassRef) -> bool:
        """Whether the class is a Pydantic model and no table."""
        classes = self.interpreter.classes
        names = set(classes.library_ancestors(ref))
        return bool(names & (fastapi.SCHEMA_BASES | sqlalchemy.SQLMODEL_BASE)) and not classes.is_mapped(ref)

    def reads_attributes(self, ref: ClassRef) -> bool:
        """Whether the schema is told to read attributes: ``from_attributes``, or ``orm_mode`` of Pydantic 1."""
        if set(self.interpreter.classes.library_ancestors(ref)) & sqlalchemy.SQLMODEL_BASE:
            return True
        return self._has_setting(ref, ("from_attributes", "orm_mode"))

    def _has_setting(self, ref: ClassRef, names: tuple[str, ...]) -> bool:
        """Whether one of these settings is on. Settings that come from elsewhere may switch on anything."""
        for ancestor in self.interpreter.classes.ancestors(ref):
            if not isinstance(ancestor, ClassRef):
                continue
            if any(self.interpreter.classes.keyword(ancestor, name) is True for name in names):
                return True
            config, inner = ancestor.members.get("model_config"), ancestor.members.get("Config")
            if isinstance(inner, ClassRef) and any(_switches_on(node, names) for node in walk(inner.facts.body)):
                return True
            if isinstance(config, Variable) and config.value is not None:
                if not isinstance(config.value, facts.Call | facts.DictDisplay):
                    return True
                if any(_switches_on(node, names) for node in walk(config.value)):
                    return True
        return False

    def shape(self, path: str, annotation: Expression | None, parameters: Mapping[str, Shape], depth: int = 0) -> Shape:
        """What an annotation says of the objects behind it; None where no schema is in it."""
        if annotation is None or depth > _DEEPEST:
            return None
        match annotation:
            case facts.Constant(str() as text, at):
                return self.shape(path, parse_annotation(text, at), parameters, depth + 1)
            case facts.BinaryOperation(left, "|", right):
                return _any_of([self.shape(path, side, parameters, depth + 1) for side in (left, right)])
            case facts.Name(name) if name in parameters:
                return parameters[name]
            case facts.Name(name):
                definition = self.interpreter.names.resolve(path, name)
                if isinstance(definition, Variable) and definition.value is not None:
                    return self.shape(definition.path, definition.value, {}, depth + 1)
                if definition is None and name not in python.BUILTINS:
                    return parameters.get(_ANY_NAME)
            case facts.Subscript():
                return self._generic(path, annotation, parameters, depth)
        value = self.interpreter.module_frame(path).evaluate(annotation)
        return Schema(value.ref) if isinstance(value, ClassValue) and self.is_schema(value.ref) else None

    def _generic(self, path: str, annotation: facts.Subscript, parameters: Mapping[str, Shape], depth: int) -> Shape:
        index = annotation.index
        parts = index.items if isinstance(index, facts.Display) and index.kind == "tuple" else (index,)
        shapes = [self.shape(path, part, parameters, depth + 1) for part in parts]
        base = self.interpreter.module_frame(path).evaluate(annotation.value)
        if isinstance(base, ClassValue):
            return Schema(base.ref, tuple(self._bound(base.ref, shapes))) if self.is_schema(base.ref) else None
        name = last_name(annotation.value) or ""
        if name in ("Optional", "Union", *python.TRANSPARENT):
            return _any_of(shapes)
        if name == "Annotated":
            return shapes[0]
        if name in python.COLLECTIONS or name in ("dict", "Dict", "Mapping"):
            inner = _any_of(shapes)
            return Many(inner) if inner is not None else None
        inner = _any_of(shapes)
        return Envelope(inner) if isinstance(base, Symbol) and inner is not None else None

    def _bound(self, ref: ClassRef, shapes: list[Shape]) -> Iterator[tuple[str, Shape]]:
        names = [name for base in ref.facts.bases for name in _type_variables(base.value)]
        if names:
            yield from zip(names, shapes, strict=False)
        elif len(shapes) == 1:
            yield _ANY_NAME, shapes[0]

    def fields(self, schema: Schema) -> tuple[SchemaField, ...]:
        """The fields of a schema, inherited ones as well."""
        if schema not in self._fields:
            self._fields[schema] = ()
            found: dict[str, SchemaField] = {}
            if not self._is_prepared_by_hand(schema.ref):
                self._collect(schema.ref, dict(schema.parameters), found)
            self._fields[schema] = tuple(each for each in found.values() if each.attributes)
        return self._fields[schema]

    def _collect(self, ref: ClassRef, parameters: Mapping[str, Shape], found: dict[str, SchemaField]) -> None:
        is_named_either_way = self._has_setting(ref, ("populate_by_name", "validate_by_name"))
        for name, member in ref.members.items():
            if name in found or name.startswith(("_", "model_")) or not isinstance(member, Variable):
                continue
            if member.annotation is not None:
                attributes = _attributes(name, member, is_named_either_way=is_named_either_way)
                shape = self.shape(member.path, member.annotation, parameters)
                at = Place(member.path, *member.at)
                found[name] = SchemaField(ref.name, name, attributes, shape, at)
        for base in ref.facts.bases:
            value = self.interpreter.module_frame(ref.path).evaluate(base.value) if base.keyword is None else None
            inner: Shape = None
            if isinstance(base.value, facts.Subscript):
                inner = self.shape(ref.path, base.value, parameters)
            if isinstance(value, ClassValue):
                bound = dict(inner.parameters) if isinstance(inner, Schema) else {}
                self._collect(value.ref, bound, found)

    def _is_prepared_by_hand(self, ref: ClassRef) -> bool:
        """Whether a validator sees the object before the fields do, and may hand on something else."""
        return any(
            last_name(decorator) in ("model_validator", "root_validator")
            and any(a.keyword in ("mode", "pre") and _is_before(a.value) for a in decorator.arguments)
            for ancestor in self.interpreter.classes.ancestors(ref)
            if isinstance(ancestor, ClassRef)
            for member in ancestor.members.values()
            if isinstance(member, FunctionRef)
            for decorator in member.facts.decorators
            if isinstance(decorator, facts.Call)
        )


def _any_of(shapes: list[Shape]) -> Shape:
    known = tuple(shape for shape in shapes if shape is not None)
    return AnyOf(known) if len(known) > 1 else known[0] if known else None


def _type_variables(base: Expression) -> Iterator[str]:
    """The names in ``Generic[T]``."""
    if isinstance(base, facts.Subscript) and last_name(base.value) in ("Generic", "Protocol"):
        index = base.index
        for part in index.items if isinstance(index, facts.Display) else (index,):
            if isinstance(part, facts.Name):
                yield part.id


def _attributes(name: str, member: Variable, *, is_named_either_way: bool) -> tuple[str, ...]:
    """The attributes of the object that the field may be read from: its alias, or its own name."""
    if member.annotation is not None and last_name(member.annotation) == "ClassVar":
        return ()  # no field, whatever the parent class says
    written = (member.annotation, member.value) if member.value is not None else (member.annotation,)
    for call in walk(written):
        if not isinstance(call, facts.Call) or last_name(call.func) != "Field":
            continue
        given = {argument.keyword: argument.value for argument in call.arguments}
        alias = given.get("validation_alias", given.get("alias"))
        if alias is not None:
            return (*_names_of_alias(alias), *((name,) if is_named_either_way else ()))
    return (name,)


def _names_of_alias(alias: Expression) -> Iterator[str]:
    match alias:
        case facts.Constant(str() as text):
            yield text
        case facts.Call(func, arguments) if last_name(func) == "AliasChoices":
            for argument in arguments:
                yield from _names_of_alias(argument.value)
        case facts.Call(func, (facts.Argument(value=first), *_)) if last_name(func) == "AliasPath":
            yield from _names_of_alias(first)


def _switches_on(node: object, names: tuple[str, ...]) -> bool:
    match node:
        case facts.Call(_, arguments):
            return any(a.keyword in names and _is_true(a.value) for a in arguments)
        case facts.DictDisplay(items):
            return any(
                isinstance(item.key, facts.Constant) and item.key.value in names and _is_true(item.value)
                for item in items
            )
        case facts.Assign((facts.Name(name),), value):
            return name in names and _is_true(value)
    return False


def _is_true(expression: Expression) -> bool:
    return isinstance(expression, facts.Constant) and expression.value is True


def _is_before(expression: Expression) -> bool:
    return isinstance(expression, facts.Constant) and expression.value in ("before", "wrap", True)
