"""Bases that a decorator makes, with a table name for everybody."""

from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.ext.declarative import as_declarative
from sqlalchemy.orm import declared_attr, registry, relationship

mapper_registry = registry()


@as_declarative()
class Base:
    id = Column(Integer, primary_key=True, index=True)
    __name__: str

    @declared_attr
    def __tablename__(cls) -> str:
        return cls.__name__.lower()


@mapper_registry.as_declarative_base()
class OtherBase:
    @declared_attr.directive
    def __tablename__(cls):
        return "other_" + cls.__name__.lower() + "s"


class Museum(Base):
    name = Column(String(50))
    halls = relationship("Hall", back_populates="museum")


class Hall(Base):
    museum_id = Column(Integer, ForeignKey("museum.id"))
    museum = relationship("Museum", back_populates="halls")


class Statue(OtherBase):
    code = Column(String(4), primary_key=True)
    copy_of = Column(ForeignKey("other_statues.code"), unique=True)
