"""Query sets that are awaited or iterated over: the statements that they send, and what comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import tortoise
from dbreview.link import effects, lookups, paging
from dbreview.link.events import Effect
from dbreview.link.querysets import relations
from dbreview.link.transactions import paths
from dbreview.link.transactions.steps import Step
from dbreview.link.values import (
    TORTOISE,
    Answer,
    Coroutine,
    Entity,
    Entries,
    Fetch,
    Items,
    LibraryObject,
    QuerySet,
    Statement,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame


def awaited(frame: Frame, value: Value, node: Expression) -> Value:
    """What awaiting a value gives, if it is a query; any other value as it is."""
    if isinstance(value, Items) and (query := relations.asked_again(frame, node)) is not None:
        return run(frame, query, node)
    return run(frame, value, node) if isinstance(value, QuerySet) else value


def run(frame: Frame, query: QuerySet, node: Expression) -> Value:
    """Run a query at ``node``: what it does is noted, what it gives is returned."""
    if query.owner is not None and relations.note_awaited(frame, query, node):
        return _found(query, relations.lazily(query, frame.place(node.at)))
    at = frame.place(node.at)
    call = node if isinstance(node, facts.Call) else facts.Call(node, (), node.at)
    statement = query.statement
    if statement.kind == "select":
        read(frame, statement, query.call, call)
        return _found(query, Fetch(at, TORTOISE, statement))
    absent = frame.absent
    if statement.is_upsert:  # a query, and an INSERT if it finds nothing
        asked = replace(statement, kind="select", is_upsert=False)
        frame.absent += (Fetch(at, TORTOISE, asked),)
        statement = replace(statement, is_upsert=False)
    write(frame, statement, query.call, call)
    frame.absent = absent
    lookups.note(frame, statement, at, is_delete=statement.kind == "delete")
    return query.result


def read(frame: Frame, statement: Statement, what: str, node: facts.Call) -> None:
    """A statement that reads."""
    at = frame.place(node.at)
    frame.interpreter.events.saw_query(at, True)
    lookups.note(frame, statement, at)
    paging.note_run(frame, statement, at)
    effect = Effect("read", "async", at, what, statement, on=TORTOISE.identity, is_safe=True)
    effects.note(frame, effect, at, node)


def write(frame: Frame, statement: Statement, what: str, node: facts.Call) -> None:
    """A statement that writes, and commits by itself unless a transaction is around it."""
    at = frame.place(node.at)
    effect = Effect("write", "async", at, what, statement, model=statement.model, on=TORTOISE.identity, is_safe=True)
    effects.note(frame, effect, at, node)
    paths.add(frame, Step("commit", TORTOISE.identity, at, what, is_sent=False, is_async=True))


def _found(query: QuerySet, fetch: Fetch) -> Value:
    """What comes back."""
    model = query.statement.model
    if query.gives == "answer" and fetch.statement is None:
        return None
    row = Entity(model, fetch) if model is not None else None
    match query.gives:
        case "rows":
            return Items(row, fetch)
        case "row":
            return row
        case "answer":
            return Answer(fetch)
        case "columns":
            return Items(query.result, fetch) if not query.statement.is_single else query.result
        case "by key":
            return Entries((), (row,), fetch)
        case "result":
            return query.result


def serialised(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> Value:
    """``UserOut.from_queryset(User.all())`` runs the query, and loads all that the schema asks for with it."""
    query = arguments.get(0, "queryset")
    if not isinstance(query, QuerySet):
        return None
    found = run(frame, query, node)
    fetch = found.fetch if isinstance(found, (Items, Entity)) else None
    is_many = not dotted.endswith("_single")
    return Coroutine(Items(None, fetch) if is_many and fetch is not None else None)


def is_serialising(callee: LibraryObject) -> bool:
    """Whether this is a method of a schema made of a model that runs a query."""
    owner, _, method = callee.dotted.rpartition(".")
    return owner.removesuffix("()") in tortoise.SCHEMA_MAKERS and method in tortoise.FROM_QUERY
