"""Two tables of the same name in two schemas; foreign keys name the schema."""

# misread: foreign keys: the schema of a table as attribute
# misread: unknown: the schema of a table as attribute

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SALES = "sales"


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class InSales:
    __table_args__ = {"schema": SALES}


class Stock(Base):
    __abstract__ = True
    __table_args__ = {"schema": "stock"}


class SoldItem(InSales, Base):
    __tablename__ = "items"

    stored_id: Mapped[int] = mapped_column(ForeignKey("stock.items.id"), index=True)
    stored: Mapped["StoredItem"] = relationship(back_populates="sold")


class StoredItem(Stock):
    __tablename__ = "items"

    sold: Mapped[list[SoldItem]] = relationship(back_populates="stored")


class Receipt(Base):
    __tablename__ = "receipts"
    __table_args__ = (Index("ix_receipts_item", "item_id"), {"schema": SALES, "comment": "paid"})

    item_id: Mapped[int] = mapped_column(ForeignKey(f"{SALES}.items.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey(SoldItem.id), index=True)


class Plain(Base):
    __tablename__ = "items"

    receipt_id: Mapped[int] = mapped_column(ForeignKey(f"{Receipt.__table__.schema}.receipts.id"))
    same_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
