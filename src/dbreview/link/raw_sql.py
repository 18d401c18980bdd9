"""What SQL text says: which rows of which table, and how many. sqlglot reads it, loaded only where there is some."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING

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
        return _query(tree)
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

    if not isinstance(tree, exp.Select):  # UNION and its like
        is_limited = tree.args.get("limit") is not None
        table = tree.find(exp.Table)
        return SqlText("select", table.name if table is not None else None, is_limited)
    source = tree.args.get("from_") or tree.args.get("from")
    table = source.this if source is not None else None
    where = tree.args.get("where")
    conditions = list(where.this.flatten() if isinstance(where.this, exp.And) else [where.this]) if where else []
    is_table = isinstance(table, exp.Table) and not _is_function(table)
    common = {cte.alias for cte in tree.find_all(exp.CTE)}
    return SqlText(
        "select",
        table.name if isinstance(table, exp.Table) and is_table and table.name not in common else None,
        tree.args.get("limit") is not None,
        _is_one_row(tree),
        frozenset(_fixed(conditions)),
        any(node.find(exp.In, exp.Any) is not None for node in conditions),
        tree.find(exp.Table) is not None,
    )


def _is_function(table: Expr) -> bool:
    """``FROM generate_series(1, 10)``."""
    from sqlglot import exp

    return not isinstance(table.this, exp.Identifier)


def _is_one_row(tree: Expr) -> bool:
    """Whether nothing but aggregates is selected, or nothing from a table at all."""
    from sqlglot import exp

    if tree.args.get("from_") is None and tree.args.get("from") is None:
        return True
    selected = [item.unalias() for item in tree.expressions]
    return (
        tree.args.get("group") is None
        and bool(selected)
        and all(item.find(exp.AggFunc) is not None and item.find(exp.Window) is None for item in selected)
    )


def _fixed(conditions: list[Expr]) -> list[str]:
    """The columns that must equal one value."""
    from sqlglot import exp

    found = []
    for node in conditions:
        if isinstance(node, exp.EQ):
            sides = [side for side in (node.left, node.right) if isinstance(side, exp.Column)]
            found += [side.name for side in sides] if len(sides) == 1 else []
    return found
