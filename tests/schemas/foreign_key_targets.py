"""Every way to say what a foreign key refers to, and what happens on delete."""

# misread: foreign keys: the name of a table and of a column as attributes
# misread: unknown: the name of a table and of a column as attributes

from enum import Enum

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CASCADE = "CASCADE"
BOOKS = "books"
RULES = {"ondelete": "SET NULL", "onupdate": "CASCADE"}


class OnDelete(str, Enum):
    RESTRICT = "RESTRICT"


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = BOOKS

    id: Mapped[int] = mapped_column("book_id", primary_key=True)
    isbn: Mapped[str] = mapped_column(unique=True)


shelves = Table("shelves", Base.metadata, Column("id", Integer, primary_key=True), Column("room", String(9)))


def book_key(nullable=False, **options):
    return mapped_column(ForeignKey(Book.id, **options), nullable=nullable)


class Page(Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_text: Mapped[int] = mapped_column(ForeignKey("books.book_id"))
    by_attribute: Mapped[int] = mapped_column(ForeignKey(Book.id, CASCADE and None, ondelete=CASCADE))
    by_column: Mapped[int] = mapped_column(ForeignKey(Book.__table__.c.book_id))
    by_item: Mapped[int] = mapped_column(ForeignKey(Book.__table__.columns["book_id"]))
    by_core: Mapped[int] = mapped_column(sa.ForeignKey(shelves.c.id, ondelete="NO ACTION"))
    by_keyword: Mapped[int] = mapped_column(ForeignKey(column="shelves.id"))
    by_constant: Mapped[int] = mapped_column(ForeignKey(f"{BOOKS}.book_id", **RULES), nullable=True)
    by_sum: Mapped[int] = mapped_column(ForeignKey(BOOKS + ".book_id", ondelete=OnDelete.RESTRICT))
    by_format: Mapped[int] = mapped_column(ForeignKey("{}.{}".format(Book.__tablename__, "book_id")))
    by_percent: Mapped[int] = mapped_column(ForeignKey("%s.book_id" % BOOKS, name="fk_percent"))
    by_table_name: Mapped[int] = mapped_column(ForeignKey(f"{Book.__table__.name}.{Book.id.name}"))
    by_helper: Mapped[int] = book_key(ondelete="CASCADE")
    by_helper_too: Mapped[int] = book_key(True)
    to_itself: Mapped[int | None] = mapped_column(ForeignKey(id))
    to_unique: Mapped[str] = mapped_column(ForeignKey(Book.isbn), index=True)
    typed: Mapped[int] = mapped_column(sa.BigInteger, ForeignKey("books.book_id", use_alter=True, deferrable=True))
    named: Mapped[int] = mapped_column("name_of_it", ForeignKey("books.book_id"), sa.CheckConstraint("true"))
    # The table that it refers to is somebody else's.
    outside: Mapped[int] = mapped_column(ForeignKey("warehouse.places.id"))
