"""Every format tells the same schema, in a language that its reader accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conftest import Command
from dbreview.cli import SCHEMA_FORMATS
from dbreview.finding import Place
from dbreview.project import (
    Column,
    ColumnType,
    Default,
    ForeignKey,
    Index,
    Model,
    Project,
    Relationship,
    Table,
    UniqueConstraint,
    Unknown,
)
from dbreview.report.schema import render
from dbreview.report.schema.drawing import draw
from dbreview.report.style import Style
from dbreview.schema import Schema, schema_of

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*/pyproject.toml"))
AT = Place("app/models.py", 7, 1, 9, 2)
PLAIN = Style()


def table(name: str, *columns: str | Column, **more: Any) -> Table:
    made = tuple(Column(each, each, AT, INTEGER) if isinstance(each, str) else each for each in columns)
    said = {"model": None, "class_name": None, "primary_key": (), "foreign_keys": (), "indexes": (), "uniques": ()}
    return Table(name=name, at=AT, columns=made, **said | more)


def relationship(name: str, **more: Any) -> Relationship:
    said: dict[str, Any] = {
        "model": "app.Book", "class_name": "Book", "target": "app.Shelf", "target_name": "Shelf",
        "is_collection": False, "lazy": "select", "direction": "MANYTOONE",
    }  # fmt: skip
    return Relationship(name=name, at=AT, **said | more)


INTEGER = ColumnType("Integer", is_standard=True)
SHELF_KEY = ForeignKey(("shelf_id",), ("shelves.id",), AT)
SHELVES_TABLE = table("shelves", "id", primary_key=("id",), model="app.Shelf", class_name="Shelf")


def books(**more: Any) -> Table:
    return table("books", "shelf_id", model="app.Book", class_name="Book", foreign_keys=(SHELF_KEY,), **more)


def as_json(schema: Schema) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(schema, "json", PLAIN))
    return document


class TestJson:
    @pytest.mark.parametrize(
        ("more", "told"),
        [
            ({}, (False, False, False)),
            ({"primary_key": ("shelf_id",)}, (True, False, False)),
            ({"uniques": (UniqueConstraint(None, ("shelf_id", "id"), AT),)}, (True, False, True)),
            ({"uniques": (UniqueConstraint(None, ("id", "shelf_id"), AT),)}, (False, False, False)),
            ({"indexes": (Index("i", ("shelf_id",), False, AT, ("shelf_id",), where="x"),)}, (False, True, False)),
            ({"indexes": (Index("i", ("shelf_id",), False, AT, ("shelf_id",), method="gin"),)}, (False, False, False)),
        ],
    )
    def test_how_a_foreign_key_is_found(self, more: dict[str, Any], told: tuple[bool, ...]) -> None:
        (key,) = as_json(Schema(tables=(books(**more),)))["tables"][0]["fks"]
        assert (key["indexed"], key["partial_only"], key["composite_only"]) == told

    def test_target_is_a_list_for_several_columns_and_a_key_without_one_is_left_out(self) -> None:
        keys = (ForeignKey(("a", "b"), ("t.x", "t.y"), AT), ForeignKey(("a",), (), AT))
        told = as_json(Schema(tables=(table("books", "a", "b", foreign_keys=keys),)))["tables"][0]["fks"]
        assert [key["target"] for key in told] == [["t.x", "t.y"]]

    def test_index_of_expressions(self) -> None:
        index = Index(None, ("a", "", ""), True, AT, ("a DESC", "(lower(b))", ""), where="a > 1", method="gin")
        (told,) = as_json(Schema(tables=(table("t", "a", indexes=(index,)),)))["tables"][0]["indexes"]
        assert told == {
            "name": None,
            "columns": ["a", "(lower(b))", "(?)"],
            "unique": True,
            "written": ["a DESC", "(lower(b))", "(?)"],
            "where": "a > 1",
            "method": "gin",
        }

    def test_unknown_is_null(self) -> None:
        unknown = relationship(
            "x", target=None, target_name="Some", lazy=None, cascade=None, is_collection=None, direction=None
        )
        column = Column("a", "a", AT)
        told = as_json(Schema((table("t", column),), (unknown,), (Unknown(AT, "why"),)))
        assert told["tables"][0]["columns"][0]["type"] is told["tables"][0]["columns"][0]["nullable"] is None
        (each,) = told["relationships"]
        assert each["target"] == "Some"
        assert [each[key] for key in ("lazy", "cascade", "uselist", "direction")] == [None] * 4
        assert told["unknown"] == [{"file": "app/models.py", "line": 7, "reason": "why"}]

    def test_schema_is_part_of_the_name(self) -> None:
        assert as_json(Schema((table("t", "id", schema="sales"),)))["tables"][0]["table"] == "sales.t"

    def test_any_text_survives_any_pipe(self) -> None:
        told = render(Schema((table("日本 \udcff", "é"),)), "json", PLAIN)
        assert told.isascii()
        assert json.loads(told)["tables"][0]["table"] == "日本 \udcff"


class TestText:
    def test_lines_are_broken_below_their_last_cell(self) -> None:
        schema = Schema((books(),), (relationship("shelf", secondary="a_long_name", inverse="other_name"),))
        told = render(schema, "text", Style(width=70)).splitlines()
        assert told[-4:-2] == [
            "    shelf  -> Shelf  many to one  lazy=select, secondary=a_long_name,",
            "                                  back_populates=other_name",
        ]
        narrow = render(schema, "text", Style(width=40, has_summary=False)).splitlines()
        assert max(map(len, narrow)) <= 40
        assert narrow[-3:-1] == ["        secondary=a_long_name,", "        back_populates=other_name"]
        assert "secondary=a_long_name, back_populates=other_name" in render(schema, "text", PLAIN)

    def test_colour_only_where_wanted(self) -> None:
        schema = Schema((SHELVES_TABLE, books()), (relationship("shelf"),), (Unknown(AT, "why"),))
        coloured = render(schema, "text", Style(has_colour=True))
        assert "\x1b[33mnot indexed\x1b[0m" in coloured
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(schema, "text", PLAIN)

    def test_nothing_moves_the_cursor_or_is_markup(self) -> None:
        nasty = "[red]\x1b[2J\n\u202e:smile:"
        schema = Schema((table(nasty, nasty),), (relationship(nasty, model=nasty, class_name=nasty),))
        for style in (PLAIN, Style(has_colour=True)):
            told = render(schema, "text", style)
            assert "\x1b[2J" not in told
            assert "\u202e" not in told
            assert told.count("[red]\ufffd[2J \ufffd:smile:") == 4

    @pytest.mark.parametrize(
        ("column_type", "said"),
        [
            (None, "?"),
            (ColumnType("String", True, 20), "String(20)"),
            (ColumnType("String", True, 20, is_fully_read=False), "String"),
            (ColumnType("DateTime", True, None, True), "DateTime(timezone)"),
            (ColumnType("DateTime", True, None, False), "DateTime"),
        ],
    )
    def test_types(self, column_type: ColumnType | None, said: str) -> None:
        assert f"    a  {said}  ?\n" in render(Schema((table("t", Column("a", "a", AT, column_type)),)), "text", PLAIN)

    @pytest.mark.parametrize(
        ("default", "said"),
        [
            (Default("default"), "default"),
            (Default("onupdate", "datetime.utcnow"), "onupdate=datetime.utcnow"),
            (Default("default", "uuid4", is_evaluated_once=True), "default=uuid4()"),
        ],
    )
    def test_defaults(self, default: Default, said: str) -> None:
        column = Column("a", "a", AT, INTEGER, defaults=(default,))
        assert render(Schema((table("t", column),)), "text", PLAIN).splitlines()[2].endswith(f"?  {said}")

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({}, "-> Shelf  many to one  lazy=select"),
            ({"lazy": None, "direction": None}, "-> Shelf  ?  lazy=?"),
            ({"direction": "ONETOMANY"}, "-> Shelf  one to one  lazy=select"),
            ({"direction": "MANYTOMANY", "is_collection": True}, "->> Shelf  many to many  lazy=select"),
            ({"cascade": frozenset(), "has_cascade": True}, "lazy=select, cascade=none"),
            ({"cascade": frozenset({"merge", "delete"}), "has_cascade": True}, "lazy=select, cascade=delete merge"),
            ({"cascade": None}, "lazy=select, cascade=?"),
            ({"passive_deletes": "all"}, "lazy=select, passive_deletes=all"),
            ({"is_backref": True, "is_view_only": True}, "lazy=select, viewonly, by backref"),
        ],
    )
    def test_relationships(self, more: dict[str, Any], said: str) -> None:
        lines = render(Schema((books(),), (relationship("shelf", **more),)), "text", PLAIN).splitlines()
        assert lines[-3].endswith(f"  {said}")

    def test_relationship_of_a_class_whose_table_is_not_shown(self) -> None:
        told = render(Schema((), (relationship("shelf"),)), "text", Style(has_summary=False))
        assert told == (
            "Book  app/models.py:7\n  relationships\n    shelf  -> Shelf  many to one  lazy=select\n\n"
        )  # fmt: skip

    def test_partly_indexed(self) -> None:
        index = Index("i", ("shelf_id",), True, AT, ("shelf_id",), where="a\n>  1")
        told = render(Schema((books(indexes=(index,)),)), "text", PLAIN)
        assert "-> shelves.id  indexed in part\n" in told
        assert "    (shelf_id)  i  unique, where a > 1\n" in told


class TestArrows:
    @pytest.mark.parametrize(
        ("is_nullable", "uniques", "arrow"),
        [
            (False, (), "||--o{"),
            (True, (), "|o--o{"),
            (None, (), "|o--o{"),
            (False, (("shelf_id",),), "||--o|"),
            (True, (("shelf_id",),), "|o--o|"),
            (False, (("shelf_id", "id"),), "||--o{"),
        ],
    )
    def test_how_many_rows_meet(
        self, is_nullable: bool | None, uniques: tuple[tuple[str, ...], ...], arrow: str
    ) -> None:
        child = table(
            "books",
            Column("shelf_id", "shelf_id", AT, INTEGER, is_nullable=is_nullable),
            foreign_keys=(SHELF_KEY,),
            uniques=tuple(UniqueConstraint(None, columns, AT) for columns in uniques),
        )
        assert f'"shelves" {arrow} "books" : "shelf_id"\n' in render(Schema((child,)), "mermaid", PLAIN)

    @pytest.mark.parametrize(
        ("more", "label"),
        [
            ({}, "shelf"),
            ({"foreign_keys": ()}, "shelf_id"),
            ({"is_view_only": True}, "shelf_id"),
            ({"direction": "MANYTOMANY"}, "shelf_id"),
            ({"model": "app.Other"}, "shelf_id"),
            ({"model": "app.Shelf", "target": "app.Book", "direction": "ONETOMANY"}, "shelf"),
        ],
    )
    def test_relationship_names_the_key_that_it_follows(self, more: dict[str, Any], label: str) -> None:
        followed = relationship("shelf", **{"foreign_keys": (SHELF_KEY,)} | more)
        (arrow,) = draw(Schema((books(), SHELVES_TABLE), (followed,))).arrows
        assert (arrow.name or "shelf_id") == label

    def test_table_of_another_database_has_a_name_of_its_own(self) -> None:
        tables = [table("t", "id", metadata=name) for name in ("one", "two")]
        key = ForeignKey(("t_id",), ("t.id",), AT)
        tables += [table(f"from_{name}", "t_id", metadata=name, foreign_keys=(key,)) for name in ("one", "two")]
        arrows = draw(Schema(tuple(tables))).arrows
        assert [(arrow.child.key, arrow.parent.key) for arrow in arrows] == [("from_one", "t"), ("from_two", "t_2")]

    def test_stranger_is_drawn_once_and_unknown_target_not_at_all(self) -> None:
        keys = (SHELF_KEY, ForeignKey(("a",), ("shelves.id",), AT), ForeignKey(("b",), (), AT))
        drawing = draw(Schema((table("books", "shelf_id", "a", "b", foreign_keys=keys),)))
        assert [box.title for box in drawing.boxes] == ["books", "shelves"]
        assert len(drawing.arrows) == 2

    def test_composite_key_leads_from_column_to_column(self) -> None:
        key = ForeignKey(("a", "b"), ("t.x", "t.y"), AT)
        schema = Schema((table("s", "a", "b", foreign_keys=(key,)), table("t", "x", "y", primary_key=("x", "y"))))
        assert '"t" |o--o{ "s" : "a, b"' in render(schema, "mermaid", PLAIN)
        assert re.findall(r'^    "s":(\w+):e -> "t":(\w+):w .*?(label=.*)?\]$', render(schema, "dot", PLAIN), re.M) == [
            ("out0", "in0", "label=<a, b>"),
            ("out1", "in1", ""),
        ]


# --- what the languages accept ------------------------------------------------------------

NASTY = (
    "", '"', 'a"b', "back\\", "per%cent", "%%{init}%%", "x y", "direction TB", "new\nline", "1st", "pk", "FK", "uk-x",
    "日本", "é", "\U0001f600", "µm", "<b>x</b>", "a&b;", "{", "}", "class", "end", "__proto__", "\x00\x1b", "\udcff",
    "a:b", "a|b", "`x`", "#35;", "~x~", "*", "accTitle: x", "-", "--", "\u2028", "x" * 300,
)  # fmt: skip

WORD = r"(?!(?i:pk|fk|uk)\b)[A-Za-z_\u00c0-\U0010ffff][A-Za-z0-9_()\u00c0-\U0010ffff-]*"
ENTITY = re.compile(r' {4}"([^"%\r\n\v\b\\ ]+)"( \{)?')
ATTRIBUTE = re.compile(rf' {{8}}{WORD} {WORD}( (PK|FK|UK)(, (PK|FK|UK))*)?( "[^"%\r\n]*")?')
LINE = re.compile(r' {4}"([^"%\r\n\v\b\\ ]+)" (\|o|\|\|)--(o\||o\{) "([^"%\r\n\v\b\\ ]+)" : "[^"%\r\n]+"')
"""What Mermaid's own lexer accepts, and what its pre-processing leaves alone."""


