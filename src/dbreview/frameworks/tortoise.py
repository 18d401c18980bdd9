"""Tortoise ORM: which symbol declares what. Tables only; sources are its own modules of the same names."""

from __future__ import annotations

from typing import Literal, NamedTuple

MODEL = "tortoise.Model"

LIBRARY_MODELS = frozenset(
    {
        "fastapi_admin.models.AbstractAdmin",
        "fastapi_users.db.TortoiseBaseUserModel",
        "fastapi_users_db_tortoise.TortoiseBaseUserModel",
        "fastapi_users_db_tortoise.access_token.TortoiseBaseAccessTokenModel",
        "fastapi_users_tortoise.TortoiseBaseUserAccountModel",
        "fastapi_users_tortoise.TortoiseBaseUserAccountModelUUID",
        "fastapi_users_tortoise.TortoiseBaseUserOAuthAccountModel",
        "fastapi_users_tortoise.TortoiseBaseUserOAuthAccountModelUUID",
        "fastapi_users_tortoise.access_token.TortoiseBaseAccessTokenModel",
    }
)
"""Abstract models of other libraries: what derives from them is a model, with columns that nobody here knows."""

ANY_FIELD = "tortoise.fields.Field"
_OF_FIELD = ("source_field", "generated", "primary_key", "null", "default", "db_default", "unique", "db_index")
_OF_NUMBER = ("primary_key",)
_OF_TIME = ("auto_now", "auto_now_add")
_OF_KEY = ("to", "related_name", "on_delete", "db_constraint", "null")

PARAMETERS: dict[str, tuple[str, ...]] = {
    ANY_FIELD: _OF_FIELD,
    "tortoise.fields.BigIntField": _OF_NUMBER,
    "tortoise.fields.BinaryField": (),
    "tortoise.fields.BooleanField": (),
    "tortoise.fields.CharEnumField": ("enum_type", "description", "max_length"),
    "tortoise.fields.CharField": ("max_length",),
    "tortoise.fields.DateField": (),
    "tortoise.fields.DatetimeField": _OF_TIME,
    "tortoise.fields.DecimalField": ("max_digits", "decimal_places"),
    "tortoise.fields.FloatField": (),
    "tortoise.fields.IntEnumField": ("enum_type", "description"),
    "tortoise.fields.IntField": _OF_NUMBER,
    "tortoise.fields.JSONField": ("encoder", "decoder"),
    "tortoise.fields.SmallIntField": _OF_NUMBER,
    "tortoise.fields.TextField": ("primary_key", "unique", "db_index"),
    "tortoise.fields.TimeDeltaField": (),
    "tortoise.fields.TimeField": _OF_TIME,
    "tortoise.fields.UUIDField": (),
    "tortoise.contrib.mysql.fields.GeometryField": _OF_FIELD,
    "tortoise.contrib.mysql.fields.UUIDField": ("binary_compression",),
    "tortoise.contrib.postgres.fields.ArrayField": ("element_type",),
    "tortoise.contrib.postgres.fields.TSVectorField": ("source_fields", "config", "weights", "stored"),
    "tortoise.fields.ForeignKeyField": _OF_KEY,
    "tortoise.fields.OneToOneField": _OF_KEY,
    "tortoise.fields.ManyToManyField": (
        "to", "through", "forward_key", "backward_key", "related_name", "on_delete", "db_constraint", "unique",
    ),
}  # fmt: skip
"""The makers of fields, with the names of their parameters in order."""

OTHER_NAMES: dict[str, str] = {
    "tortoise.fields.BigIntegerField": "tortoise.fields.BigIntField",
    "tortoise.fields.CharEnumFieldInstance": "tortoise.fields.CharEnumField",
    "tortoise.fields.DateTimeField": "tortoise.fields.DatetimeField",
    "tortoise.fields.DurationField": "tortoise.fields.TimeDeltaField",
    "tortoise.fields.ForeignKey": "tortoise.fields.ForeignKeyField",
    "tortoise.fields.ForeignKeyFieldInstance": "tortoise.fields.ForeignKeyField",
    "tortoise.fields.IntEnumFieldInstance": "tortoise.fields.IntEnumField",
    "tortoise.fields.IntegerField": "tortoise.fields.IntField",
    "tortoise.fields.ManyToManyFieldInstance": "tortoise.fields.ManyToManyField",
    "tortoise.fields.OneToOneFieldInstance": "tortoise.fields.OneToOneField",
    "tortoise.fields.SmallIntegerField": "tortoise.fields.SmallIntField",
}
"""Other names of the same makers."""

OTHER_KEYWORDS: dict[str, str] = {
    "pk": "primary_key",
    "index": "db_index",
    "model_name": "to",
    "create_unique_index": "unique",
}
"""Keywords that later versions spell otherwise."""

