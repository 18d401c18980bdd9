"""What Pydantic reads from rows when it fills a schema from them: relationships that nobody loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import SURENESS, Confidence, Place
from dbreview.frameworks import fastapi, python
from dbreview.link import bounds, calling, loading, rows, strategies
from dbreview.link.coroutines import expiry, tasks
from dbreview.link.events import ResponseEvent
from dbreview.link.joining import in_loop
from dbreview.link.loops import fetch_of
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.schemas import AnyOf, Envelope, Many, Schema, SchemaField, Shape
from dbreview.link.values import (
    Adapter,
    ClassValue,
    Coroutine,
    Either,
    Entity,
    Entries,
    FunctionValue,
    Instance,
    Items,
    Record,
    Result,
    Value,
    Wrapped,
)
from dbreview.project import AskedField, LazyResponse, Relationship, Role

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter
    from dbreview.link.routes import FoundRoute

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class _Reading:
    """One validation: where it is asked for, and whether schemas read attributes without being told to.

    ``held`` are the classes of which the session holds a row that the response may lead to.
    """

    frame: Frame
    asked_at: Place
    is_forced: bool
    is_per_row: bool = False
    held: frozenset[ClassRef] = frozenset()
    depth: int = 0
    returned_at: Place | None = None


def note_response(
    interpreter: Interpreter, found: FoundRoute, value: Value, given: Mapping[str, Value], returned_at: Place | None
) -> None:
    """FastAPI fills the route's response model from what the function returns; ``given`` are its parameters."""
    shape = interpreter.schemas.shape(found.ref.path, found.response, {})
    frame = interpreter.module_frame(found.ref.path)
    tasks.note_answer(frame, value)
    if shape is not None:
        expiry.note_answer(frame, value, "the response model", returned_at or found.route.at)
    held = frozenset(each.model for each in given.values() if isinstance(each, Entity))
    _read(value, shape, _Reading(frame, found.route.at, is_forced=True, held=held, returned_at=returned_at))


def is_validator(frame: Frame, ref: ClassRef, name: str) -> bool:
    """Whether ``UserOut.model_validate`` is meant, or one of its like."""
    return name in fastapi.FILLS_FROM_OBJECT and frame.interpreter.schemas.is_schema(ref)


def validate(frame: Frame, ref: ClassRef, arguments: Arguments, node: facts.Call) -> Wrapped:
    """``UserOut.model_validate(user)`` fills a schema."""
    reading = _Reading(frame, frame.place(node.at), arguments.has("from_attributes"))
    _read(arguments.get(0, "obj"), Schema(ref), reading)
    return Wrapped(arguments.positional, ClassValue(ref))


def adapt(frame: Frame, adapter: Adapter, arguments: Arguments, node: facts.Call) -> Wrapped:
    """``TypeAdapter(list[UserOut]).validate_python(users)`` and ``parse_obj_as(list[UserOut], users)``."""
    shape = frame.interpreter.schemas.shape(adapter.path, adapter.annotation, {})
    reading = _Reading(frame, frame.place(node.at), arguments.has("from_attributes"))
    _read(arguments.positional[-1] if arguments.positional else None, shape, reading)
    return Wrapped(arguments.positional)


def note_constructor(frame: Frame, ref: ClassRef, arguments: Arguments, node: facts.Call) -> None:
    """``UserPage(items=users)`` fills the schemas of its fields."""
    schemas = frame.interpreter.schemas
    if not schemas.is_schema(ref):
        return
    shape = schemas.shape(frame.path, node.func, {})
    reading = _Reading(frame, frame.place(node.at), is_forced=False)
    for each in schemas.fields(shape if isinstance(shape, Schema) else Schema(ref)):
        _read(arguments.keyword(each.name), each.shape, reading)


def _read(value: Value, shape: Shape, reading: _Reading) -> None:
    """Follow a value and the shape that it must take, side by side."""
    if shape is None or value is None or reading.depth > _DEEPEST:
        return None
    match value:
        case Coroutine(inner):
            return _read(inner, shape, reading)
        case Either(parts):
            for part in parts:
                _read(part, shape, reading)
            return None
    match shape:
        case AnyOf(shapes):
            for each in shapes:
                _read(value, each, reading)
        case Envelope(element) if isinstance(value, Wrapped):
            for part in value.inner:
                _read(part, Many(element), reading)
        case Many(element):
            fetch = fetch_of(value)
            is_one = fetch is not None and bounds.is_single(fetch, reading.frame.interpreter.models)
            for part in _parts(value, None if is_one else reading.asked_at):
                _read(part, element, replace(reading, is_per_row=not is_one))
        case Schema() if isinstance(value, Entity):
            _read_entity(value, shape, reading)
        case Schema() if isinstance(value, Entries | Instance):
            given = dict(value.items if isinstance(value, Entries) else value.fields)
            inside = replace(reading, is_forced=False, depth=reading.depth + 1)
            for each_field in reading.frame.interpreter.schemas.fields(shape):
                _read(given.get(each_field.name), each_field.shape, inside)
    return None


def _parts(value: Value, at: Place | None) -> Iterator[Value]:
    match value:
        case Items(element):
            yield in_loop(element, at)
        case Result(fetch, shape):
            yield in_loop(rows.row_of(fetch, shape), at)
        case Record(items):
            yield from items


