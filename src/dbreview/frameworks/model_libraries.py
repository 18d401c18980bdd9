"""The columns and table names that well-known libraries bring to models. Read off their own metadata."""

from __future__ import annotations

import re
from typing import NamedTuple


class LibraryColumn(NamedTuple):
    """A column of a library's base class or mixin."""

    name: str
    type: str
    length: int | None = None
    has_zone: bool | None = None
    is_primary_key: bool = False
    is_nullable: bool = False
    is_unique: bool = False
    is_indexed: bool = False
    target: str | None = None
    on_delete: str | None = None
    defaults: tuple[str, ...] = ()


_USER = (
    LibraryColumn("email", "String", 320, is_unique=True, is_indexed=True),
    LibraryColumn("hashed_password", "String", 1024),
    LibraryColumn("is_active", "Boolean", defaults=("default",)),
    LibraryColumn("is_superuser", "Boolean", defaults=("default",)),
    LibraryColumn("is_verified", "Boolean", defaults=("default",)),
)
_ACCOUNT = (
    LibraryColumn("oauth_name", "String", 100, is_indexed=True),
    LibraryColumn("access_token", "String", 1024),
    LibraryColumn("expires_at", "Integer", is_nullable=True),
    LibraryColumn("refresh_token", "String", 1024, is_nullable=True),
    LibraryColumn("account_id", "String", 320, is_indexed=True),
    LibraryColumn("account_email", "String", 320),
)
_TOKEN = (
    LibraryColumn("token", "String", 43, is_primary_key=True),
    LibraryColumn("created_at", "TIMESTAMPAware", has_zone=True, is_indexed=True, defaults=("default",)),
)
_UUID_KEY = LibraryColumn("id", "GUID", is_primary_key=True, defaults=("default",))
_USERS_KEY = LibraryColumn("user_id", "GUID", target="user.id", on_delete="cascade")
_NUMBER_KEY = LibraryColumn("id", "BigInteger", is_primary_key=True, defaults=("default",))
_NANO_KEY = LibraryColumn("id", "String", is_primary_key=True, defaults=("default",))
_SENTINEL = LibraryColumn("sa_orm_sentinel", "Integer", is_nullable=True, defaults=("default",))
_AUDIT = (
    LibraryColumn("created_at", "DateTimeUTC", has_zone=True, defaults=("default",)),
    LibraryColumn("updated_at", "DateTimeUTC", has_zone=True, defaults=("default", "onupdate")),
)
_SLUG = LibraryColumn("slug", "String", 100, is_unique=True)

LIBRARY_COLUMNS: dict[str, tuple[LibraryColumn, ...]] = {
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseUserTable": _USER,
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseUserTableUUID": (_UUID_KEY, *_USER),
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseOAuthAccountTable": _ACCOUNT,
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseOAuthAccountTableUUID": (_UUID_KEY, _USERS_KEY, *_ACCOUNT),
    "fastapi_users_db_sqlalchemy.access_token.SQLAlchemyBaseAccessTokenTable": _TOKEN,
    "fastapi_users_db_sqlalchemy.access_token.SQLAlchemyBaseAccessTokenTableUUID": (_USERS_KEY, *_TOKEN),
    "sqlalchemy_utils.Timestamp": (
        LibraryColumn("created", "DateTime", has_zone=False, defaults=("default",)),
        LibraryColumn("updated", "DateTime", has_zone=False, defaults=("default", "onupdate")),
    ),
    "advanced_alchemy.mixins.AuditColumns": _AUDIT,
    "advanced_alchemy.mixins.SlugKey": (_SLUG,),
    "advanced_alchemy.mixins.SentinelMixin": (_SENTINEL,),
    "advanced_alchemy.mixins.UniqueMixin": (),
    "advanced_alchemy.mixins.BigIntPrimaryKey": (_NUMBER_KEY,),
    "advanced_alchemy.mixins.IdentityPrimaryKey": (_NUMBER_KEY,),
    "advanced_alchemy.mixins.UUIDPrimaryKey": (_UUID_KEY, _SENTINEL),
    "advanced_alchemy.mixins.UUIDv6PrimaryKey": (_UUID_KEY, _SENTINEL),
    "advanced_alchemy.mixins.UUIDv7PrimaryKey": (_UUID_KEY, _SENTINEL),
    "advanced_alchemy.mixins.NanoIDPrimaryKey": (_NANO_KEY, _SENTINEL),
    "advanced_alchemy.base.DefaultBase": (),
    "advanced_alchemy.base.AdvancedDeclarativeBase": (),
    "advanced_alchemy.base.CommonTableAttributes": (),
    "advanced_alchemy.base.BasicAttributes": (),
    "advanced_alchemy.base.BigIntBase": (_NUMBER_KEY,),
    "advanced_alchemy.base.BigIntAuditBase": (_NUMBER_KEY, *_AUDIT),
    "advanced_alchemy.base.IdentityBase": (_NUMBER_KEY,),
    "advanced_alchemy.base.IdentityAuditBase": (_NUMBER_KEY, *_AUDIT),
    "advanced_alchemy.base.UUIDBase": (_UUID_KEY, _SENTINEL),
    "advanced_alchemy.base.UUIDAuditBase": (_UUID_KEY, _SENTINEL, *_AUDIT),
    "advanced_alchemy.base.UUIDv6Base": (_UUID_KEY, _SENTINEL),
    "advanced_alchemy.base.UUIDv6AuditBase": (_UUID_KEY, _SENTINEL, *_AUDIT),
    "advanced_alchemy.base.UUIDv7Base": (_UUID_KEY, _SENTINEL),
    "advanced_alchemy.base.UUIDv7AuditBase": (_UUID_KEY, _SENTINEL, *_AUDIT),
    "advanced_alchemy.base.NanoIDBase": (_NANO_KEY, _SENTINEL),
    "advanced_alchemy.base.NanoIDAuditBase": (_NANO_KEY, _SENTINEL, *_AUDIT),
}
"""Columns that a library's base class or mixin brings."""

LIBRARY_TABLES: dict[str, str] = {
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseUserTable": "user",
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseUserTableUUID": "user",
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseOAuthAccountTable": "oauth_account",
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseOAuthAccountTableUUID": "oauth_account",
    "fastapi_users_db_sqlalchemy.access_token.SQLAlchemyBaseAccessTokenTable": "accesstoken",
    "fastapi_users_db_sqlalchemy.access_token.SQLAlchemyBaseAccessTokenTableUUID": "accesstoken",
}
"""Table names that a library's base class gives where the class says none."""

NAMED_BY_CLASS = frozenset(name for name in LIBRARY_COLUMNS if name.startswith("advanced_alchemy.base."))
"""Bases that name a table after its class, in snake case."""

WORD_START = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
"""Where advanced-alchemy puts an underscore into a class's name."""

TOOL_TABLES = frozenset(
    {"alembic_version", "aerich", "apscheduler_jobs", "spatial_ref_sys", "celery_taskmeta", "casbin_rule"}
)
"""Tables that tools keep for themselves: their shape is not the project's to choose."""
