"""Follow the statements of a body, path by path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link import (
    client,
    conditions,
    constants,
    effects,
    filters,
    iterating,
    loops,
    results,
    routes,
    secrets,
)
from dbreview.link.caches import keeping
from dbreview.link.coroutines import expiry, tasks
from dbreview.link.drivers import texts
from dbreview.link.drivers import transactions as connections
from dbreview.link.events import Loop
from dbreview.link.exposure import hiding, returning
from dbreview.link.joining import in_loop, join, meet, options
from dbreview.link.lifetimes import owning
from dbreview.link.querysets import transactions as ambient
from dbreview.link.syntax import calls_in, dotted_name, last_name, names_in, walk
from dbreview.link.transactions import inserting, paths, transactions, writing
from dbreview.link.transactions.steps import Paths
from dbreview.link.values import (
    ENTERED,
    Composed,
    Const,
    Either,
    Entries,
    FunctionValue,
    Items,
    Session,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


_EMPTY = Items(None, is_closed=True)
"""A collection without items."""


def run(frame: Frame, body: Block) -> bool:
    """Follow a block; False when no path reaches its end."""
    return all(_statement(frame, statement) for statement in body)


def _statement(frame: Frame, statement: facts.Statement) -> bool:
    replay = frame.interpreter.replay
    if replay is not None and replay.controls(statement):
        return replay.control(frame, statement)
    match statement:
        case facts.ExpressionStatement(value):
            tasks.note_dropped(frame, frame.evaluate(value))
            client.note_check(frame, value)
            effects.note_filling(frame, value)
        case facts.Assign(targets, value):
            found = frame.evaluate(value)
            for target in targets:
                tasks.note_kept(frame, target, found)
                frame.bind_target(target, found)
                effects.note_dependence(frame, target, value)
                secrets.note_assignment(frame, target, value)
                writing.note_assignment(frame, target, value)
                hiding.note_assignment(frame, target, value)
                if isinstance(target, facts.Name):
                    writing.note_source(frame, target.id, value)
                owning.note_owner(frame, target, value, found)
                keeping.note_assigned(frame, target, value, found)
        case facts.AnnotatedAssign(target, annotation, value):
            found = frame.evaluate(value) if value is not None else None
            if found is None or isinstance(found, Const):
                found = frame.interpreter.declared.value(frame.path, annotation, frame=frame) or found
            frame.bind_target(target, found)
            if value is not None:
                effects.note_dependence(frame, target, value)
                owning.note_owner(frame, target, value, found)
                keeping.note_assigned(frame, target, value, found)
        case facts.AugmentedAssign(target, operator, value):
            frame.evaluate(target)
            added = frame.evaluate(value)
            keeping.note_assigned(frame, target, value, added)
            effects.note_dependence(frame, target, value)
            writing.note_assignment(frame, target, value, operator.removesuffix("="))
            if isinstance(target, facts.Name):
                before = frame.env.get(target.id)
                filters.note_filters(frame, (added,), frame.place(statement.at))
                if isinstance(before, Items) and isinstance(added, Items):
                    frame.env[target.id] = join(before, added)
                elif isinstance(before, (Const, Composed, Either)):
                    frame.env[target.id] = texts.added(before, added) if operator.startswith("+") else None
        case facts.Return(value):
            if value is not None:
                given = frame.evaluate(value)
                frame.returns_unknown |= given is None
                frame.returned = join(frame.returned, given)
                frame.returned_at = frame.returned_at or frame.place(value.at)
                returning.note_return(frame, given, value)
            frame.exits.append(frame.absent)
            paths.end(frame)
            return False
        case facts.Raise(value):
            if value is not None:
                frame.evaluate(value)
            frame.paths = ()
            return False
        case facts.Jump(kind):
            if kind != "pass":
                paths.jump(frame)
            return kind == "pass"
        case facts.If():
            return _if(frame, statement)
        case facts.For():
            _for(frame, statement)
        case facts.While(test, body, orelse):
            frame.evaluate(test)
            _loop(frame, _while_loop(frame, statement), body)
            run(frame, orelse)
            if isinstance(test, facts.Constant) and test.value is True and not loops.leaves(body):
                return False
        case facts.With():
            return _with(frame, statement)
        case facts.Try():
            return _try(frame, statement)
        case facts.Match(subject, cases):
            return _match(frame, subject, cases)
        case facts.Function():
            function = FunctionValue(frame.interpreter.local_ref(frame.path, statement), None, frame.as_closure())
            frame.env[statement.name] = function
            frame.local_functions.append(function)
            _note_route(frame, function)
        case facts.Delete(target):
            hiding.note_deleted(frame, target)
            if isinstance(target, facts.Name):
                frame.env.pop(target.id, None)
        case facts.Assert(test):
            frame.evaluate(test)
            client.note_bounds(frame, test)
        case facts.Import() | facts.ImportFrom():
            _local_import(frame, statement)
    return True


def _local_import(frame: Frame, statement: facts.Import | facts.ImportFrom) -> None:
    for name, definition in frame.interpreter.names.local_imports(frame.path, statement):
        frame.env[name] = frame.interpreter.definition_value(definition)


def _if(frame: Frame, statement: facts.If) -> bool:
    value = frame.evaluate(statement.test)
    tasks.note_taken(frame, value)
    results.note_test(frame, statement.test, value)
    client.note_bounds(frame, statement.test)
    decided = conditions.truth(frame, statement.test)
    if decided is None and _is_asked_of_known_dict(frame, statement.test):
        decided = bool(value.value) if isinstance(value, Const) else None
    if decided is not None:
        return run(frame, statement.body if decided else statement.orelse)
    frame.is_cached = frame.is_cached or _answers_from_cache(frame, statement)
    before = dict(frame.env)
    start, absent, running = frame.paths, frame.absent, list(frame.running)
    asked = inserting.asked(frame, statement.test)
    none = (*absent, asked[0]) if asked is not None else absent
    _note_empty(frame, statement.test)
    frame.absent = absent if asked is None or asked[1] else none
    goes_on = conditions.narrow(frame, statement.test, True) and _branch(
        frame, statement.body, _fills(statement), bool(frame.loops) and loops.is_batch_test(statement.test)
    )
    after_body, frame.env = frame.env, before
    after_paths, frame.paths = frame.paths, start
    after_running, frame.running = frame.running, running
    frame.absent = none if asked is not None and asked[1] else absent
    other_goes_on = conditions.narrow(frame, statement.test, False) and _branch(frame, statement.orelse)
    frame.paths = paths.unite((*after_paths, *frame.paths))
    frame.running = list(dict.fromkeys((*after_running, *frame.running)))
    frame.absent = none if asked is not None and not (goes_on if asked[1] else other_goes_on) else absent
    if goes_on and other_goes_on:
        _forget_the_empty(frame, statement, after_body)
        _merge(frame, after_body)
    elif goes_on:
        frame.env = after_body
    if goes_on is not other_goes_on:
        client.note_given(frame, statement.test, is_left_when=other_goes_on)
    return goes_on or other_goes_on


def _is_asked_of_known_dict(frame: Frame, test: Expression) -> bool:
    """``if config.get("headers"):`` of a dict of which everything is known."""
    match test:
        case facts.Call(facts.Attribute(facts.Name(name), "get")):
            holder = frame.env.get(name)
            return isinstance(holder, Entries) and not holder.others and holder.fetch is None
    return False


def _note_empty(frame: Frame, test: Expression) -> None:
    """``if not rows: return rows``: there are none."""
    match test:
        case facts.UnaryOperation("not", facts.Name(name)) if _is_collection(frame.env.get(name)):
            frame.env[name] = _EMPTY


def _is_collection(value: Value) -> bool:
    found = options(value)
    return bool(found) and all(isinstance(each, Items) for each in found)


def _forget_the_empty(frame: Frame, statement: facts.If, after_body: dict[str, Value]) -> None:
    """``if rows: rows = load_again(rows)`` and ``if not rows: ...``: on one of the two ways there are no rows."""
    match statement.test:
        case facts.Name(name) if not statement.orelse:
            before, after = frame.env.get(name), after_body.get(name)
            if before != after and _is_collection(before) and _is_collection(after):
                frame.env[name] = after
        case facts.UnaryOperation("not", facts.Name(name)) if after_body.get(name) == _EMPTY:
            after_body[name] = frame.env.get(name)


def _answers_from_cache(frame: Frame, statement: facts.If) -> bool:
    """``if _names: return _names``: what follows runs until the names are known, not in every call."""
    path = dotted_name(statement.test)
    is_lasting = path is not None and (path.startswith(("self.", "cls.")) or path not in frame.env)
    return is_lasting and any(
        isinstance(s, facts.Return) and s.value is not None and dotted_name(s.value) == path for s in statement.body
    )


def _writes(body: Block) -> bool:
    """Whether a block visibly changes data: then each pass may want a transaction of its own."""
    return any(
        isinstance(call.func, facts.Attribute) and call.func.attr in sqlalchemy.WRITING_METHODS
        for call in calls_in(body)
    )


def _fills(statement: facts.If) -> bool:
    """``if self.user is None: self.user = query()``: what the block does, it does once."""
    match statement.test:
        case facts.Comparison(subject, ("is" | "==",), (facts.Constant(None),)) | facts.UnaryOperation("not", subject):
            path = dotted_name(subject)
        case facts.Comparison(_, ("not in",), (facts.Name(holder),)):
            return any(
                isinstance(target, facts.Subscript) and dotted_name(target.value) == holder
                for inner in walk(statement.body)
                if isinstance(inner, facts.Assign)
                for target in inner.targets
            )
        case _:
            return False
    return path is not None and any(
        isinstance(inner, facts.Assign) and any(dotted_name(target) == path for target in inner.targets)
        for inner in statement.body
    )


def _branch(frame: Frame, body: Block, is_rare: bool = False, is_batch: bool = False) -> bool:
    """Follow a block that only some passes take. One that ends the loop runs once at most; so does one that
    fills a cache or handles an error, also for callers that loop."""
    is_once = is_rare or is_batch or (bool(frame.loops) and loops.ends_loop(body))
    if not is_once:
        return run(frame, body)
    before = dict(frame.effects)
    at = frame.loops[-1].at if frame.loops else frame.place(body[0].at)
    frame.loops.append(Loop(at, "exit", frozenset(), None, "low"))
    goes_on = run(frame, body)
    frame.loops.pop()
    if is_rare:
        new = {key: replace(effect, is_once=True) for key, effect in frame.effects.items() if key not in before}
        frame.effects = before | new
    return goes_on


def _merge(frame: Frame, other: dict[str, Value]) -> None:
    env = frame.env
    for name, value in other.items():
        if name not in env:
            env[name] = value
        elif env[name] is not value:
            env[name] = meet(env[name], value)


def _for(frame: Frame, statement: facts.For) -> None:
    values = iterating.iterated(frame, statement.iterable, is_async=statement.is_async)
    exact = constants.exact_items(values) if frame.interpreter.reads_schema else None
    if exact is not None:
        for item in exact:
            frame.bind_target(statement.target, item)
            run(frame, statement.body)
        return
    loop = iterating.loop_over(
        frame, statement.target, statement.iterable, values, frame.place(statement.at), statement.body
    )
    if statement.is_async and (values is None or (isinstance(values, Items) and values.is_lazy)):
        loop = replace(loop, kind="other")  # a stream of messages or lines, not of rows
    element = iterating.element_of(frame, values, loop.at, statement.iterable)
    if isinstance(element, Session):  # `async for session in get_session(): ...` is a `with`
        frame.bind_target(statement.target, element)
        jumped, frame.jumped = frame.jumped, ()
        if run(frame, statement.body) and isinstance(values, Items):
            paths.follow(frame, values.leaving, loop.at)
        frame.paths, frame.jumped = paths.unite((*frame.paths, *frame.jumped)), jumped
        return
    before = dict(frame.env)
    frame.bind_target(statement.target, element)
    effects.note_dependence(frame, statement.target, statement.iterable)
    fetch = loops.fetch_of(values)
    frame.filling += [fetch] if fetch is not None else []
    _loop(frame, loop, statement.body)
    del frame.filling[len(frame.filling) - (fetch is not None) :]
    _merge(frame, before)
    run(frame, statement.orelse)


def _while_loop(frame: Frame, statement: facts.While) -> Loop:
    """A ``while`` that takes one item after the other is a ``for`` in other words."""
    at = frame.place(statement.at)
    names = loops.taken_by(statement.test, statement.body)
    for name in names:
        if isinstance(statement.test, facts.Comparison) and isinstance(statement.test.left, facts.NamedExpression):
            frame.env[name] = in_loop(frame.env.get(name), at)
    if not names:
        return Loop(at, "other", frozenset(), None, "low")
    body = statement.body
    calls = (loops.searching_calls(body), loops.carried_calls(body), loops.kept_calls(body))
    return Loop(at, "rows", names, None, "medium", *calls, is_fed=loops.feeds(names, body))


def _loop(frame: Frame, loop: Loop, body: Block) -> None:
    """Follow a loop's body once; what it does from pass to pass is seen by putting its paths one behind the other."""
    before, jumped = frame.paths, frame.jumped
    frame.loops.append(loop)
    with paths.apart(frame, before):
        frame.jumped = ()
        run(frame, body)
        one_pass = paths.unite((*frame.paths, *frame.jumped))
    frame.loops.pop()
    frame.jumped = jumped
    paths.repeat(frame, one_pass)
    frame.paths = paths.unite((*before, *paths.behind(frame, before, one_pass)))


