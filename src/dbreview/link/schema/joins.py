"""How a relationship joins two tables: its direction and the foreign keys that it follows.

Follows what SQLAlchemy's ``JoinCondition`` does: foreign columns are those that ``foreign_keys`` or ``foreign()``
name, else those with a foreign key to the other side; who has them decides the direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.link import calling
from dbreview.link.annotations import parse_annotation
from dbreview.link.names import ClassRef
from dbreview.link.syntax import names_in
from dbreview.link.values import (
    Attribute,
    ClassValue,
    Condition,
    Conditions,
    Const,
    Items,
    Join,
    LambdaValue,
    Made,
    Record,
    Symbol,
    TableColumn,
    Value,
)
from dbreview.project import Direction, ForeignKey, Table

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.schema.models import Models
    from dbreview.link.schema.tables import Draft

_FUNCTIONS = {
    "foreign": "sqlalchemy.orm.foreign",
    "remote": "sqlalchemy.orm.remote",
    "and_": "sqlalchemy.and_",
    "or_": "sqlalchemy.or_",
    "func": "sqlalchemy.func",
}
"""What a string in a relationship may call besides the names of classes and tables."""


@dataclass(frozen=True, slots=True)
class Side:
    """One column of a join: its table, its name, and how it is marked."""

    table: str
    column: str
    is_foreign: bool = False
    is_remote: bool = False


class Joins:
    """Answers for relationships between models whose tables are known."""

    def __init__(self, interpreter: Interpreter, models: Models) -> None:
        self._interpreter = interpreter
        self._models = models

    def read(
        self, draft: Draft, target: ClassRef, options: dict[str, Value]
    ) -> tuple[Direction | None, tuple[ForeignKey, ...]]:
        """The direction of a relationship without ``secondary``, and the foreign keys behind it."""
        local, other = self._tables(draft.ref), self._tables(target)
        if not local or not other:
            return None, ()
        foreign, remote = self._columns(draft, options, local, other)
        if foreign is None:
            return None, ()
        mine = {table.full_name for table in local}
        theirs = {table.full_name for table in other}
        keys = tuple(_keys(local, other, foreign) + [k for k in _keys(other, local, foreign) if mine != theirs])
        if mine & theirs and {side.table for side in foreign} <= mine & theirs:
            is_remote_foreign = remote is None or _are_remote(foreign, remote)
            return ("ONETOMANY" if is_remote_foreign else "MANYTOONE"), keys
        has_local = any(side.table in mine for side in foreign)
        has_remote = any(side.table in theirs for side in foreign)
        if has_local == has_remote:
            return None, keys
        return ("MANYTOONE" if has_local else "ONETOMANY"), keys

    def _tables(self, ref: ClassRef) -> list[Table]:
        """The tables of a class: its own, and those of the parents that joined inheritance extends."""
        found: list[Table] = []
        for ancestor in self._interpreter.classes.ancestors(ref):
            table = self._models.table(ancestor) if isinstance(ancestor, ClassRef) else None
            if table is not None and table not in found:
                found.append(table)
                if self._models.drafts[ancestor].is_concrete:  # type: ignore[index]
                    break
        return found

    def _columns(
        self, draft: Draft, options: dict[str, Value], local: list[Table], other: list[Table]
    ) -> tuple[list[Side] | None, list[Side] | None]:
        """The foreign columns of the join and the remote ones; None where they cannot be told."""
        remote: list[Side] | None = None
        if "remote_side" in options:
            remote = list(self._sides(draft, self._value(draft, options["remote_side"])))
        pairs: list[tuple[Side, Side]] = []
        if "primaryjoin" in options:
            pairs = list(self._pairs(draft, self._value(draft, options["primaryjoin"])))
            marked = [side for pair in pairs for side in pair if side.is_remote]
            remote = remote if remote is not None else marked or None
        if "foreign_keys" in options:
            return list(self._sides(draft, self._value(draft, options["foreign_keys"]))) or None, remote
        if "primaryjoin" in options:
            marked = [side for pair in pairs for side in pair if side.is_foreign]
            return marked or self._by_keys(pairs, [*local, *other]), remote
        keys = _keys(local, other) + _keys(other, local)
        return [side for key in keys for side in _key_sides(key, [*local, *other])] or None, remote

    def _by_keys(self, pairs: list[tuple[Side, Side]], tables: list[Table]) -> list[Side] | None:
        """Of each pair the column with a foreign key to the other one."""
        found: list[Side] = []
        for first, second in pairs:
            for side, opposite in ((first, second), (second, first)):
                keys = [key for table in tables if table.full_name == side.table for key in table.foreign_keys]
                links = {pair for key in keys for pair in zip(key.columns, key.target, strict=False)}
                if (side.column, f"{opposite.table}.{opposite.column}") in links:
                    found.append(side)
        return found or None

    # --- values

    def _value(self, draft: Draft, value: Value) -> Value:
        """A string or lambda as the expression that SQLAlchemy evaluates it to."""
        match value:
            case Const(str() as text):
                return self._text_value(draft, text)
            case LambdaValue(facts.Lambda()):
                return calling.call_lambda(self._interpreter.module_frame(value.path), value)
        return value

    def _text_value(self, draft: Draft, text: str) -> Value:
        from dbreview.link.frame import Frame

        node = parse_annotation(text, draft.ref.facts.at)
        if node is None:
            return None
        env: dict[str, Value] = {name: Symbol(dotted) for name, dotted in _FUNCTIONS.items()}
        for name in names_in(node) - env.keys():
            ref = draft.ref if name == draft.ref.name else self._models.named(name, draft.ref)
            env[name] = ClassValue(ref) if ref is not None else self._models.core_made.get(name)
        return Frame(self._interpreter, draft.ref.path, None, env).evaluate(node)

    def _pairs(self, draft: Draft, value: Value) -> Iterator[tuple[Side, Side]]:
        match value:
            case Conditions(items) | Record(items):
                for item in items:
                    yield from self._pairs(draft, item)
            case Condition("==", attribute, Attribute() as other):
                yield from self._pair(draft, attribute, other)
            case Join(left, right):
                yield from self._pair(draft, left, right)

    def _pair(self, draft: Draft, left: Value, right: Value) -> Iterator[tuple[Side, Side]]:
        first, second = next(self._sides(draft, left), None), next(self._sides(draft, right), None)
        if first is not None and second is not None:
            yield first, second

    def _sides(self, draft: Draft, value: Value) -> Iterator[Side]:
        """The columns that a value lists."""
        match value:
            case Record(items) | Items(exact=items):
                for item in items:
                    yield from self._sides(draft, item)
            case Const(str()):
                yield from self._sides(draft, self._value(draft, value))
            case Made(dotted, (inner, *_)) if dotted in ("sqlalchemy.orm.foreign", "sqlalchemy.orm.remote"):
                for side in self._sides(draft, inner):
                    is_foreign = side.is_foreign or dotted.endswith("foreign")
                    is_remote = side.is_remote or dotted.endswith("remote")
                    yield Side(side.table, side.column, is_foreign, is_remote)
            case Attribute(model, name):
                yield from self._attribute(model, name)
            case TableColumn(made, name):
                ref = next((ref for ref, other in self._models.drafts.items() if other.core_table == made), None)
                if ref is not None:
                    yield from self._attribute(ref, name)
                elif made.arguments and isinstance(made.arguments[0], Const):
                    yield Side(str(made.arguments[0].value), name)
            case Made():
                for owner in (draft, *self._models.drafts.values()):
                    if value in owner.made_names:
                        yield from self._attribute(owner.ref, owner.made_names[value])
                        return

    def _attribute(self, model: ClassRef, name: str) -> Iterator[Side]:
        for table in self._tables(model):
            found = next((column for column in table.columns if column.attribute == name), None)
            if found is not None:
                yield Side(table.full_name, found.name)
                return


def _are_remote(foreign: list[Side], remote: list[Side]) -> bool:
    """Whether foreign columns are on the remote side. Marks tell the sides of one column apart."""
    if any(side.is_remote for side in remote) and any(side.is_foreign for side in foreign):
        return any(side.is_remote and side.is_foreign for side in (*foreign, *remote))
    return any((side.table, side.column) in {(s.table, s.column) for s in remote} for side in foreign)


def _keys(tables: list[Table], others: list[Table], foreign: list[Side] | None = None) -> list[ForeignKey]:
    """The foreign keys of some tables to the others, those made of ``foreign`` columns if they are given."""
    names = {table.full_name for table in others}
    found = [(t, key) for t in tables for key in t.foreign_keys if key.target_table in names]
    if foreign is None:
        return [key for _, key in found]
    wanted = {(side.table, side.column) for side in foreign}
    return [key for table, key in found if all((table.full_name, name) in wanted for name in key.columns)]


def _key_sides(key: ForeignKey, tables: list[Table]) -> Iterator[Side]:
    for table in tables:
        if key in table.foreign_keys:
            yield from (Side(table.full_name, name) for name in key.columns)
            return
