"""Every argument of ``Field`` that says something of the column."""

import enum
import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Optional

from pydantic import PrivateAttr, computed_field
from sqlalchemy import ARRAY, JSON, BigInteger, Column, DateTime, ForeignKey, Integer, String, Text, UniqueConstraint, func
from sqlmodel import AutoString, Field, SQLModel


class Level(str, enum.Enum):
    low = "low"
    high = "high"


class Team(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=8)


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    alias: str | None = Field(default=None, index=True, unique=True, max_length=30)
    plain: str
    optional: Optional[str] = None
    with_default: str = "x"
    number: int = Field(ge=0, nullable=True)
    required: int | None = Field(nullable=False)
    level: Level = Level.low
    word: Literal["a", "b"] = Field(default="a", sa_type=String)
    key: uuid.UUID = Field(default_factory=uuid.uuid4, index=True)
    price: Decimal = Field(default=0, max_digits=10, decimal_places=2)
    ratio: float
    flag: bool = False
    blob: bytes | None = None
    born: date
    seen: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))
    pause: timedelta = timedelta(0)
    extra: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    zoned: datetime = Field(sa_type=DateTime(timezone=True), nullable=False)
    story: str = Field(sa_column=Column("story_text", Text, nullable=False))
    tags: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String)))
    updated: datetime | None = Field(default=None, sa_column_kwargs={"onupdate": func.now(), "server_default": func.now()})
    renamed: int = Field(default=0, sa_column_kwargs={"name": "other_name"})
    big: int = Field(default=0, sa_type=BigInteger, index=True)
    team_id: int | None = Field(default=None, foreign_key="team.id")
    first_id: int = Field(foreign_key="team.id", index=True, ondelete="CASCADE")
    second_id: int | None = Field(default=None, foreign_key="team.id", ondelete="SET NULL", nullable=True)
    third_id: int = Field(sa_column=Column(Integer, ForeignKey("team.id", ondelete="RESTRICT"), index=True))
    fourth_id: str = Field(sa_column_args=[ForeignKey("team.code")], max_length=8)
    fifth_id: int = Field(foreign_key="team.id", unique=True)
    annotated: Annotated[int, Field(index=True)]
    annotated_key: Annotated[int | None, Field(foreign_key="team.id")] = None
    _cache: dict[str, int] = PrivateAttr(default_factory=dict)
    count: ClassVar[int] = 0

    @computed_field
    @property
    def label(self) -> str:
        return self.name.upper()
