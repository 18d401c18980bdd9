"""``__init_subclass__`` names or renames what is declared below."""

from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, mapped_column


class Base(DeclarativeBase):
    def __init_subclass__(cls, **kwargs):
        if not cls.__dict__.get("__abstract__"):
            cls.__tablename__ = f"{cls.__name__.lower()}s"
        super().__init_subclass__(**kwargs)


class Plough(Base):
    id: Mapped[int] = mapped_column(primary_key=True)


class Furrow(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    plough_id: Mapped[int] = mapped_column(ForeignKey("ploughs.id"))


TABLE_PREFIX = "shop_"
OldBase = declarative_base()


class Prefixed(OldBase):
    __abstract__ = True

    def __init_subclass__(cls, prefix=TABLE_PREFIX, **kwargs):
        if "__tablename__" in cls.__dict__:
            cls.__tablename__ = prefix + cls.__tablename__
        super().__init_subclass__(**kwargs)


class Counter(Prefixed):
    __tablename__ = "counters"

    id = Column(Integer, primary_key=True)


class Till(Prefixed, prefix="old_"):
    __tablename__ = "tills"

    id = Column(Integer, primary_key=True)
    counter_id = Column(ForeignKey("shop_counters.id"), index=True)
    label = Column(String(9))
