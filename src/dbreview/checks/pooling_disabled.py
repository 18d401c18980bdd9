"""The check behind rules/pooling-disabled.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding
from dbreview.project import Project


def check(project: Project) -> Iterator[Finding]:
    """Engines of a server that keep no connection."""
    for engine in project.unpooled_engines:
        what = f"`{engine.name}`" if engine.name else "this engine"
        pool = "AsyncAdaptedQueuePool" if engine.is_async else "QueuePool"
        yield Finding(
            at=engine.at,
            message=f"{what} has no pool (`NullPool`): every session connects anew and nothing bounds their number",
            help=f"Leave `poolclass` out: the default, `{pool}`, keeps connections and lends 15 at most.",
            confidence=engine.confidence,
        )
