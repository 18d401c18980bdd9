"""The check behind rules/unparsable-file.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Place
from dbreview.project import Project


def check(project: Project) -> Iterator[Finding]:
    """Files that could not be read or parsed; the rest of the project was reviewed without them."""
    for file in project.unreadable:
        if "{{" in file.path:
            continue  # a template that becomes Python when a project is made from it
        yield Finding(
            at=Place(file.path, file.line, file.column, file.line, file.column + 1),
            message=f"this file was not reviewed: {file.reason}",
            help="Repair the file, or leave it out with `exclude` in the configuration.",
        )
