"""``relationship(...)`` and ``backref`` to relationships: target, direction, loading strategy, cascades."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link import calling, constants
from dbreview.link.annotations import parse_annotation
from dbreview.link.names import ClassRef
from dbreview.link.schema.hints import Annotation
from dbreview.link.schema.joins import Joins
from dbreview.link.syntax import dotted_name
from dbreview.link.values import (
    ClassValue,
    Const,
    Entries,
    LambdaValue,
    Made,
    Value,
)
from dbreview.project import Direction, ForeignKey, Relationship

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.schema.models import Models
    from dbreview.link.schema.tables import Draft

_REVERSE: dict[Direction | None, Direction] = {
    "MANYTOONE": "ONETOMANY",
    "ONETOMANY": "MANYTOONE",
    "MANYTOMANY": "MANYTOMANY",
}


class RelationshipReader:
    """Reads the relationships of one class at a time; ``backrefs`` collects those made on targets."""

    def __init__(self, interpreter: Interpreter, models: Models) -> None:
        self._interpreter = interpreter
        self._models = models
        self._joins = Joins(interpreter, models)
        self.backrefs: list[tuple[ClassRef, str, Relationship]] = []

    def read(self, draft: Draft) -> dict[str, Relationship]:
        return {
            name: self._read_one(draft, name, made, annotated, at)
            for name, (made, annotated, at) in draft.relationships.items()
        }

    def _read_one(self, draft: Draft, name: str, made: Made, annotated: Annotation | None, at: Place) -> Relationship:
        inner = made.keyword("sa_relationship")
        made = inner if isinstance(inner, Made) else made
        options = dict(made.keywords)
        extra = options.get("sa_relationship_kwargs")
        is_fully_read = None not in made.arguments
        if isinstance(extra, Entries):
            options.update(extra.items)
            is_fully_read = not extra.others
        elif "sa_relationship_kwargs" in options:
            is_fully_read = extra == Const(None)
        if len(made.arguments) > 1:
            options.setdefault("secondary", made.arguments[1])
        target, target_name = self._target(draft, made, options, annotated)
        direction, keys = self._direction(draft, options, target)
        is_collection = _is_collection(options, annotated, direction)
        cascade = _cascade(options) if is_fully_read else None
        relationship = Relationship(
            draft.ref.dotted,
            draft.ref.name,
            name,
            at,
            target.dotted if target is not None else None,
            target.name if target is not None else target_name,
            is_collection,
            _lazy(options, annotated, made) if is_fully_read else None,
            _inverse(options),
            _local_columns(draft, keys) if direction == "MANYTOONE" else (),
            options.get("viewonly") == Const(True),
            direction,
            cascade,
            bool(options.keys() & {"cascade", "cascade_delete"}),
            _passive_deletes(options) if is_fully_read else None,
            is_single_parent=options.get("single_parent") == Const(True),
            secondary=self._secondary(options),
            foreign_keys=keys,
            has_own_join="primaryjoin" in options,
            has_overlaps="overlaps" in options,
            has_join_depth="join_depth" in options,
            declines_passive_deletes="passive_deletes" in options and _passive_deletes(options) is False,
        )
        if target is not None:
            self._add_backref(relationship, draft, options, target, made)
        return relationship

    def _direction(
        self, draft: Draft, options: dict[str, Value], target: ClassRef | None
    ) -> tuple[Direction | None, tuple[ForeignKey, ...]]:
        if {"secondary", "link_model"} & {key for key, value in options.items() if value != Const(None)}:
            return "MANYTOMANY", ()
        return self._joins.read(draft, target, options) if target is not None else (None, ())

    def _secondary(self, options: dict[str, Value]) -> str | None:
        """The name of the association table."""
        given = options.get("secondary") or options.get("link_model")
        if isinstance(given, LambdaValue) and isinstance(given.facts, facts.Lambda):
            given = calling.call_lambda(self._interpreter.module_frame(given.path), given)
        match given:
            case Const(str() as text):
                return text
            case Made(arguments=(Const(str() as text), *_)):
                return text
            case ClassValue(ref):
                table = self._models.table(ref)
                return table.full_name if table is not None else None
        return None

    def _target(
        self, draft: Draft, made: Made, options: dict[str, Value], annotated: Annotation | None
    ) -> tuple[ClassRef | None, str | None]:
        given = made.arguments[0] if made.arguments else options.get("argument")
        if isinstance(given, LambdaValue) and isinstance(given.facts, facts.Lambda):
            given = calling.call_lambda(self._interpreter.module_frame(given.path), given)
        match given:
            case ClassValue(ref):
                return ref, ref.name
            case Const(str() as text):
                return self._models.named(text, draft.ref), text
        if annotated is not None and annotated.target is not None:
            return self._annotated_target(draft, annotated)
        return None, None

    def _annotated_target(self, draft: Draft, annotated: Annotation) -> tuple[ClassRef | None, str | None]:
        node = annotated.target
        assert node is not None
        if isinstance(node, facts.Constant) and isinstance(node.value, str):
            node = parse_annotation(node.value, node.at) or node
        text = dotted_name(node)
        for ancestor in self._interpreter.classes.ancestors(draft.ref):
            if isinstance(ancestor, ClassRef):
                value = self._interpreter.module_frame(ancestor.path).evaluate(node)
                if isinstance(value, ClassValue):
                    return value.ref, value.ref.name
        return (self._models.named(text, draft.ref), text) if text else (None, None)

    def _add_backref(
        self, relationship: Relationship, draft: Draft, options: dict[str, Value], target: ClassRef, made: Made
    ) -> None:
        name = _backref_name(options)
        if name is None:
            return
        given = options["backref"]
        inner = dict(given.keywords) if isinstance(given, Made) else {}
        if relationship.is_view_only:
            inner.setdefault("viewonly", Const(True))
        direction = _REVERSE.get(relationship.direction)
        is_collection = _is_collection(inner, None, direction)
        target_draft = self._models.drafts[target]
        reverse = replace(
            relationship,
            model=target.dotted,
            class_name=target.name,
            name=name,
            target=draft.ref.dotted,
            target_name=draft.ref.name,
            is_collection=is_collection,
            lazy=_lazy(inner, None, made),
            inverse=relationship.name,
            local_columns=_local_columns(target_draft, relationship.foreign_keys) if direction == "MANYTOONE" else (),
            direction=direction,
            cascade=_cascade(inner),
            has_cascade="cascade" in inner,
            passive_deletes=_passive_deletes(inner),
            is_backref=True,
            is_single_parent=inner.get("single_parent") == Const(True),
        )
        self.backrefs.append((target, name, reverse))


def _is_collection(options: dict[str, Value], annotated: Annotation | None, direction: Direction | None) -> bool | None:
    given = options.get("uselist")
    if annotated is not None and annotated.wrapper == "mapped" and not annotated.is_collection:
        return False
    if isinstance(given, Const) and given.value is not None:
        return bool(given.value)
    if annotated is not None and (annotated.wrapper is not None or annotated.target is not None):
        return annotated.is_collection and not (direction == "MANYTOONE" and annotated.wrapper == "mapped")
    if "collection_class" in options:
        return True
    return direction != "MANYTOONE" if direction is not None else None


def _local_columns(draft: Draft, keys: tuple[ForeignKey, ...]) -> tuple[str, ...]:
    """The attributes of the one foreign key that a many-to-one relationship follows."""
    if len(keys) != 1:
        return ()
    attributes = {column.name: attribute for attribute, column in draft.columns.items()}
    return tuple(attributes.get(name, name) for name in keys[0].columns)


def _cascade(options: dict[str, Value]) -> frozenset[str] | None:
    """The cascades as SQLAlchemy's ``CascadeOptions`` spells them out; None where they are not constant."""
    given = options.get("cascade")
    if options.get("cascade_delete") == Const(True):
        given = Const("all, delete-orphan")
    elif "cascade" not in options or given == Const(None) or given == Const(False):
        is_view = options.get("viewonly") == Const(True)
        is_none = "cascade" in options and given == Const(None)
        return sqlalchemy.VIEW_CASCADE if is_view else frozenset() if is_none else sqlalchemy.DEFAULT_CASCADE
    listed = constants.exact_items(given) if not isinstance(given, Const) else None
    if listed is not None and all(isinstance(item, Const) for item in listed):
        words = {str(item.value) for item in listed if isinstance(item, Const)}
    elif isinstance(given, Const) and isinstance(given.value, str):
        words = {word.strip() for word in given.value.split(",")} - {"", "none"}
    else:
        return None
    if "all" in words:
        words = (words - {"all"}) | sqlalchemy.ALL_CASCADES
    return frozenset(words)


