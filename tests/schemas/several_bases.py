"""Two databases with tables of the same names: neither knows of the other's indexes."""

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, mapped_column, relationship


class MainBase(DeclarativeBase):
    pass


ArchiveBase = declarative_base()
third = MetaData()


class User(MainBase):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    notes: Mapped[list["Note"]] = relationship(back_populates="user")


class Note(MainBase):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user: Mapped[User] = relationship(back_populates="notes")


class ArchivedUser(ArchiveBase):
    __tablename__ = "users"

    key = Column(String(36), primary_key=True)
    boss_id = Column(ForeignKey("users.key"))


class ArchivedNote(ArchiveBase):
    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_user", "user_id"),)

    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.key"))
    user = relationship("ArchivedUser")


users = Table("users", third, Column("id", Integer, primary_key=True), Column("boss_id", ForeignKey("users.id")))
