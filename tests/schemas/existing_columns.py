"""Siblings that share a column of the parent's table."""

# unknown: Person: a column that is there already, or not

from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, declared_attr, has_inherited_table

Base = declarative_base()


class Person(Base):
    __tablename__ = "people"

    id = Column(Integer, primary_key=True)
    type = Column(String(10), nullable=False)

    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "person", "with_polymorphic": "*"}


class Engineer(Person):
    __mapper_args__ = {"polymorphic_identity": "engineer"}

    @declared_attr
    def start_date(cls):
        return Person.__table__.c.get("start_date", Column(Integer))


class Manager(Person):
    __mapper_args__ = {"polymorphic_identity": "manager"}

    @declared_attr
    def start_date(cls):
        return Person.__table__.c.get("start_date", Column(Integer))


class TableName:
    @declared_attr.directive
    def __tablename__(cls):
        if has_inherited_table(cls):
            return None
        return cls.__name__.lower()


class Animal(TableName, Base):
    id = Column(Integer, primary_key=True)
    kind = Column(String(5))

    @declared_attr.directive
    def __mapper_args__(cls):
        if cls.__name__ == "Animal":
            return {"polymorphic_on": cls.kind, "polymorphic_identity": "animal"}
        return {"polymorphic_identity": cls.__name__.lower()}


class Dog(Animal):
    owner_id = Column(ForeignKey("people.id"), index=True)
