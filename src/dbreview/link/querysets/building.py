"""What the methods of models and query sets add to a query."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeGuard

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import tortoise
from dbreview.link import building, client, effects, joining, secrets
from dbreview.link.arguments import Arguments
from dbreview.link.exposure import dumping
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.querysets.conditions import conditions
from dbreview.link.syntax import dotted_name, names_in
from dbreview.link.transactions import writing
from dbreview.link.values import (
    TORTOISE,
    Attribute,
    ClassValue,
    Const,
    Entity,
    LibraryObject,
    Load,
    QuerySet,
    Record,
    Statement,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

_ONE_ROW = frozenset({"row", "answer"})


def is_started(frame: Frame, receiver: Value, name: str) -> bool:
    """Whether this is a method of a model that starts a query: ``User.filter``."""
    if not isinstance(receiver, ClassValue) or not frame.interpreter.models.is_tortoise(receiver.ref):
        return False
    is_method = name in tortoise.QUERY_METHODS and name not in tortoise.ONLY_OF_QUERIES
    own = frame.interpreter.classes.member(receiver.ref, name)
    return (is_method or name == "fetch_for_list") and not isinstance(own, FunctionRef)


def start(frame: Frame, ref: ClassRef, arguments: Arguments, node: facts.Call) -> Value:
    """``User.filter(...)``, ``User.create(...)``."""
    name = node.func.attr if isinstance(node.func, facts.Attribute) else ""
    return extend(frame, of_all(frame, ref, node), name, arguments, node)


def of_all(frame: Frame, ref: ClassRef, node: Expression) -> QuerySet:
    """All objects of a model, which nobody has asked for yet."""
    statement = Statement("select", (ClassValue(ref),), frame.place(node.at), TORTOISE)
    statement = replace(statement, is_ordered=frame.interpreter.models.has_order(ref))
    return QuerySet(statement, "rows", dotted_name(node) or ref.name)


def extend(frame: Frame, query: QuerySet, name: str, arguments: Arguments, node: facts.Call) -> Value:
    """What a method of a query set gives: another one."""
    method = tortoise.QUERY_METHODS.get(name)
    statement, ref = query.statement, query.statement.model
    if ref is None:
        return None
    call = dotted_name(node.func) or f"{query.call.partition('(')[0]}(...).{name}"
    if name in tortoise.CHANGES_RELATION and query.is_plain and query.owner is not None:
        kind: Literal["insert", "delete"] = "insert" if name == "add" else "delete"
        return replace(query, call=call, statement=Statement(kind, (), frame.place(node.at), TORTOISE), gives="result")
    query = replace(query, call=call, is_plain=query.is_plain and name == "all")
    if method is None:
        return None
    statement = replace(statement, at=frame.place(node.at))
    result: Value = None
    match method.does:
        case "filter":
            statement = _filtered(frame, statement, ref, arguments, node)
        case "narrow":
            statement = replace(statement, is_narrowed=True, has_unknown_filter=True)
        case "order":
            is_given = bool(arguments.positional) or arguments.is_open
            statement = replace(statement, is_ordered=is_given, ordered_by=_ordering(ref, arguments))
        case "limit" | "offset":
            found = building.statement(frame, statement, name, arguments, node)
            statement = found if isinstance(found, Statement) else statement
        case "load":
            statement = _with_loads(statement, ref, arguments, name)
        case "lock":
            statement = replace(statement, is_locking=True)
        case "group" | "unknown":
            statement = replace(statement, is_opaque=True)
        case "nothing":
            result = dumping.of_values(ref, name, arguments, statement.at)
            statement = replace(statement, loads=statement.loads | dumping.narrowing(name))
        case _:
            return _write(frame, replace(query, statement=statement), ref, method, arguments, node)
    if method.gives in _ONE_ROW:
        statement = replace(statement, is_single=True)
    if name == "in_bulk":
        statement = replace(statement, asks_for_many=True, is_limited=True)
    return replace(query, statement=statement, gives=method.gives or query.gives, result=result)


def _filtered(frame: Frame, statement: Statement, ref: ClassRef, arguments: Arguments, node: facts.Call) -> Statement:
    found = conditions(frame, ref, arguments, node)
    frame.interpreter.events.looked_up.update((c.attribute.model, c.attribute.name) for c in found.known)
    return replace(
        statement,
        conditions=statement.conditions | found.known,
        is_narrowed=statement.is_narrowed or not found.is_whole or found.is_joined,
        has_unknown_filter=statement.has_unknown_filter or not found.is_whole,
        asks_for_many=statement.asks_for_many or any(c.operator == "in" for c in found.known),
    )


def sliced(query: QuerySet, index: facts.Slice, upper: Value) -> QuerySet:
    """``Post.all()[:20]``: a page of the rows."""
    size = client.chosen(joining.options(upper)) if index.lower is None else None
    has_offset = query.statement.has_offset or index.lower is not None
    statement = replace(query.statement, is_limited=index.upper is not None, page_size=size, has_offset=has_offset)
    return replace(query, statement=statement, is_plain=False)


def _ordering(ref: ClassRef, arguments: Arguments) -> tuple[Attribute, ...]:
    """The columns of the model that rows are sorted by, up to the first that is none."""
    found: list[Attribute] = []
    for value in arguments.positional:
        if not isinstance(value, Const) or not isinstance(value.value, str) or "__" in value.value:
            break
        found.append(Attribute(ref, value.value.lstrip("-")))
    return tuple(found)


# --- relations that are loaded with the rows ----------------------------------------------


def _with_loads(statement: Statement, ref: ClassRef, arguments: Arguments, name: str) -> Statement:
    """``prefetch_related("author", Prefetch("comments", ...))``."""
    loads = [load for value in arguments.positional for load in loads_of(ref, value, name)]
    is_open = arguments.is_open or any(relation_of(value) is None for value in arguments.positional)
    return replace(statement, loads=statement.loads | frozenset(loads), is_opaque=statement.is_opaque or is_open)


def loads_of(ref: ClassRef | None, value: Value, name: str) -> tuple[Load, ...]:
    """The relations that ``"comments__author"`` loads: one for each step."""
    steps = tuple((relation_of(value) or "").split("__"))
    own = tuple(Load(ref, steps[:length], "eager", name) for length in range(1, len(steps) + 1) if steps[0])
    inner = (
        next((each for each in value.arguments if isinstance(each, QuerySet)), None) if _is_prefetch(value) else None
    )
    behind = inner.statement.loads if inner is not None else frozenset()
    return (*own, *(replace(load, model=ref, path=(*steps, *load.path)) for load in behind))


def _is_prefetch(value: Value) -> TypeGuard[LibraryObject]:
    return isinstance(value, LibraryObject) and value.dotted.removesuffix("()") in tortoise.PREFETCH


def relation_of(value: Value) -> str | None:
    """The relation that an argument of ``prefetch_related`` names."""
    match value:
        case Const(str() as text):
            return text
        case LibraryObject(_, (Const(str() as text), *_)) if _is_prefetch(value):
            return text
    return None


# --- writes -------------------------------------------------------------------------------


def _write(
    frame: Frame, query: QuerySet, ref: ClassRef, method: tortoise.QueryMethod, arguments: Arguments, node: facts.Call
) -> QuerySet:
    """A query that writes when it is awaited."""
    events, statement = frame.interpreter.events, query.statement
    match method.does:
        case "insert":
            events.created.add(ref)
            made = _made(frame, ref, arguments, node)
            statement = replace(statement, kind="insert", conditions=frozenset())
            return replace(query, statement=statement, gives="result", result=made)
        case "insert many":
            events.created.add(ref)
            statement = replace(statement, kind="insert", asks_for_many=True)
            return replace(query, statement=statement, gives="result", result=arguments.get(0, "objects"))
        case "upsert":
            events.created.add(ref)
            asked = replace(arguments, positional=())  # what comes first are values for a new row
            statement = replace(_filtered(frame, statement, ref, asked, node), kind="insert", is_upsert=True)
            found = Entity(ref, added_to=TORTOISE, is_stored=True)
            return replace(query, statement=statement, gives="result", result=Record((found, None)))
        case "update":
            events.changed.add(ref)
            statement = replace(statement, kind="update")
            writing.note_values(frame, statement, node)
        case "update many":
            events.changed.add(ref)
            statement = replace(statement, kind="update", asks_for_many=True)
        case "delete":
            events.deleted.add(ref)
            statement = replace(statement, kind="delete")
    return replace(query, statement=statement, gives="result", result=None)


def _made(frame: Frame, ref: ClassRef, arguments: Arguments, node: facts.Call) -> Entity:
    """The object that ``User.create(...)`` gives."""
    secrets.note_constructor(frame, ref, node)
    frame.constructed[ref] = names_in(node) | effects.origins(frame, names_in(node))
    filled = frozenset(name for name, _ in arguments.keywords)
    return Entity(ref, known=filled | {"*"} if arguments.is_open else filled, added_to=TORTOISE, is_stored=True)
