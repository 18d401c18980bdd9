"""Sessions that a function or a context manager's class opens, owns, and does not give back on every path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.finding import Confidence, Place
from dbreview.frameworks import drivers, fastapi, lifetimes
from dbreview.link.engines.engines import asks_for_main
from dbreview.link.lifetimes import lending
from dbreview.link.lifetimes.exits import Exit, ways_out
from dbreview.link.lifetimes.objects import unowned_sessions
from dbreview.link.lifetimes.ownership import Watch
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import calls_in, dotted_name, last_name, walk
from dbreview.link.values import FunctionValue, Session
from dbreview.project import LeakedSession, Role

if TYPE_CHECKING:
    from dbreview.link.events import OwnedSession
    from dbreview.link.interpret import Interpreter

_ORDINARY = ("return", "raise", "end")


def leaked_sessions(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[LeakedSession]:
    """Sessions that are opened and not closed on every path, each at its place."""
    found: dict[Place, LeakedSession] = {}
    for owned in sorted(interpreter.events.owned.values(), key=lambda o: o.at):
        if roles.get(owned.ref.path) != "application" or _is_program(interpreter, owned.ref):
            continue
        leak = _judge(interpreter, owned)
        if leak is not None and owned.driver:
            leak = _of_driver(interpreter, owned, leak)
        if leak is not None:
            found[leak.at] = replace(leak, opener=leak.opener or _opener(owned))
    for ref in interpreter.names.classes:
        for leak in _of_class(interpreter, ref) if roles.get(ref.path) == "application" else ():
            if roles.get(leak.at.filename) == "application":
                found.setdefault(leak.at, leak)
    for leak in unowned_sessions(interpreter, roles):
        found.setdefault(leak.at, leak)
    yield from sorted(found.values(), key=lambda leak: leak.at)


# --- functions ----------------------------------------------------------------------------


def _opener(owned: OwnedSession) -> str:
    """The call that opens the session, as it is written, if it is short: ``SessionFactory()``, ``Session(engine)``."""
    if owned.opened_at not in (None, owned.at):
        return ""
    for node in walk(owned.ref.facts.body):
        if isinstance(node, facts.Call) and Place(owned.ref.path, *node.at) == owned.at:
            given = [dotted_name(argument.value) for argument in node.arguments if argument.keyword is None]
            callee = dotted_name(node.func)
            if callee is None or len(given) != len(node.arguments) or None in given:
                return ""
            return f"{callee}({', '.join(name for name in given if name is not None)})"
    return ""


def _of_driver(interpreter: Interpreter, owned: OwnedSession, leak: LeakedSession) -> LeakedSession | None:
    """A leak of a driver's connection. Python closes one that nobody holds any more, but for those of pools."""
    call = next(
        (n for n in walk(owned.ref.facts.body) if isinstance(n, facts.Call) and _place(owned, n) == owned.at), None
    )
    opener = dotted_name(call.func) if call is not None else None
    leak = replace(leak, driver=owned.driver, opener=f"{opener}(...)" if opener else "", is_block=owned.is_block)
    if owned.opened_at in interpreter.events.handed_out:
        return replace(leak, pool=(opener or "").rpartition(".")[0] or "the pool", opener="")
    is_request = owned.is_request or owned.ref in interpreter.declared.dependencies
    if not is_request and (leak.reason != "never" or owned.is_block):
        return None  # what fails when the process starts ends it
    confidence: Confidence = "low" if owned.is_block and owned.driver in drivers.EMBEDDED else "medium"
    return replace(leak, confidence=confidence)


def _place(owned: OwnedSession, call: facts.Call) -> Place:
    return Place(owned.ref.path, *call.at)


def _is_program(interpreter: Interpreter, ref: FunctionRef) -> bool:
    """Whether the process ends with the function, and gives everything back: a command, or a module's ``main()``."""
    if any(dotted.startswith(lifetimes.COMMANDS) for dotted in interpreter.decorations(ref)):
        return True
    blocks = [s for s in interpreter.names.modules[ref.path].body if isinstance(s, facts.If)]
    calls = (call for block in blocks if asks_for_main(block.test) for call in calls_in(block.body))
    return ref.owner is None and any(dotted_name(call.func) == ref.facts.name for call in calls)


