"""Statements: what their methods add, and how a legacy ``Query`` runs itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import sqlalchemy
from dbreview.link import bounds, client, effects, filters, lookups, methods, paging, rows
from dbreview.link.events import Effect
from dbreview.link.joining import options
from dbreview.link.syntax import names_in, walk
from dbreview.link.transactions import writing
from dbreview.link.values import (
    Aggregate,
    Answer,
    Attribute,
    ClassValue,
    Condition,
    Conditions,
    Const,
    Fetch,
    Items,
    Loader,
    Ordered,
    Record,
    Statement,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame


def statement(frame: Frame, statement: Statement, name: str, arguments: Arguments, node: facts.Call) -> Value:
    if name in sqlalchemy.LIMITING:
        if arguments.positional == (Const(None),):
            return statement
        is_single = name == "limit" and arguments.positional == (Const(1),)
        size = client.chosen(options(arguments.positional[-1])) if arguments.positional else None
        if name == "slice":
            client.note_position(frame, node)
        if name == "slice" and (size in arguments.positional[:1] or not _is_sum(node)):
            size = None  # `slice(start, start + 20)`, or positions that need not be far from each other
        has_offset = statement.has_offset or name == "slice"
        return replace(statement, is_limited=True, is_single=is_single, page_size=size, has_offset=has_offset)
    if name == "offset":
        is_start = arguments.positional == (Const(0),) and not frame.loops
        client.note_position(frame, node)
        return replace(statement, has_offset=statement.has_offset or not is_start)
    if name == "yield_per" or (name == "execution_options" and arguments.has("yield_per")):
        return replace(statement, is_limited=True)
    if name in sqlalchemy.ORDERING:
        if arguments.positional == (Const(None),):
            return replace(statement, is_ordered=False, ordered_by=())
        columns = tuple(_ordering(arguments))
        return replace(statement, is_ordered=True, ordered_by=(*statement.ordered_by, *columns))
    if name in sqlalchemy.FILTERING:
        found = frozenset(_conditions(frame, statement, arguments, node))
        filters.note_filters(frame, arguments.positional, frame.place(node.at))
        frame.interpreter.events.looked_up.update((c.attribute.model, c.attribute.name) for c in found)
        is_whole = all(_is_whole(value) for value in arguments.positional) and not arguments.is_open
        is_narrowed = statement.is_narrowed or not is_whole
        has_unknown_filter = statement.has_unknown_filter or not is_whole
        return replace(
            statement,
            conditions=statement.conditions | found,
            is_narrowed=is_narrowed,
            has_unknown_filter=has_unknown_filter,
            asks_for_many=statement.asks_for_many or _has_in(node),
        )
    if name == "options":
        if arguments.others is not None:
            return with_options(statement, (*arguments.positional, *arguments.others))
        return with_options(statement, arguments.positional, is_open=arguments.is_open)
    if name == "group_by":
        return replace(statement, is_grouped=True)
    if name == "select_from" and arguments.positional and isinstance(arguments.positional[0], ClassValue):
        return statement  # says what the columns and functions are of
    if name in sqlalchemy.NARROWING:
        filters.note_filters(frame, arguments.values(), frame.place(node.at))
        is_own = name == "select_from" and _is_own(statement, arguments)
        return replace(statement, is_narrowed=statement.is_narrowed or not is_own)
    if name == "values" and any(isinstance(value, Items) for value in arguments.positional):
        return replace(statement, asks_for_many=True)
    if name == "values" and _changes_nothing(statement, arguments):
        return replace(statement, is_locking=True)
    if name in sqlalchemy.UPSERTS:
        return replace(statement, is_upsert=True)
    if name == "values":
        writing.note_values(frame, statement, node)
    if name == "with_for_update":
        return replace(statement, is_locking=True)
    if name in sqlalchemy.CHANGING_SELECTION:
        added = name.startswith("add_")
        return replace(
            statement, selected=(*statement.selected, *arguments.positional) if added else arguments.positional
        )
    if name == "from_statement":
        given = arguments.get(0, "statement")
        sql = given.sql if isinstance(given, Statement) else None
        return replace(statement, sql=sql, is_opaque=statement.is_opaque or sql is None)
    if name in ("subquery", "cte", "alias", "scalar_subquery", "exists", "as_scalar", "label", "lateral"):
        is_plain = name == "exists" and not (statement.is_narrowed or statement.is_opaque)
        return Aggregate(name, conditions=statement.conditions if is_plain else frozenset())
    if statement.session is not None:
        ran = _run(frame, statement, name, node)
        if ran is not NotImplemented:
            return ran  # type: ignore[return-value]
    if name in sqlalchemy.STATEMENT_METHODS:
        return statement
    return replace(statement, is_opaque=True)


@lru_cache(maxsize=20_000)
def _has_in(node: facts.Call) -> bool:
    """Whether a filter says ``in_`` of whatever column."""
    return any(isinstance(inner, facts.Attribute) and inner.attr in ("in_", "any_") for inner in walk(node.arguments))


def _is_sum(node: facts.Call) -> bool:
    return any(isinstance(argument.value, facts.BinaryOperation) for argument in node.arguments[1:])


def _changes_nothing(statement: Statement, arguments: Arguments) -> bool:
    """``update(User).values(name=User.name)`` writes what is there, to lock the row."""
    return bool(arguments.keywords) and all(
        isinstance(value, Attribute) and value.name == name and value.model is statement.model
        for name, value in arguments.keywords
    )


def narrow_exists(aggregate: Aggregate, arguments: Arguments) -> Aggregate:
    """``exists().where(User.email == email)``: the conditions of the query inside."""
    found = frozenset(each for value in arguments.positional for each in _flatten(value))
    is_whole = all(_is_whole(value) for value in arguments.positional) and not arguments.is_open
    return replace(aggregate, conditions=aggregate.conditions | found if is_whole else frozenset())


def _is_own(statement: Statement, arguments: Arguments) -> bool:
    """``select(func.count()).select_from(User)``: it says what is counted, and leaves nothing out."""
    is_count = all(isinstance(selected, Aggregate) and not selected.arguments for selected in statement.selected)
    is_model = len(arguments.positional) == 1 and isinstance(arguments.positional[0], ClassValue)
    return is_count and is_model and not statement.conditions


def _ordering(arguments: Arguments) -> Iterator[Attribute]:
    """The columns that rows are sorted by, up to the first that is no plain column."""
    for value in arguments.positional:
        inner = value.column if isinstance(value, Ordered) else value
        if not isinstance(inner, Attribute):
            return
        yield inner


def _is_whole(value: Value) -> bool:
    """Whether a filter is nothing but conditions that are known and must all hold."""
    match value:
        case Condition():
            return True
        case Conditions(items) | Record(items):
            return all(_is_whole(item) for item in items)
    return False


def _conditions(frame: Frame, statement: Statement, arguments: Arguments, node: facts.Call) -> Iterator[Condition]:
    for value in arguments.positional:
        yield from _flatten(value)
    entity = bounds.entity_of(statement)
    if entity is not None:
        written = {argument.keyword: argument.value for argument in node.arguments}
        for name, _ in arguments.keywords:
            names = names_in(written.get(name))
            names |= effects.origins(frame, names)
            yield Condition("==", Attribute(entity.ref, name), names=names)


def _flatten(value: Value) -> Iterator[Condition]:
    match value:
        case Condition():
            yield value
        case Conditions(items) | Record(items):
            for item in items:
                yield from _flatten(item)


def with_options(statement: Statement, chosen: tuple[Value, ...], *, is_open: bool = False) -> Statement:
    loads = set(statement.loads)
    is_opaque = statement.is_opaque or is_open
    for value in chosen:
        match value:
            case Loader(items):
                loads.update(items)
            case Record(items) | Items(exact=items) if items:
                more = value.others if isinstance(value, Items) else ()
                statement = with_options(statement, (*items, *more))
                loads |= statement.loads
                is_opaque |= statement.is_opaque
            case _:
                is_opaque = True
    return replace(statement, loads=frozenset(loads), is_opaque=is_opaque)


def nested_loader(receiver: Loader, arguments: Arguments) -> Loader | None:
    """``selectinload(A.b).options(joinedload(B.c))``: the inner options continue the outer path."""
    base = receiver.loads[-1]
    loads = list(receiver.loads)
    for value in arguments.positional:
        if not isinstance(value, Loader):
            return None
        loads += [replace(load, model=base.model, path=(*base.path, *load.path)) for load in value.loads]
    return Loader((*loads, base))


def _run(frame: Frame, statement: Statement, name: str, node: facts.Call) -> object:
    """The methods by which a legacy ``Query`` runs itself."""
    if name in sqlalchemy.ALL_FROM_QUERY:
        return run_query(frame, statement, node)
    if name in sqlalchemy.ONE_ROW_FROM_QUERY:
        items = run_query(frame, replace(statement, is_single=True) if name == "count" else statement, node)
        fetch = items.fetch
        return Answer(fetch) if name in ("scalar", "count") and fetch is not None else items.element
    if name in sqlalchemy.WRITES_FROM_QUERY:
        assert statement.session is not None
        if statement.model is not None:
            events = frame.interpreter.events
            (events.changed if name == "update" else events.deleted).add(statement.model)
        at = frame.place(node.at)
        frame.interpreter.events.saw_session_call(at, statement.session.kind)
        what = f"query.{name}"
        session = statement.session
        is_blocking = session.kind == "sync"
        effect = Effect("write", session.kind, at, what, statement, is_blocking=is_blocking, on=session.identity)
        effects.note(frame, effect, at, node)
        lookups.note(frame, statement, at, is_delete=name == "delete")
        return None
    return NotImplemented


def run_query(frame: Frame, statement: Statement, node: Expression) -> Items:
    """Run a legacy ``Query`` at ``node``: the read is noted, the rows are given."""
    assert statement.session is not None
    session = statement.session
    at = frame.place(node.at)
    frame.interpreter.events.saw_session_call(at, session.kind)
    frame.interpreter.events.saw_query(at, methods.has_known_entity(statement))
    call_node = node if isinstance(node, facts.Call) else facts.Call(node, (), node.at)
    is_blocking = session.kind == "sync"
    effect = Effect("read", session.kind, at, "query", statement, is_blocking=is_blocking, on=session.identity)
    effects.note(frame, effect, at, call_node)
    lookups.note(frame, statement, at)
    paging.note_run(frame, statement, at)
    fetch = Fetch(at, session, statement)
    shape: Literal["rows", "scalars"] = (
        "scalars" if len(statement.selected) == 1 and isinstance(statement.selected[0], ClassValue) else "rows"
    )
    return Items(rows.row_of(fetch, shape), fetch)
