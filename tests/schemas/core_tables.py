"""Tables without classes."""

# misread: tables: Table.fullname and Table.to_metadata
# misread: columns: Table.fullname and Table.to_metadata
# misread: foreign keys: Table.fullname and Table.to_metadata

import sqlalchemy
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()
OWNER = "zoo.owners"

owners = Table(
    "owners",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("first", String(30), nullable=False),
    Column("last", String(30), nullable=False, index=True),
    UniqueConstraint("first", "last", name="uq_owners_name"),
    schema="zoo",
)

dogs = sqlalchemy.Table(
    "dogs",
    metadata,
    sqlalchemy.Column("id", sqlalchemy.Integer),
    sqlalchemy.Column("owner_id", None, ForeignKey("zoo.owners.id", ondelete="CASCADE"), nullable=False),
    sqlalchemy.Column("walker_id", sqlalchemy.ForeignKey(owners.c.id, ondelete="SET NULL")),
    sqlalchemy.Column("vet_id", ForeignKey(f"{OWNER}.id"), unique=True),
    sqlalchemy.Column("trainer_id", ForeignKey(f"{owners.fullname}.id")),
    sqlalchemy.Column("owner_first", String(30)),
    sqlalchemy.Column("owner_last", String(30)),
    PrimaryKeyConstraint("id", name="pk_dogs"),
    Index("ix_dogs_owner", "owner_id", "walker_id"),
    ForeignKeyConstraint(["owner_first", "owner_last"], [owners.c.first, owners.c.last], name="fk_dogs_owner"),
    CheckConstraint("owner_id > 0"),
    comment="the dogs",
)
Index("ix_dogs_walker", dogs.c.walker_id)

breeds_of_dogs = Table(
    "breeds_of_dogs",
    metadata,
    Column("dog_id", ForeignKey("dogs.id"), primary_key=True),
    Column("breed", String(20), primary_key=True),
)

columns = (Column("a", Integer), Column("b", Integer, ForeignKey("dogs.id")))
log = Table("log", metadata, *columns, Column("c", Integer))
copy_of_log = log.to_metadata(metadata, name="log_copy")
