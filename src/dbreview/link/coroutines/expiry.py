"""Objects of asynchronous sessions whose attributes are not there: expired by a commit, by a rollback, or never loaded.

Sources: SQLAlchemy 2.0 documentation, "Preventing Implicit IO when Using AsyncSession", and error xd2s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dbreview.finding import Confidence, Place
from dbreview.frameworks import sqlalchemy
from dbreview.link import loading
from dbreview.link.events import Effect, MissingEvent
from dbreview.link.joining import join_all, options
from dbreview.link.names import ClassRef
from dbreview.link.transactions import writing
from dbreview.link.values import Either, Entity, Instance, Items, Session, Statement, Value
from dbreview.project import ForbiddenLoad, Relationship, Role

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter, Outcome


def note_called(frame: Frame, outcome: Outcome, at: Place) -> None:
    """What a called function does to the objects that variables hold: that which it does on each of its paths."""
    ends = [
        {(step.kind, step.session) for step in path if step.kind in _ENDING and not step.opens}
        for path in outcome.paths
    ]
    sure = set.intersection(*ends) if ends else set()
    flushed = {("flush", effect.on) for effect in outcome.effects if effect.kind in ("flush", "commit")}
    is_refreshed = any(effect.kind == "refresh" for effect in outcome.effects)
    _note_ended(frame, {*sure, *flushed}, at, is_refreshed=is_refreshed)


def note_ended(frame: Frame, effect: Effect, at: Place) -> None:
    """What a commit, rollback or flush does to the objects that variables hold."""
    _note_ended(frame, {(effect.kind, effect.on)}, at, is_refreshed=False)


_ENDING = frozenset({"commit", "rollback"})


def _note_ended(frame: Frame, kinds: set[tuple[str, Place | None]], at: Place, *, is_refreshed: bool) -> None:
    for kind in ("flush", "commit", "rollback"):
        for on in (on for each, on in kinds if each == kind):
            if kind != "rollback" or not _is_over(frame, on):
                _mark(frame, partial(_after, kind=kind, on=on, at=at, is_refreshed=is_refreshed))


def _is_over(frame: Frame, on: Place | None) -> bool:
    """Whether a commit has ended the transaction, so that there is nothing to roll back."""
    steps = ([step.kind for step in path if step.session == on and step.kind != "rollback"] for path in frame.paths)
    return all(kinds[-1:] == ["commit"] for kinds in steps)


def note_committed(frame: Frame, on: Place | None, at: Place) -> None:
    """A block ends that commits: ``async with session.begin():``."""
    _mark(frame, partial(_after, kind="commit", on=on, at=at, is_refreshed=False))


def _after(entity: Entity, *, kind: str, on: Place | None, at: Place, is_refreshed: bool) -> Entity:
    """The object after its session committed, flushed or rolled back."""
    session = writing.session_of(entity)
    if session is None or session.kind != "async" or session.is_scoped or on is None or session.identity != on:
        return entity
    if kind == "rollback":
        return replace(entity, expired_by="rollback", expired_at=at) if entity.fetch is not None else entity
    is_expired = kind == "commit" and session.expires is True and not is_refreshed
    if is_expired and entity.expired_by is None:
        return replace(entity, is_stored=True, expired_by="commit", expired_at=at)
    return replace(entity, is_stored=True)


def note_loaded(frame: Frame, model: ClassRef, statement: Statement) -> None:
    """A statement gives rows of a class: what had expired of its objects is filled again, perhaps."""
    names = frozenset(load.path[0] for load in statement.loads if load.path)
    _mark(frame, lambda e: replace(_fresh(e), known=e.known | names) if e.model is model else e)


def _fresh(entity: Entity) -> Entity:
    return replace(entity, expired_by=None, expired_at=None)


def refreshed(entity: Entity) -> Entity:
    """The object after ``refresh``: its columns are there, its relationships are not."""
    return replace(_fresh(entity), is_stored=True, known=frozenset())


def _mark(frame: Frame, change: Callable[[Entity], Entity]) -> None:
    for name, value in frame.env.items():
        frame.env[name] = changed(value, change)


def changed(value: Value, change: Callable[[Entity], Entity]) -> Value:
    """The value with the objects in it changed; the very same where nothing is."""
    match value:
        case Entity():
            found = change(value)
            return value if found == value else found
        case Items(element=Entity() as element):
            found = change(element)
            return value if found == element else replace(value, element=found)
        case Either(parts):
            each = tuple(changed(part, change) for part in parts)
            return value if each == parts else join_all(each)
    return value


# --- reading what is not there ------------------------------------------------------------


def note_read(frame: Frame, entity: Entity, name: str, at: Place, asked_by: str | None = None) -> None:
    """An attribute of an object is read, not awaited: if it has expired, that raises."""
    if entity.expired_by is None or not frame.interpreter.models.has_attribute(entity.model, name):
        return
    relationship = frame.interpreter.models.relationship(entity.model, name)
    _tell(frame, MissingEvent(at, entity, name, entity.expired_by, relationship, asked_by), entity.expired_at)


def note_lazy(frame: Frame, entity: Entity, relationship: Relationship, at: Place) -> None:
    """A relationship of one row is read, not awaited, that its query did not load."""
    fetch = entity.fetch
    is_shared = relationship.is_collection is not True and _may_hold(frame, relationship)
    if fetch is not None and fetch.session.kind == "async" and entity.expired_by is None and not is_shared:
        _tell(frame, MissingEvent(at, entity, relationship.name, "lazy", relationship, None), fetch.at)


def _may_hold(frame: Frame, relationship: Relationship) -> bool:
    """Whether the session may hold what a many-to-one leads to: something of its class is at hand."""
    target = frame.interpreter.models.target(relationship)
    for value in frame.env.values():
        for each in options(value):
            inner = each.element if isinstance(each, Items) else each
            if isinstance(inner, Entity) and inner.model is target:
                return True
    return False


def _is_open(frame: Frame, session: Session | None) -> bool:
    """Whether the session is still open. What a closed one gave is detached, which is another error."""
    identity = session.identity if session is not None else None
    if identity is None:
        return True
    interpreter = frame.interpreter
    if any(identity in each.closed for each in interpreter.frames):
        return False
    opener = interpreter.openers.get(identity)
    if opener is not None and opener.facts.has_yield:
        return True  # a dependency, which closes it after the request
    held = (value for each in interpreter.frames for value in each.env.values())
    inner = (v for each in held for v in ((f for _, f in each.fields) if isinstance(each, Instance) else (each,)))
    return any(isinstance(each, Session) and each.identity == identity for each in inner)


def note_never_loaded(
    frame: Frame, entity: Entity, relationship: Relationship, at: Place, asked_by: str | None = None
) -> None:
    """A collection of a new object that is stored by now: nobody has loaded it."""
    session = entity.added_to
    is_async = session is not None and session.kind == "async"
    is_unknown = relationship.name in entity.known or "*" in entity.known
    if is_async and entity.is_stored and relationship.is_collection and not is_unknown and entity.expired_by is None:
        if relationship.lazy in sqlalchemy.LAZY_STRATEGIES:
            _tell(frame, MissingEvent(at, entity, relationship.name, "lazy", relationship, asked_by), None)


def _tell(frame: Frame, event: MissingEvent, since: Place | None) -> None:
    interpreter = frame.interpreter
    if event.asked_by is None and not _is_open(frame, writing.session_of(event.entity)):
        return
    event = replace(event, since=since, is_request=interpreter.is_request, route=interpreter.route)
    key = (event.since or event.at, event.entity.model)
    known = interpreter.events.missing.get(key)
    if known is None or (event.is_request and not known.is_request):
        interpreter.events.missing[key] = event


def note_answer(frame: Frame, value: Value, asked_by: str | None, at: Place) -> None:
    """FastAPI reads what a route returns: all columns of an object that has expired are missing."""
    for each in options(value):
        inner = each.element if isinstance(each, Items) else each
        if isinstance(inner, Entity) and inner.expired_by is not None:
            table = frame.interpreter.models.table(inner.model)
            name = next((c.attribute for c in table.columns if not c.is_primary_key), None) if table else None
            if name is not None:
                note_read(frame, inner, name, inner.expired_at or at, asked_by)


def forbidden_loads(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[ForbiddenLoad]:
    """The attributes that only an awaited access could load, each once."""
    told: set[Place] = set()
    silent = interpreter.events.filled | interpreter.events.refreshed
    for event in sorted(interpreter.events.missing.values(), key=lambda e: (e.at, e.name)):
        fetch = event.entity.fetch
        is_filled = fetch is not None and (fetch.at, event.entity.path, event.name) in silent
        if event.at in told or roles.get(event.at.filename) != "application" or (is_filled and event.why == "lazy"):
            continue
        told.add(event.at)
        option = ""
        if event.relationship is not None:
            option = loading.option_for(interpreter, event.entity, event.relationship)
        confidence: Confidence = "high" if event.is_request else "medium"
        if event.why == "lazy" and event.relationship is not None and not event.relationship.is_collection:
            confidence = "medium"
        yield ForbiddenLoad(
            event.at,
            event.entity.model.name,
            event.name,
            event.why,
            event.since,
            event.relationship,
            option,
            event.asked_by,
            event.route,
            confidence,
        )
