"""Sessions, and what needs them, that are given to tasks which outlive the request.

Whose session it is can be told only when all dependencies are known: here it is noted, ``outliving`` judges.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import fastapi
from dbreview.link import calling, constants
from dbreview.link.arguments import Arguments
from dbreview.link.lifetimes import handing
from dbreview.link.lifetimes.handing import How, Task
from dbreview.link.syntax import names_in, walk
from dbreview.link.values import Coroutine, FunctionValue, LambdaValue, Partial, Value

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

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
    elif name == "run_in_executor" and holder in fastapi.EVENT_LOOPS and is_left_running(frame, node):
        _note(frame, _task("thread", node, arguments, 1, "func"))
    elif name == "submit" and holder in fastapi.EXECUTORS and is_left_running(frame, node):
        _note(frame, _task("thread", node, arguments, 0, "fn"))
    elif dotted == fastapi.THREAD and is_left_running(frame, node):
        _note(frame, _listed(node, arguments, 1, "target"))
    elif name == "add_job" and holder.startswith("apscheduler."):
        _note(frame, _listed(node, arguments, 0, "func"))


def note_queued(frame: Frame, receiver: Value, arguments: Arguments, node: facts.Call) -> None:
    """``send_report.delay(user)``: the task runs in another process."""
    if isinstance(receiver, (FunctionValue, type(None))) and isinstance(node.func, facts.Attribute):
        given = _given(node.arguments, arguments, 0)
        _note(frame, Task("queue", node, None, node.func.value, given, arguments))


def _note_coroutine(frame: Frame, node: facts.Call) -> None:
    inner = node.arguments[0].value if node.arguments else None
    if inner is None or not is_left_running(frame, node):
        return
    if not isinstance(inner, facts.Call):
        made = frame.evaluate(inner)
        if isinstance(made, Coroutine) and made.use is not None:
            handing.note_coroutine(frame, Task("beside", node, None, inner, (), Arguments()), made.use)
        return
    arguments = calling.arguments_of(frame, inner)
    function = frame.evaluate(inner.func)
    _note(frame, Task("beside", node, function, inner.func, _given(inner.arguments, arguments, 0), arguments))


def _task(how: How, node: facts.Call, arguments: Arguments, position: int, keyword: str) -> Task | None:
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
    return Task(how, node, arguments.get(position, keyword), written, _given(node.arguments, rest, skipped), rest)


def _listed(node: facts.Call, arguments: Arguments, position: int, keyword: str) -> Task | None:
    """``Thread(target=function, args=(session,))``, ``scheduler.add_job(function, args=[session])``."""
    named = {argument.keyword: argument.value for argument in node.arguments}
    positional = [argument.value for argument in node.arguments if argument.keyword is None]
    function = named.get(keyword, positional[position] if position < len(positional) else None)
    if function is None:
        return None
    listed, values = named.get("args"), constants.exact_items(arguments.keyword("args"))
    items = listed.items if isinstance(listed, facts.Display) and values is not None else ()
    given = tuple(zip(items, values or (), strict=False))
    rest = Arguments(tuple(value for _, value in given), (), not given)
    return Task("thread", node, arguments.get(position, keyword), function, given, rest)


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
            case facts.ExpressionStatement(facts.Call(facts.Attribute(value, "start")) | value) if value == node:
                return not _is_of_block(nodes, node)
            case facts.ExpressionStatement(facts.Call(facts.Attribute(facts.Name(kept), "add" | "append"), (only,))):
                if only.value == node:
                    return kept not in waited
            case facts.Assign((facts.Name(name),), value) | facts.AnnotatedAssign(facts.Name(name), _, value):
                if value == node and not _is_of_block(nodes, node):
                    return name not in waited and _is_only_kept(nodes, name, waited)
    return False


def _is_of_block(nodes: Iterable[object], node: facts.Call) -> bool:
    """``with ThreadPoolExecutor() as executor: executor.submit(...)``: the end of the block waits for it."""
    match node.func:
        case facts.Attribute(facts.Name(name)):
            items = (item for each in nodes if isinstance(each, facts.With) for item in each.items)
            return any(isinstance(item.target, facts.Name) and item.target.id == name for item in items)
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
                if method not in ("add_done_callback", "set_name", "start"):
                    return False
            case facts.Call(facts.Attribute(facts.Name(kept), "add" | "append")) if kept not in waited:
                continue
            case facts.Call(_, arguments) if any(name in names_in(argument.value) for argument in arguments):
                return False
            case facts.Assign(_, value) if name in names_in(value):
                return False
    return True


# --- what the task is -----------------------------------------------------------------------


def _note(frame: Frame, task: Task | None) -> None:
    if task is None or frame.ref is None:
        return
    match task.function:
        case Partial(function, positional, keywords):
            more = Arguments((*positional, *task.arguments.positional), (*keywords, *task.arguments.keywords))
            inner = task.written.arguments if isinstance(task.written, facts.Call) else ()
            written = inner[0].value if inner else task.written
            kept = Arguments(positional, keywords)
            first = _given(inner, kept, 1) if inner else tuple((written, value) for value in kept.values())
            given = (*first, *task.given)
            _note(frame, Task(task.how, task.call, function, written, given, more))
            return
        case LambdaValue(facts=facts.Lambda(body=facts.Call() as body)):
            arguments = calling.arguments_of(frame, body)
            given = _given(body.arguments, arguments, 0)
            function = frame.evaluate(body.func)
            _note(frame, Task(task.how, task.call, function, body.func, given, arguments))
            return
    handing.note(frame, task)
