"""The check behind rules/joined-collection-without-unique.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, RowsNotMerged


def check(project: Project) -> Iterator[Finding]:
    """Statements that join a collection and whose rows are read without merging them."""
    for read in project.rows_not_merged:
        name = f"{read.relationship.class_name}.{read.relationship.name}"
        yield Finding(
            at=read.at,
            message=f"`{read.loader}` joins the collection `{name}`: without `.unique()` the first row raises "
            "InvalidRequestError",
            help=f"Add `.unique()` before the rows are read, or load it with `selectinload({name})`.",
            notes=tuple(_notes(read, name)),
            confidence=read.confidence,
        )


def _notes(read: RowsNotMerged, name: str) -> Iterator[Note]:
    if (read.query.at.filename, read.query.at.line) != (read.at.filename, read.at.line):
        yield Note("the statement runs here", read.query.at)
    yield Note(f"`{name}` is a collection: the join repeats its parent for each of its members", read.relationship.at)
