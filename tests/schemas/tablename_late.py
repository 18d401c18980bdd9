"""The table's name stands after the columns, and is used in the same body."""

# misread: tables: __qualname__
# misread: columns: __qualname__
# misread: foreign keys: __qualname__
# misread: unknown: __qualname__

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    __abstract__ = True


class Drum(Base):
    id = Column(Integer, primary_key=True)
    maker = Column(String(20), nullable=False)
    size = Column(Integer)

    __tablename__ = "drums"
    __table_args__ = (
        Index("ix_" + __tablename__ + "_maker", maker),
        UniqueConstraint(maker, size, name=f"uq_{__tablename__}"),
    )


class Stick(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    drum_id: Mapped[int] = mapped_column()
    _table = "sticks"

    __tablename__ = _table
    __table_args__ = (
        ForeignKeyConstraint(columns=(drum_id,), refcolumns=[Drum.id], name="fk_" + _table, ondelete="CASCADE"),
        sa.Index("ix_{0}_drum".format(_table), drum_id),
    )


class Strap(Base):
    __tablename__ = __qualname__.lower() + "s"

    id: Mapped[int] = mapped_column(primary_key=True)
    drum_id: Mapped[int] = mapped_column(ForeignKey(f"{Drum.__tablename__}.{Drum.id.name}"))
