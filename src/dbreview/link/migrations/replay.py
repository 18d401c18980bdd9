"""One replay of migrations: what their code does while it is followed, and the schema that this leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import alembic, sqlalchemy
from dbreview.link.migrations import executing, following, inspecting, python, reading
from dbreview.link.migrations.operations import ChangeRows, DropTable, Operation, Unread
from dbreview.link.migrations.state import SchemaState
from dbreview.link.migrations.tables import TableState, full_name
from dbreview.link.values import (
    ClientNumber,
    Composed,
    Const,
    Either,
    Gap,
    LibraryObject,
    Made,
    Ordered,
    Session,
    Statement,
    Symbol,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame

_OP = "alembic.op"
_CONTEXT: dict[str, Value] = {
    "is_offline_mode": Const(False),
    "get_bind": inspecting.BIND,
    "get_context": inspecting.CONTEXT,
}
_RUNNING = frozenset({"execute", "exec_driver_sql", "scalar", "scalars", "exec"})
_WRITING = frozenset(
    {"add", "add_all", "merge", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings", "commit", "flush"}
)
_ON_TABLES: dict[str, Literal["select", "insert", "update", "delete"]] = {
    "select": "select",
    "insert": "insert",
    "update": "update",
    "delete": "delete",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the replay was at some moment."""

    tables: Mapping[str, TableState]
    operations: tuple[Operation, ...]
    unread: tuple[Unread, ...]
    untaken: int

    @property
    def done(self) -> int:
        return len(self.operations) + len(self.unread)


