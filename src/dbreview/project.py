"""The whole project, linked: tables, routes, and what its code does to the database. Plain data.

Everything here is what a check may ask about. ``None`` means unknown and never leads to a
finding; a rule about something absent first asks ``is_fully_known``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dbreview.facts import Unreadable
from dbreview.finding import Confidence, Place

Role: TypeAlias = Literal["application", "test", "migration", "script", "example"]
SessionKind: TypeAlias = Literal["sync", "async"]


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
class Column:
    """A column. ``attribute`` is its name on the class, ``type`` the last part of its type's name.

    ``at`` is where it is written, which for an inherited column is in the mixin.
    """

    name: str
    attribute: str
    at: Place
    type: str | None = None
    is_primary_key: bool = False
    is_nullable: bool | None = None
    is_unique: bool = False
    is_indexed: bool = False
    declines_index: bool = False
    has_default: bool = False
    has_update: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``target`` names the columns referred to as ``table.column``, as far as they are known.

    ``is_used`` says whether rows are looked up by it: a query filters by it, a relationship of the parent
    follows it, or a parent is deleted. None where no code of the project queries anything.
    """

    columns: tuple[str, ...]
    target: tuple[str, ...]
    at: Place
    on_delete: str | None = None
    is_used: bool | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index; expressions that are no plain column are empty strings in ``columns``."""

    name: str | None
    columns: tuple[str, ...]
    is_unique: bool
    is_partial: bool
    at: Place


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the database. ``is_fully_known`` asks for every base, column and argument read.

    ``checks`` are the texts of check constraints, ``parent`` is the model of the table that joined
    inheritance extends. ``is_only_added_to`` says that the code makes rows and changes none.
    """

    name: str
    model: str | None
    class_name: str | None
    at: Place
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    uniques: tuple[tuple[str, ...], ...]
    is_fully_known: bool
    unknown: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    parent: str | None = None
    is_only_added_to: bool = False

    def column(self, name: str) -> Column | None:
        """The column of this name in the database."""
        return next((column for column in self.columns if column.name == name), None)

    def unique_keys(self) -> tuple[frozenset[str], ...]:
        """The column sets of which each value occurs at most once."""
        keys = [frozenset(self.primary_key)] if self.primary_key else []
        keys += [frozenset(columns) for columns in self.uniques]
        keys += [
            frozenset(c) for c in (i.columns for i in self.indexes if i.is_unique and not i.is_partial) if "" not in c
        ]
        return tuple(keys)

    def is_covered(self, columns: tuple[str, ...]) -> bool:
        """Whether a full index, unique constraint or primary key starts with these columns.

        A unique key made of some of the columns serves too: at most one row is left to look at.
        """
        wanted = frozenset(columns)
        starts = [self.primary_key, *self.uniques, *(i.columns for i in self.indexes if not i.is_partial)]
        if any(frozenset(start[: len(columns)]) == wanted for start in starts):
            return True
        return any(key <= wanted for key in self.unique_keys())

    def partial_index(self, columns: tuple[str, ...]) -> Index | None:
        """An index over some rows only that starts with these columns."""
        return next((i for i in self.indexes if i.is_partial and i.columns[: len(columns)] == columns), None)


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a mapped class. ``lazy`` is its loading strategy, None when unknown."""

    model: str
    class_name: str
    name: str
    at: Place
    target: str | None
    target_name: str | None
    is_collection: bool | None
    lazy: str | None
    back_populates: str | None = None
    local_columns: tuple[str, ...] = ()
    is_view_only: bool = False


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
    unknown: tuple[str, ...] = ()


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
    """A statement where it runs: the entity it selects, if it selects one."""

    at: Place
    entity: str | None


@dataclass(frozen=True, slots=True)
class LazyLoad:
    """A relationship that is loaded per row of a loop, or not at all under asyncio."""

    at: Place
    relationship: Relationship
    query: Query | None
    loop: Place
    option: str
    is_async: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class RepeatedQuery:
    """A read that a loop repeats. ``calls`` lead from the loop's own function to ``query``."""

    at: Place
    loop: Place
    calls: tuple[Place, ...]
    query: Query
    depends_on_loop: bool
    key: str | None
    others: tuple[Place, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class UnboundedResponse:
    """A route that answers with all rows a statement finds. ``owner`` is the parent key it filters by."""

    at: Place
    route: Route
    entity: str | None
    owner: str | None
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
    """All files of the project, linked. Sequences are ordered by place."""

    conventions: Conventions = Conventions()
    unreadable: tuple[Unreadable, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    dialects: frozenset[str] = frozenset()
    tables: tuple[Table, ...] = ()
    models: tuple[Model, ...] = ()
    routes: tuple[Route, ...] = ()
    lazy_loads: tuple[LazyLoad, ...] = ()
    repeated_queries: tuple[RepeatedQuery, ...] = ()
    unbounded_responses: tuple[UnboundedResponse, ...] = ()
    blocking_calls: tuple[BlockingCall, ...] = ()
    global_sessions: tuple[GlobalSession, ...] = ()
    leaked_sessions: tuple[LeakedSession, ...] = ()
    understanding: tuple[Understanding, ...] = ()
    mistakes: tuple[tuple[Place, Exception], ...] = ()
