"""All of it: the project that checks ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dbreview.facts import Unreadable
from dbreview.finding import Place
from dbreview.project.boundary import CachedObject, EntityResponse, ExposedColumns, InjectedSql
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
from dbreview.project.migrations import (
    BrokenChain,
    History,
    IrreversibleMigration,
    RequiredColumn,
    SchemaCreation,
)
from dbreview.project.schema import Model, Table, Unknown
from dbreview.project.sessions import (
    BlockingCall,
    CheckThenInsert,
    CommitAfterResponse,
    EchoingEngine,
    EnginePerRequest,
    ExpiringSessions,
    ForbiddenLoad,
    GlobalSession,
    HardCodedCredential,
    ImpossibleEngine,
    LeakedSession,
    LostUpdate,
    MissingAwait,
    MissingRollback,
    OwnSession,
    RepeatedWrite,
    SessionInTask,
    SharedSession,
    SplitTransaction,
    UncheckedPool,
    UnpooledEngine,
)

Role: TypeAlias = Literal["application", "test", "migration", "script", "example"]


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of a package that an installation may have; None where nothing bounds them.

    What ``is_open`` ends just before ``highest``. Zeros at the end of a version say nothing, and are left out.
    """

    lowest: tuple[int, ...] | None = None
    highest: tuple[int, ...] | None = None
    is_open: bool = False

    def may_reach(self, version: tuple[int, ...]) -> bool:
        """Whether this version, or a newer one, is among them."""
        return self.highest is None or (self.highest, not self.is_open) >= (trimmed(version), True)

    def always_reaches(self, version: tuple[int, ...]) -> bool:
        """Whether none of them is older."""
        return self.lowest is not None and self.lowest >= trimmed(version)


def trimmed(version: tuple[int, ...]) -> tuple[int, ...]:
    """Version 1.0 is version 1."""
    while version and version[-1] == 0:
        version = version[:-1]
    return version


@dataclass(frozen=True, slots=True)
class MigrationSettings:
    """What one configuration of Alembic says: its file, and the folders that it takes revisions from.

    All are relative to the root. One not ``is_complete`` takes revisions from outside the project too, one that
    ``is_recursive`` from the folders in its folders.
    """

    file: str
    folders: tuple[str, ...]
    is_complete: bool = True
    is_recursive: bool = False


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the project's configuration says about it; empty where it says nothing.

    ``dependencies`` are the requirement names of the project, lower-case, ``versions`` what it says of theirs.
    ``other_migrators`` are the tools of which there are files that are no Python.
    """

    src: tuple[str, ...] = ()
    dialect: str | None = None
    created_columns: tuple[str, ...] = ()
    updated_columns: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    versions: Mapping[str, Versions] = field(default_factory=dict)
    migrations: tuple[MigrationSettings, ...] = ()
    other_migrators: tuple[str, ...] = ()


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
    own_sessions: tuple[OwnSession, ...] = ()
    expiring_sessions: tuple[ExpiringSessions, ...] = ()
    hard_coded_credentials: tuple[HardCodedCredential, ...] = ()
    shared_sessions: tuple[SharedSession, ...] = ()
    missing_awaits: tuple[MissingAwait, ...] = ()
    forbidden_loads: tuple[ForbiddenLoad, ...] = ()
    repeated_writes: tuple[RepeatedWrite, ...] = ()
    split_transactions: tuple[SplitTransaction, ...] = ()
    missing_rollbacks: tuple[MissingRollback, ...] = ()
    lost_updates: tuple[LostUpdate, ...] = ()
    checks_then_inserts: tuple[CheckThenInsert, ...] = ()
    commits_after_response: tuple[CommitAfterResponse, ...] = ()
    sessions_in_tasks: tuple[SessionInTask, ...] = ()
    engines_per_request: tuple[EnginePerRequest, ...] = ()
    impossible_engines: tuple[ImpossibleEngine, ...] = ()
    unpooled_engines: tuple[UnpooledEngine, ...] = ()
    unchecked_pools: tuple[UncheckedPool, ...] = ()
    echoing_engines: tuple[EchoingEngine, ...] = ()
    histories: tuple[History, ...] = ()
    required_columns: tuple[RequiredColumn, ...] = ()
    irreversible_migrations: tuple[IrreversibleMigration, ...] = ()
    broken_chains: tuple[BrokenChain, ...] = ()
    schema_creations: tuple[SchemaCreation, ...] = ()
    injected_sql: tuple[InjectedSql, ...] = ()
    exposed_columns: tuple[ExposedColumns, ...] = ()
    entity_responses: tuple[EntityResponse, ...] = ()
    cached_objects: tuple[CachedObject, ...] = ()
    understanding: tuple[Understanding, ...] = ()
    mistakes: tuple[tuple[Place, Exception], ...] = ()
