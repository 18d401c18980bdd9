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
_KINDS = {"Insert": "insert", "Update": "update", "Delete": "delete", "Merge": "update"}


@lru_cache(maxsize=5_000)
def read_sql(text: str) -> SqlText | None:
    """What a statement says; None where it cannot be parsed, or is no query and no write."""
    if len(text) > _LONGEST:
        return None
    tree = _parsed(_PLACEHOLDER.sub("?", text))
    if tree is None:
        return None
    from sqlglot import exp

    if isinstance(tree, exp.Query):
        written = tree.find(exp.Insert, exp.Update, exp.Delete)
        return _query(tree) if written is None else SqlText("update", None)
    kind = _KINDS.get(type(tree).__name__)
    table = tree.find(exp.Table)
    return SqlText(kind, table.name if table is not None else None) if kind is not None else None  # type: ignore[arg-type]


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

    reads_table = tree.find(exp.Table) is not None
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
    where = tree.args.get("where")
    conditions = list(where.this.flatten() if isinstance(where.this, exp.And) else [where.this]) if where else []
    return SqlText(
        "select",
        _table(source),
        _is_limited(tree) or any(column.name.upper() == "ROWNUM" for column in _columns(conditions)),
        from_ is None or _is_aggregated(tree),
        frozenset(_fixed(conditions, source)),
        any(_has_list(node) for node in conditions),
        reads_table,
    )


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
