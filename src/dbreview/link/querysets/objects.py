"""What objects of Tortoise models do: save, delete, load their relations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.frameworks import tortoise
from dbreview.link import iterating, loading
from dbreview.link.arguments import Arguments
from dbreview.link.coroutines import expiry
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.querysets import building, relations, running
from dbreview.link.syntax import calls_in, dotted_name, last_name
from dbreview.link.transactions import writing
from dbreview.link.values import (
    TORTOISE,
    ClassValue,
    Coroutine,
    Entity,
    Items,
    Statement,
    Use,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Outcome


def is_method(frame: Frame, receiver: Value, name: str) -> bool:
    """Whether this is a coroutine that the library gives each object: ``user.save``."""
    if not isinstance(receiver, Entity) or name not in tortoise.OF_OBJECTS:
        return False
    own = frame.interpreter.classes.member(receiver.model, name)
    return frame.interpreter.models.is_tortoise(receiver.model) and not isinstance(own, FunctionRef)


def call(frame: Frame, entity: Entity, name: str, arguments: Arguments, node: facts.Call) -> Value:
    """``user.save()``: done where it is called, which is where it is awaited."""
    what = dotted_name(node.func) or name
    if name == "update_from_dict":
        note_updated(frame, node)
        return entity
    match name:
        case "save":
            _save(frame, entity, what, node)
        case "delete":
            frame.interpreter.events.deleted.add(entity.model)
            running.write(frame, _statement(frame, "delete", entity.model, node), what, node)
        case "fetch_related":
            _fetch_related(frame, entity, arguments, what, node)
        case "refresh_from_db":
            statement = replace(_statement(frame, "select", entity.model, node), is_single=True)
            running.read(frame, statement, what, node)
    return Coroutine(None, Use(what, frame.place(node.at), None, frozenset(), False, None))


def fetch_for_list(frame: Frame, ref: ClassRef, arguments: Arguments, node: facts.Call) -> Coroutine:
    """``await Post.fetch_for_list(posts, "comments")`` loads relations of many objects at once."""
    what = dotted_name(node.func) or "fetch_for_list"
    running.read(frame, replace(_statement(frame, "select", ref, node), asks_for_many=True), what, node)
    if node.arguments:
        mark_loaded(frame, node.arguments[0].value, arguments.positional[1:])
    return Coroutine(None, Use(what, frame.place(node.at), None, frozenset(), False, None))


def _save(frame: Frame, entity: Entity, what: str, node: facts.Call) -> None:
    is_stored = entity.is_stored or entity.added_to != TORTOISE
    events = frame.interpreter.events
    (events.changed if is_stored else events.created).add(entity.model)
    running.write(frame, _statement(frame, "update" if is_stored else "insert", entity.model, node), what, node)
    target = dotted_name(node.func.value) if isinstance(node.func, facts.Attribute) else None
    if target in frame.env and entity.fetch is None:
        frame.env[target] = expiry.changed(
            frame.env[target], lambda each: replace(each, added_to=TORTOISE, is_stored=True)
        )


def _fetch_related(frame: Frame, entity: Entity, arguments: Arguments, what: str, node: facts.Call) -> None:
    models = frame.interpreter.models
    names = [(name or "").partition("__")[0] for name in map(building.relation_of, arguments.positional)]
    found = [each for each in (models.relationship(entity.model, name) for name in names if name) if each is not None]
    missing = [each for each in found if relations.state_of(entity, each) in ("lazy", "unknown")]
    is_repeated = loading.is_one_of_many(frame, entity) and not iterating.leaves_loop(frame, entity)
    if missing and is_repeated:
        written = [building.relation_of(value) for value in arguments.positional]
        option = "prefetch_related({})".format(", ".join(f'"{name}"' for name in written if name))
        loading.tell(frame, entity, missing[0], frame.place(node.at), is_awaited=True, option=option)
    else:
        running.read(frame, replace(_statement(frame, "select", entity.model, node), is_opaque=True), what, node)
    if isinstance(node.func, facts.Attribute):
        mark_loaded(frame, node.func.value, arguments.positional)


def note_called(frame: Frame, outcome: Outcome) -> None:
    """A function that was called has loaded relations of objects which variables here may hold."""
    for effect in outcome.effects:
        if effect.on == TORTOISE.identity and effect.what.endswith("fetch_related"):
            model = effect.statement.model if effect.statement is not None else None
            for name, value in frame.env.items():
                frame.env[name] = expiry.changed(value, partial(_known, model=model))


def _known(entity: Entity, *, model: ClassRef | None) -> Entity:
    return replace(entity, known=entity.known | {"*"}) if entity.model is model else entity


def note_updated(frame: Frame, node: facts.Call) -> None:
    """``post.update_from_dict({"views": post.views + 1})`` assigns what the dict says."""
    given = node.arguments[0].value if node.arguments else None
    if isinstance(given, facts.DictDisplay) and isinstance(node.func, facts.Attribute):
        for item in given.items:
            if isinstance(item.key, facts.Constant) and isinstance(item.key.value, str):
                at = item.key.at
                writing.note_assignment(frame, facts.Attribute(node.func.value, item.key.value, at, at), item.value)


def mark_loaded(frame: Frame, holder: facts.Expression, names: tuple[Value, ...]) -> None:
    path = dotted_name(holder)
    way: list[str] = []
    while path:
        if path in frame.env:
            one, change = frame.env[path], partial(relations.loaded, names=names, way=tuple(way))
            frame.env[path] = expiry.changed(one, change)
            _mark_all(frame, one, change)
            return
        path, _, step = path.rpartition(".")
        way.insert(0, step)


def _mark_all(frame: Frame, one: Value, change: Callable[[Entity], Entity]) -> None:
    """A loop loads relations of each of its rows: those of the list that it runs over have them behind it."""
    if not isinstance(one, Entity) or one.loop is None or one.fetch is None:
        return
    for name, value in frame.env.items():
        if isinstance(value, Items) and isinstance(value.element, Entity) and value.element.fetch == one.fetch:
            frame.env[name] = expiry.changed(value, change)


def _statement(
    frame: Frame, kind: Literal["select", "insert", "update", "delete"], ref: ClassRef, node: facts.Call
) -> Statement:
    return Statement(kind, (ClassValue(ref),), frame.place(node.at), TORTOISE)


def is_saved(frame: Frame) -> bool:
    """Whether the body that is being read writes back what it changes of objects."""
    body = frame.ref.facts.body if frame.ref is not None else ()
    return any(last_name(call.func) in _SAVING for call in calls_in(body))


_SAVING = frozenset({"save", "bulk_update"})
