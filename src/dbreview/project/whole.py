"""All of it: the project that checks ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dbreview.facts import Unreadable
from dbreview.finding import Place
from dbreview.project.events import (
    CountByFetching,
    DiscardedRows,
    LazyLoad,
    LazyResponse,
    Lookup,
    PythonOperator,
    RepeatedQuery,
    Route,
    RowsNotMerged,
    SecretWrite,
    UnboundedPageSize,
    UnboundedResponse,
    UnorderedPage,
)
from dbreview.project.schema import Model, Table, Unknown
from dbreview.project.sessions import (
    BlockingCall,
    CheckThenInsert,
    ForbiddenLoad,
    GlobalSession,
    LeakedSession,
    LostUpdate,
    MissingAwait,
    MissingRollback,
    RepeatedWrite,
    SharedSession,
    SplitTransaction,
)

Role: TypeAlias = Literal["application", "test", "migration", "script", "example"]


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
    shared_sessions: tuple[SharedSession, ...] = ()
    missing_awaits: tuple[MissingAwait, ...] = ()
    forbidden_loads: tuple[ForbiddenLoad, ...] = ()
    repeated_writes: tuple[RepeatedWrite, ...] = ()
    split_transactions: tuple[SplitTransaction, ...] = ()
    missing_rollbacks: tuple[MissingRollback, ...] = ()
    lost_updates: tuple[LostUpdate, ...] = ()
    checks_then_inserts: tuple[CheckThenInsert, ...] = ()
    understanding: tuple[Understanding, ...] = ()
    mistakes: tuple[tuple[Place, Exception], ...] = ()
