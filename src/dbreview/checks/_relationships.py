"""What checks about relationships share: a parent's relationship and the foreign key that its children have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from dbreview.finding import Confidence, Finding, Note
from dbreview.project import ForeignKey, Model, Project, Relationship, Table

_ALWAYS_LOADED = frozenset({"joined", "selectin", "subquery", "immediate"})
_NEVER_LOADED = frozenset({"noload", "write_only"})
"""Strategies with which deleting a parent leaves the children alone, or says itself what is missing."""

About: TypeAlias = tuple[Model, str, Finding]
"""A finding, and the model and attribute that it is about."""


@dataclass(frozen=True, slots=True)
class Family:
    """A parent's relationship to its children, and the foreign key of theirs that it follows.

    ``is_required`` tells a key that cannot become NULL, None where nobody knows. ``is_deleted`` tells that
    code deletes loaded parents.
    """

    relationship: Relationship
    key: ForeignKey
    parent: Model
    child: Table | None
    is_required: bool | None
    is_deleted: bool

    @property
    def title(self) -> str:
        """The relationship, as messages name it."""
        return f"`{self.parent.name}.{self.relationship.name}`"

    @property
    def key_title(self) -> str:
        """The foreign key, as messages name it."""
        return key_title(self.child, self.key, self.relationship.target_name)

    @property
    def is_always_loaded(self) -> bool:
        """Whether the children are in memory whenever their parent is."""
        return self.relationship.lazy in _ALWAYS_LOADED

    def about(self, message: str, help: str, confidence: Confidence) -> About:
        """A finding at the relationship, with the foreign key as the other half of its evidence."""
        rule = on_delete(self.key)
        said = f'`ondelete="{rule}"`' if rule is not None else "no `ondelete`"
        note = Note(f"{self.key_title} has {said}", self.key.at)
        finding = Finding(self.relationship.at, message, help, (note,), confidence)
        return self.parent, self.relationship.name, finding

    def options(self, *options: str) -> str:
        """The relationship with more options, as help writes it."""
        given = ", ".join(options)
        if self.relationship.is_backref:
            return f'`backref=backref("{self.relationship.name}", {given})`'
        is_sqlmodel = self.parent.table is not None and self.parent.table.orm == "sqlmodel"
        if is_sqlmodel:
            given = given.replace('cascade="all, delete-orphan"', "cascade_delete=True")
        return f"`{self.relationship.name} = {'Relationship' if is_sqlmodel else 'relationship'}(..., {given})`"


def families(project: Project) -> Iterator[Family]:
    """Every relationship of a parent to its children of which all is known that deleting depends on."""
    models = {model.dotted: model for model in project.models}
    for relationship, holders in _holders(project).items():
        if relationship.direction != "ONETOMANY" or relationship.is_view_only or relationship.has_own_join:
            continue
        if relationship.lazy in _NEVER_LOADED or relationship.lazy is None or len(relationship.foreign_keys) != 1:
            continue
        if relationship.cascade is None or relationship.passive_deletes is None:
            continue
        child = models.get(relationship.target or "")
        table = child.table if child is not None else None
        key = relationship.foreign_keys[0]
        is_deleted = any(holder.dotted in project.deleted_models for holder in holders)
        parent = models.get(relationship.model, holders[0])
        yield Family(relationship, key, parent, table, is_required(table, key), is_deleted)


def _holders(project: Project) -> dict[Relationship, list[Model]]:
    """The models that have each relationship: the class that declares it, and those that inherit from it."""
    holders: dict[Relationship, list[Model]] = defaultdict(list)
    for model in project.models:
        if model.table is not None and model.table.orm != "tortoise":  # there the database alone deletes
            for relationship in model.relationships.values():
                holders[relationship].append(model)
    return holders


def deletes(relationship: Relationship) -> bool:
    """Whether the session deletes what the relationship leads to."""
    return bool({"all", "delete"} & (relationship.cascade or frozenset()))


def on_delete(key: ForeignKey) -> str | None:
    """What the foreign key tells the database to do, in capitals."""
    return key.on_delete.upper() if key.on_delete is not None else None


def is_required(table: Table | None, key: ForeignKey) -> bool | None:
    """Whether the foreign key cannot become NULL."""
    columns = [table.column(name) for name in key.columns] if table is not None else [None]
    if any(c is not None and (c.is_nullable is False or c.is_primary_key) for c in columns):
        return True
    return False if all(c is not None and c.is_nullable for c in columns) else None


def key_title(table: Table | None, key: ForeignKey, other: str | None = None) -> str:
    """The columns of a foreign key, as messages name them."""
    columns = [(table.column(name) if table is not None else None) for name in key.columns]
    names = [c.attribute if c is not None else name for c, name in zip(columns, key.columns, strict=True)]
    owner = table.title if table is not None else other
    title = names[0] if len(names) == 1 else f"({', '.join(names)})"
    return f"`{owner}.{title}`" if owner else f"`{title}`"


def told_once(found: Iterable[About]) -> Iterator[Finding]:
    """One finding for what a mixin brings to several models: by place and the attribute's name."""
    groups: dict[tuple[object, str], list[tuple[Model, Finding]]] = defaultdict(list)
    for model, name, finding in found:
        groups[finding.at, name].append((model, finding))
    for (_, first), *others in groups.values():
        notes = [Note(f"`{model.name}` has it too", model.at) for model, _ in others]
        yield replace(first, notes=(*first.notes, *notes))
