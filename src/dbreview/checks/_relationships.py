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

_DONE_BY_THE_DATABASE = frozenset({"CASCADE", "SET NULL"})

About: TypeAlias = tuple[Model, str, Finding]
"""A finding, and the model and attribute that it is about."""


@dataclass(frozen=True, slots=True)
class Family:
    """A parent's relationship to its children, and the foreign key of theirs that it follows.

    ``is_required`` tells a key that cannot become NULL, None where nobody knows. ``is_deleted`` tells that
    code deletes loaded parents. ``is_obeyed`` says that the database does what foreign keys tell it,
    ``can_cascade`` that it can also delete the children alone: the session would clean up nothing else with them.
    """

    relationship: Relationship
    key: ForeignKey
    parent: Model
    child: Table | None
    is_required: bool | None
    is_deleted: bool
    is_obeyed: bool
    can_cascade: bool

    @property
    def title(self) -> str:
        """The relationship, as messages name it."""
        return f"`{self.parent.name}.{self.relationship.name}`"

    @property
    def key_title(self) -> str:
        """The foreign key, as messages name it."""
        return key_title(self.child, self.key, self.relationship.target_name)

    @property
    def children(self) -> str:
        """What the relationship leads to, as messages name it."""
        return "the child" if self.relationship.is_collection is False else "the children"

    @property
    def them(self) -> str:
        """The pronoun for the children."""
        return "it" if self.relationship.is_collection is False else "them"

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
            given = given.replace('cascade="all"', 'sa_relationship_kwargs={"cascade": "all"}')
        return f"`{self.relationship.name} = {'Relationship' if is_sqlmodel else 'relationship'}(..., {given})`"

    def deleting(self) -> str:
        """The relationship with the options by which its children go with their parent, as help writes it.

        With ``delete-orphan``, a child that is only taken from its parent goes as well: not where it may be without.
        """
        cascade = 'cascade="all, delete-orphan"' if self.is_required else 'cascade="all"'
        return self.options(cascade, "passive_deletes=True") if self.can_cascade else self.options(cascade)


class _Descendants:
    """What goes with a deleted row: by foreign keys, and by what only the session knows."""

    def __init__(self, project: Project) -> None:
        self._models = project.models
        self._keys: dict[str | None, list[tuple[Table, ForeignKey]]] = defaultdict(list)
        for table in project.tables:
            for key in _distinct(table.foreign_keys):
                self._keys[key.target_table].append((table, key))

    def go_alone(self, table: Table) -> bool:
        """Whether the database deletes everything that the session would delete with a row of the table."""
        found, left = {table.full_name}, [table]
        while left:
            for below, key in self._keys_to(left.pop()):
                if on_delete(key) not in _DONE_BY_THE_DATABASE:
                    return False
                if on_delete(key) == "CASCADE" and below.full_name not in found:
                    found.add(below.full_name)
                    left.append(below)
        return not any(
            self._needs_the_session(model.table, relationship)
            for model in self._models
            if model.table is not None and model.table.full_name in found
            for relationship in model.relationships.values()
        )

    def _keys_to(self, table: Table) -> Iterator[tuple[Table, ForeignKey]]:
        for name in {table.name, table.full_name}:
            yield from self._keys.get(name, ())

    def _needs_the_session(self, table: Table, relationship: Relationship) -> bool:
        """Whether only the session cleans up behind the relationship, or nobody can tell."""
        if relationship.is_view_only:
            return False
        if relationship.direction == "MANYTOMANY":
            return deletes(relationship) or not self._is_emptied(relationship.secondary, table)
        if relationship.cascade is not None and not deletes(relationship):
            return False
        keys = _distinct(relationship.foreign_keys)
        is_done = bool(keys) and all(on_delete(key) == "CASCADE" for key in keys)
        return relationship.direction != "ONETOMANY" or not is_done

    def _is_emptied(self, secondary: str | None, table: Table) -> bool:
        """Whether rows of an association table go with those of the table."""
        keys = [key for other, key in self._keys_to(table) if secondary in (other.name, other.full_name)]
        return bool(keys) and all(on_delete(key) == "CASCADE" for key in keys)


def families(project: Project) -> list[Family]:
    """Every relationship of a parent to its children of which all is known that deleting depends on.

    Those of parents that code deletes come first.
    """
    return sorted(_families(project), key=lambda family: not family.is_deleted)


def _families(project: Project) -> Iterator[Family]:
    models = {model.dotted: model for model in project.models}
    descendants = _Descendants(project)
    is_obeyed = "sqlite" not in project.dialects or project.enforces_sqlite_keys
    for relationship, holders in _holders(project).items():
        if relationship.direction != "ONETOMANY" or relationship.is_view_only or relationship.has_own_join:
            continue
        key = only_key(relationship)
        if relationship.lazy in _NEVER_LOADED or relationship.lazy is None or key is None:
            continue
        if relationship.cascade is None or relationship.passive_deletes is None:
            continue
        child = models.get(relationship.target or "")
        table = child.table if child is not None else None
        is_deleted = any(holder.dotted in project.deleted_models for holder in holders)
        parent = models.get(relationship.model, holders[0])
        can_cascade = is_obeyed and table is not None and descendants.go_alone(table)
        yield Family(relationship, key, parent, table, is_required(table, key), is_deleted, is_obeyed, can_cascade)


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


def only_key(relationship: Relationship) -> ForeignKey | None:
    """The foreign key that the relationship follows; None where there are several, or none is known."""
    keys = _distinct(relationship.foreign_keys)
    return keys[0] if len(keys) == 1 else None


def _distinct(keys: Iterable[ForeignKey]) -> list[ForeignKey]:
    """The foreign keys without repetitions: of one that is declared twice, the declaration that has a rule."""
    with_rules_last = sorted(keys, key=lambda key: key.on_delete is not None)
    return list({(key.columns, key.target): key for key in with_rules_last}.values())


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


def by_confidence(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Those that are always shown, and those that are advice only: one must not speak for the other."""
    told = list(findings)
    return [each for each in told if each.confidence != "low"], [each for each in told if each.confidence == "low"]
