"""Columns that functions of the project make."""

# misread: columns: a function that returns declared_attr(...)
# misread: foreign keys: a function that returns declared_attr(...)
# misread: indexes: a function that returns declared_attr(...)

import functools
import uuid
from functools import partial

from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, Uuid, func
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

required = partial(mapped_column, nullable=False)
text_of = functools.partial(Column, String(40))


def primary_key():
    return mapped_column(Uuid, primary_key=True, default=uuid.uuid4)


def foreign_key(table: str, *, column: str = "id", delete: str | None = None, **options):
    """Indexed unless somebody objects."""
    options.setdefault("index", True)
    return mapped_column(ForeignKey(f"{table}.{column}", ondelete=delete), **options)


def nullable_key(table: str):
    return foreign_key(table, delete="SET NULL", nullable=True)


def stamp(*, updates: bool = False) -> Mapped:
    if updates:
        return mapped_column(DateTime(timezone=True), server_default=func.now(), onupdate=func.now())
    return mapped_column(DateTime(timezone=True), server_default=func.now())


def link_to(target, unindexed=False):
    """A declared_attr, made by a function."""

    def column(cls):
        return Column(ForeignKey(target), index=not unindexed)

    return declared_attr(column)


class Columns:
    @staticmethod
    def short(length: int = 10):
        return Column(String(length), nullable=False, unique=length < 5)


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[uuid.UUID] = primary_key()
    name = text_of(nullable=False)
    nick = text_of(index=True)
    code = Columns.short()
    flag = Columns.short(2)
    made: Mapped[DateTime] = stamp()


class Linked:
    owner_id = link_to("owners.id")
    former_id = link_to("owners.id", unindexed=True)


class Thing(Linked, Base):
    __tablename__ = "things"

    id: Mapped[uuid.UUID] = primary_key()
    keeper_id: Mapped[uuid.UUID] = foreign_key("owners", delete="CASCADE")
    maker_id: Mapped[uuid.UUID | None] = nullable_key("owners")
    seller_id: Mapped[uuid.UUID] = foreign_key("owners", index=False)
    count: Mapped[int] = required(Integer, index=True)
    changed: Mapped[DateTime] = stamp(updates=True)
    first, second = text_of(), text_of(key="third")
