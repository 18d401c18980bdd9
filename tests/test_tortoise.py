"""Tortoise models are read as Tortoise itself reads them, and what cannot be read is said to be unknown."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dbreview.extract import extract
from dbreview.facts import Module
from dbreview.link import link
from dbreview.project import Conventions, Index, Project, Relationship, Table, UniqueConstraint
from pages import Example
from running import Import, running, shown
from tortoise_models import HEAD, SOURCES
from tortoise_truth import Truth

each_source = pytest.mark.parametrize("title", SOURCES)

# Deprecated spellings are read as well.
pytestmark = pytest.mark.filterwarnings("ignore")

POSTGRES = {
    "BigInteger": "BIGINT",
    "Boolean": "BOOL",
    "Date": "DATE",
    "DateTime": "TIMESTAMPTZ",
    "Float": "DOUBLE PRECISION",
    "Integer": "INT",
    "Interval": "BIGINT",
    "JSON": "JSONB",
    "LargeBinary": "BYTEA",
    "Numeric": "DECIMAL",
    "SmallInteger": "SMALLINT",
    "String": "VARCHAR",
    "Text": "TEXT",
    "Time": "TIMETZ",
    "Uuid": "UUID",
}


@cache
def truth(title: str) -> Truth:
    return Truth.of(HEAD + SOURCES[title])


@cache
def project(title: str) -> Project:
    return read({"app/models.py": HEAD + SOURCES[title]})


def read(files: dict[str, str]) -> Project:
    modules = [extract(path, text.encode()) for path, text in files.items()]
    return link([module for module in modules if isinstance(module, Module)], (), Conventions())


def models(text: str) -> Project:
    return read({"app/models.py": HEAD + text})


def table(found: Project, name: str) -> Table:
    return next(table for table in found.tables if table.name == name)


def reasons(found: Project) -> list[str]:
    return [unknown.reason for unknown in found.unknown]


# --- as Tortoise sees it ------------------------------------------------------------------


def described(table: Table) -> dict[str, Any]:
    """The table in the shape of ``Truth.tables``. SQLite has no schemas."""
    return {
        "columns": [(column.name, column.is_nullable is False) for column in table.columns],
        "primary_key": table.primary_key,
        "keys": {
            (key.columns[0], ".".join(key.target[0].split(".")[-2:]), key.on_delete) for key in table.foreign_keys
        },
        "indexes": {index.name: (index.columns, index.is_unique) for index in table.indexes},
        "uniques": {(unique.name, unique.columns) for unique in table.uniques},
    }


def related(relationship: Relationship) -> dict[str, Any]:
    return {
        "direction": relationship.direction,
        "is_backward": relationship.is_backref,
        "target": relationship.target_name,
        "is_collection": relationship.is_collection,
        "through": relationship.secondary,
        "local": relationship.local_columns,
    }


@each_source
def test_tables_are_those_that_tortoise_creates(title: str) -> None:
    assert {table.name: described(table) for table in project(title).tables} == truth(title).tables()


@each_source
def test_relations_are_those_that_tortoise_has(title: str) -> None:
    found = {m.name: {name: related(each) for name, each in m.relationships.items()} for m in project(title).models}
    assert found == truth(title).relations()


@each_source
def test_types_are_those_of_postgresql(title: str) -> None:
    types = truth(title).types()
    for each in project(title).tables:
        for column in each.columns:
            kind = column.type
            assert kind is not None
            assert kind.has_zone is (True if kind.name in ("DateTime", "Time") else None)
            if kind.is_standard and each.name in types:
                written = types[each.name][column.name]
                assert written == f"VARCHAR({kind.length})" if kind.length else written.startswith(POSTGRES[kind.name])


@each_source
def test_defaults_are_those_of_the_fields(title: str) -> None:
    found = {
        model.name: {column.name: tuple(each.keyword for each in column.defaults) for column in model.columns.values()}
        for model in project(title).models
    }
    assert found == truth(title).defaults()


@each_source
def test_everything_is_known(title: str) -> None:
    assert not project(title).unknown
    assert not project(title).mistakes


@each_source
def test_tables_and_relations_belong_together(title: str) -> None:
    for model in project(title).models:
        assert model.table is not None
        assert model.table.orm == "tortoise"
        assert model.is_fully_known
        for name, each in model.relationships.items():
            assert (each.model, each.name, each.lazy) == (model.dotted, name, "tortoise")
            target = next(other for other in project(title).models if other.dotted == each.target)
            if each.inverse is not None:
                back = target.relationships[each.inverse]
                assert (back.inverse, back.target) == (name, model.dotted)
                assert back.foreign_keys == each.foreign_keys


def test_schemas_and_indexes_are_those_of_postgresql() -> None:
    source = """
