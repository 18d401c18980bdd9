"""Sessions, and what needs them, that are given to tasks which outlive the request.

Whose session it is can be told only when all dependencies are known: here it is noted, ``outliving`` judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import fastapi
from dbreview.link import calling, strategies
from dbreview.link.arguments import Arguments
from dbreview.link.events import Effect, HandedEvent
from dbreview.link.joining import options
from dbreview.link.syntax import dotted_name, last_name, names_in, walk
from dbreview.link.values import (
    Entity,
    Entries,
    FunctionValue,
    Instance,
    Items,
    LambdaValue,
    Partial,
    Record,
    Session,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

_How: TypeAlias = Literal["background", "beside", "thread", "queue"]
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class _Task:
    """A function with its arguments, each with its expression, that runs later or elsewhere."""

    how: _How
    call: facts.Call
    function: Value
    written: Expression
    given: tuple[tuple[Expression, Value], ...]
    arguments: Arguments


# --- calls that make tasks ----------------------------------------------------------------


def note_call(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> None:
    """A call of something of a library, which may make a task."""
    holder, _, name = dotted.rpartition(".")
    if dotted in fastapi.BACKGROUND_TASK or (
        name == "add_task" and holder.removesuffix("()") in fastapi.BACKGROUND_TASKS
    ):
        _note(frame, _task("background", node, arguments, 0, "func"))
    elif name in fastapi.STARTS_COROUTINE and (holder == "asyncio" or holder in fastapi.EVENT_LOOPS):
        _note_coroutine(frame, node)
    elif name in fastapi.STARTS_FUNCTION and holder.endswith("()") and is_left_running(frame, node):
        _note(frame, _task("thread", node, arguments, fastapi.STARTS_FUNCTION[name], "fn"))


def note_queued(frame: Frame, receiver: Value, arguments: Arguments, node: facts.Call) -> None:
    """``send_report.delay(user)``: the task runs in another process."""
    if isinstance(receiver, (FunctionValue, type(None))) and isinstance(node.func, facts.Attribute):
        given = _given(node.arguments, arguments, 0)
        _note(frame, _Task("queue", node, None, node.func.value, given, arguments))


def _note_coroutine(frame: Frame, node: facts.Call) -> None:
    inner = node.arguments[0].value if node.arguments else None
    if not isinstance(inner, facts.Call) or not is_left_running(frame, node):
        return
    arguments = calling.arguments_of(frame, inner)
    function = frame.evaluate(inner.func)
    _note(frame, _Task("beside", node, function, inner.func, _given(inner.arguments, arguments, 0), arguments))


def _task(how: _How, node: facts.Call, arguments: Arguments, position: int, keyword: str) -> _Task | None:
    """``add_task(function, *arguments)`` as a task."""
    if any(argument.stars for argument in node.arguments[: position + 1]):
        return None
    keywords = tuple(each for each in arguments.keywords if each[0] != keyword)
    rest = Arguments(arguments.positional[position + 1 :], keywords, arguments.is_open)
    written = next((a.value for a in node.arguments if a.keyword == keyword), None)
    skipped = position + 1
    if written is None:
        positional = [a.value for a in node.arguments if a.keyword is None]
        if len(positional) <= position:
            return None
        written = positional[position]
    else:
        rest, skipped = Arguments(arguments.positional, keywords, arguments.is_open), 0
    return _Task(how, node, arguments.get(position, keyword), written, _given(node.arguments, rest, skipped), rest)


def _given(
    written: Iterable[facts.Argument], arguments: Arguments, skipped: int
) -> tuple[tuple[Expression, Value], ...]:
    """The arguments as they are written, with their values; what stars hide is left out."""
    found: list[tuple[Expression, Value]] = []
    position = 0
    for argument in written:
        if argument.stars:
            break
        if argument.keyword is not None:
            found += [(argument.value, arguments.keyword(argument.keyword))]
            continue
        position += 1
        if position > skipped and position - skipped <= len(arguments.positional):
            found += [(argument.value, arguments.positional[position - skipped - 1])]
    return tuple(found)


# --- whether anybody waits for it ---------------------------------------------------------


def is_left_running(frame: Frame, node: facts.Call) -> bool:
    """Whether the function goes on, and ends, without waiting for the task that ``node`` makes."""
    body = frame.ref.facts.body if frame.ref is not None else ()
    nodes = list(walk(body))
    waited = frozenset().union(*(_waited_for(each) for each in nodes))
    for each in nodes:
        match each:
            case facts.ExpressionStatement(value) if value == node:
                return True
            case facts.ExpressionStatement(facts.Call(facts.Attribute(facts.Name(kept), "add" | "append"), (only,))):
                if only.value == node:
                    return kept not in waited
            case facts.Assign((facts.Name(name),), value) | facts.AnnotatedAssign(facts.Name(name), _, value):
                if value == node:
                    return name not in waited and _is_only_kept(nodes, name, waited)
    return False


def _waited_for(node: object) -> frozenset[str]:
    """The names that a fact waits for, or gives to somebody who may."""
    match node:
        case facts.Await(value):
            return names_in(value)
        case facts.Yield(value) | facts.Return(value):
            return names_in(value) if value is not None else frozenset()
        case facts.For(iterable=iterable):
            return names_in(iterable)
        case facts.With(items):
            return frozenset().union(*(names_in(item.context) for item in items))
    return frozenset()


def _is_only_kept(nodes: Iterable[object], name: str, waited: frozenset[str]) -> bool:
    """Whether all that is done with a task is to name it, and to keep it from being collected."""
    for each in nodes:
        match each:
            case facts.Call(facts.Attribute(facts.Name(owner), method), arguments) if owner == name:
                if method not in ("add_done_callback", "set_name"):
                    return False
            case facts.Call(facts.Attribute(facts.Name(kept), "add" | "append")) if kept not in waited:
                continue
            case facts.Call(_, arguments) if any(name in names_in(argument.value) for argument in arguments):
                return False
            case facts.Assign(_, value) if name in names_in(value):
                return False
    return True


