"""Reading an attribute of an object: does it send a statement, or was the value loaded with it?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import python, sqlalchemy
from dbreview.link import bounds, calling, iterating, strategies
from dbreview.link.coroutines import expiry
from dbreview.link.events import LoadEvent
from dbreview.link.exposure import dumping
from dbreview.link.joining import options
from dbreview.link.names import ClassRef, Definition, FunctionRef, Variable
from dbreview.link.querysets import relations
from dbreview.link.strategies import State
from dbreview.link.values import (
    Attribute,
    ClassValue,
    Condition,
    Const,
    Entity,
    Fetch,
    FunctionValue,
    Items,
    KeyOf,
    Session,
    Statement,
    Value,
)
from dbreview.project import Relationship

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter


def attribute(frame: Frame, entity: Entity, name: str, node: facts.Attribute) -> Value:
    """What ``entity.name`` is; a lazy load in a loop is told to the events."""
    if name == "awaitable_attrs":
        return expiry.refreshed(entity)
    if not _is_awaited(node):
        expiry.note_read(frame, entity, name, frame.place(node.at))
    relationship = frame.interpreter.models.relationship(entity.model, name)
    if relationship is not None and relationship.orm == "tortoise":
        return relations.related(frame, entity, relationship, node)
    if relationship is not None:
        return _related(frame, entity, relationship, node)
    if entity.fetch is not None and (held := _held_by(frame, entity, name)) is not None:
        return KeyOf(held)
    if name == "__class__":
        return ClassValue(entity.model)
    member = frame.interpreter.classes.member(entity.model, name)
    if (way := proxied(frame, member)) is not None:
        return _through_proxy(frame, entity, way, node)
    if name in sqlalchemy.CHANGING_METHODS and member is None:
        note_changed(frame, entity)
    if member is None and (dumped := dumping.attribute(frame, entity, name, node)) is not None:
        return dumped
    if not isinstance(member, FunctionRef):
        return None
    decorations = frame.interpreter.decorations(member)
    if "builtins.staticmethod" in decorations:
        return FunctionValue(member)
    if "builtins.classmethod" in decorations:
        return FunctionValue(member, ClassValue(entity.model))
    bound = FunctionValue(member, entity)
    if frame.interpreter.is_a(member, python.PROPERTIES):
        return calling.invoke(frame, bound, None, facts.Call(node, (), node.at))
    return bound


def proxied(frame: Frame, member: Definition | None) -> tuple[str, ...] | None:
    """The attributes that ``association_proxy("keywords", "name")`` stands for."""
    call = member.value if isinstance(member, Variable) else None
    if not isinstance(member, Variable) or not isinstance(call, facts.Call):
        return None
    if frame.interpreter.module_frame(member.path).symbol_of(call) not in sqlalchemy.PROXIES:
        return None
    names = [argument.value for argument in call.arguments]
    texts = tuple(name.value for name in names if isinstance(name, facts.Constant) and isinstance(name.value, str))
    return texts or None


def _through_proxy(frame: Frame, entity: Entity, way: tuple[str, ...], node: facts.Attribute) -> Value:
    """What reading a proxy gives: it reads the relationship behind it, and an attribute of each object there."""
    relationship = frame.interpreter.models.relationship(entity.model, way[0])
    found = _related(frame, entity, relationship, node) if relationship is not None else None
    if isinstance(found, Entity) and len(way) > 1:
        return attribute(frame, found, way[1], node)
    return Items(None) if isinstance(found, Items) else None


def _related(frame: Frame, entity: Entity, relationship: Relationship, node: facts.Attribute) -> Value:
    name = relationship.name
    frame.interpreter.events.reads.add((relationship.model, name))
    target = frame.interpreter.models.target(relationship)
    if relationship.lazy in ("dynamic", "write_only"):
        return _query_over(frame, entity, relationship, target, node)
    state = strategies.state_of(frame, entity, relationship)
    if entity.fetch is not None and _is_awaited(node):
        frame.interpreter.events.refreshed.add((entity.fetch.at, entity.path, name))
    if state == "lazy" and is_one_of_many(frame, entity) and not iterating.leaves_loop(frame, entity):
        tell(frame, entity, relationship, frame.place(node.at), is_awaited=_is_awaited(node))
    elif state == "lazy" and entity.loop is None and not _is_awaited(node):
        expiry.note_lazy(frame, entity, relationship, frame.place(node.at))
    elif entity.fetch is None and not _is_awaited(node):
        expiry.note_never_loaded(frame, entity, relationship, frame.place(node.at))
    return value_of(frame, entity, relationship, state, frame.place(node.at))


def is_one_of_many(frame: Frame, entity: Entity) -> bool:
    """Whether a loop reads the attribute of many rows of one statement, not of one row that each pass fetches."""
    is_of_one = (
        entity.fetch is not None and not entity.path and bounds.is_single(entity.fetch, frame.interpreter.models)
    )
    return entity.loop is not None and not is_of_one


def value_of(frame: Frame, entity: Entity, relationship: Relationship, state: State, at: Place) -> Value:
    """What the relationship leads to when it is read at ``at``, in this state."""
    target = frame.interpreter.models.target(relationship)
    if target is None or state == "refused":
        return None
    if state == "same for all":
        return Entity(target)
    if state == "at hand":
        held = strategies.fetch_at_hand(frame, entity, relationship)
        return Entity(target, held, loop=entity.loop if held is not None else None)
    came_from = Attribute(entity.model, relationship.name)
    if state == "lazy":
        assert entity.fetch is not None
        if relationship.is_collection is not True:
            return Entity(target)
        loads = strategies.loads_behind(entity, relationship)
        root, path = _way_to(frame.interpreter, entity)
        fetch = Fetch(at, entity.fetch.session, None, loads, root, (*path, relationship.name))
        return Items(Entity(target, fetch, came_from=came_from), fetch)
    known = state == "loaded"
    fetch_before = entity.fetch if known else None
    path = (*entity.path, relationship.name) if known else ()
    related = Entity(target, fetch_before, path, entity.loop, came_from)
    if relationship.is_collection:
        return Items(replace(related, loop=None))  # a part of each row, not the rows themselves
    return related


def _held_by(frame: Frame, entity: Entity, name: str) -> ClassRef | None:
    """The class of which ``row.id`` or ``row.parent_id`` is the key, if the session holds that very object."""
    if _is_primary_key(frame, entity.model, name):
        return entity.model
    for relationship in frame.interpreter.models.relationships(entity.model).values():
        if relationship.local_columns == (name,) and relationship.is_collection is False:
            if strategies.state_of(frame, entity, relationship) in ("loaded", "same for all", "at hand"):
                return frame.interpreter.models.target(relationship)
    return None


def _is_primary_key(frame: Frame, model: ClassRef, name: str) -> bool:
    table = frame.interpreter.models.table(model)
    return table is not None and any(
        c.attribute == name and c.is_primary_key and len(table.primary_key) == 1 for c in table.columns
    )


def is_foreign_key(frame: Frame, expression: facts.Expression) -> bool:
    """Whether ``row.user_id`` in ``row.user_id or row.user.id`` is a foreign key: if NULL, there is nothing to load."""
    if not isinstance(expression, facts.Attribute):
        return False
    owners = (each for each in options(frame.evaluate(expression.value)) if isinstance(each, Entity))
    model = next((owner.model for owner in owners), None)
    table = frame.interpreter.models.table(model) if model is not None else None
    if table is None:
        return False
    keys = {name for key in table.foreign_keys for name in key.columns}
    return any(column.attribute == expression.attr and column.name in keys for column in table.columns)


def note_changed(frame: Frame, owner: Value) -> None:
    """Somebody assigned to an attribute of a row, not in its own constructor: its model's rows change."""
    for option in options(owner):
        if isinstance(option, Entity) and not (frame.ref is not None and frame.ref.facts.name == "__init__"):
            frame.interpreter.events.changed.add(option.model)


