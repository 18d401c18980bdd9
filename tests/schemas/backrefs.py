"""Relationships that exist only because the other side says ``backref``."""

from sqlalchemy import Column, ForeignKey, Integer, Table
from sqlalchemy.orm import backref, declarative_base, declared_attr, relationship

Base = declarative_base()
NAME = "leaves"

tree_birds = Table(
    "tree_birds",
    Base.metadata,
    Column("tree_id", ForeignKey("trees.id"), primary_key=True),
    Column("bird_id", ForeignKey("birds.id"), primary_key=True),
)


class OfTree:
    @declared_attr
    def tree_id(cls):
        return Column(ForeignKey("trees.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def tree(cls):
        return relationship("Tree", backref=backref(cls.__tablename__, passive_deletes=True))


class Tree(Base):
    __tablename__ = "trees"

    id = Column(Integer, primary_key=True)
    birds = relationship("Bird", secondary=tree_birds, backref=backref("trees", lazy="subquery"))
    roots = relationship("Root", backref=backref("tree", lazy="joined", innerjoin=True), lazy="noload")


class Leaf(Base):
    __tablename__ = "leaves"

    id = Column(Integer, primary_key=True)
    tree_id = Column(ForeignKey("trees.id"))
    tree = relationship(Tree, backref=NAME)


class Apple(Base):
    __tablename__ = "apples"

    id = Column(Integer, primary_key=True)
    tree_id = Column(ForeignKey("trees.id"))
    tree = relationship(
        "Tree",
        backref=backref("apples", lazy="dynamic", order_by="Apple.id", passive_deletes="all"),
    )


class Nest(OfTree, Base):
    __tablename__ = "nests"

    id = Column(Integer, primary_key=True)


class Swing(OfTree, Base):
    __tablename__ = "swings"

    id = Column(Integer, primary_key=True)


class Root(Base):
    __tablename__ = "roots"

    id = Column(Integer, primary_key=True)
    tree_id = Column(ForeignKey(Tree.id))
    parent_id = Column(ForeignKey("roots.id"))
    children = relationship("Root", backref=backref("parent", remote_side=id, uselist=False), join_depth=2)


class Label(Base):
    __tablename__ = "labels"

    tree_id = Column(ForeignKey("trees.id"), primary_key=True)
    tree = relationship("Tree", backref=backref("label", uselist=False, cascade="all"), viewonly=False)


class Bird(Base):
    __tablename__ = "birds"

    id = Column(Integer, primary_key=True)