class Replay:
    """Takes down what is done, and does it to its own schema. ``path`` is the file of the revision that is read."""

    def __init__(self, dialect: str, convention: Mapping[str, str] | None = None) -> None:
        self.schema = SchemaState(dialect, convention)
        self.path = ""
        self.operations: list[Operation] = []
        self.unread: list[Unread] = []
        self.untaken = 0
        self.left_by = ""

    # --- what was done

    def begin(self, path: str) -> None:
        """Start with another function of a revision, on the tables as they are."""
        self.path = path
        self.operations = []
        self.unread = []
        self.untaken = 0
        self.left_by = ""

    def note(self, found: Iterable[Operation | Unread]) -> None:
        for each in found:
            if isinstance(each, Unread):
                self.unread.append(each)
            else:
                self.operations.append(each)
                self.schema.apply(each)

    def note_untaken(self, count: int) -> None:
        """Operations of a way that was not taken, though it could be."""
        self.untaken += count

    def snapshot(self) -> Snapshot:
        return Snapshot(dict(self.schema.tables), tuple(self.operations), tuple(self.unread), self.untaken)

    def restore(self, snapshot: Snapshot) -> None:
        """Make it as if nothing had been done but what the snapshot knows of."""
        self.schema.tables = dict(snapshot.tables)
        self.operations = list(snapshot.operations)
        self.unread = list(snapshot.unread)
        self.untaken = snapshot.untaken

    # --- what the code that is followed asks, in the places where it does

    def controls(self, statement: facts.Statement) -> bool:
        return isinstance(statement, following.CONTROL)

    def control(self, frame: Frame, statement: facts.Statement) -> bool:
        """Follow a statement that decides what comes next; False if that is not the next one."""
        return following.control(self, frame, statement)

    def attribute(self, holder: LibraryObject, name: str) -> tuple[Value, ...]:
        if holder.dotted.startswith("sqlalchemy.") and holder.dotted.endswith("]"):
            return (LibraryObject(f"{holder.dotted}.{name}"),)
        if not inspecting.is_ours(holder):
            return ()
        return (inspecting.attribute(self.schema.dialect, holder, name),)

    def item(self, frame: Frame, holder: Value, index: facts.Expression, key: Value) -> tuple[Value, ...]:
        return python.item(frame, holder, index, key)

    def operate(self, left: Value, operator: str, right: Value) -> tuple[Value, ...]:
        return python.operate(left, operator, right)

    def composed(self, values: Iterable[Value]) -> Value:
        """A text with gaps: what it begins with may tell enough, whether it is SQL on rows or not."""
        pieces: list[str | ClientNumber | Gap] = []
        for value in values:
            match value:
                case Const(constant):
                    pieces.append(str(constant))
                case Composed(inner):
                    pieces += inner
                case Either(choices) if all(isinstance(each, Const) for each in choices):
                    texts = (str(each.value) for each in choices if isinstance(each, Const))
                    pieces.append(min(texts, key=len))  # `{"CONCURRENTLY " if is_large else ""}`
                case _:
                    pieces.append(Gap())
        if all(isinstance(piece, str) for piece in pieces):
            return Const("".join(str(piece) for piece in pieces))
        return Composed(tuple(pieces))

    def call(self, frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> tuple[Value, ...]:
        """What calling a library's symbol gives; empty where migrations have nothing to say about it."""
        owner, _, name = dotted.rpartition(".")
        if owner == _OP:
            return (self._operation(frame, name, None, arguments, node),)
        if owner == "alembic.context":
            return (_CONTEXT.get(name),)
        if dotted in alembic.INSPECTORS:
            return (inspecting.INSPECTOR,)
        if dotted.startswith("alembic.") and name == "Operations":
            return (Symbol(_OP),)
        if dotted == "sqlalchemy.literal_column":
            return (LibraryObject(f"{dotted}()", arguments.positional),)
        return python.call(dotted, arguments)

    def call_on(self, frame: Frame, receiver: Value, func: facts.Attribute, node: facts.Call) -> tuple[Value, ...]:
        """What a method gives; empty where migrations have nothing to say about it."""
        from dbreview.link.calling import arguments_of

        name = func.attr
        if name in ("create_all", "drop_all"):
            self.note([Unread(self._at(frame, node), f"{name} of a metadata")])
            return (None,)
        match receiver:
            case LibraryObject(inspecting.BATCH, (table,)):
                known = table.value if isinstance(table, Const) else ""
                return (self._operation(frame, name, str(known), arguments_of(frame, node), node),)
            case LibraryObject() if inspecting.is_ours(receiver):
                arguments = arguments_of(frame, node)
                if receiver == inspecting.BIND and name in _RUNNING:
                    self._execute(frame, arguments.get(0, "statement"), node)
                    return (None,)
                return inspecting.method(self.schema, receiver, name, arguments)
            case Session():
                arguments = arguments_of(frame, node)
                if name in _RUNNING:
                    self._execute(frame, arguments.get(0, "statement"), node, is_session=True)
                elif name in _WRITING:
                    self.note([ChangeRows(self._at(frame, node))])
                return (receiver,) if name in ("begin", "connection") else (None,)
            case Made() if name in ("create", "drop"):
                self._schema_object(frame, receiver, name, node)
                return (None,)
            case LibraryObject("sqlalchemy.table()") if name in _ON_TABLES:
                return (Statement(_ON_TABLES[name], (receiver,), frame.place(node.at)),)
            case Statement(session=Session()) if name in ("update", "delete"):
                self.note([ChangeRows(self._at(frame, node))])
            case LibraryObject("sqlalchemy.column()" | "sqlalchemy.literal_column()") if name in ("desc", "asc"):
                return (Ordered(receiver, name == "desc"),)
            case Const():
                return ()
        return python.of_sets(receiver, name, arguments_of(frame, node)) if name in python.SET_METHODS else ()

    def note_call(self, frame: Frame, callee: Value, arguments: Arguments, node: facts.Call) -> None:
        """A function of which nothing is known may do anything with the operations that it is given."""
        is_known = isinstance(callee, Symbol) and callee.dotted.startswith(("builtins.", "alembic.", "sqlalchemy."))
        if is_known or not (callee is None or isinstance(callee, (Symbol, LibraryObject))):
            return
        if any(value == Symbol(_OP) or _is_batch(value) for value in arguments.values()):
            self.note([Unread(self._at(frame, node), "a function that is not known")])
        elif any(value == inspecting.BIND or isinstance(value, Session) for value in arguments.values()):
            self.note([ChangeRows(self._at(frame, node))])

    # --- operations

    def _execute(self, frame: Frame, statement: Value, node: facts.Call, *, is_session: bool = False) -> None:
        at = self._at(frame, node)
        self.note(executing.read(statement, node, self.schema.dialect, at, is_session=is_session))

    def _at(self, frame: Frame, node: facts.Call) -> Place:
        """The call in the revision itself that leads here."""
        places = (*frame.interpreter.trail, frame.place(node.at))
        own = [place for place in places if place.filename == self.path]
        return own[-1] if own else places[0]

    def _operation(self, frame: Frame, name: str, batch: str | None, arguments: Arguments, node: facts.Call) -> Value:
        at = self._at(frame, node)
        if name == "execute":
            self._execute(frame, arguments.get(0, "sqltext"), node)
            return None
        if name == "batch_alter_table":
            found = reading.call_of("drop_table", arguments, None, at)
            return inspecting.batch(found.table)
        if name in alembic.OPERATIONS:
            call = reading.call_of(name, arguments, batch or None, at)
            self.note([Unread(at, "the table of a batch")] if batch == "" else reading.read(call))
            if name == "create_table":
                return Made("sqlalchemy.Table", (Const(call.table), None, *call.rest), arguments.keywords, at)
            return None
        match name:
            case "f":
                return arguments.get(0, "name")
            case "get_bind":
                return inspecting.BIND
            case "get_context":
                return inspecting.CONTEXT
        if name not in alembic.HARMLESS:
            self.note([Unread(at, f"op.{name}")])
        return None

    def _schema_object(self, frame: Frame, made: Made, name: str, node: facts.Call) -> None:
        """``table.create(bind)``, ``index.drop(bind)``."""
        at = self._at(frame, node)
        if made.dotted in sqlalchemy.TABLES and made.arguments and isinstance(made.arguments[0], Const):
            schema = made.keyword("schema")
            title = str(schema.value) if isinstance(schema, Const) and schema.value else None
            table = full_name(str(made.arguments[0].value), title)
            call = reading.Call("create_table", {}, made.arguments[2:], table, False, at)
            self.note(reading.read(call) if name == "create" else [DropTable(at, table)])
        elif made.dotted in sqlalchemy.INDEXES:
            self.note([Unread(at, f"Index.{name}")])


def _is_batch(value: Value) -> bool:
    return isinstance(value, LibraryObject) and value.dotted == inspecting.BATCH
