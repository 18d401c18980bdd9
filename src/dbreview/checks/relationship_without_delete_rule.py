"""The check behind rules/relationship-without-delete-rule.md."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from dbreview.checks._convention import is_convention
from dbreview.checks._relationships import About, Family, families, told_once
from dbreview.finding import Confidence, Finding
from dbreview.project import Project

_SOFT_DELETE = frozenset({"deleted", "deleted_at", "is_deleted"})


def check(project: Project) -> Iterator[Finding]:
    """Relationships to children that leave open what deleting the parent does."""
    all_families = [family for family in families(project) if family.is_deleted or not _is_kept(family)]
    silent = [family for family in all_families if not _says_something(family)]
    is_usual = is_convention(len(all_families) - len(silent), len(silent))
    deleted = project.deleted_models
    yield from told_once(_about(family, deleted) for family in silent if family.is_deleted or is_usual)


def _says_something(family: Family) -> bool:
    relationship = family.relationship
    return relationship.has_cascade or relationship.passive_deletes is not False or family.key.on_delete is not None


def _is_kept(family: Family) -> bool:
    """Whether rows of the parent are marked as deleted instead."""
    return bool(_SOFT_DELETE & family.parent.columns.keys())


def _about(family: Family, deleted: AbstractSet[str]) -> About:
    return family.about(
        f"{family.title} does not say what becomes of {family.children} when the `{family.parent.name}` is deleted: "
        f"{_outcome(family)}",
        _help(family),
        _confidence(family, deleted),
    )


def _outcome(family: Family) -> str:
    outcome = f"`session.delete()` fails while there is one, as {family.key_title} cannot be NULL"
    if not family.is_required:
        outcome = f"`session.delete()` sets {family.key_title} to NULL and leaves {family.them} behind"
        outcome += "" if family.is_required is False else ", or fails if it cannot be NULL"
    return outcome if family.is_deleted else f"{outcome}; most others here say so"


def _confidence(family: Family, deleted: AbstractSet[str]) -> Confidence:
    if not family.is_deleted:
        return "low"
    if not family.is_required:  # where the database ignores rules, writing them down is all that can be done
        return "medium" if family.is_obeyed else "low"
    is_deleted_by_hand = family.relationship.target in deleted
    return "medium" if is_deleted_by_hand else "high"


def _help(family: Family) -> str:
    rule = f'`ondelete="CASCADE"` at {family.key_title} (and in a migration)'
    go = f"{family.deleting()}, and {rule}" if family.can_cascade else family.deleting()
    if family.is_required:
        return f"To delete {family.them} too, write {go}."
    stay = f'`ondelete="SET NULL"` at {family.key_title} (and in a migration)'
    stay += f", and {family.options('passive_deletes=True')}" if family.is_obeyed else ""
    return f"To keep {family.them}, write {stay}; to delete {family.them} too, {go}."
