"""``declarative_base(cls=...)``: the columns of a plain class come to every model."""

from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, func
from sqlalchemy.orm import declarative_base, declared_attr


class PreBase:
    __table_args__ = {"mysql_engine": "InnoDB"}

    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower()

    id = Column(Integer, primary_key=True)
    created = Column(DateTime, server_default=func.now(), nullable=False)

    @declared_attr
    def made_by(cls):
        return Column(String(30), index=True)

    def describe(self):
        return f"{self.__tablename__} {self.id}"


Base = declarative_base(cls=PreBase, name="Model")


class Donation(Base):
    amount = Column(Integer, nullable=False)


class Project(Base):
    __tablename__ = "charity_projects"

    donation_id = Column(ForeignKey(Donation.id))
    project_id = Column(ForeignKey("charity_projects.id"))
