"""Dataclasses whose fields carry their columns."""

# unknown: Crew: the metadata of dataclass fields

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import registry, relationship

mapper_registry = registry()


@mapper_registry.mapped
@dataclass
class Crew:
    __tablename__ = "crews"
    __sa_dataclass_metadata_key__ = "sa"

    id: int = field(init=False, metadata={"sa": Column(Integer, primary_key=True)})
    name: str = field(default=None, metadata={"sa": Column(String(50), index=True)})
    sailors: list[Sailor] = field(default_factory=list, metadata={"sa": relationship("Sailor")})


@mapper_registry.mapped
@dataclass
class Sailor:
    __table__ = Table(
        "sailors",
        mapper_registry.metadata,
        Column("id", Integer, primary_key=True),
        Column("crew_id", ForeignKey("crews.id")),
    )

    id: int = field(init=False)
    crew_id: Optional[int] = None
