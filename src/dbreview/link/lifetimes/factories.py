"""Session factories, and functions that hand sessions out: whether a commit expires what their sessions hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Confidence, Place
from dbreview.link.events import Maker
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import calls_in, dotted_name, names_in, walk
from dbreview.link.values import ClassValue, ModuleValue, Session, SessionFactory, Symbol
from dbreview.project import ExpiringSessions, Role

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

_OPTION = "expire_on_commit"
_READ_ONLY = re.compile(r"(?:^|_)(?:read|reader|readonly|ro|replica|slave|secondary)(?:_|$)")


# --- while functions are read -------------------------------------------------------------


def note_factory(frame: Frame, factory: SessionFactory, arguments: Arguments, node: facts.Call) -> SessionFactory:
    """``async_sessionmaker(engine)``. What a session class of the project may decide itself is not known."""
    for name in ("class_", "sync_session_class"):
        if arguments.has(name) and not _leaves_options_alone(frame, arguments.keyword(name)):
            factory = replace(factory, expires=None)
    _note_flushing(frame, arguments)
    _note(frame, Maker(node, factory.kind, factory.expires, True, frame.ref, _bind(frame, node)))
    return factory


def note_session(frame: Frame, session: Session, node: facts.Call) -> Session:
    """``AsyncSession(engine)``."""
    _note(frame, Maker(node, session.kind, session.expires, False, frame.ref, _bind(frame, node)))
    return session


def note_opened(frame: Frame, factory: SessionFactory, arguments: Arguments, at: Place) -> None:
    """A factory is called; what the call says of expiring counts more than what the factory says."""
    events = frame.interpreter.events
    events.opened_by.setdefault(at, factory.at)
    if arguments.has(_OPTION) or arguments.is_open:
        events.own_terms.add(at)


def note_configured(frame: Frame, factory: SessionFactory, arguments: Arguments) -> None:
    """``SessionFactory.configure(expire_on_commit=False)``."""
    if arguments.has(_OPTION) or arguments.is_open:
        frame.interpreter.events.configured.add(factory.at)


def _note_flushing(frame: Frame, arguments: Arguments) -> None:
    """``sessionmaker(engine, autoflush=False)``: its sessions write when they are told to, not before each query."""
    frame.interpreter.events.may_flush_by_hand |= arguments.has("autoflush") or arguments.is_open


def _note(frame: Frame, maker: Maker) -> None:
    makers = frame.interpreter.events.makers
    at = frame.place(maker.node.at)
    known = makers.setdefault(at, maker)
    if (known.kind, known.expires) != (maker.kind, maker.expires):
        makers[at] = replace(known, expires=None)


def _leaves_options_alone(frame: Frame, value: object) -> bool:
    """Whether a session class takes its options as they are given: a library's, or one without a constructor."""
    if isinstance(value, ClassValue):
        classes = frame.interpreter.classes
        return all(classes.member(value.ref, name) is None for name in ("__init__", "sync_session_class"))
    return isinstance(value, Symbol)


def _bind(frame: Frame, node: facts.Call) -> tuple[str, str] | None:
    """The module-level variable that holds the engine, wherever it is imported from."""
    given = [argument.value for argument in node.arguments if argument.keyword == "bind" and not argument.stars]
    given += [argument.value for argument in node.arguments[:1] if argument.keyword is None and not argument.stars]
    names = frame.interpreter.names
    match given[0] if given else None:
        case facts.Name(name) if name not in frame.env:
            definition = names.resolve(frame.path, name)
        case facts.Attribute(holder, name):
            module = frame.evaluate(holder)
            definition = names.resolve(module.path, name) if isinstance(module, ModuleValue) else None
        case _:
            definition = None
    return (definition.path, definition.name) if isinstance(definition, Variable) else None


# --- what is told -------------------------------------------------------------------------


