"""Reading an attribute of an object: does it send a statement, or was the value loaded with it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import python, sqlalchemy
from dbreview.link import bounds, calling, iterating
from dbreview.link.events import LoadEvent
from dbreview.link.joining import options
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.values import (
    Attribute,
    ClassValue,
    Const,
    Entity,
    Fetch,
    FunctionValue,
    Items,
    KeyOf,
    Load,
    Session,
    Statement,
    Value,
)
from dbreview.project import Relationship

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

_EAGER = frozenset({"selectin", "joined", "subquery", "immediate", "False"})


def attribute(frame: Frame, entity: Entity, name: str, node: facts.Attribute) -> Value:
    """What ``entity.name`` is; a lazy load in a loop is told to the events."""
    models = frame.interpreter.models
    relationship = models.relationship(entity.model, name)
    if relationship is not None:
        return _related(frame, entity, relationship, node)
    if name == "awaitable_attrs":
        return entity
    if entity.fetch is not None and _is_primary_key(frame, entity.model, name):
        return KeyOf(entity.model)
    if name == "__class__":
        return ClassValue(entity.model)
    member = frame.interpreter.classes.member(entity.model, name)
    if name in sqlalchemy.CHANGING_METHODS and member is None:
        note_changed(frame, entity)
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


def _related(frame: Frame, entity: Entity, relationship: Relationship, node: facts.Attribute) -> Value:
    name = relationship.name
    frame.interpreter.events.reads.add((relationship.model, name))
    target = frame.interpreter.models.target(relationship)
    if relationship.lazy in ("dynamic", "write_only"):
        return _query_over(frame, entity, relationship, target, node)
    state = state_of(frame, entity, relationship)
    if state == "lazy" and entity.loop is not None and not iterating.leaves_loop(frame, entity):
        _tell(frame, entity, relationship, node)
    return value_of(frame, entity, relationship, state, frame.place(node.at))


def value_of(frame: Frame, entity: Entity, relationship: Relationship, state: str, at: Place) -> Value:
    """What the relationship leads to when it is read at ``at``, in this state."""
    target = frame.interpreter.models.target(relationship)
    if state == "same for all":
        return Entity(target) if target is not None else None
    fetch, path, loop = entity.fetch, (*entity.path, relationship.name), entity.loop
    if state == "lazy":
        assert entity.fetch is not None
        if relationship.is_collection is not True:
            return Entity(target) if target is not None else None
        fetch, path, loop = Fetch(at, entity.fetch.session, None), (), None
    elif state == "unknown":
        fetch = None
    if target is None:
        return None
    came_from = Attribute(entity.model, relationship.name)
    related = Entity(target, fetch, path if fetch is not None else (), loop, came_from)
    if relationship.is_collection:
        element = Entity(target, fetch, related.path, None, related.came_from)
        return Items(element, fetch if state == "lazy" else None)  # a part of each row, not the rows themselves
    return related


def state_of(frame: Frame, entity: Entity, relationship: Relationship) -> str:
    """``lazy`` where reading the attribute sends a statement, ``loaded`` where not, or ``unknown``.

    ``same for all`` means that every row of the loop leads to one object, which is loaded once.
    """
    if entity.fetch is None or relationship.lazy is None or relationship.name in entity.known:
        return "unknown"
    statement = entity.fetch.statement
    if _is_way_back(frame, entity, relationship):
        return "same for all"
    if statement is not None:
        if statement.is_opaque:
            return "unknown"
        explicit = _explicit_strategy(frame, entity, relationship, statement)
        if explicit == "lazy":
            return "lazy"
        if explicit is not None and explicit != "as declared":
            return "loaded"
        if _is_fixed_parent(relationship, statement, entity):
            return "same for all"
        if _is_target_at_hand(frame, entity, relationship, statement):
            return "unknown"
    return "lazy" if relationship.lazy in sqlalchemy.LAZY_STRATEGIES else "loaded"


def _explicit_strategy(frame: Frame, entity: Entity, relationship: Relationship, statement: Statement) -> str | None:
    wanted = (*entity.path, relationship.name)
    found: str | None = None
    for load in statement.loads:
        if (
            load.model is not None
            and not entity.path
            and not frame.interpreter.classes.are_related(load.model, entity.model)
        ):
            continue
        if load.path in (wanted, (*entity.path, "*")):
            if load.strategy == "eager":
                return "eager"
            found = load.strategy
        elif load.path == ("*",) and load.strategy != "lazy":
            found = found or load.strategy
    return found


def _is_way_back(frame: Frame, entity: Entity, relationship: Relationship) -> bool:
    """Whether the object was reached from the very object that the attribute leads back to."""
    came_from = entity.came_from
    if came_from is None or relationship.is_collection:
        return False
    if relationship.inverse == came_from.name:
        return True
    way = frame.interpreter.models.relationship(came_from.model, came_from.name)
    return way is not None and way.inverse == relationship.name


def _is_fixed_parent(relationship: Relationship, statement: Statement, entity: Entity) -> bool:
    """Whether the statement keeps to one parent: after the first read it is in the identity map."""
    if relationship.is_collection or entity.path:
        return False
    fixed = {c.attribute.name for c in statement.conditions if c.operator == "=="}
    return bool(relationship.local_columns) and set(relationship.local_columns) <= fixed


def _is_primary_key(frame: Frame, model: ClassRef, name: str) -> bool:
    table = frame.interpreter.models.table(model)
    return table is not None and any(
        c.attribute == name and c.is_primary_key and len(table.primary_key) == 1 for c in table.columns
    )


def is_key_always_set(frame: Frame, expression: facts.Expression) -> bool:
    """Whether ``row.user_id`` in ``row.user_id or row.user.id`` always has a value: a NOT NULL foreign key."""
    if not isinstance(expression, facts.Attribute):
        return False
    owner = frame.evaluate(expression.value)
    model = owner.model if isinstance(owner, Entity) else None
    table = frame.interpreter.models.table(model) if model is not None else None
    if table is None:
        return False
    keys = {name for key in table.foreign_keys for name in key.columns}
    return any(
        column.attribute == expression.attr and column.name in keys and column.is_nullable is False
        for column in table.columns
    )


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


def _is_target_at_hand(frame: Frame, entity: Entity, relationship: Relationship, statement: Statement) -> bool:
    """Whether the session may hold the parents already: the statement was given their keys, or loads their like.

    A many-to-one relationship looks into the identity map before it sends a statement.
    """
    if relationship.is_collection is not False:
        return False
    asked = {c.attribute.name for c in statement.conditions if c.operator in ("in", "==")}
    if not entity.path and relationship.local_columns and set(relationship.local_columns) <= asked:
        return True
    for load in statement.loads:
        if load.strategy == "eager" and _loaded_model(frame, statement, load) == relationship.target:
            return True
    return False


def _loaded_model(frame: Frame, statement: Statement, load: Load) -> str | None:
    """The class that a loader option loads."""
    model = load.model or statement.model
    target: str | None = None
    for name in load.path:
        relationship = frame.interpreter.models.relationship(model, name) if model is not None else None
        target = relationship.target if relationship is not None else None
        model = frame.interpreter.models.target(relationship) if relationship is not None else None
    return target


def _query_over(
    frame: Frame, entity: Entity, relationship: Relationship, target: ClassRef | None, node: facts.Attribute
) -> Value:
    """A dynamic relationship is a query that runs where it is read out."""
    if target is None or relationship.lazy == "write_only":
        return None
    session = entity.fetch.session if entity.fetch is not None else Session(None)
    return Statement("select", (ClassValue(target),), frame.place(node.at), session)


def _tell(frame: Frame, entity: Entity, relationship: Relationship, node: facts.Attribute) -> None:
    assert entity.loop is not None
    at = frame.place(node.at)
    event = LoadEvent(entity, relationship, at, entity.loop, frame.interpreter.is_request)
    frame.interpreter.events.loads.setdefault((at, relationship.name), event)


def option_for(interpreter: Interpreter, entity: Entity, relationship: Relationship) -> str:
    """The loader option that would have loaded the relationship with its query."""
    statement = entity.fetch.statement if entity.fetch is not None else None
    root = bounds.entity_of(statement) if statement is not None else None
    steps: list[str] = []
    model = root.ref if root is not None else entity.model
    for name in (*entity.path, relationship.name):
        step = interpreter.models.relationship(model, name)
        is_collection = step is None or step.is_collection is not False
        steps.append(f"{'selectinload' if is_collection else 'joinedload'}({model.name}.{name})")
        target = interpreter.models.target(step) if step is not None else None
        if target is None:
            break
        model = target
    return ".".join(steps)
