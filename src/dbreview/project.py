"""The whole project, linked: tables, routes, and what its code does to the database. Plain data.

Everything here is what a check may ask about. ``None`` means unknown and never leads to a
finding; a rule about something absent first asks ``is_fully_known``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dbreview.facts import Unreadable
from dbreview.finding import Confidence, Place

Role: TypeAlias = Literal["application", "test", "migration", "script", "example"]
SessionKind: TypeAlias = Literal["sync", "async"]
Orm: TypeAlias = Literal["sqlalchemy", "sqlmodel", "tortoise"]
KeyUse: TypeAlias = Literal["searched", "followed", "deleted"]
"""What looks rows up by a foreign key: a statement, a collection of the parent that is read, a parent's delete."""
Direction: TypeAlias = Literal["MANYTOONE", "ONETOMANY", "MANYTOMANY"]


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the project's configuration says about it; empty where it says nothing.

    ``dependencies`` are the requirement names of the project, lower-case.
    """

    src: tuple[str, ...] = ()
    dialect: str | None = None
    created_columns: tuple[str, ...] = ()
    updated_columns: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()


# --- schema -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column. ``name`` is the last part of its class's name: ``String``, ``DateTime``.

    ``is_standard`` tells a type of the ORM's own from one that the project or another library defines, of
    which only the name is known. ``length`` is None for a string without one. ``has_zone`` is what
    ``timezone=`` says, None for types that keep no time. Both are meaningless unless ``is_fully_read``.
    """

    name: str
    is_standard: bool = False
    length: int | None = None
    has_zone: bool | None = None
    is_fully_read: bool = True


