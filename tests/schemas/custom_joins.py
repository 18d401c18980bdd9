"""Joins that the foreign keys alone do not give."""

from sqlalchemy import Column, ForeignKey, Integer, String, and_, join
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship, remote


class Base(DeclarativeBase):
    pass


class Lamp(Base):
    __tablename__ = "lamps"

    id: Mapped[int] = mapped_column(primary_key=True)
    street: Mapped[str]

    bulbs: Mapped[list["Bulb"]] = relationship(back_populates="lamp")
    burnt: Mapped[list["Bulb"]] = relationship(
        primaryjoin="and_(Lamp.id == Bulb.lamp_id, Bulb.is_burnt.is_(True))", viewonly=True, order_by="Bulb.id.desc()"
    )
    bright: Mapped[list["Bulb"]] = relationship(
        primaryjoin=lambda: and_(Lamp.id == Bulb.lamp_id, Bulb.watts > 60), viewonly=True
    )
    newest: Mapped["Bulb | None"] = relationship(
        primaryjoin="Lamp.id == foreign(Bulb.lamp_id)", uselist=False, viewonly=True
    )
    # No foreign key anywhere.
    repairs: Mapped[list["Repair"]] = relationship(
        primaryjoin="foreign(Repair.lamp_number) == Lamp.id", back_populates="lamp"
    )
    houses = relationship("House", primaryjoin="Lamp.street == foreign(House.street)", viewonly=True)


class Bulb(Base):
    __tablename__ = "bulbs"

    id: Mapped[int] = mapped_column(primary_key=True)
    lamp_id: Mapped[int] = mapped_column(ForeignKey("lamps.id"))
    is_burnt: Mapped[bool]
    watts: Mapped[int]
    lamp: Mapped[Lamp] = relationship(back_populates="bulbs")
    twins: Mapped[list["Bulb"]] = relationship(
        primaryjoin=lambda: remote(Bulb.watts) == foreign(Bulb.watts), viewonly=True
    )


class Repair(Base):
    __tablename__ = "repairs"

    id = Column(Integer, primary_key=True)
    lamp_number = Column(Integer, index=True)
    lamp = relationship(Lamp, primaryjoin=foreign(lamp_number) == Lamp.id, back_populates="repairs")
    house = relationship(
        "House",
        secondary=lambda: join(Lamp, House, Lamp.street == House.street),
        primaryjoin="Lamp.id == Repair.lamp_number",
        secondaryjoin="Lamp.street == House.street",
        viewonly=True,
        foreign_keys="[Repair.lamp_number, House.street]",
    )


class House(Base):
    __tablename__ = "houses"

    id = Column(Integer, primary_key=True)
    street = Column(String(40))
    lamp = relationship(Lamp, primaryjoin=lambda: foreign(House.street) == remote(Lamp.street), viewonly=True, uselist=False)
