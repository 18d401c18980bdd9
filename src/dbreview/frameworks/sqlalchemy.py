"""What we know about SQLAlchemy and SQLModel, as data. No analysis happens here.

Sources: SQLAlchemy 2.0/2.1 documentation (Session API, Query API, Result API, loader
options, ORM extensions for asyncio), SQLModel documentation.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from dbreview.frameworks.drivers import CONNECTIONS
from dbreview.frameworks.model_libraries import NAMED_BY_CLASS

Kind: TypeAlias = Literal["sync", "async"]

SESSION_TYPES: dict[str, Kind] = {
    "sqlalchemy.orm.Session": "sync",
    "sqlalchemy.orm.session.Session": "sync",
    "sqlalchemy.orm.scoping.scoped_session": "sync",
    "sqlmodel.Session": "sync",
    "sqlmodel.orm.session.Session": "sync",
    "sqlalchemy.ext.asyncio.AsyncSession": "async",
    "sqlalchemy.ext.asyncio.session.AsyncSession": "async",
    "sqlmodel.ext.asyncio.session.AsyncSession": "async",
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": "async",
}

SESSION_SYMBOLS: dict[str, Kind] = {
    "fastapi_sqlalchemy.db.session": "sync",
    "fastapi_async_sqlalchemy.db.session": "async",
}
"""Names that stand for the current request's session, managed by a middleware."""

OBJECT_SESSIONS: dict[str, Kind] = {
    "sqlalchemy.orm.object_session": "sync",
    "sqlalchemy.ext.asyncio.async_object_session": "async",
}
"""Functions that give the session of an object."""

CONNECTION_TYPES: dict[str, Kind] = {
    "sqlalchemy.Connection": "sync",
    "sqlalchemy.engine.Connection": "sync",
    "sqlalchemy.engine.base.Connection": "sync",
    "sqlalchemy.ext.asyncio.AsyncConnection": "async",
    **CONNECTIONS,
}

ENGINE_TYPES: dict[str, Kind] = {
    "sqlalchemy.Engine": "sync",
    "sqlalchemy.engine.Engine": "sync",
    "sqlalchemy.engine.base.Engine": "sync",
    "sqlalchemy.ext.asyncio.AsyncEngine": "async",
}

ENGINE_MAKERS: dict[str, Kind] = {
    "sqlalchemy.create_engine": "sync",
    "sqlalchemy.engine_from_config": "sync",
    "sqlalchemy.engine.create_engine": "sync",
    "sqlmodel.create_engine": "sync",
    "sqlalchemy.ext.asyncio.create_async_engine": "async",
    "sqlalchemy.ext.asyncio.async_engine_from_config": "async",
    "sqlmodel.ext.asyncio.create_async_engine": "async",
}

FACTORY_MAKERS: dict[str, Kind] = {
    "sqlalchemy.orm.sessionmaker": "sync",
    "sqlalchemy.orm.session.sessionmaker": "sync",
    "sqlalchemy.ext.asyncio.async_sessionmaker": "async",
    "sqlalchemy.ext.asyncio.session.async_sessionmaker": "async",
}

SCOPED_MAKERS: dict[str, Kind] = {
    "sqlalchemy.orm.scoped_session": "sync",
    "sqlalchemy.orm.scoping.scoped_session": "sync",
    "sqlalchemy.ext.asyncio.async_scoped_session": "async",
}


class SessionMethod(NamedTuple):
    """What a method of a session or connection does, and the shape of what it gives.

    ``effect`` is None where nothing is sent to the database.
    """

    effect: (
        Literal[
            "run",
            "read",
            "write",
            "commit",
            "flush",
            "refresh",
            "merge",
            "rollback",
            "add",
            "add_all",
            "delete",
            "other",
        ]
        | None
    )
    gives: Literal[
        "rows", "items", "row", "value", "scalars", "scalar", "exec", "entity", "query", "self", "nothing", "context"
    ]


