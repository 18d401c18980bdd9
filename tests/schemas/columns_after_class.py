"""Columns, relationships and constraints that come when the class is already there."""

# misread: columns: setattr, append_column, append_constraint and functions that get the class
# misread: foreign keys: setattr, append_column, append_constraint and functions that get the class
# misread: indexes: setattr, append_column, append_constraint and functions that get the class
# misread: unique: setattr, append_column, append_constraint and functions that get the class

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, declarative_base, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Cup(Base):
    __tablename__ = "cups"

    id: Mapped[int] = mapped_column(primary_key=True)


class Saucer(Base):
    __tablename__ = "saucers"

    id: Mapped[int] = mapped_column(primary_key=True)


Cup.glaze = Column(String(10), index=True)
Cup.saucer_id = mapped_column("saucer", ForeignKey(Saucer.id), nullable=False)
Cup.saucer = relationship(Saucer, backref="cups")
Saucer.size = Column("size_in_mm", Integer)
Saucer.label = column_property(Saucer.size + 1)
setattr(Saucer, "rim", mapped_column(String(5), unique=True))
Saucer.__table__.append_constraint(UniqueConstraint("size_in_mm", name="uq_saucers_size"))
Cup.__table__.append_column(Column("weight", Integer))
Cup.__table__.append_constraint(ForeignKeyConstraint(["weight"], ["cups.id"]))
Index("ix_cups_weight", Cup.__table__.c.weight)

for _name in ("left", "right"):
    setattr(Cup, _name, Column(Integer))


def add_owner(model: type, *, index: bool) -> None:
    model.owner_id = Column(ForeignKey("cups.id"), index=index)


add_owner(Cup, index=True)


def with_notes(model):
    """A class decorator."""
    model.notes = Column(String(80))
    return model


@with_notes
class Spoon(Base):
    __tablename__ = "spoons"

    id: Mapped[int] = mapped_column(primary_key=True)
