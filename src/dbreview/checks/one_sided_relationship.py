"""The check behind rules/one-sided-relationship.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from dbreview.checks._convention import by_convention
from dbreview.checks._relationships import About, by_confidence, told_once
from dbreview.finding import Finding, Note
from dbreview.project import Project, Relationship


def check(project: Project) -> Iterator[Finding]:
    """Two relationships over one foreign key that do not both name each other."""
    models = {model.dotted: model for model in project.models}
    found: list[About] = []
    complete = 0
    for one, other in _pairs(project):
        sides = [(one, other), (other, one)]
        silent = [(side, across) for side, across in sides if side.inverse is None]
        complete += not silent
        if silent and all(side.inverse in (None, across.name) for side, across in sides):
            first = silent[0][0]
            found.append((models[first.model], first.name, _finding(silent)))
    for group in by_confidence(told_once(found)):
        yield from by_convention(group, complete, "other relationships")


def _pairs(project: Project) -> Iterator[tuple[Relationship, Relationship]]:
    """The two sides of each foreign key, or of each association table, where each has one. Collections first."""
    links: dict[object, dict[Relationship, None]] = defaultdict(dict)
    for model in project.models:
        for relationship in model.relationships.values():
            link = _link(relationship)
            if link is not None and relationship.model == model.dotted:
                links[link][relationship] = None
    for sides in links.values():
        if len(sides) == 2:
            one, other = sorted(sides, key=lambda side: (side.direction == "MANYTOONE", side.at, side.name))
            if one.target == other.model and other.target == one.model and not _are_alike(one, other):
                yield one, other


def _link(relationship: Relationship) -> object:
    """What two sides have in common; None for a relationship that may stand alone."""
    if (
        relationship.is_view_only
        or relationship.has_own_join
        or relationship.has_overlaps
        or relationship.cascade is None
    ):
        return None  # a cascade is unknown where some of the options are
    ends = frozenset({relationship.model, relationship.target})
    if relationship.direction == "MANYTOMANY":
        return (ends, relationship.secondary) if relationship.secondary is not None else None
    if relationship.direction is None or not relationship.foreign_keys:
        return None
    return ends, relationship.foreign_keys


def _are_alike(one: Relationship, other: Relationship) -> bool:
    """Whether both lead in the same direction, so that they are no two sides of one thing."""
    if one.direction == "MANYTOMANY":
        return one.model == other.model
    return one.direction == other.direction


def _finding(silent: Sequence[tuple[Relationship, Relationship]]) -> Finding:
    side, across = silent[0]
    if len(silent) == 2:
        said = f"{_title(side)} and {_title(across)} are two sides of one thing and do not name each other"
        change = "a change to one"
    else:
        said = f"{_title(side)} does not name {_title(across)}, which names it"
        change = f"a change to {_title(side)}"
    missing = " and ".join(f'`back_populates="{other.name}"` at {_title(one)}' for one, other in silent)
    return Finding(
        at=side.at,
        message=f"{said}: {change} is not seen in the other until that is loaded again",
        help=f"Write {missing}.",
        notes=(Note("the other side", across.at),),
        confidence="high" if len(silent) == 2 else "low",  # SQLAlchemy warns of the first, and accepts the second
    )


def _title(relationship: Relationship) -> str:
    return f"`{relationship.class_name}.{relationship.name}`"