def _with(frame: Frame, statement: facts.With) -> bool:
    leaving: list[Paths] = []
    entered: list[Session] = []
    blocks: list[tuple[Session, Place]] = []
    shields = 0
    for item in statement.items:
        found, left, is_shield = iterating.enter(frame, item.context)
        is_block = isinstance(item.context, facts.Call) and last_name(item.context) in ("begin", "begin_nested")
        leaving.append(left)
        shields += is_shield
        if isinstance(found, Session) and found.identity is None and not is_block and not found.is_scoped:
            found = replace(found, given=ENTERED)
        sessions = [each for each in options(found) if isinstance(each, Session)] if not is_block else []
        for session in sessions:
            effects.note_entered(frame, session.identity)
        entered += sessions
        owning.note_block(frame, item, found)
        if (block := connections.block_of(item.context, found)) is not None:
            blocks.append((block, frame.place(item.context.at)))
        if frame.loops and isinstance(found, Session) and _writes(statement.body):
            frame.loops[-1] = replace(frame.loops[-1], opens_session=True)
        if item.target is not None:
            frame.bind_target(item.target, found)
            frame.entered |= dict.fromkeys(names_in(item.target), len(frame.loops))
    is_lock = any(writing.is_lock(item.context) for item in statement.items)
    frame.shields += [len(frame.loops)] * shields
    frame.interpreter.locks += is_lock
    is_unflushed = any(last_name(item.context) == "no_autoflush" for item in statement.items)
    frame.unflushed += is_unflushed
    opens = any(ambient.is_opened(each) for each in entered)
    if opens:
        ambient.note_block(frame, statement.body)
    opens = opens or any(ambient.is_manager(frame, item.context) for item in statement.items)
    with (
        ambient.around(frame, opens),
        connections.around(frame, blocks),
    ):
        frame.run(statement.body)
    frame.unflushed -= is_unflushed
    frame.interpreter.locks -= is_lock
    del frame.shields[len(frame.shields) - shields :]
    at = frame.place(statement.at)
    for left in reversed(leaving):
        paths.follow(frame, left, at)
        for step in (step for path in left for step in path if step.kind == "commit" and step.is_async):
            expiry.note_committed(frame, step.session, step.at)
    frame.closed |= {each.identity for each in entered if each.identity is not None}
    if any(tasks.is_group(item.context) for item in statement.items):
        frame.running.clear()
    return loops.may_end(statement.body)


