"""Database drivers and the dialect each one speaks. Requirement and import names, lower-case."""

from __future__ import annotations

from typing import Literal

CONNECTS = frozenset(
    {
        "sqlite3.connect", "psycopg2.connect", "psycopg.connect", "psycopg.Connection.connect", "pymysql.connect",
        "MySQLdb.connect", "mysql.connector.connect", "pyodbc.connect", "cx_Oracle.connect", "oracledb.connect",
        "pymssql.connect", "mariadb.connect",
    }
)  # fmt: skip
"""Functions that open a synchronous connection, and wait for it."""

CONNECTS_ASYNC = frozenset(
    {
        "asyncpg.connect", "asyncpg.create_pool", "aiosqlite.connect", "psycopg.AsyncConnection.connect", "aiomysql.connect",
        "asyncmy.connect", "databases.Database", "aiomysql.create_pool",
    }
)  # fmt: skip
"""Functions that open an asynchronous connection, or a pool that runs statements like one."""

CONNECTIONS: dict[str, Literal["sync", "async"]] = {
    "sqlite3.Connection": "sync",
    "sqlite3.Cursor": "sync",
    "psycopg2.extensions.connection": "sync",
    "psycopg2.extensions.cursor": "sync",
    "psycopg.Connection": "sync",
    "psycopg.Cursor": "sync",
    "pymysql.connections.Connection": "sync",
    "pymysql.cursors.Cursor": "sync",
    "psycopg.AsyncConnection": "async",
    "psycopg.AsyncCursor": "async",
    "asyncpg.Connection": "async",
    "asyncpg.connection.Connection": "async",
    "asyncpg.Pool": "async",
    "asyncpg.pool.Pool": "async",
    "asyncpg.pool.PoolConnectionProxy": "async",
    "aiosqlite.Connection": "async",
    "aiosqlite.Cursor": "async",
    "databases.Database": "async",
    "psycopg_pool.AsyncConnectionPool": "async",
    "psycopg_pool.ConnectionPool": "sync",
    "aiomysql.Pool": "async",
    "aiomysql.Connection": "async",
    "aiomysql.Cursor": "async",
}
"""Types of connections, cursors and pools."""

POOLS = frozenset(
    {
        "asyncpg.create_pool", "asyncpg.Pool", "asyncpg.pool.Pool", "databases.Database", "psycopg_pool.AsyncConnectionPool",
        "psycopg_pool.ConnectionPool", "aiomysql.Pool", "aiomysql.create_pool",
    }
)  # fmt: skip
"""Those of them that run each statement on a connection of its own."""

SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog", "sys"})
SYSTEM_TABLES = ("sqlite_", "pg_")
"""Where databases describe themselves: as many rows as there are tables and columns."""

DIALECT_OF: dict[str, str] = {
    "psycopg2": "postgresql",
    "psycopg2-binary": "postgresql",
    "psycopg": "postgresql",
    "asyncpg": "postgresql",
    "pg8000": "postgresql",
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
