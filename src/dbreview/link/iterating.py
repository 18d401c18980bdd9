"""Loops, comprehensions and ``with``: what runs how often, over what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Place
from dbreview.link import bounds, building, calling, conditions, constants, effects, loops, results, rows
from dbreview.link.arguments import Arguments
from dbreview.link.coroutines import tasks
from dbreview.link.drivers import calls, opening
from dbreview.link.events import Loop
from dbreview.link.joining import in_loop, join, join_all, out_of_loop
from dbreview.link.names import FunctionRef
from dbreview.link.querysets import objects, running
from dbreview.link.transactions.steps import NOTHING, Paths
from dbreview.link.values import (
    Const,
    Context,
    Coroutine,
    Either,
    Engine,
    Entity,
    Entries,
    FunctionValue,
    Instance,
    Items,
    QuerySet,
    Record,
    Result,
    Session,
    SessionFactory,
    Statement,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def iterated(frame: Frame, iterable: Expression, *, is_async: bool = False) -> Value:
    """What a loop runs over; a legacy ``Query`` runs itself here, once."""
    values = frame.evaluate(iterable)
    if isinstance(values, Coroutine):
        tasks.note_taken(frame, values)
        values = values.value
    if isinstance(values, Statement) and values.session is not None:
        return building.run_query(frame, values, iterable)
    if isinstance(values, Session) and values.ran is not None:
        values = calls.result_of(values)
    if isinstance(values, QuerySet) and is_async:
        if values.relation is not None and isinstance(iterable, facts.Attribute):
            objects.mark_loaded(frame, iterable.value, (Const(values.relation),))
        return running.run(frame, values, iterable)
    if isinstance(values, QuerySet):
        tasks.note_taken(frame, values, at=frame.place(iterable.at))
    if isinstance(values, Result):
        results.note_read(frame, values, "iteration", frame.place(iterable.at))
    return values


def loop_over(frame: Frame, target: Expression, iterable: Expression, values: Value, at: Place, body: Block) -> Loop:
    kind, confidence = loops.classify(target, iterable, values)
    fetch = loops.fetch_of(values)
    if (
        is_batching(frame)
        or frame.is_handling
        or loops.ends_at_once(body)
        or (fetch is not None and bounds.is_single(fetch, frame.interpreter.models))
    ):
        kind = "other"
    if loops.fetch_of(values) is not None:
        element = element_of(frame, values, at, None, is_quiet=True)
        frame.interpreter.events.saw_row_loop(at, element is not None)
    return Loop(
        at,
        kind,
        loops.changing_names(target),
        target.id if isinstance(target, facts.Name) else None,
        confidence,
        loops.searching_calls(body),
        loops.carried_calls(body),
        loops.kept_calls(body),
        needed=loops.needed_flushes(body),
        is_fed=isinstance(iterable, facts.Name) and loops.feeds(frozenset((iterable.id,)), body),
    )


def is_batching(frame: Frame) -> bool:
    """Whether this is a data loader's method: one query for a group of keys is its purpose."""
    owner = frame.ref.owner if frame.ref is not None else None
    names = frame.interpreter.classes.library_ancestors(owner) if owner is not None else ()
    return any(name.rpartition(".")[2] == "DataLoader" for name in names)


def leaves_loop(frame: Frame, entity: Entity) -> bool:
    """Whether the code that runs now ends the loop that runs over the entity."""
    for loop in reversed(frame.loops):
        if loop.kind == "exit":
            return True
        if loop.at == entity.loop:
            return False
    return False


def element_of(
    frame: Frame, values: Value, loop: Place | None, iterable: Expression | None, *, is_quiet: bool = False
) -> Value:
    """One element of what is iterated over; ``loop`` is the loop that takes them one by one."""
    fetch = loops.fetch_of(values)
    if fetch is not None and bounds.is_single(fetch, frame.interpreter.models):
        loop = None
    match values:
        case Items(element):
            return in_loop(element, None if values.is_literal else loop)
        case Result(fetch, shape):
            return in_loop(rows.row_of(fetch, shape), loop)
        case Statement(session=Session()):
            if is_quiet or iterable is None:
                return None
            ran = building.run_query(frame, values, iterable)
            return in_loop(ran.element, loop)
        case Record(items):
            return join_all(items)
        case Either(parts):
            element = None
            for part in parts:
                element = join(element, element_of(frame, part, loop, iterable, is_quiet=is_quiet))
            return element
        case Coroutine(value) | Context(value):
            return element_of(frame, value, loop, iterable, is_quiet=is_quiet)
    return None


def part_of(value: Value) -> Value:
    """A part of something unpacked whose width is not known."""
    return value.element if isinstance(value, Items) else None


