"""What happens to the children, in every way it can be said."""

from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()

CASCADE_DEFAULT = "save-update, merge"
CASCADE_ALL_DELETE_ORPHAN = ", ".join(["all", "delete-orphan"])
CASCADE_WITH_DELETE = CASCADE_DEFAULT + ", delete"
OWNED = {"cascade": "all, delete-orphan", "passive_deletes": True}


class Cascades:
    ALL = "all"


def owned(target: str, **options):
    return relationship(target, cascade="all, delete", **options)


class House(Base):
    __tablename__ = "houses"

    id = Column(Integer, primary_key=True)

    default = relationship("Window", overlaps="x")
    all = relationship("Window", cascade="all", overlaps="x")
    orphan = relationship("Window", cascade="all, delete-orphan", overlaps="x")
    spaces = relationship("Window", cascade="all,delete,delete-orphan", overlaps="x")
    odd = relationship("Window", cascade="delete , merge", overlaps="x")
    only_update = relationship("Window", cascade="save-update", overlaps="x")
    none = relationship("Window", cascade="none", overlaps="x")
    empty = relationship("Window", cascade="", overlaps="x")
    listed = relationship("Window", cascade=["merge", "delete"], overlaps="x")
    expunge = relationship("Window", cascade="expunge,refresh-expire", overlaps="x")
    constant = relationship("Window", cascade=CASCADE_ALL_DELETE_ORPHAN, overlaps="x")
    summed = relationship("Window", cascade=CASCADE_WITH_DELETE, overlaps="x")
    attribute = relationship("Window", cascade=Cascades.ALL, overlaps="x")
    unpacked = relationship("Window", **OWNED, overlaps="x")
    helper = owned("Window", passive_deletes="all" and True, overlaps="x")
    passive = relationship("Window", passive_deletes=True, overlaps="x")
    passive_all = relationship("Window", passive_deletes="all", overlaps="x")
    passive_false = relationship("Window", passive_deletes=False, cascade="all", overlaps="x")
    viewonly = relationship("Window", viewonly=True)
    viewonly_cascading = relationship("Window", viewonly=True, cascade="merge")


class Window(Base):
    __tablename__ = "windows"

    id = Column(Integer, primary_key=True)
    house_id = Column(ForeignKey("houses.id", ondelete="CASCADE"))
    house = relationship("House", cascade="all, delete-orphan", single_parent=True, overlaps="x")
