"""Every kind of column that Tortoise has."""

from enum import Enum, IntEnum

from tortoise import fields
from tortoise.fields import BigIntField, CharField
from tortoise.models import Model


class Shade(str, Enum):
    light = "light"
    dark = "dark"


class Size(IntEnum):
    small = 1
    large = 2


class Paint(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=40, unique=True)
    code = CharField(20, db_index=True)
    batch = fields.CharField(max_length=5, source_field="batch_code", null=True)
    story = fields.TextField(null=True)
    litres = BigIntField(default=0)
    layers = fields.SmallIntField()
    price = fields.DecimalField(max_digits=10, decimal_places=2)
    weight = fields.FloatField(null=True)
    is_sold = fields.BooleanField(default=False)
    mixed_on = fields.DateField()
    mixed_at = fields.DatetimeField(auto_now_add=True)
    changed_at = fields.DatetimeField(auto_now=True, db_index=True)
    opens = fields.TimeField(null=True)
    dries_in = fields.TimeDeltaField(default=0)
    facts = fields.JSONField(default=dict)
    key = fields.UUIDField(unique=True, db_index=True)
    sample = fields.BinaryField(null=True)
    shade = fields.CharEnumField(Shade, default=Shade.light)
    size: Size = fields.IntEnumField(Size)

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return f"{self.name} {self.code}"


class Unnamed(Model):
    """A key and a table name that nobody gave."""

    text = fields.CharField(max_length=9, description="whatever")
