"""Not written yet."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding
from dbreview.project import Project


def check(project: Project) -> Iterator[Finding]:
    """Nothing yet."""
    yield from ()
