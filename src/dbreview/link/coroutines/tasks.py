"""Coroutines of the database: those that use one session at the same time, and those that nobody awaits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import python, sqlalchemy
from dbreview.link import calling
from dbreview.link.arguments import Arguments
from dbreview.link.events import AwaitEvent, Effect, ShareEvent
from dbreview.link.joining import options
from dbreview.link.querysets import relations
from dbreview.link.syntax import dotted_name, last_name, names_in, walk
from dbreview.link.values import (
    Coroutine,
    Entries,
    FunctionValue,
    Instance,
    Items,
    QuerySet,
    Record,
    Session,
    Use,
    Value,
)
from dbreview.project import MissingAwait, Role, SharedSession

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

_DEEPEST = 3
_LOCAL = frozenset({"engine", "schema", "other", "change"})


# --- what a coroutine uses ----------------------------------------------------------------


def use_of_method(frame: Frame, session: Session, node: facts.Call, name: str) -> Use | None:
    """What the coroutine of a session's method uses: the session, unless it hands out one for each task."""
    if name not in sqlalchemy.AWAITED:
        return None
    shares = not (session.is_scoped or session.is_pool)
    holder = dotted_name(node.func.value) if isinstance(node.func, facts.Attribute) else None
    what = dotted_name(node.func) or name
    sessions = frozenset({session.identity}) if shares else frozenset()
    return Use(what, frame.place(node.at), None, sessions, session.is_connection, holder)


def use_of_function(
    frame: Frame, function: FunctionValue, effects: tuple[Effect, ...], arguments: Arguments | None, node: facts.Call
) -> Use | None:
    """What the coroutine of a project function uses; None where it does nothing with a database.

    Of sessions only those count that it is given: by an argument, by its object, or by the variables that it sees.
    """
    found = [e for e in effects if e.session == "async" and e.kind not in _LOCAL]
    if not found:
        return None
    given = [function.receiver, *(arguments.values() if arguments is not None else ())]
    given += function.closure.names.values() if function.closure is not None else ()
    handed = {session.identity for value in given for session in _sessions_in(value)}
    sent = (e for e in found if not (e.is_own or e.is_safe or e.kind in sqlalchemy.NOT_SENT))
    sessions = frozenset(e.on for e in sent if e.on in handed)
    name = next((n for n in _names(node) if isinstance(frame.env.get(n), Session)), None)
    is_plain = not function.ref.facts.decorators
    return Use(function.ref.name, frame.place(node.at), found[0].at, sessions, False, name, is_plain)


def _sessions_in(value: Value, depth: int = 0) -> Iterator[Session]:
    """The sessions that a value is, or holds in its fields."""
    for each in options(value):
        if isinstance(each, Session):
            yield each
        elif isinstance(each, Instance) and depth < _DEEPEST:
            for _, inner in each.fields:
                yield from _sessions_in(inner, depth + 1)


def _names(node: facts.Call) -> Iterator[str]:
    for argument in node.arguments:
        path = dotted_name(argument.value)
        if path is not None:
            yield path


# --- never awaited ------------------------------------------------------------------------


def note_dropped(frame: Frame, found: Value) -> None:
    """A statement that makes a coroutine and does nothing with it."""
    for value in options(found):
        each = value.element if isinstance(value, Items) and not value.is_lazy else value
        if isinstance(each, QuerySet) and (each.owner is None or each.statement.kind != "select"):
            _tell_await(frame, use_of_query(each), "dropped", None)
        if isinstance(each, Coroutine) and each.use is not None and not each.is_started:
            _tell_await(frame, each.use, "dropped", None)


def note_taken(
    frame: Frame, value: Value, name: str | None = None, attribute: str = "", at: Place | None = None
) -> None:
    """A coroutine is used as if it were what it gives, at ``at``."""
    if isinstance(value, QuerySet):
        if not relations.note_taken(frame, value, at or value.statement.at) and value.owner is None:
            _tell_await(frame, use_of_query(value), "taken for its result", name)
    for each in options(value):
        if (
            isinstance(each, Coroutine)
            and each.use is not None
            and not each.is_started
            and attribute not in python.OF_TASKS
        ):
            _tell_await(frame, each.use, "taken for its result", name)


def use_of_query(query: QuerySet) -> Use:
    """A query set as what would use the database, if it were awaited."""
    return Use(query.call, query.statement.at, None, frozenset(), False, None, is_query=True)


def note_compared(frame: Frame, left: Expression, value: Value) -> None:
    """``session.get(User, key) is None`` is never true. A task that is kept somewhere may be compared with None."""
    match left:
        case facts.Call():
            note_taken(frame, value)
        case facts.Name(name) if isinstance(value, Coroutine) and not _is_awaited(frame, name):
            note_taken(frame, value, name)


def _is_awaited(frame: Frame, name: str) -> bool:
    body = frame.ref.facts.body if frame.ref is not None else ()
    return any(isinstance(n, facts.Await) and name in names_in(n) for n in walk(body, into_functions=True))


def note_answer(frame: Frame, value: Value) -> None:
    """A route answers with a coroutine, or with one inside of what it returns."""
    match value:
        case Coroutine(use=Use() as use, is_started=False):
            _tell_await(frame, use, "taken for its result", None)
        case QuerySet(owner=None):
            _tell_await(frame, use_of_query(value), "taken for its result", None)
        case Entries(items, others):
            for inner in (*(each for _, each in items), *others):
                note_answer(frame, inner)
        case Record(items):
            for inner in items:
                note_answer(frame, inner)