def _read_entity(entity: Entity, schema: Schema, reading: _Reading) -> None:
    interpreter = reading.frame.interpreter
    if not reading.is_forced and not interpreter.schemas.reads_attributes(schema.ref):
        return  # Pydantic refuses the object
    if entity.expired_by is not None and not reading.is_forced:
        expiry.note_answer(reading.frame, entity, schema.ref.name, reading.asked_at)
    for each in interpreter.schemas.fields(schema):
        # The first of its names that the object has is the one that is read.
        name = next((name for name in each.attributes if _has(interpreter, entity, name)), None)
        relationship = interpreter.models.relationship(entity.model, name) if name is not None else None
        if relationship is not None:
            _read_relationship(entity, relationship, each, reading)
        elif name is not None:
            _read_property(entity, name, each, reading)


def _has(interpreter: Interpreter, entity: Entity, name: str) -> bool:
    """Whether objects of the class have an attribute of this name, mapped or not."""
    is_mapped = interpreter.models.has_attribute(entity.model, name)
    return is_mapped or interpreter.classes.member(entity.model, name) is not None


def _read_relationship(entity: Entity, relationship: Relationship, each: SchemaField, reading: _Reading) -> None:
    """What reading the relationship does, and what the schema behind it reads then."""
    state = strategies.state_of(reading.frame, entity, relationship)
    if entity.fetch is None:
        at = reading.returned_at or reading.asked_at
        expiry.note_never_loaded(reading.frame, entity, relationship, at, each.schema)
    is_per_row = reading.is_per_row or entity.loop is not None
    target = reading.frame.interpreter.models.target(relationship)
    if not is_per_row and not relationship.is_collection and target in reading.held:
        return
    if state == "lazy" and entity.fetch is not None and (is_per_row or entity.fetch.session.kind == "async"):
        _note(entity, relationship, each, replace(reading, is_per_row=is_per_row))
        return  # the first step counts
    # One row costs one statement more. What is behind it belongs to the row's own query all the same.
    related = loading.value_of(
        reading.frame, entity, relationship, "loaded" if state == "lazy" else state, reading.asked_at
    )
    inner = replace(reading, is_per_row=is_per_row or bool(relationship.is_collection), depth=reading.depth + 1)
    _read(related, each.shape, inner)


def _read_property(entity: Entity, name: str, each: SchemaField, reading: _Reading) -> None:
    """A property of the model runs its own code, which may read relationships; a proxy reads the one behind it."""
    interpreter = reading.frame.interpreter
    member = interpreter.classes.member(entity.model, name)
    way = loading.proxied(reading.frame, member)
    relationship = interpreter.models.relationship(entity.model, way[0]) if way is not None else None
    if relationship is not None:
        _read_relationship(entity, relationship, each, reading)
    if isinstance(member, FunctionRef) and interpreter.is_a(member, python.PROPERTIES):
        row = replace(entity, loop=reading.asked_at) if reading.is_per_row else entity
        calling.invoke(reading.frame, FunctionValue(member, row), None, None)


def _note(entity: Entity, relationship: Relationship, each: SchemaField, reading: _Reading) -> None:
    interpreter = reading.frame.interpreter
    assert entity.fetch is not None
    key = (entity.fetch.at, entity.path, relationship.name)
    event = ResponseEvent(
        entity,
        relationship,
        each.schema,
        each.name,
        each.at,
        reading.asked_at,
        interpreter.route,
        reading.is_per_row,
    )
    interpreter.events.responses.setdefault(key, event)


def lazy_responses(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[LazyResponse]:
    """The queries whose rows come without relationships that schemas ask of them."""
    by_query: dict[Place, list[ResponseEvent]] = {}
    silent = _silent(interpreter)
    for key, event in interpreter.events.responses.items():
        if key not in silent and roles.get(key[0].filename) == "application":
            by_query.setdefault(key[0], []).append(event)
    for at, events in sorted(by_query.items(), key=lambda item: item[0]):
        first, *others = sorted(events, key=_cost)
        statement = first.entity.fetch.statement if first.entity.fetch is not None else None
        yield LazyResponse(
            bounds.query_of(statement, at),
            tuple(_asked(interpreter, event) for event in (first, *others)),
            first.asked_at,
            first.route,
            _is_async(first),
            first.is_per_row,
            _confidence(first),
        )


def _cost(event: ResponseEvent) -> tuple[int, bool, tuple[str, ...], str]:
    """The surest first, and what each row has of its own before the parents that rows share."""
    is_shared = event.relationship.direction == "MANYTOONE"
    return SURENESS[_confidence(event)], is_shared, event.entity.path, event.field


def _silent(interpreter: Interpreter) -> set[tuple[Place, tuple[str, ...], str]]:
    """What was loaded after all: by a loop that reads it before (which is told), by hand, or by a refresh."""
    events = interpreter.events
    told = {
        (load.entity.fetch.at, load.entity.path, load.relationship.name)
        for load in events.loads.values()
        if load.entity.fetch is not None
    }
    return told | events.filled | events.refreshed


def _asked(interpreter: Interpreter, event: ResponseEvent) -> AskedField:
    option = loading.option_for(interpreter, event.entity, event.relationship)
    return AskedField(event.schema, event.field, event.field_at, event.relationship, option)


def _is_async(event: ResponseEvent) -> bool:
    return event.entity.fetch is not None and event.entity.fetch.session.kind == "async"


def _confidence(event: ResponseEvent) -> Confidence:
    """A collection is never in the session by chance. A parent may be: a dependency has loaded it, say."""
    if event.relationship.is_collection or event.relationship.orm == "tortoise":
        return "high"  # the schema refuses the query that stands there
    return "medium" if event.is_per_row else "low"
