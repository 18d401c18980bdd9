"""Mapped classes and core tables to the schema they declare, whatever file their parts are in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import model_libraries, sqlalchemy
from dbreview.link import columns as reading
from dbreview.link.columns import Owner, ReadColumn
from dbreview.link.hints import Annotation, read_annotation
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.relationships import RelationshipReader
from dbreview.link.tables import Draft, build_table
from dbreview.link.types import read_type_map
from dbreview.link.values import (
    Attribute,
    ClassValue,
    Const,
    Entries,
    FunctionValue,
    Items,
    LibraryObject,
    Made,
    Record,
    TableColumn,
    Value,
)
from dbreview.project import Column, ColumnType, Default, Model, Relationship, Table, Unknown

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
        self._outside_indexes: dict[Made, list[Made]] = {}
        self.core_made: dict[str, Made] = {}

    # --- questions that reading functions asks

    def has_attribute(self, ref: ClassRef, name: str) -> bool:
        """Whether the mapped class has a column, relationship or other mapped attribute of this name."""
        if name in self._relationships.get(ref, {}):
            return True
        draft = self.drafts.get(ref)
        return draft is not None and (name in draft.columns or name in draft.relationships)

    def relationship(self, ref: ClassRef, name: str) -> Relationship | None:
        return self._relationships.get(ref, {}).get(name)

    def target(self, relationship: Relationship) -> ClassRef | None:
        return self._by_dotted.get(relationship.target) if relationship.target is not None else None

    def table(self, ref: ClassRef) -> Table | None:
        """The table that stores the class, which for single-table inheritance is its parent's."""
        return self._tables_of.get(ref)

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
        self._read_all()
        self._interpreter.most_contexts = usual

    def _read_all(self) -> None:
        for ref in self._interpreter.names.classes:
            if self._classes.is_mapped(ref):
                at = Place(ref.path, *ref.facts.at)
                draft = self._interpreter.guarded(at, partial(self._draft, ref))
                self.drafts[ref] = draft or Draft(ref, at, unknown=[Unknown(at, "how it is declared")])
                self._by_name.setdefault(ref.name, []).append(ref)
                self._by_dotted[ref.dotted] = ref
        self._read_core_tables()
        for ref, draft in self.drafts.items():
            self._finish_table(ref, draft)
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

    # --- one class

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
                if frame.env is not env:  # a branch has put another dict in its place
                    env.update(frame.env)
                    frame.env = env
        return self._class_values[ref]

    def _draft(self, ref: ClassRef) -> Draft:
        draft = Draft(ref, Place(ref.path, *ref.facts.at))
        is_sqlmodel = bool(set(self._classes.library_ancestors(ref)) & sqlalchemy.SQLMODEL_BASE)
        draft.orm = "sqlmodel" if is_sqlmodel else "sqlalchemy"
        owner = Owner(read_type_map(self._interpreter, ref), is_sqlmodel, self._classes.is_enum)
        ancestors = self._classes.ancestors(ref)
        for ancestor in reversed(ancestors):
            if isinstance(ancestor, ClassRef):
                inherited = dict(draft.relationships)
                self._read_class(draft, ancestor, owner)
                if ancestor is not ref and self._classes.is_mapped(ancestor):
                    draft.relationships = inherited  # they are the parent's, which has them already
            elif ancestor is None:
                draft.note("a base class that could not be found")
            else:
                self._read_library_base(draft, ancestor)
        for ancestor in ancestors[1:]:
            if isinstance(ancestor, ClassRef) and self._classes.is_mapped(ancestor):
                draft.parent = ancestor
                break
        self._read_table_name(draft)
        self._read_metadata(draft)
        self._read_mapper_arguments(draft)
        self._read_table_arguments(draft)
        return draft

    def _read_library_base(self, draft: Draft, dotted: str) -> None:
        if dotted in model_libraries.LIBRARY_COLUMNS:
            for column in model_libraries.LIBRARY_COLUMNS[dotted]:
                draft.columns[column.name] = _library_column(column, draft)
                if column.target is not None:
                    draft.targets[column.name] = ((Const(column.target), column.on_delete),)
        elif dotted not in (sqlalchemy.DECLARATIVE_BASES | sqlalchemy.SQLMODEL_BASE | sqlalchemy.HARMLESS_BASES):
            if not dotted.startswith(("typing", "abc.", "builtins.", "enum.")):
                draft.note(f"the base class {dotted}")

    def _read_class(self, draft: Draft, ref: ClassRef, owner: Owner) -> None:
        is_own = ref is draft.ref
        values = self.class_values(ref)
        for name, member in ref.members.items():
            if isinstance(member, FunctionRef):
                if self._interpreter.is_a(member, sqlalchemy.DECLARED_ATTR):
                    self._read_declared(draft, name, member, is_own, owner)
                continue
            if not isinstance(member, Variable) or name in sqlalchemy.CLASS_SETTINGS:
                continue
            value = values.get(name)
            annotated = None
            if member.annotation is not None:
                annotated = read_annotation(self._interpreter.module_frame(member.path), member.annotation)
            self._add(draft, name, value, annotated, Place(member.path, *member.at), owner, is_own)

    def _add(
        self,
        draft: Draft,
        name: str,
        value: Value,
        annotated: Annotation | None,
        at: Place,
        owner: Owner,
        is_own: bool,
    ) -> None:
        if annotated is not None and annotated.wrapper == "ClassVar":
            return
        if reading.is_relationship(value):
            assert isinstance(value, Made)
            draft.relationships[name] = (value, annotated, at)
            draft.columns.pop(name, None)
        elif isinstance(value, Made) and value.dotted in sqlalchemy.OTHER_ATTRIBUTES:
            draft.others.add(name)
            draft.columns.pop(name, None)
        elif isinstance(value, Made) and value.dotted in (sqlalchemy.INDEXES | sqlalchemy.UNIQUE_CONSTRAINTS):
            draft.arguments.append(value)
        elif reading.is_column(value) or reading.is_field(value):
            assert isinstance(value, Made)
            self._add_column(draft, reading.read_column(value, name, at, annotated, owner), value, is_own)
        elif annotated is not None and (annotated.wrapper == "mapped" or annotated.made is not None):
            if isinstance(value, LibraryObject):
                draft.note(f"how {name} is declared", at)
            else:
                self._add_column(draft, reading.read_column(None, name, at, annotated, owner), None, is_own)
        elif owner.is_sqlmodel and annotated is not None and not name.startswith("_"):
            if not (value is None and annotated.is_collection):
                self._add_column(draft, reading.read_column(None, name, at, annotated, owner), None, is_own)
        elif value is None and annotated is None and not name.startswith("_"):
            draft.note(f"what {name} is", at)

    def _add_column(self, draft: Draft, read: ReadColumn, made: Made | None, is_own: bool) -> None:
        attribute = read.column.attribute
        draft.columns[attribute] = read.column
        draft.targets[attribute] = read.targets
        if is_own:
            draft.own_columns.add(attribute)
        if made is not None:
            draft.made_names[made] = attribute

    def _read_declared(self, draft: Draft, name: str, member: FunctionRef, is_own: bool, owner: Owner) -> None:
        if name.startswith("__"):
            return
        value = self._call(member, draft.ref)
        at = Place(member.path, *member.facts.at)
        annotated = None
        if member.facts.returns is not None:
            annotated = read_annotation(self._interpreter.module_frame(member.path), member.facts.returns)
        if isinstance(value, Made):
            place = value.at if value.at.filename == member.path else at
            self._add(draft, name, value, annotated, place, owner, is_own)
        elif value is None:
            draft.note(f"what {name} is", at)

    def _call(self, member: FunctionRef, ref: ClassRef) -> Value:
        outcome = self._interpreter.read(FunctionValue(member, ClassValue(ref)), {})
        return outcome.value

    # --- table name and arguments

    def _special(self, ref: ClassRef, name: str) -> tuple[Value, ClassRef | None]:
        """The value of ``__tablename__`` or ``__table_args__``, own or inherited, and whose it is."""
        changed = self._set_by_base(ref).get(name)
        if changed is not None:
            return changed, ref
        for ancestor in self._classes.ancestors(ref):
            if not isinstance(ancestor, ClassRef) or name not in ancestor.members:
                continue
            member = ancestor.members[name]
            if isinstance(member, FunctionRef):
                return self._call(member, ref), ancestor
            if isinstance(member, Variable):
                if member.value is None:
                    continue
                return self.class_values(ancestor).get(name), ancestor
        return None, None

    def _set_by_base(self, ref: ClassRef) -> dict[str, Value]:
        """What an ``__init_subclass__`` of a base assigns to the class."""
        for ancestor in self._classes.ancestors(ref)[1:]:
            hook = ancestor.members.get("__init_subclass__") if isinstance(ancestor, ClassRef) else None
            if isinstance(hook, FunctionRef):
                return dict(self._interpreter.read(FunctionValue(hook, ClassValue(ref)), {}).fields)
        return {}

    def _read_table_name(self, draft: Draft) -> None:
        core, owner = self._special(draft.ref, "__table__")
        if isinstance(core, Made) and core.dotted in sqlalchemy.TABLES and owner is draft.ref:
            draft.core_table = core
            self._read_core_columns(draft, core)
            return
        value, owner = self._special(draft.ref, "__tablename__")
        match value:
            case Const(str() as text):
                draft.table_name = text
            case None if owner is not None:
                pass  # no rule needs to know how it is spelled
            case _:
                draft.table_name = self._default_name(draft.ref)

    def _default_name(self, ref: ClassRef) -> str | None:
        libraries = set(self._classes.library_ancestors(ref))
        if libraries & sqlalchemy.SQLMODEL_BASE:
            return ref.name.lower()
        for name in libraries & model_libraries.LIBRARY_TABLES.keys():
            return model_libraries.LIBRARY_TABLES[name]
        if libraries & model_libraries.NAMED_BY_CLASS:
            return model_libraries.WORD_START.sub(r"_\1", ref.name).lower()
        return None

    def _read_metadata(self, draft: Draft) -> None:
        """Which database the table is of, and the schema that its base gives it."""
        value, owner = self._special(draft.ref, "metadata")
        roots = [a for a in self._classes.ancestors(draft.ref) if isinstance(a, ClassRef)]
        draft.metadata = roots[-1].dotted if roots else None
        if isinstance(value, Made) and value.dotted == "sqlalchemy.MetaData":
            draft.metadata = f"{value.at.filename}:{value.at.line}"
            schema = value.keyword("schema") or (value.arguments[1] if len(value.arguments) > 1 else None)
            if isinstance(schema, Const) and isinstance(schema.value, str):
                draft.schema = schema.value
        elif owner is None and draft.orm == "sqlmodel":
            draft.metadata = "sqlmodel"

    def _read_mapper_arguments(self, draft: Draft) -> None:
        value, owner = self._special(draft.ref, "__mapper_args__")
        if isinstance(value, Entries) and owner is draft.ref:
            draft.is_concrete = dict(value.items).get("concrete") == Const(True)
        bases = self._classes.library_ancestors(draft.ref)
        draft.is_concrete = draft.is_concrete or any(base in sqlalchemy.CONCRETE_BASES for base in bases)

    def _read_table_arguments(self, draft: Draft) -> None:
        value, owner = self._special(draft.ref, "__table_args__")
        if owner is None or value == Const(None) or draft.core_table is not None:
            return
        items: tuple[Value, ...] = ()
        match value:
            case Record(items):
                pass
            case Entries():
                items = (value,)
            case Items(exact=items) if items:
                pass
            case Made():
                items = (value,)
            case _:
                draft.note("its table arguments")
                return
        for item in items:
            self._read_table_argument(draft, item)

    def _read_table_argument(self, draft: Draft, item: Value) -> None:
        match item:
            case Made():
                draft.arguments.append(item)
            case Record(inner):
                draft.arguments += [each for each in inner if isinstance(each, Made)]
            case Entries(options):
                schema = dict(options).get("schema", Const(None))
                if isinstance(schema, Const):
                    draft.schema = str(schema.value) if schema.value else draft.schema
                else:
                    draft.note("the schema that it is in")
            case None:
                draft.note("one of its table arguments")

    def _read_core_columns(self, draft: Draft, core: Made) -> None:
        if core.arguments and isinstance(core.arguments[0], Const):
            draft.table_name = str(core.arguments[0].value)
        metadata = core.arguments[1] if len(core.arguments) > 1 else core.keyword("metadata")
        schema = core.keyword("schema")
        if isinstance(metadata, Made) and metadata.dotted == "sqlalchemy.MetaData":
            draft.metadata = f"{metadata.at.filename}:{metadata.at.line}"
            schema = schema or metadata.keyword("schema")
        draft.schema = str(schema.value) if isinstance(schema, Const) and schema.value else None
        for value in core.arguments[2:]:
            if reading.is_column(value):
                assert isinstance(value, Made)
                read = reading.read_column(value, "?", value.at, None, Owner({}))
                name = read.column.name
                column = replace(read.column, attribute=name)
                self._add_column(draft, ReadColumn(column, read.targets), value, True)
            elif isinstance(value, Made):
                draft.arguments.append(value)
            else:
                draft.note("one of its table's arguments", core.at)

    # --- core tables and indexes outside classes

    def _read_core_tables(self) -> None:
        found: list[Made] = []
        for path in sorted(self._interpreter.names.modules):
            frame = self._interpreter.module_frame(path)
            for statement in self._interpreter.names.modules[path].body:
                match statement:
                    case facts.ExpressionStatement(facts.Call() as call):
                        value = frame.evaluate(call)
                    case facts.Assign((facts.Name(name), *_), facts.Call()):
                        value = self._interpreter.module_value(path, name)
                    case _:
                        continue
                if isinstance(value, Made):
                    found.append(value)
        for made in found:
            if made.dotted in sqlalchemy.INDEXES:
                self._attach_index(made)
        for made in found:
            self._read_outside(made)

    def _attach_index(self, made: Made) -> None:
        for value in made.arguments:
            if isinstance(value, Attribute) and value.model in self.drafts:
                self.drafts[value.model].arguments.append(made)
                return
            if isinstance(value, TableColumn):
                self._outside_indexes.setdefault(value.table, []).append(made)
                return

    def _read_outside(self, made: Made) -> None:
        if made.dotted in sqlalchemy.TABLES and not any(d.core_table == made for d in self.drafts.values()):
            self._read_core_table(made)

    def _read_core_table(self, made: Made) -> None:
        if not made.arguments or not isinstance(made.arguments[0], Const) or made.has("autoload_with"):
            return
        draft = Draft(ClassRef(made.at.filename, None, f"table {made.arguments[0].value}"), made.at)  # type: ignore[arg-type]
        self._read_core_columns(draft, made)
        draft.arguments += self._outside_indexes.get(made, [])
        self.core_made.setdefault(str(made.arguments[0].value), made)
        table = build_table(self.drafts, draft, draft.columns, None)
        if table.columns:
            self.core_tables.append(table)

    # --- finishing

    def _finish_table(self, ref: ClassRef, draft: Draft) -> None:
        if draft.is_single():
            root = draft.parent
            seen = {ref}
            while root is not None and root not in seen and self.drafts[root].is_single():
                seen.add(root)
                root = self.drafts[root].parent
            if root is not None and root in self.drafts:
                parent = self.drafts[root]
                for name in draft.own_columns:
                    if name not in parent.columns and name in draft.columns:
                        parent.columns[name] = draft.columns[name]
                        parent.targets[name] = draft.targets.get(name, ())
                parent.arguments += [a for a in draft.arguments if a not in parent.arguments]
                parent.made_names.update(draft.made_names)
                parent.unknown += [u for u in draft.unknown if u not in parent.unknown]
                self._tables_of[root] = build_table(self.drafts, parent, self._table_columns(parent), root)
                for other, table_of in list(self._tables_of.items()):
                    if table_of is not None and table_of.model == root.dotted:
                        self._tables_of[other] = self._tables_of[root]
                self._tables_of[ref] = self._tables_of[root]
            return
        self._tables_of[ref] = build_table(self.drafts, draft, self._table_columns(draft), ref)

    def _table_columns(self, draft: Draft) -> dict[str, Column]:
        """The columns of the class's own table: without those that a joined parent's table holds."""
        if draft.parent is None or draft.is_single() or draft.is_concrete:
            return draft.columns
        inherited = self.drafts[draft.parent].columns if draft.parent in self.drafts else {}
        return {n: c for n, c in draft.columns.items() if n in draft.own_columns or n not in inherited}


def _library_column(column: model_libraries.LibraryColumn, draft: Draft) -> Column:
    """A column that a library's base brings; it stands where the model does."""
    return Column(
        column.name,
        column.name,
        draft.at,
        ColumnType(column.type, True, column.length, column.has_zone),
        column.is_primary_key,
        column.is_nullable,
        column.is_unique,
        column.is_indexed,
        defaults=tuple(Default(keyword) for keyword in column.defaults),
    )
