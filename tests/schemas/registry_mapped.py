"""A registry's decorator maps classes that have no common base."""

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.orm import Mapped, mapped_column, registry, relationship

mapper_registry = registry(metadata=MetaData())
reg = mapper_registry


@mapper_registry.mapped
class Hive:
    __tablename__ = "hives"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str | None]
    frames: Mapped[list["Frame"]] = relationship(back_populates="hive", lazy="selectin")


@reg.mapped
class Frame:
    __table__ = Table(
        "frames",
        reg.metadata,
        Column("id", Integer, primary_key=True),
        Column("hive_id", ForeignKey("hives.id"), index=True),
        Column("wood", String(20)),
    )
    hive = relationship("Hive", back_populates="frames")


class Unmapped:
    __tablename__ = "unmapped"

    id = Column(Integer, primary_key=True)
