"""What a task is given that needs the session of those who made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.link import strategies
from dbreview.link.events import Effect, HandedEvent
from dbreview.link.joining import options
from dbreview.link.syntax import dotted_name, last_name, names_in, walk
from dbreview.link.values import (
    Entity,
    Entries,
    FunctionValue,
    Instance,
    Items,
    Record,
    Session,
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


# --- what the task gets -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Held:
    what: Literal["session", "holder", "entity"]
    session: Session
    entity: Entity | None = None


def _note(frame: Frame, task: _Task | None) -> None:
    if task is None or frame.ref is None:
        return
    match task.function:
        case Partial(function, positional, keywords):
            more = Arguments((*positional, *task.arguments.positional), (*keywords, *task.arguments.keywords))
            inner = task.written.arguments if isinstance(task.written, facts.Call) else ()
            written = inner[0].value if inner else task.written
            given = (*_given(inner, Arguments(positional, keywords), 1), *task.given)
            _note(frame, _Task(task.how, task.call, function, written, given, more))
            return
        case LambdaValue(facts=facts.Lambda(body=facts.Call() as body)):
            arguments = calling.arguments_of(frame, body)
            given = _given(body.arguments, arguments, 0)
            function = frame.evaluate(body.func)
            _note(frame, _Task(task.how, task.call, function, body.func, given, arguments))
            return
    effects = _effects(frame, task)
    for expression, value in task.given:
        _note_value(frame, task, expression, value, effects)
    if isinstance(task.function, FunctionValue):
        _note_value(frame, task, task.written, task.function.receiver, effects, is_receiver=True)
        _note_closure(frame, task, task.function, effects)


def _effects(frame: Frame, task: _Task) -> tuple[Effect, ...]:
    """What the task does to the database; it does so in no request."""
    if not isinstance(task.function, FunctionValue):
        return ()
    interpreter = frame.interpreter
    before = interpreter.is_request, interpreter.route
    interpreter.is_request, interpreter.route = False, None
    try:
        return interpreter.call(task.function, task.arguments).effects
    finally:
        interpreter.is_request, interpreter.route = before


def _note_value(
    frame: Frame,
    task: _Task,
    expression: Expression,
    value: Value,
    effects: tuple[Effect, ...],
    *,
    is_receiver: bool = False,
) -> None:
    for held in _held(frame, value):
        used_at = _used_at(effects, held.session)
        if held.what == "holder" and used_at is None:
            continue
        model, attribute, use = None, None, None
        if held.entity is not None:
            model = held.entity.model
            if task.how != "queue":
                found = None if is_receiver else _use(frame, task, expression, value, held)
                if found is None:
                    continue
                attribute, use, used_at = found
        at = frame.place(expression.at)
        written = expression.value if is_receiver and isinstance(expression, facts.Attribute) else expression
        event = HandedEvent(
            at,
            frame.place(task.call.at),
            task.how,
            last_name(task.written) or "the task",
            held.what,
            dotted_name(written) or "",
            held.session,
            used_at,
            frame.interpreter.is_request,
            frame.interpreter.route,
            model,
            attribute,
            use,
        )
        known = frame.interpreter.events.handed.get(at)
        if known is None or (event.is_request and not known.is_request):
            frame.interpreter.events.handed[at] = event
        return


def _note_closure(frame: Frame, task: _Task, function: FunctionValue, effects: tuple[Effect, ...]) -> None:
    """A nested function takes along the variables around it."""
    if function.closure is None:
        return
    own = {parameter.name for parameter in function.ref.facts.parameters}
    names = frozenset().union(*(names_in(statement) for statement in function.ref.facts.body)) - own
    for name in sorted(names):
        value = function.closure.names.get(name)
        if any(held.what != "entity" and _used_at(effects, held.session) is not None for held in _held(frame, value)):
            _note_value(frame, task, task.written, value, effects)
            return


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
    used = (effect for effect in effects if effect.on == session.opened_at and effect.kind != "engine")
    return next((e.calls[0] if e.calls else e.at for e in used if not (e.is_own and session.opened_at is None)), None)


# --- objects of a session -----------------------------------------------------------------

_Use: TypeAlias = tuple[str, Literal["reads", "changes", "expired"], Place]


def _use(frame: Frame, task: _Task, expression: Expression, value: Value, held: _Held) -> _Use | None:
    """What the task does with an object that needs the object's session."""
    if not isinstance(task.function, FunctionValue) or not isinstance(value, Entity):
        return None
    function = task.function.ref
    bound = frame.interpreter.bind(task.function, task.arguments)
    name = next((name for name, each in bound.items() if each is value), None)
    if name is None:
        return None
    nodes = list(walk(function.facts.body))
    if any(_is_taken_along(node, name) for node in nodes):
        return None
    models = frame.interpreter.models
    for node in nodes:
        match node:
            case facts.Assign((facts.Attribute(facts.Name(owner), attr) as target, *_)) if owner == name:
                if models.has_attribute(value.model, attr):
                    return attr, "changes", Place(function.path, *target.at)
            case facts.Attribute(facts.Name(owner), attr) if owner == name:
                relationship = models.relationship(value.model, attr)
                if relationship is not None and strategies.state_of(frame, value, relationship) == "lazy":
                    return attr, "reads", Place(function.path, *node.at)
                if models.has_attribute(value.model, attr) and _is_expired(frame, task, expression, value, held):
                    return attr, "expired", Place(function.path, *node.at)
    return None


def _is_taken_along(node: object, name: str) -> bool:
    """``session.merge(user)``: the task makes the object one of its own session."""
    match node:
        case facts.Call(facts.Attribute(_, "merge" | "add" | "refresh"), arguments):
            return any(isinstance(a.value, facts.Name) and a.value.id == name for a in arguments)
    return False


def _is_expired(frame: Frame, task: _Task, expression: Expression, entity: Entity, held: _Held) -> bool:
    """Whether a commit has expired the object, and nothing was read of it since."""
    if held.session.expires is not True or frame.ref is None or held.session.opened_at is None:
        return False
    since = entity.fetch.at if entity.fetch is not None else None
    commits = [
        step.first
        for path in frame.paths
        for step in path
        if step.kind == "commit" and step.session == held.session.opened_at and step.first.filename == frame.path
    ]
    if not commits or (since is not None and (since.filename != frame.path or since > max(commits))):
        return False
    if any(effect.kind == "refresh" for effect in frame.effects.values()):
        return False
    name, call = dotted_name(expression), frame.place(task.call.at)
    reads = (
        frame.place(node.at)
        for node in walk(frame.ref.facts.body)
        if isinstance(node, facts.Attribute) and dotted_name(node.value) == name
    )
    return not any(max(commits) < read and read.line <= call.end_line for read in reads)