FOREIGN_KEY = "tortoise.fields.ForeignKeyField"
ONE_TO_ONE = "tortoise.fields.OneToOneField"
MANY_TO_MANY = "tortoise.fields.ManyToManyField"
KEYS = frozenset({FOREIGN_KEY, ONE_TO_ONE})
RELATIONS = KEYS | {MANY_TO_MANY}

TYPES: dict[str, str] = {
    "BigIntField": "BigInteger",
    "BinaryField": "LargeBinary",
    "BooleanField": "Boolean",
    "CharEnumField": "String",
    "CharField": "String",
    "DateField": "Date",
    "DatetimeField": "DateTime",
    "DecimalField": "Numeric",
    "FloatField": "Float",
    "IntEnumField": "SmallInteger",
    "IntField": "Integer",
    "JSONField": "JSON",
    "SmallIntField": "SmallInteger",
    "TextField": "Text",
    "TimeDeltaField": "Interval",
    "TimeField": "Time",
    "UUIDField": "Uuid",
    "GeometryField": "Geometry",
    "ArrayField": "ARRAY",
    "TSVectorField": "TSVECTOR",
}
"""The fields by the names that SQLAlchemy gives to such types."""

ZONED = frozenset({"DatetimeField", "TimeField"})
"""Fields that keep a time, on PostgreSQL as TIMESTAMPTZ and TIMETZ."""

KEEPING_TIME = frozenset({"tortoise.fields.DatetimeField", "tortoise.fields.TimeField"})
"""Fields for which ``auto_now`` and ``auto_now_add`` mean something; others swallow the words."""

GENERATED_KEYS = frozenset({"tortoise.fields.UUIDField", "tortoise.contrib.mysql.fields.UUIDField"})
"""Fields that make their own value as a primary key."""

COMPUTED = "tortoise.contrib.postgres.fields.TSVectorField"
"""A field that the database fills, and for which ``db_index`` makes no index."""

ON_DELETE: dict[str, str] = {
    "CASCADE": "CASCADE",
    "RESTRICT": "RESTRICT",
    "SET_NULL": "SET NULL",
    "SET_DEFAULT": "SET DEFAULT",
    "NO_ACTION": "NO ACTION",
}

INDEXES: dict[str, tuple[str | None, str | None]] = {
    "tortoise.indexes.Index": (None, None),
    "tortoise.indexes.PartialIndex": (None, None),
    "tortoise.contrib.postgres.indexes.PostgreSQLIndex": (None, "postgresql"),
    "tortoise.contrib.postgres.indexes.BloomIndex": ("bloom", "postgresql"),
    "tortoise.contrib.postgres.indexes.BrinIndex": ("brin", "postgresql"),
    "tortoise.contrib.postgres.indexes.GinIndex": ("gin", "postgresql"),
    "tortoise.contrib.postgres.indexes.GistIndex": ("gist", "postgresql"),
    "tortoise.contrib.postgres.indexes.HashIndex": ("hash", "postgresql"),
    "tortoise.contrib.postgres.indexes.SpGistIndex": ("spgist", "postgresql"),
    "tortoise.contrib.mysql.indexes.FullTextIndex": ("fulltext", "mysql"),
    "tortoise.contrib.mysql.indexes.SpatialIndex": ("spatial", "mysql"),
}
"""Indexes of ``Meta.indexes``: their method, and the one database that has it."""

UNIQUE_CONSTRAINTS = frozenset({"tortoise.migrations.constraints.UniqueConstraint"})
CHECK_CONSTRAINTS = frozenset({"tortoise.migrations.constraints.CheckConstraint"})

SCHEMA_OBJECTS = frozenset(
    PARAMETERS.keys() | OTHER_NAMES.keys() | INDEXES.keys() | UNIQUE_CONSTRAINTS | CHECK_CONSTRAINTS
)

MODULES = "modules"
"""The keyword with which ``Tortoise.init`` and ``register_tortoise`` are told which modules belong to which app."""

APPS = "apps"
"""The key of a configuration under which the apps stand, each with its ``models``."""

TABLE_NAMER = "table_name_generator"
"""The keyword that gives tables without a name of their own another default."""

LAZY = "tortoise"
"""The loading strategy of all its relations: they are never loaded without being asked for."""

DEFAULT_KEY = "tortoise.fields.IntField"
"""The primary key that a model gets as ``id`` where it declares none."""


class QueryMethod(NamedTuple):
    """What a method of a model or of a query set does to the query, and what awaiting it gives.

    ``gives`` is None where it is what the query gave before.
    """

    does: Literal[
        "nothing", "filter", "narrow", "order", "limit", "offset", "load", "lock", "group", "unknown",
        "insert", "insert many", "upsert", "update", "update many", "delete",
    ]  # fmt: skip
    gives: Literal["rows", "row", "answer", "columns", "by key", "result"] | None = None


