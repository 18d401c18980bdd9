"""The check behind rules/cascade-mismatch.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from dbreview.checks._convention import by_convention
from dbreview.checks._relationships import (
    About,
    Family,
    by_confidence,
    deletes,
    families,
    is_required,
    key_title,
    on_delete,
    only_key,
    told_once,
)
from dbreview.finding import Confidence, Finding, Note
from dbreview.project import ForeignKey, Project, Relationship, Table


def check(project: Project) -> Iterator[Finding]:
    """Relationships and foreign keys that disagree about what deleting a parent does."""
    all_families = families(project)
    cascading = [family for family in all_families if on_delete(family.key) == "CASCADE"]
    nulled = [family for family in cascading if _is_set_to_null(family)]
    slow = [family for family in cascading if _is_deleted_one_by_one(family)]
    fast = [family for family in cascading if deletes(family.relationship) and family.relationship.passive_deletes]
    others = "other relationships"
    sure, unsure = by_confidence(told_once(_sets_null(family) for family in nulled))
    yield from sure
    yield from by_convention(unsure, len(cascading) - len(nulled), others)
    for group in by_confidence(told_once(_one_by_one(family) for family in slow)):
        yield from by_convention(group, len(fast), others)
    yield from told_once(_contradictions(all_families))
    yield from told_once(_of_the_parent(project, all_families))
    yield from _never_null(project)


def _is_set_to_null(family: Family) -> bool:
    """Whether the session takes the children of a deleted parent away from it."""
    passive = family.relationship.passive_deletes
    return not deletes(family.relationship) and (passive is False or (passive is True and family.is_always_loaded))


def _is_deleted_one_by_one(family: Family) -> bool:
    """Whether the session loads several children to delete them, where the database can do it by itself."""
    relationship = family.relationship
    if relationship.passive_deletes is not False or relationship.declines_passive_deletes:
        return False
    if not deletes(relationship) or not relationship.is_collection:
        return False
    return family.can_cascade and not family.is_always_loaded


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
    outcome = f"leaves {family.them} behind without one"
    if family.is_required is not False:
        outcome = "fails, as it cannot be NULL" if family.is_required else "fails where it cannot be NULL"
    stay = "" if family.is_required else f" To keep {family.them}, {_keeping(family)}."
    return family.about(
        f"{family.title} does not let {family.key_title} cascade: "
        f"`session.delete()` sets the key of {family.children} to NULL first, and {outcome}",
        f"Write {family.deleting()}.{stay}",
        "high" if family.is_deleted else "low",
    )


def _keeping(family: Family) -> str:
    """How children stay without their parent."""
    rule = f'write `ondelete="SET NULL"` at {family.key_title} (and in a migration)'
    return f"{rule}, and {family.options('passive_deletes=True')}" if family.is_obeyed else rule


def _one_by_one(family: Family) -> About:
    """Both delete: the session loads every child for it."""
    return family.about(
        f"{family.title} loads the children to delete them one by one, "
        f"which {family.key_title} has the database do in one statement",
        f"Write {family.options('passive_deletes=True')} beside its cascade.",
        "medium" if family.is_deleted else "low",
    )


def _deletes_and_keeps(family: Family) -> About:
    """`ondelete="SET NULL"`, but the session deletes the children."""
    outcome = f"`session.delete()` removes {family.them}, a DELETE in SQL does not"
    is_passive = family.relationship.passive_deletes is True and not family.is_always_loaded
    if is_passive:
        outcome = "which of the two happens depends on what is loaded"
    passive = " and write `passive_deletes=True`" if family.is_obeyed else ""
    return family.about(
        f"{family.title} deletes {family.children} with the parent, {family.key_title} keeps {family.them}: {outcome}",
        f'To delete {family.them}, write `ondelete="CASCADE"` at {family.key_title} (and in a migration). '
        f"To keep {family.them}, take `delete` out of the cascade of {family.title}{passive}.",
        _confidence(family) if is_passive else "medium",
    )


def _left_to_nobody(family: Family) -> About:
    """`passive_deletes=True`, but the database has no rule."""
    rule = "CASCADE" if deletes(family.relationship) or family.is_required is not False else "SET NULL"
    outcome = "fails" if family.is_obeyed else f"leaves {family.them} behind in SQLite, and fails elsewhere"
    rule = f'Add `ondelete="{rule}"` to the foreign key (and to a migration), or drop `passive_deletes=True`.'
    return family.about(
        f"{family.title} leaves {family.children} to the database (`passive_deletes=True`), "
        f"and {family.key_title} has no `ondelete`: deleting a parent without loading {family.them} {outcome}",
        rule if family.is_obeyed else "Drop `passive_deletes=True`.",
        _confidence(family),
    )


def _of_the_parent(project: Project, all_families: Sequence[Family]) -> Iterator[About]:
    """Cascades that go from a child to its parent."""
    collections = {(f.key, f.relationship.target): f for f in all_families if f.relationship.is_collection}
    for model in project.models:
        for relationship in model.relationships.values():
            if relationship.direction != "MANYTOONE" or relationship.is_view_only or relationship.is_single_parent:
                continue
            key = only_key(relationship)
            if not relationship.cascade or key is None or relationship.model != model.dotted:
                continue  # it does not cascade, or has been told where it is inherited from
            family = collections.get((key, relationship.model))
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
