"""Whether reading a relationship sends a statement: by its declaration, the query, and what the session holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview.frameworks import sqlalchemy
from dbreview.link.names import ClassRef
from dbreview.link.querysets import relations
from dbreview.link.values import (
    ClassValue,
    Either,
    Entity,
    Entries,
    Fetch,
    Items,
    Load,
    Session,
    Statement,
    Value,
)
from dbreview.project import Relationship

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbreview.link.frame import Frame

State: TypeAlias = Literal["lazy", "loaded", "same for all", "at hand", "refused", "unknown"]
"""What reading a relationship does.

``lazy`` sends a statement. ``same for all`` means that every row of the loop leads to one object, which is loaded once,
``at hand`` that the session may hold what is read, ``refused`` that the read raises or gives nothing.
"""


def state_of(frame: Frame, entity: Entity, relationship: Relationship) -> State:
    """What reading the relationship of this object does."""
    if relationship.orm == "tortoise":
        return relations.state_of(entity, relationship)
    fetch = entity.fetch
    if fetch is None or relationship.lazy is None or relationship.name in entity.known:
        return "unknown"
    statement = fetch.statement
    if _is_way_back(frame, entity, relationship):
        return "same for all"
    if statement is not None and statement.is_opaque:
        return "unknown"
    explicit = _explicit_strategy(frame, entity, relationship, fetch)
    if explicit == "eager everywhere" and not _goes_in_circles(frame, entity, relationship):
        return "loaded"
    if explicit == "eager":
        return "loaded"
    if explicit in ("raise", "none"):
        return "refused"
    if explicit != "lazy":
        if statement is not None and _is_fixed_parent(relationship, statement, entity):
            return "same for all"
        if relationship.lazy in sqlalchemy.REFUSING_STRATEGIES:
            return "refused"
        if relationship.lazy not in sqlalchemy.LAZY_STRATEGIES:
            is_lazy = _goes_in_circles(frame, entity, relationship) and relationship.lazy != "immediate"
            return "lazy" if is_lazy else "loaded"
    return "at hand" if _is_target_at_hand(frame, entity, relationship) else "lazy"


def loads_behind(entity: Entity, relationship: Relationship) -> frozenset[Load]:
    """The options that hold for what a lazy relationship loads: those whose paths go through it."""
    path = (*entity.path, relationship.name)
    return frozenset(
        replace(load, model=None, path=load.path[len(path) :])
        for load in _loads(entity.fetch)
        if load.path[: len(path)] == path and len(load.path) > len(path)
    )


def _loads(fetch: Fetch | None) -> frozenset[Load]:
    if fetch is None:
        return frozenset()
    return fetch.statement.loads if fetch.statement is not None else fetch.loads


def _explicit_strategy(frame: Frame, entity: Entity, relationship: Relationship, fetch: Fetch) -> str | None:
    """What the loader options say of the relationship, None where they leave it as it is declared."""
    wanted = (*entity.path, relationship.name)
    by_wildcard: str | None = None
    found: str | None = None
    for load in _loads(fetch):
        is_of_root = load.model is not None and not entity.path
        if is_of_root and load.model and not frame.interpreter.classes.are_related(load.model, entity.model):
            continue
        if load.strategy in ("as declared", "columns"):
            continue
        if load.path == wanted or (entity.path and load.path == (*entity.path, "*")):
            if load.strategy == "eager":
                return "eager"
            found = load.strategy
        elif load.path == ("*",):
            by_wildcard = load.strategy
    return found or ("eager everywhere" if by_wildcard == "eager" else by_wildcard)


def _goes_in_circles(frame: Frame, entity: Entity, relationship: Relationship) -> bool:
    """Whether an eager relationship leads to a class that the query's path has passed already.

    SQLAlchemy then loads it lazily, unless ``join_depth`` allows more turns.
    Source: its documentation, "Configuring Self-Referential Eager Loading".
    """
    models = frame.interpreter.models
    model = entity.fetch.statement.model if entity.fetch is not None and entity.fetch.statement is not None else None
    model = model if entity.path or model is None else entity.model
    if model is None or relationship.has_join_depth:
        return False
    passed = [model]
    for length, name in enumerate(entity.path, start=1):
        step = models.relationship(passed[-1], name)
        target = models.target(step) if step is not None else None
        if step is None or target is None:
            return False
        # What is joined looks at the path of its own statement only.
        starts_anew = relationship.lazy == "joined" and not _joins(entity, step, length)
        passed = [target] if starts_anew else [*passed, target]
    target = models.target(relationship)
    return target is not None and any(each is target for each in passed)


def _joins(entity: Entity, step: Relationship, length: int) -> bool:
    """Whether the step at this place of the object's path belongs to the statement of the step before."""
    written = [load for load in _loads(entity.fetch) if load.path == entity.path[:length] and load.strategy == "eager"]
    return any(load.name in sqlalchemy.JOINING_LOADERS for load in written) if written else step.lazy == "joined"