SESSION_METHODS: dict[str, SessionMethod] = {
    "execute": SessionMethod("run", "rows"),
    "exec": SessionMethod("run", "exec"),
    "exec_driver_sql": SessionMethod("run", "rows"),
    "scalars": SessionMethod("run", "scalars"),
    "scalar": SessionMethod("run", "scalar"),
    "stream": SessionMethod("run", "rows"),
    "stream_scalars": SessionMethod("run", "scalars"),
    "get": SessionMethod("read", "entity"),
    "get_one": SessionMethod("read", "entity"),
    "query": SessionMethod(None, "query"),
    "refresh": SessionMethod("refresh", "nothing"),
    "merge": SessionMethod("merge", "nothing"),
    "commit": SessionMethod("commit", "nothing"),
    "fetch": SessionMethod("run", "items"),
    "fetch_all": SessionMethod("run", "items"),
    "execute_fetchall": SessionMethod("run", "items"),
    "fetchrow": SessionMethod("run", "row"),
    "fetch_one": SessionMethod("run", "row"),
    "fetchval": SessionMethod("run", "value"),
    "fetch_val": SessionMethod("run", "value"),
    "executemany": SessionMethod("run", "nothing"),
    "execute_many": SessionMethod("run", "nothing"),
    "executescript": SessionMethod("run", "nothing"),
    "acquire": SessionMethod(None, "context"),
    "flush": SessionMethod("flush", "nothing"),
    "rollback": SessionMethod("rollback", "nothing"),
    "delete": SessionMethod("delete", "nothing"),
    "add": SessionMethod("add", "nothing"),
    "add_all": SessionMethod("add_all", "nothing"),
    "expunge": SessionMethod(None, "nothing"),
    "expunge_all": SessionMethod(None, "nothing"),
    "expire": SessionMethod(None, "nothing"),
    "expire_all": SessionMethod(None, "nothing"),
    "close": SessionMethod(None, "nothing"),
    "remove": SessionMethod(None, "nothing"),
    "begin": SessionMethod(None, "context"),
    "begin_nested": SessionMethod(None, "context"),
    "no_autoflush": SessionMethod(None, "context"),
    "connection": SessionMethod(None, "self"),
    "cursor": SessionMethod(None, "self"),
    "execution_options": SessionMethod(None, "self"),
    "run_sync": SessionMethod(None, "nothing"),
    "bulk_save_objects": SessionMethod("write", "nothing"),
    "bulk_insert_mappings": SessionMethod("write", "nothing"),
    "bulk_update_mappings": SessionMethod("write", "nothing"),
}

AWAITED = frozenset(
    {
        "execute", "exec", "scalars", "scalar", "stream", "stream_scalars", "get", "get_one", "refresh", "merge", "commit",
        "flush", "rollback", "delete", "close", "run_sync", "exec_driver_sql", "fetch", "fetchrow", "fetchval", "fetch_all",
        "fetch_one", "fetch_val", "executemany",
    }
)  # fmt: skip
"""Methods of asynchronous sessions and connections that are coroutines and do something."""

NOT_SENT = frozenset({"add", "add_all", "delete"})
"""Effects that a session only takes down: the next flush sends them."""

NOT_FOUND = frozenset(
    {"sqlalchemy.exc.NoResultFound", "sqlalchemy.orm.exc.NoResultFound", "sqlalchemy.orm.NoResultFound"}
)
"""What the methods raise that want one row, and find none."""

DATABASE_ERRORS = frozenset(
    {
        "SQLAlchemyError", "DBAPIError", "IntegrityError", "OperationalError", "DataError", "InternalError", "DatabaseError",
        "ProgrammingError", "StatementError", "InterfaceError", "NotSupportedError", "FlushError", "StaleDataError",
    }
)  # fmt: skip
"""Errors of SQLAlchemy that a failing statement raises, by their last word."""

NUMBERS = frozenset(
    {
        "Integer", "BigInteger", "SmallInteger", "Float", "Numeric", "Double", "DECIMAL", "INTEGER", "BIGINT", "SMALLINT",
        "FLOAT", "NUMERIC", "REAL", "DOUBLE", "DOUBLE_PRECISION", "MONEY",
    }
)  # fmt: skip
"""Types of columns that hold numbers."""

TAKES_LOCK = re.compile(r"(?:\b|_)lock\b|\bfor\s+(?:no\s+key\s+)?update\b", re.IGNORECASE)
"""What a statement or function says that takes a lock: `LOCK TABLE`, `pg_advisory_xact_lock`, `FOR UPDATE`."""

