"""Mixins on parents and on children; ``declared_attr.cascading``."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, has_inherited_table, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class HasKey:
    @declared_attr.cascading
    def id(cls) -> Mapped[int]:
        if has_inherited_table(cls):
            return mapped_column(ForeignKey("works.id", ondelete="CASCADE"), primary_key=True)
        return mapped_column(Integer, primary_key=True)


class Stamped:
    made = Column(DateTime, server_default=func.now(), index=True)


class Lent:
    @declared_attr
    def borrower_id(cls):
        return Column(ForeignKey("borrowers.id"), index=cls.__name__ == "Film")

    @declared_attr
    def borrower(cls):
        return relationship("Borrower", foreign_keys=[cls.borrower_id])

    @declared_attr.directive
    def __table_args__(cls):
        if "__tablename__" not in cls.__dict__:
            return None
        return (Index(f"ix_{cls.__tablename__}_note", "note"),)

    note: Mapped[str | None]


class Work(HasKey, Stamped, Base):
    __tablename__ = "works"
    __mapper_args__ = {"polymorphic_on": "kind"}

    kind: Mapped[str]


class Film(Lent, Work):
    __tablename__ = "films"
    __mapper_args__ = {"polymorphic_identity": "film"}

    minutes: Mapped[int]


class Record(Lent, Work, Stamped):
    """Brings the mixin a second time, for a table of its own."""

    __tablename__ = "records"
    __mapper_args__ = {"polymorphic_identity": "record"}


class Borrower(Base):
    __tablename__ = "borrowers"

    id: Mapped[int] = mapped_column(primary_key=True)
