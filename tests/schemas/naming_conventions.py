"""The metadata names what nobody names."""

# misread: indexes: names by convention for indexes without one

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CONVENTION = {
    "ix": "%(column_0_label)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=CONVENTION)


class Village(Base):
    __tablename__ = "villages"
    __table_args__ = (
        UniqueConstraint("name", "county"),
        UniqueConstraint("code", name="villages_code_unique"),
        CheckConstraint("people > 0", name="people_positive"),
        Index(None, "county", "people"),
        Index("ix_villages_people", "people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    county: Mapped[str]
    code: Mapped[str]
    people: Mapped[int]
    slug: Mapped[str] = mapped_column(unique=True)
    sign: Mapped[str] = mapped_column(unique=True, index=True)


metadata = MetaData(
    naming_convention={
        "ix": "ix__%(table_name)s__%(column_0_N_name)s",
        "uq": "uq__%(table_name)s__%(column_0_name)s",
    }
)

streets = Table(
    "streets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, index=True),
    Column("village", Integer, ForeignKey("streets.id"), unique=True),
    Index(None, "village", "name"),
)
