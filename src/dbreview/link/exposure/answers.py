"""What FastAPI makes of a returned value, with or without a response model, and which secret columns are in that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview.frameworks import answers
from dbreview.link import loading, rows, strategies
from dbreview.link.exposure import columns
from dbreview.link.exposure.filters import NO_FILTER, Filter, read_filter
from dbreview.link.exposure.leaks import Leak, Manner, Objects
from dbreview.link.names import ClassRef
from dbreview.link.schemas import AnyOf, Created, Envelope, Many, Schema, SchemaField, Shape
from dbreview.link.values import (
    ClassValue,
    Coroutine,
    Dump,
    Either,
    Entity,
    Entries,
    Instance,
    Items,
    LibraryObject,
    Record,
    Result,
    Secret,
    Value,
    Wrapped,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

_DEEPEST = 9


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the answers of one path operation."""

    objects: Objects

    @property
    def _frame(self) -> Frame:
        return self.objects.frame

    @property
    def _interpreter(self) -> Interpreter:
        return self.objects.frame.interpreter

    def is_response(self, value: Value) -> bool:
        """Whether a value is a response already, so that no response model is asked."""
        match value:
            case Wrapped(_, LibraryObject(dotted)):
                return dotted in answers.JSON_RESPONSES
            case Instance(ref):
                return self.objects.schemas.is_own_response(ClassValue(ref))
        return False

    # --- without a response model

    def plain(self, value: Value, manner: Manner, hidden: Filter = NO_FILTER, depth: int = 0) -> Iterator[Leak]:
        """What a value carries that is turned into JSON as it is."""
        if value is None or depth > _DEEPEST:
            return
        depth += 1
        match value:
            case Coroutine(inner):
                yield from self.plain(inner, manner, hidden, depth)
            case Either(parts):
                for part in parts:
                    yield from self.plain(part, manner, hidden, depth)
            case Entity() if self.objects.takes(value, manner):
                yield from self.objects.of_entity(value, hidden)
                yield from self._loaded(value, manner, hidden, depth)
            case Dump():
                yield from self.objects.of_dump(value, manner, hidden, frozenset())
            case Secret():
                yield from self.objects.of_secret(value)
            case Items() | Result() | Record():
                for part in _parts(value):
                    yield from self.plain(part, manner, hidden.of_each(), depth)
            case Entries():
                yield from self._entries(value, manner, hidden, depth)
            case Wrapped(inner_values, by):
                for part in inner_values:
                    yield from self._wrapped(part, by, manner, hidden, depth)
            case Instance():
                yield from self._instance(value, hidden, depth)

    def _loaded(self, entity: Entity, manner: Manner, hidden: Filter, depth: int) -> Iterator[Leak]:
        """The objects that were loaded with one of SQLAlchemy's, which are sent with it."""
        if columns.is_sqlmodel(self._interpreter, entity.model) or entity.fetch is None:
            return
        for relationship in self._interpreter.models.relationships(entity.model).values():
            if relationship.orm == "tortoise" or hidden.hides(relationship.name):
                continue
            if strategies.state_of(self._frame, entity, relationship) == "loaded":
                related = loading.value_of(self._frame, entity, relationship, "loaded", entity.fetch.at)
                for leak in self.plain(related, manner, hidden.within(relationship.name), depth + 2):
                    yield replace(leak, through=leak.through or f"{entity.model.name}.{relationship.name}")

    def _entries(self, entries: Entries, manner: Manner, hidden: Filter, depth: int) -> Iterator[Leak]:
        known = dict(entries.items)
        for name, inner in known.items():
            if not hidden.hides(name):
                yield from self.plain(inner, manner, hidden.within(name), depth)
        for other in entries.others:
            if isinstance(other, Dump):
                yield from self.objects.of_dump(other, manner, hidden, frozenset(known))
            else:
                yield from self.plain(other, manner, hidden.of_each(), depth)

    def _wrapped(self, value: Value, by: Value, manner: Manner, hidden: Filter, depth: int) -> Iterator[Leak]:
        match by:
            case LibraryObject(answers.ENCODER, _, keywords):
                inner = read_filter(dict(keywords), goes_through_lists=True)
                yield from self.plain(value, "encoder", inner, depth)
            case LibraryObject(dotted) if dotted in answers.JSON_RESPONSES:
                yield from self.plain(value, "json", NO_FILTER, depth)
            case LibraryObject("builtins.dict"):
                yield from self.plain(value, manner, hidden, depth)
            case LibraryObject(answers.DUMPED, _, keywords):
                yield from self.plain(value, manner, read_filter(dict(keywords)), depth)
            case ClassValue(ref):
                yield from self.shaped(value, Schema(ref), hidden, depth)

    def _instance(self, instance: Instance, hidden: Filter, depth: int) -> Iterator[Leak]:
        schemas = self.objects.schemas
        if schemas.is_own_response(ClassValue(instance.ref)):
            for _, inner in instance.fields:
                yield from self.plain(inner, "json", NO_FILTER, depth)
        elif schemas.is_schema(instance.ref):
            for field in schemas.shown(Schema(instance.ref)):
                if not hidden.hides(field.name):
                    yield from self._field(instance.field(field.name), field, instance.ref, hidden, depth)

    def _field(self, value: Value, field: SchemaField, schema: ClassRef, hidden: Filter, depth: int) -> Iterator[Leak]:
        """What a field that was given a value shows."""
        if isinstance(value, Secret):
            yield from self.objects.of_secret(value, schema, field)
        elif field.shape is None:
            yield from self.plain(value, "pydantic", hidden.within(field.name), depth)
        else:
            yield from self.shaped(value, field.shape, hidden.within(field.name), depth)

    # --- with a response model

    def shaped(self, value: Value, shape: Shape, hidden: Filter = NO_FILTER, depth: int = 0) -> Iterator[Leak]:
        """What a value shows through a response model."""
        if shape is None or depth > _DEEPEST:
            return
        depth += 1
        match value:
            case _ if isinstance(shape, Created):
                yield from self.objects.of_created(shape, hidden)
            case Coroutine(inner):
                yield from self.shaped(inner, shape, hidden, depth)
            case Either(parts):
                for part in parts:
                    yield from self.shaped(part, shape, hidden, depth)
            case Wrapped(inner_values, LibraryObject(answers.ENCODER | answers.DUMPED | "builtins.dict")):
                for part in inner_values:
                    yield from self.shaped(part, shape, hidden, depth)
            case _ if self.is_response(value):
                yield from self.plain(value, "json", NO_FILTER, depth)
            case _:
                yield from self._by_shape(value, shape, hidden, depth)

    def _by_shape(self, value: Value, shape: Shape, hidden: Filter, depth: int) -> Iterator[Leak]:
        match shape:
            case AnyOf(shapes):
                for each in shapes:
                    yield from self.shaped(value, each, hidden, depth)
            case Envelope(element) if isinstance(value, Wrapped):
                for part in value.inner:
                    yield from self.shaped(part, Many(element), hidden.of_each(), depth)
            case Many(Created() as element):
                yield from self.objects.of_created(element, hidden.of_each())
            case Many(element) | Envelope(element):
                for part in _parts(value):
                    yield from self.shaped(part, element, hidden.of_each(), depth)
            case Schema() if isinstance(value, Wrapped) and isinstance(value.by, ClassValue):
                for part in value.inner:  # another schema was filled before, of which this one takes what it knows
                    yield from self.shaped(part, shape, hidden, depth)
            case Schema(ref):
                for field in self.objects.schemas.shown(shape):
                    if not hidden.hides(field.name):
                        yield from self._filled(value, field, ref, hidden, depth)

    def _filled(self, value: Value, field: SchemaField, ref: ClassRef, hidden: Filter, depth: int) -> Iterator[Leak]:
        """What a field of a schema takes from the value that the schema is filled from."""
        match value:
            case Entity() if field.shape is None:
                yield from self.objects.of_field(value, field, ref)
            case Entity():
                yield from self._related(value, field, hidden, depth)
            case Dump():
                yield from self.objects.of_dump_in_field(value, field, ref)
            case Entries(items, others) if field.name not in dict(items):
                for other in others:
                    if isinstance(other, Dump):
                        yield from self.objects.of_dump_in_field(other, field, ref)
            case Entries(items):
                yield from self._field(dict(items).get(field.name), field, ref, hidden, depth)
            case Instance(_, fields):
                yield from self._field(dict(fields).get(field.name), field, ref, hidden, depth)

    def _related(self, entity: Entity, field: SchemaField, hidden: Filter, depth: int) -> Iterator[Leak]:
        """What a field shows of the objects that a relationship leads to."""
        models = self._interpreter.models
        name = next((n for n in field.attributes if models.relationship(entity.model, n) is not None), None)
        relationship = models.relationship(entity.model, name) if name is not None else None
        target = models.target(relationship) if relationship is not None else None
        if relationship is not None and target is not None:
            related = Entity(target)
            value = Items(related) if relationship.is_collection else related
            yield from self.shaped(value, field.shape, hidden.within(field.name), depth)

    def named(self, shape: Shape, hidden: Filter, depth: int = 0) -> Iterator[Leak]:
        """What response models show of tables, where nobody knows what they are filled from."""
        if depth > _DEEPEST:
            return
        match shape:
            case AnyOf(shapes):
                for each in shapes:
                    yield from self.named(each, hidden, depth + 1)
            case Many(element) | Envelope(element):
                yield from self.named(element, hidden.of_each(), depth + 1)
            case Created():
                yield from self.objects.of_created(shape, hidden)
            case Schema(ref):
                model = ref if columns.is_entity(self._interpreter, ref) else self.objects.model_behind(shape)
                for leak in self.shaped(Entity(model), shape, hidden, depth) if model is not None else ():
                    if leak.column.kind == "password" or model is ref:
                        yield replace(leak, is_unsure=True)


def _parts(value: Value) -> Iterator[Value]:
    match value:
        case Items(element):
            yield element
        case Result(fetch, shape):
            yield rows.row_of(fetch, shape)
        case Record(items):
            yield from items
        case Entries(items, others):
            yield from (*(each for _, each in items), *others)
