"""``key=`` gives a column a second name, which constraints of its table use."""

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData()


wells = Table(
    "wells",
    Base.metadata,
    Column("well_id", Integer, key="id"),
    Column("well_name", String(30), key="name"),
    Column("parish_code", String(5), key="parish", nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("name", "parish"),
    Index("ix_wells_parish", "parish"),
)

pumps = Table(
    "pumps",
    Base.metadata,
    Column("pump_id", Integer, primary_key=True, key="id"),
    Column("well_ref", ForeignKey("wells.id"), key="well"),
    Column("name_ref", String(30), key="name"),
    Column("parish_ref", String(5), key="parish"),
    ForeignKeyConstraint(["name", "parish"], ["wells.name", "wells.parish"]),
    Index("ix_pumps_name", "name", "parish"),
)


class Bucket(Base):
    __tablename__ = "buckets"

    id: Mapped[int] = mapped_column("bucket_id", primary_key=True, key="id")
    pump: Mapped[int] = mapped_column("pump_ref", ForeignKey(pumps.c.id), key="pump", index=True)
