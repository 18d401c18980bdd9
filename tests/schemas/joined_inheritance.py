"""Each class has a table of its own, whose key refers to its parent's."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Vehicle(Base):
    __tablename__ = "vehicles"
    __table_args__ = (UniqueConstraint("kind", "id"),)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    depot_id: Mapped[int] = mapped_column(ForeignKey("depots.id"))
    depot: Mapped["Depot"] = relationship(back_populates="vehicles")


class Truck(Vehicle):
    __tablename__ = "trucks"
    __mapper_args__ = {"polymorphic_identity": "truck"}

    id: Mapped[int] = mapped_column(ForeignKey("vehicles.id", ondelete="CASCADE"), primary_key=True)
    load: Mapped[float]
    home_id: Mapped[int] = mapped_column(ForeignKey("depots.id"), index=True)


class Tanker(Truck):
    """The third level."""

    __tablename__ = "tankers"
    __mapper_args__ = {"polymorphic_identity": "tanker", "inherit_condition": None}

    truck_id: Mapped[int] = mapped_column("id", ForeignKey(Truck.id), primary_key=True)
    litres: Mapped[int]
    hoses: Mapped[list["Hose"]] = relationship(back_populates="tanker", cascade="all")


class Bus(Vehicle):
    """A composite key to the parent: its second part is the primary key."""

    __tablename__ = "buses"
    __table_args__ = (ForeignKeyConstraint(["kind", "id"], ["vehicles.kind", "vehicles.id"], ondelete="CASCADE"),)
    __mapper_args__ = {"polymorphic_identity": "bus"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    seats = Column(Integer)


class NightBus(Bus):
    """Without a table: single-table inheritance below joined inheritance."""

    __mapper_args__ = {"polymorphic_identity": "night bus"}

    beds: Mapped[int | None]


class Depot(Base):
    __tablename__ = "depots"

    id: Mapped[int] = mapped_column(primary_key=True)
    vehicles: Mapped[list[Vehicle]] = relationship(back_populates="depot")


class Hose(Base):
    __tablename__ = "hoses"

    id: Mapped[int] = mapped_column(primary_key=True)
    tanker_id: Mapped[int] = mapped_column(ForeignKey("tankers.id"))
    tanker: Mapped[Tanker] = relationship(back_populates="hoses")