from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
from tortoise.contrib.postgres.indexes import GinIndex, HashIndex
from tortoise.functions import Lower
from tortoise.indexes import Index, PartialIndex

class Author(Model):
    name = fields.CharField(max_length=40)
    words = TSVectorField(source_fields=("name",), db_index=True)
    tags = ArrayField("text", null=True)
    friends = fields.ManyToManyField("models.Author", related_name="befriended")

    class Meta:
        schema = "people"
        indexes = [
            GinIndex(fields=["tags"]),
            HashIndex(fields=["name"], name="by_hash"),
            PartialIndex(fields=["name"], condition={"name": "a", "id": 1}),
            Index(Lower("name"), name="by_lower"),
        ]

class Book(Model):
    author = fields.ForeignKeyField("models.Author")
"""
    ddl = Truth.of(HEAD + source).postgres
    found = models(source)
    author = table(found, "author")
    assert author.full_name == "people.author"
    for index in author.indexes:
        method = f" USING {index.method.upper()}" if index.method else ""
        assert f'INDEX "{index.name}" ON "people"."author"{method} (' in ddl
        assert index.where is None or ddl.count(f" WHERE {index.where};") == 1
    assert ddl.count("CREATE INDEX") == len(author.indexes)
    assert [index.columns for index in author.indexes] == [("tags",), ("name",), ("name",), ("",)]
    assert [index.dialect for index in author.indexes] == ["postgresql", "postgresql", None, None]
    assert table(found, "book").foreign_keys[0].target == ("people.author.id",)
    assert table(found, "author_author").schema == "people"
    assert [column.type.name for column in author.columns if column.type] == ["Integer", "String", "TSVECTOR", "ARRAY"]


def test_constraints_of_migrations_count() -> None:
    found = models("""
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Thing(Model):
    a = fields.IntField(source_field="stored")
    b = fields.IntField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=("a", "b"), name="both"),
            UniqueConstraint(("b",)),
            UniqueConstraint(fields=("a",), condition="b > 1", name="some"),
            CheckConstraint(check="b > 0", name="positive"),
        ]
""")
    thing = table(found, "thing")
    assert [each.columns for each in thing.uniques] == [("stored", "b"), ("b",)]
    assert [(each.name, each.where, each.is_unique) for each in thing.indexes] == [("some", "b > 1", True)]
    assert thing.checks == ("b > 0",)


def test_defaults_tell_what_they_call() -> None:
    found = models("""
from datetime import datetime

class Thing(Model):
    each = fields.DatetimeField(default=datetime.utcnow)
    once = fields.DatetimeField(default=datetime.utcnow())
    key = fields.UUIDField(pk=True)
    none = fields.IntField(default=None, null=True)
    database = fields.DatetimeField(db_default=fields.Now())
""")
    defaults = {column.name: column.defaults for column in table(found, "thing").columns}
    assert [(d.called, d.is_evaluated_once) for d in defaults["each"]] == [("datetime.utcnow", False)]
    assert [(d.called, d.is_evaluated_once) for d in defaults["once"]] == [("datetime.utcnow", True)]
    assert [d.called for d in defaults["key"]] == ["uuid.uuid4"]
    assert defaults["none"] == ()
    assert [d.keyword for d in defaults["database"]] == ["db_default"]


# --- places -------------------------------------------------------------------------------


def test_everything_says_where_it_is_written() -> None:
    found = models("""
class Base(Model):
    kind = fields.CharField(max_length=5, db_index=True)
    class Meta:
        abstract = True

class Thing(Base):
    other = fields.ForeignKeyField("models.Thing", null=True)
    class Meta:
        unique_together = ("kind", "other")
        indexes = [("other", "kind")]
