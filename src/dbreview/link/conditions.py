"""Conditions that the arguments of a reading decide by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import sqlalchemy
from dbreview.link.joining import options
from dbreview.link.names import ClassRef
from dbreview.link.syntax import dotted_name
from dbreview.link.values import (
    ClassValue,
    ClientNumber,
    Const,
    Either,
    Entity,
    Entries,
    FunctionValue,
    Given,
    Instance,
    Items,
    Record,
    Session,
    Symbol,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


_SOMETHING = (Given, Const, Session, Instance, Entries, Record, Items)
"""What is not None, whatever else it is."""


def truth(frame: Frame, test: Expression) -> bool | None:
    """Whether a condition holds in this reading, where the arguments alone decide it.

    Reads names and constants only, so that asking does nothing.
    """
    if frame.interpreter.reads_schema and not isinstance(test, (facts.BooleanOperation, facts.UnaryOperation)):
        decided = _truth_of(frame.evaluate(test))
        if decided is not None:
            return decided
    match test:
        case facts.Constant(value, _, False):
            return bool(value)
        case facts.Name("TYPE_CHECKING"):
            return True
        case facts.Name() | facts.Attribute():
            return _truth_of(_known(frame, test))
        case facts.UnaryOperation("not", operand):
            inner = truth(frame, operand)
            return None if inner is None else not inner
        case facts.Comparison(left, ("is" | "is not" as operator,), (facts.Constant(None, _, False),)):
            found = _known(frame, left)
            if found == Const(None):
                return operator == "is"
            is_given = isinstance(found, ClientNumber) and not found.is_optional
            is_row = isinstance(found, Record) and any(isinstance(i, Entity) and i.fetch for i in found.items)
            is_something = is_given or (isinstance(found, _SOMETHING) and not is_row)
            return operator == "is not" if is_something else None
        case facts.Call(facts.Name("isinstance"), (subject, kinds)):
            return _is_session_of(_known(frame, subject.value), frame, kinds.value)
        case facts.Comparison(left, ("==" | "!=" as operator,), (facts.Constant(value, _, False),)):
            found = _known(frame, left)
            return (found.value == value) is (operator == "==") if isinstance(found, Const) else None
        case facts.Comparison(left, ("is" | "is not" as operator,), (facts.Name() | facts.Attribute(),)):
            is_object = isinstance(_known(frame, left), (Given, Entity, Items, Session))
            return operator == "is not" if is_object else None
        case facts.Comparison(left, ("in" | "not in" as operator,), (right,)):
            row, holder = _known(frame, left), _known(frame, right)
            if isinstance(holder, Session) and isinstance(row, Entity) and row.fetch is not None:
                return operator == "in"
        case facts.BooleanOperation(left, operator, right):
            first, second = truth(frame, left), truth(frame, right)
            if operator == "and":
                return False if False in (first, second) else True if first and second else None
            return True if True in (first, second) else False if first is False and second is False else None
    return None


def _is_session_of(value: Value, frame: Frame, kinds: Expression) -> bool | None:
    """``isinstance(session, AsyncSession)`` of a parameter that was given a session, or none."""
    if value == Const(None):
        return False
    named = frame.evaluate(kinds) if isinstance(value, Session) else None
    if isinstance(value, Session) and isinstance(named, Symbol):
        return True if sqlalchemy.SESSION_TYPES.get(named.dotted) == value.kind else None
    return None


def narrow(frame: Frame, test: Expression, holds: bool) -> bool:
    """Apply what ``isinstance`` says to the variables of the frame; False where the branch cannot be taken."""
    match test:
        case facts.UnaryOperation("not", operand):
            return narrow(frame, operand, not holds)
        case facts.BooleanOperation(left, operator, right):
            if (operator == "and") is holds:
                return narrow(frame, left, holds) and narrow(frame, right, holds)
        case facts.Call(facts.Name("isinstance"), (subject, kinds)):
            return _narrow_to(frame, subject.value, frame.evaluate(kinds.value), holds)
    return True


def _narrow_to(frame: Frame, subject: Expression, kinds: Value, holds: bool) -> bool:
    path = dotted_name(subject)
    value = frame.env.get(path) if path is not None else None
    classes = [
        kind.ref for kind in (kinds.items if isinstance(kinds, Record) else (kinds,)) if isinstance(kind, ClassValue)
    ]
    is_whole = len(classes) == (len(kinds.items) if isinstance(kinds, Record) else 1)
    if path is None or value is None or not classes or not is_whole:
        return True
    kept = tuple(option for option in options(value) if _is_one_of(frame, option, classes) is not (not holds))
    if not kept:
        return False
    frame.env[path] = kept[0] if len(kept) == 1 else Either(kept)
    return True


def _is_one_of(frame: Frame, value: Value, classes: list[ClassRef]) -> bool | None:
    ref = value.model if isinstance(value, Entity) else value.ref if isinstance(value, Instance) else None
    if ref is None:
        return None
    known = frame.interpreter.classes
    if any(known.is_subclass(ref, kind) for kind in classes):
        return True
    return None if any(known.is_subclass(kind, ref) for kind in classes) else False


def _known(frame: Frame, expression: Expression) -> Value:
    path = dotted_name(expression)
    if path is None:
        return None
    if path in frame.env:
        return frame.env[path]
    owner, _, name = path.rpartition(".")
    holder = frame.env.get(owner)
    return frame.interpreter.classes.field(holder, name) if isinstance(holder, Instance) else None


def _truth_of(value: Value) -> bool | None:
    match value:
        case Const(constant):
            return bool(constant)
        case Session() | Instance() | FunctionValue() | ClassValue():
            return True
    return None
