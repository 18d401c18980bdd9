from typing_extensions import Annotated, TypeAlias

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, short
from .base import idPk as pk

boat_id: TypeAlias = Annotated[int, mapped_column("boat", ForeignKey("boats.id"), index=True)]


class Sail(Base):
    __tablename__ = "sails"

    id: Mapped[pk]
    name: Mapped[short]
    boat_id: Mapped[boat_id]
