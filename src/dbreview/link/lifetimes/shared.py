"""Sessions that functions put where all requests find them: global variables, the application's state, closures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Block, Span
from dbreview.finding import Place
from dbreview.frameworks import drivers, python
from dbreview.link.lifetimes.closures import closures, has_own
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import dotted_name, walk
from dbreview.link.values import (
    ClassValue,
    Entries,
    Instance,
    Items,
    LibraryObject,
    Record,
    Session,
    Value,
)
from dbreview.project import GlobalSession, Role

if TYPE_CHECKING:
    from dbreview.link.events import StoredSession
    from dbreview.link.interpret import Interpreter

Where: TypeAlias = Literal["module", "class", "default", "state", "cache", "closure", "provider"]

_DEEPEST = 3
_APPLICATIONS = ("fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette")
_MAKING = frozenset({"__init__", "__post_init__", "__new__"})
"""Methods that run once for each object."""

_STARTING = frozenset(
    {
        "connect",
        "start",
        "startup",
        "on_startup",
        "open",
        "init",
        "initialize",
        "setup",
        "set_up",
        "init_app",
        "init_db",
    }
)
"""Names of methods that a process calls once, before it serves requests."""


def sessions_in(value: Value, depth: int = 0) -> Iterator[tuple[str, Session]]:
    """The live sessions that a value is or holds, each with the way to it: ``.repository.session``, ``["main"]``."""
    match value:
        case Session():
            if value.opened_at is not None and (not value.is_connection or value.driver):
                yield "", value
        case Instance(_, fields) if depth < _DEEPEST:
            for name, inner in fields:
                yield from ((f".{name}{rest}", session) for rest, session in sessions_in(inner, depth + 1))
        case Entries(items) if depth < _DEEPEST:
            for name, inner in items:
                yield from ((f'["{name}"]{rest}', session) for rest, session in sessions_in(inner, depth + 1))
        case Record(items) if depth < _DEEPEST:
            for index, inner in enumerate(items):
                yield from ((f"[{index}]{rest}", session) for rest, session in sessions_in(inner, depth + 1))
        case Items(exact=exact, is_lazy=False) if depth < _DEEPEST:
            for index, inner in enumerate(exact):
                yield from ((f"[{index}]{rest}", session) for rest, session in sessions_in(inner, depth + 1))


def one(
    interpreter: Interpreter, at: Place, where: Where, name: str, session: Session, used: Place | None = None
) -> Iterator[GlobalSession]:
    """What is told of a session. SQLite's connections may be read by many, as long as nobody writes.

    Nothing of a connection that is there to listen, or to hold a lock: that has to stay open.
    """
    if session.driver and session.identity in interpreter.events.dedicated:
        return
    is_read = session.driver in drivers.EMBEDDED and session.identity not in interpreter.events.written_on
    yield GlobalSession(at, where, name, used, session.kind, "low" if is_read else "high", session.driver)


def filled_by_functions(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[GlobalSession]:
    """The sessions that functions of the application put where all requests find them."""
    for stored in sorted(interpreter.events.stored.values(), key=lambda each: each.at):
        if roles.get(stored.ref.path) == "application":
            yield from _stored(interpreter, stored)
    for path, module in sorted(interpreter.names.modules.items()):
        if roles.get(path) == "application":
            for statement in walk(module.body):
                if isinstance(statement, facts.Assign):
                    yield from _on_state(interpreter, path, statement)
    for ref in interpreter.names.functions:
        if roles.get(ref.path) == "application" and interpreter.is_a(ref, python.CONTEXT_DECORATORS):
            yield from _in_lifespan(interpreter, ref)
    yield from _globals(interpreter, roles)
    yield from closures(interpreter, roles)


# --- attributes ---------------------------------------------------------------------------


def _stored(interpreter: Interpreter, stored: StoredSession) -> Iterator[GlobalSession]:
    part, session = next(sessions_in(stored.value), ("", None))
    place = place_of(interpreter, stored) if session is not None else None
    if place is not None and session is not None:
        where, name = place
        at = told_at(interpreter, session, stored.at, stored.ref.facts.body)
        yield from one(interpreter, at, where, f"{name}{part}", session)


def told_at(interpreter: Interpreter, session: Session, written: Place, body: Block = ()) -> Place:
    """Where to tell of a session: where it is opened, unless that is in a function that opens others as well."""
    at = session.opened_at
    if at is None:
        return written
    functions = (ref.facts for ref in interpreter.names.functions if ref.path == at.filename)
    spans = [_span(each.body) for each in functions if each.name in _MAKING and each.body]
    if at.filename == written.filename:
        spans.append((written.line, written.column, written.end_line, written.end_column))
        spans += [_span(body)] if body else []
    start, end = (at.line, at.column), (at.end_line, at.end_column)
    return at if any(span[:2] <= start and end <= span[2:] for span in spans) else written


def _span(body: Block) -> Span:
    return (*body[0].at[:2], *body[-1].at[2:])


def place_of(interpreter: Interpreter, stored: StoredSession) -> tuple[Literal["state", "class", "module"], str] | None:
    """What holds the session for as long as the process lives; None where it may be short-lived."""
    first, *rest = stored.target.split(".")
    if not rest:
        is_global = isinstance(stored.value, Instance) and not has_own(stored.ref.facts, first)
        return ("module", stored.target) if is_global else None
    if is_application_state(stored.owner, stored.target):
        return "state", stored.target
    owner_class = stored.ref.owner
    if isinstance(stored.owner, ClassValue):
        return "class", f"{stored.owner.ref.name}.{rest[-1]}"
    if first == "cls" and owner_class is not None and stored.ref.facts.parameters[0].name == "cls":
        return "class", ".".join((owner_class.name, *rest))
    if not isinstance(stored.owner, Instance):
        return None
    if not has_own(stored.ref.facts, first):
        definition = interpreter.names.resolve(stored.ref.path, first)
        return ("module", stored.target) if isinstance(definition, Variable) else None
    if len(rest) == 1 and stored.ref.facts.parameters[:1] and stored.ref.facts.parameters[0].name == first:
        name = _of_global_object(interpreter, stored) if _is_made_once(stored.ref.facts, stored.target) else None
        return ("module", f"{name}.{rest[0]}") if name is not None else None
    return None


def is_application_state(owner: Value, target: str) -> bool:
    """Whether ``target`` is an attribute of the state of the application, which all requests see."""
    if isinstance(owner, LibraryObject):
        is_of_application = owner.dotted.startswith(_APPLICATIONS) or ".app.state" in owner.dotted
        is_application = owner.dotted.removesuffix("()") in _APPLICATIONS
        return is_application or (is_of_application and owner.dotted.endswith(".state"))
    parts = target.split(".")
    return len(parts) > 2 and parts[-2] == "state" and parts[-3] in ("app", "application")


def _is_made_once(method: facts.Function, target: str) -> bool:
    """``if self.session is None: self.session = ...``, or a method that starts something."""
    if method.name in _MAKING:
        return False  # the object's fields tell
    if method.name.strip("_") in _STARTING:
        return True
    for node in walk(method.body):
        if isinstance(node, facts.If) and any(_assigns(inner, target) for inner in walk(node.body)):
            if any(isinstance(n, facts.Attribute) and dotted_name(n) == target for n in walk(node.test)):
                return True
    return False


def _assigns(node: object, target: str) -> bool:
    return isinstance(node, facts.Assign) and any(dotted_name(each) == target for each in node.targets)


def _of_global_object(interpreter: Interpreter, stored: StoredSession) -> str | None:
    """The module's variable that holds an object of the class whose method stores the session."""
    for path in interpreter.names.modules:
        for name, definition in interpreter.names.top_level(path):
            if not isinstance(definition, Variable) or definition.path != path:
                continue
            if not isinstance(definition.value, facts.Call):
                continue
            value = interpreter.module_value(path, name)
            if isinstance(value, Instance) and stored.ref.owner in interpreter.classes.ancestors(value.ref):
                return name
    return None


