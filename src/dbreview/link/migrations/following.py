"""Control flow while migrations are replayed: what is decided is done, of what is open the way that does more.

Elsewhere every path counts; here the tables after a revision are wanted, and a body runs as Python runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.link import constants, iterating
from dbreview.link.joining import join
from dbreview.link.values import (
    ClassValue,
    Const,
    Entries,
    FunctionValue,
    Given,
    Instance,
    Items,
    LibraryObject,
    Made,
    Record,
    Session,
    Symbol,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.migrations.replay import Replay

CONTROL = (facts.If, facts.For, facts.While, facts.With, facts.Try, facts.Match, facts.Return, facts.Raise, facts.Jump)
_THINGS = (
    Instance, FunctionValue, ClassValue, Made, Session, Entries, Items, Record, LibraryObject, Symbol,
)  # fmt: skip
"""What is not None."""
_LISTS = (Entries, Items, Record)


def control(replay: Replay, frame: Frame, statement: facts.Statement) -> bool:
    """Follow a statement that decides what comes next; False if that is not the next one.

    ``replay.left_by`` then says how the block is left.
    """
    match statement:
        case facts.If(test, body, orelse):
            return _if(replay, frame, test, body, orelse)
        case facts.For():
            return _for(replay, frame, statement)
        case facts.While(test, body):
            if decide(frame, test) is False:
                return True
            return _repeated(frame, body)
        case facts.With(items, body):
            for item in items:
                found, _, _ = iterating.enter(frame, item.context)
                if item.target is not None:
                    frame.bind_target(item.target, found)
            return frame.run(body)
        case facts.Try(body, _, orelse, finalbody):
            goes_on = frame.run(body) and frame.run(orelse)
            left_by = replay.left_by
            if not goes_on and left_by == "raise" and statement.handlers:
                goes_on = frame.run(statement.handlers[0].body)
                left_by = replay.left_by
            ends = frame.run(finalbody)
            replay.left_by = left_by if ends else replay.left_by
            return goes_on and ends
        case facts.Match(subject, cases):
            frame.evaluate(subject)
            return _ways(replay, frame, [case.body for case in cases] or [()])
        case facts.Return(value):
            _return(frame, value)
            replay.left_by = "return"
            return False
        case facts.Raise(value):
            if value is not None:
                frame.evaluate(value)
            replay.left_by = "raise"
            return False
        case facts.Jump(kind) if kind != "pass":
            replay.left_by = kind
            return False
    return True


def _return(frame: Frame, value: Expression | None) -> None:
    given = frame.evaluate(value) if value is not None else Const(None)
    frame.returns_unknown |= given is None
    frame.returned = None if frame.returns_unknown else join(frame.returned, given)


def _if(replay: Replay, frame: Frame, test: Expression, body: Block, orelse: Block) -> bool:
    decided = decide(frame, test)
    if decided is not None:
        return frame.run(body if decided else orelse)
    return _ways(replay, frame, [body, orelse])


def _ways(replay: Replay, frame: Frame, bodies: list[Block] | list[tuple[()]]) -> bool:
    """Several ways, and nobody knows which: each is tried, and that one stays by which more is done and goes on."""
    start, env = replay.snapshot(), dict(frame.env)
    tried = []
    for body in bodies:
        replay.restore(start)
        frame.env = dict(env)
        goes_on = frame.run(body)
        tried.append((goes_on, replay.left_by, frame.env, replay.snapshot()))
    live = [each for each in tried if each[0]] or [each for each in tried if each[1] != "raise"] or tried
    best = max(live, key=lambda each: each[3].done)
    goes_on, replay.left_by, frame.env, after = best
    replay.restore(after)
    for each in tried:
        if each is not best and each[1] != "raise" and each[3].done > start.done and after.done > start.done:
            replay.note_untaken(each[3].done - start.done)
    for each in live:
        if each is not best:
            for name, value in each[2].items():
                frame.env[name] = _either(frame.env[name], value) if name in frame.env else value
    return goes_on


def _either(first: Value, second: Value) -> Value:
    """What a variable holds where one of two ways has set it: of lists that differ nothing is known."""
    if first == second:
        return first
    is_list = isinstance(first, _LISTS) or isinstance(second, _LISTS)
    return None if first is None or second is None or is_list else join(first, second)


def _for(replay: Replay, frame: Frame, statement: facts.For) -> bool:
    values = iterating.iterated(frame, statement.iterable)
    exact = constants.exact_items(values)
    if exact is None:
        element = iterating.element_of(frame, values, None, statement.iterable)
        frame.bind_target(statement.target, element)
        return _repeated(frame, statement.body)
    for item in exact:
        frame.bind_target(statement.target, item)
        if not frame.run(statement.body):
            if replay.left_by == "break":
                return True
            if replay.left_by != "continue":
                return False
    return frame.run(statement.orelse)


def _repeated(frame: Frame, body: Block) -> bool:
    """A loop of which nobody knows how often it runs: once, and what it sets may be set otherwise."""
    before = dict(frame.env)
    frame.run(body)
    for name, value in before.items():
        if frame.env.get(name) != value:
            frame.env[name] = _either(frame.env.get(name), value) if name in frame.env else value
    return True


def decide(frame: Frame, test: Expression) -> bool | None:
    """Whether a condition holds, if that is known; each part of it is evaluated once."""
    match test:
        case facts.UnaryOperation("not", operand):
            inner = decide(frame, operand)
            return None if inner is None else not inner
        case facts.BooleanOperation(left, operator, right):
            first = decide(frame, left)
            if first is not None and first is (operator == "or"):
                return first
            second = decide(frame, right)
            if second is not None and second is (operator == "or"):
                return second
            return None if None in (first, second) else second
        case facts.Comparison(left, ("is" | "is not" | "==" | "!=" as operator,), (facts.Constant(None, _, False),)):
            found = frame.evaluate(left)
            is_none = found == Const(None) if isinstance(found, Const) else False if _is_thing(found) else None
            return None if is_none is None else is_none is (operator in ("is", "=="))
        case facts.NamedExpression(target, value):
            found = frame.evaluate(value)
            frame.bind_target(target, found)
            return truth(found)
    return truth(frame.evaluate(test))


def _is_thing(value: Value) -> bool:
    if isinstance(value, LibraryObject):
        return value.dotted.startswith("<")
    return isinstance(value, _THINGS)


def truth(value: Value) -> bool | None:
    """Whether a value counts as true, if that is known."""
    match value:
        case Const(constant):
            return bool(constant)
        case Given() | None:
            return None
        case Entries(items, others):
            return True if items else None if others else False
        case Items(exact=items, others=others, is_closed=is_closed):
            return True if items else False if is_closed and not others else None
        case Record(items):
            return bool(items)
    return True if _is_thing(value) else None
