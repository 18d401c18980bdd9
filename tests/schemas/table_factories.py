"""Core tables that functions and loops make."""

# misread: columns: tables of functions that are called more than once, and of loops
# misread: unknown: tables of functions that are called more than once, and of loops

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, MetaData, String, Table, func

metadata = MetaData()
KINDS = ("cat", "dog")
LABELS = {"colour": 20, "size": 5}


def common_columns():
    return (
        Column("id", Integer, primary_key=True),
        Column("made", DateTime, server_default=func.now(), index=True),
    )


def yielded_columns(*names):
    for name in names:
        yield Column(name, String(10))


def keyed(name: str, *columns, **options) -> Table:
    return Table(name, metadata, *common_columns(), *columns, **options)


def link(left: str, right: str) -> Table:
    """A table between two others; the right end is indexed."""
    name = f"{left}_{right}"
    return Table(
        name,
        metadata,
        Column(f"{left}_id", ForeignKey(f"{left}.id", ondelete="CASCADE"), primary_key=True),
        Column(f"{right}_id", ForeignKey(f"{right}.id", ondelete="CASCADE"), primary_key=True),
        Index(f"ix_{name}_{right}", f"{right}_id"),
    )


owners = keyed("owners", Column("name", String(40)))
visits = keyed("visits", Column("owner_id", ForeignKey("owners.id")), *yielded_columns("room", "nurse"), schema="clinic")

pets = {kind: keyed(f"{kind}s", Column("owner_id", ForeignKey(owners.c.id), index=kind == "cat")) for kind in KINDS}

for label, length in LABELS.items():
    Table(
        label + "_labels",
        metadata,
        Column("code", String(length), primary_key=True),
        *(Column(f"{kind}_id", ForeignKey(f"{kind}s.id")) for kind in KINDS),
    )

owners_cats = link("owners", "cats")


def define_tables(into: MetaData) -> dict[str, Table]:
    tables = {}
    tables["bills"] = Table("bills", into, *[c.copy() if False else c for c in common_columns()])
    tables["lines"] = Table("lines", into, Column("bill_id", ForeignKey("bills.id"), primary_key=True))
    return tables


tables = define_tables(metadata)
