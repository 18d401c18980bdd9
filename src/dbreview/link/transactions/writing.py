"""Assignments to objects that a session keeps: changes of rows, and those that lose what others wrote meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Confidence, Place
from dbreview.frameworks import naming, sqlalchemy
from dbreview.link import bounds, effects
from dbreview.link.events import Effect, UpdateEvent
from dbreview.link.joining import options
from dbreview.link.names import ClassRef
from dbreview.link.querysets import objects
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import TORTOISE, Aggregate, Const, Entity, Session, Statement, Value
from dbreview.project import LostUpdate, Role

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

_COMPUTING = frozenset({"+", "-", "*", "/", "//"})


def note_assignment(frame: Frame, target: Expression, value: Expression, operator: str | None = None) -> None:
    """``row.attribute = value`` (or ``+=``): the row is changed, and perhaps by what it held before."""
    if not isinstance(target, facts.Attribute) or frame.ref is None:
        return
    for owner in options(frame.evaluate(target.value)):
        if not isinstance(owner, Entity) or not frame.interpreter.models.has_attribute(owner.model, target.attr):
            continue
        session = session_of(owner)
        if session is None:
            continue
        what = f"{dotted_name(target) or target.attr} = ..."
        at = frame.place(target.at)
        if session == TORTOISE:  # which writes what is saved, and nothing else
            if objects.is_saved(frame) and _is_computed_from(frame, target, value, operator):
                _note_locked(frame, owner, target, operator, at)
            continue
        change = Effect("change", session.kind, at, what, model=owner.model, on=session.identity)
        effects.note(frame, change, at, facts.Call(target, (), target.at))
        if _is_computed_from(frame, target, value, operator):
            _note_locked(frame, owner, target, operator, at)


def _note_locked(frame: Frame, owner: Entity, target: facts.Attribute | str, operator: str | None, at: Place) -> None:
    if not _is_locked(frame, owner):
        _note_update(frame, owner, target, operator, at)


def note_values(frame: Frame, statement: Statement, node: facts.Call) -> None:
    """``update(Post).values(views=post.views + 1)``: the statement brings what the row held before, plus one.

    One that compares the old value again (``where(Post.views == post.views)``) changes nothing if it was overtaken.
    """
    compared = {condition.attribute.name for condition in statement.conditions}
    for argument in node.arguments if statement.kind == "update" else ():
        for path, is_computed in _read_in(frame, argument.value).items():
            holder, _, name = path.rpartition(".")
            owner = frame.env.get(holder)
            is_same = isinstance(owner, Entity) and owner.model is statement.model and name == argument.keyword
            if isinstance(owner, Entity) and is_same and is_computed and name not in compared:
                if not _is_locked(frame, owner):
                    _note_update(frame, owner, name, None, frame.place(argument.value.at))


def session_of(entity: Entity) -> Session | None:
    """The session that keeps an object and will write what is changed of it."""
    return entity.fetch.session if entity.fetch is not None else entity.added_to


# --- lost updates -------------------------------------------------------------------------


def note_source(frame: Frame, name: str, value: Expression) -> None:
    """``balance = account.balance - amount``: from here on the variable has the attribute's value in it."""
    found = _read_in(frame, value)
    if found:
        frame.read_from[name] = found
    else:
        frame.read_from.pop(name, None)


def _read_in(frame: Frame, value: Expression) -> dict[str, bool]:
    """The attributes that an expression reads, as they are written, and whether it computes something of them."""
    found: dict[str, bool] = {}
    for path, is_sum in _paths_in(value):
        if "." in path:
            found[path] = found.get(path, False) or is_sum
        for read, is_computed in frame.read_from.get(path, {}).items():
            found[read] = found.get(read, False) or is_computed or is_sum
    return found


