"""Which functions and methods take SQL as text, and what becomes of text on the way there. Tables only."""

from __future__ import annotations

import re
from typing import Literal

from dbreview.frameworks.drivers import DIALECT_OF
from dbreview.frameworks.sqlalchemy import STATEMENT_MAKERS

TAKES_SQL: dict[str, Literal["text", "column", "raw"]] = {
    **{dotted: "text" for dotted, kind in STATEMENT_MAKERS.items() if kind == "text"},
    "sqlalchemy.literal_column": "column",
    "sqlalchemy.sql.literal_column": "column",
    "sqlalchemy.sql.expression.literal_column": "column",
    "sqlmodel.literal_column": "column",
    "sqlalchemy.DDL": "raw",
    "sqlalchemy.schema.DDL": "raw",
    "tortoise.expressions.RawSQL": "raw",
    "pandas.read_sql": "raw",
    "pandas.read_sql_query": "raw",
}
"""Functions whose first argument becomes SQL as it is: a statement or part of one, a column, something of a library."""

RUNS_TEXT = frozenset(
    {
        "execute", "executemany", "executescript", "execute_insert", "execute_fetchall", "exec_driver_sql", "exec", "scalar",
        "scalars", "stream", "stream_scalars", "fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one", "fetch_val",
        "iterate", "prepare", "copy", "copy_expert", "copy_from_query",
    }
)  # fmt: skip
"""Methods of sessions, connections and cursors whose first argument is a statement, by drivers as text."""

SOUNDS_LIKE_SQL = frozenset(
    {
        "execute", "executemany", "executescript", "exec_driver_sql", "execute_fetchall", "fetch", "fetchrow", "fetchval",
        "fetch_all", "fetch_one", "fetch_val",
    }
)  # fmt: skip
"""Those of which nothing else is likely to be asked with a text that begins as a statement does."""

RUNS_TEXT_IN_TORTOISE = frozenset(
    {"execute_query", "execute_query_dict", "execute_query_dict_with_affected", "execute_script", "execute_insert"}
)
RAW_OF_MODEL = "raw"
"""A class method of Tortoise's models that takes a statement as text, and no parameters."""

TAKES_NO_PARAMETERS = frozenset(
    {"executescript", "execute_script", "raw", "copy_expert", "copy_from_query", "DDL", "RawSQL"}
)
"""Last words of what takes text only: a value cannot be bound there."""

KEYWORDS = frozenset(
    {"statement", "query", "sql", "clause", "command", "operation", "script", "sql_script", "stmt", "text"}
)
"""Names that the argument with the SQL may be given by."""

OF_SCHEMA = frozenset(
    {
        "server_default", "server_onupdate", "postgresql_where", "sqlite_where", "mssql_where", "postgresql_using", "sqltext",
        "persisted", "comment",
    }
)  # fmt: skip
"""Keywords of a schema's objects: what stands there is written once, when the table is made."""

DRIVERS = tuple(sorted({"sqlite3", "psycopg_pool", "aiopg", "databases", *DIALECT_OF}))
"""Packages whose objects run statements that are text."""

STYLES: dict[str, Literal[":name", "?", "%s", "$1"]] = {
    "sqlite3": "?",
    "aiosqlite": "?",
    "pyodbc": "?",
    "aioodbc": "?",
    "asyncpg": "$1",
    "databases": ":name",
    "psycopg": "%s",
    "psycopg_pool": "%s",
    "psycopg2": "%s",
    "aiopg": "%s",
    "pymysql": "%s",
    "aiomysql": "%s",
    "asyncmy": "%s",
    "MySQLdb": "%s",
    "mysql": "%s",
    "mariadb": "?",
    "pymssql": "%s",
    "oracledb": ":name",
    "cx_Oracle": ":name",
}
"""The placeholders of each driver."""

ONLY_OF_ASYNCPG = frozenset({"fetch", "fetchrow", "fetchval"})

KEEPS_TEXT = frozenset(
    {
        "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "swapcase", "replace", "removeprefix",
        "removesuffix", "ljust", "rjust", "center", "zfill", "expandtabs", "get_secret_value", "decode", "__str__",
    }
)  # fmt: skip
"""Methods whose result is still what was put in."""