def _try(frame: Frame, statement: facts.Try) -> bool:
    before = dict(frame.env)
    start, shields, known = frame.paths, frame.shields, set(frame.effects)
    opened = set(frame.opened)
    frame.shields = []
    lets_go_on = any(loops.may_end(handler.body) or loops.continues(handler.body) for handler in statement.handlers)
    frame.tries += [len(frame.loops)] if lets_go_on else []
    catches = any(transactions.catches_conflict(frame, handler) for handler in statement.handlers)
    frame.interpreter.catching += catches
    goes_on = run(frame, statement.body)
    frame.interpreter.catching -= catches
    del frame.tries[len(frame.tries) - lets_go_on :]
    frame.shields = shields
    done = frame.paths
    risky = transactions.risky(frame, known, opened)
    if catches and risky is not None:
        inserting.forget(frame)
    is_undone = any(transactions.rolls_back(handler) for handler in statement.handlers)
    gives_up = any(handler.body and isinstance(handler.body[-1], facts.Return) for handler in statement.handlers)
    transactions.note_handled(frame, known, is_undone=is_undone, is_guarded=lets_go_on, is_tolerated=gives_up)
    goes_on = goes_on and run(frame, statement.orelse)
    ends = [(goes_on, frame.env)]
    ways = [frame.paths]
    for handler in statement.handlers:
        frame.env = dict(before)
        _merge(frame, ends[0][1])
        if handler.name is not None:
            frame.env[handler.name] = None
        frame.paths = paths.undone(frame, start, done)
        transactions.note_caught(frame, handler, risky)
        frame.is_handling += 1
        absent = frame.absent
        frame.absent += inserting.not_found(frame, handler, known)
        ends.append((_branch(frame, handler.body, is_rare=True), frame.env))
        frame.is_handling -= 1
        frame.absent = absent
        ways.append(frame.paths)
    frame.paths = paths.unite([path for way in ways for path in way])
    live = [env for goes_on, env in ends if goes_on]
    frame.env = live[0] if live else ends[0][1]
    for env in live[1:]:
        _merge(frame, env)
    return run(frame, statement.finalbody) and bool(live)


def _match(frame: Frame, subject: Expression, cases: Sequence[facts.Case]) -> bool:
    frame.evaluate(subject)
    client.note_choice(frame, subject)
    before = dict(frame.env)
    live: list[dict[str, Value]] = [before]
    start = frame.paths
    ways = list(start)
    for case in cases:
        frame.env, frame.paths = dict(before), start
        for name in case.bindings:
            frame.env[name] = None
        if case.guard is not None:
            frame.evaluate(case.guard)
        if run(frame, case.body):
            live.append(frame.env)
        ways += frame.paths
    frame.paths = paths.unite(ways)
    frame.env = dict(live[0])
    for env in live[1:]:
        _merge(frame, env)
    return True


def _note_route(frame: Frame, function: FunctionValue) -> None:
    for decorator in function.ref.facts.decorators:
        route = routes.decorated(frame, function.ref, decorator)
        if route is not None:
            found = routes.local(function, route, decorator)
            frame.interpreter.local_routes.setdefault(function.ref, found)
