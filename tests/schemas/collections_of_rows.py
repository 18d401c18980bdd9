"""``collection_class``, ordering lists, mapped collections, cycles between classes."""

from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import attribute_mapped_collection, declarative_base, relationship

Base = declarative_base()


class Menu(Base):
    __tablename__ = "menus"

    id = Column(Integer, primary_key=True)
    dishes = relationship(
        "Dish", foreign_keys="Dish.menu_id", order_by="Dish.position", collection_class=ordering_list("position"), back_populates="menu"
    )
    by_name = relationship("Dish", foreign_keys="Dish.menu_id", collection_class=attribute_mapped_collection("name"), viewonly=True)
    unique = relationship("Dish", foreign_keys="Dish.menu_id", collection_class=set, viewonly=True, uselist=True)
    favourite_id = Column(ForeignKey("dishes.id", use_alter=True, name="fk_menus_favourite"))
    favourite = relationship("Dish", foreign_keys=favourite_id, post_update=True)


class Dish(Base):
    __tablename__ = "dishes"

    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    position = Column(Integer)
    menu_id = Column(ForeignKey("menus.id"), index=True)
    menu = relationship("Menu", back_populates="dishes", foreign_keys=[menu_id])
