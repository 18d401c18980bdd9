"""The check behind rules/entity-as-response.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks._convention import by_convention
from dbreview.finding import Finding, Note
from dbreview.project import EntityResponse, Project, Route

_MOST_ROUTES = 5


def check(project: Project) -> Iterator[Finding]:
    """Path operations that answer with objects of mapped classes."""
    by_model: dict[str, list[EntityResponse]] = {}
    for response in project.entity_responses:
        by_model.setdefault(response.model, []).append(response)
    findings = [_finding(responses) for responses in by_model.values()]
    others = max((response.others for response in project.entity_responses), default=0)
    yield from by_convention(findings, others - len(project.entity_responses) + len(findings), "other models")


def _finding(responses: list[EntityResponse]) -> Finding:
    first, *others = responses
    more = f" (and {len(others)} more)" if others else ""
    return Finding(
        at=first.at,
        message=f"{_shown(first.route)}{more} answers with `{first.model}` itself: "
        "each column that it gets one day is sent as well",
        help=f"Declare `{first.model}Read` with the fields that clients need, and make it the `response_model`.",
        notes=(
            Note(f"`{first.model}` is a table", first.model_at),
            *(Note(f"{_shown(each.route)} does so, too", each.at) for each in others[:_MOST_ROUTES]),
        ),
        confidence=first.confidence,
    )


def _shown(route: Route) -> str:
    return f"{route.methods[0]} {route.path}" if route.path and route.methods else f"`{route.function}`"
