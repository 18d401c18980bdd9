"""Children without a table: their columns, keys and indexes land in the parent's table."""

from datetime import datetime

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Field(Base):
    __tablename__ = "fields"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "field"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    label: Mapped[str]


class TextField(Field):
    __mapper_args__ = {"polymorphic_identity": "text"}

    max_length: Mapped[int | None]
    pattern = Column(String(80), unique=True)


class ChoiceField(Field):
    __mapper_args__ = {"polymorphic_identity": "choice"}

    default_id: Mapped[int | None] = mapped_column(ForeignKey("choices.id", ondelete="SET NULL"), index=True)
    parent_id = mapped_column(ForeignKey("fields.id"), nullable=True)
    default: Mapped["Choice | None"] = relationship(foreign_keys=[default_id])
    parent: Mapped["Field | None"] = relationship(remote_side=[Field.id])


class Timed:
    @declared_attr
    def starts_at(cls) -> Mapped[datetime | None]:
        return mapped_column(DateTime, use_existing_column=True)

    ends_at: Mapped[datetime | None] = mapped_column(use_existing_column=True)


class DateField(Timed, Field):
    __mapper_args__ = {"polymorphic_identity": "date"}


class RangeField(Timed, Field):
    __mapper_args__ = {"polymorphic_identity": "range"}
    __tablename__ = None

    step: Mapped[int | None] = mapped_column(Integer)


class Choice(Base):
    __tablename__ = "choices"

    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("fields.id", ondelete="CASCADE"))
    field: Mapped[ChoiceField] = relationship(back_populates="choices", foreign_keys=field_id)


ChoiceField.choices = relationship("Choice", back_populates="field", foreign_keys=[Choice.field_id])
Index("ix_fields_max_length", TextField.max_length)
