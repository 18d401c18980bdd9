"""The check behind rules/irreversible-migration.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding
from dbreview.project import IrreversibleMigration, Project

_MOST = 3


def check(project: Project) -> Iterator[Finding]:
    """Downgrades that leave the tables other than they were before the upgrade."""
    for migration in project.irreversible_migrations:
        yield Finding(
            at=migration.at,
            message=f"{_what(migration)} `{migration.revision}` leaves {_listed(migration.left)}",
            help=_help(migration),
            confidence=migration.confidence,
        )


def _what(migration: IrreversibleMigration) -> str:
    if migration.is_missing:
        return "there is no `downgrade`, and going back before"
    if migration.is_empty:
        return "`downgrade` does nothing, and going back before"
    return "going back before"


def _listed(left: tuple[str, ...]) -> str:
    named = ", ".join(left[:_MOST])
    return f"{named} and {len(left) - _MOST} more" if len(left) > _MOST else named


def _help(migration: IrreversibleMigration) -> str:
    if migration.is_empty:
        return "Undo each step of `upgrade`, the last one first, or `raise` an exception that says why nobody can."
    return "Undo the rest of `upgrade` too, the last step first."
