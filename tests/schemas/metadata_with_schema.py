"""Every table is in the schema of the metadata, and so are the targets of foreign keys."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, mapped_column, relationship

Base = declarative_base(metadata=MetaData(schema="farm"))
SCHEMA = "yard"


class Barn(Base):
    __tablename__ = "barns"

    id = Column(Integer, primary_key=True)
    cows = relationship("Cow", back_populates="barn")


class Cow(Base):
    __tablename__ = "cows"

    id = Column(Integer, primary_key=True)
    barn_id = Column(ForeignKey("farm.barns.id", ondelete="CASCADE"), index=True)
    barn = relationship("Barn", back_populates="cows")


# Of the same metadata, but in another schema, or in none.
feeds = Table(
    "feeds",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("cow_id", ForeignKey(Cow.id)),
    schema="stock",
)


class Modern(DeclarativeBase):
    metadata = MetaData(schema=SCHEMA)


class Shed(Modern):
    __tablename__ = "sheds"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(10), index=True, unique=True)


class Tool(Modern):
    __tablename__ = "tools"
    __table_args__ = (
        ForeignKeyConstraint(["shed_id"], [f"{SCHEMA}.sheds.id"]),
        {"schema": "tooling"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shed_id: Mapped[int]
    name: Mapped[str] = mapped_column(index=True)
