"""The table between, said in every way there is."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, backref, mapped_column, relationship


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


reads = Table(
    "reads",
    Base.metadata,
    Column("reader_id", ForeignKey("readers.id", ondelete="CASCADE"), primary_key=True),
    Column("book_id", ForeignKey("books.id", ondelete="CASCADE"), primary_key=True),
)
likes = Table(
    "likes",
    Base.metadata,
    Column("reader_id", ForeignKey("readers.id"), index=True),
    Column("book_id", ForeignKey("books.id")),
    UniqueConstraint("book_id", "reader_id"),
)


class Reader(Base):
    __tablename__ = "readers"

    books: Mapped[list["Book"]] = relationship(secondary=reads, back_populates="readers")
    liked: Mapped[set["Book"]] = relationship(secondary="likes", backref="fans")
    wished: Mapped[list["Book"]] = relationship(secondary=lambda: Wish.__table__, viewonly=True)
    lent = relationship("Book", secondary="loans", backref=backref("borrowers", lazy="dynamic"), passive_deletes=True)
    owned = relationship("Book", secondary=lambda: owns, cascade="all, delete")


class Book(Base):
    __tablename__ = "books"

    readers: Mapped[list[Reader]] = relationship(secondary=reads, back_populates="books", lazy="selectin")
    favourite: Mapped["Reader | None"] = relationship(secondary=reads, viewonly=True)


class Wish(Base):
    __tablename__ = "wishes"

    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))


class Loan(Base):
    __tablename__ = "loans"
    __table_args__ = (Index("ix_loans", "book_id", "reader_id"),)

    reader_id = mapped_column(ForeignKey("readers.id"))
    book_id = mapped_column(ForeignKey("books.id"))


owns = Table(
    "owns",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", ForeignKey(Reader.id)),
    Column("book_id", ForeignKey(Book.id)),
)
Book.owners = relationship(Reader, secondary=owns, overlaps="owned", secondaryjoin=lambda: Reader.id == owns.c.reader_id)
