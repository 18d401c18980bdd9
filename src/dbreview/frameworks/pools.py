"""What SQLAlchemy's engines, pools and drivers accept of each other, as data. No analysis happens here.

Every line was tried with SQLAlchemy 2.0 and 2.1; `tests/test_proof_engines.py` tries them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

QUEUE_KEYWORDS = frozenset({"pool_size", "max_overflow", "pool_timeout", "pool_use_lifo"})
"""Keywords of ``create_engine`` that only some pools take. The others are taken by all, or by the engine."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool class. ``is_async`` is None where it works with both kinds of driver; it ``takes`` these keywords."""

    name: str
    is_async: bool | None = None
    takes: frozenset[str] = frozenset()


POOLS: dict[str, Pool] = {
    pool.name: pool
    for pool in (
        Pool("QueuePool", False, QUEUE_KEYWORDS),
        Pool("SingletonThreadPool", False, frozenset({"pool_size"})),
        Pool("AsyncAdaptedQueuePool", True, QUEUE_KEYWORDS),
        Pool("FallbackAsyncAdaptedQueuePool", True, QUEUE_KEYWORDS),
        Pool("NullPool"),
        Pool("StaticPool"),
        Pool("AssertionPool"),
    )
}
"""By the class's name."""

POOL_HOMES = ("sqlalchemy.pool.", "sqlalchemy.", "sqlmodel.pool.")
"""The modules from which pool classes are imported."""

KEEPING = frozenset({"QueuePool", "AsyncAdaptedQueuePool", "FallbackAsyncAdaptedQueuePool"})
"""Pools that lend the same connections again and again."""

CHECKING = frozenset({"pool_pre_ping", "pool_recycle"})
"""Keywords that keep a pool from lending a connection that the other side has closed."""

MEMORY_POOLS = {"sync": "SingletonThreadPool", "async": "StaticPool"}
"""The pools of SQLite databases in memory, where nobody chooses one."""
IN_MEMORY = re.compile(r"sqlite(\+\w+)?://((/(:memory:)?)?(\?.*)?|/.*[?&]mode=memory\b.*)")
"""The whole URL of a SQLite database in memory."""

SYNC_DRIVERS = frozenset(
    {
        "psycopg2", "psycopg2cffi", "pg8000", "pymysql", "mysqldb", "mysqlconnector", "mariadbconnector", "cymysql", "pyodbc",
        "pymssql", "pysqlite", "pysqlcipher", "cx_oracle",
    }
)  # fmt: skip
ASYNC_DRIVERS = frozenset({"asyncpg", "psycopg_async", "aiosqlite", "aiomysql", "asyncmy", "aioodbc", "oracledb_async"})
"""Drivers of one kind, as URLs write them. ``psycopg`` and ``oracledb`` are of both."""

SYNC_BY_DEFAULT = frozenset({"sqlite", "mysql", "mariadb", "mssql"})
"""Dialects whose URLs mean a synchronous driver where they name none."""
SYNC_BEFORE = {"postgresql": (2, 1), "oracle": (2, 1)}
"""Those that did so before this version of SQLAlchemy; since then their default driver is of both kinds."""

FOR_ASYNC = {
    "postgresql": "postgresql+asyncpg", "mysql": "mysql+asyncmy", "mariadb": "mariadb+asyncmy",
    "sqlite": "sqlite+aiosqlite", "mssql": "mssql+aioodbc", "oracle": "oracle+oracledb",
}  # fmt: skip
FOR_SYNC = {
    "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql", "sqlite": "sqlite",
    "mssql": "mssql+pyodbc", "oracle": "oracle+oracledb",
}  # fmt: skip
"""What a URL may begin with instead."""

RENAMED = {"postgres": "postgresql"}
"""Dialects that SQLAlchemy 1.4 and later do not find under this name."""

NETWORKED = frozenset({"postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle", "cockroachdb"})
"""Dialects of databases on the other side of a network."""

SQLITE_ARGUMENTS = frozenset({"check_same_thread"})
"""Connection arguments that only SQLite knows."""

POOLER_ARGUMENTS = frozenset(
    {"statement_cache_size", "prepared_statement_cache_size", "prepared_statement_name_func", "prepare_threshold"}
)
"""Connection arguments that are needed behind a pooler such as PgBouncer."""
POOLER_WORDS = re.compile(r"pg_?bouncer|pooler|supavisor|pgpool|pgcat|proxy|:6543\b", re.IGNORECASE)
"""Words in URLs and names that tell of one."""

SERVERLESS = frozenset(
    {
        "mangum", "aws-lambda-powertools", "aws-lambda-context", "aws-wsgi", "apig-wsgi", "zappa", "chalice",
        "functions-framework", "azure-functions", "modal", "vercel",
    }
)  # fmt: skip
"""Requirements of applications whose processes live for a request or few."""
SERVERLESS_VARIABLES = ("AWS_LAMBDA_", "VERCEL", "FUNCTIONS_WORKER_RUNTIME")
"""Beginnings of the environment variables by which they recognise where they run."""

OTHER_PURPOSES = re.compile(
    r"serverless|lambda|worker|celery|task|job|cron|migrat|alembic|(^|_)tests?(_|$)", re.IGNORECASE
)
"""Words in names of engines, and of the files that make them, for those that serve no requests."""

WORKERS = frozenset({"celery", "dramatiq", "rq", "huey", "taskiq", "billiard"})
"""Libraries whose processes fork, or run one event loop after another: no connection may outlive them."""
