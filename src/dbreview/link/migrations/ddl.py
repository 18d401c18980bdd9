"""SQL text that changes the schema, as plain operations. sqlglot reads it, loaded only where there is some."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.link.migrations import ddl_parts
from dbreview.link.migrations.operations import (
    AddColumn,
    AddPart,
    AlterColumn,
    ChangeRows,
    CreateTable,
    DropColumn,
    DropPart,
    DropTable,
    Kind,
    Operation,
    Part,
    RenamePart,
    RenameTable,
    Unread,
)
from dbreview.link.migrations.tables import full_name
from dbreview.project import Column, Default

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_DIALECTS = {"postgresql": "postgres", "mariadb": "mysql"}
_TRIED = ("postgres", "mysql", "sqlite")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"\s*\(?\s*([a-zA-Z]+)")
_OF_SCHEMA = re.compile(
    r"^\s*(alter\s+table|alter\s+index|create\s+(or\s+replace\s+)?(global\s+|local\s+)?(temp(orary)?\s+|unlogged\s+)?table|"
    r"create\s+(unique\s+|fulltext\s+|spatial\s+|clustered\s+|nonclustered\s+)*index|drop\s+(table|index)|rename\s+table)\b",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(r"^\s*create\s+(or\s+replace\s+)?(global\s+|local\s+)?temp(orary)?\s+table", re.IGNORECASE)
_NAME = r"[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?(\w+)[\"`\]]?"
_WITHOUT_EFFECT = re.compile(
    rf"^\s*alter\s+(?:table|index)\s+(?:if\s+exists\s+)?(?:only\s+)?{_NAME}\s+(?:validate\s+constraint|"
    r"(?:enable|disable|force|no\s+force)\s+(?:row\s+level|trigger|rule|always|replica)|owner\s+to|(?:re)?set\s+\(|"
    r"replica\s+identity|cluster\s+on|set\s+(?:logged|unlogged|tablespace|without)|(?:no\s+)?inherit|(?:at|de)tach\s+partition|"
    r"(?:convert\s+to\s+|default\s+)?character\s+set|engine\s*=|auto_increment\s*=|comment\s*=|"
    r"alter\s+(?:column\s+)?\S+\s+(?:set\s+(?:statistics|storage|generated)|add\s+generated|drop\s+(?:identity|expression)|restart))",
    re.IGNORECASE,
)
_RENAMES_PART = re.compile(
    rf"^\s*alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{_NAME}\s+rename\s+(?:constraint|index|key)\s+{_NAME}\s+to\s+{_NAME}",
    re.IGNORECASE,
)
_RENAMES_TABLE = re.compile(rf"^\s*rename\s+table\s+{_NAME}\s+to\s+{_NAME}", re.IGNORECASE)
_BY_INDEX = re.compile(
    rf"^\s*alter\s+table\s+(?:only\s+)?{_NAME}\s+add\s+constraint\s+{_NAME}\s+(unique|primary\s+key)\s+using\s+index\s+{_NAME}",
    re.IGNORECASE,
)
_DROPS_PRIMARY = re.compile(r"^primary\s+key\b", re.IGNORECASE)
_DROPS_INDEXES = re.compile(
    r"^\s*drop\s+index\s+(?:concurrently\s+)?(?:if\s+exists\s+)?([\w\s,\".]+?)(?:\s+cascade)?\s*$", re.IGNORECASE
)
_BLOCK = re.compile(r"\$(\w*)\$(.*?)\$\1\$", re.DOTALL)
_LONGEST = 60_000
_ON_ROWS = frozenset({"update", "insert", "delete", "truncate", "merge", "with", "replace", "call"})
_EMPTIES = re.compile(
    rf"\s*(?:delete\s+from|truncate(?:\s+table)?(?:\s+only)?)\s+{_NAME}\s*(?:restart\s+identity\s*)?(?:cascade\s*)?$",
    re.IGNORECASE,
)
_INSERTS = re.compile(rf"\s*(?:insert|replace)\s+(?:or\s+\w+\s+)?into\s+{_NAME}", re.IGNORECASE)
_UPDATES = re.compile(rf"\s*update\s+(?:only\s+)?{_NAME}\s+(?:(?:as\s+)?\w+\s+)??set\b(.*)", re.IGNORECASE | re.DOTALL)
_SET = re.compile(r"[\"`\[]?(\w+)[\"`\]]?\s*=")


def read(text: str, dialect: str, at: Place) -> Iterator[Operation | Unread]:
    """What a text does, statement by statement."""
    plain = _COMMENT.sub(" ", text)
    for statement in _statements(plain):
        yield from _statement(statement, dialect, at)


def guess(text: str, at: Place) -> Iterator[Operation | Unread]:
    """What a text does of which only parts are known: rows are written, or nobody can tell."""
    plain = _COMMENT.sub(" ", text)
    if any(_OF_SCHEMA.match(statement) for statement in plain.split(";")) or not _WORD.match(plain):
        yield Unread(at, "SQL that is not constant")
    else:
        yield from _rows(plain, at)


def _statements(text: str) -> list[str]:
    """The statements of a text; those inside a block are taken for done."""
    blocks = [found[2] for found in _BLOCK.finditer(text)]
    outside = _BLOCK.sub("''", text)
    if not re.match(r"\s*do\b", outside, re.IGNORECASE):
        blocks = []  # the body of a function
    inner = [
        part for block in blocks for part in re.split(r";|\bthen\b|\bbegin\b|\belse\b", block, flags=re.IGNORECASE)
    ]
    if blocks:
        return [part for part in inner if _OF_SCHEMA.match(part)]
    return [part for part in outside.split(";") if part.strip()] if "'" not in outside else _split(outside)


def _split(text: str) -> list[str]:
    """Split at semicolons that stand in no string."""
    parts = re.findall(r"(?:'(?:[^']|'')*'|[^;'])+", text)
    return [part for part in parts if part.strip()]


def _statement(text: str, dialect: str, at: Place) -> Iterator[Operation | Unread]:
    if not _OF_SCHEMA.match(text):
        yield from _rows(text, at)
        return
    if _TEMPORARY.match(text) or _WITHOUT_EFFECT.match(text):
        return
    if (found := _RENAMES_PART.match(text)) is not None:
        yield RenamePart(at, found[1], found[2], found[3])
    elif (found := _RENAMES_TABLE.match(text)) is not None:
        yield RenameTable(at, found[1], found[2])
    elif (found := _BY_INDEX.match(text)) is not None:
        kind: Kind = "unique constraint" if found[3].lower() == "unique" else "primary key"
        yield RenamePart(at, found[1], found[4], found[2], kind)
    elif (found := _DROPS_INDEXES.match(text)) is not None and "," in found[1]:
        yield from (
            DropPart(at, None, each.strip().rpartition(".")[2].strip('"'), "index") for each in found[1].split(",")
        )
    else:
        tree = _parsed(text.strip(), dialect)
        yield from _of_tree(tree, at) if tree is not None else [Unread(at, "SQL that cannot be parsed")]


def _rows(text: str, at: Place) -> Iterator[Operation]:
    """Statements that leave the schema alone."""
    word = _WORD.match(text)
    if word is None or word[1].lower() not in _ON_ROWS:
        return
    if (whole := _EMPTIES.match(text)) is not None:
        yield ChangeRows(at, whole[1], empties=True)
    elif (found := _INSERTS.match(text)) is not None:
        yield ChangeRows(at, found[1], inserts=True)
    elif (found := _UPDATES.match(text)) is not None:
        yield ChangeRows(at, found[1], columns=frozenset(_SET.findall(found[2])))
    else:
        yield ChangeRows(at)


@lru_cache(maxsize=2_000)
def _parsed(text: str, dialect: str) -> Expr | None:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if len(text) > _LONGEST:
        return None
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    own = _DIALECTS.get(dialect, dialect)
    for each in (own, *(each for each in _TRIED if each != own)):
        try:
            found = sqlglot.parse_one(text, dialect=each)
        except (SqlglotError, RecursionError, ValueError):
            continue
        if not isinstance(found, exp.Command):
            return found
    return None


def _of_tree(tree: Expr, at: Place) -> Iterator[Operation | Unread]:
    from sqlglot import exp

    kind = str(tree.args.get("kind") or "").upper()
    if isinstance(tree, exp.Create) and kind == "TABLE":
        yield _created(tree, at)
    elif isinstance(tree, exp.Create) and kind == "INDEX":
        yield ddl_parts.index(tree, at) or Unread(at, "SQL that cannot be parsed")
    elif isinstance(tree, exp.Drop) and kind in ("TABLE", "INDEX"):
        on = tree.args.get("cluster")
        table = on.find(exp.Table) if on is not None else None
        for each in _dropped(tree):
            name = ddl_parts.table_name(each)
            if kind == "TABLE":
                yield DropTable(at, name, bool(tree.args.get("cascade")))
            else:
                of = ddl_parts.table_name(table) if table is not None else None
                yield DropPart(at, of, name.rpartition(".")[2], "index")
    elif isinstance(tree, exp.Alter) and kind == "INDEX":
        for action in tree.args.get("actions") or ():
            if isinstance(action, exp.AlterRename):
                yield RenamePart(at, None, tree.this.name, action.this.name)
    elif isinstance(tree, exp.Alter) and kind == "TABLE":
        for action in tree.args.get("actions") or ():
            yield from _altered(action, tree, ddl_parts.table_name(tree.this), at)
    else:
        yield Unread(at, "SQL that cannot be parsed")


def _dropped(tree: Expr) -> list[Expr]:
    """What is dropped: newer versions of sqlglot name several, older ones one."""
    return list(tree.args.get("tables") or ([tree.this] if tree.this is not None else []))


def _created(tree: Expr, at: Place) -> Operation | Unread:
    from sqlglot import exp

    is_guarded = bool(tree.args.get("exists"))
    if not isinstance(tree.this, exp.Schema):
        return CreateTable(at, ddl_parts.table_name(tree.this), (), (), is_guarded, is_whole=False)
    table = ddl_parts.table_name(tree.this.this)
    columns: list[Column] = []
    parts: list[Part] = []
    is_whole = True
    for item in tree.this.expressions:
        if isinstance(item, exp.ColumnDef):
            column, own, _ = ddl_parts.column(item, at)
            columns.append(column)
            parts += own
        elif (part := ddl_parts.constraint(item, at)) is not None:
            parts.append(part)
        else:
            is_whole = False
    return CreateTable(at, table, tuple(columns), tuple(parts), is_guarded, is_whole)


def _altered(action: Expr, tree: Expr, table: str, at: Place) -> Iterator[Operation | Unread]:
    from sqlglot import exp

    match action:
        case exp.ColumnDef():
            column, parts, is_filled = ddl_parts.column(action, at)
            yield AddColumn(at, table, column, parts, is_filled, bool(action.args.get("exists")))
        case exp.Schema():
            for item in action.expressions:
                yield from _altered(item, tree, table, at)
        case exp.Drop():
            kind = str(action.args.get("kind") or "").upper()
            for each in _dropped(action):
                yield _drop(kind, each.name, table, at)
        case exp.RenameColumn():
            yield AlterColumn(at, table, action.this.name, new_name=action.args["to"].name)
        case exp.AlterRename():
            to = next(
                (each.this for each in tree.args.get("options") or () if isinstance(each, exp.ToTableProperty)), None
            )
            if to is not None:  # `RENAME a TO b`
                yield AlterColumn(at, table, action.this.name, new_name=to.name)
            else:
                name = ddl_parts.table_name(action.this)
                schema = table.rpartition(".")[0]
                yield RenameTable(at, table, name if "." in name else full_name(name, schema))
        case exp.AlterColumn():
            yield _column_altered(action, table, at)
        case exp.AddConstraint():
            for each in action.expressions:
                part = ddl_parts.constraint(each, at)
                yield AddPart(at, table, part) if part is not None else Unread(at, "SQL that cannot be parsed")
        case exp.Command() if _DROPS_PRIMARY.match(str(action.args.get("expression") or "").strip()):
            yield DropPart(at, table, None, "primary key")
        case _ if type(action).__name__ == "ModifyColumn" and isinstance(action.this, exp.ColumnDef):
            column, _, _ = ddl_parts.column(action.this, at)
            before = action.args.get("rename_from")
            name = before.name if before is not None else column.name
            yield AlterColumn(at, table, name, column.is_nullable, column.type, column.name)
        case _:
            yield Unread(at, "SQL that cannot be parsed")


def _drop(kind: str, name: str, table: str, at: Place) -> Operation:
    if kind in ("COLUMN", ""):
        return DropColumn(at, table, name)
    kinds: dict[str, Kind] = {
        "FOREIGN KEY": "foreign key",
        "INDEX": "index",
        "KEY": "index",
        "CHECK": "check constraint",
    }
    return DropPart(at, table, name, kinds.get(kind))


def _column_altered(action: Expr, table: str, at: Place) -> Operation:
    allows_null = action.args.get("allow_null")
    given, drops = action.args.get("default"), bool(action.args.get("drop"))
    return AlterColumn(
        at,
        table,
        action.this.name,
        allows_null if isinstance(allows_null, bool) else None,
        ddl_parts.type_of(action.args.get("dtype")),
        default=Default("server_default") if given is not None else None,
        drops_default=drops and allows_null is None,
    )