ENDING_TEXTS: dict[str, Literal["commit", "rollback"]] = {"COMMIT": "commit", "ROLLBACK": "rollback"}
"""First words of statements that end a transaction by themselves."""

NEED_ROLLBACK = frozenset({"commit", "flush", "merge"})
"""Methods after whose failure a session needs a rollback, whatever the database."""

ISOLATED = frozenset({"SERIALIZABLE", "REPEATABLE READ"})
"""Isolation levels at which a database refuses to overwrite what somebody else has written meanwhile."""

UPSERTS = frozenset({"on_conflict_do_nothing", "on_conflict_do_update", "on_duplicate_key_update"})

RUNNING = frozenset(
    {
        "execute", "scalars", "scalar", "exec", "stream", "stream_scalars", "exec_driver_sql", "fetch", "fetchrow", "fetchval",
        "fetch_all", "fetch_one", "fetch_val", "execute_fetchall", "executemany", "execute_many", "executescript",
    }
)  # fmt: skip
"""Methods of sessions, connections and cursors whose first argument is a statement."""
FOR_MANY = frozenset({"executemany", "execute_many"})
"""Those of them that run it for a list of rows."""

GETS_BY_KEY = frozenset({"get", "get_one"})
RUNS_STATEMENTS = frozenset({"execute", "scalars", "scalar", "exec", "stream", "stream_scalars"})
"""Those that give a session away by what they are given."""

WRITING_METHODS = frozenset({"commit", "add", "add_all", "delete", "merge", "flush"})

TELLING_SESSION_METHODS = frozenset(
    {"query", "scalars", "execute", "exec", "add", "add_all", "commit", "flush", "refresh", "rollback", "scalar"}
)
"""Methods that give a session away where neither annotation nor caller says what it is."""

SESSION_NAMES = frozenset({"db", "session", "db_session", "dbsession", "async_session", "async_db", "sess"})

STATEMENT_MAKERS: dict[str, Literal["select", "insert", "update", "delete", "text"]] = {
    "sqlalchemy.select": "select",
    "sqlalchemy.sql.select": "select",
    "sqlalchemy.sql.expression.select": "select",
    "sqlalchemy.future.select": "select",
    "sqlmodel.select": "select",
    "sqlmodel.sql.expression.select": "select",
    "sqlalchemy.insert": "insert",
    "sqlalchemy.sql.insert": "insert",
    "sqlmodel.insert": "insert",
    "sqlalchemy.dialects.postgresql.insert": "insert",
    "sqlalchemy.dialects.sqlite.insert": "insert",
    "sqlalchemy.dialects.mysql.insert": "insert",
    "sqlalchemy.update": "update",
    "sqlalchemy.sql.update": "update",
    "sqlmodel.update": "update",
    "sqlalchemy.delete": "delete",
    "sqlalchemy.sql.delete": "delete",
    "sqlmodel.delete": "delete",
    "sqlalchemy.text": "text",
    "sqlalchemy.sql.text": "text",
    "sqlalchemy.sql.expression.text": "text",
    "sqlmodel.text": "text",
}

LIMITING = frozenset({"limit", "fetch", "slice", "paginate"})
ORDERING = frozenset({"order_by"})
NARROWING = frozenset(
    {"join", "outerjoin", "join_from", "outerjoin_from", "select_from", "distinct", "intersect", "except_"}
)
"""Methods of a statement that may leave out rows, or bring in those of other tables."""
FILTERING = frozenset({"where", "filter", "filter_by", "having"})
STATEMENT_METHODS = frozenset(
    {
        "join", "outerjoin", "join_from", "outerjoin_from", "select_from", "offset", "correlate", "add_columns",
        "execution_options", "with_for_update", "returning", "values", "from_statement", "populate_existing", "enable_eagerloads", "yield_per", "params",
        "bindparams", "columns", "prefix_with", "with_hint", "union", "union_all", "intersect", "except_",
        "autoflush", "reset_joinpoint", "with_session", "tuples", "unique", "add_entity", "add_column", "set_label_style",
        "add_cte", "with_entities", "with_only_columns", "from_self", "group_by", "distinct",
    }
)  # fmt: skip
CHANGING_SELECTION = frozenset({"with_entities", "with_only_columns", "add_columns", "add_entity", "add_column"})
ONE_ROW_FROM_QUERY = frozenset({"first", "one", "one_or_none", "scalar", "get", "count"})
ALL_FROM_QUERY = frozenset({"all", "__iter__"})
WRITES_FROM_QUERY = frozenset({"update", "delete"})

