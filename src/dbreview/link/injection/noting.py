"""What the interpreter tells on its way: which calls take SQL as text, and which function each call means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import injection
from dbreview.link.joining import options
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import dotted_name, last_name
from dbreview.link.values import (
    ClassValue,
    Either,
    Entity,
    FunctionValue,
    Instance,
    LibraryObject,
    ModuleValue,
    Session,
    Symbol,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

_OF_PROJECT = (Instance, ClassValue, FunctionValue, ModuleValue, Symbol, Entity)
"""What runs no SQL, unless its own code does."""

TakerKind: TypeAlias = Literal["text", "column", "raw", "driver", "tortoise", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class SqlCall:
    """A call of ``method`` whose ``argument`` becomes SQL; ``ref`` is the function that makes it.

    ``driver`` is the package of what runs it, if that is known.
    """

    at: Place
    ref: FunctionRef | None
    node: facts.Call
    argument: Expression
    method: str
    kind: TakerKind
    driver: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CallSite:
    """A call that means a function of the project. The first ``skipped`` arguments are not for it.

    One ``is_bound`` is a call of a method on an object, which is the first parameter.
    """

    at: Place
    ref: FunctionRef | None
    node: facts.Call
    skipped: int
    is_bound: bool


def note_called(frame: Frame, callee: Value, node: facts.Call, skipped: int = 0) -> None:
    """A call means these functions: its arguments are what their parameters hold."""
    if not isinstance(callee, (FunctionValue, ClassValue, Instance, Either)):
        return
    events = frame.interpreter.events
    for each in options(callee):
        target, is_bound = _meant(frame, each)
        at = frame.place(node.at)
        if target is None or target in events.targets.get(at, ()):
            continue
        events.targets.setdefault(at, {})[target] = None
        events.call_sites.setdefault(target, {})[at] = CallSite(at, frame.ref, node, skipped, is_bound)


def _meant(frame: Frame, callee: Value) -> tuple[FunctionRef | ClassRef | None, bool]:
    """The function or class that is called, and whether its first parameter is an object that is there already."""
    match callee:
        case FunctionValue(ref, receiver):
            return ref, receiver is not None
        case ClassValue(ref):
            return ref, True
        case Instance(ref):
            member = frame.interpreter.classes.member(ref, "__call__")
            return (member if isinstance(member, FunctionRef) else None), True
    return None, False


def note_function(frame: Frame, dotted: str, node: facts.Call) -> None:
    """``text(sql)``, ``literal_column(sql)`` and the like."""
    kind = injection.TAKES_SQL.get(dotted)
    if kind is not None:
        _note(frame, node, dotted_name(node.func) or dotted, kind)


def note_method(frame: Frame, receiver: Value, func: facts.Attribute, node: facts.Call) -> None:
    """``connection.execute(sql)`` on what runs statements, ``Model.raw(sql)``."""
    name = func.attr
    if name in injection.RUNS_TEXT:
        if any(_runs_text(each) for each in options(receiver)):
            drivers = {each.driver for each in options(receiver) if isinstance(each, Session)}
            _note(frame, node, dotted_name(func) or name, "driver", drivers.pop() if len(drivers) == 1 else None)
        elif name in injection.SOUNDS_LIKE_SQL and not isinstance(receiver, _OF_PROJECT):
            _note(frame, node, dotted_name(func) or name, "unknown")
    elif name in injection.RUNS_TEXT_IN_TORTOISE:
        if not isinstance(receiver, Instance):
            _note(frame, node, dotted_name(func) or name, "tortoise")
    elif name == injection.RAW_OF_MODEL and isinstance(receiver, ClassValue):
        if frame.interpreter.classes.member(receiver.ref, name) is None:
            _note(frame, node, dotted_name(func) or name, "tortoise")


def _runs_text(receiver: Value) -> bool:
    match receiver:
        case Session():
            return True
        case LibraryObject(dotted):
            return dotted.partition(".")[0] in injection.DRIVERS
    return False


def _note(frame: Frame, node: facts.Call, method: str, kind: TakerKind, driver: str | None = None) -> None:
    argument = next(
        (
            a.value
            for i, a in enumerate(node.arguments)
            if (i == 0 and not a.keyword) or a.keyword in injection.KEYWORDS
        ),
        None,
    )
    is_known = isinstance(argument, facts.Constant) or last_name(node.func) is None
    if argument is not None and not is_known and not frame.interpreter.reads_schema:
        at = frame.place(node.at)
        call = SqlCall(at, frame.ref, node, argument, method, kind, driver)
        frame.interpreter.events.sql_calls.setdefault(at, call)
