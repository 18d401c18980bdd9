"""The check behind rules/sql-echo-enabled.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding
from dbreview.project import Project


def check(project: Project) -> Iterator[Finding]:
    """Engines that log every statement wherever they run."""
    for engine in project.echoing_engines:
        what = f"`{engine.name}`" if engine.name else "this engine"
        more = ", and every row that comes back" if "debug" in engine.value else ""
        yield Finding(
            at=engine.at,
            message=f"`echo={engine.value}` makes {what} log every statement with its parameters{more}",
            help=f"Leave `echo` out, or let the settings decide: `{engine.maker}(..., echo=settings.sql_echo)`.",
        )
