"""Names that depend on the environment, with a default."""

# unknown: Hut: the name of its table depends on the environment
# unknown: Path: what it refers to depends on the environment

import os

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PREFIX = os.environ.get("HUTS_PREFIX", "")


class Base(DeclarativeBase):
    pass


class Hut(Base):
    __tablename__ = f"{PREFIX}huts"

    id: Mapped[int] = mapped_column(primary_key=True)


class Path(Base):
    __tablename__ = "paths"

    id: Mapped[int] = mapped_column(primary_key=True)
    hut_id: Mapped[int] = mapped_column(ForeignKey(f"{PREFIX}huts.id"))


class Bridge(Base):
    __tablename__ = "bridges"

    id: Mapped[int] = mapped_column(primary_key=True)
    path_id: Mapped[int] = mapped_column(ForeignKey("paths.id"))
