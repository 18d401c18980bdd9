"""How much of the project was understood, so that silence can be told from losing track."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dbreview.facts import Call
from dbreview.frameworks import fastapi
from dbreview.link.interpret import Interpreter
from dbreview.link.routes import FoundRoute
from dbreview.link.values import LibraryObject
from dbreview.project import Role, Understanding


def understanding_of(
    interpreter: Interpreter, found: list[FoundRoute], roles: dict[str, Role]
) -> tuple[Understanding, ...]:
    """The shares that ``--verbose`` prints, over application files."""
    events = interpreter.events
    models = [m for ref, m in interpreter.models.models.items() if roles.get(ref.path) == "application"]
    return (
        _share(
            "database calls whose session kind is known",
            {p: k is not None for p, k in events.sessions_at.items()},
            roles,
        ),
        _share("queries whose model is known", events.queries_at, roles),
        _share("loops over rows whose entity is known", events.loops_at, roles),
        Understanding(
            "model classes that are fully known",
            sum(m.is_fully_known for m in models),
            len(models),
            _largest(unknown.reason for m in models for unknown in m.unknown),
        ),
        _dependencies(interpreter, found),
    )


def _share(what: str, known_at: dict, roles: dict[str, Role]) -> Understanding:  # type: ignore[type-arg]
    places = {p: known for p, known in known_at.items() if roles.get(p.filename) == "application"}
    unknown = _largest(place.filename for place, known in places.items() if not known)
    return Understanding(what, sum(places.values()), len(places), unknown)


def _largest(groups: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(groups).items(), key=lambda item: (-item[1], item[0]))[:5])


def _dependencies(interpreter: Interpreter, found: list[FoundRoute]) -> Understanding:
    """Routes all of whose ``Depends`` lead to something that is known."""
    known = 0
    unresolved: list[str] = []
    for route in found:
        frame = interpreter.module_frame(route.ref.path)
        missing = []
        for parameter in route.ref.facts.parameters:
            if isinstance(parameter.default, Call):
                marker = frame.evaluate(parameter.default)
                if isinstance(marker, LibraryObject) and marker.dotted in fastapi.DEPENDS:
                    if (not marker.arguments and parameter.annotation is None) or (
                        marker.arguments and marker.arguments[0] is None
                    ):
                        missing.append(parameter.name)
        known += not missing
        unresolved += missing
    return Understanding("routes whose dependencies are resolved", known, len(found), _largest(unresolved))
