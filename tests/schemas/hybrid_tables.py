"""``__table__ = Table(...)``: the class maps a table that is already there."""

# misread: attributes: other names for the columns of a table, two classes for one table

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, declarative_base, mapped_column, relationship


class Base(DeclarativeBase):
    metadata = MetaData()


walls = Table(
    "walls",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("wall_colour", String(20), nullable=False),
    Index("ix_walls_colour", "wall_colour"),
)


class Wall(Base):
    __table__ = walls

    colour: Mapped[str] = walls.c.wall_colour
    doors: Mapped[list["Door"]] = relationship(back_populates="wall")


class Door(Base):
    __table__ = Table(
        "doors",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("wall_id", ForeignKey("walls.id", ondelete="CASCADE"), index=True),
        Column("key", String(8), key="door_key"),
        UniqueConstraint("door_key"),
    )

    wall: Mapped[Wall] = relationship(back_populates="doors")
    number = __table__.c.id


OldBase = declarative_base()
windows_table = Table("windows", OldBase.metadata, Column("id", Integer, primary_key=True), Column("secret", String))


class Window(OldBase):
    __table__ = windows_table
    __mapper_args__ = {"exclude_properties": ["secret"]}


class OtherWindow(OldBase):
    """Two classes for one table."""

    __table__ = windows_table
