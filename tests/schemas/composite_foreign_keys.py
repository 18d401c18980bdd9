"""ForeignKeyConstraint with names, with columns, with keywords."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Flight(Base):
    __tablename__ = "flights"

    line: Mapped[str] = mapped_column(String(2), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    seats: Mapped[list["Seat"]] = relationship(back_populates="flight", cascade="all, delete-orphan")


class Seat(Base):
    __tablename__ = "seats"
    __table_args__ = (
        ForeignKeyConstraint(["flight_line", "flight_number"], ["flights.line", "flights.number"], ondelete="CASCADE"),
        Index("ix_seats_flight", "flight_number", "flight_line"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    flight_line: Mapped[str]
    flight_number: Mapped[int]
    flight: Mapped[Flight] = relationship(back_populates="seats")


class Meal(Base):
    __tablename__ = "meals"

    id = Column(Integer, primary_key=True)
    line = Column(String(2))
    number = Column(Integer)
    seat = Column("seat_id", Integer)

    __table_args__ = (
        ForeignKeyConstraint(columns=(line, number), refcolumns=[Flight.line, Flight.number], name="fk_meals_flight"),
        ForeignKeyConstraint((seat,), (Seat.__table__.c.id,), onupdate="CASCADE", ondelete="set null"),
        UniqueConstraint(line, number, seat),
    )
    flight = relationship(Flight)


class Crew(Base):
    __tablename__ = "crews"
    __table_args__ = (
        ForeignKeyConstraint(refcolumns=["flights.line", "flights.number"], columns=["line", "number"]),
        ForeignKeyConstraint(["line"], ["lines.code"], use_alter=True, name="fk_line"),
    )

    line: Mapped[str] = mapped_column(primary_key=True)
    pilot: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class Line(Base):
    __tablename__ = "lines"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
