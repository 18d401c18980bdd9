"""The check behind rules/missing-pagination.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, UnboundedResponse


def check(project: Project) -> Iterator[Finding]:
    """Routes that answer with every row that a query finds."""
    for response in project.unbounded_responses:
        route = response.route
        shown = " ".join(part for part in (route.methods[0] if route.methods else "", route.path) if part)
        what = shown or f"`{route.function}`"
        yield Finding(
            at=response.at,
            message=f"{what} fetches all `{response.entity}` rows that match, however many there are",
            help=_help(response),
            notes=(Note(f"the route `{route.function}` answers with them", route.at),),
            confidence=response.confidence,
        )


def _help(response: UnboundedResponse) -> str:
    advice = (
        "Take `offset: int = 0` and `limit: Annotated[int, Query(ge=1, le=100)] = 50` as parameters, "
        "and add `.order_by(...).offset(offset).limit(limit)` to the query."
    )
    if response.owner is not None:
        return f"One `{response.owner}` can own many rows. {advice}"
    return advice