ALL_FROM_RESULT = frozenset({"all", "fetchall"})
SOME_FROM_RESULT = frozenset({"fetchmany", "partitions"})
ONE_FROM_RESULT = frozenset({"first", "one", "one_or_none", "fetchone"})
SCALAR_FROM_RESULT = frozenset({"scalar", "scalar_one", "scalar_one_or_none"})
READING_RESULT = ALL_FROM_RESULT | SOME_FROM_RESULT | ONE_FROM_RESULT | SCALAR_FROM_RESULT | {"iteration"}
"""What takes rows out of a result, as against what says in which shape they shall come."""
FIRST_FROM_RESULT = frozenset({"first", "scalar"})
"""Methods of results that take the first row and throw the rest away, without a LIMIT."""
SAME_RESULT = frozenset({"unique", "yield_per", "freeze", "tuples", "columns"})

LOADERS: dict[str, str] = {
    "selectinload": "eager",
    "joinedload": "eager",
    "subqueryload": "eager",
    "immediateload": "eager",
    "contains_eager": "eager",
    "noload": "none",
    "raiseload": "raise",
    "lazyload": "lazy",
    "defaultload": "as declared",
    "load_only": "columns",
    "defer": "columns",
    "undefer": "columns",
    "with_expression": "columns",
    "selectin_polymorphic": "columns",
    "with_loader_criteria": "columns",
    "undefer_group": "columns",
}
"""Loader options of ``sqlalchemy.orm``, also as methods that continue a path."""

LOAD_ROOTS = frozenset({"sqlalchemy.orm.Load", "sqlalchemy.orm.strategy_options.Load"})
"""What loader options can be chained to, with a class as argument."""

JOINING_LOADERS = frozenset({"joinedload", "contains_eager"})
"""Loader options that add the related rows to the statement itself."""

EXPRESSIONS = frozenset(
    {
        "desc", "asc", "nullslast", "nullsfirst", "cast", "case", "literal", "literal_column", "exists", "func", "distinct",
        "label", "extract", "type_coerce", "over", "tuple_", "null", "true", "false", "coalesce",
    }
)  # fmt: skip
"""Functions of SQLAlchemy that build an SQL expression which is no plain column."""

COMPARISONS = frozenset(
    {
        "is_", "is_not", "isnot", "not_in", "notin_", "like", "ilike", "contains", "startswith", "endswith", "between",
        "any", "has", "op", "match", "regexp_match", "is_distinct_from", "contained_by", "overlap",
    }
)  # fmt: skip
"""Methods of columns and relationships that build a condition other than equality."""

LAZY_STRATEGIES = frozenset({"select", "True"})
"""Values of ``relationship(lazy=...)`` that send a statement when the attribute is first read."""

REFUSING_STRATEGIES = frozenset({"raise", "raise_on_sql", "noload", "None"})
"""Values of ``relationship(lazy=...)`` by which reading the attribute raises, or gives nothing."""

DECLARATIVE_BASES = frozenset(
    {
        "sqlalchemy.orm.DeclarativeBase",
        "sqlalchemy.orm.DeclarativeBaseNoMeta",
        "sqlalchemy.orm.decl_api.DeclarativeBase",
        "sqlalchemy.ext.declarative.declarative_base()",
        "sqlalchemy.orm.declarative_base()",
        "sqlalchemy.orm.decl_api.declarative_base()",
        "sqlalchemy.ext.declarative.api.declarative_base()",
        "sqlalchemy.orm.registry().generate_base()",
        "sqlalchemy.ext.automap.automap_base()",
        "flask_sqlalchemy.SQLAlchemy().Model",
        "sqlalchemy_mixins.AllFeaturesMixin",
        "fastapi_async_sqlalchemy.sqlalchemy.Base",
        *NAMED_BY_CLASS,
    }
)
BASE_DECORATORS = frozenset(
    {
        "sqlalchemy.orm.registry().as_declarative_base",
        "sqlalchemy.orm.as_declarative",
        "sqlalchemy.ext.declarative.as_declarative",
    }
)
"""Decorators that make a class the declarative base."""

