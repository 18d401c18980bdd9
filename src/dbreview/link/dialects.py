"""Which databases the project talks to, from its configuration, requirements, imports and URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbreview import facts
from dbreview.frameworks import drivers
from dbreview.link.names import Names
from dbreview.link.syntax import last_name, walk
from dbreview.project import Conventions, Role

_URL = re.compile(r"^(postgresql|postgres|asyncpg|psycopg|mysql|mariadb|sqlite|oracle|mssql)(\+\w+)?(://|$)")
_PRAGMA = re.compile(r"pragma\s+foreign_keys\s*=\s*(on|1|true)", re.IGNORECASE)
_SAME = {"postgres": "postgresql", "asyncpg": "postgresql", "psycopg": "postgresql"}
_URL_READERS = (
    "create_engine", "create_async_engine", "BaseSettings", "engine.URL", "sqlalchemy.URL", "make_url", "PostgresDsn",
    "MySQLDsn", "MariaDBDsn", "Tortoise", "register_tortoise", "RegisterTortoise", "databases.Database",
)  # fmt: skip
"""Last parts of the names of what is given a database's URL."""


def find_dialects(names: Names, roles: dict[str, Role], conventions: Conventions) -> frozenset[str]:
    """The names of the dialects in use; empty when nothing tells."""
    if conventions.dialect is not None:
        return frozenset({conventions.dialect})
    found = {drivers.DIALECT_OF[name] for name in conventions.dependencies if name in drivers.DIALECT_OF}
    for path in sorted(names.modules):
        if roles.get(path) in ("test", "migration", "example"):
            continue
        libraries = names.imported_libraries(path)
        found |= {drivers.DIALECT_OF[top] for top in _tops(libraries) if top in drivers.DIALECT_OF}
        found |= {drivers.DIALECT_OF_TYPE[name] for name in libraries if name in drivers.DIALECT_OF_TYPE}
        if any(library.endswith(_URL_READERS) for library in libraries):
            found |= set(_in_urls(names.modules[path]))
    return frozenset(found)


def enforces_sqlite_keys(names: Names, roles: dict[str, Role]) -> bool:
    """Whether the application switches SQLite's foreign keys on. What migrations do ends with them."""
    for path in sorted(names.modules):
        if roles.get(path) in ("test", "migration", "example"):
            continue
        if not _tops(names.imported_libraries(path)).isdisjoint({"sqlalchemy", "sqlmodel", "sqlite3", "aiosqlite"}):
            for node in walk(names.modules[path].body, into_functions=True):
                if isinstance(node, facts.Constant) and isinstance(node.value, str) and _PRAGMA.search(node.value):
                    return True
    return False


def _tops(libraries: Iterable[str]) -> set[str]:
    return {library.partition(".")[0] for library in libraries}


def _in_urls(module: facts.Module) -> Iterable[str]:
    compared: set[facts.Constant] = set()
    for node in walk(module.body, into_functions=True):
        is_test = isinstance(node, facts.Call) and last_name(node.func) == "startswith"
        if is_test or isinstance(node, facts.Comparison):
            compared |= {inner for inner in walk(node) if isinstance(inner, facts.Constant)}
        if isinstance(node, facts.Constant) and isinstance(node.value, str) and node not in compared:
            if (match := _URL.match(node.value)) is not None:
                yield _SAME.get(match[1], match[1])
