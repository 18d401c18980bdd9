"""Maps the domain to the tables, in a function that runs on start."""

from sqlalchemy.orm import backref, relationship

from imperative_mapping import domain, tables
from imperative_mapping.domain import Batch, Warehouse
from imperative_mapping.tables import mapper_registry


def start_mappers() -> None:
    lines = mapper_registry.map_imperatively(
        domain.OrderLine,
        tables.order_lines,
        polymorphic_on=tables.order_lines.c.kind,
        polymorphic_identity="line",
    )
    mapper_registry.map_imperatively(
        domain.GiftLine, inherits=domain.OrderLine, polymorphic_identity="gift"
    )
    mapper_registry.map_imperatively(
        Batch,
        tables.batches,
        properties={
            "size": tables.batches.c._size,
            "lines": relationship(lines, secondary=tables.allocations, collection_class=set, backref="batches"),
        },
    )
    mapper_registry.map_imperatively(
        class_=Warehouse,
        local_table=tables.warehouses,
        properties={
            "name": tables.warehouses.c.warehouse_name,
            "batches": relationship(
                Batch, backref=backref("warehouse", lazy="joined"), cascade="all, delete-orphan", order_by=Batch.id
            ),
        },
    )


start_mappers()
