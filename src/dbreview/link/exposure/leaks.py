"""Which secret columns an object, or the data made of it, still has when an answer is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview.finding import Place
from dbreview.link.exposure import columns, dumping, hiding
from dbreview.link.exposure.columns import Sensitive, sensitive_columns
from dbreview.link.exposure.filters import NO_FILTER, Filter
from dbreview.link.exposure.shown import AnswerSchemas
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.schemas import Created, Schema, SchemaField
from dbreview.link.values import Dump, Entity, Secret

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

Manner: TypeAlias = Literal["encoder", "pydantic", "json"]
"""What makes JSON of a value: FastAPI's encoder, which takes any object, Pydantic, which takes its own, or neither."""
How: TypeAlias = Literal["entity", "dump", "written", "schema", "created"]
"""The object itself, its columns as data, a column that the code names, a schema, one that was made of the model."""


_FEWEST_FIELDS = 3
"""The number of fields from which on a schema that has the names of a model's columns is about that model."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret column that an answer carries. ``made_at`` is where the object was turned into data.

    ``field`` is the one of ``schema`` that names it, ``through`` the relationship that has led to the object. What
    ``is_unsure`` may have been left out by its query.
    """

    model: ClassRef
    column: Sensitive
    how: How
    made_at: Place | None = None
    schema: ClassRef | None = None
    field: SchemaField | None = None
    through: str | None = None
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Objects:
    """Answers for objects of one path operation. What the other ``routes`` do to objects concerns themselves only."""

    frame: Frame
    schemas: AnswerSchemas
    answering: FunctionRef
    routes: frozenset[FunctionRef]
    is_old_pydantic: bool = False

    def takes(self, entity: Entity, manner: Manner) -> bool:
        """Whether an object can be turned into JSON in this manner; otherwise that raises."""
        if manner == "pydantic":
            return self.is_old_pydantic or columns.is_sqlmodel(self.frame.interpreter, entity.model)
        return manner == "encoder"

    def of_entity(self, entity: Entity, hidden: Filter) -> Iterator[Leak]:
        """What is sent of an object as it is."""
        is_pydantic = columns.is_sqlmodel(self.frame.interpreter, entity.model)
        for column in self._carried(entity):
            is_shown = self._is_shown(entity.model, column.name) if is_pydantic else not column.is_deferred
            if is_shown and not hidden.hides(column.name):
                yield Leak(entity.model, column, "entity", is_unsure=_is_unsure(entity))

    def of_dump(self, dump: Dump, manner: Manner, hidden: Filter, replaced: frozenset[str]) -> Iterator[Leak]:
        """What is sent of an object's columns; ``replaced`` are overwritten by what stands beside them."""
        if self._has_state(dump) and manner != "encoder" and dumping.STATE not in replaced:
            return  # SQLAlchemy's own part of it cannot be turned into JSON
        model = dump.entity.model
        is_pydantic = columns.is_sqlmodel(self.frame.interpreter, model)
        for column in self._carried(dump.entity):
            is_named = dump.only is None or column.name in dump.only
            is_there = is_named and column.name not in dump.left_out | replaced and not hidden.hides(column.name)
            is_loaded = not (dump.is_raw and column.is_deferred)
            if is_there and (self._is_shown(model, column.name) if is_pydantic else is_loaded):
                yield Leak(model, column, "dump", dump.at, is_unsure=_is_unsure(dump.entity))

    def _has_state(self, dump: Dump) -> bool:
        if not dump.is_raw or self.frame.interpreter.models.is_tortoise(dump.entity.model):
            return False
        return not hiding.is_hidden(self.frame, dump.entity, dumping.STATE, self.answering, self.routes)

    def of_secret(
        self, secret: Secret, schema: ClassRef | None = None, field: SchemaField | None = None
    ) -> Iterator[Leak]:
        """A column that the code itself puts into a dict, or into the ``field`` of a schema."""
        how: How = "written" if schema is None else "schema"
        for column in self._carried(secret.entity):
            if column.name == secret.name:
                yield Leak(secret.entity.model, column, how, secret.at, schema, field)

    def of_field(self, entity: Entity, field: SchemaField, schema: ClassRef) -> Iterator[Leak]:
        """What a field reads from an object: the attribute of its own name, or of its alias."""
        name = next((each for each in field.attributes if self._has(entity.model, each)), None)
        fetched = replace(entity.fetch, statement=None, loads=frozenset()) if entity.fetch is not None else None
        for column in self._carried(replace(entity, fetch=fetched)):  # what was not loaded is loaded when it is read
            if column.name == name and self.schemas.is_plain(schema, field.name):
                how: How = "entity" if schema is entity.model else "schema"
                yield Leak(entity.model, column, how, None, schema, field)

    def of_dump_in_field(self, dump: Dump, field: SchemaField, schema: ClassRef) -> Iterator[Leak]:
        """What a field takes out of an object's data."""
        for leak in self.of_dump(dump, "encoder", NO_FILTER, frozenset()):
            if leak.column.name in field.attributes and self.schemas.is_plain(schema, field.name):
                yield replace(leak, how="schema", schema=schema, field=field)

    def of_created(self, created: Created, hidden: Filter) -> Iterator[Leak]:
        """What a schema that is made of a model shows."""
        for column in sensitive_columns(self.frame.interpreter, created.model):
            is_there = column.name not in created.left_out and (not created.included or column.name in created.included)
            if is_there and not hidden.hides(column.name):
                yield Leak(created.model, column, "created", created.at)

    def model_behind(self, schema: Schema) -> ClassRef | None:
        """The only model that has all fields of a schema as columns, if the schema is made to be filled from one."""
        interpreter = self.frame.interpreter
        names = {field.name for field in self.schemas.fields(schema) if field.shape is None}
        if not self.schemas.reads_attributes(schema.ref) or len(names) < _FEWEST_FIELDS:
            return None
        found = [ref for ref, model in interpreter.models.models.items() if names <= model.columns.keys()]
        return found[0] if len(found) == 1 else None

    def _has(self, model: ClassRef, name: str) -> bool:
        interpreter = self.frame.interpreter
        return interpreter.models.has_attribute(model, name) or interpreter.classes.member(model, name) is not None

    def _is_shown(self, model: ClassRef, name: str) -> bool:
        return any(field.name == name for field in self.schemas.shown(Schema(model)))

    def _carried(self, entity: Entity) -> Iterator[Sensitive]:
        """The secret columns that an object still has when it is answered with."""
        fetch = entity.fetch
        statement = fetch.statement if fetch is not None else None
        loads = statement.loads if statement is not None else fetch.loads if fetch is not None else frozenset()
        is_narrowed = any(load.strategy == "columns" for load in loads)
        if entity.expired_by is not None or is_narrowed:
            return
        for column in sensitive_columns(self.frame.interpreter, entity.model):
            if not hiding.is_hidden(self.frame, entity, column.name, self.answering, self.routes):
                yield column


def _is_unsure(entity: Entity) -> bool:
    """Whether options that nobody could read may have left columns out."""
    statement = entity.fetch.statement if entity.fetch is not None else None
    return statement is not None and statement.is_opaque
