"""Database drivers and the dialect each one speaks. Requirement and import names, lower-case."""

from __future__ import annotations

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
