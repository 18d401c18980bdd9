"""The annotation alone says the type, and whether NULL is allowed."""

import decimal
import enum
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, List, Optional, Union

from sqlalchemy import ARRAY, JSON, BigInteger, Integer, LargeBinary, Numeric, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Shade(enum.Enum):
    light = "light"
    dark = "dark"


class Paint(Base):
    __tablename__ = "paints"

    instances: ClassVar[int] = 0
    __allow_unmapped__ = True
    helper: int = 3

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    code: Mapped["str"]
    maker: Mapped[Optional[str]]
    batch: Mapped[str | None]
    note: Mapped[Union[str, None]]
    remark: Mapped["str | None"]
    comment: Mapped[Optional["str"]]
    shade: Mapped[Shade]
    other_shade: Mapped[Shade | None] = mapped_column(index=True)
    key: Mapped[uuid.UUID] = mapped_column(unique=True)
    price: Mapped[decimal.Decimal]
    weight: Mapped[float]
    is_sold: Mapped[bool] = mapped_column(default=False)
    mixed_on: Mapped[date]
    mixed_at: Mapped[datetime]
    shop_opens: Mapped[time]
    dries_in: Mapped[timedelta]
    sample: Mapped[bytes]
    # What is written in the call overrules the annotation.
    tint: Mapped[str] = mapped_column(nullable=True)
    gloss: Mapped[Optional[str]] = mapped_column(nullable=False)
    title: Mapped[str] = mapped_column(String(80))
    story: Mapped[str] = mapped_column(Text)
    litres: Mapped[int] = mapped_column(BigInteger, nullable=False)
    rebate: Mapped[float] = mapped_column(Numeric(10, 2))
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)
    layers: Mapped[List[int]] = mapped_column(ARRAY(Integer))
    photo: Mapped[Optional[bytes]] = mapped_column(LargeBinary)
    # Without an annotation.
    shelf = mapped_column(Integer)
    row = mapped_column(String(10), nullable=False)
