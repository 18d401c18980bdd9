"""The check behind rules/unbounded-page-size.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, UnboundedPageSize


def check(project: Project) -> Iterator[Finding]:
    """Numbers that clients choose as LIMIT, however large."""
    for size in project.unbounded_page_sizes:
        rows = f"`{size.query.entity}` rows" if size.query.entity else "rows"
        yield Finding(
            at=size.at,
            message=f"`{size.parameter}` has no upper bound: one request can fetch all {rows} at once",
            help=f"Give `{size.parameter}` an upper bound: `le=100`, say, in its `Query(...)` or `Field(...)`.",
            notes=tuple(_notes(size)),
            confidence=size.confidence,
        )


def _notes(size: UnboundedPageSize) -> Iterator[Note]:
    yield Note("it limits this query", size.query.at)
    if size.route is not None and size.route.function != size.function:
        taker = size.function.removesuffix(".__init__")
        yield Note(f"the route `{size.route.function}` takes it from clients through `{taker}`", size.route.at)