def _on_state(interpreter: Interpreter, path: str, statement: facts.Assign) -> Iterator[GlobalSession]:
    """``app.state.session = SessionFactory()`` at module level."""
    frame = interpreter.module_frame(path)
    for target in statement.targets:
        name = dotted_name(target)
        if not isinstance(target, facts.Attribute) or name is None:
            continue
        owner = frame.evaluate(target.value)
        if isinstance(owner, ClassValue) or is_application_state(owner, name):
            for part, session in sessions_in(frame.evaluate(statement.value)):
                at = told_at(interpreter, session, Place(path, *statement.value.at))
                where: Literal["class", "state"] = "class" if isinstance(owner, ClassValue) else "state"
                yield from one(interpreter, at, where, f"{name}{part}", session)


def _in_lifespan(interpreter: Interpreter, ref: FunctionRef) -> Iterator[GlobalSession]:
    """``yield {"session": session}`` in a lifespan: Starlette puts it on the state of every request."""
    parameters = interpreter.declared_parameters(ref).values()
    if not any(isinstance(each, LibraryObject) and each.dotted.startswith(_APPLICATIONS) for each in parameters):
        return
    given = interpreter.run_standalone(ref).yielded
    for name, value in given.items if isinstance(given, Entries) else ():
        for part, session in sessions_in(value):
            at = told_at(interpreter, session, Place(ref.path, *ref.facts.at), ref.facts.body)
            yield from one(interpreter, at, "state", f"request.state.{name}{part}", session)


# --- variables ----------------------------------------------------------------------------


def _globals(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[GlobalSession]:
    """``global session; session = SessionFactory()``."""
    for owned in interpreter.events.owned.values():
        if roles.get(owned.ref.path) != "application" or (owned.is_connection and not owned.driver):
            continue
        body = owned.ref.facts.body
        declared = [n for n in walk(body) if isinstance(n, facts.ScopeDeclaration) and n.kind == "global"]
        names = {name for each in declared for name in each.names}
        for node in walk(body) if names else ():
            match node:
                case facts.Assign((facts.Name(name), *_), value) if name in names:
                    call = value.value if isinstance(value, facts.Await) else value
                    if isinstance(call, facts.Call) and Place(owned.ref.path, *call.at) == owned.at:
                        session = Session(owned.kind, given=owned.at, driver=owned.driver)
                        yield from one(interpreter, owned.at, "module", name, session)
