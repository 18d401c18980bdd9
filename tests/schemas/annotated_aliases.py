"""Columns that live in Annotated aliases: nested, optional, merged with a call, declared anew."""

# misread: indexes: an alias means what it last meant above; of nested ones the first counts

from datetime import datetime
from typing import Annotated, Optional

from sqlalchemy import DateTime, ForeignKey, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

int_pk = Annotated[int, mapped_column(primary_key=True)]
str_40 = Annotated[str, mapped_column(String(40))]
str_or_none = Annotated[Optional[str], mapped_column(String(200))]
unique_str = Annotated[str_40, mapped_column(unique=True)]
timestamp_now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now(), nullable=False)]
orchard_fk = Annotated[int, mapped_column(ForeignKey("orchards.id", ondelete="CASCADE"), index=True)]
bare_fk = Annotated[int, mapped_column(ForeignKey("orchards.id"))]


class Base(DeclarativeBase):
    pass


class Orchard(Base):
    __tablename__ = "orchards"

    id: Mapped[int_pk]
    name: Mapped[unique_str]
    nickname: Mapped[Optional[str_40]]
    region: Mapped[str_or_none]
    planted: Mapped[timestamp_now]


class Tree(Base):
    __tablename__ = "trees"

    id: Mapped[int_pk]
    orchard_id: Mapped[orchard_fk]
    former_id: Mapped[bare_fk | None]
    next_id: Mapped[bare_fk] = mapped_column(index=True)
    label: Mapped[str_40] = mapped_column("tree_label", nullable=True)
    felled: Mapped[Optional[timestamp_now]]


# The name means something else from here on.
str_40 = Annotated[str, mapped_column(String(41), index=True)]


class Basket(Base):
    __tablename__ = "baskets"

    id: Mapped[int_pk]
    label: Mapped[str_40]
