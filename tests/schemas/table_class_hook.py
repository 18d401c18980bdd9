"""``__table_cls__`` decides that a child with a table name of its own gets no table, as Flask-SQLAlchemy does."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import declarative_base


class Model:
    @classmethod
    def __table_cls__(cls, *args, **options):
        for each in args:
            if isinstance(each, Column) and each.primary_key:
                return Table(*args, **options)
        cls.__dict__.get("__tablename__") and delattr(cls, "__tablename__")
        return None


Base = declarative_base(cls=Model)


class Users(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    type = Column(String(10))
    team_id = Column(ForeignKey("teams.id"))

    __mapper_args__ = {"polymorphic_identity": "user", "polymorphic_on": type}


class Admins(Users):
    __tablename__ = "admins"
    __mapper_args__ = {"polymorphic_identity": "admin"}


class Teams(Base):
    __tablename__ = "teams"

    id = Column(Integer, primary_key=True)
    captain_id = Column(ForeignKey("users.id", ondelete="SET NULL"))