SQLMODEL_BASE = frozenset({"sqlmodel.SQLModel", "sqlmodel.main.SQLModel"})

COLUMN_MAKERS = frozenset(
    {"sqlalchemy.Column", "sqlalchemy.schema.Column", "sqlalchemy.sql.schema.Column", "sqlmodel.Column"}
)
MAPPED_COLUMN_MAKERS = frozenset({"sqlalchemy.orm.mapped_column", "sqlalchemy.orm._orm_constructors.mapped_column"})
FIELD_MAKERS = frozenset({"sqlmodel.Field", "sqlmodel.main.Field"})
FOREIGN_KEYS = frozenset({"sqlalchemy.ForeignKey", "sqlalchemy.schema.ForeignKey", "sqlmodel.ForeignKey"})
RELATIONSHIPS = frozenset(
    {
        "sqlalchemy.orm.relationship", "sqlalchemy.orm.relation", "sqlmodel.Relationship", "sqlmodel.main.Relationship",
        "sqlalchemy.orm.dynamic_loader",
    }
)  # fmt: skip
ALL_CASCADES = frozenset({"delete", "expunge", "merge", "refresh-expire", "save-update"})
"""What the cascade ``all`` stands for."""
DEFAULT_CASCADE = frozenset({"merge", "save-update"})
VIEW_CASCADE = frozenset({"merge"})

BACKREFS = frozenset({"sqlalchemy.orm.backref"})
TABLES = frozenset({"sqlalchemy.Table", "sqlalchemy.schema.Table", "sqlmodel.Table"})
INDEXES = frozenset({"sqlalchemy.Index", "sqlalchemy.schema.Index", "sqlmodel.Index"})
UNIQUE_CONSTRAINTS = frozenset(
    {"sqlalchemy.UniqueConstraint", "sqlalchemy.schema.UniqueConstraint", "sqlmodel.UniqueConstraint"}
)
PRIMARY_KEYS = frozenset(
    {"sqlalchemy.PrimaryKeyConstraint", "sqlalchemy.schema.PrimaryKeyConstraint", "sqlmodel.PrimaryKeyConstraint"}
)
FOREIGN_KEY_CONSTRAINTS = frozenset(
    {"sqlalchemy.ForeignKeyConstraint", "sqlalchemy.schema.ForeignKeyConstraint", "sqlmodel.ForeignKeyConstraint"}
)
OTHER_ATTRIBUTES = frozenset(
    {
        "sqlalchemy.orm.column_property", "sqlalchemy.orm.synonym", "sqlalchemy.orm.composite", "sqlalchemy.orm.query_expression",
        "sqlalchemy.ext.associationproxy.association_proxy",
    }
)  # fmt: skip
PROXIES = frozenset({"sqlalchemy.ext.associationproxy.association_proxy"})
COLUMN_WRAPPERS = frozenset({"sqlalchemy.orm.column_property"})
"""What may stand around a column in a class body."""
CASCADING = frozenset({"sqlalchemy.orm.declared_attr.cascading"})
"""Decorators of what every subclass gets anew, also where the parent has it already."""

DECLARED_ATTR = frozenset(
    {"sqlalchemy.orm.declared_attr", "sqlalchemy.ext.declarative.declared_attr", "sqlalchemy.orm.declared_attr.directive",
     "sqlalchemy.orm.declared_attr.cascading"}
)  # fmt: skip
SCHEMA_OBJECTS = (
    COLUMN_MAKERS | MAPPED_COLUMN_MAKERS | FIELD_MAKERS | FOREIGN_KEYS | RELATIONSHIPS | BACKREFS | TABLES | INDEXES
    | UNIQUE_CONSTRAINTS | PRIMARY_KEYS | FOREIGN_KEY_CONSTRAINTS | OTHER_ATTRIBUTES
    | {"sqlalchemy.CheckConstraint", "sqlalchemy.Computed", "sqlalchemy.Identity", "sqlalchemy.Sequence",
       "sqlalchemy.MetaData", "sqlalchemy.orm.foreign", "sqlalchemy.orm.remote"}
)  # fmt: skip

