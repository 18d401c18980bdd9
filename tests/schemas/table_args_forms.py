"""What ``__table_args__`` may be."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, mapped_column

OPTIONS = {"mysql_charset": "utf8mb4", "comment": "made of wood"}
SHARED = (CheckConstraint("1 = 1"),)
LOOKED_UP = ("name", "maker")

OldBase = declarative_base()


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class Chair(Base):
    __tablename__ = "chairs"
    __table_args__ = (Index("ix_chairs_legs", "legs"), UniqueConstraint("name"))

    name: Mapped[str]
    legs: Mapped[int]


class Table(Base):
    __tablename__ = "tables"
    __table_args__ = {"schema": "dining", "extend_existing": True}

    chair_id: Mapped[int] = mapped_column(ForeignKey("chairs.id"))


class Bench(Base):
    __tablename__ = "benches"
    __table_args__ = (
        Index("ix_benches_table_id", "table_id", "chair_id"),
        ForeignKeyConstraint(["table_id"], ["dining.tables.id"], ondelete="CASCADE"),
        {"schema": "garden", "sqlite_autoincrement": True},
    )

    table_id: Mapped[int]
    chair_id: Mapped[int] = mapped_column(ForeignKey("chairs.id"))


class Stool(Base):
    __tablename__ = "stools"
    __table_args__ = OPTIONS


class Sofa(Base):
    __tablename__ = "sofas"
    __table_args__ = (UniqueConstraint("name", "maker", name="uq_sofas"), *SHARED, OPTIONS)

    name: Mapped[str]
    maker: Mapped[str]


class Shelf(Base):
    __tablename__ = "shelves"
    __table_args__ = tuple(Index(f"ix_shelves_{name}", name) for name in LOOKED_UP)

    name: Mapped[str]
    maker: Mapped[str]


class Desk(Base):
    __tablename__ = "desks"
    __table_args__ = tuple([Index(f"ix_desks_{i}", name, unique=True) for i, name in enumerate(LOOKED_UP)] + [OPTIONS])

    name: Mapped[str]
    maker: Mapped[str]


class Lamp(OldBase):
    __tablename__ = "lamps"

    id = Column(Integer, primary_key=True)
    name = Column(String)
    watts = Column(Integer)

    constraints = [UniqueConstraint(name, watts), Index("ix_lamps_watts", watts.desc())]
    __table_args__ = (*constraints, {"keep_existing": False})


class Rug(OldBase):
    __tablename__ = "rugs"
    __table_args__ = None

    id = Column(Integer, primary_key=True)


class Clock(OldBase):
    __tablename__ = "clocks"
    __table_args__ = ()

    id = Column(Integer, primary_key=True)
    by_class_attribute = Index("ix_clocks_wheels", "wheels")
    wheels = Column(Integer)
