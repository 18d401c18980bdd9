"""What a class says about its table as a whole: its name, metadata, mapper arguments and table arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview.frameworks import model_libraries, sqlalchemy
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.schema.tables import Draft
from dbreview.link.values import Attribute, ClassValue, Const, Entries, FunctionValue, Items, Made, Record, Value

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.schema.models import Models


class Settings:
    """Reads the dunder attributes of mapped classes, own and inherited."""

    def __init__(self, interpreter: Interpreter, models: Models) -> None:
        self._interpreter = interpreter
        self._classes = interpreter.classes
        self._models = models

    def special(self, ref: ClassRef, name: str) -> tuple[Value, ClassRef | None]:
        """The value of ``__tablename__`` or ``__table_args__``, own or inherited, and whose it is."""
        changed = self._set_by_base(ref).get(name)
        if changed is not None:
            return changed, ref
        for ancestor in self._classes.ancestors(ref):
            if not isinstance(ancestor, ClassRef) or name not in ancestor.members:
                continue
            if name != "metadata" and ancestor is not ref and self._classes.is_mapped(ancestor):
                continue  # what is said of the parent's table is not said of the child's
            member = ancestor.members[name]
            if isinstance(member, FunctionRef):
                return self._interpreter.read(FunctionValue(member, ClassValue(ref)), {}).value, ancestor
            if isinstance(member, Variable):
                value = self._models.class_values(ancestor).get(name)
                if value is not None or member.value is not None:
                    return value, ancestor
        return None, None

    def _set_by_base(self, ref: ClassRef) -> dict[str, Value]:
        """What an ``__init_subclass__`` of a base assigns to the class."""
        for ancestor in self._classes.ancestors(ref)[1:]:
            hook = ancestor.members.get("__init_subclass__") if isinstance(ancestor, ClassRef) else None
            if isinstance(hook, FunctionRef):
                bound = self._hook_arguments(hook, ref)
                return dict(self._interpreter.read(FunctionValue(hook, ClassValue(ref)), bound).fields)
        return {}

    def _hook_arguments(self, hook: FunctionRef, ref: ClassRef) -> dict[str, Value]:
        """The keywords of the class statement, and the defaults of those that it leaves out."""
        given = {base.keyword: base.value for base in ref.facts.bases if base.keyword is not None}
        found: dict[str, Value] = {}
        for parameter in hook.facts.parameters[1:]:
            if parameter.name in given:
                found[parameter.name] = self._interpreter.module_frame(ref.path).evaluate(given[parameter.name])
            elif parameter.default is not None:
                found[parameter.name] = self._interpreter.module_frame(hook.path).evaluate(parameter.default)
        return found

    def read_table_name(self, draft: Draft) -> None:
        """``__table__`` or ``__tablename__``; a class may also have no table."""
        if draft.core_table is not None:
            return
        core, owner = self.special(draft.ref, "__table__")
        if isinstance(core, Made) and core.dotted in sqlalchemy.TABLES and owner is draft.ref:
            draft.core_table = core
            return
        if owner is draft.ref:
            draft.has_table = False  # a query, or a table of somebody else
            return
        value, owner = self.special(draft.ref, "__tablename__")
        match value:
            case Const(str() as text):
                draft.table_name = text
            case Const(None) if draft.parent is not None:
                draft.is_named_none = True
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

    def read_metadata(self, draft: Draft) -> None:
        """Which database the table is of, and the schema that its base gives it."""
        if draft.core_table is not None:
            return
        value, owner = self.special(draft.ref, "metadata")
        if owner is None:
            value = self._classes.base_option(draft.ref, "metadata")
        self.read_metadata_value(draft, value)
        if draft.metadata is None:
            draft.metadata = "sqlmodel" if draft.orm == "sqlmodel" else self._classes.root(draft.ref)

    def read_metadata_value(self, draft: Draft, value: Value) -> None:
        match value:
            case Made("sqlalchemy.MetaData", arguments):
                draft.metadata = f"{value.at.filename}:{value.at.line}"
                schema = value.keyword("schema") or (arguments[0] if arguments else None)
                if isinstance(schema, Const) and isinstance(schema.value, str):
                    draft.schema = schema.value
                draft.index_names = _index_names(value)
            case Attribute(ref, "metadata"):
                inner, owner = self.special(ref, "metadata")
                self.read_metadata_value(draft, inner if owner is not None else None)
                draft.metadata = draft.metadata or self._classes.root(ref)

    def read_mapper_arguments(self, draft: Draft) -> None:
        value, owner = self.special(draft.ref, "__mapper_args__")
        if owner is not None:
            names = {name for name, _ in value.items} if isinstance(value, Entries) else {"version_id_col"}
            draft.has_version = "version_id_col" in names
        if isinstance(value, Entries) and owner is draft.ref:
            draft.is_concrete = dict(value.items).get("concrete") == Const(True)

    def read_table_arguments(self, draft: Draft) -> None:
        value, owner = self.special(draft.ref, "__table_args__")
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


def _index_names(metadata: Made) -> str | None:
    """The pattern by which a naming convention names the index of one column."""
    given = metadata.keyword("naming_convention")
    pattern = dict(given.items).get("ix") if isinstance(given, Entries) else None
    return pattern.value if isinstance(pattern, Const) and isinstance(pattern.value, str) else None
