"""What reading a relation of a Tortoise object gives: what was loaded with it, or a query that somebody must await.

Sources: the documentation of Tortoise ORM, "Models" and "Query API"; ``tortoise/fields/relational.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.link import iterating, loading, strategies
from dbreview.link.events import MissingEvent
from dbreview.link.names import ClassRef
from dbreview.link.querysets import building
from dbreview.link.syntax import names_in
from dbreview.link.values import TORTOISE, Attribute, Condition, Entity, Fetch, QuerySet, Value
from dbreview.project import Relationship

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def related(frame: Frame, entity: Entity, relationship: Relationship, node: facts.Attribute) -> Value:
    """What ``row.author`` and ``row.comments`` are."""
    frame.interpreter.events.reads.add((relationship.model, relationship.name))
    state = strategies.state_of(frame, entity, relationship)
    if state != "lazy":
        return loading.value_of(frame, entity, relationship, state, frame.place(node.at))
    target = frame.interpreter.models.target(relationship)
    return _query_for(frame, entity, relationship, target, node) if target is not None else None


def _query_for(
    frame: Frame, entity: Entity, relationship: Relationship, target: ClassRef, node: facts.Attribute
) -> QuerySet:
    """The query that stands where a relation was not loaded."""
    query = building.of_all(frame, target, node)
    back = _key_back(frame, relationship, target, names_in(node.value))
    statement = replace(query.statement, conditions=frozenset(back), is_narrowed=not back)
    if relationship.is_collection is False:
        statement = replace(statement, is_single=True)
        return QuerySet(statement, "row", query.call, entity, relationship.name)
    return QuerySet(statement, "rows", query.call, entity, relationship.name)


def _key_back(frame: Frame, relationship: Relationship, target: ClassRef, names: frozenset[str]) -> set[Condition]:
    """The key by which the objects of a collection lead back to their owner, which ``names`` hold."""
    models = frame.interpreter.models
    back = models.relationship(target, relationship.inverse) if relationship.inverse else None
    if back is None or len(back.local_columns) != 1:
        return set()
    return {Condition("==", Attribute(target, back.local_columns[0]), names=names)}


def relationship_of(frame: Frame, query: QuerySet) -> Relationship | None:
    """The relation that a query asks for as it is."""
    if query.owner is None or query.relation is None:
        return None
    return frame.interpreter.models.relationship(query.owner.model, query.relation)


def asked_again(frame: Frame, node: Expression) -> QuerySet | None:
    """The query that ``post.tags.filter(...)`` and ``await post.tags`` send, whatever was loaded with the post."""
    if not isinstance(node, facts.Attribute):
        return None
    holder = frame.evaluate(node.value)
    if not isinstance(holder, Entity):
        return None
    relationship = frame.interpreter.models.relationship(holder.model, node.attr)
    if relationship is None or relationship.orm != "tortoise" or relationship.is_collection is not True:
        return None
    target = frame.interpreter.models.target(relationship)
    return _query_for(frame, holder, relationship, target, node) if target is not None else None


def note_awaited(frame: Frame, query: QuerySet, node: Expression) -> bool:
    """A relation is asked for. Whether that was told as one query for each row of a loop."""
    relationship = relationship_of(frame, query)
    owner = query.owner
    if relationship is None or owner is None or query.statement.kind != "select":
        return False
    if not loading.is_one_of_many(frame, owner) or iterating.leaves_loop(frame, owner):
        return False
    at = frame.place(node.at)
    loading.tell(frame, owner, relationship, at, is_awaited=True, option=_option(query, relationship))
    return True


def _option(query: QuerySet, relationship: Relationship) -> str:
    """What asks for this of all rows at once; empty where loading the relation with them does."""
    name, target = relationship.name, relationship.target_name
    if query.gives == "answer":
        return f'annotate(number=Count("{name}"))'
    if query.is_plain:
        return ""
    return f'prefetch_related(Prefetch("{name}", queryset={target}....))'


def lazily(query: QuerySet, at: Place) -> Fetch:
    """The fetch of what a relation leads to, of whose rows nobody knows more than how they were reached."""
    owner = query.owner
    behind = (query.relation,) if query.relation is not None else ()
    return Fetch(at, TORTOISE, None, frozenset(), owner.model if owner is not None else None, behind)


def note_taken(frame: Frame, query: QuerySet, at: Place) -> bool:
    """A relation is read as if it were loaded. Whether that was told."""
    relationship, owner = relationship_of(frame, query), query.owner
    if relationship is None or owner is None or not query.is_plain:
        return False
    interpreter = frame.interpreter
    since = owner.fetch.at if owner.fetch is not None else None
    event = MissingEvent(at, owner, relationship.name, "lazy", relationship, None)
    event = replace(event, since=since, is_request=interpreter.is_request, route=interpreter.route)
    interpreter.events.missing.setdefault((at, owner.model), event)
    return True


def state_of(entity: Entity, relationship: Relationship) -> strategies.State:
    """Whether a relation of an object was loaded. One that was given to its constructor is there, too."""
    if relationship.name in entity.known or "*" in entity.known:
        return "loaded"
    fetch = entity.fetch
    if fetch is None:
        return "lazy" if entity.added_to == TORTOISE else "unknown"
    if fetch.statement is not None and fetch.statement.is_opaque:
        return "unknown"
    wanted = (*entity.path, relationship.name)
    loads = fetch.statement.loads if fetch.statement is not None else fetch.loads
    return "loaded" if any(load.path == wanted for load in loads) else "lazy"


def loaded(entity: Entity, names: tuple[Value, ...], way: tuple[str, ...] = ()) -> Entity:
    """The object after ``fetch_related("comments__author")``, of itself or of what a ``way`` of relations leads to."""
    steps = [load for value in names for load in building.loads_of(None, value, "prefetch_related")]
    fetch = entity.fetch
    if fetch is None:
        first = frozenset((*way, *load.path)[0] for load in steps)
        return replace(entity, known=entity.known | first)
    behind = frozenset(replace(load, path=(*entity.path, *way, *load.path)) for load in steps)
    if fetch.statement is None:
        return replace(entity, fetch=replace(fetch, loads=fetch.loads | behind))
    statement = replace(fetch.statement, loads=fetch.statement.loads | behind)
    return replace(entity, fetch=replace(fetch, statement=statement))
