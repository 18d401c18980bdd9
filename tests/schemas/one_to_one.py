"""One row on either side, said in every way there is."""

from typing import Optional

from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, backref, declarative_base, mapped_column, relationship


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class Queen(Base):
    __tablename__ = "queens"

    crown: Mapped["Crown"] = relationship(back_populates="queen", cascade="all, delete-orphan")
    castle: Mapped[Optional["Castle"]] = relationship(back_populates="queen")
    horse: Mapped["Horse"] = relationship(back_populates="queen", uselist=False, passive_deletes=True)


class Crown(Base):
    __tablename__ = "crowns"

    queen_id: Mapped[int] = mapped_column(ForeignKey("queens.id"), unique=True)
    queen: Mapped[Queen] = relationship(back_populates="crown", single_parent=True)


class Castle(Base):
    __tablename__ = "castles"

    queen_id: Mapped[int] = mapped_column(ForeignKey("queens.id", ondelete="CASCADE"))
    queen: Mapped["Queen"] = relationship(back_populates="castle", cascade="all, delete-orphan", single_parent=True)


class Horse(Base):
    """Its key is the key of its queen."""

    __tablename__ = "horses"

    id: Mapped[int] = mapped_column(ForeignKey("queens.id", ondelete="CASCADE"), primary_key=True)
    queen: Mapped[Queen] = relationship(back_populates="horse")


OldBase = declarative_base()


class King(OldBase):
    __tablename__ = "kings"

    id = Column(Integer, primary_key=True)
    sword = relationship("Sword", uselist=False, back_populates="king")
    shield_id = Column(ForeignKey("shields.id"))
    shield = relationship("Shield", backref=backref("king", uselist=False))


class Sword(OldBase):
    __tablename__ = "swords"

    id = Column(Integer, primary_key=True)
    king_id = Column(ForeignKey("kings.id"), index=True)
    king = relationship("King", back_populates="sword")


class Shield(OldBase):
    __tablename__ = "shields"

    id = Column(Integer, primary_key=True)
