"""Every loading strategy, and every way to write it."""

from enum import Enum

from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()
LOADING = "selectin"
OPTIONS = {"lazy": "joined", "viewonly": True}


class Load(str, Enum):
    IMMEDIATE = "immediate"


class Settings:
    strategy = "subquery"


class Parent(Base):
    __tablename__ = "parents"

    id = Column(Integer, primary_key=True)

    default = relationship("Child", viewonly=True)
    select = relationship("Child", viewonly=True, lazy="select")
    true = relationship("Child", viewonly=True, lazy=True)
    false = relationship("Child", viewonly=True, lazy=False)
    none = relationship("Child", viewonly=True, lazy=None)
    joined = relationship("Child", viewonly=True, lazy="joined")
    subquery = relationship("Child", viewonly=True, lazy="subquery")
    selectin = relationship("Child", viewonly=True, lazy="selectin")
    immediate = relationship("Child", viewonly=True, lazy="immediate")
    raises = relationship("Child", viewonly=True, lazy="raise")
    raises_on_sql = relationship("Child", viewonly=True, lazy="raise_on_sql")
    noload = relationship("Child", viewonly=True, lazy="noload")
    dynamic = relationship("Child", viewonly=True, lazy="dynamic")
    write_only = relationship("Child", lazy="write_only", passive_deletes=True, cascade="all, delete-orphan", single_parent=True)
    constant = relationship("Child", viewonly=True, lazy=LOADING)
    attribute = relationship("Child", viewonly=True, lazy=Settings.strategy)
    member = relationship("Child", viewonly=True, lazy=Load.IMMEDIATE.value)
    unpacked = relationship("Child", **OPTIONS)
    merged = relationship("Child", **{**OPTIONS, "lazy": "raise"})


class Child(Base):
    __tablename__ = "children"

    id = Column(Integer, primary_key=True)
    parent_id = Column(Integer, ForeignKey("parents.id", ondelete="CASCADE"))
    parent = relationship(Parent, overlaps="write_only")
