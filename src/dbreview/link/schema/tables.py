"""The table that a mapped class or a core ``Table`` declares, from what was read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link.names import ClassRef
from dbreview.link.schema import columns as reading
from dbreview.link.schema.hints import Annotation
from dbreview.link.values import Attribute, Const, Items, Made, Record, Statement, TableColumn, Value
from dbreview.project import Column, ForeignKey, Index, Orm, Table, UniqueConstraint, Unknown


@dataclass(slots=True)
class Draft:
    """A mapped class while it is read."""

    ref: ClassRef
    at: Place
    orm: Orm = "sqlalchemy"
    table_name: str | None = None
    schema: str | None = None
    metadata: str | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    own_columns: set[str] = field(default_factory=set)
    targets: dict[str, tuple[tuple[Value, str | None], ...]] = field(default_factory=dict)
    relationships: dict[str, tuple[Made, Annotation | None, Place]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    made_names: dict[Made, str] = field(default_factory=dict)
    arguments: list[Made] = field(default_factory=list)
    core_table: Made | None = None
    parent: ClassRef | None = None
    is_concrete: bool = False
    has_version: bool = False
    has_table: bool = True
    is_named_none: bool = False
    sort_orders: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    index_names: str | None = None
    unknown: list[Unknown] = field(default_factory=list)

    def note(self, reason: str, at: Place | None = None) -> None:
        """Keep what could not be read."""
        self.unknown.append(Unknown(at or self.at, reason))

    def is_single(self) -> bool:
        """Whether the class is stored in its parent's table: single-table inheritance."""
        if self.parent is None or self.is_concrete or self.core_table is not None:
            return False
        if self.is_named_none:
            return True
        has_key = any(made.dotted in sqlalchemy.PRIMARY_KEYS for made in self.arguments)
        return not has_key and not any(self.columns[a].is_primary_key for a in self.own_columns if a in self.columns)


def build_table(
    drafts: Mapping[ClassRef, Draft], draft: Draft, columns: dict[str, Column], ref: ClassRef | None
) -> Table:
    builder = _Builder(drafts, draft, columns)
    builder.read()
    for attribute, column in columns.items():
        if column.name in builder.primary and not column.is_primary_key:
            columns[attribute] = replace(column, is_primary_key=True, is_nullable=False)
    title = ref.name if ref is not None else draft.ref.dotted
    return Table(
        draft.table_name or title,
        ref.dotted if ref is not None else None,
        ref.name if ref is not None else None,
        draft.at,
        tuple(columns.values()),
        builder.primary,
        tuple(builder.keys),
        tuple(builder.indexes),
        tuple(builder.uniques),
        draft.schema,
        draft.metadata,
        draft.orm,
        (*draft.unknown, *builder.unknown),
        tuple(str(m.arguments[0].value) for m in draft.arguments if _is_check(m) and isinstance(m.arguments[0], Const)),
        draft.parent.dotted if draft.parent is not None and not draft.is_single() and not draft.is_concrete else None,
        has_known_name=draft.table_name is not None,
    )


