"""One mapped class to a draft of its table: every column, argument and relationship, own and inherited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.frameworks import model_libraries, sqlalchemy
from dbreview.link import calling
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.schema import columns as reading
from dbreview.link.schema.columns import Owner, ReadColumn
from dbreview.link.schema.hints import Annotation, read_annotation
from dbreview.link.schema.settings import Settings
from dbreview.link.schema.tables import Draft
from dbreview.link.schema.types import read_type_map
from dbreview.link.values import (
    ClassValue,
    Const,
    Entries,
    FunctionValue,
    LambdaValue,
    LibraryObject,
    Made,
    Ordered,
    TableColumn,
    Value,
)
from dbreview.project import Column, ColumnType, Default

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.schema.models import Models


class Drafter:
    """Reads mapped classes, each on its own; what they say of each other is for later."""

    def __init__(self, interpreter: Interpreter, models: Models) -> None:
        self._interpreter = interpreter
        self._classes = interpreter.classes
        self._models = models
        self._settings = Settings(interpreter, models)

    def draft(self, ref: ClassRef) -> Draft:
        """The class as it declares itself."""
        draft = Draft(ref, Place(ref.path, *ref.facts.at))
        is_sqlmodel = bool(set(self._classes.library_ancestors(ref)) & sqlalchemy.SQLMODEL_BASE)
        draft.orm = "sqlmodel" if is_sqlmodel else "sqlalchemy"
        owner = self._owner(ref, is_sqlmodel=is_sqlmodel)
        ancestors = self._classes.ancestors(ref)
        draft.parent = next((a for a in ancestors[1:] if isinstance(a, ClassRef) and self._classes.is_mapped(a)), None)
        of_parent = set(self._classes.ancestors(draft.parent)) if draft.parent is not None else set()
        self._settings.read_mapper_arguments(draft)
        for ancestor in reversed(ancestors):
            if ancestor is None:
                draft.note("a base class that could not be found")
            elif isinstance(ancestor, str):
                self._read_library_base(draft, ancestor)
            elif not (draft.is_concrete and ancestor is not ref and self._classes.is_mapped(ancestor)):
                inherited = dict(draft.relationships)
                self._read_class(draft, ancestor, owner, is_own=ancestor not in of_parent)
                if ancestor is not ref and self._classes.is_mapped(ancestor):
                    draft.relationships = inherited  # they are the parent's, which has them already
        if ref in self._classes.imperative:
            self._read_imperative(draft)
        self._settings.read_table_name(draft)
        if draft.core_table is not None and ref not in self._classes.imperative:
            self.read_core_columns(draft, draft.core_table)
        self._settings.read_metadata(draft)
        self._settings.read_table_arguments(draft)
        self._sort_columns(draft)
        return draft

    def _owner(self, ref: ClassRef, *, is_sqlmodel: bool) -> Owner:
        types = read_type_map(self._interpreter, ref)
        return Owner(types, is_sqlmodel, self._classes.is_enum, self._result_of)

    def _result_of(self, value: Value) -> Value:
        """What calling a default gives."""
        match value:
            case FunctionValue():
                return self._interpreter.read(value, self._interpreter.declared_parameters(value.ref)).value
            case LambdaValue():
                return calling.call_lambda(self._interpreter.module_frame(value.path), value)
        return None

    def _sort_columns(self, draft: Draft) -> None:
        """SQLAlchemy asks the class first, then its bases in method resolution order; SQLModel the bases first."""
        if draft.core_table is not None:
            return
        order = {name: position for position, name in enumerate(draft.columns)}
        if draft.orm == "sqlalchemy":
            order = {}
            for ancestor in self._classes.ancestors(draft.ref):
                for name in self._column_names(ancestor, is_mixin=ancestor is not draft.ref):
                    order.setdefault(name, len(order))
        places = draft.sort_orders
        names = sorted(draft.columns, key=lambda name: (places.get(name, 0), order.get(name, len(order))))
        draft.columns = {name: draft.columns[name] for name in names}

    def _read_imperative(self, draft: Draft) -> None:
        """A class that a call maps to a table: its columns are the table's, its relationships are in the call."""
        table, properties = self._classes.imperative[draft.ref]
        draft.columns.clear()
        draft.relationships.clear()
        draft.core_table = table
        self.read_core_columns(draft, table)
        for name, value in properties.items if isinstance(properties, Entries) else ():
            if reading.is_relationship(value):
                assert isinstance(value, Made)
                draft.relationships[name] = (value, None, value.at)
        if not isinstance(properties, Entries) or properties.others:
            draft.note("the properties of its mapping")

    def _column_names(self, ancestor: ClassRef | str | None, *, is_mixin: bool) -> list[str]:
        """The attributes of a class in the order in which SQLAlchemy looks at them."""
        if not isinstance(ancestor, ClassRef):
            return [column.name for column in model_libraries.LIBRARY_COLUMNS.get(ancestor or "", ())]
        members = ancestor.members
        functions = [name for name, member in members.items() if not isinstance(member, Variable)]
        variables = {name: member for name, member in members.items() if isinstance(member, Variable)}
        assigned = [name for name, m in variables.items() if m.value is not None or m.annotation is None]
        if not is_mixin:
            assigned = [name for name in members if name in assigned or name in functions]
            functions = []
        annotated = [name for name, member in variables.items() if member.annotation is not None]
        return [*_merged(assigned, annotated), *functions]

    def read_later(self, draft: Draft, name: str, value: Value, at: Place) -> None:
        """``User.extra = Column(...)`` below the class."""
        owner = self._owner(draft.ref, is_sqlmodel=draft.orm == "sqlmodel")
        if isinstance(value, Made):
            self._add(draft, name, value, None, at, owner, True)

    # --- the body

    def _read_library_base(self, draft: Draft, dotted: str) -> None:
        if dotted in model_libraries.LIBRARY_COLUMNS:
            for column in model_libraries.LIBRARY_COLUMNS[dotted]:
                draft.columns[column.name] = _library_column(column, draft)
                if column.target is not None:
                    draft.targets[column.name] = ((Const(column.target), column.on_delete),)
        elif dotted not in (sqlalchemy.DECLARATIVE_BASES | sqlalchemy.SQLMODEL_BASE | sqlalchemy.HARMLESS_BASES):
            if not dotted.startswith(("typing", "abc.", "builtins.", "enum.")):
                draft.note(f"the base class {dotted}")

    def _read_class(self, draft: Draft, ref: ClassRef, owner: Owner, *, is_own: bool) -> None:
        values = self._models.class_values(ref)
        if "__sa_dataclass_metadata_key__" in ref.members:
            draft.note("what its dataclass fields declare")
        for name, member in ref.members.items():
            if isinstance(member, FunctionRef):
                if self._interpreter.is_a(member, sqlalchemy.DECLARED_ATTR):
                    is_repeated = self._interpreter.is_a(member, sqlalchemy.CASCADING)
                    self._read_declared(draft, name, member, is_own or is_repeated, owner)
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
        if isinstance(value, Made) and value.dotted in sqlalchemy.COLUMN_WRAPPERS and value.arguments:
            if reading.is_column(value.arguments[0]):
                value = value.arguments[0]  # `column_property(Column(...))`
        if isinstance(value, TableColumn):
            return  # another name for a column of `__table__`
        if reading.is_relationship(value):
            assert isinstance(value, Made)
            draft.relationships[name] = (value, annotated, at)
            draft.columns.pop(name, None)
        elif isinstance(value, Made) and value.dotted in sqlalchemy.OTHER_ATTRIBUTES:
            draft.others.add(name)
            draft.columns.pop(name, None)
            if value.dotted.endswith("composite"):
                self._add_composite(draft, name, value, owner, is_own)
        elif isinstance(value, Made) and value.dotted in (sqlalchemy.INDEXES | sqlalchemy.UNIQUE_CONSTRAINTS):
            if any(isinstance(inner, (Made, Ordered)) for inner in value.arguments):
                draft.arguments.append(value)  # with nothing but names it belongs to no table
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
        elif value == Const(None) and annotated is None:
            draft.columns.pop(name, None)  # `updated_at = None` takes a mixin's column away
        elif value is None and annotated is None and not name.startswith("_"):
            draft.note(f"what {name} is", at)

    def _add_composite(self, draft: Draft, name: str, value: Made, owner: Owner, is_own: bool) -> None:
        """Columns may stand inside a ``composite(...)``."""
        for index, inner in enumerate(value.arguments):
            if isinstance(inner, Made) and reading.is_column(inner) and inner not in draft.made_names:
                read = reading.read_column(inner, f"{name}_{index}", inner.at, None, owner)
                self._add_column(draft, read, inner, is_own)

    def _add_column(self, draft: Draft, read: ReadColumn, made: Made | None, is_own: bool) -> None:
        attribute = read.column.attribute
        for flag in read.unknown:
            draft.note(f"`{flag}=` of {attribute}", read.column.at)
        draft.columns[attribute] = read.column
        draft.targets[attribute] = read.targets
        if is_own:
            draft.own_columns.add(attribute)
        if made is not None:
            draft.made_names[made] = attribute
            if isinstance(order := made.keyword("sort_order"), Const) and isinstance(order.value, int):
                draft.sort_orders[attribute] = order.value
            if isinstance(key := made.keyword("key"), Const) and isinstance(key.value, str):
                draft.keys[key.value] = read.column.name

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

    def read_core_columns(self, draft: Draft, core: Made) -> None:
        """The columns and arguments of a ``Table(...)``."""
        if core.arguments and isinstance(core.arguments[0], Const):
            draft.table_name = str(core.arguments[0].value)
        metadata = core.arguments[1] if len(core.arguments) > 1 else core.keyword("metadata")
        self._settings.read_metadata_value(draft, metadata)
        if isinstance(schema := core.keyword("schema"), Const):
            draft.schema = str(schema.value) if schema.value else draft.schema
        for value in core.arguments[2:]:
            if reading.is_column(value):
                assert isinstance(value, Made)
                read = reading.read_column(value, "?", value.at, None, Owner({}))
                key = value.keyword("key")
                attribute = str(key.value) if isinstance(key, Const) else read.column.name
                column = replace(read.column, attribute=attribute)
                self._add_column(draft, replace(read, column=column), value, True)
            elif isinstance(value, Made):
                draft.arguments.append(value)
            else:
                draft.note("one of its table's arguments", core.at)


def _merged(first: list[str], second: list[str]) -> list[str]:
    """What SQLAlchemy's ``merge_lists_w_ordering`` makes of assigned names and annotated ones."""
    overlap = set(first) & set(second)
    found: list[str] = []
    current, other = iter(first), iter(second)
    while True:
        for name in current:
            if name in overlap:
                overlap.discard(name)
                current, other = other, current
                break
            found.append(name)
        else:
            return [*found, *other]


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
