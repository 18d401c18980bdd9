"""Two foreign keys to one table: which of them a relationship follows, in every spelling."""

from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Town(Base):
    __tablename__ = "towns"

    id: Mapped[int] = mapped_column(primary_key=True)
    departures: Mapped[list["Trip"]] = relationship(foreign_keys="Trip.start_id", back_populates="start")
    arrivals: Mapped[list["Trip"]] = relationship(foreign_keys="[Trip.end_id]", back_populates="end")
    stops: Mapped[list["Trip"]] = relationship(foreign_keys=lambda: [Trip.stop_id], back_populates="stop")
    detours = relationship("Trip", foreign_keys=lambda: Trip.detour_id, back_populates="detour", lazy="raise_on_sql")
    rests = relationship("Trip", primaryjoin="Town.id == Trip.rest_id", back_populates="rest")
    mayor_id: Mapped[int | None] = mapped_column(ForeignKey("mayors.id", use_alter=True))
    mayor: Mapped["Mayor | None"] = relationship(foreign_keys=[mayor_id], post_update=True)


class Trip(Base):
    __tablename__ = "trips"

    id: Mapped[int] = mapped_column(primary_key=True)
    start_id: Mapped[int] = mapped_column(ForeignKey("towns.id"))
    end_id: Mapped[int] = mapped_column(ForeignKey("towns.id"), index=True)
    stop_id = Column(Integer, ForeignKey("towns.id", ondelete="SET NULL"))
    detour_id = Column(Integer, ForeignKey("towns.id"))
    rest_id = Column("rest", Integer, ForeignKey("towns.id"))

    start: Mapped[Town] = relationship(foreign_keys=start_id, back_populates="departures")
    end: Mapped[Town] = relationship(foreign_keys=[end_id], back_populates="arrivals")
    stop = relationship("Town", foreign_keys="Trip.stop_id", back_populates="stops")
    detour = relationship("Town", foreign_keys=(detour_id,), back_populates="detours")
    rest = relationship("Town", primaryjoin=rest_id == Town.id, back_populates="rests")


class Mayor(Base):
    __tablename__ = "mayors"

    id: Mapped[int] = mapped_column(primary_key=True)
    town_id: Mapped[int] = mapped_column(ForeignKey(Town.id))
    town: Mapped[Town] = relationship(foreign_keys=[town_id])
