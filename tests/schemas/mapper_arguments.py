"""What ``__mapper_args__`` leaves out, adds or renames."""

# misread: attributes: column_prefix and properties of __mapper_args__
# misread: relationships: column_prefix and properties of __mapper_args__

from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, declarative_base, mapped_column, relationship

Base = declarative_base()


class Oven(Base):
    __tablename__ = "ovens"

    id = Column(Integer, primary_key=True)
    version = Column(Integer, nullable=False)
    old = Column(String(9), index=True)
    neighbour_id = Column(ForeignKey("ovens.id"))

    __mapper_args__ = {
        "version_id_col": version,
        "eager_defaults": True,
        "exclude_properties": {"old"},
        "confirm_deleted_rows": False,
    }


class Loaf(Base):
    __tablename__ = "loaves"
    __mapper_args__ = {"column_prefix": "_", "properties": {"oven": relationship(Oven, lazy="joined")}}

    id = Column(Integer, primary_key=True)
    oven_id = Column(ForeignKey("ovens.id"), index=True)


class NewBase(DeclarativeBase):
    __mapper_args__ = {"eager_defaults": True}


class Knife(NewBase):
    __tablename__ = "knives"

    id: Mapped[int] = mapped_column(primary_key=True)
    edge: Mapped[str] = mapped_column(active_history=True)


class KnifeRow(NewBase):
    """A class over a query is no table."""

    __table__ = select(Knife.id, Knife.edge).where(Knife.edge != "").subquery()