CUTS_TEXT = frozenset({"split", "rsplit", "splitlines", "partition", "rpartition"})
QUOTES = re.compile(r"['\"`\\]")
"""What somebody replaces who makes text harmless by hand."""

PASSES = frozenset(
    {
        "builtins.str", "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted",
        "builtins.reversed", "builtins.iter", "builtins.repr", "urllib.parse.unquote", "urllib.parse.unquote_plus", "html.unescape",
        "textwrap.dedent", "inspect.cleandoc", "copy.copy", "copy.deepcopy", "builtins.vars",
        "fastapi.encoders.jsonable_encoder", "dataclasses.asdict", "sys.intern", "unicodedata.normalize", "builtins.dict",
    }
)  # fmt: skip
"""Functions whose result holds what they are given; those that normalize take it last."""
PARSES = frozenset({"json.loads", "orjson.loads", "ujson.loads"})
PARSED = "json()"
"""What reads a text of any structure, and the step to what is in it."""
LAST_ARGUMENT = frozenset({"unicodedata.normalize"})
CASTS = frozenset({"typing.cast", "typing_extensions.cast"})

CONVERTS = frozenset(
    {
        "builtins.int", "builtins.float", "uuid.UUID", "decimal.Decimal", "datetime.datetime.fromisoformat",
        "datetime.date.fromisoformat", "datetime.datetime.strptime", "ipaddress.ip_address", "ipaddress.ip_network",
        "zoneinfo.ZoneInfo", "pytz.timezone", "dateutil.parser.parse", "dateutil.parser.isoparse", "operator.attrgetter",
    }
)  # fmt: skip
"""Functions that raise where the text is not what they ask for, so that it is harmless behind them."""

ASKS_TEXT = frozenset(
    {"isidentifier", "isalnum", "isalpha", "isdigit", "isdecimal", "isnumeric", "issubset", "issuperset"}
)
"""Methods that tell whether text consists of what is allowed."""
ASKS_PATTERN = frozenset({"fullmatch", "match", "search", "findall"})
PATTERN = re.compile(r"pattern|regex|_re$|^re_|^[A-Z][A-Z_0-9]+$")
"""Methods of regular expressions, and the names of those."""
ASKS_ABOUT = frozenset({"re.fullmatch", "re.match", "re.search", "builtins.hasattr", "builtins.all", "builtins.any"})
TELLS_NOTHING = frozenset(
    {
        "builtins.len", "builtins.isinstance", "builtins.print", "builtins.bool", "builtins.str", "builtins.type",
        "builtins.id",
    }
)  # fmt: skip
"""Functions that may stand in a condition and say nothing about what is in a text."""

CHECKS = re.compile(r"validat|check|assert|ensure|verify|require|guard|sanit", re.IGNORECASE)
"""Names of functions that raise where something is wrong with their argument."""
FORBIDS = re.compile(r"bad|invalid|unsafe|forbid|inject|malicious|suspicious|danger|illegal|deny|black", re.IGNORECASE)
"""Names of functions that say yes where something is wrong."""

LOOKS_UP = re.compile(r"^(get|find|fetch|load|lookup|read|require)(_|$)|_by_|exists|^first$|^one_or_none$|^scalar")
"""Names of what gives the one thing that is called so, or nothing."""
SEARCHES = re.compile(r"like|search|contains|startswith|endswith|list|all$|regexp|match", re.IGNORECASE)
"""Names of what gives things that are called something like it."""

COMMANDS = frozenset({"command", "callback"})
"""Decorators of what a person at a terminal calls."""

REQUESTS = frozenset(
    {
        "fastapi.Request", "fastapi.requests.Request", "starlette.requests.Request", "fastapi.WebSocket",
        "fastapi.websockets.WebSocket", "starlette.websockets.WebSocket", "starlette.requests.HTTPConnection",
        "fastapi.requests.HTTPConnection",
    }
)  # fmt: skip
FROM_REQUEST = frozenset(
    {
        "query_params", "headers", "cookies", "path_params", "json()", "form()", "body()", "receive_text()", "receive_json()",
        "iter_text()", "iter_json()",
    }
)  # fmt: skip
"""What a request has from its client."""

