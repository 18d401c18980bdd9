"""The check behind rules/expire-on-commit.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import ExpiringSessions, Project


def check(project: Project) -> Iterator[Finding]:
    """Async sessions whose objects are of no use after a commit."""
    for sessions in project.expiring_sessions:
        at = sessions.committed_at
        yield Finding(
            at=sessions.at,
            message=f"{_whose(sessions)}: reading an attribute of one after that raises `MissingGreenlet`",
            help=_help(sessions),
            notes=(Note("such a session is committed here", at),) if at is not None else (),
            confidence=sessions.confidence,
        )


def _whose(sessions: ExpiringSessions) -> str:
    if not sessions.is_factory:
        return f"a commit expires all objects of the async session that `{sessions.name}` hands out"
    which = f"`{sessions.name}`" if sessions.name else "this factory"
    return f"a commit expires all objects of the async sessions that {which} makes"


def _help(sessions: ExpiringSessions) -> str:
    if sessions.is_explicit:
        return "Write `expire_on_commit=False`."
    if sessions.written is None:
        return f"Add `expire_on_commit=False` to the arguments of `{sessions.call}`."
    return f"Write `{sessions.written}`."
