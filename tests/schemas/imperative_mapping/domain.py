"""Classes that know nothing of a database."""

# misread: tables: keywords and properties of map_imperatively
# misread: relationships: keywords and properties of map_imperatively
# misread: unknown: keywords and properties of map_imperatively

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Warehouse:
    name: str
    batches: list[Batch] = field(default_factory=list)


@dataclass
class Batch:
    reference: str
    size: int


class OrderLine:
    def __init__(self, sku: str, quantity: int) -> None:
        self.sku = sku
        self.quantity = quantity


class GiftLine(OrderLine):
    pass
