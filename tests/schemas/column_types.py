"""Types: the library's, the dialects', one's own, in variables, with variants."""

# misread: types: as_mutable(...) is the type inside it

import enum
import uuid

import sqlalchemy as sa
from sqlalchemy import JSON, Column, DateTime, Enum, Integer, PickleType, String, Text, TypeDecorator, types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Short = String(20)
Document = JSON().with_variant(JSONB, "postgresql")


class Mood(enum.Enum):
    good = 1


class Upper(TypeDecorator):
    impl = String(10)
    cache_ok = True


class Point(types.UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_options):
        return "POINT"


class Zoned(DateTime):
    """A subclass with its own default."""

    def __init__(self) -> None:
        super().__init__(timezone=True)


def money(digits: int = 10) -> sa.Numeric:
    return sa.Numeric(digits, 2)


class Base(DeclarativeBase):
    pass


class Sample(Base):
    __tablename__ = "samples"

    id = Column(Integer, primary_key=True)
    short = Column(Short)
    document = Column(Document)
    upper = Column(Upper, nullable=False)
    upper_too = Column(Upper(), nullable=False)
    point = Column(Point)
    zoned = Column(Zoned())
    price = Column(money())
    mood = Column(Enum(Mood, values_callable=lambda moods: [mood.name for mood in moods]))
    words = Column(Enum("a", "b"))
    pickled = Column(PickleType)
    mutable = Column(MutableDict.as_mutable(JSON))
    mutable_list = Column(MutableList.as_mutable(ARRAY(Text)), nullable=False)
    big = Column(sa.BigInteger)
    variant = Column(sa.BigInteger().with_variant(Integer, "sqlite"))
    capital = Column(sa.VARCHAR(5))
    by_types = Column(sa.types.Unicode(9))
    of_postgres = Column(postgresql.INET)
    interval = Column(postgresql.INTERVAL())
    of_mysql = Column(mysql.LONGTEXT)
    timestamp = Column(sa.TIMESTAMP(timezone=True))
    key = Column(sa.Uuid(as_uuid=False))
    collated = Column(String(length=5, collation="nocase"))
    inferred: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
    told: Mapped[Mood] = mapped_column(Enum(Mood, native_enum=False))
    by_keyword: Mapped[str] = mapped_column(type_=Upper())
