"""What SQL text says: which rows of which table, and how many. sqlglot reads it, loaded only where there is some."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from dbreview.frameworks import drivers
from dbreview.link.values import SqlText

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_LONGEST = 20_000
"""Characters of a statement that is still read."""

_DIALECTS = ("", "mysql", "tsql", "oracle")
"""Tried in turn. The first one is sqlglot's own, which reads what PostgreSQL and SQLite share with the others."""

_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%s")
_ANY_PLACEHOLDER = re.compile(
    r"(?P<text>'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*)|%\((?P<name>\w+)\)s|\$(?P<number>\d+)|(?P<mark>%s|\?)"
)
_MAY_BE_READ = re.compile(r"\b(select|insert|update|delete|merge|replace|values|with)\b", re.IGNORECASE)
_REPLACE = re.compile(r"^\s*replace\s+into\b", re.IGNORECASE)
_STATEMENT = re.compile(r"\s*\(?\s*(select|with|insert|update|delete|replace|merge)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"\b(SELECT|FROM|WHERE|AND|OR|ORDER BY|GROUP BY|LIMIT|OFFSET|JOIN|VALUES|SET|HAVING)\b")
_NUMBERED = "dbr_placeholder_"
_KINDS = {"Insert": "insert", "Update": "update", "Delete": "delete", "Merge": "update"}


def is_sql(text: str) -> bool:
    """Whether a text is SQL, or a clause of it, by its looks."""
    return _STATEMENT.match(text) is not None or _CLAUSE.search(text) is not None


@lru_cache(maxsize=5_000)
def read_sql(text: str) -> SqlText | None:
    """What a statement says; None where it cannot be parsed, or is no query and no write.

    Placeholders are known by their names, or by their positions from 0 on.
    """
    if len(text) > _LONGEST or not _MAY_BE_READ.search(text):
        return None
    text = _REPLACE.sub("INSERT INTO", text)
    tree = _parsed(_with_names(text)) or _parsed(_PLACEHOLDER.sub("?", text))
    if tree is None:
        return None
    from sqlglot import exp

    if isinstance(tree, exp.Query):
        written = tree.find(exp.Insert, exp.Update, exp.Delete)
        return _query(tree) if written is None else SqlText("update", None)
    return _write(tree)


def _with_names(text: str) -> str:
    """The text with a name for each placeholder: ``%s``, ``?`` and ``$1`` become ``:dbr_placeholder_0``."""
    count = 0

    def named(found: re.Match[str]) -> str:
        nonlocal count
        if found["text"]:
            return found[0]
        if found["name"]:
            return f":{found['name']}"
        position = int(found["number"]) - 1 if found["number"] else count
        count += 1
        return f":{_NUMBERED}{position}"

    return _ANY_PLACEHOLDER.sub(named, text)


def _write(tree: Expr) -> SqlText | None:
    """An INSERT, UPDATE, DELETE or MERGE."""
    from sqlglot import exp

    kind = _KINDS.get(type(tree).__name__)
    if kind is None:
        return None
    table = tree.find(exp.Table)
    where = tree.args.get("where")
    changes = [each for each in tree.expressions if isinstance(each, exp.EQ)] if isinstance(tree, exp.Update) else []
    given = [(each.left.name, _placeholder(each.right)) for each in changes if isinstance(each.left, exp.Column)]
    return SqlText(
        kind,  # type: ignore[arg-type]
        table.name if table is not None else None,
        fixed=frozenset(_fixed(_conditions(where), table)),
        is_relative=any(_reads(each.right, each.left.name) for each in changes),
        is_upsert=tree.args.get("conflict") is not None,
        written=tuple((name, by) for name, by in given if by is not None),
    )


def _reads(expression: Expr, name: str) -> bool:
    from sqlglot import exp

    return any(column.name == name for column in expression.find_all(exp.Column))


def _placeholder(expression: Expr | None) -> str | None:
    """The name or position of the placeholder that an expression is."""
    from sqlglot import exp

    if isinstance(expression, exp.Cast):
        expression = expression.this
    if not isinstance(expression, exp.Placeholder) or not isinstance(expression.this, str):
        return None
    return expression.this.removeprefix(_NUMBERED)


def _parsed(text: str) -> Expr | None:
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    for dialect in _DIALECTS:
        try:
            found = sqlglot.parse(text, dialect=dialect or None)
        except (SqlglotError, RecursionError, ValueError):
            continue
        if len(found) == 1 and found[0] is not None:
            return found[0]
    return None


def _query(tree: Expr) -> SqlText | None:
    from sqlglot import exp

    reads_table = any(_table(each) is not None for each in tree.find_all(exp.Table))
    if not isinstance(tree, exp.Select):  # UNION and its like
        table = tree.find(exp.Table)
        return SqlText("select", table.name if table is not None else None, _is_limited(tree), reads_table=reads_table)
    from_ = tree.args.get("from_") or tree.args.get("from")
    source = from_.this if from_ is not None else None
    inner = _inner(tree, source)
    if inner is not None:
        below = _query(inner)
        if below is None or below.is_limited or below.is_one_row or _is_limited(tree) or _is_aggregated(tree):
            return SqlText("select", None, reads_table=reads_table)
        return below
    conditions = _conditions(tree.args.get("where"))
    return SqlText(
        "select",
        _table(source),
        _is_limited(tree) or any(column.name.upper() == "ROWNUM" for column in _columns(conditions)),
        from_ is None or _is_aggregated(tree),
        frozenset(_fixed(conditions, source)),
        any(_has_list(node) for node in conditions),
        reads_table,
        is_ordered=tree.args.get("order") is not None,
        has_offset=_has_offset(tree),
        is_locking=bool(tree.args.get("locks")),
        limit_by=_limit_by(tree),
        columns=tuple(item.name if isinstance(item, exp.Column) else "" for item in map(_plain, tree.expressions)),
    )


def _plain(item: Expr) -> Expr:
    """A selected column without the name that it gets: that is what a row knows it by, unless it is the same."""
    from sqlglot import exp

    return item.this if isinstance(item, exp.Alias) and item.alias == item.this.name else item


def _conditions(where: Expr | None) -> list[Expr]:
    """What must all hold."""
    from sqlglot import exp

    if where is None:
        return []
    return list(where.this.flatten() if isinstance(where.this, exp.And) else [where.this])


def _has_offset(tree: Expr) -> bool:
    """Whether a query leaves rows out at its start: by any number but 0."""
    offset = tree.args.get("offset")
    number = offset.args.get("expression") if offset is not None else None
    return offset is not None and not (number is not None and number.name == "0")


def _limit_by(tree: Expr) -> str | None:
    limit = tree.args.get("limit")
    return _placeholder(limit.args.get("expression") or limit.args.get("count")) if limit is not None else None


def _inner(tree: Expr, source: Expr | None) -> Expr | None:
    """The query whose rows another one selects from: in brackets, or by its name in WITH."""
    from sqlglot import exp

    if isinstance(source, exp.Subquery):
        return source.this if isinstance(source.this, exp.Query) else None
    if isinstance(source, exp.Table):
        named = {cte.alias: cte.this for cte in tree.find_all(exp.CTE)}
        found = named.get(source.name)
        return found if isinstance(found, exp.Query) else None
    return None


def _table(source: Expr | None) -> str | None:
    """The table that rows come from; none where a function or the database's own description gives them."""
    from sqlglot import exp

    if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Identifier):
        return None
    is_of_database = source.db.lower() in drivers.SYSTEM_SCHEMAS or source.name.lower().startswith(
        drivers.SYSTEM_TABLES
    )
    return None if is_of_database else source.name