""")
    thing = table(found, "thing")
    first = len(HEAD.splitlines())
    lines: dict[str, int] = {column.name: column.at.line - first for column in thing.columns}
    assert lines == {"kind": 3, "id": 7, "other_id": 8}
    written: list[Index | UniqueConstraint] = [*thing.indexes, *thing.uniques]
    assert [each.at.line - first for each in written] == [3, 11, 10]
    assert [key.at.line - first for key in thing.foreign_keys] == [8]
    assert thing.at.line - first == 7


# --- what is unknown ----------------------------------------------------------------------

UNKNOWN = {
    "class Thing(Model, Other):\n    pass": "a base class that could not be found",
    "from other import Mixin\nclass Thing(Mixin, Model):\n    pass": "the base class other.Mixin",
    "from other import SlugField\nclass Thing(Model):\n    a = SlugField()": "how a is declared",
    "class Thing(Model):\n    a = build()": "how a is declared",
    "class Thing(Model):\n    a = fields.IntField(**options())": "how a is declared",
    "class Thing(Model):\n    a = fields.IntField(db_index=settings.fast)": "how a is declared",
    "class Thing(Model):\n    if fast:\n        a = fields.IntField()": "how a is declared",
    "class Thing(Model):\n    a = fields.DatetimeField(auto_now=flag())": "how a is declared",
    "class Thing(Model):\n    a = fields.ForeignKeyField('models.Nothing')": "the class that `Thing.a` leads to",
    "class Thing(Model):\n    a = fields.ForeignKeyField(target())": "the class that `Thing.a` leads to",
    "class Thing(Model):\n    a = fields.ForeignKeyField('models.Thing', on_delete=rule())": "how a is declared",
    "class Thing(Model):\n    a = fields.ForeignKeyField('models.Thing', to_field=name())": "which column a refers to",
    "class Thing(Model):\n    class Meta:\n        table = name()": "the table of its Meta",
    "class Thing(Model):\n    class Meta:\n        indexes = build()": "the indexes of its Meta",
    "class Thing(Model):\n    class Meta:\n        indexes = [build()]": "one of the indexes of its Meta",
    "class Thing(Model):\n    class Meta:\n        unique_together = [a]": "one of the unique_together of its Meta",
    "class Thing(Model):\n    class Meta(Unknown):\n        pass": "a base class of its Meta",
    "class Thing(Model):\n    Meta = build()": "its Meta",
    "class Code(fields.CharField):\n    def __init__(self, **options):\n        options['unique'] = True\n"
    "        super().__init__(**options)\nclass Thing(Model):\n    a = Code(max_length=5)": "how a is declared",
    "from tortoise import Tortoise\nTortoise.init(table_name_generator=lambda m: m.__name__)\n"
    "class Thing(Model):\n    a = fields.IntField()": "the name of its table",
}


@pytest.mark.parametrize("source", UNKNOWN)
def test_what_cannot_be_read_is_unknown(source: str) -> None:
    found = models(source)
    assert not table(found, "thing").is_fully_known
    assert UNKNOWN[source] in reasons(found)
    assert not found.mistakes


@pytest.mark.parametrize(
    "options", ["'models.Nothing'", "'models.Thing', through=name()", "'models.Thing', related_name=name()", "*given()"]
)
def test_an_unknown_many_to_many_leaves_the_table_known(options: str) -> None:
    found = models(f"class Thing(Model):\n    a = fields.ManyToManyField({options})")
    assert table(found, "thing").is_fully_known
    assert not found.models[0].is_fully_known


def test_a_key_to_a_model_whose_key_is_a_relation_has_no_column() -> None:
    """Tortoise makes none; whoever writes this finds out at once."""
    found = models("""
class User(Model):
    name = fields.CharField(max_length=10)
class Profile(Model):
    user = fields.OneToOneField("models.User", pk=True)
class Photo(Model):
    profile = fields.ForeignKeyField("models.Profile")
""")
    assert [column.name for column in table(found, "photo").columns] == ["id"]
    assert reasons(found) == ["which column profile refers to"]


def test_a_column_name_that_models_share_goes_to_the_first_of_them() -> None:
    """Tortoise gives it to the model that it initialises first, and another to the others."""
    found = models("""
class Base(Model):
    parent = fields.ForeignKeyField("models.One", related_name=False, source_field="up")
    class Meta:
        abstract = True
class One(Base):
    pass
class Two(Base):
    pass
""")
    assert reasons(found) == ["the column of parent, which several models share"]
    assert not table(found, "two").is_fully_known


def test_what_no_program_can_be_is_no_mistake() -> None:
    found = models("""
class Own(Own, Model):
    a = fields.CharField(max_length="x")
class First(Second, Model):
    b = fields.IntField(1, 2, 3)
