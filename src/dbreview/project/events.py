"""Path operations, and what the linked program does at a place: runs a query, lazy-loads, blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dbreview.finding import Confidence, Place
from dbreview.project.schema import Orm, Relationship

Wanted: TypeAlias = Literal["one", "newest", "many", "aggregate", "levels"]


@dataclass(frozen=True, slots=True)
class Route:
    """A path operation. ``path`` is the literal path as far as it is known."""

    methods: tuple[str, ...]
    path: str
    function: str
    at: Place
    is_async: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A statement where it runs: the entity it selects, if it selects one; of one written as SQL its table."""

    at: Place
    entity: str | None
    is_sql: bool = False
    orm: Orm = "sqlalchemy"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A column by which a statement of a request finds or orders rows. ``kind`` is how.

    ``at`` is where the statement runs, ``model`` and ``attribute`` name the column, ``beside`` the other attributes of
    the model whose values every row found must have as well, ``nulls`` those that must be NULL. ``is_whole`` says that
    nothing else leaves rows out: no join, no alternative, no filter that only some paths add. ``route`` is one that
    leads to it, None where only a dependency does.
    """

    at: Place
    model: str
    attribute: str
    kind: Literal["equal", "range", "order", "join"]
    beside: frozenset[str] = frozenset()
    is_limited: bool = False
    is_whole: bool = False
    route: Route | None = None
    nulls: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SecretWrite:
    """A value that code puts into a password's column. ``is_plain`` is None where nobody can tell."""

    at: Place
    model: str
    attribute: str
    is_plain: bool | None


@dataclass(frozen=True, slots=True)
class LazyLoad:
    """A relationship loaded per row of a loop, or not at all under asyncio. ``calls`` lead from the loop to ``at``."""

    at: Place
    relationship: Relationship
    query: Query | None
    loop: Place
    calls: tuple[Place, ...]
    option: str
    is_async: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class RepeatedQuery:
    """A read that a loop repeats. ``calls`` lead from the loop's own function to ``query``.

    ``key`` is the column by which it looks for ``wanted``: one row, the newest (or other first) one, many, or their
    number. ``levels`` are those of a tree that the loop walks. ``selected`` is what it selects, where that has names;
    ``has_more_conditions`` says that the key is not all that it filters by.
    """

    at: Place
    loop: Place
    calls: tuple[Place, ...]
    query: Query
    depends_on_loop: bool
    key: str | None
    selected: tuple[str, ...]
    has_more_conditions: bool
    wanted: Wanted
    others: tuple[Place, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class UnboundedResponse:
    """A route that answers with all rows a statement finds. ``owner`` is the parent key it filters by.

    ``parameter`` is one by which the client may ask for a limit, which is off by default.
    """

    at: Place
    route: Route
    query: Query
    owner: str | None
    parameter: str | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class AskedField:
    """A schema's field, declared at ``at``, that is filled from a relationship; ``option`` would load it."""

    schema: str
    name: str
    at: Place
    relationship: Relationship
    option: str


@dataclass(frozen=True, slots=True)
class LazyResponse:
    """Relationships that a response schema asks of rows which were fetched without them.

    ``fields`` are those that ask, the surest first. ``asked_at`` is what makes the first one read: the path operation,
    or a call such as ``model_validate``. ``is_per_row`` says that it is read for each of many rows.
    """

    query: Query
    fields: tuple[AskedField, ...]
    asked_at: Place
    route: Route | None
    is_async: bool
    is_per_row: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class UnboundedPageSize:
    """A number that clients choose without an upper bound and that limits a query. ``at`` is its declaration.

    ``function`` is the path operation or dependency that takes it, ``query`` runs with it as LIMIT.
    """

    at: Place
    parameter: str
    function: str
    query: Query
    route: Route | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class UnorderedPage:
    """A query that takes a page (LIMIT and OFFSET, or a paginator's) of rows in no particular order."""

    at: Place
    entity: str | None
    key: str | None
    route: Route | None
    paginator: str | None
    confidence: Confidence
    is_sql: bool = False
    orm: Orm = "sqlalchemy"


@dataclass(frozen=True, slots=True)
class DiscardedRows:
    """All rows that match are fetched and all but the first thrown away.

    ``method`` is the call that takes one (``first``), ``columns`` those by whose values the statement filters.
    """

    at: Place
    query: Query
    method: str
    columns: tuple[str, ...]
    is_ordered: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class CountByFetching:
    """Rows are fetched only to count them, or to see whether there is one. ``at`` is where that is done.

    ``is_joined`` says that the statement is about more than the entity's own table.
    """

    at: Place
    query: Query
    purpose: Literal["count", "exists"]
    is_async: bool
    is_joined: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class RowsNotMerged:
    """A statement that joins a collection is read without ``unique()``. ``at`` is where its rows are read.

    ``loader`` is what joins it: a loader option's name, or ``lazy="joined"`` on the relationship.
    """

    at: Place
    relationship: Relationship
    query: Query
    loader: str
    method: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class PythonOperator:
    """``and``, ``or``, ``not``, ``in`` or ``is`` on a column, where SQL was meant, in what a statement filters by.

    ``columns`` are the model's attributes on its sides, as ``User.name``; ``filter_at`` is the filtering call.
    """

    at: Place
    operator: str
    columns: tuple[str, ...]
    filter_at: Place
    confidence: Confidence
