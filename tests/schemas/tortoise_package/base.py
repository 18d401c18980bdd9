"""Abstract models and mixins."""

from tortoise import fields, models


class TimestampMixin:
    created_at = fields.DatetimeField(auto_now_add=True, db_index=True)
    updated_at = fields.DatetimeField(auto_now=True)


class UUIDModel(models.Model):
    id = fields.UUIDField(primary_key=True)

    class Meta:
        abstract = True


class Owned(UUIDModel, TimestampMixin):
    owner = fields.ForeignKeyField("models.Owner", related_name=False, db_index=True)
    number = fields.IntField(default=0)

    class Meta:
        abstract = True