class Second(First):
    c = fields.ManyToManyField(1)
    class Meta:
        table = 5
        unique_together = "b"
class One(Model):
    two = fields.OneToOneField("models.Two", pk=True)
    ones = fields.ManyToManyField("models.One")
class Two(Model):
    one = fields.OneToOneField("models.One", pk=True)
    ones = fields.ManyToManyField("models.One")
    enum = fields.CharEnumField(One)
""")
    assert not found.mistakes
    assert found.unknown


# --- references ---------------------------------------------------------------------------

USER = HEAD + "class User(Model):\n    name = fields.CharField(max_length=10)\n"


def targets(files: dict[str, str]) -> dict[str, str | None]:
    found = read(files)
    return {m.dotted: each.target for m in found.models for each in m.relationships.values() if not each.is_backref}


@pytest.mark.parametrize(
    "settings",
    [
        "register_tortoise(app, modules={'shop': ['app.shop'], 'people': ['app.people']})",
        "async def start():\n    await Tortoise.init(modules={'shop': ['app.shop'], 'people': ['app.people']})",
        "ORM = {'connections': {}, 'apps': {'shop': {'models': ['app.shop']}, 'people': {'models': ['app.people']}}}",
        "from app import people, shop\nRegisterTortoise(app, modules={'shop': [shop], 'people': [people]})",
    ],
)
def test_the_configuration_tells_models_of_one_name_apart(settings: str) -> None:
    order = "class Order(Model):\n    user = fields.ForeignKeyField('{}.User', related_name=False)\n"
    files = {"app/people.py": USER + order.format("shop"), "app/shop.py": USER + order.format("shop")}
    files["app/people.py"] = files["app/people.py"].replace("Order", "Visit")
    assert targets({**files, "app/settings.py": settings}) == {
        "app.people.Visit": "app.shop.User",
        "app.shop.Order": "app.shop.User",
    }
    assert targets(files) == {"app.people.Visit": None, "app.shop.Order": None}


def test_a_model_can_name_its_app() -> None:
    own = USER + "    class Meta:\n        app = 'people'\n        table = 'humans'\n"
    visit = HEAD + "class Visit(Model):\n    user = fields.ForeignKeyField('people.User')\n"
    other = USER + "    class Meta:\n        app = 'shop'\n"
    files = {"app/a.py": own, "app/b.py": other, "app/c.py": visit}
    assert targets(files) == {"app.c.Visit": "app.a.User"}


def test_other_classes_of_the_name_do_not_count() -> None:
    visit = USER + "class Visit(Model):\n    user = fields.ForeignKeyField('models.User')\n"
    schemas = "from pydantic import BaseModel\nclass User(BaseModel):\n    name: str\n"
    assert targets({"app/models.py": visit, "app/schemas.py": schemas}) == {"app.models.Visit": "app.models.User"}


# --- the pages are right ------------------------------------------------------------------


@pytest.fixture
def module(example: Example, tmp_path: Path) -> Iterator[Import]:
    with running(example, tmp_path) as import_module:
        yield import_module


def searched_without_index(example: Example, module: Import) -> set[str]:
    """The foreign keys by which SQLite can find rows only by reading the whole table."""
    names = [path.removesuffix(".py").replace("/", ".") for path in example.files if path.startswith("app/")]
    found = Truth(*[name for name in names if "from tortoise" in Path(str(module(name).__file__)).read_text("utf-8")])
    slow = set()
    with found.database() as database:
        for name, each in found.tables().items():
            for column, _, _ in each["keys"]:
                plan = database.execute(f'EXPLAIN QUERY PLAN SELECT * FROM "{name}" WHERE "{column}" = 1').fetchall()
                if any(step[3].startswith("SCAN") for step in plan):
                    slow.add(column)
    return slow


@shown("foreign-key-without-index", "Bad", is_of_tortoise=True)
def test_a_lookup_by_the_foreign_key_reads_the_whole_table(example: Example, module: Import) -> None:
    lines = [example.files[path].splitlines()[number - 1] for path, number, _ in example.expected()]
    assert searched_without_index(example, module) == {f"{line.split('=')[0].strip()}_id" for line in lines}


@shown("foreign-key-without-index", "Good", is_of_tortoise=True)
def test_a_lookup_by_the_foreign_key_uses_an_index(example: Example, module: Import) -> None:
    assert not searched_without_index(example, module)
