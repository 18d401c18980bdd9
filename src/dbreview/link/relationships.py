"""``relationship(...)`` and ``backref`` to relationships: target, direction, loading strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.link import calling
from dbreview.link.annotations import parse_annotation
from dbreview.link.columns import Annotation
from dbreview.link.names import ClassRef
from dbreview.link.syntax import dotted_name
from dbreview.link.values import (
    Attribute,
    ClassValue,
    Const,
    Entries,
    Items,
    LambdaValue,
    Made,
    Record,
    Value,
)
from dbreview.project import Relationship

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.models import Models
    from dbreview.link.tables import Draft


class RelationshipReader:
    """Reads the relationships of one class at a time; ``backrefs`` collects those made on targets."""

    def __init__(self, interpreter: Interpreter, models: Models) -> None:
        self._interpreter = interpreter
        self._models = models
        self.backrefs: list[tuple[ClassRef, str, Relationship]] = []

    def read(self, draft: Draft) -> dict[str, Relationship]:
        return {
            name: self._read_one(draft, name, made, annotated, at)
            for name, (made, annotated, at) in draft.relationships.items()
        }

    def _read_one(self, draft: Draft, name: str, made: Made, annotated: Annotation | None, at: Place) -> Relationship:
        options = dict(made.keywords)
        extra = options.get("sa_relationship_kwargs")
        is_fully_read = True
        if isinstance(extra, Entries):
            options.update(extra.items)
            is_fully_read = not extra.others
        elif "sa_relationship_kwargs" in options:
            is_fully_read = False
        target, target_name = self._target(draft, made, options, annotated)
        is_collection = self._is_collection(draft, options, annotated, target)
        lazy = _lazy(options, annotated, made) if is_fully_read else None
        populates = options.get("back_populates")
        relationship = Relationship(
            draft.ref.dotted,
            draft.ref.name,
            name,
            at,
            target.dotted if target is not None else None,
            target.name if target is not None else target_name,
            is_collection,
            lazy,
            str(populates.value) if isinstance(populates, Const) else _backref_name(options),
            () if is_collection else self._local_columns(draft, options, target),
            options.get("viewonly") == Const(True),
        )
        if target is not None:
            self._add_backref(relationship, draft, options, target, made)
        return relationship

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

    def _is_collection(
        self, draft: Draft, options: dict[str, Value], annotated: Annotation | None, target: ClassRef | None
    ) -> bool | None:
        given = options.get("uselist")
        if isinstance(given, Const):
            return bool(given.value)
        if annotated is not None and annotated.wrapper in ("mapped", "dynamic", "write_only"):
            return annotated.is_collection
        if annotated is not None and annotated.target is not None:
            return annotated.is_collection
        if "secondary" in options or "collection_class" in options:
            return True
        if target is None:
            return None
        if target is draft.ref:
            return "remote_side" not in options
        if self._keys_to(draft.ref, target):
            return False
        return None if "primaryjoin" in options and not self._keys_to(target, draft.ref) else True

    def _keys_to(self, ref: ClassRef, target: ClassRef) -> list[tuple[str, ...]]:
        """The foreign keys of the class's table that refer to the target's table."""
        table, other = self._models.table(ref), self._models.table(target)
        if table is None or other is None:
            return []
        names = {f"{other.name}.{column.name}" for column in other.columns}
        return [key.columns for key in table.foreign_keys if key.target and _unqualified(key.target[0]) in names]

    def _local_columns(self, draft: Draft, options: dict[str, Value], target: ClassRef | None) -> tuple[str, ...]:
        """The foreign key columns, by attribute name, that a many-to-one relationship follows."""
        if target is None:
            return ()
        keys = self._keys_to(draft.ref, target)
        if "foreign_keys" in options:
            return _key_attributes(options["foreign_keys"], draft)
        if "primaryjoin" in options or len(keys) != 1:
            return ()
        attributes = {column.name: attribute for attribute, column in draft.columns.items()}
        return tuple(attributes.get(name, name) for name in keys[0])

    def _add_backref(
        self, relationship: Relationship, draft: Draft, options: dict[str, Value], target: ClassRef, made: Made
    ) -> None:
        name = _backref_name(options)
        if name is None:
            return
        given = options["backref"]
        inner = dict(given.keywords) if isinstance(given, Made) else {}
        is_collection: bool | None = True
        if relationship.is_collection:
            is_collection = "secondary" in options
        if isinstance(inner.get("uselist"), Const):
            is_collection = bool(inner["uselist"].value)  # type: ignore[union-attr]
        reverse = Relationship(
            target.dotted,
            target.name,
            name,
            relationship.at,
            draft.ref.dotted,
            draft.ref.name,
            is_collection,
            _lazy(inner, None, made),
            relationship.name,
            () if is_collection else self._local_columns_of(target, draft.ref),
        )
        self.backrefs.append((target, name, reverse))

    def _local_columns_of(self, ref: ClassRef, target: ClassRef) -> tuple[str, ...]:
        keys = self._keys_to(ref, target)
        return keys[0] if len(keys) == 1 else ()


def _unqualified(target: str) -> str:
    return ".".join(target.rsplit(".", 2)[-2:])


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


def _key_attributes(value: Value, draft: Draft) -> tuple[str, ...]:
    match value:
        case Attribute(_, name):
            return (name,)
        case Made() if value in draft.made_names:
            return (draft.made_names[value],)
        case Record(items):
            return tuple(name for item in items for name in _key_attributes(item, draft))
        case Items(exact=items):
            return tuple(name for item in items for name in _key_attributes(item, draft))
        case Const(str() as text):
            return (text.strip("[] ").rpartition(".")[2],)
    return ()