def comprehension(frame: Frame, node: facts.Comprehension) -> Value:
    if frame.interpreter.reads_schema and len(node.clauses) == 1:
        items = constants.exact_items(frame.evaluate(node.clauses[0].iterable))
        if items is not None:
            return _unrolled(frame, node, items)
    first = iterated(frame, node.clauses[0].iterable, is_async=node.clauses[0].is_async)
    outer = frame.env
    frame.env = dict(outer)
    pushed = 0
    for index, clause in enumerate(node.clauses):
        values = first if index == 0 else iterated(frame, clause.iterable, is_async=clause.is_async)
        loop = loop_over(frame, clause.target, clause.iterable, values, frame.place(clause.at), ())
        element = element_of(frame, values, loop.at, clause.iterable)
        effects.note_dependence(frame, clause.target, clause.iterable)
        frame.loops.append(loop)
        pushed += 1
        frame.bind_target(clause.target, element)
        for condition in clause.conditions:
            frame.evaluate(condition)
    if node.key is not None:
        frame.evaluate(node.key)
    frame.comprehensions += 1
    made = frame.evaluate(node.element)
    if isinstance(made, QuerySet):  # somebody will await all of them
        made = Coroutine(running.run(frame, made, node.element))
    frame.comprehensions -= 1
    del frame.loops[-pushed:]
    frame.env = outer
    is_literal = len(node.clauses) == 1 and loops.is_constant(node.clauses[0].iterable, first)
    is_part = node.kind == "set" or len(node.clauses) > 1 or bool(node.clauses[0].conditions) or node.key is not None
    return Items(out_of_loop(made), loops.fetch_of(first), is_literal, is_part=is_part)


def _unrolled(frame: Frame, node: facts.Comprehension, items: tuple[Value, ...]) -> Value:
    """A comprehension over known items, one by one."""
    outer = frame.env
    frame.env = dict(outer)
    found: list[Value] = []
    named: list[tuple[str, Value]] = []
    clause = node.clauses[0]
    is_sure = True
    for item in items:
        frame.bind_target(clause.target, item)
        holds = [conditions.truth(frame, condition) for condition in clause.conditions]
        is_sure = is_sure and (None not in holds or False in holds)
        if False not in holds:
            key = frame.evaluate(node.key) if node.key is not None else None
            found.append(frame.evaluate(node.element))
            named += [(str(key.value), found[-1])] if isinstance(key, Const) else []
    frame.env = outer
    if not is_sure and frame.interpreter.replay is not None:
        return Items(join_all(found), is_part=True)
    if node.key is not None:
        return Entries(tuple(named), () if len(named) == len(found) else (None,))
    return Items(join_all(found), is_literal=True, exact=tuple(found), is_closed=node.kind in ("list", "set"))


def enter(frame: Frame, context: Expression) -> tuple[Value, Paths, bool]:
    """What ``with context as x`` gives ``x``, what it does when the block ends, and whether it rolls failures back."""
    value = frame.evaluate(context)
    if isinstance(value, Coroutine):
        value = value.value
    if isinstance(value, Context):
        return value.value, value.leaving, value.is_shield
    if isinstance(value, Items) and value.is_lazy:
        return value.element, value.leaving, False  # `contextmanager(get_session)()`
    if isinstance(value, Session) and (block := opening.block_of(frame, value, context)) is not None:
        return block.value, block.leaving, block.is_shield
    entered = _entered(frame, value)
    if not isinstance(value, Instance):
        return entered, NOTHING, isinstance(value, (Session, SessionFactory, Engine))
    holder = entered if isinstance(entered, Instance) and entered.ref is value.ref else value
    return entered, _leaving(frame, holder), False


def _leaving(frame: Frame, value: Instance) -> Paths:
    """What the end of a ``with`` block does that went well: ``__exit__`` without an exception."""
    for name in ("__aexit__", "__exit__"):
        member = frame.interpreter.classes.member(value.ref, name)
        if isinstance(member, FunctionRef):
            none = Const(None)
            return frame.interpreter.call(FunctionValue(member, value), Arguments((none, none, none))).paths
    return NOTHING


def _entered(frame: Frame, value: Value) -> Value:
    match value:
        case SessionFactory(kind, expires=expires):
            return Session(kind, expires=expires)
        case Engine(kind):
            return Session(kind, is_connection=True)
        case Instance(ref):
            for name in ("__aenter__", "__enter__"):
                member = frame.interpreter.classes.member(ref, name)
                if isinstance(member, FunctionRef):
                    entered = calling.invoke(frame, FunctionValue(member, value), None, None)
                    if isinstance(entered, Coroutine):
                        entered = entered.value
                    if entered is not None and entered != value:
                        return entered
                    set_there = dict(frame.interpreter.call(FunctionValue(member, value), Arguments()).fields)
                    kept = {name: field for name, field in value.fields if name not in set_there}
                    return replace(value, fields=(*kept.items(), *set_there.items()))
    return value