def _judge(interpreter: Interpreter, owned: OwnedSession) -> LeakedSession | None:
    ref, name = owned.ref, owned.name
    if owned.is_injected or not name:
        if _is_kept_besides(interpreter, ref, owned.at):
            return None
        return LeakedSession(owned.at, name, "never", None, None, False, owned.kind, is_connection=owned.is_connection)
    opened = (owned.at.line, owned.at.column, owned.at.end_line, owned.at.end_column)
    watch = Watch(interpreter, ref, name, opened, driver=owned.driver)
    if lending.is_handed_on(watch) or _is_kept_by_opener(interpreter, owned) or _has_its_generator(ref, owned):
        return None
    exits = ways_out(watch, ref.facts.body, "closed")
    is_generator = any(
        isinstance(node, facts.Yield) and node.value is not None and watch.gives(node.value)
        for node in walk(ref.facts.body)
    )
    if watch.has_close:
        leak = _worst(exits)
        return _leak(owned, leak, _close_of(watch), is_generator) if leak is not None else None
    if lending.may_be_closed_elsewhere(watch) or not _open(exits):
        return None
    if not _is_called_often(ref) and not any(each.kind in (*_ORDINARY, "again") for each in _open(exits)):
        return None  # it lives as long as a worker that never ends
    if "." in name and _is_closed_by_others(interpreter, name):
        return None
    reason: Literal["never", "abandoned generator"] = "abandoned generator" if owned.is_from_generator else "never"
    return LeakedSession(
        owned.at, name, reason, None, None, is_generator, owned.kind, is_connection=owned.is_connection
    )


def _is_called_often(ref: FunctionRef) -> bool:
    """Whether each client has a call of its own: of a websocket's function, of a stream."""
    words = {last_name(decorator) for decorator in ref.facts.decorators}
    return ref.facts.has_yield or bool(words & {"websocket", "websocket_route", *fastapi.ROUTE_METHODS})


def _open(exits: Sequence[Exit]) -> list[Exit]:
    return [each for each in exits if each.state in ("busy", "idle")]


def _worst(exits: Sequence[Exit]) -> Exit | None:
    """The way out that costs most, and among those the one that needs no error; the first of them."""
    ranks = {"return": 0, "raise": 0, "again": 1, "end": 2, "error": 3}
    left = [each for each in _open(exits) if each.kind in ranks]
    return min(left, key=lambda e: (e.state == "idle", ranks[e.kind], e.at), default=None)


def _leak(owned: OwnedSession, leak: Exit, closed: Place | None, is_generator: bool) -> LeakedSession:
    reason: Literal["not on errors", "early exit", "opened again"] = "early exit"
    if leak.kind == "error":
        reason = "not on errors"
    elif leak.kind == "again":
        reason = "opened again"
    left = Place(owned.ref.path, *leak.at)
    return LeakedSession(
        owned.at,
        owned.name,
        reason,
        closed,
        None if leak.kind == "end" else left,
        is_generator,
        owned.kind,
        _by(leak),
        is_given_back=leak.state == "idle",
        is_connection=owned.is_connection,
        confidence="medium" if leak.state == "idle" else "high",
    )


def _by(leak: Exit) -> Literal["end", "return", "raise", "database", "call", "yield", ""]:
    match leak.kind, leak.cause:
        case ("end" | "return" | "raise") as kind, _:
            return kind
        case "error", ("database" | "call" | "yield") as cause:
            return cause
    return ""


def _close_of(watch: Watch) -> Place | None:
    """Where the session is closed, the first place."""
    for node in walk(watch.ref.facts.body, into_functions=True):
        if isinstance(node, facts.Attribute) and node.attr in lifetimes.CLOSING:
            if dotted_name(node.value) in watch.names:
                return Place(watch.ref.path, *node.at)
    for node in walk(watch.ref.facts.body):
        if isinstance(node, facts.Call) and watch.touch(node) == "close":
            return Place(watch.ref.path, *node.at)
    return None


