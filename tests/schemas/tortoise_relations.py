"""Foreign keys and one-to-one relations, with every argument."""

from __future__ import annotations

from tortoise import fields
from tortoise.fields import CASCADE, SET_NULL, OnDelete
from tortoise.models import Model


class Publisher(Model):
    id = fields.IntField(primary_key=True)
    code = fields.CharField(max_length=5, unique=True)

    books: fields.ReverseRelation[Book]


class Book(Model):
    id = fields.IntField(primary_key=True)
    publisher: fields.ForeignKeyRelation[Publisher] = fields.ForeignKeyField(
        "models.Publisher", related_name="books", on_delete=fields.CASCADE
    )
    by_code = fields.ForeignKeyField("models.Publisher", related_name="coded", to_field="code", db_index=True)
    former: fields.ForeignKeyNullableRelation[Publisher] = fields.ForeignKeyField(
        "models.Publisher", related_name="former_books", null=True, on_delete=SET_NULL, source_field="old_publisher"
    )
    soft = fields.ForeignKeyField("models.Publisher", related_name=False, db_constraint=False)
    sequel = fields.ForeignKeyField("models.Book", null=True, on_delete=OnDelete.RESTRICT)
    by_class = fields.ForeignKeyField(Publisher, related_name="class_books", on_delete=OnDelete.NO_ACTION)


class Cover(Model):
    book: fields.OneToOneRelation[Book] = fields.OneToOneField("models.Book", related_name="cover", on_delete=CASCADE)
    colour = fields.CharField(max_length=8)


class Translation(Model):
    """Its key is the key of its book."""

    original = fields.OneToOneField("models.Book", primary_key=True, related_name="translation")
    language = fields.CharField(max_length=2)
