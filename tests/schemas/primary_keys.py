"""What the primary key is, and in which order its columns are."""

import uuid

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, PrimaryKeyConstraint, Sequence, String, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Country(Base):
    __tablename__ = "countries"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)


class Road(Base):
    __tablename__ = "roads"
    __table_args__ = (PrimaryKeyConstraint("number", "country_code", name="roads_pk"),)

    country_code: Mapped[str] = mapped_column(ForeignKey("countries.code"))
    number: Mapped[int]
    name: Mapped[str | None]


class Exit(Base):
    __tablename__ = "exits"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    country_code: Mapped[str] = mapped_column(ForeignKey("countries.code"), primary_key=True)
    label = Column(String(5))


class Toll(Base):
    __tablename__ = "tolls"

    id = Column(BigInteger().with_variant(Integer, "sqlite"), Sequence("toll_ids"), primary_key=True)
    uuid = Column(Uuid, primary_key=True, unique=True, default=uuid.uuid4)
    country = Column("country", ForeignKey("countries.code"), nullable=False)


class Bridge(Base):
    __tablename__ = "bridges"

    country_code = Column(ForeignKey(Country.code, ondelete="RESTRICT"), primary_key=True)
    key = Column(Integer, primary_key=True)
    former_country = Column(ForeignKey(Country.code))

    __table_args__ = (PrimaryKeyConstraint(key, country_code),)


class Log(Base):
    """No key in the database: the mapper is told one."""

    __tablename__ = "log"
    __mapper_args__ = {"primary_key": ["line", "country"]}

    line: Mapped[int]
    country: Mapped[str] = mapped_column(ForeignKey("countries.code"))
