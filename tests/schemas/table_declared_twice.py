"""``extend_existing``: the second declaration adds to the first; ``keep_existing``: it says nothing."""

# misread: tables: the first class keeps the table, later definitions add to it
# misread: columns: the first class keeps the table, later definitions add to it
# misread: null: the first class keeps the table, later definitions add to it
# misread: foreign keys: the first class keeps the table, later definitions add to it
# misread: indexes: the first class keeps the table, later definitions add to it

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Coin(Base):
    __tablename__ = "coins"

    id = Column(Integer, primary_key=True)
    metal = Column(String(10))


class CoinAgain(Base):
    __tablename__ = "coins"
    __table_args__ = (Index("ix_coins_mint", "mint_id"), {"extend_existing": True})

    id = Column(Integer, primary_key=True)
    metal = Column(String(20), nullable=False)
    mint_id = Column(ForeignKey("mints.id"))


mints = Table("mints", Base.metadata, Column("id", Integer, primary_key=True))
Table("mints", Base.metadata, Column("town", String(20)), extend_existing=True)
Table("mints", Base.metadata, Column("ignored", String(20)), keep_existing=True)
same = Table("mints", Base.metadata)


class Mint(Base):
    __table__ = same


dropped = Table("dropped", Base.metadata, Column("id", Integer, primary_key=True))
Base.metadata.remove(dropped)
