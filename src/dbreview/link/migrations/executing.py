"""What executing a statement does, written as SQL or built by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview import facts
from dbreview.finding import Place
from dbreview.link.migrations import ddl, reading
from dbreview.link.migrations.operations import ChangeRows, Operation, Unread
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import Composed, Const, Instance, LibraryObject, Statement, Value

_ON_ROWS = frozenset({"insert", "update", "delete", "select", "query"})
_SCHEMA_ELEMENTS = (".Create", ".Drop", ".AddConstraint", ".SetTableComment", ".SetColumnComment")


def read(
    statement: Value, node: facts.Call, dialect: str, at: Place, *, is_session: bool
) -> Iterator[Operation | Unread]:
    """What ``execute(statement)`` does, called by ``node``. Sessions are for rows, whatever they are given."""
    match statement:
        case Const(str() as text) | Statement(kind="text", selected=(Const(str() as text), *_)):
            yield from ddl.read(text, dialect, at)
        case Composed(pieces) | Statement(kind="text", selected=(Composed(pieces), *_)):
            yield from ddl.guess("".join(piece if isinstance(piece, str) else "?" for piece in pieces), at)
        case LibraryObject("sqlalchemy.DDL()", (Const(str() as text), *_)):
            yield from ddl.read(text, dialect, at)
        case Statement(kind="select"):
            pass
        case Statement(kind="insert" | "update" | "delete" as kind, selected=selected):
            is_narrowed = statement.conditions or statement.is_narrowed or statement.has_unknown_filter
            table = reading.table_of(selected[0] if selected else None)
            yield ChangeRows(at, table, empties=kind == "delete" and not is_narrowed, inserts=kind == "insert")
        case LibraryObject(dotted) if is_session or not any(each in dotted for each in _SCHEMA_ELEMENTS):
            yield ChangeRows(at)
        case None if is_session:
            yield ChangeRows(at)
        case _ if not isinstance(statement, (LibraryObject, Instance)) and _is_on_rows(node):
            yield ChangeRows(at)
        case _:
            yield Unread(at, "SQL that is not constant")


def _is_on_rows(node: facts.Call) -> bool:
    """Whether what is executed is written as a statement on rows: ``users.update().where(...)``."""
    calls = (inner for argument in node.arguments[:1] for inner in walk(argument.value))
    return any(isinstance(call, facts.Call) and last_name(call.func) in _ON_ROWS for call in calls)
