"""What caches keep beyond its session: which objects, since when, and what that does to whoever reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Confidence, Place
from dbreview.frameworks import caches, naming, python
from dbreview.link.caches import decorators
from dbreview.link.caches.decorators import Keeper, Keepers
from dbreview.link.caches.homes import Home, Homes
from dbreview.link.events import Held, KeptEvent
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import calls_in, dotted_name, last_name, names_in, walk
from dbreview.link.values import TORTOISE
from dbreview.project import CachedObject, GlobalSession, Relationship, Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_SHOWN_COLUMNS = 2


def cached_objects(
    interpreter: Interpreter, roles: Mapping[str, Role], shared: Iterable[GlobalSession]
) -> Iterator[CachedObject]:
    """Objects, results and sessions that something keeps which lives as long as the process, each once."""
    judge = _Judge(interpreter, Homes(interpreter, roles), roles, frozenset(each.at for each in shared))
    yield from sorted((*judge.stored(), *judge.returned()), key=lambda each: each.at)


@dataclass(slots=True)
class _Judge:
    interpreter: Interpreter
    homes: Homes
    roles: Mapping[str, Role]
    shared: frozenset[Place]
    _functions: dict[str, list[FunctionRef]] = field(default_factory=dict)

    # --- dicts, lists and attributes

    def stored(self) -> Iterator[CachedObject]:
        """What functions put into something that lives as long as the process, once per thing and model."""
        found: dict[tuple[Place | str, ClassRef | None], list[tuple[KeptEvent, Home]]] = {}
        for kept in sorted(self.interpreter.events.held.values(), key=lambda each: (each.at, each.stored_at)):
            home = self.homes.of(kept) if self._is_kept(kept) else None
            if home is not None:
                found.setdefault((home.at or home.name, kept.held.model), []).append((kept, home))
        for (kept, home), *others in found.values():
            yield replace(
                self._told(kept.at, home.name, kept.held, is_per_request=kept.is_request or _is_asked_for(kept)),
                declared_at=home.at,
                stored_at=kept.stored_at if kept.stored_at != kept.at else None,
                variable=kept.variable,
                is_item=kept.is_item,
                others=tuple(dict.fromkeys(other.at for other, _ in others)),
            )

    def _is_kept(self, kept: KeptEvent) -> bool:
        """Whether an object stays where it is put, and its session does not."""
        places = (kept.at, kept.stored_at)
        if any(self.roles.get(place.filename) != "application" for place in places):
            return False
        functions = [kept.ref, *self._around(kept.at), *self._around(kept.held.loaded_at)]
        if any(_is_command(self.interpreter, each) or _serves_socket(each) for each in functions):
            return False
        if kept.held.what == "entity" and any(_lets_go(each) for each in functions):
            return False
        if self._is_shared(kept.held) or _is_taken_out(kept) or self._is_open_meanwhile(kept):
            return False
        if kept.held.what != "session":
            return True
        return kept.is_item and not self._is_returned(kept) and self._is_asked(kept)

    def _is_shared(self, held: Held) -> bool:
        """Whether the session lives as long: then it is told itself, and nothing outlives it."""
        return held.session.opened_at in self.shared or held.session.is_scoped

    def _is_open_meanwhile(self, kept: KeptEvent) -> bool:
        """``with Session() as session: app.state.users = load(session); yield``: the session is open as long."""
        blocks = (node for node in walk(kept.ref.facts.body) if isinstance(node, facts.With))
        return kept.ref.facts.has_yield and any(
            _is_inside(kept.stored_at, block) and any(isinstance(inner, facts.Yield) for inner in walk(block.body))
            for block in blocks
        )

    def _is_returned(self, kept: KeptEvent) -> bool:
        """Whether somebody takes a session out again by its key, and may close it."""
        name = last_name(kept.holder)
        return any(
            _takes_out(node, name)
            for ref in self.interpreter.names.functions
            if ref.path == kept.ref.path
            for node in walk(ref.facts.body)
        )

    def _is_asked(self, kept: KeptEvent) -> bool:
        """Whether anybody looks into what the session is kept in."""
        name = last_name(kept.holder)
        mentions = fillings = 0
        for module in self.interpreter.names.modules.values():
            for node in walk(module.body, into_functions=True):
                mentions += isinstance(node, (facts.Name, facts.Attribute)) and last_name(node) == name
                fillings += _fills(node, name)
        return mentions > fillings

    # --- results of functions

    def returned(self) -> Iterator[CachedObject]:
        """What decorators keep that functions return."""
        keepers = Keepers(self.interpreter, self.homes)
        for ref in self.interpreter.names.functions:
            if ref.facts.decorators and self.roles.get(ref.path) == "application":
                for keeper in keepers.of(ref):
                    yield from self._returned(keeper)
        for path in sorted(self.interpreter.names.modules):
            if self.roles.get(path) == "application":
                for keeper in keepers.around(path):
                    yield from self._returned(keeper)

    def _returned(self, keeper: Keeper) -> Iterator[CachedObject]:
        held = decorators.results(self.interpreter, keeper)
        functions = [keeper.ref, *self._around(held.loaded_at if held is not None else None)]
        if held is None or self._is_shared(held) or any(map(_lets_go, functions)) or self._is_merged(keeper.ref):
            return
        if held.what == "session" and (self.interpreter.is_a(keeper.ref, python.CACHES) or keeper.keeps_coroutine):
            return  # it is told as a global session, or nobody can use it at all
        told = self._told(keeper.at, keeper.name, held, is_per_request=True)
        if keeper.keeps_coroutine and keeper.key is None:
            told = replace(told, holds="coroutine", confidence="high")
        elif keeper.key is not None and held.session != TORTOISE:
            told = replace(told, confidence="high" if keeper.key == "session" else "medium")
        function = keeper.ref.name
        yield replace(told, declared_at=keeper.made_at, function=function, key=keeper.key, size=keeper.size)

    def _is_merged(self, ref: FunctionRef) -> bool:
        """Whether those who call the function make its results objects of their own session."""
        return any(
            ref.facts.name in names_in(other.facts.body)
            and any(last_name(call.func) == "merge" for call in calls_in(other.facts.body))
            for other in self.interpreter.names.functions
        )

    # --- both

    def _told(self, at: Place, cache: str, held: Held, *, is_per_request: bool) -> CachedObject:
        read = next((each for each in held.lazy if self._is_read(each)), None)
        lazy = read or next(iter(held.lazy), None)
        table = self.interpreter.models.table(held.model) if held.model is not None else None
        names = [c.attribute for c in table.columns if not naming.is_password(c.attribute)] if table is not None else []
        return CachedObject(
            at,
            cache,
            held.what,
            held.model.name if held.model is not None else None,
            held.is_many,
            held.loaded_at if held.loaded_at is not None and not _covers(at, held.loaded_at) else None,
            lazy,
            self._schema_of(held.model) if held.model is not None else None,
            tuple(names[:_SHOWN_COLUMNS]),
            "tortoise" if held.session == TORTOISE else "sqlalchemy",
            _confidence(held, is_read=read is not None, is_per_request=is_per_request),
        )

    def _is_read(self, relationship: Relationship) -> bool:
        """Whether somebody reads a relationship, perhaps of an object of which nothing is known."""
        events = self.interpreter.events
        return (relationship.model, relationship.name) in events.reads or relationship.name in events.untyped_reads

    def _schema_of(self, model: ClassRef) -> str | None:
        """The schema that shows objects of the model: ``UserOut``."""
        schemas = self.interpreter.schemas
        for ending in caches.PUBLIC_SCHEMAS:
            for ref in self.interpreter.names.classes:
                if ref.name == f"{model.name}{ending}" and schemas.is_schema(ref) and schemas.reads_attributes(ref):
                    return ref.name
        return None

    def _around(self, place: Place | None) -> list[FunctionRef]:
        """The functions of the project whose bodies a place is in."""
        if place is None:
            return []
        if not self._functions:
            for ref in self.interpreter.names.functions:
                self._functions.setdefault(ref.path, []).append(ref)
        return [ref for ref in self._functions.get(place.filename, ()) if _is_inside(place, ref.facts)]


def _confidence(held: Held, *, is_read: bool, is_per_request: bool) -> Confidence:
    if held.session == TORTOISE:
        return "low"
    if held.what == "entity" and not is_read:
        return "medium" if is_per_request else "low"  # loaded at the start, perhaps for good
    return "high" if held.is_sure else "medium"


def _is_inside(place: Place, node: facts.With | facts.Function) -> bool:
    first, last = node.body[0].at, node.body[-1].at
    return first[:2] <= (place.line, place.column) and (place.end_line, place.end_column) <= last[2:]


def _covers(place: Place, other: Place) -> bool:
    is_same_file = place.filename == other.filename
    start, end = (other.line, other.column), (other.end_line, other.end_column)
    return is_same_file and (place.line, place.column) <= start and end <= (place.end_line, place.end_column)


def _lets_go(ref: FunctionRef) -> bool:
    """Whether a function takes objects out of their session on purpose, or makes them objects of another one."""
    names = {last_name(call.func) for call in calls_in(ref.facts.body)}
    return bool(names & caches.LETTING_GO) or "merge" in names


def _is_command(interpreter: Interpreter, ref: FunctionRef) -> bool:
    return any(dotted.startswith(caches.COMMANDS) for dotted in interpreter.decorations(ref))


def _serves_socket(ref: FunctionRef) -> bool:
    """Whether a function has a WebSocket: its session lives as long as the connection."""
    return any(p.annotation is not None and last_name(p.annotation) == "WebSocket" for p in ref.facts.parameters)


def _is_taken_out(kept: KeptEvent) -> bool:
    """Whether the function itself removes what it has put there, when it is done."""
    name = dotted_name(kept.holder)
    for node in walk(kept.ref.facts.body):
        match node:
            case facts.Delete(facts.Subscript(holder, key)):
                pass
            case facts.Call(facts.Attribute(holder, method), (first, *_)) if method in caches.REMOVING:
                key = first.value
            case _:
                continue
        is_later = node.at[:2] > (kept.stored_at.line, kept.stored_at.column)
        written = {dotted_name(key)} if dotted_name(key) is not None else set()
        own = {kept.variable, dotted_name(kept.key) if kept.key is not None else None} - {None}
        if dotted_name(holder) == name and is_later and written & own:
            return True
    return False


def _is_asked_for(kept: KeptEvent) -> bool:
    """Whether there was a key before there was the object: it is not one of those that are loaded at the start."""
    return kept.key is not None and not (dotted_name(kept.key) or "").startswith(f"{kept.variable}.")


def _fills(node: object, name: str | None) -> int:
    """How often a statement names a collection only to make it, or to put something in."""
    match node:
        case facts.Assign(targets):
            return sum(last_name(target) == name for target in targets)
        case facts.AnnotatedAssign(target):
            return last_name(target) == name
        case facts.Call(facts.Attribute(holder, method)) if method in caches.ADDING:
            return last_name(holder) == name
    return 0


def _takes_out(node: object, name: str | None) -> bool:
    match node:
        case facts.Delete(facts.Subscript(holder)):
            return last_name(holder) == name
        case facts.Call(facts.Attribute(holder, "pop")):
            return last_name(holder) == name
    return False
