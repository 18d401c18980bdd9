"""Mapped classes and core tables to the schema they declare, whatever file their parts are in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link.names import ClassRef
from dbreview.link.schema.drafting import Drafter
from dbreview.link.schema.outside import Outside, imperative_mappings
from dbreview.link.schema.relationships import RelationshipReader
from dbreview.link.schema.tables import Draft, build_table
from dbreview.link.tortoise.reader import TortoiseReader
from dbreview.link.values import Made, Value
from dbreview.project import Column, ColumnType, Model, Relationship, Table, Unknown

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


class Models:
    """All mapped classes of the project."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._classes = interpreter.classes
        self.drafts: dict[ClassRef, Draft] = {}
        self.models: dict[ClassRef, Model] = {}
        self.core_tables: list[Table] = []
        self._class_values: dict[ClassRef, dict[str, Value]] = {}
        self._by_name: dict[str, list[ClassRef]] = {}
        self._by_dotted: dict[str, ClassRef] = {}
        self._relationships: dict[ClassRef, dict[str, Relationship]] = {}
        self._tables_of: dict[ClassRef, Table | None] = {}
        self.core_made: dict[str, Made] = {}
        self._tortoise: set[ClassRef] = set()
        self._ordered: frozenset[ClassRef] = frozenset()

    # --- questions that reading functions asks

    def has_attribute(self, ref: ClassRef, name: str) -> bool:
        """Whether the mapped class has a column, relationship or other mapped attribute of this name."""
        if name in self._relationships.get(ref, {}):
            return True
        if ref in self._tortoise:
            return name in self.models[ref].columns
        draft = self.drafts.get(ref)
        return draft is not None and (name in draft.columns or name in draft.relationships)

    def is_tortoise(self, ref: ClassRef) -> bool:
        """Whether this is a model of Tortoise ORM that has a table."""
        return ref in self._tortoise

    def has_order(self, ref: ClassRef) -> bool:
        """Whether the model itself says in which order its rows come."""
        return ref in self._ordered

    def relationship(self, ref: ClassRef, name: str) -> Relationship | None:
        return self._relationships.get(ref, {}).get(name)

    def relationships(self, ref: ClassRef) -> Mapping[str, Relationship]:
        return self._relationships.get(ref, {})

    def has_version(self, ref: ClassRef) -> bool:
        """Whether a version column may keep two from changing the same row (``version_id_col``)."""
        draft = self.drafts.get(ref)
        return ref not in self._tortoise and (draft is None or draft.has_version)

    def target(self, relationship: Relationship) -> ClassRef | None:
        return self._by_dotted.get(relationship.target) if relationship.target is not None else None

    def table(self, ref: ClassRef) -> Table | None:
        """The table that stores the class, which for single-table inheritance is its parent's."""
        return self._tables_of.get(ref)

    def table_named(self, name: str) -> Table | None:
        """The one table of this name."""
        found = {id(table): table for table in self._tables_of.values() if table is not None and table.name == name}
        return next(iter(found.values())) if len(found) == 1 else None

    def named(self, name: str, near: ClassRef) -> ClassRef | None:
        """The mapped class that a string in a relationship names, as seen from ``near``."""
        plain = name.rpartition(".")[2]
        candidates = self._by_name.get(plain, [])
        if "." in name:
            candidates = [c for c in candidates if c.dotted.endswith(f".{name}")] or candidates
        if len(candidates) > 1:
            same = [c for c in candidates if c.path == near.path]
            roots = [c for c in candidates if c.path.rpartition("/")[0] == near.path.rpartition("/")[0]]
            candidates = same or roots or candidates
        return candidates[0] if len(candidates) == 1 else None

    def forget(self) -> None:
        """Drop the values of class bodies that were read before all models were known."""
        self._class_values.clear()

    # --- reading

    def read(self) -> None:
        """Read all mapped classes and core tables. Call once."""
        usual = self._interpreter.most_contexts
        self._interpreter.most_contexts = 100_000  # a helper that builds columns is called for each of them
        self._interpreter.reads_schema = True
        self._read_all()
        self._interpreter.reads_schema = False
        self._interpreter.most_contexts = usual

    def _read_all(self) -> None:
        drafter = Drafter(self._interpreter, self)
        for ref, table, properties in imperative_mappings(self._interpreter):
            self._classes.imperative[ref] = (table, properties)
        for ref in self._interpreter.names.classes:
            if self._classes.is_mapped(ref):
                at = Place(ref.path, *ref.facts.at)
                draft = self._interpreter.guarded(at, partial(drafter.draft, ref))
                self.drafts[ref] = draft or Draft(ref, at, unknown=[Unknown(at, "how it is declared")])
                self._by_name.setdefault(ref.name, []).append(ref)
                self._by_dotted[ref.dotted] = ref
        outside = Outside(self._interpreter, drafter, self.drafts)
        self.core_tables = outside.read()
        self.core_made = outside.made
        for ref, draft in self.drafts.items():
            self._finish_table(ref, draft)
        self._name_targets(outside)
        self._type_keys()
        reader = RelationshipReader(self._interpreter, self)
        for ref, draft in self.drafts.items():
            self._relationships[ref] = reader.read(draft)
        for ref, name, made in list(reader.backrefs):
            self._relationships[ref].setdefault(name, made)
        for ref, draft in self.drafts.items():
            for ancestor in self._classes.ancestors(ref)[1:]:
                if isinstance(ancestor, ClassRef):
                    for name, made in self._relationships.get(ancestor, {}).items():
                        self._relationships[ref].setdefault(name, made)
            self.models[ref] = Model(
                ref.dotted,
                ref.name,
                draft.at,
                self._tables_of.get(ref),
                draft.columns,
                self._relationships[ref],
                not draft.unknown,
                tuple(draft.unknown),
            )
        self._read_tortoise()

    def _read_tortoise(self) -> None:
        """Add the models of Tortoise ORM, which nothing here drafts."""
        schema = TortoiseReader(self._interpreter).read()
        for ref, model in schema.models.items():
            self.models[ref] = model
            self._tortoise.add(ref)
            self._by_dotted[ref.dotted] = ref
            self._tables_of[ref] = model.table
            self._relationships[ref] = dict(model.relationships)
        self.core_tables += schema.through
        self._ordered = schema.ordered

    def class_values(self, ref: ClassRef) -> dict[str, Value]:
        """The values of the assignments in a class body, in order; later ones see earlier ones."""
        if ref not in self._class_values:
            from dbreview.link.frame import Frame

            env: dict[str, Value] = {}
            self._class_values[ref] = env
            frame = Frame(self._interpreter, ref.path, None, env)
            for statement in ref.facts.body:
                match statement:
                    case facts.AnnotatedAssign(facts.Name(name), _, value):
                        frame.env[name] = frame.evaluate(value) if value is not None else None
                    case facts.Function() | facts.Class():
                        pass
                    case _:
                        frame.run((statement,))
                for target in _assigned(statement):
                    frame.env[target] = _placed(frame.env.get(target), Place(ref.path, *statement.at))
                if frame.env is not env:  # a branch has put another dict in its place
                    env.update(frame.env)
                    frame.env = env
        return self._class_values[ref]

    # --- finishing

    def _finish_table(self, ref: ClassRef, draft: Draft) -> None:
        if not draft.has_table:
            return
        if not draft.is_single():
            self._tables_of[ref] = build_table(self.drafts, draft, self._table_columns(draft), ref)
            return
        root = draft.parent
        seen = {ref}
        while root is not None and root not in seen and self.drafts[root].is_single():
            seen.add(root)
            root = self.drafts[root].parent
        if root is None or root not in self.drafts:
            return
        parent = self.drafts[root]
        for name, column in draft.columns.items():
            if name in draft.own_columns and name not in parent.columns:
                parent.columns[name] = replace(column, is_nullable=True) if column.is_nullable is None else column
                parent.own_columns.add(name)
                parent.targets[name] = draft.targets.get(name, ())
        parent.arguments += [a for a in draft.arguments if a not in parent.arguments]
        parent.made_names.update(draft.made_names)
        parent.unknown += [u for u in draft.unknown if u not in parent.unknown]
        self._tables_of[root] = build_table(self.drafts, parent, self._table_columns(parent), root)
        for other, table_of in list(self._tables_of.items()):
            if table_of is not None and table_of.model == root.dotted:
                self._tables_of[other] = self._tables_of[root]
        self._tables_of[ref] = self._tables_of[root]

    def _table_columns(self, draft: Draft) -> dict[str, Column]:
        """The columns of the class's own table: without those that a joined parent's table holds."""
        if draft.parent is None or draft.is_single() or draft.is_concrete:
            return draft.columns
        inherited = self.drafts[draft.parent].columns if draft.parent in self.drafts else {}
        return {n: c for n, c in draft.columns.items() if n in draft.own_columns or n not in inherited}

    def _name_targets(self, outside: Outside) -> None:
        """Foreign keys name the ``key=`` of a column; the database knows its name."""
        renamed: dict[str, str] = {}
        for draft in (*self.drafts.values(), *outside.drafts):
            title = f"{draft.schema}.{draft.table_name}" if draft.schema else draft.table_name
            renamed |= {f"{title}.{key}": f"{title}.{name}" for key, name in draft.keys.items()}
        if not renamed:
            return
        for ref, table in self._tables_of.items():
            if table is not None:
                self._tables_of[ref] = _with_targets(table, renamed)
        self.core_tables = [_with_targets(table, renamed) for table in self.core_tables]

    def _type_keys(self) -> None:
        """A foreign key without a type has that of the column that it refers to."""
        every = [*(t for t in self._tables_of.values() if t is not None), *self.core_tables]
        types = {f"{table.full_name}.{column.name}": column.type for table in every for column in table.columns}
        for ref, table in self._tables_of.items():
            if table is not None:
                self._tables_of[ref] = _with_key_types(table, types)
        self.core_tables = [_with_key_types(table, types) for table in self.core_tables]