def note_kept(frame: Frame, value: Value) -> None:
    """Somebody keeps rows in an attribute, where others may read them later."""
    for option in options(value):
        if isinstance(option, Items) and option.fetch is not None:
            frame.interpreter.events.kept.add(option.fetch.at)


def note_filled(frame: Frame, instance: Value, key: Value) -> None:
    """Somebody gave the relationship its value by hand: rows of this query need not load it."""
    if isinstance(instance, Entity) and instance.fetch is not None and isinstance(key, Const):
        frame.interpreter.events.filled.add((instance.fetch.at, instance.path, str(key.value)))


def _query_over(
    frame: Frame, entity: Entity, relationship: Relationship, target: ClassRef | None, node: facts.Attribute
) -> Value:
    """A dynamic relationship is a query that runs where it is read out."""
    if target is None or relationship.lazy == "write_only":
        return None
    session = entity.fetch.session if entity.fetch is not None else Session(None)
    of_parent = {Condition("==", Attribute(target, relationship.inverse))} if relationship.inverse else set()
    conditions = frozenset(of_parent)
    return Statement("select", (ClassValue(target),), frame.place(node.at), session, conditions=conditions)


def _since(loop: Place, trail: list[Place]) -> tuple[Place, ...]:
    """The calls that the loop makes, of those that are being followed."""
    first = next((i for i, at in enumerate(trail) if at.filename == loop.filename and at.line >= loop.line), len(trail))
    return tuple(trail[first:])


