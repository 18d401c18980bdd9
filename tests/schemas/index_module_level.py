"""Indexes that stand beside the class that they belong to."""

# misread: indexes: indexes that a loop makes; what is inside an expression

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Play(Base):
    __tablename__ = "plays"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column("play_title")
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    year: Mapped[int]


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))


Index("ix_plays_title", Play.title)
Index("ix_plays_author", Play.author_id, Play.year.desc())
by_year = Index("ix_plays_year", Play.__table__.c.year, unique=True)
Index("ix_plays_lower", func.lower(Play.title))
Index("ix_authors_name", Author.__table__.columns.name, Author.__table__.c["mentor_id"])

archive = MetaData()
scrolls = Table(
    "scrolls",
    archive,
    Column("id", Integer, primary_key=True),
    Column("room", String(10)),
    Column("place", String(10)),
)
Index("ix_scrolls_room", scrolls.c.room, scrolls.c.place)
UniqueConstraint(scrolls.c.place)

for _column in (scrolls.c.room, scrolls.c.place):
    Index(f"ix_scrolls_only_{_column.name}", _column)
