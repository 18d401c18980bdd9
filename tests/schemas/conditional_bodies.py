"""Conditions in class bodies and modules that can be decided by reading."""

# misread: tables: conditions on constants and on TYPE_CHECKING
# misread: columns: conditions on constants and on TYPE_CHECKING
# misread: unknown: conditions on constants and on TYPE_CHECKING

import sys
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Column, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

try:
    from sqlalchemy.dialects.postgresql import JSONB as Json
except ImportError:
    Json = JSON

USES_POSTGRES = True
LEVEL = 2


class Base(DeclarativeBase):
    pass


class Meter(Base):
    __tablename__ = "meters"

    id: Mapped[int] = mapped_column(primary_key=True)
    if TYPE_CHECKING:
        unit: str
        hidden = mapped_column(Integer)
    else:
        unit: Mapped[str] = mapped_column(String(5))
    if USES_POSTGRES:
        facts = Column(Json)
    else:
        facts = Column(String, index=True)
    if LEVEL > 2:
        deep = Column(Integer)
    elif LEVEL == 2:
        middle_id = Column(ForeignKey("meters.id"), index=True)
    else:
        shallow = Column(Integer)
    if sys.version_info >= (3, 0):
        modern = Column(Integer)
    own = Column(String(9)) if USES_POSTGRES else None
    for_each = [Column(Integer)]
    with_default = Column(Integer, index=LEVEL > 1 and USES_POSTGRES)
    del for_each


if USES_POSTGRES:

    class Reading(Base):
        __tablename__ = "readings"

        id: Mapped[int] = mapped_column(primary_key=True)
        meter_id: Mapped[int] = mapped_column(ForeignKey("meters.id"))

else:

    class Reading(Base):
        __tablename__ = "other_readings"

        id: Mapped[int] = mapped_column(primary_key=True)
