from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.orm import registry

metadata = MetaData()
mapper_registry = registry(metadata=metadata)

warehouses = Table(
    "warehouses",
    mapper_registry.metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("warehouse_name", String(255)),
)
batches = Table(
    "batches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("warehouse_id", ForeignKey("warehouses.id"), index=True),
    Column("reference", String(255), unique=True),
    Column("_size", Integer, nullable=False),
)
order_lines = Table(
    "order_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(5)),
    Column("sku", String(255)),
    Column("quantity", Integer),
)
allocations = Table(
    "allocations",
    metadata,
    Column("order_line_id", ForeignKey(order_lines.c.id), primary_key=True),
    Column("batch_id", ForeignKey("batches.id"), primary_key=True),
)
