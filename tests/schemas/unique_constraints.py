"""Unique constraints over names and over columns; a foreign key is covered only if it comes first."""

from sqlalchemy import Column, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class OfProject:
    @declared_attr
    def project_id(cls):
        return mapped_column(ForeignKey("projects.id"), nullable=False)


class Project(Base):
    __tablename__ = "projects"

    name: Mapped[str] = mapped_column(unique=True)


class Task(OfProject, Base):
    __tablename__ = "tasks"
    __table_args__ = (UniqueConstraint("name", "project_id"),)

    name: Mapped[str]


class Label(OfProject, Base):
    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("project_id", "name", name="uq_labels", deferrable=True),)

    name: Mapped[str]


class Badge(Base):
    __tablename__ = "badges"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    label_id = Column(Integer, ForeignKey("labels.id"))
    text = Column(String(5))

    __table_args__ = (
        UniqueConstraint(label_id, "project_id"),
        UniqueConstraint(*("text", "label_id"), name=None),
    )
