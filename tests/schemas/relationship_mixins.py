"""Relationships that mixins and functions make."""

from functools import partial

from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship

to_parent = partial(relationship, lazy="raise", innerjoin=True)


def collection(target: str, back: str, *, orphans: bool = True):
    cascade = "all, delete-orphan" if orphans else "save-update, merge"
    return relationship(target, back_populates=back, cascade=cascade, passive_deletes=orphans)


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class InLibrary:
    library_id: Mapped[int] = mapped_column(ForeignKey("libraries.id"))

    @declared_attr
    def library(cls) -> Mapped["Library"]:
        return relationship(back_populates=f"{cls.__name__.lower()}s")


class Commented:
    @declared_attr
    @classmethod
    def comments(cls):
        return relationship(
            "Comment",
            primaryjoin=f"and_(foreign(Comment.target_id) == {cls.__name__}.id, Comment.kind == '{cls.__tablename__}')",
            viewonly=True,
        )


class Library(Base):
    __tablename__ = "libraries"

    novels = collection("Novel", "library")
    atlass = collection("Atlas", "library", orphans=False)


class Novel(InLibrary, Commented, Base):
    __tablename__ = "novels"


class Atlas(Commented, InLibrary, Base):
    __tablename__ = "atlases"

    twin_id = Column(ForeignKey("novels.id"))
    twin = to_parent("Novel")
    lazy_twin: Mapped["Novel | None"] = to_parent(lazy="select", viewonly=True)


class Comment(Base):
    __tablename__ = "comments"

    target_id = Column(Integer, index=True)
    kind: Mapped[str]
