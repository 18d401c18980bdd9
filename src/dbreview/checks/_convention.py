"""What checks about consistency share: one finding per deviation, or one for the whole project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dbreview.finding import Finding, Note

_MOST_NOTES = 5


def is_convention(having: int, lacking: int) -> bool:
    """Whether most of them have it, so that those which lack it deviate from the project's own way."""
    return having > lacking


def one_for_all(findings: Sequence[Finding], others: str) -> Finding:
    """The first of several findings, speaking for all of them. ``others`` names the rest: "other columns"."""
    first, *rest = findings
    if not rest:
        return first
    notes = [Note(each.message, each.at) for each in rest[:_MOST_NOTES]]
    if len(rest) > _MOST_NOTES:
        last = notes[-1]
        notes[-1] = replace(last, message=f"{last.message}, and so on: {len(rest) - _MOST_NOTES} more")
    more = f" (and {len(rest)} {others.removesuffix('s') if len(rest) == 1 else others})"
    return replace(first, message=first.message + more, notes=(*first.notes, *notes))


def by_convention(findings: Iterable[Finding], having: int, others: str) -> Iterable[Finding]:
    """All findings where they deviate from the convention, else one for the project."""
    found = list(findings)
    if is_convention(having, len(found)) or len(found) < 2:
        return found
    return [one_for_all(found, others)]
