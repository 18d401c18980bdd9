"""Classes that look like tables and are none."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Column as SqlColumn
from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Index:
    """Of a book."""

    def __init__(self, name: str, *entries: str) -> None:
        self.name = name


@dataclass
class Column:
    """Of a newspaper."""

    title: str = ""
    index: bool = True


class PipelineModel(Protocol):
    __tablename__: str
    id: int


class Plain:
    __tablename__ = "plain"

    id = SqlColumn(Integer, primary_key=True)
    other_id = SqlColumn(ForeignKey("papers.id"))


class QueryBuilder:
    __table__ = "users"

    id = mapped_column(primary_key=True)


class PaperRead(Plain):
    title: str


class Abstract(Base):
    __abstract__ = True

    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"))


class Paper(Base):
    __tablename__ = "papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    contents = Index("contents", "id")
    sport = Column("sport")
