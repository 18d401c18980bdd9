"""The check behind rules/cascade-mismatch.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from dbreview.checks._convention import by_convention
from dbreview.checks._relationships import (
    About,
    Family,
    deletes,
    families,
    is_required,
    key_title,
    on_delete,
    told_once,
)
from dbreview.finding import Confidence, Finding, Note
from dbreview.project import ForeignKey, Project, Relationship, Table

_BOTH_DELETE = ('cascade="all, delete-orphan"', "passive_deletes=True")
_DONE_BY_THE_DATABASE = frozenset({"CASCADE", "SET NULL"})


def check(project: Project) -> Iterator[Finding]:
    """Relationships and foreign keys that disagree about what deleting a parent does."""
    all_families = list(families(project))
    cascading = [family for family in all_families if on_delete(family.key) == "CASCADE"]
    nulled = [family for family in cascading if _is_set_to_null(family)]
    slow = [family for family in cascading if _is_deleted_one_by_one(family, project)]
    fast = [family for family in cascading if deletes(family.relationship) and family.relationship.passive_deletes]
    others = "other relationships"
    yield from told_once(_sets_null(family) for family in nulled if family.is_deleted)
    unsure = told_once(_sets_null(family) for family in nulled if not family.is_deleted)
    yield from by_convention(unsure, len(cascading) - len(nulled), others)
    is_needed = "sqlite" in project.dialects  # which cascades only if told to on every connection
    confidence: Confidence = "low" if is_needed else "medium"
    yield from by_convention(told_once(_one_by_one(family, confidence) for family in slow), len(fast), others)
    yield from told_once(_contradictions(all_families))
    yield from told_once(_of_the_parent(project, all_families))
    yield from _never_null(project)


def _is_set_to_null(family: Family) -> bool:
    """Whether the session takes the children of a deleted parent away from it."""
    passive = family.relationship.passive_deletes
    return not deletes(family.relationship) and (passive is False or (passive is True and family.is_always_loaded))


def _is_deleted_one_by_one(family: Family, project: Project) -> bool:
    """Whether the session loads several children to delete them, where the database can do it by itself.

    What refers to the children needs a rule for that as well.
    """
    relationship, child = family.relationship, family.child
    if not deletes(relationship) or relationship.passive_deletes is not False or not relationship.is_collection:
        return False
    if child is None or family.is_always_loaded:
        return False
    return all(
        on_delete(key) in _DONE_BY_THE_DATABASE
        for table in project.tables
        for key in table.foreign_keys
        if key.target_table in (child.name, child.full_name)
    )


def _contradictions(all_families: Sequence[Family]) -> Iterator[About]:
    """Relationships that do the opposite of what their foreign key says, or leave it to a key that says nothing."""
    for family in all_families:
        match on_delete(family.key):
            case "SET NULL" if deletes(family.relationship) and not family.is_required:
                yield _deletes_and_keeps(family)
            case None if family.relationship.passive_deletes is True and not family.is_always_loaded:
                yield _left_to_nobody(family)


def _sets_null(family: Family) -> About:
    """`ondelete="CASCADE"`, but the session takes the children away from their parent first."""
    outcome = "leaves them behind without one"
    if family.is_required is not False:
        outcome = "fails, as it is NOT NULL" if family.is_required else "fails where it is NOT NULL"
    stay = "" if family.is_required else ' If they are to stay, write `ondelete="SET NULL"`.'
    return family.about(
        f"{family.title} does not let {family.key_title} cascade: "
        f"`session.delete()` sets the key of all children to NULL first, and {outcome}",
        f"Write {family.options(*_BOTH_DELETE)}.{stay}",
        _confidence(family),
    )


def _one_by_one(family: Family, confidence: Confidence) -> About:
    """Both delete: the session loads every child for it."""
    return family.about(
        f"{family.title} loads its rows to delete them one by one, "
        f"which {family.key_title} has the database do in one statement",
        f"Write {family.options('passive_deletes=True')} beside its cascade.",
        confidence,
    )


def _deletes_and_keeps(family: Family) -> About:
    """`ondelete="SET NULL"`, but the session deletes the children."""
    outcome = "`session.delete()` removes them, a DELETE in SQL does not"
    is_passive = family.relationship.passive_deletes is True and not family.is_always_loaded
    if is_passive:
        outcome = "which of the two happens depends on what is loaded"
    return family.about(
        f"{family.title} deletes its rows with the parent, {family.key_title} keeps them: {outcome}",
        f'If they go, write `ondelete="CASCADE"` at {family.key_title}. If they stay, take `delete` '
        f"out of the cascade of {family.title} and write `passive_deletes=True`.",
        _confidence(family) if is_passive else "medium",
    )


def _left_to_nobody(family: Family) -> About:
    """`passive_deletes=True`, but the database has no rule."""
    rule = "CASCADE" if deletes(family.relationship) or family.is_required is not False else "SET NULL"
    return family.about(
        f"{family.title} leaves its rows to the database (`passive_deletes=True`), "
        f"and {family.key_title} has no `ondelete`: deleting a parent whose rows are not loaded fails",
        f'Add `ondelete="{rule}"` to the foreign key (and to a migration), or drop `passive_deletes=True`.',
        _confidence(family),
    )


def _of_the_parent(project: Project, all_families: Sequence[Family]) -> Iterator[About]:
    """Cascades that go from a child to its parent."""
    collections = {(f.key, f.relationship.target): f for f in all_families if f.relationship.is_collection}
    for model in project.models:
        for relationship in model.relationships.values():
            if relationship.direction != "MANYTOONE" or relationship.is_view_only or relationship.is_single_parent:
                continue
            if not relationship.cascade or len(relationship.foreign_keys) != 1 or relationship.model != model.dotted:
                continue  # it does not cascade, or has been told where it is inherited from
            family = collections.get((relationship.foreign_keys[0], relationship.model))
            if "delete-orphan" in relationship.cascade:
                yield model, relationship.name, _refused(relationship)
            elif deletes(relationship) and family is not None:
                yield model, relationship.name, _deletes_the_parent(relationship, family)


def _refused(relationship: Relationship) -> Finding:
    """`delete-orphan` for a parent, which may have other children."""
    name = f"`{relationship.class_name}.{relationship.name}`"
    return Finding(
        at=relationship.at,
        message=f"{name} has `delete-orphan` on the side of the many: "
        f"SQLAlchemy raises `ArgumentError` when it is first used",
        help=f"Move the cascade to the relationship of `{relationship.target_name}`, or write `single_parent=True` "
        f"if no two `{relationship.class_name}` ever share one.",
    )


def _deletes_the_parent(relationship: Relationship, family: Family) -> Finding:
    """A cascade to a parent that has a collection of children."""
    name = f"`{relationship.class_name}.{relationship.name}`"
    return Finding(
        at=relationship.at,
        message=f"{name} deletes the parent with the child: deleting one `{relationship.class_name}` "
        f"deletes the `{family.parent.name}` that all of {family.title} belong to",
        help=f"Take the cascade off {name}; it belongs to {family.title}.",
        notes=(Note(f"{family.title} is the other side", family.relationship.at),),
    )


def _never_null(project: Project) -> Iterator[Finding]:
    """`ondelete="SET NULL"` for columns that are NOT NULL."""
    by_place: dict[tuple[object, tuple[str, ...]], list[tuple[Table, ForeignKey]]] = defaultdict(list)
    for table in project.tables:
        for key in table.foreign_keys:
            if on_delete(key) == "SET NULL" and is_required(table, key):
                by_place[key.at, key.columns].append((table, key))
    for (table, key), *others in by_place.values():
        more = f" (and in {', '.join(f'`{other.title}`' for other, _ in others)})" if others else ""
        yield Finding(
            at=key.at,
            message=f'{key_title(table, key)} has `ondelete="SET NULL"` and is NOT NULL{more}: '
            f"deleting the row that it refers to fails",
            help='Make the column nullable, or write `ondelete="CASCADE"` or `ondelete="RESTRICT"`.',
        )


def _confidence(family: Family) -> Confidence:
    return "high" if family.is_deleted else "medium"
