"""Core tables, and what stands beside classes: indexes, columns added later, imperative mappings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link.frame import Frame
from dbreview.link.names import ClassRef
from dbreview.link.schema.drafting import Drafter
from dbreview.link.schema.tables import Draft, build_table
from dbreview.link.syntax import walk
from dbreview.link.values import Aggregate, Attribute, ClassValue, Const, Entries, Made, Ordered, TableColumn, Value
from dbreview.project import Table

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


_LIBRARIES = ("sqlalchemy", "sqlmodel")


class Outside:
    """Reads the top level of all modules for what belongs to tables and stands in no class."""

    def __init__(self, interpreter: Interpreter, drafter: Drafter, drafts: dict[ClassRef, Draft]) -> None:
        self._interpreter = interpreter
        self._drafter = drafter
        self._drafts = drafts
        self._indexes: dict[Made, list[Made]] = {}
        self.made: dict[str, Made] = {}
        self.drafts: list[Draft] = []

    def read(self) -> list[Table]:
        """Add what is found to the drafts; the tables that no class has."""
        found = list(self._statements())
        for made in found:
            if made.dotted in sqlalchemy.INDEXES | sqlalchemy.UNIQUE_CONSTRAINTS:
                self._attach(made)
        named = {(d.metadata, f"{d.schema}.{d.table_name}") for d in self._drafts.values() if d.core_table is None}
        mapped = {draft.core_table for draft in self._drafts.values()}
        for draft in self._drafts.values():
            draft.arguments += self._indexes.get(draft.core_table, []) if draft.core_table is not None else []
        tables: dict[tuple[str | None, str], Draft] = {}
        for made in list(self._interpreter.events.tables_made):
            if made.arguments and isinstance(made.arguments[0], Const):
                self.made.setdefault(str(made.arguments[0].value), made)
            if made.arguments:
                if made not in mapped and not made.has("autoload_with") and not made.has("autoload"):
                    self._read_table(made, tables, named)
        self.drafts = list(tables.values())
        built = [build_table(self._drafts, draft, draft.columns, None) for draft in tables.values()]
        return [table for table in built if table.columns]

    def _statements(self) -> Iterator[Made]:
        for path in sorted(self._interpreter.names.modules):
            frame = self._interpreter.module_frame(path)
            if not any(each.startswith(_LIBRARIES) for each in self._interpreter.names.imported_libraries(path)):
                continue
            for statement in self._interpreter.names.modules[path].body:
                value: Value = None
                match statement:
                    case facts.ExpressionStatement(facts.Call() as call):
                        value = frame.evaluate(call)
                    case facts.Assign((facts.Name(name), *_)):
                        value = self._interpreter.module_value(path, name)
                    case facts.For():
                        self._run(path, statement)
                    case facts.Assign((facts.Attribute(owner, attr),), facts.Call() as call):
                        self._read_later(path, frame.evaluate(owner), attr, frame.evaluate(call), call)
                if isinstance(value, Made):
                    yield value

    def _run(self, path: str, statement: facts.Statement) -> None:
        """Follow a loop at the top level: it may make tables."""
        frame = Frame(self._interpreter, path, None, {})
        self._interpreter.guarded(Place(path, 1, 1, 1, 1), lambda: frame.run((statement,)))

    def _read_later(self, path: str, owner: Value, name: str, value: Value, call: facts.Call) -> None:
        if isinstance(owner, ClassValue) and owner.ref in self._drafts:
            self._drafter.read_later(self._drafts[owner.ref], name, value, Place(path, *call.at))

    def _attach(self, made: Made) -> None:
        """An index belongs to the table of the first column in it."""
        for value in _columns(made.arguments):
            if isinstance(value, Attribute) and value.model in self._drafts:
                self._drafts[value.model].arguments.append(made)
                return
            if isinstance(value, TableColumn):
                self._indexes.setdefault(value.table, []).append(made)
                return

    def _read_table(
        self, made: Made, tables: dict[tuple[str | None, str], Draft], of_models: set[tuple[str | None, str]]
    ) -> None:
        """A table that is named twice is one: ``extend_existing`` adds to it, anything else refers to it."""
        named = made.arguments[0]
        title = str(named.value) if isinstance(named, Const) else f"of line {made.at.line}"
        draft = Draft(ClassRef(made.at.filename, None, f"table {title}"), made.at)  # type: ignore[arg-type]
        self._drafter.read_core_columns(draft, made)
        draft.arguments += self._indexes.get(made, [])
        key = (draft.metadata, f"{draft.schema}.{title}")
        known = tables.get(key)
        if key in of_models:
            return  # a model has it
        if known is None or not known.columns:
            tables[key] = draft
        elif made.keyword("extend_existing") == Const(True):
            known.columns.update(draft.columns)
            known.targets.update(draft.targets)
            known.made_names.update(draft.made_names)
            known.arguments += draft.arguments


def _columns(values: tuple[Value, ...]) -> Iterator[Value]:
    for value in values:
        match value:
            case Ordered(inner):
                yield inner
            case Aggregate(arguments=inner):
                yield from _columns(inner)
            case _:
                yield value


def imperative_mappings(interpreter: Interpreter) -> Iterator[tuple[ClassRef, Made, Value]]:
    """``registry.map_imperatively(User, users, properties={...})``, wherever it stands."""
    for path, module in sorted(interpreter.names.modules.items()):
        calls = [node for node in walk(module.body, into_functions=True) if isinstance(node, facts.Call)]
        for call in calls:
            if not isinstance(call.func, facts.Attribute) or call.func.attr != "map_imperatively":
                continue
            frame = interpreter.module_frame(path)
            given = [frame.evaluate(argument.value) for argument in call.arguments if argument.keyword is None]
            named = {a.keyword: frame.evaluate(a.value) for a in call.arguments if a.keyword is not None}
            mapped = given[0] if given else named.get("class_")
            table = given[1] if len(given) > 1 else named.get("local_table")
            if isinstance(mapped, ClassValue) and isinstance(table, Made):
                yield mapped.ref, table, named.get("properties", Entries(()))
