"""What a task is given that needs the session of those who made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.link import strategies
from dbreview.link.events import Effect, HandedEvent
from dbreview.link.joining import options
from dbreview.link.syntax import calls_in, dotted_name, last_name, names_in, walk
from dbreview.link.values import (
    Entity,
    Entries,
    FunctionValue,
    Instance,
    Items,
    Record,
    Session,
    Use,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame

How: TypeAlias = Literal["background", "beside", "thread", "queue"]
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Task:
    """A function with its arguments, each with its expression, that runs later or elsewhere."""

    how: How
    call: facts.Call
    function: Value
    written: Expression
    given: tuple[tuple[Expression, Value], ...]
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class _Given:
    """Something that a task takes along: as an argument, or with its function (the object, the closure)."""

    value: Value
    at: Expression
    name: str
    is_argument: bool = True


@dataclass(frozen=True, slots=True)
class _Held:
    """A session in what a task takes along, or behind an object in it."""

    what: Literal["session", "holder", "entity"]
    session: Session
    entity: Entity | None = None


_Use: TypeAlias = tuple[str, Literal["reads", "changes", "expired"], Place]


def note(frame: Frame, task: Task) -> None:
    """Tell what of the arguments, of the function's object and of its closure needs a session."""
    effects = _effects(frame, task)
    handed = frame.interpreter.events.handed
    for given in _everything(task):
        event = next(_events(frame, task, given, effects), None)
        known = handed.get(event.at) if event is not None else None
        if event is not None and (known is None or (event.is_request and not known.is_request)):
            handed[event.at] = event


def note_coroutine(frame: Frame, task: Task, use: Use) -> None:
    """Tell of a coroutine that was made before its task, by a call that was given the session."""
    if use.name is None:
        return
    for identity in sorted(each for each in use.sessions if each is not None):
        is_opened = identity.filename in frame.interpreter.names.modules  # else a parameter brings it
        session = Session("async", use.is_connection, opened_at=identity if is_opened else None, given=identity)
        given = _Given(session, task.written, use.name)
        event = _event(
            frame, replace(task, written=facts.Name(use.call, task.written.at)), given, _Held("session", session)
        )
        frame.interpreter.events.handed.setdefault(event.at, replace(event, used_at=use.leads_to))
        return


def _everything(task: Task) -> Iterator[_Given]:
    for written, value in task.given:
        yield _Given(value, written, dotted_name(written) or "")
    function = task.function
    if not isinstance(function, FunctionValue):
        return
    if isinstance(task.written, facts.Attribute):
        yield _Given(function.receiver, task.written, dotted_name(task.written.value) or "", is_argument=False)
    if function.closure is not None:
        own = {parameter.name for parameter in function.ref.facts.parameters}
        for name in sorted(names_in(function.ref.facts.body) - own):
            yield _Given(function.closure.names.get(name), task.written, name, is_argument=False)


def _events(frame: Frame, task: Task, given: _Given, effects: tuple[Effect, ...]) -> Iterator[HandedEvent]:
    for held in _held(frame, given.value):
        used_at = _used_at(effects, held.session)
        use: _Use | None = None
        if held.entity is None:
            is_needed = used_at is not None or (held.what == "session" and given.is_argument)
        elif task.how == "queue":
            is_needed = given.is_argument
        else:
            use = _use(frame, task, given, held)
            is_needed = use is not None
        if is_needed:
            yield _event(frame, task, given, held, used_at, use)


def _event(
    frame: Frame, task: Task, given: _Given, held: _Held, used_at: Place | None = None, use: _Use | None = None
) -> HandedEvent:
    return HandedEvent(
        frame.place(given.at.at),
        task.how,
        last_name(task.written) or "the task",
        held.what,
        given.name,
        held.session,
        use[2] if use is not None else used_at,
        frame.interpreter.is_request,
        frame.interpreter.route,
        held.entity.model if held.entity is not None else None,
        use[0] if use is not None else None,
        use[1] if use is not None else None,
    )


def _effects(frame: Frame, task: Task) -> tuple[Effect, ...]:
    """What the task does to the database. A request leads to it, though nobody waits for it."""
    if not isinstance(task.function, FunctionValue):
        return ()
    return frame.interpreter.call(task.function, task.arguments).effects


