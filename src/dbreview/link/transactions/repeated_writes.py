"""Writes, commits and flushes that a loop repeats: of each loop and kind of mistake the surest one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from dbreview.finding import SURENESS, Confidence, Place
from dbreview.link.events import Effect, RepeatEvent
from dbreview.link.interpret import Interpreter
from dbreview.link.names import ClassRef
from dbreview.link.values import TORTOISE, Statement
from dbreview.project import RepeatedWrite, Role

WriteKind: TypeAlias = Literal[
    "commit", "flush", "refresh", "merge", "insert", "update", "delete", "delete object", "add"
]
_FAMILIES = {"commit": "ends", "flush": "ends", "refresh": "ends", "add": "additions"}
_WEIGHT = {"commit": 0, "flush": 1, "refresh": 2}


def repeated_writes(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[RepeatedWrite]:
    """What loops do to the database once per pass besides reading."""
    loops: dict[tuple[Place, str], list[tuple[RepeatEvent, WriteKind]]] = {}
    for event in interpreter.events.writes.values():
        kind = _kind(event.effect)
        if kind is not None and roles.get(event.at.filename) == "application" and not _is_apart(event):
            loops.setdefault((event.loop.at, _FAMILIES.get(kind, "rows")), []).append((event, kind))
    ended = interpreter.events.ended
    for (loop, family), events in sorted(loops.items(), key=lambda item: item[0]):
        if family == "additions" and loop in ended:
            continue  # what ends a transaction per pass says more
        graded = [(event, kind, _grade(interpreter, event, kind)) for event, kind in events]
        first, *others = sorted(graded, key=lambda e: (SURENESS[e[2]], _WEIGHT.get(e[1], 0), e[0].at))
        yield _told(interpreter, *first, tuple(sorted(event.at for event, _, _ in others)))


def _told(
    interpreter: Interpreter, event: RepeatEvent, kind: WriteKind, confidence: Confidence, others: tuple[Place, ...]
) -> RepeatedWrite:
    effect = event.effect
    statement = effect.statement
    sql = statement.sql if statement is not None else None
    model = _model(effect)
    return RepeatedWrite(
        event.at,
        event.loop.at,
        effect.calls[1:],
        effect.at,
        kind,
        effect.what,
        model.name if model is not None else sql.table if sql is not None else None,
        sql is not None,
        effect.session == "async",
        _query_between(interpreter, event) if kind == "add" else None,
        others,
        confidence,
        _key(statement),
        "tortoise" if effect.on == TORTOISE.identity else "sqlalchemy",
    )


def _key(statement: Statement | None) -> str | None:
    """The one column by which a statement finds the rows of a pass."""
    given = [c for c in statement.conditions if c.operator == "=="] if statement is not None else []
    names = {f"{condition.attribute.model.name}.{condition.attribute.name}" for condition in given}
    return names.pop() if len(names) == 1 else None


def _written(interpreter: Interpreter) -> frozenset[Place]:
    """The loops that run a statement which writes, once per pass."""
    return frozenset(e.loop.at for e in interpreter.events.writes.values() if e.effect.kind == "write")


def _query_between(interpreter: Interpreter, event: RepeatEvent) -> Place | None:
    """A query in the same pass of the same session, which flushes what was added before it."""
    events = interpreter.events
    found = (at for at, on in sorted(events.queried.get(event.loop.at, {}).items()) if on == event.effect.on)
    return None if events.may_flush_by_hand else next(found, None)


def _model(effect: Effect) -> ClassRef | None:
    return effect.model or (effect.statement.model if effect.statement is not None else None)


def _kind(effect: Effect) -> WriteKind | None:
    match effect.kind:
        case "commit" | "flush" | "refresh" | "merge" | "add":
            return effect.kind
        case "delete":
            return "delete object"
        case "write":
            return _kind_of_statement(effect)
    return None


def _kind_of_statement(effect: Effect) -> WriteKind | None:
    statement = effect.statement
    if statement is None:
        return None
    if statement.sql is not None:
        return statement.sql.kind if statement.sql.kind != "select" else None
    if effect.what.startswith("query."):  # the legacy Query
        return "update" if effect.what.endswith("update") else "delete"
    match statement.kind:
        case "insert" | "update" | "delete":
            return statement.kind
    return None


def _is_apart(event: RepeatEvent) -> bool:
    """Whether each pass is a unit of work of its own, which may fail alone."""
    if event.effect.is_alone:
        return event.effect.is_guarded
    return event.effect.is_guarded or event.effect.is_own or event.effect.is_shielded


def _grade(interpreter: Interpreter, event: RepeatEvent, kind: WriteKind) -> Confidence:
    """How sure it is that one statement, or one commit, would do."""
    effect = event.effect
    if (
        event.loop.is_fed
        or kind == "merge"
        or (kind in ("insert", "update", "delete", "delete object") and not event.depends_on_loop)
    ):
        return "low"
    if effect.is_tolerated or effect.is_checked:
        return "low"  # each pass may fail alone
    if kind in ("flush", "refresh") and event.loop.at in _written(interpreter):
        return "low"  # by a statement, of which the objects know nothing
    is_committed = effect.is_isolated or event.loop.at in interpreter.events.committing
    is_committed = is_committed and not effect.is_alone
    if kind not in ("commit", "flush", "refresh", "add") and is_committed:
        return "low"  # told as a commit
    if kind == "delete object" and _has_dependants(interpreter, effect.model):
        return "low"
    if event.is_request:
        return event.loop.confidence
    return "medium" if event.loop.confidence == "high" else "low"


def _has_dependants(interpreter: Interpreter, model: ClassRef | None) -> bool:
    """Whether deleting an object may do more than delete its row: cascades to what belongs to it."""
    if model is None:
        return True
    return any(each.is_collection is not False for each in interpreter.models.relationships(model).values())
