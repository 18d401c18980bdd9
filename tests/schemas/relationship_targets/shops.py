"""The other class is named by its module, by a lambda, by the class itself, by nothing."""

# misread: relationships: a mapper as target
# misread: unknown: a mapper as target

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from relationship_targets.base import Base

if TYPE_CHECKING:
    from relationship_targets import goods
    from relationship_targets.goods import Item as SoldItem


class Shop(Base):
    __tablename__ = "shops"

    by_module = relationship("relationship_targets.goods.Item", viewonly=True)
    by_part_of_module = relationship("goods.Item", viewonly=True)
    by_name = relationship("Shelf", back_populates="shop")
    annotated: Mapped[list["goods.Item"]] = relationship(viewonly=True)
    under_another_name: Mapped[list["SoldItem"]] = relationship("relationship_targets.goods.Item", viewonly=True)
    by_argument: Mapped[list["Shelf"]] = relationship(argument="Shelf", viewonly=True)


class Item(Base):
    """Of the same name as a class in another module."""

    __tablename__ = "shop_items"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
