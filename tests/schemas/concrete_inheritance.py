"""Children with whole tables of their own."""

# misread: relationships: the abstract class is mapped too, to a union

from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Office(Base):
    __tablename__ = "offices"

    id: Mapped[int] = mapped_column(primary_key=True)


class Employee(ConcreteBase, Base):
    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_identity": "employee", "concrete": True}

    id = Column(Integer, primary_key=True)
    name = Column(String(50), index=True)
    office_id = Column(ForeignKey("offices.id"))
    office = relationship(Office)


class Boss(Employee):
    __tablename__ = "bosses"
    __mapper_args__ = {"polymorphic_identity": "boss", "concrete": True}

    id = Column(Integer, primary_key=True)
    bonus = Column(Integer)
    office_id = Column(ForeignKey("offices.id"), index=True)
    office = relationship(Office, lazy="joined")


class Document(AbstractConcreteBase, Base):
    """No table at all: what it declares is in every child's."""

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)

    @declared_attr
    def office_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("offices.id"))

    @declared_attr
    def office(cls) -> Mapped[Office]:
        return relationship(Office)


class Contract(Document):
    __tablename__ = "contracts"
    __mapper_args__ = {"polymorphic_identity": "contract", "concrete": True}

    amount: Mapped[int]


class Memo(Document):
    __tablename__ = "memos"
    __mapper_args__ = {"polymorphic_identity": "memo", "concrete": True}

    text: Mapped[str | None]