def _passive_deletes(options: dict[str, Value]) -> bool | Literal["all"] | None:
    match options.get("passive_deletes", Const(False)):
        case Const("all"):
            return "all"
        case Const(value):
            return bool(value)
    return None


def _inverse(options: dict[str, Value]) -> str | None:
    """The name of the other side; an empty text where it is given and cannot be read."""
    found = _text(options.get("back_populates")) or _backref_name(options)
    is_given = any(options.get(key, Const(None)) != Const(None) for key in ("back_populates", "backref"))
    return found or ("" if is_given else None)


def _text(value: Value) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def _backref_name(options: dict[str, Value]) -> str | None:
    match options.get("backref"):
        case Const(str() as text):
            return text
        case Made(arguments=(Const(str() as text), *_)):
            return text
    return None


def _lazy(options: dict[str, Value], annotated: Annotation | None, made: Made) -> str | None:
    if annotated is not None and annotated.wrapper in ("dynamic", "write_only"):
        return annotated.wrapper
    if made.dotted.endswith("dynamic_loader"):
        return "dynamic"
    if "lazy" not in options:
        return "select"
    given = options["lazy"]
    match given:
        case Const(str() as text):
            return text
        case Const(None):
            return "noload"
        case Const(bool() as flag):
            return "select" if flag else "joined"
    return None
