"""Database drivers and the dialect each one speaks. Requirement and import names, lower-case."""

from __future__ import annotations

import re
from typing import Literal

CONNECTS = frozenset(
    {
        "sqlite3.connect", "sqlite3.dbapi2.connect", "sqlite3.Connection", "psycopg2.connect", "psycopg.connect",
        "psycopg.Connection.connect", "pymysql.connect", "pymysql.Connection", "pymysql.connections.Connection", "MySQLdb.connect",
        "mysql.connector.connect", "mysql.connector.MySQLConnection", "pyodbc.connect", "cx_Oracle.connect", "oracledb.connect",
        "pymssql.connect", "mariadb.connect", "pg8000.connect", "pg8000.dbapi.connect",
    }
)  # fmt: skip
"""Functions that open a synchronous connection, and wait for it."""

CONNECTS_ASYNC = frozenset(
    {
        "asyncpg.connect", "aiosqlite.connect", "psycopg.AsyncConnection.connect", "aiomysql.connect", "asyncmy.connect",
        "aiopg.connect", "aioodbc.connect", "mysql.connector.aio.connect", "oracledb.connect_async",
    }
)  # fmt: skip
"""Functions that open an asynchronous connection."""

POOL_MAKERS: dict[str, Literal["sync", "async"]] = {
    "psycopg2.pool.SimpleConnectionPool": "sync",
    "psycopg2.pool.ThreadedConnectionPool": "sync",
    "psycopg_pool.ConnectionPool": "sync",
    "psycopg_pool.NullConnectionPool": "sync",
    "mysql.connector.pooling.MySQLConnectionPool": "sync",
    "dbutils.pooled_db.PooledDB": "sync",
    "psycopg_pool.AsyncConnectionPool": "async",
    "psycopg_pool.AsyncNullConnectionPool": "async",
    "asyncpg.create_pool": "async",
    "asyncpg.pool.create_pool": "async",
    "aiomysql.create_pool": "async",
    "asyncmy.create_pool": "async",
    "aiopg.create_pool": "async",
    "databases.Database": "async",
}
"""What makes a pool of connections."""

CONNECTIONS: dict[str, Literal["sync", "async"]] = {
    "sqlite3.Connection": "sync",
    "sqlite3.Cursor": "sync",
    "psycopg2.extensions.connection": "sync",
    "psycopg2.extensions.cursor": "sync",
    "psycopg2.extras.RealDictCursor": "sync",
    "psycopg2.extras.DictCursor": "sync",
    "psycopg2.extras.NamedTupleCursor": "sync",
    "psycopg2.extras.RealDictConnection": "sync",
    "psycopg2.extras.DictConnection": "sync",
    "psycopg2.pool.AbstractConnectionPool": "sync",
    "psycopg.Connection": "sync",
    "psycopg.Cursor": "sync",
    "pymysql.Connection": "sync",
    "pymysql.connections.Connection": "sync",
    "pymysql.cursors.Cursor": "sync",
    "pymysql.cursors.DictCursor": "sync",
    "MySQLdb.connections.Connection": "sync",
    "MySQLdb.cursors.Cursor": "sync",
    "mysql.connector.MySQLConnection": "sync",
    "mysql.connector.connection.MySQLConnection": "sync",
    "mysql.connector.cursor.MySQLCursor": "sync",
    "mysql.connector.pooling.PooledMySQLConnection": "sync",
    "pyodbc.Connection": "sync",
    "pyodbc.Cursor": "sync",
    "oracledb.Connection": "sync",
    "psycopg.AsyncConnection": "async",
    "psycopg.AsyncCursor": "async",
    "asyncpg.Connection": "async",
    "asyncpg.connection.Connection": "async",
    "asyncpg.Pool": "async",
    "asyncpg.pool.Pool": "async",
    "asyncpg.pool.PoolConnectionProxy": "async",
    "aiosqlite.Connection": "async",
    "aiosqlite.core.Connection": "async",
    "aiosqlite.Cursor": "async",
    "aiomysql.Pool": "async",
    "aiomysql.pool.Pool": "async",
    "aiomysql.Connection": "async",
    "aiomysql.Cursor": "async",
    "aiomysql.DictCursor": "async",
    "asyncmy.Pool": "async",
    "asyncmy.Connection": "async",
    "aiopg.Pool": "async",
    "aiopg.Connection": "async",
    **POOL_MAKERS,
}
"""Types of connections, cursors and pools."""

POOLS = POOL_MAKERS.keys() | {
    "asyncpg.Pool", "asyncpg.pool.Pool", "aiomysql.Pool", "aiomysql.pool.Pool", "asyncmy.Pool", "aiopg.Pool",
    "psycopg2.pool.AbstractConnectionPool",
}  # fmt: skip
"""Those of them that hand out connections, or run each statement on one of its own."""

