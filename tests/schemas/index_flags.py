"""``index=`` and ``unique=`` on columns, in every combination."""

from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()
INDEXED = True


class Node(Base):
    __tablename__ = "nodes"

    id = Column(Integer, primary_key=True, index=True)
    uuid = Column(String(36), primary_key=True, unique=True)
    indexed = Column(ForeignKey("nodes.id"), index=True)
    unique = Column(ForeignKey("nodes.id"), unique=True)
    both = Column(ForeignKey("nodes.id"), unique=True, index=True)
    neither = Column(ForeignKey("nodes.id"), unique=False, index=False)
    declined = Column(ForeignKey("nodes.id"), unique=True, index=False)
    none = Column(ForeignKey("nodes.id"), unique=None, index=None)
    constant = Column(ForeignKey("nodes.id"), index=INDEXED)
    negated = Column(ForeignKey("nodes.id"), index=not INDEXED)
    LongName = Column(ForeignKey("nodes.id"), index=True)


class Leaf(Base):
    __tablename__ = "tree.leaf"
    __table_args__ = {"schema": "wood"}

    node = Column("node id", Integer, ForeignKey("nodes.id"), primary_key=True, index=True)
    bare = Column(ForeignKey("nodes.id"))
