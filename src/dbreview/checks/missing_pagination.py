"""The check behind rules/missing-pagination.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, UnboundedResponse

_ADVICE = (
    "Take `offset: int = 0` and `limit: Annotated[int, Query(ge=1, le=100)] = 50` as parameters, "
    "and add `.order_by(...).offset(offset).limit(limit)` to the query."
)


def check(project: Project) -> Iterator[Finding]:
    """Routes that answer with every row that a query finds."""
    for response in project.unbounded_responses:
        route = response.route
        shown = " ".join(part for part in (route.methods[0] if route.methods else "", route.path) if part)
        what = shown if route.path else f"`{route.function}`"
        yield Finding(
            at=response.at,
            message=_message(response, what),
            help=_help(response),
            notes=(Note(f"the route `{route.function}` answers with them", route.at),),
            confidence=response.confidence,
        )


def _message(response: UnboundedResponse, what: str) -> str:
    rows = f"`{response.query.entity}` rows" if response.query.entity is not None else "rows"
    if response.parameter is not None:
        return f"{what} fetches all {rows} that match, unless the client sends `{response.parameter}`"
    return f"{what} fetches all {rows} that match, however many there are"


def _help(response: UnboundedResponse) -> str:
    if response.parameter is not None:
        return f"Give `{response.parameter}` a default and an upper bound: `Annotated[int, Query(ge=1, le=100)] = 50`."
    if response.query.is_sql:
        advice = (
            "Take `offset: int = 0` and `limit: Annotated[int, Query(ge=1, le=100)] = 50` as parameters, "
            "and end the statement with `ORDER BY ... LIMIT :limit OFFSET :offset`."
        )
    else:
        advice = _ADVICE
    if response.owner is not None:
        return f"One `{response.owner}` can own many rows. {advice}"
    return advice