def expiring_sessions(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[ExpiringSessions]:
    """The factories of async sessions that expire on commit, and the functions that hand such sessions out."""
    _read_configuring(interpreter)
    for at, maker in sorted(interpreter.events.makers.items(), key=lambda item: item[0]):
        if roles.get(at.filename) != "application" or maker.kind != "async" or maker.expires is not True:
            continue
        if maker.is_factory and _is_decided_elsewhere(interpreter, at):
            continue
        name = _holder(interpreter, at, maker) if maker.is_factory else _hands_out(maker)
        committed_at = _commit_of(interpreter, at, maker)
        if name is None or (committed_at is None and _is_for_reading(name, maker.node)):
            continue
        is_explicit = any(argument.keyword == _OPTION for argument in maker.node.arguments)
        is_sure = committed_at is not None and not is_explicit
        confidence: Confidence = "high" if is_sure else "medium" if interpreter.events.commits else "low"
        call = dotted_name(_plain(maker.node.func)) or ""
        yield ExpiringSessions(
            at, name, maker.is_factory, call, _rewritten(maker.node), is_explicit, committed_at, confidence
        )


def _read_configuring(interpreter: Interpreter) -> None:
    """Statements of modules are not followed as those of functions are: a factory may be configured there."""
    for path, module in sorted(interpreter.names.modules.items()):
        for call in calls_in(module.body):
            if isinstance(call.func, facts.Attribute) and call.func.attr == "configure":
                interpreter.module_frame(path).evaluate(call)


def _is_decided_elsewhere(interpreter: Interpreter, at: Place) -> bool:
    """Whether the factory is configured later, or every call of it says whether objects expire."""
    events = interpreter.events
    if not events.configured.isdisjoint({at, None}):
        return True
    calls = {call for call, factory in events.opened_by.items() if factory == at}
    calls = calls or {call for call in events.own_terms if events.opened_by.get(call) is None}
    return bool(calls) and calls <= events.own_terms


def _commit_of(interpreter: Interpreter, at: Place, maker: Maker) -> Place | None:
    """Where a session that is made here, or by the factory made here, is committed."""
    events = interpreter.events
    if not maker.is_factory:
        return events.commits.get(at)
    found = (commit for session, commit in events.commits.items() if session and events.opened_by.get(session) == at)
    return min(found, default=None)


def _is_for_reading(name: str, node: facts.Call) -> bool:
    """``ReadSession = async_sessionmaker(replica_engine)``."""
    words = {name, *(word for argument in node.arguments for word in names_in(argument.value))}
    return any(_READ_ONLY.search(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()) for word in words)


def _holder(interpreter: Interpreter, at: Place, maker: Maker) -> str:
    """The variable that a factory is kept in, or the function that makes it."""
    for node in walk(interpreter.names.modules[at.filename].body, into_functions=True):
        match node:
            case facts.Assign((target, *_), value) | facts.AnnotatedAssign(target, _, value) if value is not None:
                name = dotted_name(target)
                if name is not None and any(inner is maker.node for inner in walk(value)):
                    return name
    return maker.function.name if maker.function is not None else ""


def _hands_out(maker: Maker) -> str | None:
    """The function that makes the session and gives it to whoever asks; None if it keeps it."""
    function = maker.function
    if function is None:
        return None
    names: set[str] = set()
    for node in walk(function.facts.body):
        match node:
            case facts.WithItem(context, facts.Name(name)) if context is maker.node:
                names.add(name)
            case facts.Assign((facts.Name(name),), value) if value is maker.node:
                names.add(name)
            case facts.Assign((facts.Attribute(),), value) if value is maker.node and _is_entered(function):
                return function.owner.name if function.owner is not None else function.name
            case facts.Yield(value) | facts.Return(value) if value is not None:
                if value is maker.node or (isinstance(value, facts.Name) and value.id in names):
                    return function.name
    return None


def _is_entered(function: FunctionRef) -> bool:
    return function.facts.name in ("__aenter__", "__enter__")


def _plain(func: Expression) -> Expression:
    """``async_sessionmaker`` of ``async_sessionmaker[AsyncSession]``."""
    return func.value if isinstance(func, facts.Subscript) else func


def _rewritten(node: facts.Call) -> str | None:
    """The call as it should be written; None where its arguments cannot be shown."""
    parts: list[str] = []
    for argument in node.arguments:
        if argument.keyword != _OPTION:
            shown = _shown(argument.value)
            if shown is None:
                return None
            parts.append(f"{argument.keyword}={shown}" if argument.keyword is not None else argument.stars + shown)
    name = dotted_name(_plain(node.func))
    return f"{name}({', '.join((*parts, f'{_OPTION}=False'))})" if name is not None else None


def _shown(node: Expression) -> str | None:
    match node:
        case facts.Constant(value) if not node.is_opaque:
            return repr(value)
        case facts.Call(func, ()):
            name = dotted_name(func)
            return f"{name}()" if name is not None else None
    return dotted_name(node)