SAME_DRIVER = {"psycopg_pool": "psycopg"}
"""Packages whose connections are another one's. A driver is known by the first word of its names."""

SHARED_BY_DESIGN = (":memory:", "mode=memory", "mode=ro", "immutable=1")
"""What the address of a database says that lives as long as its connection, or that nobody writes."""

LENDING = frozenset({"acquire", "connection"})
"""Methods of pools that lend a connection to a block; awaited, they hand it out until somebody gives it back."""
HANDING_OUT = frozenset({"acquire", "getconn", "get_connection", "connection"})
"""Methods of pools that hand out a connection."""
HANDS_OUT_ONLY = frozenset({"dbutils"})
"""Drivers whose pools do not lend to blocks."""
TRANSACTIONS = frozenset({"transaction", "begin"})
"""Methods that give a block which is one transaction."""

TAKES_ONE = frozenset({"fetchone", "fetchrow", "fetchval", "fetch_one", "fetch_val", "first", "scalar"})
"""Methods that give one row, or a column of it."""
TAKES_ROWS = frozenset({"fetchone", "fetchmany", "fetchall", "scroll"})
"""Methods of cursors that give rows of what they ran last."""
LISTENING = frozenset({"add_listener", "notifies"})
"""Methods of a connection that waits for notifications: it has to stay open."""
DEDICATING = re.compile(r"^\s*listen\b|\bpg_(try_)?advisory_lock", re.IGNORECASE)
"""Statements that a connection runs which is kept for them: to be notified, to hold a lock as long as the process lives."""
EMBEDDED = frozenset({"sqlite3", "aiosqlite"})
"""Drivers whose database is a file: a connection costs little."""
STAYS_OPEN = frozenset({"sqlite3", "psycopg2", "pyodbc"})
"""Drivers whose connections are still open behind their own ``with`` block. Tried with sqlite3 and psycopg2 2.9."""
COMMITS_BLOCK = frozenset({"sqlite3", "psycopg2", "pyodbc", "psycopg"})
"""Drivers whose connections commit at the end of their ``with`` block."""
COMMITS_AT_ONCE = frozenset({"asyncpg", "databases"})
"""Drivers that commit each statement by itself, where no ``transaction()`` is around it."""
NO_COROUTINES: dict[str, frozenset[str]] = {"aiomysql": frozenset({"close"}), "aiopg": frozenset({"close"})}
"""Methods of asynchronous connections that are plain functions."""

ERRORS = frozenset(
    {
        "Error", "DatabaseError", "IntegrityError", "OperationalError", "DataError", "InternalError", "ProgrammingError",
        "NotSupportedError", "InterfaceError", "PostgresError", "IntegrityConstraintViolationError",
    }
)  # fmt: skip
"""Exceptions of drivers that a failing statement raises, by their last word."""
VIOLATIONS = ("Violation", "ViolationError")
"""Ends of the names of those that PostgreSQL's drivers have for each kind of error."""

TEXT_MAKERS = frozenset({"psycopg.sql.SQL", "psycopg2.sql.SQL", "psycopg.sql.Identifier", "psycopg2.sql.Identifier"})
"""What makes SQL, or part of it, out of the text that it is given."""

SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog", "sys"})
SYSTEM_TABLES = ("sqlite_", "pg_")
"""Where databases describe themselves: as many rows as there are tables and columns."""

DIALECT_OF: dict[str, str] = {
    "psycopg2": "postgresql",
    "psycopg2-binary": "postgresql",
    "psycopg": "postgresql",
    "asyncpg": "postgresql",
    "pg8000": "postgresql",
    "psycopg-pool": "postgresql",
    "psycopg_pool": "postgresql",
    "aiopg": "postgresql",
    "pymysql": "mysql",
    "aiomysql": "mysql",
    "asyncmy": "mysql",
    "mysqlclient": "mysql",
    "MySQLdb": "mysql",
    "mysql-connector-python": "mysql",
    "mysql": "mysql",
    "mariadb": "mariadb",
    "aiosqlite": "sqlite",
    "sqlite3": "sqlite",
    "cx_Oracle": "oracle",
    "oracledb": "oracle",
    "pyodbc": "mssql",
    "aioodbc": "mssql",
    "pymssql": "mssql",
}

DIALECT_OF_TYPE: dict[str, str] = {
    "pydantic.PostgresDsn": "postgresql",
    "pydantic.MySQLDsn": "mysql",
    "pydantic.MariaDBDsn": "mariadb",
    "pydantic.networks.PostgresDsn": "postgresql",
    "pydantic.networks.MySQLDsn": "mysql",
    "sqlalchemy.dialects.postgresql": "postgresql",
    "sqlalchemy.dialects.mysql": "mysql",
    "sqlalchemy.dialects.mssql": "mssql",
    "sqlalchemy.dialects.oracle": "oracle",
}
"""What importing a type or module of one database says."""
