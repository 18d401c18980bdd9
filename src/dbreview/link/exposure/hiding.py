"""What code takes out of objects and dicts before they are sent: ``del user.password``, ``data.pop("password")``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import sensitive
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import (
    Const,
    Dump,
    Either,
    Entity,
    Entries,
    Items,
    Record,
    Secret,
    Value,
    Wrapped,
)

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame

_EVERYTHING = "*"


def hide(frame: Frame, value: Value, key: Value) -> None:
    """Something is taken out of an object or a dict, or overwritten: ``data.pop("password")``. Unknown keys are any."""
    name = str(key.value) if isinstance(key, Const) else _EVERYTHING
    for entity in _entities_in(value):
        at = entity.fetch.at if entity.fetch is not None else None
        frame.interpreter.events.hidden.add((at, entity.model, name, frame.ref))


def note_updated(frame: Frame, value: Value, arguments: Arguments) -> None:
    """``data.update(password=None)``."""
    given = arguments.positional[0] if arguments.positional else None
    names = [name for name, _ in arguments.keywords]
    names += [name for name, _ in given.items] if isinstance(given, Entries) else []
    for name in names:
        hide(frame, value, Const(name))


def note_assignment(frame: Frame, target: Expression, value: Expression) -> None:
    """``user.password = None``, ``data["password"] = "***"``: what is left tells nothing."""
    match target:
        case facts.Attribute(owner, name) if sensitive.may_be_secret(name) and dotted_name(owner) is not None:
            if _tells_nothing(value):
                hide(frame, frame.evaluate(owner), Const(name))
        case facts.Subscript(owner, index) if dotted_name(owner) is not None:
            holder, key = frame.evaluate(owner), frame.evaluate(index)
            if not isinstance(holder, Entries) and isinstance(key, Const):
                hide(frame, holder, key)
            elif not isinstance(key, Const) and _tells_nothing(value):
                hide(frame, holder, None)


def note_deleted(frame: Frame, target: Expression) -> None:
    """``del user.password``, ``del data["password"]``."""
    match target:
        case facts.Attribute(owner, name):
            hide(frame, frame.evaluate(owner), Const(name))
        case facts.Subscript(owner, index):
            hide(frame, frame.evaluate(owner), frame.evaluate(index))


def _tells_nothing(value: Expression) -> bool:
    """Whether a value is a constant, or made by something that masks."""
    if isinstance(value, facts.Constant):
        return True
    texts = (node.value for node in walk(value) if isinstance(node, facts.Constant) and isinstance(node.value, str))
    is_starred = any(sensitive.STARS in text for text in texts)
    return is_starred or sensitive.MASKING.search(last_name(value) or "") is not None


def _entities_in(value: Value, depth: int = 0) -> Iterator[Entity]:
    if depth > 6:
        return
    match value:
        case Entity():
            yield value
        case Dump(entity) | Secret(entity):
            yield entity
        case Items(element):
            yield from _entities_in(element, depth + 1)
        case Entries(items, others):
            for inner in (*(each for _, each in items), *others):
                yield from _entities_in(inner, depth + 1)
        case Wrapped(values) | Either(values) | Record(values):
            for inner in values:
                yield from _entities_in(inner, depth + 1)


def is_hidden(frame: Frame, entity: Entity, name: str, answering: FunctionRef, others: frozenset[FunctionRef]) -> bool:
    """Whether code takes a column out of the object that ``answering`` answers with. What ``others`` do is theirs."""
    at = entity.fetch.at if entity.fetch is not None else None
    return any(
        model is entity.model and hidden in (name, _EVERYTHING) and (since == at or _is_let_go(since, ref, at))
        for since, model, hidden, ref in frame.interpreter.events.hidden
        if ref is answering or ref not in others
    )


def _is_let_go(since: Place | None, function: FunctionRef | None, at: Place | None) -> bool:
    """Whether a function that changes an object without a session may have fetched it itself, and let it go."""
    if since is not None or function is None or at is None or function.path != at.filename:
        return False
    return function.facts.at[0] <= at.line <= function.facts.body[-1].at[2]
