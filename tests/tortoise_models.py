"""Small modules of Tortoise models, each about one thing. ``HEAD`` stands before all of them."""

from __future__ import annotations

HEAD = """
from enum import Enum, IntEnum
from tortoise import fields
from tortoise.models import Model
"""

SOURCES: dict[str, str] = {
    "plain fields": """
class Thing(Model):
    small = fields.SmallIntField()
    whole = fields.IntField(null=True)
    big = fields.BigIntField(default=0)
    text = fields.CharField(max_length=40)
    short = fields.CharField(7, null=True)
    long = fields.TextField()
    flag = fields.BooleanField(default=False)
    amount = fields.DecimalField(max_digits=10, decimal_places=2)
    at = fields.DatetimeField(auto_now_add=True)
    changed = fields.DatetimeField(auto_now=True)
    day = fields.DateField(auto_now_add=True)
    hour = fields.TimeField(null=True)
    duration = fields.TimeDeltaField()
    ratio = fields.FloatField()
    data = fields.JSONField(default=dict)
    token = fields.UUIDField()
    blob = fields.BinaryField(null=True)
""",
    "Django's names of fields": """
class Thing(Model):
    whole = fields.IntegerField()
    big = fields.BigIntegerField()
    small = fields.SmallIntegerField()
    at = fields.DateTimeField(auto_now=True)
    duration = fields.DurationField()
    other = fields.ForeignKey("models.Thing", null=True)
""",
    "enumerations": """
class Colour(str, Enum):
    RED = "red"
    AQUAMARINE = "aquamarine"

class Size(IntEnum):
    SMALL = 1
    LARGE = 2

class Shirt(Model):
    colour = fields.CharEnumField(Colour, default=Colour.RED)
    other = fields.CharEnumField(Colour, max_length=50, null=True)
    size = fields.IntEnumField(Size)
""",
    "primary keys": """
class Implicit(Model):
    name = fields.CharField(max_length=10)

class Old(Model):
    key = fields.BigIntField(pk=True)

class New(Model):
    name = fields.CharField(max_length=10)
    key = fields.UUIDField(primary_key=True)

class Natural(Model):
    code = fields.CharField(max_length=3, primary_key=True, source_field="iso_code")

class Written(Model):
    id = fields.IntField(True)
    name = fields.CharField(max_length=10)

class ToNatural(Model):
    natural = fields.ForeignKeyField("models.Natural")
    new = fields.ForeignKeyField("models.New", null=True, on_delete=fields.SET_NULL)
""",
    "indexes and uniques of columns": """
class Thing(Model):
    old = fields.IntField(index=True)
    new = fields.IntField(db_index=True)
    no = fields.IntField(db_index=False)
    one = fields.CharField(max_length=10, unique=True)
    both = fields.CharField(max_length=10, unique=True, db_index=True)
    key = fields.CharField(max_length=10, primary_key=True, db_index=True, unique=True)
    stored = fields.IntField(db_index=True, source_field="kept")
    none = fields.IntField(db_index=None, index=True)
""",
    "foreign keys": """
class Author(Model):
    name = fields.CharField(max_length=10, unique=True, source_field="author_name")

class Book(Model):
    zero = fields.ForeignKeyField("models.Author", related_name="zeros")
    author = fields.ForeignKeyField("models.Author", related_name="books", db_index=True)
    editor = fields.ForeignKeyField("models.Author", "edited", fields.RESTRICT)
    reader = fields.ForeignKeyField("models.Author", "read", on_delete="NO ACTION", unique=True)
    translator = fields.ForeignKeyField(
        "models.Author", related_name=False, null=True, on_delete=fields.OnDelete.SET_NULL, source_field="tr"
    )
    named = fields.ForeignKeyField("models.Author", related_name="named", to_field="name")
    loose = fields.ForeignKeyField("models.Author", related_name="loose", db_constraint=False, index=True)
    plain = fields.ForeignKeyField("models.Author", default=1, related_name="plains", on_delete=fields.SET_DEFAULT)
    title = fields.TextField()
""",
    "classes as references": """
class Author(Model):
    name = fields.CharField(max_length=10)

class Book(Model):
    author = fields.ForeignKeyField(Author)
    readers = fields.ManyToManyField(Author, related_name="reads")
""",
    "one to one": """
class User(Model):
    name = fields.CharField(max_length=10)

class Profile(Model):
    bio = fields.TextField()
    user = fields.OneToOneField("models.User", related_name="profile", index=True)

class Settings(Model):
    user = fields.OneToOneField("models.User", pk=True)
    theme = fields.CharField(max_length=10)
    friends = fields.ManyToManyField("models.User", related_name="befriended")

class Avatar(Model):
    owner = fields.OneToOneField("models.User", primary_key=True, source_field="own", related_name=False)
    tags = fields.ManyToManyField("models.Profile")
""",
    "a foreign key that is called the primary key": """
class User(Model):
    name = fields.CharField(max_length=10)

class Profile(Model):
    user = fields.ForeignKeyField("models.User", pk=True)
    bio = fields.TextField()
""",
    "self references": """
class Employee(Model):
    manager = fields.ForeignKeyField("models.Employee", related_name="team", null=True)
    talks_to = fields.ManyToManyField("models.Employee", related_name="gets_talked_to")
    others = fields.ManyToManyField("models.Employee", through="elsewhere", related_name="back")
""",
    "many to many": """
class Tag(Model):
    key = fields.CharField(max_length=5, pk=True)
    class Meta:
        table = "labels"

class Post(Model):
    uid = fields.UUIDField(pk=True, source_field="uid_of_post")
    tags = fields.ManyToManyField("models.Tag")
    more = fields.ManyToManyField("models.Tag", related_name="mored", through="mores", on_delete=fields.RESTRICT)
    keyed = fields.ManyToManyField(
        "models.Tag", "keyeds", forward_key="label", backward_key="post", related_name="keyeds"
    )
    loose = fields.ManyToManyField("models.Tag", related_name="loose", through="loose", db_constraint=False)
    twice = fields.ManyToManyField("models.Tag", related_name="twice", through="twice", unique=False)
    old = fields.ManyToManyField("models.Tag", related_name="old", through="old", create_unique_index=False)
    class Meta:
        table = "posts"
""",
    "many to many over a model": """
class Group(Model):
    name = fields.CharField(max_length=10)

class Person(Model):
    groups = fields.ManyToManyField(
        "models.Group", through="membership", forward_key="group_id", backward_key="person_id", related_name="people"
    )

class Membership(Model):
    person = fields.ForeignKeyField("models.Person", related_name="memberships")
    group = fields.ForeignKeyField("models.Group", related_name="memberships", db_index=True)
    since = fields.DatetimeField(auto_now_add=True)
    class Meta:
        unique_together = (("person", "group"),)
""",
    "Meta": """
PREFIX = "app"

class Thing(Model):
    a = fields.IntField(source_field="col_a")
    b = fields.IntField()
    c = fields.IntField(db_index=True)
    owner = fields.ForeignKeyField("models.Owner")

    class Meta:
        table = f"{PREFIX}_a_rather_long_name"
        unique_together = ("a", "b")
        indexes = ("a", "c")
        ordering = ["-a"]

class Owner(Model):
    a = fields.IntField(source_field="col_a")
    b = fields.IntField()

    class Meta:
        schema = "people"
        unique_together = [("a", "b"), ["b"]]
        indexes = [("b", "a"), ["b"], ("id",)]

class Empty(Model):
    a = fields.IntField()

    class Meta:
        unique_together = ()
        indexes = []

class Keyed(Model):
    owner = fields.ForeignKeyField("models.Owner")
    number = fields.IntField()

    class Meta:
        unique_together = (("owner", "number"), ("owner_id",))
        indexes = (("number", "owner"),)
""",
    "index objects": """
from tortoise.indexes import Index, PartialIndex

class Thing(Model):
    a = fields.IntField(db_index=True)
    b = fields.IntField()
    c = fields.CharField(max_length=3)

    class Meta:
        indexes = [
            Index(fields=["a"]),
            Index(fields=("b", "a")),
            Index(fields=["b"], name="my_index"),
            PartialIndex(fields=["c"], condition={"c": "it's", "b": 1}),
            ("a",),
        ]
""",
    "abstract bases and mixins": """
class Stamped:
    created_at = fields.DatetimeField(auto_now_add=True)
    note = fields.CharField(max_length=5)

class More(Stamped):
    note = fields.CharField(max_length=50)
    extra = fields.IntField(null=True)

class Base(Model):
    uid = fields.UUIDField(pk=True)
    updated_at = fields.DatetimeField(auto_now=True)

    class Meta:
        abstract = True
        unique_together = ("uid", "updated_at")
        table = "never"

class User(More, Base):
    name = fields.CharField(max_length=10)

class Team(Base, Stamped):
    note = fields.TextField()

    class Meta:
        table = "teams"

class Nothing(Base):
    updated_at = None

class Child(User):
    name = fields.CharField(max_length=99)

class Grandchild(Nothing):
    pass
""",
    "Meta that derives from another": """
class Base(Model):
    kind = fields.CharField(max_length=5)

    class Meta:
        abstract = True
        indexes = (("kind",),)

class One(Base):
    class Meta(Base.Meta):
        abstract = False
        table = "ones"

class Two(Base):
    class Meta(Model.Meta):
        pass
""",
    "relations in a base": """
class User(Model):
    name = fields.CharField(max_length=10)

class Owned(Model):
    owner = fields.ForeignKeyField("models.User", null=True)
    tags = fields.ManyToManyField("models.Tag")

    class Meta:
        abstract = True

class Tag(Model):
    name = fields.CharField(max_length=10)

class Car(Owned):
    wheels = fields.IntField()
""",
    "a foreign key in a mixin": """
class User(Model):
    name = fields.CharField(max_length=10)

class Owned:
    owner = fields.ForeignKeyField("models.User", db_index=True)

class Car(Owned, Model):
    wheels = fields.IntField()

class Boat(Model, Owned):
    sails = fields.IntField()
""",
    "an own base that is called Model": """
import tortoise

class Model(tortoise.Model):
    class Meta:
        abstract = True

class BaseModel(Model):
    id = fields.BigIntField(pk=True, description="key")

    class Meta:
        abstract = True

class Api(BaseModel):
    path = fields.CharField(max_length=100)
""",
    "fields of own classes": """
class LowerField(fields.CharField):
    def to_db_value(self, value, instance):
        return value.lower()

class EnumField(fields.CharField):
    \"\"\"As in Tortoise's documentation.\"\"\"

    def __init__(self, enum_type, **kwargs):
        super().__init__(128, **kwargs)
        self._enum_type = enum_type

class KeyField(EnumField):
    pass

class State(Enum):
    ON = "on"

class Thing(Model):
    name = LowerField(max_length=20, unique=True)
    state = EnumField(State, null=True, db_index=True)
    other = KeyField(enum_type=State, source_field="another")
""",
    "fields that functions make": """
LONG = {"max_length": 200, "null": True}

def key(**more):
    return fields.UUIDField(pk=True, **more)

def text_of(length=10):
    return fields.CharField(max_length=length)

class Thing(Model):
    uid = key()
    name = text_of()
    nick = text_of(20)
    text = fields.CharField(**LONG)

    def method(self):
        return self.name

    @property
    def loud(self) -> str:
        return self.name.upper()
""",
    "annotations": """
class Author(Model):
    id: int = fields.IntField(pk=True)
    name: str = fields.CharField(max_length=10)
    books: fields.ReverseRelation["Book"]

class Book(Model):
    author: fields.ForeignKeyRelation[Author] = fields.ForeignKeyField("models.Author", related_name="books")
    author_id: int
    readers: fields.ManyToManyRelation[Author] = fields.ManyToManyField("models.Author", related_name="reading")
    data: dict = fields.JSONField[dict](null=True)
""",
    "a concrete model that is called Model": """
import tortoise.models as orm

class Model(orm.Model):
    number = fields.IntField()
""",
    "a class body that shadows names": """
class Thing(Model):
    one, two = fields.IntField(), fields.CharField(max_length=5)
    three = four = None
    name = fields.CharField(max_length=5)
    name = fields.CharField(max_length=15)

class Other(Thing):
    def name(self):
        return "other"
""",
    "a default table name that is long": """
class AVeryLongNameOfAModelIndeed(Model):
    with_a_long_field_name = fields.IntField(db_index=True)
    other = fields.ForeignKeyField("models.AVeryLongNameOfAModelIndeed", null=True)
    others = fields.ManyToManyField("models.AVeryLongNameOfAModelIndeed", related_name="back")

    class Meta:
        indexes = (("other", "with_a_long_field_name"),)
""",
    "imports of other kinds": """
from tortoise.fields import CharField, ForeignKeyField, IntField
from tortoise.fields.base import CASCADE, OnDelete
from tortoise.fields.data import TextField
from tortoise.fields.relational import ForeignKeyRelation
import tortoise.fields.data as data

class Thing(Model):
    name = CharField(max_length=5)
    text = TextField(null=True)
    number = data.IntField()
    parent: ForeignKeyRelation["Thing"] = ForeignKeyField("models.Thing", on_delete=CASCADE, null=True)
    other = ForeignKeyField("models.Thing", on_delete=OnDelete.RESTRICT, null=True, related_name="more")
""",
    "values of many kinds": """
from typing import ClassVar
from tortoise.manager import Manager

ACTIVE = {"null": False}

class ActiveManager(Manager):
    def get_queryset(self):
        return super().get_queryset().filter(flag=True)

class Thing(Model):
    flag = fields.BooleanField(default=True, **ACTIVE)
    active = ActiveManager()
    CHOICES = ("a", "b")
    limits: ClassVar[dict[str, int]] = {"a": 1}
    letter = fields.CharField(max_length=len("abcdefghij"))

    class PydanticMeta:
        exclude = ("flag",)

    class Meta:
        manager = ActiveManager()
        table_description = "Things"
""",
    "a model without columns of its own": """
class Tag(Model):
    class Meta:
        table = "tags"

class Holder(Model):
    tags = fields.ManyToManyField("models.Tag", related_name="")
""",
}