QUERY_METHODS: dict[str, QueryMethod] = {
    "all": QueryMethod("nothing"),
    "filter": QueryMethod("filter"),
    "exclude": QueryMethod("narrow"),
    "annotate": QueryMethod("nothing"),
    "group_by": QueryMethod("group"),
    "order_by": QueryMethod("order"),
    "limit": QueryMethod("limit"),
    "offset": QueryMethod("offset"),
    "distinct": QueryMethod("nothing"),
    "only": QueryMethod("nothing"),
    "prefetch_related": QueryMethod("load"),
    "select_related": QueryMethod("load"),
    "select_for_update": QueryMethod("lock"),
    "using_db": QueryMethod("nothing"),
    "force_index": QueryMethod("nothing"),
    "use_index": QueryMethod("nothing"),
    "get": QueryMethod("filter", "row"),
    "get_or_none": QueryMethod("filter", "row"),
    "first": QueryMethod("nothing", "row"),
    "last": QueryMethod("order", "row"),
    "latest": QueryMethod("order", "row"),
    "earliest": QueryMethod("order", "row"),
    "count": QueryMethod("nothing", "answer"),
    "exists": QueryMethod("filter", "answer"),
    "contains": QueryMethod("narrow", "answer"),
    "values": QueryMethod("nothing", "columns"),
    "values_list": QueryMethod("nothing", "columns"),
    "in_bulk": QueryMethod("nothing", "by key"),
    "raw": QueryMethod("unknown", "rows"),
    "union": QueryMethod("unknown"),
    "create": QueryMethod("insert", "result"),
    "bulk_create": QueryMethod("insert many", "result"),
    "bulk_update": QueryMethod("update many", "result"),
    "get_or_create": QueryMethod("upsert", "result"),
    "update_or_create": QueryMethod("upsert", "result"),
    "update": QueryMethod("update", "result"),
    "delete": QueryMethod("delete", "result"),
}
"""Methods of query sets; those that start a query are methods of the model, too.

Source: the documentation of Tortoise ORM, "Query API", and ``tortoise/queryset.py``.
"""

ONLY_OF_QUERIES = frozenset(
    {
        "order_by", "limit", "offset", "distinct", "only", "prefetch_related", "select_related", "group_by", "values",
        "values_list", "count", "contains", "force_index", "use_index", "update", "delete", "union",
    }
)  # fmt: skip
"""Methods that a model does not have itself: ``Post.delete`` is a method of its objects."""

OF_RELATIONS = frozenset({"all", "filter", "order_by", "limit", "offset", "create"})
"""Methods of a relation to many objects that ask for them anew."""
CHANGES_RELATION = frozenset({"add", "remove", "clear"})

OF_OBJECTS = frozenset({"save", "delete", "fetch_related", "refresh_from_db", "update_from_dict"})
"""Methods of objects; the last one gives the object, the others are coroutines."""

OPERATORS: dict[str, str] = {
    "not": "!=",
    "in": "in",
    "not_in": "not in",
    "gte": ">=",
    "lte": "<=",
    "gt": ">",
    "lt": "<",
    "range": "between",
    "isnull": "is",
    "not_isnull": "is not",
    "contains": "contains",
    "icontains": "icontains",
    "startswith": "startswith",
    "istartswith": "istartswith",
    "endswith": "endswith",
    "iendswith": "iendswith",
    "iexact": "iexact",
    "search": "match",
    "year": "year",
    "month": "month",
    "day": "day",
    "date": "date",
}
"""What may stand at the end of a filter's keyword, behind ``__``. Source: its documentation, "Filtering"."""

KEY = "pk"
"""Another name of the primary key, whatever it is called."""

NOT_FOUND = frozenset({"tortoise.exceptions.DoesNotExist"})
DATABASE_ERRORS = frozenset(
    {"BaseORMException", "IntegrityError", "OperationalError", "DBConnectionError", "TransactionManagementError"}
)
"""Errors that a failing statement raises, by their last word."""

PREFETCH = frozenset({"tortoise.query_utils.Prefetch", "tortoise.Prefetch", "tortoise.queryset.Prefetch"})
TRANSACTIONS = frozenset({"tortoise.transactions.in_transaction", "tortoise.backends.base.client.TransactionContext"})
ATOMIC = frozenset({"tortoise.transactions.atomic"})

CONNECTION_GETTERS = frozenset(
    {
        "tortoise.Tortoise.get_connection",
        "tortoise.connections.get",
        "tortoise.connection.connections.get",
        "tortoise.connection.get_connection",
    }
)
"""What gives a connection for SQL of one's own."""

SCHEMA_MAKER = "tortoise.contrib.pydantic.pydantic_model_creator"
LIST_SCHEMA_MAKER = "tortoise.contrib.pydantic.pydantic_queryset_creator"
SCHEMA_MAKERS = frozenset({SCHEMA_MAKER, LIST_SCHEMA_MAKER})
"""Functions that make a Pydantic schema of a model, or of a list of its objects."""

FROM_QUERY = frozenset({"from_queryset", "from_queryset_single"})
"""Methods of Pydantic schemas made of models that run a query set, relations and all, and give schemas."""
