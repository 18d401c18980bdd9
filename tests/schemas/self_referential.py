"""Trees: which end is the parent is said by ``remote_side``, in every spelling."""

from typing import List, Optional

from sqlalchemy import Column, ForeignKey, Integer, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, backref, declared_attr, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class ByColumn(Base):
    __tablename__ = "by_column"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("by_column.id"))
    parent: Mapped[Optional["ByColumn"]] = relationship(back_populates="children", remote_side=id)
    children: Mapped[List["ByColumn"]] = relationship(back_populates="parent")


class ByList(Base):
    __tablename__ = "by_list"

    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("by_list.id", ondelete="CASCADE"), index=True)
    parent = relationship("ByList", remote_side=[id], back_populates="children")
    children = relationship("ByList", back_populates="parent", cascade="all, delete-orphan", passive_deletes=True)


class ByText(Base):
    __tablename__ = "by_text"

    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("by_text.id"))
    parent = relationship("ByText", remote_side="ByText.id", backref="children")


class ByTextList(Base):
    __tablename__ = "by_text_list"

    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("by_text_list.id"))
    children = relationship("ByTextList", backref=backref("parent", remote_side="[ByTextList.id]"), lazy="selectin")


class ByLambda(Base):
    __tablename__ = "by_lambda"

    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("by_lambda.id"))
    parent = relationship("ByLambda", remote_side=lambda: ByLambda.id)


class ByBackref(Base):
    __tablename__ = "by_backref"

    id = Column(Integer, primary_key=True)
    parent_id = Column(Integer, ForeignKey(id))
    children = relationship("ByBackref", backref=backref("parent", remote_side=[id]))


class Unsaid(Base):
    """Nothing is said: it is the collection."""

    __tablename__ = "unsaid"

    id = Column(Integer, primary_key=True)
    next_id = Column(ForeignKey("unsaid.id"))
    something = relationship("Unsaid")


friends = Table(
    "friends",
    Base.metadata,
    Column("left_id", ForeignKey("members.id"), primary_key=True),
    Column("right_id", ForeignKey("members.id"), primary_key=True),
)


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    likes: Mapped[list["Member"]] = relationship(
        secondary=friends,
        primaryjoin=id == friends.c.left_id,
        secondaryjoin=id == friends.c.right_id,
        back_populates="liked_by",
    )
    liked_by: Mapped[list["Member"]] = relationship(
        secondary="friends",
        primaryjoin="Member.id == friends.c.right_id",
        secondaryjoin="Member.id == friends.c.left_id",
        back_populates="likes",
    )


class Nested:
    @declared_attr
    def above_id(cls):
        return Column(ForeignKey(f"{cls.__tablename__}.id"))

    @declared_attr
    def above(cls):
        return relationship(cls, remote_side=[cls.id], back_populates="below")

    @declared_attr
    def below(cls):
        return relationship(cls.__name__, back_populates="above")


class Folder(Nested, Base):
    __tablename__ = "folders"

    id = Column(Integer, primary_key=True)
