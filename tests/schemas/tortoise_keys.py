"""How the key is said, in old spellings and new ones."""

import uuid

from tortoise import fields
from tortoise.fields.data import IntField
from tortoise.models import Model


class OldKey(Model):
    id = fields.IntField(pk=True)
    name = fields.CharField(max_length=5, index=True)


class TextKey(Model):
    code = fields.CharField(max_length=3, primary_key=True, db_index=True)


class GeneratedKey(Model):
    key = fields.BigIntField(generated=True, primary_key=True)


class KeyWithColumn(Model):
    number = IntField(primary_key=True, source_field="no", generated=False)
    parent = fields.ForeignKeyField("models.KeyWithColumn", null=True, related_name="children")


class UuidKey(Model):
    id = fields.UUIDField(primary_key=True, default=uuid.uuid4)
    other: "fields.ForeignKeyRelation[TextKey]" = fields.ForeignKeyField("models.TextKey", "uuid_keys", fields.RESTRICT)
