"""What ``class Meta`` says: table, schema, unique together, indexes."""

from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.models import Model


class Street(Model):
    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=60)
    town = fields.CharField(max_length=60, source_field="town_name")
    number = fields.IntField()

    class Meta:
        table = "streets"
        unique_together = ("name", "town")
        indexes = (("town", "number"),)
        ordering = ["name"]


class House(Model):
    key = fields.UUIDField(primary_key=True)
    street = fields.ForeignKeyField("models.Street", related_name="houses")
    name = fields.CharField(max_length=60)
    number = fields.IntField()

    class Meta:
        table = "houses"
        schema = "town"
        table_description = "where people live"
        unique_together = (("street", "number"), ("name",))
        indexes = [
            Index(fields=("name", "number"), name="ix_houses_name"),
            Index(fields={"number"}),
            PartialIndex(fields=("name",), condition={"number": 1}),
        ]


class Room(Model):
    """One group, not in a group of groups."""

    house = fields.ForeignKeyField("models.House", db_index=True)
    size = fields.IntField()

    class Meta:
        unique_together = [("house", "size")]
        indexes = ("size",)
