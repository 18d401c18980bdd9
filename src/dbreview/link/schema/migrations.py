"""Indexes that only the migrations create: they exist in the database although no model says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbreview import facts
from dbreview.facts import Function, Module
from dbreview.finding import Place
from dbreview.link.syntax import last_name, walk
from dbreview.project import Index, Table

_CREATE_INDEX = re.compile(
    r"create\s+(unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?\"?(\w+)\"?\s+on\s+(?:only\s+)?"
    r"\"?(?:\w+\"?\.\"?)?(\w+)\"?\s*(?:using\s+(\w+)\s*)?\(([^()]*)\)([^;]*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CreatedIndex:
    table: str
    index: Index


def indexes_of_migrations(modules: list[Module]) -> list[CreatedIndex]:
    """The indexes that ``upgrade`` functions create and no later one visibly drops."""
    created: list[CreatedIndex] = []
    dropped: set[str] = set()
    for module in modules:
        for statement in module.body:
            if isinstance(statement, Function) and statement.name != "downgrade":
                created += _created(module.path, statement)
                dropped |= set(_dropped(statement)) - {c.index.name for c in _created(module.path, statement)}
    return [found for found in created if found.index.name not in dropped]


def with_indexes(table: Table, created: list[CreatedIndex]) -> Table:
    """The table with the indexes that migrations add to it."""
    known = {(index.columns, index.is_unique, index.where) for index in table.indexes}
    known |= {(unique.columns, True, None) for unique in table.uniques}
    extra = tuple(
        c.index
        for c in created
        if c.table == table.name and (c.index.columns, c.index.is_unique, c.index.where) not in known
    )
    return replace(table, indexes=(*table.indexes, *extra)) if extra else table


def _created(path: str, function: Function) -> Iterator[CreatedIndex]:
    tables = _batch_tables(function)
    for call in (node for node in walk(function.body) if isinstance(node, facts.Call)):
        if not isinstance(call.func, facts.Attribute):
            continue
        match call.func.attr:
            case "create_table":
                yield from _in_table(path, call)
            case "create_unique_constraint":
                yield from _from_call(path, call, tables.get(call), is_unique=True)
            case "create_index":
                yield from _from_call(path, call, tables.get(call))
            case "execute":
                yield from _from_text(path, call)


def _in_table(path: str, call: facts.Call) -> Iterator[CreatedIndex]:
    """The indexes and unique constraints that ``create_table`` makes along with the table."""
    table = _text(call.arguments[0].value) if call.arguments else None
    for argument in call.arguments[1:] if table is not None else ():
        inner = argument.value
        if not isinstance(inner, facts.Call) or table is None:
            continue
        positional = [a.value for a in inner.arguments if a.keyword is None]
        keywords = {a.keyword: a.value for a in inner.arguments if a.keyword is not None}
        match last_name(inner.func):
            case "Index":
                names = tuple(_text(item) or "" for item in positional[1:])
                where = _where(keywords)
                unique = _is_true(keywords.get("unique"))
                index = Index(_text(positional[0]), names, unique, Place(path, *call.at), names, where)
                yield CreatedIndex(table, index)
            case "UniqueConstraint":
                names = tuple(_text(item) or "" for item in positional)
                yield CreatedIndex(table, Index(None, names, True, Place(path, *call.at), names))
            case "Column" if _is_true(keywords.get("index")) or _is_true(keywords.get("unique")):
                name = _text(positional[0]) or ""
                unique = _is_true(keywords.get("unique"))
                yield CreatedIndex(table, Index(None, (name,), unique, Place(path, *call.at), (name,)))


def _is_true(node: facts.Expression | None) -> bool:
    return isinstance(node, facts.Constant) and node.value is True


def _from_call(
    path: str, call: facts.Call, batch_table: str | None, *, is_unique: bool = False
) -> Iterator[CreatedIndex]:
    positional = [a.value for a in call.arguments if a.keyword is None]
    keywords = {a.keyword: a.value for a in call.arguments if a.keyword is not None}
    name = _text(positional[0] if positional else keywords.get("index_name"))
    if batch_table is None:
        table = _text(positional[1] if len(positional) > 1 else keywords.get("table_name"))
        columns = positional[2] if len(positional) > 2 else keywords.get("columns")
    else:
        table = batch_table
        columns = positional[1] if len(positional) > 1 else keywords.get("columns")
    if table is None or not isinstance(columns, facts.Display):
        return
    names = tuple(_text(item) or "" for item in columns.items)
    is_unique = is_unique or _is_true(keywords.get("unique"))
    method = next((_text(value) or "(...)" for key, value in keywords.items() if key.endswith("_using")), None)
    at = Place(path, *call.at)
    yield CreatedIndex(table, Index(name, names, is_unique, at, names, _where(keywords), method))


def _where(keywords: dict[str, facts.Expression]) -> str | None:
    """The condition of a partial index."""
    return next((_text(value) or "(...)" for key, value in keywords.items() if key.endswith("_where")), None)


def _from_text(path: str, call: facts.Call) -> Iterator[CreatedIndex]:
    for node in walk(call):
        if isinstance(node, facts.Constant) and isinstance(node.value, str):
            for found in _CREATE_INDEX.finditer(node.value):
                columns = tuple(_column(part) for part in found[5].split(","))
                where = re.search(r"\bwhere\b(.*)", found[6], re.IGNORECASE | re.DOTALL)
                condition = where[1].strip() if where is not None else None
                at = Place(path, *call.at)
                index = Index(found[2], columns, bool(found[1]), at, columns, condition, found[4])
                yield CreatedIndex(found[3], index)


def _column(text: str) -> str:
    word = re.match(r'\s*"?(\w+)"?', text)
    return word[1] if word else ""


def _dropped(function: Function) -> Iterator[str]:
    for call in (node for node in walk(function.body) if isinstance(node, facts.Call)):
        if isinstance(call.func, facts.Attribute) and call.func.attr == "drop_index" and call.arguments:
            if (name := _text(call.arguments[0].value)) is not None:
                yield name


def _batch_tables(function: Function) -> dict[facts.Call, str]:
    """``with op.batch_alter_table("posts") as batch_op``: the table of each call in such a block."""
    tables: dict[facts.Call, str] = {}
    for node in walk(function.body):
        if not isinstance(node, facts.With):
            continue
        for item in node.items:
            if isinstance(item.context, facts.Call) and item.context.arguments and isinstance(item.target, facts.Name):
                table = _text(item.context.arguments[0].value)
                for call in (inner for inner in walk(node.body) if isinstance(inner, facts.Call)):
                    if table is not None and _receiver(call) == item.target.id:
                        tables[call] = table
    return tables


def _receiver(call: facts.Call) -> str | None:
    owner = call.func.value if isinstance(call.func, facts.Attribute) else None
    return owner.id if isinstance(owner, facts.Name) else None


def _text(node: facts.Expression | None) -> str | None:
    if isinstance(node, facts.Call) and node.arguments:
        return _text(node.arguments[0].value)
    return node.value if isinstance(node, facts.Constant) and isinstance(node.value, str) else None
