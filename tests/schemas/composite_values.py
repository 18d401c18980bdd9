"""Several columns that make one attribute."""

# misread: order: columns inside composite(...) belong where it stands, as the dataclass says
# misread: attributes: columns inside composite(...) belong where it stands, as the dataclass says
# misread: types: columns inside composite(...) belong where it stands, as the dataclass says
# misread: null: columns inside composite(...) belong where it stands, as the dataclass says

import dataclasses

from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column


@dataclasses.dataclass
class Position:
    east: float
    north: float


@dataclasses.dataclass
class Name:
    first: str
    last: str | None


class Base(DeclarativeBase):
    pass


class Lighthouse(Base):
    __tablename__ = "lighthouses"

    id: Mapped[int] = mapped_column(primary_key=True)
    east: Mapped[float]
    north: Mapped[float] = mapped_column("to_north")
    # Names only: they are other attributes.
    position: Mapped[Position] = composite("east", "north")
    # Columns inside, in this place: types and nullability are the dataclass's.
    keeper: Mapped[Name] = composite(mapped_column("keeper_first", String(30)), mapped_column("keeper_last"))
    height: Mapped[int]


class Buoy(Base):
    __tablename__ = "buoys"

    id: Mapped[int] = mapped_column(primary_key=True)
    x = mapped_column(Integer, nullable=False)
    y = mapped_column(Integer, nullable=False, index=True)
    place = composite(Position, x, y)
