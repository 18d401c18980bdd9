"""Fields and indexes that the application builds itself."""

from typing import Any, Optional, Sequence

from sqlalchemy import Column, ForeignKey, Index
from sqlmodel import Field


def foreign_key_name(source: str, target: str, source_column: str) -> str:
    return f"fk_{source}_{source_column}_{target}"


def index_name(table_name: str, columns: Sequence[str]) -> str:
    return f"ix_{table_name}_{'_'.join(columns)}"


def build_foreign_key_field(
    source: str,
    target: str,
    source_column: str,
    target_column: str,
    ondelete: str,
    nullable: bool,
    custom_constraint_name: Optional[str] = None,
    **sa_column_kwargs: Any,
) -> Any:
    if not nullable and ondelete == "SET NULL":
        raise ValueError("Cannot set ondelete to SET NULL if the field is not nullable.")

    name = custom_constraint_name or foreign_key_name(source=source, target=target, source_column=source_column)
    return Field(
        sa_column=Column(
            ForeignKey(f"{target}.{target_column}", name=name, ondelete=ondelete),
            nullable=nullable,
            **sa_column_kwargs,
        ),
    )


def build_index(table_name: str, column_names: list[str], **kwargs: Any) -> Index:
    return Index(index_name(table_name, column_names), *column_names, **kwargs)
