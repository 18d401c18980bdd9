"""Two modules that name each other's classes, and import them for the type checker only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from future_annotations.base import Base

if TYPE_CHECKING:
    from future_annotations.harbours import Harbour


class Ferry(Base):
    __tablename__ = "ferries"

    name: Mapped[str | None]
    home_id: Mapped[int] = mapped_column(ForeignKey("harbours.id", ondelete="RESTRICT"), index=True)
    winter_id: Mapped[int | None] = mapped_column(ForeignKey("harbours.id", ondelete="SET NULL"))

    home: Mapped[Harbour] = relationship(back_populates="ferries", foreign_keys=[home_id])
    winter: Mapped[Harbour | None] = relationship(foreign_keys=[winter_id])
