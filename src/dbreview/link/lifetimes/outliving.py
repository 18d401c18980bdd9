"""Tasks that outlive the session they were given: whose session it is, and whether it is closed when they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Confidence, Place
from dbreview.link.events import HandedEvent
from dbreview.link.lifetimes.committing import exit_comes_after, scopes_of
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import walk
from dbreview.link.values import Either, Instance, Session, Value
from dbreview.project import Role, SessionInTask, Versions

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_DEEPEST = 4


def sessions_in_tasks(
    interpreter: Interpreter, roles: Mapping[str, Role], versions: Versions | None
) -> Iterator[SessionInTask]:
    """What tasks are given that needs a request's session, or one that a block around it closes."""
    dependencies = _dependencies(interpreter)
    comes_after, is_certain = exit_comes_after(versions)
    for event in sorted(interpreter.events.handed.values(), key=lambda each: each.at):
        if roles.get(event.at.filename) != "application":
            continue
        opened_at = event.session.opened_at
        dependency = dependencies.get(opened_at) if opened_at is not None else None
        is_in_block = dependency is None and opened_at is not None and _is_closed_here(interpreter, opened_at)
        if dependency is None and opened_at is not None and not is_in_block:
            continue  # nobody closes it: the task may
        if event.how in ("beside", "thread") and not event.is_request:
            continue
        is_closed: bool | None = not comes_after if is_certain else None
        if is_in_block or (dependency is not None and scopes_of(interpreter, dependency) == {"function"}):
            is_closed = True
        if event.use == "changes" and dependency is not None and not is_closed and _commits(interpreter, dependency):
            continue
        yield SessionInTask(
            event.at,
            event.how,
            event.task,
            event.what,
            event.name,
            event.model.dotted if event.model is not None else None,
            _key(interpreter, event),
            event.attribute,
            event.use,
            event.used_at,
            opened_at,
            dependency.name if dependency is not None else None,
            is_closed,
            event.session.kind == "async",
            event.session.is_connection,
            event.route,
            _confidence(event, is_closed),
        )


def _key(interpreter: Interpreter, event: HandedEvent) -> str | None:
    """The attribute that is the primary key of an object, if it is one."""
    table = interpreter.models.table(event.model) if event.model is not None else None
    keys = [column.attribute for column in table.columns if column.is_primary_key] if table is not None else []
    return keys[0] if len(keys) == 1 else None


def _confidence(event: HandedEvent, is_closed: bool | None) -> Confidence:
    if event.how == "queue":
        return "high"
    if event.session.opened_at is None:
        return "medium"
    if event.what != "entity" or event.use == "changes":
        return "high"
    return "high" if is_closed or event.session.kind == "async" else "medium"


def _commits(interpreter: Interpreter, dependency: FunctionRef) -> bool:
    """Whether a dependency commits behind its ``yield``."""
    leaving = interpreter.declared.generators[dependency].leaving
    return any(step.kind == "commit" for path in leaving for step in path)


def _dependencies(interpreter: Interpreter) -> dict[Place, FunctionRef]:
    """The generator dependencies, by the place where they open the session that they yield."""
    found: dict[Place, FunctionRef] = {}
    for ref, outcome in interpreter.declared.generators.items():
        for session in _sessions_in(outcome.yielded):
            if session.opened_at is not None:
                found.setdefault(session.opened_at, ref)
    return found


def _sessions_in(value: Value, depth: int = 0) -> Iterator[Session]:
    match value:
        case Session():
            yield value
        case Instance(fields=fields) if depth < _DEEPEST:
            for _, inner in fields:
                yield from _sessions_in(inner, depth + 1)
        case Either(options) if depth < _DEEPEST:
            for option in options:
                yield from _sessions_in(option, depth + 1)


def _is_closed_here(interpreter: Interpreter, opened_at: Place) -> bool:
    """Whether the code that opens a session closes it, too: by a ``with``, a generator's end, or ``close()``."""
    owned = interpreter.events.owned.get(opened_at)
    if owned is not None and any(
        isinstance(node, facts.Attribute)
        and node.attr == "close"
        and isinstance(node.value, facts.Name)
        and node.value.id == owned.name
        for node in walk(owned.ref.facts.body)
    ):
        return True
    module = interpreter.names.modules.get(opened_at.filename)
    for node in walk(module.body, into_functions=True) if module is not None else ():
        match node:
            case facts.With(items):
                if any(_is_inside(opened_at, item.context) for item in items):
                    return True
            case facts.Function(has_yield=True, body=body):
                if any(isinstance(each, facts.Call) and _is_at(opened_at, each) for each in walk(body)):
                    return True
    return False


def _is_inside(place: Place, expression: facts.Expression) -> bool:
    return any(isinstance(node, facts.Call) and _is_at(place, node) for node in walk(expression))


def _is_at(place: Place, call: facts.Call) -> bool:
    return Place(place.filename, *call.at) == place
