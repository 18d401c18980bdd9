from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base

if TYPE_CHECKING:
    from .ferries import Ferry


class Harbour(Base):
    __tablename__ = "harbours"

    name: Mapped[str] = mapped_column(unique=True)
    ferries: Mapped[list[Ferry]] = relationship(back_populates="home", foreign_keys="Ferry.home_id")