@dataclass(frozen=True, slots=True)
class Default:
    """What fills a column. ``keyword`` is how it is given: ``default``, ``server_default``, ``onupdate``...

    ``called`` names the function whose result changes with every call, such as ``datetime.utcnow``. With
    ``is_evaluated_once`` it was called while the class was read, and every row gets that one result.
    ``is_constant`` tells a value in the source.
    """

    keyword: str
    called: str | None = None
    is_evaluated_once: bool = False
    is_constant: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``name`` is its name in the database, ``attribute`` the one on the class.

    ``at`` is where it is written, which for an inherited column is in the mixin. ``is_nullable`` is None
    where nobody says. ``declines_index`` means a written ``index=False``.
    """

    name: str
    attribute: str
    at: Place
    type: ColumnType | None = None
    is_primary_key: bool = False
    is_nullable: bool | None = None
    is_unique: bool = False
    is_indexed: bool = False
    declines_index: bool = False
    defaults: tuple[Default, ...] = ()

    @property
    def has_update(self) -> bool:
        """Whether something writes the column whenever its row changes."""
        return any(default.keyword in UPDATING for default in self.defaults)


UPDATING = frozenset({"onupdate", "server_onupdate", "auto_now"})
"""Keywords that write a column whenever its row changes."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``target`` names the columns referred to as ``table.column``, as far as they are known.

    An empty ``on_delete`` is one that cannot be read. ``uses`` says what looks rows up by it, in code that could be
    followed; None where no code of the project queries anything.
    """

    columns: tuple[str, ...]
    target: tuple[str, ...]
    at: Place
    on_delete: str | None = None
    uses: frozenset[KeyUse] | None = None

    @property
    def target_table(self) -> str | None:
        """The table referred to, where it is known."""
        return self.target[0].rpartition(".")[0] if self.target else None


@dataclass(frozen=True, slots=True)
class Index:
    """An index. ``columns`` has an empty string for each expression that is no plain column.

    ``written`` has for each of them what the database is told: a column, ``id DESC``, ``(lower(name))``.
    ``where`` is the condition of a partial index. ``method`` and ``dialect`` are what binds it to one
    database: ``postgresql_using="gin"``, ``ddl_if(dialect="sqlite")``. ``is_plain`` has no operator
    classes, included columns or other options.
    """

    name: str | None
    columns: tuple[str, ...]
    is_unique: bool
    at: Place
    written: tuple[str, ...] = ()
    where: str | None = None
    method: str | None = None
    dialect: str | None = None
    is_plain: bool = True
    is_of_column: bool = False

    @property
    def terms(self) -> tuple[str, ...]:
        """For each column its name, for each expression its text in parentheses."""
        return tuple(w if w.startswith("(") else c for c, w in zip(self.columns, self.written, strict=True))

    @property
    def is_partial(self) -> bool:
        return self.where is not None

    @property
    def is_ordered(self) -> bool:
        """Whether it finds rows by the values that it starts with: a B-tree."""
        return self.method in (None, "btree")


@dataclass(frozen=True, slots=True)
class UniqueConstraint:
    """``is_of_column`` tells ``unique=True`` on a column from a constraint of the table."""

    name: str | None
    columns: tuple[str, ...]
    at: Place
    is_of_column: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that could not be read: where, and what it was."""

    at: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the database. ``is_fully_known`` asks for every base, column and argument read.

    ``model`` is the dotted name of the class that is mapped to it, None for a core ``Table``. ``metadata``
    tells tables of several databases apart. ``checks`` are the texts of check constraints, ``parent`` is the
    model of the table that joined inheritance extends. ``is_only_added_to`` says that the code makes rows
    and changes none, ``is_short_lived`` that it deletes what has expired. Where ``has_known_name`` is false, ``name``
    is the class's.
    """

    name: str
    model: str | None
    class_name: str | None
    at: Place
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    uniques: tuple[UniqueConstraint, ...]
    schema: str | None = None
    metadata: str | None = None
    orm: Orm = "sqlalchemy"
    unknown: tuple[Unknown, ...] = ()
    checks: tuple[str, ...] = ()
    parent: str | None = None
    is_only_added_to: bool = False
    is_short_lived: bool = False
    has_known_name: bool = True

    @property
    def full_name(self) -> str:
        """The name as foreign keys write it, with the schema that it is in."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def title(self) -> str:
        """What a message calls it: its class, or its name."""
        return self.class_name or self.name

    @property
    def is_fully_known(self) -> bool:
        return not self.unknown

    def column(self, name: str) -> Column | None:
        """The column of this name in the database."""
        return next((column for column in self.columns if column.name == name), None)

    def unique_keys(self) -> tuple[frozenset[str], ...]:
        """The column sets of which each value occurs at most once."""
        keys = [frozenset(self.primary_key)] if self.primary_key else []
        keys += [frozenset(unique.columns) for unique in self.uniques]
        keys += [
            frozenset(c) for c in (i.columns for i in self.indexes if i.is_unique and not i.is_partial) if "" not in c
        ]
        return tuple(keys)

    def starts(self) -> Iterator[tuple[str, ...]]:
        """The columns of everything by whose first columns all rows can be found."""
        yield self.primary_key
        yield from (unique.columns for unique in self.uniques)
        yield from (i.columns for i in self.indexes if not i.is_partial and (i.is_ordered or i.method == "hash"))

    def is_indexed(self, columns: tuple[str, ...]) -> bool:
        """Whether a full index, unique constraint or primary key starts with exactly these columns."""
        wanted = frozenset(columns)
        return any(frozenset(start[: len(columns)]) == wanted for start in self.starts())

    def is_covered(self, columns: tuple[str, ...]) -> bool:
        """Whether rows with given values of these columns are found without reading the whole table.

        A unique key made of some of the columns serves too: at most one row is left to look at.
        """
        wanted = frozenset(columns)
        return self.is_indexed(columns) or any(key <= wanted for key in self.unique_keys())

    def partial_index(self, columns: tuple[str, ...]) -> Index | None:
        """An index over some rows only that starts with these columns."""
        return next((i for i in self.indexes if i.is_partial and i.columns[: len(columns)] == columns), None)


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a mapped class. ``lazy`` is its loading strategy, None when unknown.

    ``direction`` and ``is_collection`` are as SQLAlchemy finds them from the join. ``local_columns`` are the
    foreign key's attributes that a many-to-one relationship follows. ``foreign_keys`` are those that the
    join uses, of whichever of the two tables. ``cascade`` is None when unknown, ``has_cascade`` tells whether
    it is written. ``inverse`` is the name that ``back_populates`` or ``backref`` gives, and ``is_backref``
    marks one that exists only through the other side's ``backref``. ``has_overlaps`` says that somebody knows
    that another relationship writes the same columns. An empty ``inverse`` cannot be read.
    ``declines_passive_deletes`` means a written ``passive_deletes=False``, ``has_join_depth`` a written ``join_depth``.
    """

    model: str
    class_name: str
    name: str
    at: Place
    target: str | None
    target_name: str | None
    is_collection: bool | None
    lazy: str | None
    inverse: str | None = None
    local_columns: tuple[str, ...] = ()
    is_view_only: bool = False
    direction: Direction | None = None
    cascade: frozenset[str] | None = frozenset()
    has_cascade: bool = False
    passive_deletes: bool | Literal["all"] | None = False
    is_backref: bool = False
    is_single_parent: bool = False
    secondary: str | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    has_own_join: bool = False
    has_overlaps: bool = False
    declines_passive_deletes: bool = False
    has_join_depth: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """A mapped class: its attributes by name, own and inherited."""

    dotted: str
    name: str
    at: Place
    table: Table | None
    columns: Mapping[str, Column]
    relationships: Mapping[str, Relationship]
    is_fully_known: bool
    unknown: tuple[Unknown, ...] = ()


# --- routes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Route:
    """A path operation. ``path`` is the literal path as far as it is known."""

    methods: tuple[str, ...]
    path: str
    function: str
    at: Place
    is_async: bool


# --- events -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Query:
    """A statement where it runs: the entity it selects, if it selects one; of one written as SQL its table."""

    at: Place
    entity: str | None
    is_sql: bool = False


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

    ``key`` is the column by which it looks for ``wanted``: one row, the newest (or other first) one, or many.
    """

    at: Place
    loop: Place
    calls: tuple[Place, ...]
    query: Query
    depends_on_loop: bool
    key: str | None
    wanted: Literal["one", "newest", "many"]
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
    """Rows are fetched only to count them, or to see whether there is one. ``at`` is where that is done."""

    at: Place
    query: Query
    purpose: Literal["count", "exists"]
    is_async: bool
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


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """A synchronous database call on the event loop. ``calls`` lead from ``at`` to ``query``."""

    at: Place
    function: str
    function_at: Place
    is_route: bool
    route: Route | None
    calls: tuple[Place, ...]
    what: str
    others: int = 0
    confidence: Confidence = "high"


