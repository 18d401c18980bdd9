"""``__table_args__`` that code puts together: loops, conditions, helper functions."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import declarative_base

Base = declarative_base()
DIALECT = "postgresql"
WITH_SEARCH = False


def lookups(table: str, *columns: str) -> list[Index]:
    return [Index(f"ix_{table}_{column}", column) for column in columns]


def unique_together(*columns, table):
    return UniqueConstraint(*columns, name="uq_" + table + "_" + "_".join(columns))


class Parcel(Base):
    __tablename__ = "parcels"

    id = Column(Integer, primary_key=True)
    number = Column(String(20))
    weight = Column(Integer)
    sender_id = Column(ForeignKey("senders.id"))

    if DIALECT == "postgresql":
        __table_args__ = (Index("ix_parcels_weight", weight, postgresql_using="brin"),)
    else:
        __table_args__ = (Index("ix_parcels_number", number),)


class Sender(Base):
    __tablename__ = "senders"

    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    town = Column(String(20))
    street = Column(String(20))

    _args = []
    for _name in ("name", "town"):
        _args.append(Index("ix_senders_" + _name, _name))
    _args.extend(lookups("senders", "street"))
    if WITH_SEARCH:
        _args.append(Index("ix_senders_search", "name", "town", "street"))
    __table_args__ = tuple(_args)


class Stamp(Base):
    __tablename__ = "stamps"
    __table_args__ = (
        unique_together("country", "value", table="stamps"),
        *lookups("stamps", "year", "country"),
    )

    id = Column(Integer, primary_key=True)
    country = Column(String(2))
    value = Column(Integer)
    year = Column(Integer)


class Postmark(Base):
    __tablename__ = "postmarks"

    id = Column(Integer, primary_key=True)
    stamp_id = Column(Integer, ForeignKey("stamps.id"))

    __table_args__ = (Index("ix_postmarks_stamp", "stamp_id", unique=not WITH_SEARCH),) if DIALECT else ()
