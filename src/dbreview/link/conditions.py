"""Conditions that the arguments of a reading decide by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.link.syntax import dotted_name
from dbreview.link.values import (
    ClassValue,
    Const,
    Entries,
    FunctionValue,
    Given,
    Instance,
    Items,
    Record,
    Session,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def truth(frame: Frame, test: Expression) -> bool | None:
    """Whether a condition holds in this reading, where the arguments alone decide it.

    Reads names and constants only, so that asking does nothing.
    """
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
            is_something = isinstance(found, (Given, Const, Session, Instance, Entries, Record, Items))
            return operator == "is not" if is_something else None
        case facts.BooleanOperation(left, operator, right):
            first, second = truth(frame, left), truth(frame, right)
            if operator == "and":
                return False if False in (first, second) else True if first and second else None
            return True if True in (first, second) else False if first is False and second is False else None
    return None


def _known(frame: Frame, expression: Expression) -> Value:
    path = dotted_name(expression)
    if path is None:
        return None
    if path in frame.env:
        return frame.env[path]
    owner, _, name = path.rpartition(".")
    holder = frame.env.get(owner)
    return holder.field(name) if isinstance(holder, Instance) else None


def _truth_of(value: Value) -> bool | None:
    match value:
        case Const(constant):
            return bool(constant)
        case Session() | Instance() | FunctionValue() | ClassValue():
            return True
    return None
