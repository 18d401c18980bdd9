import sqlalchemy.orm as orm
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from . import orm as own
from .orm import BaseModel, PipelineModelMixin

__all__ = ["User", "RunModel"]


class User(own.Model):
    __tablename__ = "users"

    name: Mapped[str] = orm.mapped_column(index=True)
    runs: Mapped[list["RunModel"]] = orm.relationship(back_populates="user")


class RunModel(PipelineModelMixin, BaseModel):
    __tablename__ = "runs"

    key: Mapped[int] = orm.mapped_column(primary_key=True)
    user_id: Mapped[int] = orm.mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = orm.relationship(back_populates="runs")
