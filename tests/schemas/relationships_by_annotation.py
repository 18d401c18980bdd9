"""What the annotation of a relationship says about both ends."""

import typing
from collections.abc import Sequence
from typing import Dict, List, Optional, Set, Union

from sqlalchemy import ForeignKey
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    attribute_keyed_dict,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class Port(Base):
    __tablename__ = "ports"

    name: Mapped[str]
    ships: Mapped[list["Ship"]] = relationship(back_populates="port")
    as_list: Mapped[List["Ship"]] = relationship(viewonly=True)
    as_set: Mapped[set["Ship"]] = relationship(viewonly=True)
    as_other_set: Mapped[Set["Ship"]] = relationship(viewonly=True)
    as_text: "Mapped[list[Ship]]" = relationship(viewonly=True)
    as_typing: "Mapped[typing.List[Ship]]" = relationship(viewonly=True)
    as_dict: Mapped[dict[str, "Ship"]] = relationship(
        viewonly=True, collection_class=attribute_keyed_dict("name")
    )
    as_dynamic: DynamicMapped["Ship"] = relationship(viewonly=True)
    as_write_only: WriteOnlyMapped["Ship"] = relationship(overlaps="ships,port")
    # A collection of one: the annotation decides, not the direction.
    flagship: Mapped[Optional["Ship"]] = relationship(viewonly=True)
    anchored: Mapped["Ship"] = relationship(viewonly=True)
    pilot: Mapped["Ship | None"] = relationship(viewonly=True)
    told_otherwise: Mapped["Ship"] = relationship("Ship", uselist=True, viewonly=True)
    # No annotation: the direction decides.
    unannotated = relationship("Ship", viewonly=True)
    bare: Mapped["Ship"]  = relationship(uselist=False, viewonly=True)


class Ship(Base):
    __tablename__ = "ships"

    name: Mapped[str]
    port_id: Mapped[int] = mapped_column(ForeignKey("ports.id"), index=True)
    port: Mapped[Port] = relationship(back_populates="ships")
    optional: Mapped[Optional[Port]] = relationship(viewonly=True)
    union: Mapped[Union[Port, None]] = relationship(viewonly=True)
    text: Mapped["Port"] = relationship(viewonly=True)
    without_annotation = relationship(Port, viewonly=True)
