"""How many rows a statement can give: one, a bounded number, or as many as the table holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.frameworks import naming, selectivity
from dbreview.link.values import TORTOISE, Aggregate, Attribute, ClassValue, Fetch, SqlText, Statement
from dbreview.project import Query

if TYPE_CHECKING:
    from dbreview.link.schema.models import Models


def entity_of(statement: Statement) -> ClassValue | None:
    """The mapped class whose rows a statement gives."""
    first = statement.selected[0] if statement.selected else None
    match first:
        case ClassValue():
            return first
        case Attribute(model):
            return ClassValue(model)
    return None


def may_be_few(statement: Statement) -> bool:
    """Whether a statement inside another one has a limit, or may have: nobody knows what it selects from."""
    return statement.is_limited or statement.is_opaque or None in statement.selected


def has_keys(statement: Statement, models: Models) -> bool:
    """Whether no more rows can come than keys are given."""
    given = [c for c in statement.conditions if c.operator in ("in", "in constants")]
    return has_unique_key(statement, models) or any(
        has_unique_key(replace(statement, conditions=frozenset({replace(c, operator="==")})), models) for c in given
    )


def query_of(statement: Statement | None, at: Place) -> Query:
    """A statement as the project tells of it."""
    if statement is not None and statement.sql is not None:
        return Query(statement.at, statement.sql.table, is_sql=True)
    entity = entity_of(statement) if statement is not None else None
    is_tortoise = statement is not None and statement.session == TORTOISE
    name = entity.ref.name if entity is not None else None
    return Query(at, name, orm="tortoise" if is_tortoise else "sqlalchemy")


def is_single(fetch: Fetch, models: Models) -> bool:
    """Whether at most one row comes: ``limit(1)``, or every column of a unique key is given."""
    statement = fetch.statement
    return statement is not None and (statement.is_single or has_unique_key(statement, models))


def has_unique_key(statement: Statement, models: Models) -> bool:
    """Whether the conditions give every column of the primary key or of a unique key."""
    entity = entity_of(statement)
    table = models.table(entity.ref) if entity is not None else None
    if table is None or entity is None:
        return False
    fixed = {
        c.attribute.name
        for c in statement.conditions
        if c.operator == "==" and models.table(c.attribute.model) is table
    }
    names = {column.name for column in table.columns if column.attribute in fixed}
    return any(key <= names for key in table.unique_keys())


def has_limit(statement: Statement) -> bool:
    """Whether a LIMIT applies whatever the client sends: a page size that may be None is none."""
    size = statement.page_size
    return statement.is_limited and not (size is not None and size.is_optional)


def is_unbounded_text(sql: SqlText, models: Models) -> bool:
    """Whether the rows of a statement written as SQL grow with the table. One whose table is unknown is not asked.

    What is not known of a text may be a key, or a count; nobody sorts those.
    """
    return not sql.is_limited and not (sql.is_partial and not sql.is_ordered) and may_be_many(sql, models)


def may_be_many(sql: SqlText, models: Models) -> bool:
    """Whether a query written as SQL gives many rows, its LIMIT aside."""
    if sql.kind != "select" or sql.table is None or sql.is_one_row or sql.has_in:
        return False
    table = models.table_named(sql.table)
    if table is None:
        return not any(name == "id" or naming.last_word(name) in selectivity.TELLING for name in sql.fixed)
    return not any(key <= sql.fixed for key in table.unique_keys())


def is_unbounded(statement: Statement, models: Models) -> bool:
    """Whether the number of rows grows with the table: no limit, no unique key, no aggregate.

    The boundedness rule of Yang et al. (CIKM 2017): a filter alone is no bound.
    """
    if statement.sql is not None:
        return not statement.is_opaque and is_unbounded_text(statement.sql, models)
    if statement.kind != "select" or has_limit(statement) or statement.is_opaque:
        return False
    if not statement.selected or any(selected is None for selected in statement.selected):
        return False
    if all(isinstance(selected, Aggregate) for selected in statement.selected):
        return False
    if statement.is_grouped and any(isinstance(selected, Aggregate) for selected in statement.selected):
        return False
    if any(condition.operator == "in" for condition in statement.conditions):
        return False
    entity = entity_of(statement)
    if entity is None or models.table(entity.ref) is None:
        return False
    return not has_unique_key(statement, models) and not _is_enumerated(entity, models)


def _is_enumerated(entity: ClassValue, models: Models) -> bool:
    """Whether the primary key is a member of an enumeration: there are as many rows as members."""
    table = models.table(entity.ref)
    keys = [column for column in table.columns if column.is_primary_key] if table is not None else []
    return len(keys) == 1 and keys[0].type is not None and keys[0].type.name in selectivity.YES_OR_NO
