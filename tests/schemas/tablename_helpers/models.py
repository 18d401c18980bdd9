from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from tablename_helpers import naming
from tablename_helpers.naming import NAMES, SEPARATOR, Tables, key_of, prefixed


class Base(DeclarativeBase):
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return naming.prefixed(naming.snake(cls.__name__))

    id: Mapped[int] = mapped_column(primary_key=True)


class FeedingTime(Base):
    pass


class Animal(Base):
    __tablename__ = Tables.ANIMAL

    feeding_id: Mapped[int] = mapped_column(ForeignKey("zoo_feeding_time.id"))


class Cage(Base):
    __tablename__ = prefixed(NAMES["cage"])

    animal_id: Mapped[int] = mapped_column(ForeignKey(f"{Tables.ANIMAL}.id"))


class Keeper(Base):
    __tablename__ = SEPARATOR.join(("zoo", NAMES["keeper"]))
    __table_args__ = (Index(f"ix_{__tablename__}_cage", "cage_id"),)

    cage_id: Mapped[int] = mapped_column(ForeignKey(key_of("cages")))


class Visit(Base):
    __tablename__ = Tables.VISIT

    keeper_id: Mapped[int] = mapped_column(ForeignKey(Keeper.__tablename__ + ".id"))
    first_id: Mapped[int] = mapped_column(ForeignKey("{}.id".format(__tablename__)), unique=True)
