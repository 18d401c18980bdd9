"""The check behind rules/relationship-without-delete-rule.md."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from dbreview.checks._convention import is_convention
from dbreview.checks._relationships import About, Family, families, told_once
from dbreview.finding import Finding
from dbreview.project import Project

_SOFT_DELETE = frozenset({"deleted_at", "is_deleted"})


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
    outcome = "unlike most relationships to children here"
    if family.is_deleted and family.is_required:
        outcome = f"`session.delete()` fails while there are any, as {family.key_title} is NOT NULL"
    elif family.is_deleted:
        outcome = f"`session.delete()` sets {family.key_title} to NULL and leaves them behind"
        outcome += "" if family.is_required is False else ", or fails if it is NOT NULL"
    is_deleted_by_hand = family.relationship.target in deleted
    return family.about(
        f"{family.title} does not say what becomes of its rows when the `{family.parent.name}` is deleted: {outcome}",
        _help(family),
        "high" if family.is_deleted and family.is_required and not is_deleted_by_hand else "medium",
    )


def _help(family: Family) -> str:
    go = family.options('cascade="all, delete-orphan"', "passive_deletes=True")
    if family.is_required:
        return f'If they go too, write {go}, and `ondelete="CASCADE"` at {family.key_title}.'
    stay = family.options("passive_deletes=True")
    return (
        f'If they stay, write {stay}, and `ondelete="SET NULL"` at {family.key_title}; '
        f'if they go too, {go}, and `ondelete="CASCADE"`.'
    )