def entities(text: str) -> Iterator[str]:
    """The names of the entities of a diagram, every line of which is one that Mermaid accepts."""
    head, *lines = text.splitlines()
    assert head == "erDiagram"
    for line in lines:
        assert not re.search(r"direction\s+(TB|BT|LR|RL)", line) or line.startswith(" " * 8)
        if found := ENTITY.fullmatch(line):
            yield found[1]
        else:
            assert line == "    }" or ATTRIBUTE.fullmatch(line) or LINE.fullmatch(line), line


def labels(text: str) -> Iterator[str]:
    """The first lines of the tables of a graph, all of whose labels are XML, as Graphviz wants it."""
    for label in re.findall(r"\[label=<(<table.*?</table>)>\]", text, re.DOTALL):
        yield "".join(ET.fromstring(label).find(".//b").itertext())  # type: ignore[union-attr]
    for edge in re.findall(r"->.*label=<(.*)>\]$", text, re.MULTILINE):
        ET.fromstring(f"<label>{edge}</label>")


def nasty_schema() -> Schema:
    columns = [Column(name, name, AT, ColumnType(name), is_nullable=True) for name in NASTY]
    keys = tuple(ForeignKey((name,), (f"{name}.{name}",), AT) for name in NASTY)
    return Schema(tuple(table(name, *columns, foreign_keys=keys, primary_key=NASTY[:1]) for name in NASTY))


