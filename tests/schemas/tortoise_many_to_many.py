"""Tables between two others: named, unnamed, and with a model of their own."""

from tortoise import fields
from tortoise.models import Model


class Tag(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20)

    notes: fields.ManyToManyRelation["Note"]


class Note(Model):
    id = fields.IntField(primary_key=True)
    tags: fields.ManyToManyRelation[Tag] = fields.ManyToManyField("models.Tag", related_name="notes")
    hidden = fields.ManyToManyField(
        "models.Tag", through="note_hidden", related_name="hidden_notes", forward_key="tag", backward_key="note"
    )
    loose = fields.ManyToManyField(
        "models.Tag", through="loose_tags", db_constraint=False, on_delete=fields.NO_ACTION, unique=False
    )
    linked = fields.ManyToManyField("models.Note", through="note_links", related_name="linked_by", backward_key="from_id")
    readers = fields.ManyToManyField("models.Reader", through="readings", related_name="notes")

    class Meta:
        table = "my_notes"


class Reader(Model):
    id = fields.IntField(primary_key=True)


class Reading(Model):
    my_notes = fields.ForeignKeyField("models.Note", related_name="readings")
    reader = fields.ForeignKeyField("models.Reader", related_name="readings", db_index=True)
    at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "readings"
        unique_together = (("my_notes", "reader"),)
