from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from relationship_targets import shops
from relationship_targets.base import Base
from relationship_targets.shops import Shop


class Shelf(Base):
    __tablename__ = "shelves"

    shop_id: Mapped[int] = mapped_column(ForeignKey(Shop.id))
    shop = relationship(Shop, back_populates="by_name")
    items: Mapped[list["Item"]] = relationship("relationship_targets.goods.Item")


class Item(Base):
    __tablename__ = "items"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shop: Mapped[shops.Shop] = relationship(viewonly=True)
    by_lambda = relationship(lambda: Shop, viewonly=True)
    by_attribute = relationship(shops.Shop, viewonly=True)
    by_mapper = relationship(Shop.__mapper__, viewonly=True)
