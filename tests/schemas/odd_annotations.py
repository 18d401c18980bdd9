"""Annotations that real applications contain."""

# misread: columns: a tuple by accident, and private names
# misread: attributes: a tuple by accident, and private names

import datetime
import uuid
from datetime import datetime as dt
from typing import Any, Final, Optional

import sqlalchemy as sa
import sqlalchemy.orm as so
from sqlalchemy import UUID, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Oddity(Base):
    __tablename__ = "oddities"

    # A slice, where a dot was meant.
    id: Mapped[uuid:UUID] = mapped_column(UUID, primary_key=True)
    by_module: so.Mapped[str] = so.mapped_column(sa.String(5))
    other_date: Mapped[datetime.date]
    same_date: Mapped[dt]
    any: Mapped[Any] = mapped_column(sa.JSON)
    wrong: Mapped[str] = mapped_column(sa.Integer)
    class_for_key: Mapped["Oddity"] = mapped_column(ForeignKey("oddities.id"), nullable=True)
    nested: Mapped[Optional[Optional[int]]]
    final: Mapped[str] = mapped_column(sa.String, sa.ForeignKey("oddities.by_module"), default="x"), "a tuple by accident"
    unmapped = 3
    _private: Mapped[int] = mapped_column(default=0)
    __mangled: Mapped[int] = mapped_column("mangled", default=0)
