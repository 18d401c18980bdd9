"""How the discriminator is said: a column, its name, an expression, a function."""

import enum

from sqlalchemy import Column, Enum, ForeignKey, Integer, String, case
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, declared_attr, mapped_column


class Base(DeclarativeBase):
    pass


class Kind(enum.Enum):
    fast = 1
    slow = 2


class Train(Base):
    __tablename__ = "trains"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(Enum(Kind))
    speed: Mapped[int]

    __mapper_args__ = {"polymorphic_on": kind}


class Express(Train):
    __mapper_args__ = {"polymorphic_identity": Kind.fast}

    lounge: Mapped[bool | None]


class Local(Train):
    __mapper_args__ = {"polymorphic_identity": Kind.slow}

    stops: Mapped[int | None] = mapped_column(index=True)


class Track(Base):
    __tablename__ = "tracks"

    id = Column(Integer, primary_key=True)
    gauge = Column(Integer)
    is_narrow = column_property(case((gauge < 1000, "narrow"), else_="wide"))

    @declared_attr.directive
    def __mapper_args__(cls):
        return {"polymorphic_on": cls.is_narrow, "polymorphic_identity": "wide"}


class NarrowTrack(Track):
    @declared_attr.directive
    def __mapper_args__(cls):
        return {"polymorphic_identity": "narrow"}

    railway_id = Column(ForeignKey("trains.id"))


class RackTrack(NarrowTrack):
    """The third level."""

    __mapper_args__ = {"polymorphic_identity": "rack"}

    teeth = Column(String(4))
