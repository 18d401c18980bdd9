"""What we know about Alembic, as data: operations and their parameters. No analysis happens here."""

from __future__ import annotations

OPERATIONS: dict[str, tuple[str, ...]] = {
    "create_table": ("table_name", "*"),
    "drop_table": ("table_name",),
    "rename_table": ("table_name", "new_table_name"),
    "add_column": ("table_name", "column"),
    "drop_column": ("table_name", "column_name"),
    "alter_column": ("table_name", "column_name"),
    "create_index": ("index_name", "table_name", "columns"),
    "drop_index": ("index_name", "table_name"),
    "create_unique_constraint": ("constraint_name", "table_name", "columns"),
    "create_primary_key": ("constraint_name", "table_name", "columns"),
    "create_foreign_key": ("constraint_name", "table_name", "referent_table", "local_cols", "remote_cols"),
    "create_check_constraint": ("constraint_name", "table_name", "condition"),
    "create_exclude_constraint": ("constraint_name", "table_name", "*"),
    "drop_constraint": ("constraint_name", "table_name", "type_"),
    "execute": ("sqltext",),
    "bulk_insert": ("table", "rows"),
}
"""The parameters that operations take by position; ``*`` for any number of the rest. In a batch the table is given."""

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "table_name": ("tablename", "source_table", "source", "old_table_name"),
    "constraint_name": ("name",),
    "index_name": ("name",),
    "columns": ("local_cols",),
    "new_column_name": ("name",),
    "referent_table": ("referent",),
    "type_": ("type",),
}
"""Other names of the same parameters, of other operations and older versions."""

HARMLESS = frozenset(
    {
        "f", "get_bind", "get_context", "inline_literal", "create_table_comment", "drop_table_comment", "run_async",
        "implementation_for", "register_operation", "sync_enum_values", "bulk_insert", "create_exclude_constraint",
        "create_function", "drop_function", "replace_function", "create_trigger", "drop_trigger", "create_view",
        "drop_view", "replace_view", "create_extension", "drop_extension", "create_entity", "drop_entity",
        "replace_entity", "create_sp", "drop_sp", "replace_sp", "create_sequence", "drop_sequence",
    }
)  # fmt: skip
"""Operations, of Alembic and its usual extensions, that make and drop no table, column, index or key."""

CONSTRAINT_KINDS: dict[str, str] = {
    "foreignkey": "foreign key",
    "primary": "primary key",
    "unique": "unique constraint",
    "check": "check constraint",
}
"""What ``drop_constraint`` calls them."""

CONVENTION_KEYS: dict[str, str] = {
    "primary key": "pk",
    "foreign key": "fk",
    "unique constraint": "uq",
    "check constraint": "ck",
    "index": "ix",
}
"""What a naming convention calls them."""

AUTOMATIC_NAMES: dict[str, dict[str, str]] = {
    "postgresql": {
        "primary key": "{table}_pkey",
        "foreign key": "{table}_{columns}_fkey",
        "unique constraint": "{table}_{columns}_key",
        "check constraint": "{table}_{columns}_check",
    },
    "mysql": {"foreign key": "{table}_ibfk_{number}", "unique constraint": "{first}"},
    "mariadb": {"foreign key": "{table}_ibfk_{number}", "unique constraint": "{first}"},
}
"""How a database calls a constraint that nobody has named."""

LONGEST_NAMES = {"postgresql": 63, "mysql": 64, "mariadb": 64}
"""The longest names that databases take; SQLAlchemy shortens what is longer."""

INSPECTORS = frozenset(
    {
        "sqlalchemy.inspect", "sqlalchemy.inspection.inspect", "sqlalchemy.engine.reflection.Inspector.from_engine",
        "sqlalchemy.engine.Inspector.from_engine", "sqlalchemy.Inspector.from_engine",
        "sqlalchemy.engine.reflection.Inspector", "sqlalchemy.engine.Inspector", "sqlalchemy.Inspector",
    }
)  # fmt: skip
"""What gives an object that tells of the database's tables."""
