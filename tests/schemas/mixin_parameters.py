"""Mixins that ask the class how its columns are to be."""

# misread: null: parameters of a mixin that its user sets

from sqlalchemy import Column, ForeignKey, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class Owned:
    __owner_is_indexed__ = False
    __owner_table__ = "people"
    __owner_rule__: str | None = None

    @declared_attr
    def owner_id(cls):
        return Column(
            Integer,
            ForeignKey(f"{cls.__owner_table__}.id", ondelete=cls.__owner_rule__),
            index=cls.__owner_is_indexed__,
            nullable=cls.__owner_rule__ == "SET NULL",
        )


class Titled:
    title_length = 50
    titles_are_unique = True

    @declared_attr
    def title(cls) -> Mapped[str]:
        return mapped_column(String(cls.title_length), unique=cls.titles_are_unique)

    @declared_attr.directive
    def __table_args__(cls):
        if cls.titles_are_unique:
            return ()
        return (Index(f"ix_{cls.__tablename__}_title", "title"),)


class Person(Base):
    __tablename__ = "people"


class Team(Titled, Base):
    __tablename__ = "teams"


class Task(Owned, Titled, Base):
    __tablename__ = "tasks"

    titles_are_unique = False


class Match(Owned, Base):
    __tablename__ = "matches"

    __owner_is_indexed__ = True
    __owner_table__ = "teams"
    __owner_rule__ = "SET NULL"
