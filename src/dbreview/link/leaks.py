"""Sessions that a function opens, owns, and does not give back on every path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.facts import Block
from dbreview.finding import Place
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import calls_in, dotted_name, last_name, names_in, walk
from dbreview.link.values import Symbol
from dbreview.project import LeakedSession, Role

if TYPE_CHECKING:
    from dbreview.link.events import OwnedSession
    from dbreview.link.interpret import Interpreter


def leaked_sessions(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[LeakedSession]:
    """Sessions that a function opens, owns, and does not close on every path."""
    for owned in sorted(interpreter.events.owned.values(), key=lambda o: o.at):
        if roles.get(owned.ref.path) != "application":
            continue
        leak = _judge(interpreter, owned)
        if leak is not None:
            yield leak


def _judge(interpreter: Interpreter, owned: OwnedSession) -> LeakedSession | None:
    function, name = owned.ref.facts, owned.name
    if owned.is_injected or not name:
        return LeakedSession(owned.at, name, "never", None, None, False, owned.kind)
    if _escapes(function.body, name) or _is_taken_over(interpreter, owned.ref, name):
        return None
    closes = [Place(owned.ref.path, *c) for c in _closes(interpreter, owned.ref, function.body, name)]
    is_generator = any(
        isinstance(node, facts.Yield) and node.value is not None and name in names_in(node.value)
        for node in walk(function.body)
    )
    reason: Literal["never", "not on errors", "abandoned generator"]
    if not closes:
        reason = "abandoned generator" if owned.is_from_generator else "never"
    elif _is_closed_on_every_path(interpreter, owned.ref, function.body, name):
        return None
    else:
        reason = "not on errors"
    return LeakedSession(owned.at, name, reason, closes[0] if closes else None, None, is_generator, owned.kind)


def _escapes(body: Block, name: str) -> bool:
    """Whether the function hands the session on: returns it, keeps it on an object, in a list."""
    for node in walk(body):
        match node:
            case facts.Return(value) if value is not None:
                if _hands_on(value, name):
                    return True
            case facts.Assign(targets, facts.Name(source)) if source == name:
                if any(not (dotted_name(t) or "").startswith(("request.", "req.")) for t in targets):
                    return True
            case facts.ScopeDeclaration(_, names) if name in names:
                return True
            case facts.Call(facts.Attribute(_, method), arguments):
                if method in (
                    "append",
                    "add",
                    "put",
                    "setdefault",
                    "set",
                    "push",
                    "callback",
                    "enter_context",
                    "enter_async_context",
                ) and any(isinstance(a.value, facts.Name) and a.value.id == name for a in arguments):
                    return True
            case facts.Assign((facts.Subscript(), *_), value) if _hands_on(value, name):
                return True
            case facts.Assign((facts.Attribute() as target, *_), value) if _hands_on(value, name):
                if not (dotted_name(target) or "").startswith(("request.", "req.")):
                    return True
            case facts.DictDisplay() | facts.Yield() | facts.Lambda():
                pass
    return False


def _is_taken_over(interpreter: Interpreter, ref: FunctionRef, name: str) -> bool:
    """Whether a library's function gets the session: what it does with it cannot be seen."""
    frame = interpreter.module_frame(ref.path)
    for call in calls_in(ref.facts.body):
        if any(isinstance(a.value, facts.Name) and a.value.id == name for a in call.arguments):
            if isinstance(call.func, facts.Name) and isinstance(frame.evaluate(call.func), Symbol):
                return True
    return False


def _hands_on(value: facts.Expression, name: str) -> bool:
    match value:
        case facts.Name(found):
            return found == name
        case facts.Display(_, items):
            return any(_hands_on(item, name) for item in items)
        case facts.Call(func, arguments):
            is_class = (last_name(func) or "")[:1].isupper()
            return is_class and any(_hands_on(argument.value, name) for argument in arguments)
        case facts.Await(inner) | facts.Starred(inner):
            return _hands_on(inner, name)
        case facts.Conditional(_, body, orelse):
            return _hands_on(body, name) or _hands_on(orelse, name)
        case facts.DictDisplay(items):
            return any(_hands_on(item.value, name) for item in items)
    return False


def _closes(interpreter: Interpreter, ref: FunctionRef, body: Block, name: str) -> Iterator[facts.Span]:
    """Where the session is closed: by its own method, as a context manager, by a helper."""
    for node in walk(body, into_functions=True):
        match node:
            case facts.Attribute(holder, "close" | "remove" | "__exit__" | "__aexit__" | "aclose"):
                if dotted_name(holder) == name:
                    yield node.at
            case facts.Call(func, arguments, at) if any(
                isinstance(a.value, facts.Name) and a.value.id == name for a in arguments
            ):
                if _closes_argument(interpreter, ref, func):
                    yield at
            case facts.With(items):
                if any(name in names_in(item.context) and _manages(item.context, name) for item in items):
                    yield node.at


def _manages(context: facts.Expression, name: str) -> bool:
    match context:
        case facts.Name(found):
            return found == name
        case facts.Call(func):
            return last_name(func) in ("closing", "aclosing")
    return False


def _closes_argument(interpreter: Interpreter, ref: FunctionRef, func: facts.Expression) -> bool:
    name = (last_name(func) or "").lower()
    if any(word in name for word in ("close", "dispose", "cleanup", "clean_up", "release", "shutdown", "teardown")):
        return True
    helper = interpreter.function_named(ref, func)
    if helper is None:
        return False
    parameters = {p.name for p in helper.facts.parameters}
    return any(
        isinstance(call.func, facts.Attribute)
        and call.func.attr in ("close", "aclose", "remove")
        and isinstance(call.func.value, facts.Name)
        and call.func.value.id in parameters
        for call in calls_in(helper.facts.body)
    )


def _is_closed_on_every_path(interpreter: Interpreter, ref: FunctionRef, body: Block, name: str) -> bool:
    for node in walk(body):
        match node:
            case facts.Try(handlers=handlers, finalbody=final):
                if _has_close(interpreter, ref, final, name):
                    return True
                catching = [h for h in handlers if _has_close(interpreter, ref, h.body, name) and _catches_all(h)]
                if catching:
                    return True
            case facts.With(items):
                if any(_manages(item.context, name) and name in names_in(item.context) for item in items):
                    return True
    return False


def _has_close(interpreter: Interpreter, ref: FunctionRef, block: Block, name: str) -> bool:
    return any(True for _ in _closes(interpreter, ref, block, name))


def _catches_all(handler: facts.Handler) -> bool:
    return handler.exception is None or last_name(handler.exception) in ("Exception", "BaseException")