@lru_cache(maxsize=50_000)
def _paths_in(value: Expression) -> tuple[tuple[str, bool], ...]:
    """The names and attributes in an expression, and whether something is computed of them."""
    found: dict[tuple[str, bool], None] = {}
    for node in walk(value):
        is_sum = isinstance(node, facts.BinaryOperation) and node.operator in _COMPUTING
        for inner in walk(node) if is_sum else (node,):
            path = dotted_name(inner) if isinstance(inner, facts.Attribute | facts.Name) else None
            if path is not None:
                found.setdefault((path, is_sum))
    return tuple(found)


def _is_computed_from(frame: Frame, target: facts.Attribute, value: Expression, operator: str | None) -> bool:
    """Whether a sum or difference has the attribute's own value in it, directly or by way of a variable."""
    if operator is not None:
        return operator in _COMPUTING
    path = dotted_name(target)
    return path is not None and _read_in(frame, value).get(path, False)


def _is_locked(frame: Frame, owner: Entity) -> bool:
    """Whether nobody else can change the row between reading and writing it, or the write would fail."""
    if owner.is_locked or owner.fetch is None or frame.interpreter.models.has_version(owner.model):
        return True
    statement = owner.fetch.statement
    return (statement is not None and statement.is_locking) or has_lock(frame)


def has_lock(frame: Frame) -> bool:
    """Whether something holds a lock here: a ``with`` block around, or a statement that takes one before."""
    done = (effect for each in (frame, *frame.interpreter.frames) for effect in each.effects.values())
    statements = (effect.statement for effect in done if effect.statement is not None)
    return frame.interpreter.locks > 0 or any(s.is_locking or _takes_lock(s.selected) for s in statements)


def _takes_lock(selected: tuple[Value, ...]) -> bool:
    """``SELECT pg_advisory_xact_lock(...)``, ``LOCK TABLE ...``, ``... FOR UPDATE`` as text, or by ``func``."""
    for value in selected:
        text = str(value.value) if isinstance(value, Const) else value.name if isinstance(value, Aggregate) else ""
        if sqlalchemy.TAKES_LOCK.search(text):
            return True
    return False


def is_lock(context: Expression) -> bool:
    """Whether a ``with`` block is a lock's, by its name: ``async with redis.lock(key):``."""
    names = (last_name(node) for node in walk(context) if isinstance(node, facts.Name | facts.Attribute))
    return any(name is not None and naming.is_lock(name) for name in names)


def _note_update(frame: Frame, owner: Entity, target: facts.Attribute | str, operator: str | None, at: Place) -> None:
    interpreter = frame.interpreter
    name, written = (target, None) if isinstance(target, str) else (target.attr, dotted_name(target))
    event = UpdateEvent(at, owner, name, written, operator, interpreter.is_request, interpreter.route)
    known = interpreter.events.updates.get(at)
    if known is None or (event.is_request and not known.is_request):
        interpreter.events.updates[at] = event


def lost_updates(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[LostUpdate]:
    """Columns of numbers that are computed in Python from what was read before, without a lock."""
    if interpreter.events.is_serializable:
        return
    for at, event in sorted(interpreter.events.updates.items(), key=lambda item: item[0]):
        is_numeric = _is_numeric(interpreter, event.entity.model, event.attribute)
        if roles.get(at.filename) != "application" or is_numeric is False or not event.is_request:
            continue
        fetch = event.entity.fetch
        assert fetch is not None
        confidence: Confidence = "low" if is_numeric is None else "high"
        yield LostUpdate(
            at,
            event.entity.model.name,
            event.attribute,
            event.target,
            event.operator,
            bounds.query_of(fetch.statement, fetch.at) if fetch.statement is not None else None,
            event.route,
            is_numeric,
            confidence,
        )


def _is_numeric(interpreter: Interpreter, ref: ClassRef, name: str) -> bool | None:
    """Whether a column holds a number, None where its type is not known."""
    table = interpreter.models.table(ref)
    column = next((c for c in table.columns if c.attribute == name), None) if table is not None else None
    if column is None or column.type is None or not column.type.is_standard:
        return None
    return column.type.name in sqlalchemy.NUMBERS and not naming.is_position(name)
