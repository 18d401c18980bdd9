"""The check behind rules/unordered-pagination.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, UnorderedPage


def check(project: Project) -> Iterator[Finding]:
    """Queries that take a page of rows which are in no particular order."""
    for page in project.unordered_pages:
        rows = f"`{page.entity}` rows" if page.entity else "rows"
        with_what = f"`{page.paginator.rpartition('.')[2]}`" if page.paginator else "LIMIT and OFFSET"
        yield Finding(
            at=page.at,
            message=f"{rows} are paged with {with_what} but without ORDER BY: pages can repeat rows and skip others",
            help=_help(page),
            notes=tuple(_notes(page)),
            confidence=page.confidence,
        )


def _help(page: UnorderedPage) -> str:
    last = "Whatever else it orders by, let the primary key come last, to tell equal rows apart."
    if page.is_sql:
        return f"Write `ORDER BY` before the `LIMIT`. {last}"
    if page.entity is None or page.key is None:
        return f"Add `.order_by(...)` to the statement. {last}"
    key = f'"{page.key}"' if page.orm == "tortoise" else f"{page.entity}.{page.key}"
    return f"Add `.order_by({key})` to the statement. {last}"


def _notes(page: UnorderedPage) -> Iterator[Note]:
    if page.route is not None:
        yield Note(f"the route `{page.route.function}` answers with this page", page.route.at)
