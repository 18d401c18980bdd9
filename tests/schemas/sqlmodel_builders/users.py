from typing import TYPE_CHECKING, List

from sqlalchemy import UniqueConstraint
from sqlmodel import Relationship

from sqlmodel_builders.base import NamedSchema
from sqlmodel_builders.utils import build_index

if TYPE_CHECKING:
    from sqlmodel_builders.runs import RunSchema


class UserSchema(NamedSchema, table=True):
    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("name", name="uq_user_name"),
        build_index(table_name=__tablename__, column_names=["created", "name"]),
    )

    runs: List["RunSchema"] = Relationship(
        back_populates="user",
        sa_relationship_kwargs={"cascade": "delete", "primaryjoin": "UserSchema.id == RunSchema.user_id"},
    )
