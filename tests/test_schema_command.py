"""`dbreview schema` as people and CI use it: what it shows, exit statuses, streams, bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from conftest import Command, Write
from dbreview.cli import SCHEMA_FORMATS

BASE = """\
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
"""
SHELVES = """\
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.base import Base


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column("name", String(20), unique=True)
    books: Mapped[list["Book"]] = relationship(back_populates="shelf", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id", ondelete="CASCADE"))
    __table_args__ = (Index("ix_books_title", "title"),)
    shelf: Mapped[Shelf | None] = relationship(back_populates="books", lazy="joined")
"""
LOANS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.base import Base
from app.shelves import Book


class Loan(Base):
    __tablename__ = "loans"
    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), unique=True)
"""
MIGRATION = """\
from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_index("ix_books_shelf_id", "books", ["shelf_id"])
"""
APP = {"pyproject.toml": "", "app/base.py": BASE, "app/shelves.py": SHELVES, "app/loans.py": LOANS}


def told_by(dbreview: Command, *arguments: str) -> dict[str, Any]:
    told = dbreview("schema", *arguments, "--format", "json")
    assert told.status == 0
    document: dict[str, Any] = json.loads(told.out)
    return document


class TestCommand:
    def test_text_of_the_current_folder_is_the_default(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = dbreview("schema")
        assert told == dbreview("schema", ".", "--format", "text") == dbreview("schema", "app")
        assert (told.status, told.err) == (0, "")
        assert told.out == (
            "loans  Loan  app/loans.py:8\n"
            "  columns\n"
            "    id       Integer  not null  PK\n"
            "    book_id  Integer  not null  FK, unique\n"
            "  foreign keys\n"
            "    book_id  -> books.id  indexed\n"
            "  unique\n"
            "    (book_id)\n"
            "\n"
            "shelves  Shelf  app/shelves.py:7\n"
            "  columns\n"
            "    id    Integer     not null  PK\n"
            "    name  String(20)  not null  unique, as label\n"
            "  unique\n"
            "    (name)\n"
            "  relationships\n"
            "    books  ->> Book  one to many  lazy=select, cascade=all delete-orphan, back_populates=shelf\n"
            "\n"
            "books  Book  app/shelves.py:14\n"
            "  columns\n"
            "    id        Integer  not null  PK\n"
            "    title     String   not null  index\n"
            "    shelf_id  Integer  null      FK\n"
            "  foreign keys\n"
            "    shelf_id  -> shelves.id  on delete CASCADE  not indexed\n"
            "  indexes\n"
            "    (title)  ix_books_title\n"
            "  relationships\n"
            "    shelf  -> Shelf  many to one  lazy=joined, back_populates=books\n"
            "\n"
            "Found 3 tables, 2 foreign keys (1 not indexed), 2 relationships.\n"
        )

    def test_mermaid(self, write: Write, dbreview: Command) -> None:
        write(APP)
        assert dbreview("schema", "--format", "mermaid").out == (
            "erDiagram\n"
            '    "loans" {\n        Integer id PK\n        Integer book_id FK, UK\n    }\n'
            '    "shelves" {\n        Integer id PK\n        String(20) name UK\n    }\n'
            '    "books" {\n        Integer id PK\n        String title\n        Integer shelf_id FK\n    }\n'
            '    "books" ||--o| "loans" : "book_id"\n'
            '    "shelves" |o--o{ "books" : "shelf"\n'
        )

    def test_dot(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = dbreview("schema", "--format", "dot").out
        assert '"loans":out1:e -> "books":in0:w [arrowtail=teeodot, arrowhead=teetee, label=<book_id>]' in told
        assert '"books":out2:e -> "shelves":in0:w [arrowtail=crowodot, arrowhead=teeodot, label=<shelf>]' in told

    def test_json(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = told_by(dbreview)
        assert list(told) == ["version", "tables", "relationships", "unknown"]
        book = told["tables"][2]
        assert book | {"columns": book["columns"][2:]} == {
            "table": "books",
            "class": "app.shelves.Book",
            "file": "app/shelves.py",
            "line": 14,
            "orm": "sqlalchemy",
            "columns": [
                {
                    "name": "shelf_id",
                    "type": "Integer",
                    "nullable": True,
                    "primary_key": False,
                    "unique": False,
                    "index": False,
                    "defaults": [],
                    "file": "app/shelves.py",
                    "line": 18,
                }
            ],
            "pk": ["id"],
            "fks": [
                {
                    "columns": ["shelf_id"],
                    "target": "shelves.id",
                    "indexed": False,
                    "partial_only": False,
                    "composite_only": False,
                    "ondelete": "CASCADE",
                    "file": "app/shelves.py",
                    "line": 18,
                }
            ],
            "indexes": [{"name": "ix_books_title", "columns": ["title"], "unique": False}],
            "unique": [],
            "checks": [],
            "inherits": None,
            "fully_known": True,
        }
        assert told["tables"][1]["columns"][1] == {
            "name": "name",
            "attribute": "label",
            "type": "String",
            "length": 20,
            "nullable": False,
            "primary_key": False,
            "unique": True,
            "index": False,
            "defaults": [],
            "file": "app/shelves.py",
            "line": 10,
        }
        assert told["relationships"][0] == {
            "class": "app.shelves.Shelf",
            "attr": "books",
            "target": "app.shelves.Book",
            "uselist": True,
            "lazy": "select",
            "cascade": "delete, delete-orphan, expunge, merge, refresh-expire, save-update",
            "passive_deletes": False,
            "direction": "ONETOMANY",
            "back_populates": "shelf",
            "made_by_backref": False,
            "secondary": None,
            "viewonly": False,
            "file": "app/shelves.py",
            "line": 11,
        }

    def test_paths_say_what_is_shown_and_not_what_is_analysed(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = told_by(dbreview, "app/loans.py")
        assert [table["table"] for table in told["tables"]] == ["loans"]
        assert [column["name"] for column in told["tables"][0]["columns"]] == ["id", "book_id"]
        assert told["tables"][0]["fks"][0]["target"] == "books.id"
        assert told["relationships"] == []
        assert dbreview("schema", "app/loans.py", "--format", "mermaid").out.endswith(
            '    "books"\n    "books" ||--o| "loans" : "book_id"\n'
        )

    def test_files_are_named_by_the_project_for_programs_and_as_typed_for_people(
        self, write: Write, dbreview: Command
    ) -> None:
        folder = write(APP)
        assert told_by(dbreview, str(folder / "app" / "loans.py")) == told_by(dbreview, "app/loans.py")
        assert f"{folder / 'app' / 'loans.py'}:8\n" in dbreview("schema", folder / "app" / "loans.py").out

    def test_inherited_relationship_is_told_at_its_own_class(self, write: Write, dbreview: Command) -> None:
        heir = "from app.shelves import Shelf\n\n\nclass TallShelf(Shelf):\n    pass\n"
        write(APP | {"app/tall.py": heir})
        assert [(each["class"], each["attr"]) for each in told_by(dbreview)["relationships"]] == [
            ("app.shelves.Shelf", "books"),
            ("app.shelves.Book", "shelf"),
        ]

    def test_what_only_a_migration_makes_is_left_out(self, write: Write, dbreview: Command) -> None:
        write(APP | {"migrations/versions/1_first.py": MIGRATION})
        book = told_by(dbreview)["tables"][2]
        assert [index["name"] for index in book["indexes"]] == ["ix_books_title"]
        assert book["fks"][0]["indexed"] is False

    def test_nothing_to_show(self, write: Write, dbreview: Command) -> None:
        write({"pyproject.toml": "", "app.py": "x = 1\n"})
        assert dbreview("schema").out == "Found 0 tables, 0 foreign keys, 0 relationships.\n"
        assert dbreview("schema", "--format", "mermaid").out == "erDiagram\n"
        assert told_by(dbreview) == {"version": 1, "tables": [], "relationships": [], "unknown": []}

    def test_quiet(self, write: Write, dbreview: Command) -> None:
        write(APP)
        assert "Found" not in dbreview("schema", "-q").out

    def test_output_file(self, write: Write, dbreview: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = write(APP)
        expected = dbreview("schema").out
        dbreview("--version")
        monkeypatch.setenv("FORCE_COLOR", "1")
        told = dbreview("schema", "--output-file", "schema.txt")
        assert (told.status, told.out) == (0, "")
        assert (folder / "schema.txt").read_text() == expected

    def test_output_format_is_understood_too(self, write: Write, dbreview: Command) -> None:
        write(APP)
        assert dbreview("schema", "--output-format", "dot") == dbreview("schema", "--format", "dot")

    def test_settings_count_unless_isolated(self, write: Write, dbreview: Command) -> None:
        write(APP | {"dbreview.toml": 'exclude = ["app/loans.py"]\n', "other.toml": 'exclude = ["app/shelves.py"]\n'})

        def tables(*arguments: str) -> list[str]:
            return [table["table"] for table in told_by(dbreview, *arguments)["tables"]]

        assert tables() == ["shelves", "books"]
        assert tables("--isolated") == ["loans", "shelves", "books"]
        assert tables("--config", "other.toml") == ["loans"]


class TestTrouble:
    def test_file_that_cannot_be_read_is_told(self, write: Write, dbreview: Command) -> None:
        write(APP | {"app/broken.py": "x = 1\ndef (\n"})
        told = dbreview("schema", "--format", "json")
        (unknown,) = json.loads(told.out)["unknown"]
        assert (told.status, unknown["file"], unknown["line"]) == (0, "app/broken.py", 2)
        assert told.err == f"dbreview: app/broken.py:2: {unknown['reason']}\n"
        assert len(json.loads(told.out)["tables"]) == 3
        lines = dbreview("schema").out.splitlines()
        assert lines[-5:-1] == ["unknown", "  app/broken.py", f"    line 2  {unknown['reason']}", ""]
        assert lines[-1].endswith(", 1 thing unknown.")
        assert dbreview("schema", "app/loans.py").err == ""

    def test_missing_path(self, write: Write, dbreview: Command) -> None:
        write(APP)
        told = dbreview("schema", "nope", "app/loans.py", "--format", "json")
        assert (told.status, told.err) == (2, "dbreview: nope: no such file or folder\n")
        assert [table["table"] for table in json.loads(told.out)["tables"]] == ["loans"]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--format", "xml"), "--format"),
            (("--config", "missing.toml"), "missing.toml: No such file or directory"),
            (("--config", "pyproject.toml", "--isolated"), "exclude each other"),
            (("--output-file", "no/such/folder.txt"), "folder.txt: No such file or directory"),
        ],
    )
    def test_wrong_usage(self, write: Write, dbreview: Command, arguments: tuple[str, ...], said: str) -> None:
        write(APP)
        told = dbreview("schema", *arguments)
        assert (told.status, told.out) == (2, "")
        assert said in told.err
        assert "Traceback" not in told.err

    def test_mistake_of_our_own(self, write: Write, dbreview: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(path: str, source: bytes) -> None:
            raise ZeroDivisionError("by zero")

        write(APP)
        monkeypatch.setattr("dbreview.extract.workers.extract", fail)
        told = dbreview("schema", "app/loans.py", "--format", "mermaid")
        assert (told.status, told.out) == (2, "erDiagram\n")
        assert "reading app/loans.py: ZeroDivisionError: by zero (test_schema_command.py:" in told.err
        assert "Traceback" not in told.err


@pytest.mark.parametrize("output_format", SCHEMA_FORMATS)
def test_same_input_same_bytes(write: Write, output_format: str) -> None:
    write(APP)

    def run(seed: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "dbreview", "schema", "--format", output_format],
            env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    assert run("1") == run("2") != ""
