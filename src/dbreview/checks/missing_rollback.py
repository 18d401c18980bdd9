"""The check behind rules/missing-rollback.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import MissingRollback, Project


def check(project: Project) -> Iterator[Finding]:
    """Handlers of database errors after which the session goes on without a rollback."""
    for missing in project.missing_rollbacks:
        after = "the next pass" if missing.is_next_pass else "what comes next"
        yield Finding(
            at=missing.at,
            message=f"`{missing.failing}` failed and nothing is rolled back here: {after}, `{missing.used}`, fails too",
            help=_help(missing),
            notes=(
                Note(f"the error of `{missing.failing}` is caught", missing.failing_at),
                Note(f"`{missing.used}` uses the session in its failed transaction", missing.used_at),
            ),
            confidence=missing.confidence,
        )


def _help(missing: MissingRollback) -> str:
    session = missing.session or "session"
    rollback, attempt = f"{session}.rollback()", f"with {session}.begin_nested():"
    if missing.is_async:
        rollback, attempt = f"await {rollback}", f"async {attempt}"
    return f"Write `{rollback}` first in the handler, or put the attempt into `{attempt}`."
