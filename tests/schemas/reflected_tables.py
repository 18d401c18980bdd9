"""Columns that only the database knows."""

# unknown: clients: reflected
# unknown: Order: reflected

from sqlalchemy import Column, ForeignKey, Integer, String, Table, create_engine, text
from sqlalchemy.ext.declarative import DeferredReflection
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool)
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"))
    connection.execute(
        text("CREATE TABLE orders (id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES clients (id), sum INTEGER)")
    )
    connection.execute(text("CREATE INDEX ix_orders_client ON orders (client_id)"))


class Base(DeclarativeBase):
    pass


class Reflected(DeferredReflection):
    __abstract__ = True


clients = Table("clients", Base.metadata, Column("extra", String(3)), autoload_with=engine)


class Order(Reflected, Base):
    __tablename__ = "orders"

    note: Mapped[str | None] = mapped_column("sum")


class Own(Base):
    __tablename__ = "own"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)


Reflected.prepare(engine)
engine.dispose()
