"""The table that a mapped class or a core ``Table`` declares, from what was read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link import columns as reading
from dbreview.link.columns import Annotation
from dbreview.link.names import ClassRef
from dbreview.link.values import (
    Attribute,
    Const,
    Items,
    Made,
    Record,
    Value,
)
from dbreview.project import Column, ForeignKey, Index, Table


@dataclass(slots=True)
class Draft:
    """A mapped class while it is read."""

    ref: ClassRef
    at: Place
    table_name: str | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    own_columns: set[str] = field(default_factory=set)
    targets: dict[str, tuple[tuple[Value, str | None], ...]] = field(default_factory=dict)
    relationships: dict[str, tuple[Made, Annotation | None, Place]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    made_names: dict[Made, str] = field(default_factory=dict)
    arguments: list[Made] = field(default_factory=list)
    core_table: Made | None = None
    parent: ClassRef | None = None
    unknown: list[str] = field(default_factory=list)

    def is_single(self) -> bool:
        """Whether the class is stored in its parent's table: single-table inheritance."""
        if self.parent is None:
            return False
        return not any(self.columns[a].is_primary_key for a in self.own_columns if a in self.columns)


def build_table(
    drafts: Mapping[ClassRef, Draft], draft: Draft, columns: dict[str, Column], ref: ClassRef | None
) -> Table:
    unknown = list(draft.unknown)
    keys = [_foreign_key(drafts, columns[a], t, d) for a, ts in draft.targets.items() if a in columns for t, d in ts]
    indexes: list[Index] = []
    uniques: list[tuple[str, ...]] = []
    primary = tuple(c.name for c in columns.values() if c.is_primary_key)
    for column in columns.values():
        if column.is_indexed:
            indexes.append(Index(None, (column.name,), column.is_unique, False, column.at))
        elif column.is_unique:
            uniques.append((column.name,))
    for made in draft.arguments:
        if made.dotted in sqlalchemy.INDEXES:
            names = reading.column_names(made.arguments[1:], draft.columns, draft.made_names)
            if names is None:
                unknown.append("the columns of an index")
                names = ("",)
            indexes.append(_index(made, names))
        elif made.dotted in sqlalchemy.UNIQUE_CONSTRAINTS:
            names = reading.column_names(made.arguments, draft.columns, draft.made_names)
            if names is None:
                unknown.append("the columns of a unique constraint")
            else:
                uniques.append(names)
        elif made.dotted in sqlalchemy.PRIMARY_KEYS:
            names = reading.column_names(made.arguments, draft.columns, draft.made_names)
            primary = names if names else primary
        elif made.dotted in sqlalchemy.FOREIGN_KEY_CONSTRAINTS:
            key = _key_constraint(drafts, made, draft)
            if key is not None:
                keys.append(key)
    return Table(
        draft.table_name or (ref.name if ref is not None else draft.ref.dotted),
        ref.dotted if ref is not None else None,
        ref.name if ref is not None else None,
        draft.at,
        tuple(columns.values()),
        primary,
        tuple(keys),
        tuple(indexes),
        tuple(uniques),
        not unknown,
        tuple(unknown),
        tuple(str(m.arguments[0].value) for m in draft.arguments if _is_check(m) and isinstance(m.arguments[0], Const)),
        draft.parent.dotted if draft.parent is not None and not draft.is_single() else None,
    )


def _index(made: Made, names: tuple[str, ...]) -> Index:
    name = made.arguments[0] if made.arguments else made.keyword("name")
    partial = any(key.endswith("_where") for key, _ in made.keywords)
    return Index(
        str(name.value) if isinstance(name, Const) else None,
        names,
        made.keyword("unique") == Const(True),
        partial,
        made.at,
    )


def _foreign_key(drafts: Mapping[ClassRef, Draft], column: Column, target: Value, on_delete: str | None) -> ForeignKey:
    return ForeignKey((column.name,), _target_names(drafts, (target,)), column.at, on_delete)


def _key_constraint(drafts: Mapping[ClassRef, Draft], made: Made, draft: Draft) -> ForeignKey | None:
    local = made.arguments[0] if made.arguments else made.keyword("columns")
    remote = made.arguments[1] if len(made.arguments) > 1 else made.keyword("refcolumns")
    names = reading.column_names(_sequence(local), draft.columns, draft.made_names)
    if not names:
        return None
    on_delete = made.keyword("ondelete")
    return ForeignKey(
        names,
        _target_names(drafts, _sequence(remote)),
        made.at,
        str(on_delete.value) if isinstance(on_delete, Const) else None,
    )


def _target_names(drafts: Mapping[ClassRef, Draft], targets: tuple[Value, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for target in targets:
        match target:
            case Const(str() as text):
                found.append(text)
            case Attribute(model, name):
                draft = drafts.get(model)
                if draft is not None and draft.table_name:
                    column = draft.columns.get(name)
                    found.append(f"{draft.table_name}.{column.name if column else name}")
    return tuple(found)


def _sequence(value: Value) -> tuple[Value, ...]:
    match value:
        case Record(items):
            return items
        case Items(exact=items):
            return items
    return ()


def _is_check(made: Made) -> bool:
    return made.dotted == "sqlalchemy.CheckConstraint" and bool(made.arguments)
