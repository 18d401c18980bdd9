"""Classes that a decorator makes dataclasses and maps at once."""

from __future__ import annotations

from typing import Optional

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, registry, relationship

reg = registry()


@reg.mapped_as_dataclass
class Choir:
    __tablename__ = "choirs"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str] = mapped_column(String(30), index=True)
    town: Mapped[Optional[str]] = mapped_column(default=None)
    singers: Mapped[list[Singer]] = relationship(default_factory=list, back_populates="choir")


@reg.mapped_as_dataclass(kw_only=True, unsafe_hash=True)
class Singer:
    __tablename__ = "singers"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    voice: Mapped[str] = mapped_column(default="alto")
    choir_id: Mapped[Optional[int]] = mapped_column(ForeignKey("choirs.id"), init=False)
    choir: Mapped[Optional[Choir]] = relationship(default=None, back_populates="singers")