MAPPED_WRAPPERS: dict[str, str | None] = {
    "sqlalchemy.orm.Mapped": None,
    "sqlalchemy.orm.base.Mapped": None,
    "sqlalchemy.orm.DynamicMapped": "dynamic",
    "sqlalchemy.orm.WriteOnlyMapped": "write_only",
}

DEFAULTS = frozenset({"default", "server_default", "default_factory", "insert_default", "onupdate", "server_onupdate"})
"""Keywords of a column that fill it."""

TYPES_OF_PYTHON: dict[str, str] = {
    "builtins.str": "String",
    "builtins.int": "Integer",
    "builtins.float": "Float",
    "builtins.bool": "Boolean",
    "builtins.bytes": "LargeBinary",
    "datetime.datetime": "DateTime",
    "datetime.date": "Date",
    "datetime.time": "Time",
    "datetime.timedelta": "Interval",
    "decimal.Decimal": "Numeric",
    "uuid.UUID": "Uuid",
}
"""What an annotation alone gives a column. Source: SQLAlchemy's documentation, "ORM Annotated Declarative"."""

HOMES_OF_TYPES = ("sqlalchemy.", "sqlmodel.")
INDEX_OPTIONS = frozenset({"ops", "include", "with", "length", "prefix", "distinct", "expressions"})
"""Last words of the keywords of an index that make it differ from a plain one on the same columns."""

STRING_TYPES = frozenset(
    {"String", "Unicode", "VARCHAR", "NVARCHAR", "CHAR", "NCHAR", "AutoString", "VARCHAR2", "NVARCHAR2"}
)
"""Types whose first argument is a length."""
ZONED_TYPES = frozenset({"DateTime", "TIMESTAMP", "DATETIME"})
"""Types that keep a point in time, with a zone or without."""

HARMLESS_BASES = frozenset(
    {
        "builtins.object", "sqlalchemy.ext.asyncio.AsyncAttrs", "sqlalchemy.orm.MappedAsDataclass", "typing.Generic",
        "abc.ABC", "typing.Protocol", "typing_extensions.Protocol", "pydantic.BaseModel", "enum.Enum", "builtins.str",
        "sqlalchemy.orm.DeclarativeMeta", "sqlalchemy.ext.declarative.ConcreteBase",
        "sqlalchemy.ext.declarative.AbstractConcreteBase",
    }
)  # fmt: skip
"""Base classes of libraries that bring no columns and no indexes."""

COPYING_METHODS = frozenset({"model_validate", "from_orm", "parse_obj", "sqlmodel_update"})
"""Methods of SQLModel's models that copy the fields of another object."""

CHANGING_METHODS = frozenset({"sqlmodel_update", "update", "update_from_dict"})
"""Methods that libraries give to models and that change the row."""

CLASS_SETTINGS = frozenset(
    {
        "__tablename__", "__table_args__", "__mapper_args__", "__abstract__", "metadata", "registry", "type_annotation_map",
        "model_config", "__table__", "__allow_unmapped__", "query",
    }
)  # fmt: skip
"""Names in a class body that declare no column."""

STARRED = (
    SCHEMA_OBJECTS
    | SESSION_TYPES.keys()
    | ENGINE_MAKERS.keys()
    | FACTORY_MAKERS.keys()
    | STATEMENT_MAKERS.keys()
    | DECLARATIVE_BASES
    | DECLARED_ATTR
    | MAPPED_WRAPPERS.keys()
    | SQLMODEL_BASE
    | {
        "sqlalchemy.orm.declarative_base",
        "sqlalchemy.func",
        "sqlalchemy.and_",
        "sqlalchemy.or_",
        "sqlalchemy.orm.registry",
    }
    | {f"sqlalchemy.orm.{name}" for name in LOADERS}
    | {f"sqlalchemy.{name}" for name in (*STRING_TYPES, *ZONED_TYPES, *TYPES_OF_PYTHON.values())}
    | {
        f"sqlalchemy.{name}"
        for name in ("Text", "UnicodeText", "SmallInteger", "BigInteger", "JSON", "BLOB", "DECIMAL")
    }
)
"""What `from sqlalchemy import *` and the like bring that means something here."""