def _is_awaited(node: facts.Attribute) -> bool:
    """``row.awaitable_attrs.posts``."""
    return isinstance(node.value, facts.Attribute) and node.value.attr == "awaitable_attrs"


def tell(
    frame: Frame, entity: Entity, relationship: Relationship, at: Place, *, is_awaited: bool, option: str = ""
) -> None:
    """A relationship is loaded for each of the rows of a loop; ``option`` would load it with them."""
    assert entity.loop is not None
    calls = _since(entity.loop, frame.interpreter.trail)
    event = LoadEvent(entity, relationship, at, entity.loop, frame.interpreter.is_request, is_awaited, calls, option)
    frame.interpreter.events.loads.setdefault((at, relationship.name), event)


def _way_to(interpreter: Interpreter, entity: Entity) -> tuple[ClassRef, tuple[str, ...]]:
    """The class that a query starts from and the relationships that lead from there to the object."""
    fetch = entity.fetch
    if fetch is None:
        return entity.model, ()
    if fetch.statement is None:
        return (fetch.root, (*fetch.behind, *entity.path)) if fetch.root is not None else (entity.model, ())
    if not entity.path:
        return entity.model, ()
    for selected in fetch.statement.selected:
        if isinstance(selected, ClassValue) and interpreter.models.relationship(selected.ref, entity.path[0]):
            return selected.ref, entity.path
    return entity.model, ()


def option_for(interpreter: Interpreter, entity: Entity, relationship: Relationship) -> str:
    """The loader option that would have loaded the relationship with its query."""
    statement = entity.fetch.statement if entity.fetch is not None else None
    model, names = _way_to(interpreter, entity)
    if relationship.orm == "tortoise":
        return f'prefetch_related("{"__".join((*names, relationship.name))}")'
    steps: list[str] = []
    written = {load.path: load.name for load in statement.loads if load.strategy == "eager"} if statement else {}
    names = (*names, relationship.name)
    for length, name in enumerate(names, start=1):
        step = interpreter.models.relationship(model, name)
        is_collection = step is None or step.is_collection is not False
        loader = "selectinload" if is_collection else "joinedload"
        steps.append(f"{written.get(names[:length], loader)}({model.name}.{name})")
        target = interpreter.models.target(step) if step is not None else None
        if target is None:
            break
        model = target
    return ".".join(steps)