def note_kept(frame: Frame, target: Expression, found: Value) -> None:
    """A coroutine gets a name. If that is never used, nobody awaits it."""
    if isinstance(target, facts.Name) and isinstance(found, QuerySet) and found.owner is None:
        frame.coroutines[target.id] = Coroutine(None, use_of_query(found))
    if isinstance(target, facts.Name) and isinstance(found, Coroutine) and found.use is not None:
        frame.coroutines[target.id] = found


def note_end(frame: Frame) -> None:
    """The coroutines whose names the body never mentions again."""
    body = frame.ref.facts.body if frame.ref is not None and frame.coroutines else ()
    for name, kept in frame.coroutines.items():
        mentions = sum(isinstance(n, facts.Name) and n.id == name for n in walk(body, into_functions=True))
        if mentions == 1 and kept.use is not None and not kept.is_started:
            _tell_await(frame, kept.use, "kept", name)


How: TypeAlias = Literal["dropped", "taken for its result", "kept"]


def _tell_await(frame: Frame, use: Use, how: How, name: str | None) -> None:
    if use.is_plain:
        frame.interpreter.events.awaits.setdefault(use.at, AwaitEvent(use, how, name, frame.interpreter.is_request))


def missing_awaits(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[MissingAwait]:
    """The coroutines that never run."""
    for at, event in sorted(interpreter.events.awaits.items(), key=lambda item: item[0]):
        if roles.get(at.filename) == "application":
            use = event.use
            yield MissingAwait(at, use.call, event.how, event.name, use.leads_to, "high", use.is_query)


# --- at the same time ---------------------------------------------------------------------


def note_together(frame: Frame, node: facts.Call, how: str) -> None:
    """``asyncio.gather(f(session), g(session))``: what runs at the same time must not share a session."""
    uses: list[Use] = []
    for argument in node.arguments:
        value = frame.evaluate(argument.value)
        for each in options(value):
            uses += _uses_in(each)
    frame.running.clear()
    _tell_shared(frame, frame.place(node.at), how, uses)


def _uses_in(value: Value) -> Iterator[Use]:
    """The coroutines in an argument; one that a loop makes stands for several."""
    match value:
        case Coroutine(use=Use() as use, is_started=False):
            yield use
        case Items(element, exact=exact):
            for each in exact:
                yield from _uses_in(each)
            for each in options(element) if not exact else ():
                if isinstance(each, Coroutine) and each.use is not None:
                    yield from (each.use, each.use)


def note_started(frame: Frame, value: Value, at: Place, how: str, *, is_repeated: bool) -> None:
    """A task starts: those that have started before it and were not awaited run at the same time."""
    for each in options(value):
        if isinstance(each, Coroutine) and each.use is not None:
            others = [use for use in frame.running if use.at != each.use.at]
            frame.running.append(each.use)
            _tell_shared(frame, at, how, [*others, each.use, *([each.use] if is_repeated else [])])


def start(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> Value:
    """``group.create_task(f(session))`` and ``group.start_soon(f, session)``."""
    first = arguments.positional[0] if arguments.positional else None
    if dotted.endswith("start_soon"):
        given = Arguments(arguments.positional[1:], arguments.keywords, arguments.is_open)
        first = calling.call_value(frame, first, given, node)
    is_repeated = any(loop.kind != "exit" for loop in frame.loops)
    note_started(frame, first, frame.place(node.at), dotted, is_repeated=is_repeated)
    return started(first) if isinstance(first, Coroutine) else None


def started(value: Value) -> Value:
    """The value as a task: it runs, whether or not anybody awaits it."""
    if isinstance(value, QuerySet):
        return Coroutine(value.result, use_of_query(value), is_started=True)
    return Coroutine(value.value, value.use, is_started=True) if isinstance(value, Coroutine) else value


def is_group(context: Expression) -> bool:
    """Whether a ``with`` block is a task group's, which waits for all its tasks at its end."""
    return last_name(context) in ("TaskGroup", "create_task_group")


def note_awaited(frame: Frame, value: Value) -> None:
    """A task is awaited: it no longer runs. Any other coroutine runs beside those that do."""
    if isinstance(value, Coroutine) and value.use is not None:
        if not value.is_started:
            _tell_shared(frame, value.use.at, "asyncio.create_task", [*frame.running, value.use])
        frame.running[:] = [use for use in frame.running if use.at != value.use.at]


def _tell_shared(frame: Frame, at: Place, how: str, uses: list[Use]) -> None:
    for session in dict.fromkeys(each for use in uses for each in use.sessions):
        sharing = [use for use in uses if session in use.sessions]
        if len(sharing) > 1 and session is not None:
            interpreter = frame.interpreter
            event = ShareEvent(at, how, tuple(sharing), interpreter.is_request, interpreter.route)
            known = interpreter.events.shares.get(at)
            if known is None or (event.is_request and not known.is_request):
                interpreter.events.shares[at] = event


def shared_sessions(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[SharedSession]:
    """The sessions that several tasks use at the same time."""
    for at, event in sorted(interpreter.events.shares.items(), key=lambda item: item[0]):
        if roles.get(at.filename) == "application":
            uses = tuple(dict.fromkeys(use.at for use in event.uses))
            names = {use.name for use in event.uses}
            name = names.pop() if len(names) == 1 else None
            is_connection = all(use.is_connection for use in event.uses)
            yield SharedSession(at, event.how, name, uses, is_connection, event.route, "high")