def _held(frame: Frame, value: Value, depth: int = 0) -> Iterator[_Held]:
    """The sessions in a value, or behind it."""
    if depth > _DEEPEST:
        return
    match value:
        case Session(is_scoped=False):
            yield _Held("session", value)
        case Entity():
            session = value.fetch.session if value.fetch is not None else value.added_to
            if session is not None:
                yield _Held("entity", session, value)
        case Instance(ref, fields) if not frame.interpreter.schemas.is_schema(ref):
            for _, inner in fields:
                for held in _held(frame, inner, depth + 1):
                    if held.what != "entity":
                        yield _Held("holder", held.session)
        case Items(element):
            yield from _held(frame, element, depth + 1)
        case Record(items):
            for item in items:
                yield from _held(frame, item, depth + 1)
        case Entries(items):
            for _, inner in items:
                yield from _held(frame, inner, depth + 1)
        case _ if len(options(value)) > 1:
            for option in options(value):
                yield from _held(frame, option, depth + 1)


def _used_at(effects: tuple[Effect, ...], session: Session) -> Place | None:
    """Where the task uses the session, if that can be seen."""
    used = (e for e in effects if e.on == session.identity and e.kind not in ("engine", "schema") and not e.is_own)
    return next((e.calls[0] if e.calls else e.at for e in used), None)


# --- objects of a session -----------------------------------------------------------------


def _use(frame: Frame, task: Task, given: _Given, held: _Held) -> _Use | None:
    """What the task does with an object that needs the object's session: attribute, how, where."""
    entity = given.value
    if not isinstance(task.function, FunctionValue) or not isinstance(entity, Entity) or not given.is_argument:
        return None
    function = task.function.ref
    bound = frame.interpreter.bind(task.function, task.arguments)
    name = next((name for name, each in bound.items() if each is entity), None)
    nodes = list(walk(function.facts.body))
    if name is None or any(_is_taken_over(node, name) for node in nodes) or _is_detached(frame, given.name):
        return None
    models = frame.interpreter.models
    for node in nodes:
        match node:
            case facts.Assign((facts.Attribute(facts.Name(owner), attribute) as target, *_)) if owner == name:
                if models.has_attribute(entity.model, attribute):
                    return attribute, "changes", Place(function.path, *target.at)
            case facts.Attribute(facts.Name(owner), attribute) if owner == name and held.session.kind != "async":
                relationship = models.relationship(entity.model, attribute)
                if relationship is not None and strategies.state_of(frame, entity, relationship) == "lazy":
                    return attribute, "reads", Place(function.path, *node.at)
                if models.has_attribute(entity.model, attribute) and _is_expired(frame, task, given, held):
                    return attribute, "expired", Place(function.path, *node.at)
    return None


def _is_taken_over(node: object, name: str) -> bool:
    """``session.merge(user)``: the task makes the object one of its own session."""
    match node:
        case facts.Call(facts.Attribute(_, "merge" | "add" | "refresh"), arguments):
            return any(isinstance(a.value, facts.Name) and a.value.id == name for a in arguments)
    return False


def _is_detached(frame: Frame, name: str) -> bool:
    """``session.expunge(user)``: the session knows it no more."""
    for call in calls_in(frame.ref.facts.body if frame.ref is not None else ()):
        method, arguments = last_name(call.func), call.arguments
        if method == "expunge_all" or (method in ("expunge", "make_transient") and arguments):
            if method == "expunge_all" or dotted_name(arguments[0].value) == name:
                return True
    return False


def _is_expired(frame: Frame, task: Task, given: _Given, held: _Held) -> bool:
    """Whether a commit of this function has expired the object, and nothing was read of it since."""
    session, fetch = held.session, held.entity.fetch if held.entity is not None else None
    if session.expires is not True or session.opened_at is None or frame.ref is None:
        return False
    steps = (step for path in frame.paths for step in path if step.session == session.identity)
    commits = [step.first for step in steps if step.kind == "commit" and step.first.filename == frame.path]
    if not commits or any(effect.kind == "refresh" for effect in frame.effects.values()):
        return False
    committed = max(commits)
    if fetch is not None and (fetch.at.filename != frame.path or fetch.at > committed):
        return False
    called = frame.place(task.call.at)
    reads = (
        frame.place(node.at)
        for node in walk(frame.ref.facts.body)
        if isinstance(node, facts.Attribute) and dotted_name(node.value) == given.name
    )
    return not any(committed < read and read.line <= called.end_line for read in reads)
