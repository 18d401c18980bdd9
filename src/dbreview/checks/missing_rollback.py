"""The check behind rules/missing-rollback.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import MissingRollback, Project

_FLUSHES = frozenset({"commit", "flush", "merge"})


def check(project: Project) -> Iterator[Finding]:
    """Handlers of database errors after which the session goes on without a rollback."""
    for missing in project.missing_rollbacks:
        when = " in the next pass" if missing.is_next_pass else ""
        yield Finding(
            at=missing.at,
            message=f"`{missing.failing}` failed and nothing is rolled back here: {_consequence(missing)}{when}",
            help=_help(missing),
            notes=(
                Note(f"`{missing.failing}` may fail here", missing.failing_at),
                Note(f"`{missing.used}` comes next{when}", missing.used_at),
            ),
            confidence=missing.confidence,
        )


def _consequence(missing: MissingRollback) -> str:
    """A failed flush ends the session's transaction, a failed statement only that of a strict database."""
    if _method(missing.failing) in _FLUSHES:
        return f"`{missing.used}` raises PendingRollbackError"
    if _method(missing.used) == "commit":
        return f"on PostgreSQL `{missing.used}` keeps nothing, and no error tells"
    return f"on PostgreSQL `{missing.used}` raises InFailedSqlTransaction"


def _method(call: str) -> str:
    return call.rpartition(".")[2]


def _help(missing: MissingRollback) -> str:
    if missing.driver:
        return _help_for_driver(missing)
    session = missing.session or "session"
    rollback, attempt = f"{session}.rollback()", f"with {session}.begin_nested():"
    if missing.is_async:
        rollback, attempt = f"await {rollback}", f"async {attempt}"
    return f"Write `{rollback}` first in the handler, or put the attempt into `{attempt}`."


def _help_for_driver(missing: MissingRollback) -> str:
    """A cursor has no rollback of its own."""
    holder = missing.session or "connection"
    connection = "connection" if "cur" in holder.rpartition(".")[2].lower() else holder
    rollback, block = f"{connection}.rollback()", f"with {connection}.transaction():"
    if missing.is_async:
        rollback, block = f"await {rollback}", f"async {block}"
    savepoint = "" if missing.driver == "psycopg2" else f", or put the attempt into `{block}`, which makes a savepoint"
    return f"Write `{rollback}` first in the handler{savepoint}."