def _is_way_back(frame: Frame, entity: Entity, relationship: Relationship) -> bool:
    """Whether the object was reached from the very object that the attribute leads back to."""
    came_from = entity.came_from
    target = frame.interpreter.models.target(relationship)
    if came_from is None or target is None or relationship.is_collection:
        return False
    if relationship.direction == "ONETOMANY":
        return False  # one to one, and the key is on the other side: nothing tells the session which row it is
    if not frame.interpreter.classes.are_related(target, came_from.model):
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
    if relationship.name in fixed:
        return True
    return bool(relationship.local_columns) and set(relationship.local_columns) <= fixed


def _is_target_at_hand(frame: Frame, entity: Entity, relationship: Relationship) -> bool:
    """Whether the session may hold the parents already: a statement was given their keys, or fetched their like.

    A many-to-one relationship looks into the identity map before it sends a statement.
    """
    target = frame.interpreter.models.target(relationship)
    if relationship.is_collection is not False or target is None or entity.fetch is None:
        return False
    if relationship.direction == "ONETOMANY":
        return False  # one to one without the key
    statement = entity.fetch.statement
    if statement is not None:
        asked = {c.attribute.name for c in statement.conditions if c.operator in ("in", "==")}
        if not entity.path and relationship.local_columns and set(relationship.local_columns) <= asked:
            return True
        if any(isinstance(value, ClassValue) and value.ref is target for value in statement.selected):
            return True  # select(Book, Author): each row holds its author
        if entity.path and statement.model is not None and _fixes(frame, statement, statement.model, target):
            return True  # the parts of one owner's things are, as a rule, the owner's
    for load in _loads(entity.fetch):
        if load.strategy == "eager" and _loaded_model(frame, entity, load) == relationship.target:
            if not _is_sibling(frame, entity, load, relationship):
                return True
    return holding(frame, target, entity.fetch.session) is not None


def _is_sibling(frame: Frame, entity: Entity, load: Load, relationship: Relationship) -> bool:
    """Whether an option loads another parent of the same row: ``sale.seller`` tells nothing of ``sale.buyer``."""
    if load.path[:-1] != entity.path:
        return False
    other = frame.interpreter.models.relationship(entity.model, load.path[-1])
    is_parent = other is not None and other.direction == "MANYTOONE"
    return is_parent and other is not None and other.local_columns != relationship.local_columns


def _fixes(frame: Frame, statement: Statement, model: ClassRef, target: ClassRef) -> bool:
    """Whether the statement keeps to the rows of one object of a class."""
    fixed = {c.attribute.name for c in statement.conditions if c.operator == "=="}
    return any(
        relationship.target == target.dotted
        and bool(relationship.local_columns)
        and {*relationship.local_columns} <= fixed
        for relationship in frame.interpreter.models.relationships(model).values()
    )


def fetch_at_hand(frame: Frame, entity: Entity, relationship: Relationship) -> Fetch | None:
    """The statement that fetched the parent which the session holds, where that is known."""
    target = frame.interpreter.models.target(relationship)
    fetch = entity.fetch
    if fetch is None or target is None or relationship.is_collection is not False:
        return None
    statement = fetch.statement
    if statement is not None and any(isinstance(v, ClassValue) and v.ref is target for v in statement.selected):
        return fetch
    return holding(frame, target, fetch.session)


def holding(frame: Frame, target: ClassRef, session: Session) -> Fetch | None:
    """The statement of the same session whose rows of the class a variable keeps: all, or those of many keys."""
    return next(_holding(frame, target, session), None)


def _holding(frame: Frame, target: ClassRef, session: Session) -> Iterator[Fetch]:
    return (
        found
        for found in _kept_fetches(frame)
        if found.session == session
        and found.statement is not None
        and found.statement.model is not None
        and not found.statement.is_limited
        and all(c.operator in ("in", "in query") for c in found.statement.conditions)
        and frame.interpreter.classes.are_related(found.statement.model, target)
    )


def _kept_fetches(frame: Frame) -> Iterator[Fetch]:
    """The statements whose rows are kept by variables of the running code, or of those who called it."""
    for each in (frame, *reversed(frame.interpreter.frames)):
        for value in each.env.values():
            yield from _kept(value)
        if each.closure is not None:
            for value in each.closure.names.values():
                yield from _kept(value)


def _kept(value: Value) -> Iterator[Fetch]:
    """The statements whose rows a collection or dict keeps. One object says nothing of others of its class."""
    match value:
        case Items(_, Fetch() as fetch) | Entries(_, _, Fetch() as fetch):
            yield fetch
        case Either(options):
            for option in options:
                yield from _kept(option)


def _loaded_model(frame: Frame, entity: Entity, load: Load) -> str | None:
    """The class that a loader option loads."""
    statement = entity.fetch.statement if entity.fetch is not None else None
    model = load.model or (statement.model if statement is not None else None)
    target: str | None = None
    for name in load.path:
        relationship = frame.interpreter.models.relationship(model, name) if model is not None else None
        target = relationship.target if relationship is not None else None
        model = frame.interpreter.models.target(relationship) if relationship is not None else None
    return target
