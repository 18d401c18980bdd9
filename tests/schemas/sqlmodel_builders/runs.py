from typing import Optional
from uuid import UUID

from sqlmodel import Relationship

from sqlmodel_builders.base import NamedSchema
from sqlmodel_builders.users import UserSchema
from sqlmodel_builders.utils import build_foreign_key_field, build_index


class RunSchema(NamedSchema, table=True):
    __tablename__ = "run"
    __table_args__ = (build_index(__tablename__, ["parent_id", "created"], unique=True),)

    user_id: Optional[UUID] = build_foreign_key_field(
        source=__tablename__,
        target=UserSchema.__tablename__,
        source_column="user_id",
        target_column="id",
        ondelete="SET NULL",
        nullable=True,
    )
    parent_id: UUID = build_foreign_key_field(
        source=__tablename__,
        target=__tablename__,
        source_column="parent_id",
        target_column="id",
        ondelete="CASCADE",
        nullable=False,
    )
    owner_id: UUID = build_foreign_key_field(
        __tablename__, UserSchema.__tablename__, "owner_id", "id", "CASCADE", nullable=False, index=True
    )

    user: Optional["UserSchema"] = Relationship(
        back_populates="runs", sa_relationship_kwargs={"foreign_keys": "[RunSchema.user_id]"}
    )
