"""Application code that makes the tables itself, where migrations should, or do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.facts import Span
from dbreview.finding import SURENESS, Confidence, Place
from dbreview.frameworks import creating
from dbreview.link.creating import migrators, starting
from dbreview.link.creating.guards import Guards, ways
from dbreview.link.creating.noting import may_create, note
from dbreview.link.creating.starting import Chain
from dbreview.link.engines.made_engines import made
from dbreview.link.events import Creating, Effect
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import ClassValue, FunctionValue
from dbreview.project import Conventions, Project, Role, SchemaCreation, Table

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter
    from dbreview.link.routes import FoundRoute

_ORDER = {"startup": 0, "import": 1, "request": 2}
_REGISTERING = {name.rpartition(".")[2] for name in creating.REGISTERING}


@dataclass(frozen=True, slots=True)
class _Start:
    """Something that runs without being asked, and how it leads to ``effect``."""

    when: Literal["import", "startup", "request"]
    by: str | None
    by_at: Place | None
    effect: Effect
    is_seldom: bool = False


def schema_creations(
    interpreter: Interpreter,
    found: list[FoundRoute],
    roles: dict[str, Role],
    conventions: Conventions,
    schema: Project,
) -> tuple[SchemaCreation, ...]:
    """Where the server makes its own tables: the surest and first place for each set of tables, with the others."""
    if not interpreter.events.creating and not any(map(may_create, _imported_calls(interpreter, roles))):
        return ()
    known = migrators.migrators_of(interpreter.names, schema.histories)
    by_tables: dict[tuple[str, ...], list[SchemaCreation]] = {}
    reader = _Reader(interpreter, roles, schema.dialects)
    for start in reader.starts(found):
        creation = interpreter.events.creating[start.effect.at]
        own = [table for table in schema.tables if _is_made(table, creation)]
        event = _told(creation, start, own, known, conventions, reader) if own else None
        if event is not None:
            by_tables.setdefault(tuple(table.name for table in own), []).append(event)
    return tuple(sorted((_first(events) for events in by_tables.values()), key=lambda each: each.at))


def _imported_calls(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[facts.Call]:
    for path, module in interpreter.names.modules.items():
        if roles.get(path) == "application":
            yield from starting.imported_calls(module.body)


def _is_made(table: Table, creation: Creating) -> bool:
    if table.orm == "tortoise" or not creation.metadata:
        return table.orm == "tortoise" and not creation.metadata
    return table.metadata in creation.metadata


def _first(events: list[SchemaCreation]) -> SchemaCreation:
    first, *_ = sorted(events, key=lambda e: (SURENESS[e.confidence], _ORDER[e.when], e.at, len(e.calls)))
    return replace(first, others=tuple(sorted({each.at for each in events} - {first.at})))


def _told(
    creation: Creating,
    start: _Start,
    tables: list[Table],
    known: list[migrators.Migrator],
    conventions: Conventions,
    reader: _Reader,
) -> SchemaCreation | None:
    calls = start.effect.calls
    at = next((place for place in (creation.at, *reversed(calls)) if reader.is_application(place)), creation.at)
    migrator = migrators.responsible(known, tables, creation.at.filename)
    if migrator is None and migrators.may_be_elsewhere(known, conventions):
        return None
    confidence: Confidence = "medium" if migrator is None or not migrator.has_revisions else "high"
    is_doubtful = migrator is None and "alembic" in conventions.dependencies  # then they may be in another repository
    is_doubtful |= start.when == "request" and reader.is_provisioning(creation)
    if is_doubtful or start.is_seldom or creation.is_partial or reader.is_on_sqlite:
        confidence = "low"
    elif start.when == "request":
        confidence = "medium"
    is_later = last_name(creation.node.func) in _REGISTERING
    return SchemaCreation(
        at,
        creation.maker,
        tables[0].orm,
        "startup" if is_later else start.when,
        start.by,
        start.by_at,
        tuple(place for place in (*calls, creation.at) if place != at),
        tables[0].title,
        tables[0].full_name,
        migrator.folder if migrator is not None else None,
        migrator is not None and migrator.has_revisions,
        (),
        confidence,
    )


class _Reader:
    """Finds what runs by itself and leads to tables being made, under conditions that production meets."""

    def __init__(self, interpreter: Interpreter, roles: dict[str, Role], dialects: frozenset[str]) -> None:
        self._interpreter = interpreter
        self._roles = roles
        self._dialects = dialects
        self._chains: dict[str, dict[Span, Chain]] = {}

    def is_application(self, place: Place) -> bool:
        return self._roles.get(place.filename) == "application"

    def starts(self, found: list[FoundRoute]) -> Iterator[_Start]:
        served = starting.served_files(self._interpreter, self._roles)
        paths = sorted(path for path in served if self._roles.get(path) == "application")
        for path in paths:
            yield from self._imported(path)
        for start in starting.starting_functions(self._interpreter, paths):
            is_defined = self._is_reached(start.ref.path, start.ref.facts.at, start.around)
            if is_defined and (not start.places or any(itertools.starmap(self._is_reached, start.places))):
                place = Place(start.ref.path, *start.ref.facts.at)
                yield from self._by(start.ref, _Start("startup", start.ref.facts.name, place, _NO_EFFECT))
        routes = {each.ref: each.route for each in found}
        asked = dict.fromkeys(member for targets in self._interpreter.declared.asked.values() for member in targets)
        for ref in dict.fromkeys([*routes, *self._interpreter.declared.dependencies, *asked]):
            if self._roles.get(ref.path) == "application":
                words = f"{ref.name} {routes[ref].path}" if ref in routes else ""
                is_seldom = bool(creating.SELDOM.search(words) or creating.PROVISIONING.search(words))
                place = Place(ref.path, *ref.facts.at)
                yield from self._by(ref, _Start("request", ref.name, place, _NO_EFFECT, is_seldom))

    def _by(self, ref: FunctionRef, start: _Start) -> Iterator[_Start]:
        for (_, function, _), effect in list(self._interpreter.events.leading.items()):
            if function is ref and self._is_open(effect):
                yield replace(start, effect=effect)

    def _imported(self, path: str) -> Iterator[_Start]:
        """What importing a module leads to."""
        frame = self._interpreter.module_frame(path)
        makers = {ref for _, ref, _ in self._interpreter.events.leading if ref is not None}
        names = {ref.owner.name if ref.owner and ref.facts.name == "__init__" else ref.facts.name for ref in makers}
        for node in starting.imported_calls(self._interpreter.names.modules[path].body):
            if may_create(node):
                self._interpreter.guarded(Place(path, *node.at), partial(note, frame, node))
            elif last_name(node.func) in names and self._leads(frame, node, makers):
                self._interpreter.guarded(Place(path, *node.at), partial(frame.evaluate, node))
        for effect in list(frame.effects.values()):
            if effect.kind == "schema" and self._is_open(effect):
                yield _Start("import", None, None, effect)

    def _leads(self, frame: Frame, node: facts.Call, makers: set[FunctionRef]) -> bool:
        match frame.evaluate(node.func):
            case FunctionValue(ref):
                return ref in makers
            case ClassValue(owner):
                return self._interpreter.classes.member(owner, "__init__") in makers
        return False

    # --- conditions on the way

    def _is_open(self, effect: Effect) -> bool:
        for place in (*effect.calls, effect.at):
            span = (place.line, place.column, place.end_line, place.end_column)
            chain = self._chains_in(place.filename).get(span)
            if chain is None or not self._is_reached(place.filename, span, chain):
                return False
        return True

    def _is_reached(self, path: str, span: Span, chain: Chain) -> bool:
        body = chain[0].body if chain else self._interpreter.names.modules[path].body
        guards = Guards(self._interpreter, path, chain)
        return all(guards.is_met(test, holds) for test, holds in ways(body, span))

    def _chains_in(self, path: str) -> dict[Span, Chain]:
        """The functions around each call of a file."""
        if path not in self._chains:
            bodies: list[tuple[object, Chain]] = [(self._interpreter.names.modules[path].body, ())]
            bodies += [(chain[0].body, chain) for _, chain in starting.functions_in(self._interpreter, path)]
            self._chains[path] = {
                node.at: chain
                for body, chain in bodies
                for node in walk(body)
                if isinstance(node, facts.Call | facts.Attribute | facts.Lambda)
            }
        return self._chains[path]

    def is_provisioning(self, creation: Creating) -> bool:
        """Whether the tables are those of somebody who has just come."""
        name = creation.function.name if creation.function is not None else ""
        return bool(creating.PROVISIONING.search(name))

    @property
    def is_on_sqlite(self) -> bool:
        """Whether the tables are made in a file of SQLite, or in memory, as far as that is known."""
        found = made(self._interpreter, self._roles, "application")
        dialects = {engine.address.dialect if engine.address is not None else None for engine in found}
        return self._dialects == {"sqlite"} or dialects == {"sqlite"}


_NO_EFFECT = Effect("schema", None, Place("", 0, 0, 0, 0), "")
