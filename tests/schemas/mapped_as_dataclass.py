"""A base that makes every model a dataclass."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

key = Annotated[UUID, mapped_column(primary_key=True, default=uuid4)]


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Keyword-only everywhere."""


class Stamped(MappedAsDataclass):
    made: Mapped[datetime] = mapped_column(DateTime(timezone=True), insert_default=func.now(), init=False)


class Kiln(Stamped, Base):
    __tablename__ = "kilns"

    id: Mapped[key] = mapped_column(init=False)
    name: Mapped[str] = mapped_column(String(40), repr=False)
    heat: Mapped[int] = mapped_column(default=0, compare=False)
    pots: Mapped[list["Pot"]] = relationship(
        default_factory=list, back_populates="kiln", init=False, cascade="all, delete-orphan", passive_deletes=True
    )


class Pot(Base, unsafe_hash=True):
    __tablename__ = "pots"

    id: Mapped[key] = mapped_column(init=False)
    kiln_id: Mapped[UUID] = mapped_column(ForeignKey("kilns.id", ondelete="CASCADE"), index=True, init=False)
    glaze: Mapped[str | None] = mapped_column(default=None)
    kiln: Mapped[Kiln] = relationship(back_populates="pots", repr=False)
