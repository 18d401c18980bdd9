"""Who else gets a session that a body opened: to keep it, or perhaps to close it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import fastapi, lifetimes
from dbreview.link.lifetimes.standing import name_of, root_of
from dbreview.link.names import ClassRef
from dbreview.link.syntax import calls_in, dotted_name, last_name, walk
from dbreview.link.values import ClassValue, Symbol

if TYPE_CHECKING:
    from dbreview.link.lifetimes.ownership import Watch

_OWN_LIBRARIES = (
    "builtins.",
    "typing.",
    "logging.",
    "sqlalchemy.",
    "sqlmodel.",
    "asyncio.",
    "inspect.",
    "contextvars.",
    "psycopg2.",
    "psycopg.",
    "pandas.",
    "polars.",
)
"""Libraries whose functions close nothing that they are given."""


def is_handed_on(watch: Watch) -> bool:
    """Whether somebody else gets the session to keep: it is returned, kept on an object, registered."""
    return any(_hands_on(watch, node) for node in walk(watch.body))


def is_kept_besides(watch: Watch) -> bool:
    """Whether a function that returns the session keeps it somewhere, too."""
    return any(_hands_on(watch, node) for node in walk(watch.body) if not isinstance(node, facts.Return))


def _hands_on(watch: Watch, node: object) -> bool:
    match node:
        case facts.Return(value) if value is not None:
            return watch.gives(value)
        case facts.Assign(targets, value) if watch.gives(value) or watch.opens(value):
            return any(watch.is_elsewhere(target) for target in targets)
        case facts.AnnotatedAssign(target, _, value) if value is not None and watch.gives(value):
            return watch.is_elsewhere(target)
        case facts.ScopeDeclaration(_, names):
            return bool(watch.names & set(names))
        case facts.Function(decorators=decorators):
            return bool(decorators) and watch.is_captured(node)
        case facts.Call(func, arguments):
            word = last_name(func) or ""
            if word not in lifetimes.THREADS and any(watch.is_closer(a.value) for a in arguments):
                return True
            if not isinstance(func, facts.Attribute) or not any(watch.gives(a.value) for a in arguments):
                return False
            is_collected = word in lifetimes.COLLECTING and root_of(func) not in {*watch.assigned, *watch.names}
            return is_collected or (word in lifetimes.HANDING_ON and dotted_name(func.value) not in watch.names)
    return False


def may_be_closed_elsewhere(watch: Watch) -> bool:
    """Whether code that is not known, or keeps what it is given, gets the session."""
    return any(_is_lent_out(watch, call) for call in calls_in(watch.body))


def _is_lent_out(watch: Watch, call: facts.Call) -> bool:
    if not any(watch.gives(argument.value) for argument in call.arguments):
        return False
    if isinstance(call.func, facts.Attribute) and dotted_name(call.func.value) in watch.names:
        return False
    word = last_name(call.func)
    if isinstance(call.func, facts.Attribute) and word in lifetimes.COLLECTING:
        return True
    if word in lifetimes.HARMLESS or root_of(call.func) in watch.holders:
        return False
    if word in lifetimes.THREADS and name_of(call.arguments[0].value) in watch.holders:
        return False
    match watch.interpreter.events.takers.get(watch.place(call)):
        case ClassValue(ref):
            return _closes_something(watch, ref)
        case Symbol(dotted) if dotted in fastapi.TO_THREAD:
            return watch.function_of(call.arguments[0].value) is None
        case Symbol(dotted):
            return not dotted.startswith(_OWN_LIBRARIES)
    inner = watch.given_to(call)
    return inner is None or is_handed_on(inner) or may_be_closed_elsewhere(inner)


def _closes_something(watch: Watch, ref: ClassRef) -> bool:
    ancestors = [a for a in watch.interpreter.classes.ancestors(ref) if a is None or isinstance(a, ClassRef)]
    return any(
        ancestor is None
        or any(
            isinstance(node, facts.Attribute) and node.attr in lifetimes.CLOSING
            for node in walk(ancestor.facts.body, into_functions=True)
        )
        for ancestor in ancestors
    )
