from typing import Annotated

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from aliases_per_module import base
from aliases_per_module.base import Base, idPk

short = Annotated[str, mapped_column(String(10), unique=True)]


class Boat(Base):
    __tablename__ = "boats"

    id: Mapped[idPk]
    name: Mapped[short]
    owner: Mapped[base.short]
