"""The base says which column type a Python type means."""

# misread: types: generic types and literals in the map

import enum
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, Optional

from sqlalchemy import JSON, BigInteger, DateTime, Enum, Numeric, String, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

short = Annotated[str, "short"]
money = Annotated[Decimal, 12]
Slug = NewType("Slug", str)


class Mood(str, enum.Enum):
    calm = "calm"
    wild = "wild"


class Base(DeclarativeBase):
    type_annotation_map = {
        int: BigInteger,
        str: Text(),
        short: String(30),
        money: Numeric(12, 2),
        Slug: String(60),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSON,
        list[str]: postgresql.ARRAY(Text),
        uuid.UUID: postgresql.UUID(as_uuid=True),
        Mood: Enum(Mood, native_enum=False),
    }


class River(Base):
    __tablename__ = "rivers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[short]
    story: Mapped[str]
    slug: Mapped[Slug]
    toll: Mapped[Optional[money]]
    seen_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    bridges: Mapped[list[str]]
    key: Mapped[uuid.UUID | None]
    mood: Mapped[Mood]
    bank: Mapped[Literal["left", "right"]]


class OtherBase(DeclarativeBase):
    registry = registry(type_annotation_map={str: String(99)})


class Lake(OtherBase):
    __tablename__ = "lakes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
