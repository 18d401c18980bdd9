"""Filters of Tortoise ORM: ``author__name__startswith="A"`` as conditions on the columns of models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import tortoise
from dbreview.link import bounds, effects
from dbreview.link.arguments import Arguments
from dbreview.link.names import ClassRef
from dbreview.link.syntax import names_in
from dbreview.link.values import Attribute, Condition, Const, Items, QuerySet, Value

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.schema.models import Models


@dataclass(frozen=True, slots=True)
class Found:
    """The conditions that are known. ``is_whole`` says that there are no others, ``is_joined`` that one joins."""

    known: frozenset[Condition]
    is_whole: bool
    is_joined: bool


def conditions(frame: Frame, ref: ClassRef, arguments: Arguments, node: facts.Call) -> Found:
    """What ``filter(...)``, ``get(...)`` and their like ask for."""
    models = frame.interpreter.models
    written = {argument.keyword: argument.value for argument in node.arguments}
    is_whole = not arguments.positional and not arguments.is_open and arguments.doubtful == frozenset()
    known: set[Condition] = set()
    is_joined = False
    for keyword, value in arguments.keywords:
        if keyword in ("defaults", "using_db"):
            continue
        names = names_in(written.get(keyword))
        condition = _condition(models, ref, keyword, value, names | effects.origins(frame, names))
        if condition is None:
            is_whole = False
            continue
        known.add(condition)
        is_joined |= condition.attribute.model is not ref
    return Found(frozenset(known), is_whole, is_joined)


def _condition(models: Models, ref: ClassRef, keyword: str, value: Value, names: frozenset[str]) -> Condition | None:
    """One keyword; None where nobody can tell what it names."""
    words = keyword.split("__")
    operator = tortoise.OPERATORS.get(words[-1]) if len(words) > 1 else None
    attribute = _attribute(models, ref, words[:-1] if operator is not None else words)
    if attribute is None:
        return None
    return Condition(_compared(operator or "==", value), attribute, names=names)


def _compared(operator: str, value: Value) -> str:
    if operator == "in":
        is_listed = isinstance(value, Items) and value.is_literal and all(isinstance(v, Const) for v in value.exact)
        if is_listed:
            return "in constants"
        is_query = isinstance(value, QuerySet) and not bounds.may_be_few(value.statement)
        return "in query" if is_query else "in"
    return "is" if operator == "==" and value == Const(None) else operator


def _attribute(models: Models, ref: ClassRef, words: list[str]) -> Attribute | None:
    """The column that ``author__name`` leads to; of a relation at its end, the key's own."""
    *way, name = words
    for step in way:
        relationship = models.relationship(ref, step)
        target = models.target(relationship) if relationship is not None else None
        if target is None:
            return None
        ref = target
    if name == tortoise.KEY:
        return next(_primary_key(models, ref), None)
    relationship = models.relationship(ref, name)
    if relationship is not None:
        keys = relationship.local_columns
        return Attribute(ref, keys[0]) if len(keys) == 1 else None
    return Attribute(ref, name) if models.has_attribute(ref, name) else None


def _primary_key(models: Models, ref: ClassRef) -> Iterator[Attribute]:
    table = models.table(ref)
    return (Attribute(ref, column.attribute) for column in (table.columns if table else ()) if column.is_primary_key)