def _is_kept_by_opener(interpreter: Interpreter, owned: OwnedSession) -> bool:
    """``def get_session(): session = SessionFactory(); _current.set(session); return session``: its maker knows it."""
    at = owned.opened_at
    if at is None or at == owned.at:
        return False
    makers = (ref for ref in interpreter.names.functions if ref.path == at.filename and ref is not owned.ref)
    return any(_is_kept_besides(interpreter, ref, at) for ref in makers)


def _is_kept_besides(interpreter: Interpreter, ref: FunctionRef, at: Place) -> bool:
    """Whether the function that opens a session at a place, to return it, keeps it somewhere, too."""
    for node in walk(ref.facts.body):
        match node:
            case facts.Assign(targets, facts.Call() as call) if Place(ref.path, *call.at) == at:
                name = targets[0].id if isinstance(targets[0], facts.Name) else ""
                return not name or lending.is_kept_besides(Watch(interpreter, ref, name, call.at))
    return False


def _has_its_generator(ref: FunctionRef, owned: OwnedSession) -> bool:
    """``generator = get_session(); session = next(generator)``: with the variable the generator ends, and closes it."""
    if not owned.is_from_generator:
        return False
    for node in walk(ref.facts.body):
        if isinstance(node, facts.Call) and Place(ref.path, *node.at) == owned.at:
            return bool(node.arguments) and isinstance(node.arguments[0].value, facts.Name)
    return False


def _is_closed_by_others(interpreter: Interpreter, name: str) -> bool:
    """``request.state.db`` that another function closes."""
    last = name.rpartition(".")[2]
    return any(
        isinstance(node, facts.Attribute) and node.attr in lifetimes.CLOSING and last_name(node.value) == last
        for module in interpreter.names.modules.values()
        for node in walk(module.body, into_functions=True)
    )


# --- classes ------------------------------------------------------------------------------


def _of_class(interpreter: Interpreter, ref: ClassRef) -> Iterator[LeakedSession]:
    """What a context manager's class opens for its ``with`` block and does not close behind it."""
    for prefix in ("a", ""):
        enter = interpreter.classes.member(ref, f"__{prefix}enter__")
        leave = interpreter.classes.member(ref, f"__{prefix}exit__")
        if isinstance(enter, FunctionRef) and isinstance(leave, FunctionRef):
            yield from _of_context(interpreter, ref, enter, leave)
            return


def _of_context(
    interpreter: Interpreter, ref: ClassRef, enter: FunctionRef, leave: FunctionRef
) -> Iterator[LeakedSession]:
    if not leave.facts.parameters or not leave.facts.body:
        return
    receiver = leave.facts.parameters[0].name
    instance = interpreter.classes.instance(ref)
    entered = interpreter.read(FunctionValue(enter, instance), interpreter.declared_parameters(enter))
    for name, value in (*entered.fields, *instance.fields):
        if not isinstance(value, Session) or value.opened_at is None or value.is_scoped:
            continue
        watch = Watch(interpreter, leave, f"{receiver}.{name}", owner=ref)
        exits = ways_out(watch, leave.facts.body, "busy")
        leak, has_close = _worst(exits), any(each.state == "closed" for each in exits)
        if leak is None or (not has_close and _is_closed_beside(interpreter, ref, name, leave)):
            continue
        closes = _close_of(watch)
        left = Place(leave.path, *(leave.facts.at if leak.kind == "end" else leak.at))
        yield LeakedSession(
            value.opened_at,
            name,
            "never" if not has_close else "not on errors" if leak.kind == "error" else "early exit",
            closes,
            left,
            False,
            value.kind,
            _by(leak),
            owner=ref.name,
            exit=leave.facts.name,
            is_given_back=leak.state == "idle",
            is_connection=value.is_connection,
            confidence="medium" if leak.state == "idle" else "high",
        )


def _is_closed_beside(interpreter: Interpreter, ref: ClassRef, name: str, leave: FunctionRef) -> bool:
    """Whether another method closes the session: one that callers may call."""
    for ancestor in interpreter.classes.ancestors(ref):
        for member in ancestor.members.values() if isinstance(ancestor, ClassRef) else ():
            if not isinstance(member, FunctionRef) or member is leave or not member.facts.parameters:
                continue
            if Watch(interpreter, member, f"{member.facts.parameters[0].name}.{name}", owner=ref).has_own_close:
                return True
    return False