def _assigned(statement: facts.Statement) -> list[str]:
    match statement:
        case facts.AnnotatedAssign(facts.Name(name)):
            return [name]
        case facts.Assign(targets):
            return [target.id for target in targets if isinstance(target, facts.Name)]
    return []


def _placed(value: Value, at: Place) -> Value:
    """What a helper made is where the class calls it: two columns of one helper are not the same."""
    if not isinstance(value, Made) or value.dotted in sqlalchemy.TABLES:
        return value
    if not (value.at.filename == at.filename and at.line <= value.at.line <= at.end_line):
        return replace(value, at=at)
    return value


def _with_targets(table: Table, renamed: Mapping[str, str]) -> Table:
    keys = tuple(
        replace(key, target=tuple(renamed.get(target, target) for target in key.target)) for key in table.foreign_keys
    )
    return replace(table, foreign_keys=keys)


def _with_key_types(table: Table, types: Mapping[str, ColumnType | None]) -> Table:
    targets = {key.columns[0]: key.target[0] for key in table.foreign_keys if len(key.columns) == len(key.target) == 1}
    if not any(column.type is None and column.name in targets for column in table.columns):
        return table
    columns = tuple(
        replace(column, type=types.get(targets[column.name]))
        if column.type is None and column.name in targets
        else column
        for column in table.columns
    )
    return replace(table, columns=columns)
