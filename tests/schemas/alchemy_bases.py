"""Bases and mixins of advanced-alchemy."""

# misread: order: details of the library: the sentinel, the key that comes first, the index of a slug
# misread: attributes: details of the library: the sentinel, the key that comes first, the index of a slug
# misread: types: details of the library: the sentinel, the key that comes first, the index of a slug
# misread: indexes: details of the library: the sentinel, the key that comes first, the index of a slug

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from advanced_alchemy.base import (
    BigIntAuditBase,
    BigIntBase,
    DefaultBase,
    UUIDAuditBase,
    UUIDBase,
    UUIDv7AuditBase,
    UUIDv7Base,
    orm_registry,
)
from advanced_alchemy.mixins import AuditColumns, SlugKey, UniqueMixin
from advanced_alchemy.types import DateTimeUTC, EncryptedString, JsonB
from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

author_tag = Table(
    "author_tag",
    orm_registry.metadata,
    Column("author_id", ForeignKey("author.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
)


class Author(UUIDBase):
    name: Mapped[str]
    facts: Mapped[dict] = mapped_column(JsonB)
    books: Mapped[list[BookByAuthor]] = relationship(lazy="selectin", cascade="all, delete")
    tags: Mapped[list[Tag]] = relationship(secondary=author_tag, back_populates="authors")


class BookByAuthor(UUIDAuditBase):
    title: Mapped[str] = mapped_column(String(90), index=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(lazy="joined", innerjoin=True, viewonly=True)
    sold_at: Mapped[datetime | None] = mapped_column(DateTimeUTC(timezone=True))


class Tag(BigIntAuditBase, SlugKey, UniqueMixin):
    __tablename__ = "tag"

    name: Mapped[str] = mapped_column(unique=True)
    authors: Mapped[list[Author]] = relationship(secondary=author_tag, back_populates="tags")


class Loan(BigIntBase):
    __tablename__ = "loans"

    book_id: Mapped[UUID] = mapped_column(ForeignKey("book_by_author.id"), index=True)


class Place(UUIDv7AuditBase):
    secret: Mapped[str] = mapped_column(EncryptedString(key="x"))


class Shelf(UUIDv7Base):
    place_id: Mapped[UUID] = mapped_column(ForeignKey("place.id"))


class Note(DefaultBase, AuditColumns):
    code: Mapped[str] = mapped_column(String(3), primary_key=True)
