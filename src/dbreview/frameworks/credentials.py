"""How passwords of databases are written in source code, and what is only put in their place. Tables, no analysis."""

from __future__ import annotations

import re

URL = re.compile(
    r"^(?P<start>(?:postgresql|postgres|asyncpg|psycopg|mysql|mariadb|mssql|oracle|cockroachdb)(?:\+\w+)?://)"
    r"(?P<user>[^:/@\s]*)(?::(?P<password>[^/?\s]*|[^@\s]*))?@(?P<rest>\S*)$"
)
"""A database's URL with a user, as SQLAlchemy and the drivers read it."""

HOST = re.compile(r"^(?:\[(?P<six>[^\]]*)\]|(?P<host>[^:/?,#]*))")
DATABASE = re.compile(r"^[^/?]*/(?P<database>[^?#]+)")

DSN_PART = re.compile(r"\s*(?P<key>[A-Za-z][\w ]*?)\s*=\s*(?P<value>[^;]*)")
"""One part of ``host=... password=...`` or ``SERVER=...;PWD=...``."""
DSN_PASSWORDS = frozenset({"password", "pwd"})
DSN_HOSTS = frozenset({"host", "hostaddr", "server", "data source", "addr", "address"})
DSN_USERS = frozenset({"user", "uid", "user id", "username"})
DSN_DATABASES = frozenset({"dbname", "database", "initial catalog"})

URL_BUILDERS = frozenset(
    {
        "sqlalchemy.URL.create", "sqlalchemy.engine.URL.create", "sqlalchemy.engine.url.URL.create",
        "sqlalchemy.engine.url.URL", "sqlalchemy.engine.URL", "pydantic.PostgresDsn.build", "pydantic.MySQLDsn.build",
        "pydantic.MariaDBDsn.build", "pydantic.networks.PostgresDsn.build", "pydantic.networks.MySQLDsn.build",
    }
)  # fmt: skip
"""Functions that make a URL of its parts. The keywords are those of `DATABASES` and their like below."""

BUILDING_NAMES = frozenset({"connect", "create_pool", "create", "build", "URL"})
"""The last words of these functions, and of those that open connections."""

POSITIONS = ("drivername", "username", "password", "host", "port", "database")
"""The parameters of SQLAlchemy's ``URL.create``, in order."""

PASSWORDS = frozenset({"password", "passwd"})
HOSTS = frozenset({"host", "hostname", "server", "dsn"})
USERS = frozenset({"user", "username"})
DATABASES = frozenset({"database", "dbname", "db", "path"})
DRIVER_NAMES = frozenset({"drivername", "scheme"})
"""Keywords of drivers, of ``URL.create`` and of Tortoise's credentials."""

ORMS = frozenset({"sqlalchemy", "sqlmodel", "tortoise", "databases", "psycopg_pool", "psycopg2", "asyncpg"})

EMBEDDED = ("sqlite3.", "aiosqlite.")
"""Drivers of databases that have no passwords."""

ENVIRONMENT_READERS = frozenset({"getenv", "config", "env", "environ", "str", "get", "setdefault"})
"""Last words of calls that may read a variable of the environment: ``os.getenv``, decouple's ``config``, ``env.str``."""
SETTINGS_BASES = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings"})
FIELDS = frozenset({"Field", "PrivateAttr", "field"})

PLACEHOLDERS = frozenset(
    {
        "password", "passwd", "passwort", "passwrd", "psswrd", "pssword", "passphrase", "pass", "pw", "pwd", "secret", "change", "changed",
        "replace", "insert", "put", "enter", "fill", "your", "my", "me", "this", "that", "it", "the", "in", "here", "some",
        "a", "example", "sample", "placeholder", "dummy", "fake", "foo", "bar", "baz", "default", "value", "key", "token",
        "user", "username", "name", "db", "database", "redacted", "hidden", "masked", "none", "null", "todo", "tbd", "please",
        "real", "actual", "very", "super", "strong", "secure", "random", "and", "to", "with", "be", "must", "not", "for",
    }
)  # fmt: skip
"""Words of which passwords are made that stand for another: ``your_password_here``, ``change-me``."""

WEAK = PLACEHOLDERS | {
    "postgres", "postgresql", "psql", "pg", "pgsql", "mysql", "mariadb", "mssql", "oracle", "cockroach", "cockroachdb",
    "root", "admin", "administrator", "sa", "guest", "tiger", "test", "tests", "testing", "tester", "dev", "develop",
    "development", "developer", "local", "localhost", "docker", "compose", "demo", "app", "api", "web", "service",
    "server", "backend", "fastapi", "qwerty", "abc", "letmein", "welcome", "master", "monkey", "dragon", "hunter", "temp",
    "only", "use", "unsafe", "insecure", "weak", "easy", "simple", "good", "dont", "do", "prod", "production", "staging",
}  # fmt: skip
"""Words of passwords for a developer's own machine: ``postgres``, ``dev-only``."""

PLACEHOLDER_HOSTS = frozenset(
    {
        "host", "hostname", "your", "my", "server", "database", "db", "address", "ip", "here", "domain", "remote", "some",
        "the", "name", "url", "endpoint", "a", "company", "com", "example", "net", "org",
    }
)  # fmt: skip
"""Words of host names that stand for another: ``your-host``."""

RESERVED_ENDS = (".example", ".invalid", ".test", "example.com", "example.org", "example.net")
"""Domains that are kept free for documentation."""
LOCAL_ENDS = (".localhost", ".local", ".docker.internal", ".localdomain")
LOCAL_ADDRESS = re.compile(r"^(?:127\.|0\.0\.0\.0$|172\.1[7-9]\.0\.1$|::1$|::$)")

QUIET_KEYWORDS = frozenset(
    {
        "description", "help", "help_text", "example", "examples", "openapi_examples", "json_schema_extra", "schema_extra",
        "title", "summary", "doc", "docs", "epilog", "usage", "metavar", "detail", "message", "msg", "reason", "hint",
        "placeholder", "label", "deprecated", "pattern", "regex", "tooltip",
    }
)  # fmt: skip
"""Keywords, keys and variables whose text is read by people, or says what others look like."""

QUIET_CALLS = frozenset(
    {
        "replace", "startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "split", "rsplit",
        "find", "rfind", "index", "count", "strip", "lstrip", "rstrip", "match", "search", "fullmatch", "compile", "sub",
        "subn", "findall", "finditer", "warn", "echo", "secho", "write", "fail", "Doc", "dedent", "markdown", "rule",
        "Panel",
    }
)  # fmt: skip
"""Last words of calls that look at a URL, take it apart, or show it."""

QUIET_NAME = re.compile(r"(?:^|_)(?:example|sample|test|tests|dummy|fake|demo|placeholder|template|doc|docs|help|usage)s?(?:_|$)", re.IGNORECASE)  # fmt: skip
"""Variables that hold no URL which anybody connects to."""
