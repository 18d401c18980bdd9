"""What a route answers with: which statements' rows reach the client, and whether they are bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbreview.finding import Confidence
from dbreview.frameworks import naming
from dbreview.link import bounds
from dbreview.link.schema.models import Models
from dbreview.link.values import (
    Coroutine,
    Either,
    Entries,
    Fetch,
    Instance,
    Items,
    Record,
    Result,
    SqlText,
    Statement,
    Value,
    Wrapped,
)
from dbreview.project import Column, Route, Table, UnboundedResponse

_DEEPEST = 6
_LISTING = ("list", "search", "query", "filter", "export", "find")


def collections_in(value: Value, depth: int = 0) -> Iterator[Fetch]:
    """The statements whose rows a value carries as a collection, wherever in it they are."""
    if depth > _DEEPEST:
        return
    match value:
        case Items(element, fetch):
            if fetch is not None:
                yield fetch
            elif value.is_literal:
                yield from collections_in(element, depth + 1)
        case Result(fetch):
            yield fetch
        case Entries(items, others, filled):
            if filled is not None:
                yield filled
            for inner in (*(v for _, v in items), *others):
                yield from collections_in(inner, depth + 1)
        case Wrapped(inner_values) | Either(inner_values) | Record(inner_values):
            for inner in inner_values:
                yield from collections_in(inner, depth + 1)
        case Instance(_, fields):
            for _, inner in fields:
                yield from collections_in(inner, depth + 1)
        case Coroutine(inner):
            yield from collections_in(inner, depth + 1)


def unbounded(
    models: Models, fetch: Fetch, statement: Statement, route: Route, *, is_whole: bool
) -> UnboundedResponse | None:
    """What a route answers with where the statement of its rows has no bound.

    ``is_whole`` says that the rows are the answer. As a field in the answer about one thing they are the thing's own.
    """
    query = bounds.query_of(statement, fetch.at)
    if statement.sql is not None:
        table = models.table_named(statement.sql.table) if statement.sql.table is not None else None
        owner = _owner_in_sql(statement.sql, table)
        confidence: Confidence = "low" if not _is_list_route(route) else "high" if owner is None else "medium"
        if (table is not None and _is_lookup(table)) or _is_detail(route, is_whole=is_whole):
            confidence = "low"
        return UnboundedResponse(query.at, route, query, owner, None, confidence)
    entity = bounds.entity_of(statement)
    table = models.table(entity.ref) if entity is not None else None
    if table is None:
        return None
    confidence = "low" if _is_detail(route, is_whole=is_whole) else confidence_of(statement, table, models, route)
    size = statement.page_size
    return UnboundedResponse(
        fetch.at, route, query, owner_of(statement, table, models), size.name if size is not None else None, confidence
    )


def _owner_in_sql(sql: SqlText, table: Table | None) -> str | None:
    """The foreign key by whose value SQL filters; by its name alone where the table is not known."""
    if table is None:
        return next((name for name in sorted(sql.fixed) if name.endswith("_id")), None)
    keys = {name for key in table.foreign_keys for name in key.columns}
    return next((name for name in sorted(sql.fixed) if name in keys), None)


def whole_answers(value: Value) -> Iterator[Fetch]:
    """The statements whose rows are all of an answer, not a field of an object."""
    match value:
        case Items(_, Fetch() as fetch) | Result(fetch):
            yield fetch
        case Wrapped(inner_values) | Either(inner_values):
            for inner in inner_values:
                yield from whole_answers(inner)
        case Coroutine(inner):
            yield from whole_answers(inner)


def owner_of(statement: Statement, table: Table, models: Models) -> str | None:
    """The foreign key (or the relationship along it) by whose value the statement filters: one parent's rows."""
    for condition in sorted(statement.conditions, key=lambda c: c.attribute.name):
        relationship = models.relationship(condition.attribute.model, condition.attribute.name)
        if condition.operator == "==" and relationship is not None and not relationship.is_collection:
            return relationship.name
    keys = {name for key in table.foreign_keys for name in key.columns}
    for condition in sorted(statement.conditions, key=lambda c: c.attribute.name):
        column = next((c for c in table.columns if c.attribute == condition.attribute.name), None)
        is_key = column is not None and (column.name in keys or _names_an_owner(column))
        if condition.operator == "==" and column is not None and is_key:
            return column.name
        of_other = models.table(condition.attribute.model) is not table and condition.attribute.name.endswith("_id")
        if condition.operator == "==" and condition.other is None and of_other:
            return f"{condition.attribute.model.name}.{condition.attribute.name}"
    return None


def _names_an_owner(column: Column) -> bool:
    """Whether a column without a foreign key is one by its name: ``user_id``."""
    return column.name.endswith("_id")


def confidence_of(statement: Statement, table: Table, models: Models, route: Route) -> Confidence:
    """High for a whole table that a list route sends, medium for what one parent owns.

    Low where the rows are few by nature: a list of constants, one owner's settings, keys and the like,
    and what a route that changes something must touch anyway.
    """
    if _is_lookup(table) or not _is_list_route(route):
        return "low"
    if owner_of(statement, table, models) is None:
        return "high"
    return "low" if _words(table) & naming.FEW_PER_OWNER else "medium"


def _is_detail(route: Route, *, is_whole: bool) -> bool:
    """Whether the rows are but a field in the answer about one thing: ``/teams/{team_id}``."""
    return not is_whole and route.path.endswith("}")


def _is_list_route(route: Route) -> bool:
    words = f"{route.path} {route.function}".lower()
    return "GET" in route.methods or ("POST" in route.methods and any(w in words for w in _LISTING))


def _is_lookup(table: Table) -> bool:
    """Whether the table looks like a short list of names: no keys to others, a handful of columns."""
    if table.foreign_keys or not table.is_fully_known:
        return False
    others = {c.name for c in table.columns if not c.is_primary_key}
    return bool(_words(table) & naming.LISTS_OF_NAMES) and others <= (
        naming.LOOKUP_COLUMNS | naming.CREATED | naming.UPDATED
    )


def _words(table: Table) -> set[str]:
    """The words of the model's name that say what its rows are; ``Model`` and the like say nothing."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", table.class_name or table.name)]
    telling = [word for word in words if word not in ("model", "schema", "table", "orm", "db", "entity")]
    return set(telling[-1:])
