"""``class Meta`` of Tortoise models: table, schema, abstract, indexes and unique sets. Knows no columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import tortoise
from dbreview.link.names import ClassRef, Variable
from dbreview.link.values import ClassValue, Const, Entries, Items, Made, Record, Value
from dbreview.project import Unknown

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


@dataclass(frozen=True, slots=True)
class Together:
    """Fields that an index or a unique constraint lists. ``made`` is the object that says more."""

    names: tuple[str, ...]
    at: Place
    made: Made | None = None


@dataclass(slots=True)
class Options:
    """What the ``Meta`` of one class says. Only its own counts, unless it names another as its base."""

    table: str | None = None
    schema: str | None = None
    app: str | None = None
    is_abstract: bool = False
    is_ordered: bool = False
    unique_together: list[Together] = field(default_factory=list)
    indexes: list[Together] = field(default_factory=list)
    constraints: list[Together] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)


class OptionReader:
    """Reads the ``Meta`` of each class once."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._read: dict[ClassRef, Options] = {}

    def options(self, ref: ClassRef) -> Options:
        if ref not in self._read:
            self._read[ref] = Options()
            self._fill(self._read[ref], ref)
        return self._read[ref]

    def _fill(self, options: Options, ref: ClassRef) -> None:
        meta = ref.members.get("Meta")
        if isinstance(meta, Variable):
            value = self._interpreter.models.class_values(ref).get("Meta")
            meta = value.ref if isinstance(value, ClassValue) else meta
        if meta is None:
            return
        at = Place(ref.path, *ref.facts.at)
        if not isinstance(meta, ClassRef):
            options.unknown.append(Unknown(at, "its Meta"))
            return
        if None in self._interpreter.classes.ancestors(meta):
            options.unknown.append(Unknown(at, "a base class of its Meta"))
        for name in ("table", "schema", "app", "abstract", "unique_together", "indexes", "constraints", "ordering"):
            found = self._setting(meta, name)
            if found is not None:
                self._take(options, name, *found)

    def _setting(self, meta: ClassRef, name: str) -> tuple[Variable, Value] | None:
        for ancestor in self._interpreter.classes.ancestors(meta):
            member = ancestor.members.get(name) if isinstance(ancestor, ClassRef) else None
            if isinstance(ancestor, ClassRef) and isinstance(member, Variable) and member.value is not None:
                return member, self._interpreter.models.class_values(ancestor).get(name)
        return None

    def _take(self, options: Options, name: str, member: Variable, value: Value) -> None:
        at = Place(member.path, *member.at)
        match name, value:
            case "table", Const(str() as text):
                options.table = text or None
            case "schema", Const(str() as text):
                options.schema = text or None
            case "app", Const(str() as text):
                options.app = text
            case "abstract", Const(given):
                options.is_abstract = bool(given)
            case "ordering", _:
                options.is_ordered = value != Record(())
            case (("table" | "schema" | "app"), Const(None)):
                pass
            case (("unique_together" | "indexes" | "constraints"), _):
                items = _items(value, member)
                if items and isinstance(items[0], Const):
                    items = (value,)
                if items is None:
                    options.unknown.append(Unknown(at, f"the {name} of its Meta"))
                for item in items or ():
                    self._take_item(options, name, item, at)
            case _:
                options.unknown.append(Unknown(at, f"the {name} of its Meta"))

    def _take_item(self, options: Options, name: str, item: Value, at: Place) -> None:
        match name, item:
            case "indexes", Made(dotted) if dotted in tortoise.INDEXES:
                names = texts(item.keyword("fields")) if item.has("fields") else ()
                if names is not None and None not in item.arguments and (names or item.arguments):
                    options.indexes.append(Together(names, item.at, item))
                    return
            case "constraints", Made(dotted) if dotted in tortoise.UNIQUE_CONSTRAINTS:
                names = texts(argument(item, 0, "fields"))
                if names is not None:
                    options.constraints.append(Together(names, item.at, item))
                    return
            case "constraints", Made(dotted) if dotted in tortoise.CHECK_CONSTRAINTS:
                if (text := text_of(argument(item, 0, "check"))) is not None:
                    options.checks.append(text)
                    return
            case (("indexes" | "unique_together"), Record() | Items()):
                names = texts(item)
                if names:
                    getattr(options, name).append(Together(names, at))
                    return
        options.unknown.append(Unknown(at, f"one of the {name} of its Meta"))


def _items(value: Value, member: Variable) -> tuple[Value, ...] | None:
    """What a tuple or list holds; None where that is unknown."""
    match value:
        case Record(items):
            return items
        case Items(is_literal=True, exact=items) if items:
            return items
    return () if isinstance(member.value, facts.Display) and not member.value.items else None


def texts(value: Value) -> tuple[str, ...] | None:
    """The names that a tuple or list holds; None where they are unknown."""
    items: tuple[Value, ...] = ()
    match value:
        case Record(items):
            pass
        case Items(is_literal=True, exact=items):
            pass
    names = tuple(item.value for item in items if isinstance(item, Const) and isinstance(item.value, str))
    return names if names and len(names) == len(items) else None


def argument(made: Made, index: int, name: str) -> Value:
    """An argument by its position or name."""
    return made.arguments[index] if index < len(made.arguments) else made.keyword(name)


def text_of(value: Value) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def condition(made: Made) -> str | None:
    """The condition of a partial index as the database is told it."""
    given = made.keyword("condition")
    if given is None or given == Const(None):
        return "(...)" if made.has("condition") and given is None else None
    if not isinstance(given, Entries) or given.others:
        return "(...)"
    return " AND ".join(_equalities(given)) or None


def _equalities(given: Entries) -> Iterator[str]:
    for name, value in given.items:
        match value:
            case Const(bool() as flag):
                yield f"{name} = {'true' if flag else 'false'}"
            case Const(None):
                yield f"{name} = null"
            case Const(str() as text):
                quoted = text.replace("'", "''")
                yield f"{name} = '{quoted}'"
            case Const(number):
                yield f"{name} = {number}"
            case _:
                yield f"{name} = (...)"