def _is_limited(tree: Expr) -> bool:
    limit = tree.args.get("limit")
    number = limit.args.get("expression") if limit is not None else None
    return limit is not None and not (number is not None and number.name.upper() == "ALL")


def _is_aggregated(tree: Expr) -> bool:
    """Whether aggregates are selected: one row, or one for each group."""
    from sqlglot import exp

    is_grouped = tree.args.get("group") is not None
    counts = [item.find(exp.AggFunc) is not None and item.find(exp.Window) is None for item in tree.expressions]
    return any(counts) if is_grouped else bool(counts) and all(counts)


def _columns(conditions: list[Expr]) -> list[Expr]:
    from sqlglot import exp

    return [column for node in conditions for column in node.find_all(exp.Column)]


def _has_list(condition: Expr) -> bool:
    """Whether rows are found by a list of values, not by another query."""
    from sqlglot import exp

    if any(node.args.get("query") is None for node in condition.find_all(exp.In)):
        return True
    return any(not node.find(exp.Query) for node in condition.find_all(exp.Any))


def _fixed(conditions: list[Expr], source: Expr | None) -> list[str]:
    """The columns of the table that must equal one value."""
    from sqlglot import exp

    own = {"", source.alias_or_name} if isinstance(source, exp.Table) else {""}
    found = []
    for node in conditions:
        if isinstance(node, exp.EQ):
            sides = [side for side in (node.left, node.right) if isinstance(side, exp.Column)]
            found += [side.name for side in sides if side.table in own] if len(sides) == 1 else []
    return found
