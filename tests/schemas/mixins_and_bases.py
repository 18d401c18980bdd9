"""Abstract bases, plain mixins, generic ones, AsyncAttrs: whose columns come to a table."""

from __future__ import annotations

import uuid
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, String, func
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, DeclarativeBaseNoMeta, Mapped, declarative_mixin, declared_attr, mapped_column

T = TypeVar("T")


class Timestamps:
    create_time = Column(DateTime, server_default=func.now())
    update_time = Column(DateTime, onupdate=func.now())


class SoftDelete:
    deleted_at: Mapped[Any] = mapped_column(DateTime(timezone=True), nullable=True)


class Audited(Timestamps, SoftDelete):
    """A mixin of mixins."""

    @declared_attr
    def changed_by(cls) -> Mapped[str | None]:
        return mapped_column(String(40))


class Base(AsyncAttrs, DeclarativeBase):
    __abstract__ = True

    def to_dict(self) -> dict[str, Any]:
        return {column.name: getattr(self, column.name) for column in self.__table__.columns}


class RecordModel(Base):
    __abstract__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)


class Keyed(Base, Generic[T]):
    __abstract__ = True

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class Plant(Audited, RecordModel):
    __tablename__ = "plants"

    name: Mapped[str]


class Seed(RecordModel, SoftDelete):
    __tablename__ = "seeds"

    plant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plants.id"))
    # The child's say counts.
    deleted_at: Mapped[bool] = mapped_column("is_deleted", default=False)


class Pot(Keyed[int], Timestamps):
    __tablename__ = "pots"

    size: Mapped[int]


class OtherBase(DeclarativeBaseNoMeta):
    pass


class Spade(Timestamps, OtherBase):
    __tablename__ = "spades"

    id: Mapped[int] = mapped_column(primary_key=True)
    update_time = None


class Rake(Spade):
    """Not a table, and nothing of its own."""
