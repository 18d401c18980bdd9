"""The columns of a model that nobody outside may read: by their names, and by what else is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import sensitive, sqlalchemy
from dbreview.link.names import ClassRef, Variable
from dbreview.link.syntax import last_name, walk
from dbreview.project import Column, Model

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A column that is a password, a key or the like. One that ``is_deferred`` is loaded when somebody reads it."""

    name: str
    at: Place
    kind: sensitive.Kind
    is_deferred: bool = False


def sensitive_columns(interpreter: Interpreter, ref: ClassRef) -> tuple[Sensitive, ...]:
    """The columns of a mapped class that no answer should carry, in their order."""
    model = interpreter.models.models.get(ref)
    return tuple(_sensitive(interpreter, ref, model)) if model is not None else ()


def _sensitive(interpreter: Interpreter, ref: ClassRef, model: Model) -> Iterator[Sensitive]:
    others = frozenset(model.columns)
    table = model.table
    keys = {name for key in table.foreign_keys for name in key.columns} if table is not None else set()
    for name, column in model.columns.items():
        kind = sensitive.kind_of(name, ref.name, others)
        if kind is not None and column.name not in keys and _may_hold_text(column):
            yield Sensitive(name, column.at, kind, _is_deferred(interpreter, ref, name))


def _may_hold_text(column: Column) -> bool:
    return column.type is None or column.type.name not in sensitive.OPEN_TYPES


def _is_deferred(interpreter: Interpreter, ref: ClassRef, name: str) -> bool:
    """``deferred(Column(...))`` and ``mapped_column(deferred=True)``."""
    member = interpreter.classes.member(ref, name)
    written = member.value if isinstance(member, Variable) else None
    for call in walk(written) if written is not None else ():
        if isinstance(call, facts.Call):
            if last_name(call.func) == "deferred" or any(a.keyword == "deferred" for a in call.arguments):
                return True
    return False


def is_of_another_system(interpreter: Interpreter, ref: ClassRef) -> bool:
    """Whether the rows say how to reach another system, so that a password among them has to be read back."""
    model = interpreter.models.models.get(ref)
    return model is not None and any(sensitive.ADDRESSES.fullmatch(name.lower()) for name in model.columns)


def is_sqlmodel(interpreter: Interpreter, ref: ClassRef) -> bool:
    """Whether objects of the class are Pydantic's as well, so that whatever turns those into JSON takes them."""
    return bool(set(interpreter.classes.library_ancestors(ref)) & sqlalchemy.SQLMODEL_BASE)


def is_entity(interpreter: Interpreter, ref: ClassRef) -> bool:
    """Whether a class is mapped to a table, by whichever library."""
    return ref in interpreter.models.models