@dataclass(frozen=True, slots=True)
class GlobalSession:
    """A session that outlives every request: at module or class level, in a default, on the app."""

    at: Place
    where: Literal["module", "class", "default", "state", "cache"]
    name: str
    used_at: Place | None
    kind: SessionKind | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class LeakedSession:
    """A session that is opened and not closed on every path."""

    at: Place
    name: str
    reason: Literal["never", "not on errors", "early exit", "abandoned generator"]
    closed_at: Place | None
    leaves_at: Place | None
    is_generator: bool
    kind: SessionKind | None


# --- the whole ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Understanding:
    """How much of one kind of thing was understood, and the largest groups of what was not."""

    what: str
    known: int
    total: int
    unknown: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """All files of the project, linked. Sequences are ordered by place.

    ``enforces_sqlite_keys`` says that something sends `PRAGMA foreign_keys=ON`, without which SQLite ignores foreign
    keys and what they say of deletes. ``deleted_models`` are those of which code deletes loaded objects
    (``session.delete``), ``has_hashing`` whether anything imports a library that hashes passwords.
    """

    conventions: Conventions = Conventions()
    unreadable: tuple[Unreadable, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    dialects: frozenset[str] = frozenset()
    enforces_sqlite_keys: bool = False
    tables: tuple[Table, ...] = ()
    models: tuple[Model, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    deleted_models: frozenset[str] = frozenset()
    lookups: tuple[Lookup, ...] = ()
    secret_writes: tuple[SecretWrite, ...] = ()
    has_hashing: bool = False
    routes: tuple[Route, ...] = ()
    lazy_loads: tuple[LazyLoad, ...] = ()
    repeated_queries: tuple[RepeatedQuery, ...] = ()
    unbounded_responses: tuple[UnboundedResponse, ...] = ()
    lazy_responses: tuple[LazyResponse, ...] = ()
    unbounded_page_sizes: tuple[UnboundedPageSize, ...] = ()
    unordered_pages: tuple[UnorderedPage, ...] = ()
    discarded_rows: tuple[DiscardedRows, ...] = ()
    counts_by_fetching: tuple[CountByFetching, ...] = ()
    rows_not_merged: tuple[RowsNotMerged, ...] = ()
    python_operators: tuple[PythonOperator, ...] = ()
    blocking_calls: tuple[BlockingCall, ...] = ()
    global_sessions: tuple[GlobalSession, ...] = ()
    leaked_sessions: tuple[LeakedSession, ...] = ()
    understanding: tuple[Understanding, ...] = ()
    mistakes: tuple[tuple[Place, Exception], ...] = ()
