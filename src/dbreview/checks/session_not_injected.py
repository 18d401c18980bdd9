"""The check behind rules/session-not-injected.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks._convention import is_convention
from dbreview.finding import Finding, Note
from dbreview.project import OwnSession, Project


def check(project: Project) -> Iterator[Finding]:
    """Path operations that open a session themselves, in a project that has a dependency for it."""
    for own in project.own_sessions:
        if is_convention(own.injected, own.routes - own.injected):
            yield Finding(
                at=own.at,
                message=_message(own),
                help=f"Take it as a parameter, `{own.name}: {own.annotation}`, and leave `{own.opened}` out.",
                notes=(
                    Note(f"`{own.dependency}` gives every request its session", own.dependency_at),
                    Note(f"`{own.example.function}` takes its session from there", own.example.at),
                ),
                confidence=own.confidence,
            )


def _message(own: OwnSession) -> str:
    return (
        f"`{own.route.function}` opens a session of its own, where {own.injected} of {own.routes} path operations "
        f"are given one by `{own.dependency}`"
    )
