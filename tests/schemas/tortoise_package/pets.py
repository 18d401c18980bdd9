from tortoise import fields, models

from tortoise_package.base import Owned, TimestampMixin, UUIDModel


class Owner(UUIDModel):
    name = fields.CharField(max_length=50)

    class Meta:
        table = "owners"


class Dog(Owned):
    breed = fields.CharField(max_length=30)


class Cat(Owned):
    number = fields.BigIntField(unique=True)
    friend = fields.ForeignKeyField("models.Dog", related_name="cats", null=True)

    class Meta:
        table = "cats"
        unique_together = (("owner_id", "number"),)


class Visit(TimestampMixin, models.Model):
    cat_ids = fields.JSONField()
    dog = fields.ForeignKeyField(to="models.Dog", related_name="visits", on_delete=fields.SET_NULL, null=True)


class PuppyShow(Dog):
    """A child of a table is a table of its own."""

    place = fields.CharField(max_length=5)


class NotAModel:
    field = fields.IntField()
