"""The table between two others has a class, and a proxy hides it."""

from typing import List

from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Recipe(Base):
    __tablename__ = "recipes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    uses: Mapped[List["Use"]] = relationship(back_populates="recipe", cascade="all, delete-orphan")
    herbs: AssociationProxy[list["Herb"]] = association_proxy("uses", "herb", creator=lambda herb: Use(herb=herb))


class Herb(Base):
    __tablename__ = "herbs"

    id: Mapped[int] = mapped_column(primary_key=True)
    uses = relationship("Use", back_populates="herb", cascade="all,delete-orphan", passive_deletes=True)
    recipes = association_proxy("uses", "recipe")


class Use(Base):
    __tablename__ = "uses"

    recipe_id = Column(ForeignKey("recipes.id", ondelete="CASCADE"), primary_key=True)
    herb_id = Column(ForeignKey("herbs.id", ondelete="CASCADE"), primary_key=True)
    grams = Column(Integer, nullable=False)

    recipe: Mapped[Recipe] = relationship(back_populates="uses")
    herb: Mapped["Herb"] = relationship(back_populates="uses", lazy="joined", innerjoin=True)
