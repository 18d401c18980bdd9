"""What nobody can know without the environment. Saying the default is fine, inventing is not."""

# unknown: Gauge: an index depends on the environment
# unknown: Valve: columns depend on the environment
# unknown: pipes: its columns are read from a file

import json
import os
from pathlib import Path

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Gauge(Base):
    __tablename__ = "gauges"

    id: Mapped[int] = mapped_column(primary_key=True)
    valve_id: Mapped[int] = mapped_column(ForeignKey("valves.id"), index=bool(os.environ.get("INDEX_VALVES")))


class Valve(Base):
    __tablename__ = "valves"

    id: Mapped[int] = mapped_column(primary_key=True)
    if os.environ.get("WITH_PRESSURE"):
        pressure: Mapped[int]
    gauge_id: Mapped[int | None] = mapped_column(ForeignKey("gauges.id", use_alter=True))


_described = Path(__file__).with_suffix(".json")
_columns = json.loads(_described.read_text()) if _described.exists() else ["litres"]
pipes = Table(
    "pipes", Base.metadata, Column("id", Integer, primary_key=True), *(Column(each, String) for each in _columns)
)