@pytest.mark.parametrize("application", [file.parent for file in FIXTURES], ids=lambda folder: folder.name)
def test_fixture_in_every_format(dbreview: Command, application: Path) -> None:
    told = {name: dbreview("schema", application, "--format", name) for name in SCHEMA_FORMATS}
    assert {(each.status, each.err) for each in told.values()} == {(0, "")}
    document = json.loads(told["json"].out)
    names = [table["table"] for table in document["tables"]]
    assert bool(names) is (application.name != "raw_sql")  # which has no models
    assert list(entities(told["mermaid"].out)) == names
    assert list(labels(told["dot"].out)) == names
    for name in names:
        assert re.search(rf"^{name}  ", told["text"].out, re.MULTILINE)


class TestNastyNames:
    def test_mermaid(self) -> None:
        told = list(entities(render(nasty_schema(), "mermaid", PLAIN)))
        assert len(set(told)) == len(told) >= len(NASTY)
        assert {"日本", "é", "a_b", "a_b_2", "direction_TB"} <= set(told)

    def test_mermaid_tells_the_name_that_it_cannot_say(self) -> None:
        told = render(Schema((table("t", "pk", "x y", "1st"),)), "mermaid", PLAIN)
        assert [line.strip() for line in told.splitlines()[2:-1]] == [
            'Integer pk_ "pk"', 'Integer x_y "x y"', 'Integer _1st "1st"',
        ]  # fmt: skip

    def test_dot(self) -> None:
        told = render(nasty_schema(), "dot", PLAIN).replace("\udcff", r"\udcff")  # as it is written to a file
        names = list(labels(told))
        assert len(names) == len(NASTY)
        assert {'a"b', "<b>x</b>", "a&b;", "back\\", "new line"} <= set(names)
        keys = re.findall(r'^    ("[^"\\]+") \[label', told, re.MULTILINE)
        assert len(set(keys)) == len(NASTY)
        ends = re.findall(r'^    ("[^"\\]+"):(out\d+):e -> ("[^"\\]+"):(in\d+):w \[', told, re.MULTILINE)
        assert len(ends) == len(NASTY) ** 2 - len(NASTY)  # an empty name is no table
        assert {start for start, *_ in ends} == set(keys)
        assert all(f'port="{port}"' in told for _, out, _, into in ends for port in (out, into))


def test_what_was_not_asked_for_is_left_out() -> None:
    here, there = AT, Place("app/other.py", 1, 1, 1, 2)
    shown, hidden = relationship("shelf"), relationship("shelf", model="app.Other")
    inherited = relationship("shelf", model="app.Base")

    def model(name: str, at: Place, *led: Relationship) -> Model:
        return Model(f"app.{name}", name, at, None, {}, {f"r{n}": each for n, each in enumerate(led)}, True)

    project = Project(
        tables=(table("b", unknown=(Unknown(here, "x"), Unknown(there, "y"))), table("a")),
        models=(model("Book", here, shown, inherited), model("Other", there, hidden)),
        unknown=(Unknown(here, "x"), Unknown(here, "a"), Unknown(there, "z")),
    )
    schema = schema_of(project, {"app/models.py"}, {})
    assert [each.name for each in schema.tables] == ["a", "b"]
    assert [each.model for each in schema.relationships] == ["app.Book", "app.Other"]
    assert [each.reason for each in schema.unknown] == ["a", "x"]