FORMS: dict[str, frozenset[str]] = {
    "fastapi.security.OAuth2PasswordRequestForm": frozenset({"username", "password", "client_id", "client_secret"}),
    "fastapi.security.OAuth2PasswordRequestFormStrict": frozenset({"username", "password", "client_id", "client_secret"}),
    "fastapi.security.HTTPBasicCredentials": frozenset({"username", "password"}),
    "fastapi.security.HTTPAuthorizationCredentials": frozenset({"credentials", "scheme"}),
    "fastapi.UploadFile": frozenset({"filename", "content_type"}),
    "fastapi.datastructures.UploadFile": frozenset({"filename", "content_type"}),
    "starlette.datastructures.UploadFile": frozenset({"filename", "content_type"}),
}  # fmt: skip
"""Types of FastAPI whose fields are what a client sent."""

WEBSOCKET = "websocket"
"""The decorator of what talks to a client as long as both like."""

SENT_BY_CLIENT = "fastapi.security."
"""Objects of this package, as dependencies, give the text of a header, cookie or query parameter."""

TEXT_TYPES = frozenset(
    {"builtins.str", "pydantic.EmailStr", "pydantic.networks.EmailStr", "pydantic.SecretStr", "pydantic.StrictStr"}
)
"""Types that any text fits into, a quote included."""
ANY_TYPES = frozenset({"typing.Any", "builtins.object"})
DICT_TYPES = frozenset(
    {"builtins.dict", "typing.Dict", "typing.Mapping", "collections.abc.Mapping", "typing.MutableMapping"}
)
LIST_TYPES = frozenset(
    {"list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "Sequence", "Iterable", "Collection"}
)

MARKERS = frozenset(
    {
        "Query", "Path", "Header", "Cookie", "Form", "Body", "File", "Field", "Param", "Doc", "StringConstraints",
        "constr", "Depends", "Security",
    }
)  # fmt: skip
"""What stands beside a text's type or as its default, and says what it may hold only by these keywords."""
CONSTRAINTS = frozenset({"pattern", "regex"})
VALIDATORS = frozenset({"field_validator", "validator"})
WHOLE_VALIDATORS = frozenset({"model_validator", "root_validator"})

STATEMENT = re.compile(
    r"""(?isx)\s*(?:
        with\s+\w+\s+as\b | select\b.+\bfrom\b | insert\s+into\b | update\b.+\bset\b | delete\s+from\b
        | (?:create|drop|alter|truncate)\s+(?:table|database|schema|index|view|user|role)\b | (?:merge|replace)\s+into\b
    )"""
)
"""Text that is SQL, whoever takes it."""

BEFORE_VALUE = frozenset(
    {
        "=", "<", ">", "LIKE", "ILIKE", "REGEXP", "RLIKE", "GLOB", "MATCH", "BETWEEN", "LIMIT", "OFFSET", "INTERVAL", "THEN",
        "IN", "ELSE", "SIMILAR", "ESCAPE", "+", "-", "*", "/", "|", "~", "ANY", "RETURN", "WHEN", "TOP", "FETCH",
    }
)  # fmt: skip
BEFORE_NAME = frozenset(
    {
        "FROM", "JOIN", "INTO", "UPDATE", "TABLE", "BY", "SELECT", "SET", "DISTINCT", "INDEX", "SCHEMA", "DATABASE", "COLUMN",
        "VIEW", "EXISTS", "ON", "USING", "TRUNCATE", "ONLY", "AS", ".", "ROLE", "USER", "SEQUENCE", "TRIGGER", "FUNCTION", "CALL",
        "TO", "RENAME", "ADD", "DROP", "ALTER", "ASC", "DESC", "NULLS", "PRAGMA", "ANALYZE", "VACUUM", "REINDEX", "REFRESH",
        "COLLATE", "OVER", "PARTITION", "RETURNING", "LISTEN", "NOTIFY",
    }
)  # fmt: skip
BEFORE_CONDITION = frozenset({"WHERE", "AND", "OR", "NOT", "HAVING"})
CLAUSES = BEFORE_CONDITION | {"VALUES", "IN", "SELECT", "BY", "INTO", "SET", "FROM", "LIMIT", "ON", "CALL", "RETURNING"}
AGGREGATES = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX"})
"""Words of SQL, and what may stand behind them."""
