"""Where mixins, bases and ``sort_order`` put a column."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Integer, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, declared_attr, mapped_column


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-10)


class Dated:
    created_at: Mapped[datetime] = mapped_column(DateTime, server_default=func.now(), sort_order=900)
    updated_at: Mapped[datetime] = mapped_column(DateTime, onupdate=func.now(), sort_order=901)


class Named:
    name: Mapped[str] = mapped_column(String(50))
    sign = mapped_column(String(3))


class Ranked:
    @declared_attr
    def rank(cls) -> Mapped[int]:
        return mapped_column(index=True)

    level: Mapped[int]


class Inn(Dated, Named, Ranked, Base):
    __tablename__ = "inns"

    street: Mapped[str]
    beds = mapped_column(Integer)
    stars: Mapped[int]


class Room(Ranked, Base, Named):
    __tablename__ = "rooms"

    number: Mapped[int] = mapped_column(sort_order=-1)
    floor: Mapped[int]


OldBase = declarative_base()


class OldMixin:
    made = Column(DateTime)

    @declared_attr
    def by(cls):
        return Column(String(20))


class Pantry(OldMixin, OldBase):
    __tablename__ = "pantries"

    id = Column(Integer, primary_key=True)
    size = Column(Integer)