class _Builder:
    """Collects what the columns and arguments of one table declare."""

    def __init__(self, drafts: Mapping[ClassRef, Draft], draft: Draft, columns: dict[str, Column]) -> None:
        self._drafts = drafts
        self._draft = draft
        self._columns = columns
        self.primary = tuple(c.name for c in columns.values() if c.is_primary_key)
        self.keys: list[ForeignKey] = []
        self.indexes: list[Index] = []
        self.uniques: list[UniqueConstraint] = []
        self.unknown: list[Unknown] = []

    def read(self) -> None:
        """Fill the lists."""
        for attribute, targets in self._draft.targets.items():
            for target, on_delete in targets if attribute in self._columns else ():
                column = self._columns[attribute]
                self.keys.append(ForeignKey((column.name,), self._targets((target,)), column.at, on_delete))
        for column in self._columns.values():
            if column.is_indexed:
                name = self._index_name(column.name)
                only = (column.name,)
                self.indexes.append(Index(name, only, column.is_unique, column.at, only, is_of_column=True))
            elif column.is_unique:
                self.uniques.append(UniqueConstraint(None, (column.name,), column.at, True))
        for made in self._draft.arguments:
            self._argument(made)

    def _index_name(self, column: str) -> str | None:
        """What ``index=True`` is called: ``ix_users_email``, or as the naming convention says."""
        draft = self._draft
        if draft.table_name is None:
            return None
        table = f"{draft.schema}_{draft.table_name}" if draft.schema else draft.table_name
        words = {
            "table_name": draft.table_name,
            "column_0_name": column,
            "column_0_label": f"{table}_{column}",
            "column_0_N_name": column,
            "column_0_N_label": f"{table}_{column}",
            "column_0_key": column,
        }
        try:
            return (draft.index_names or "ix_%(column_0_label)s") % words
        except (KeyError, ValueError, TypeError):
            return None

    def _argument(self, made: Made) -> None:
        if made.dotted in sqlalchemy.INDEXES:
            self.indexes.append(self._index(made))
        elif made.dotted in sqlalchemy.UNIQUE_CONSTRAINTS:
            names = self._names(made.arguments, "the columns of a unique constraint", made.at)
            if names is not None:
                self.uniques.append(UniqueConstraint(_text(made.keyword("name")), names, made.at))
        elif made.dotted in sqlalchemy.PRIMARY_KEYS:
            self.primary = self._names(made.arguments, "the columns of the primary key", made.at) or self.primary
        elif made.dotted in sqlalchemy.FOREIGN_KEY_CONSTRAINTS:
            self._key_constraint(made)

    def _names(self, values: tuple[Value, ...], what: str, at: Place) -> tuple[str, ...] | None:
        names = reading.column_names(values, self._draft)
        if names is None:
            self.unknown.append(Unknown(at, what))
        return names

    def _index(self, made: Made) -> Index:
        name = made.arguments[0] if made.arguments else made.keyword("name")
        terms = [reading.term(value, self._draft) for value in made.arguments[1:]]
        if None in terms or not terms:
            self.unknown.append(Unknown(made.at, "the columns of an index"))
        options = {key: value for key, value in made.keywords if key.rpartition("_")[2] in sqlalchemy.INDEX_OPTIONS}
        methods = [value for key, value in made.keywords if key.endswith("_using")]
        return Index(
            _text(name),
            tuple(found[0] if found is not None else "" for found in terms) or ("",),
            made.keyword("unique") == Const(True),
            made.at,
            tuple(found[1] if found is not None else "(...)" for found in terms) or ("(...)",),
            next((_condition(value) for key, value in made.keywords if key.endswith("_where")), None),
            (_text(methods[0]) or "(...)").lower() if methods else None,
            _text(made.keyword("ddl_if")),
            not options,
        )

    def _key_constraint(self, made: Made) -> None:
        local = made.arguments[0] if made.arguments else made.keyword("columns")
        remote = made.arguments[1] if len(made.arguments) > 1 else made.keyword("refcolumns")
        names = self._names(_sequence(local), "the columns of a foreign key", made.at)
        if names:
            on_delete = reading.on_delete_of(made)
            self.keys.append(ForeignKey(names, self._targets(_sequence(remote)), made.at, on_delete))
        elif names is not None:
            self.unknown.append(Unknown(made.at, "the columns of a foreign key"))

    def _targets(self, values: tuple[Value, ...]) -> tuple[str, ...]:
        found = [target_name(self._drafts, value) for value in values]
        return tuple(name for name in found if name is not None) if None not in found else ()


def target_name(drafts: Mapping[ClassRef, Draft], target: Value) -> str | None:
    """``table.column`` for what stands in a foreign key."""
    match target:
        case Const(str() as text):
            return text
        case Attribute(model, name):
            draft = drafts.get(model)
            while draft is not None and draft.parent is not None and name not in draft.own_columns:
                draft = drafts.get(draft.parent)
            if draft is None:
                return None
            column = draft.columns.get(name) or next((c for c in draft.columns.values() if c.name == name), None)
            title = draft.table_name or draft.ref.name
            table = f"{draft.schema}.{title}" if draft.schema else title
            return f"{table}.{column.name if column else name}"
        case TableColumn(Made(arguments=(Const(str() as table), *_)) as made, name):
            schema = _text(made.keyword("schema"))
            return f"{schema}.{table}.{name}" if schema else f"{table}.{name}"
        case Made():
            owner = next((draft for draft in drafts.values() if target in draft.made_names), None)
            return target_name(drafts, Attribute(owner.ref, owner.made_names[target])) if owner is not None else None
    return None


def _condition(value: Value) -> str:
    """The text of a partial index's condition, as far as it is one."""
    match value:
        case Const(str() as text) | Statement(kind="text", selected=(Const(str() as text), *_)):
            return text
    return "(...)"


def _text(value: Value) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def _sequence(value: Value) -> tuple[Value, ...]:
    match value:
        case Record(items):
            return items
        case Items(exact=items):
            return items
    return ()


def _is_check(made: Made) -> bool:
    return made.dotted == "sqlalchemy.CheckConstraint" and bool(made.arguments)
