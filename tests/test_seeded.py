"""The command that puts defects into applications: which it makes, how it writes them, and that they are found."""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

MODELS = """
    from sqlalchemy import ForeignKey, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase):
        pass

    class Author(Base):
        __tablename__ = "authors"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(40))

    class Book(Base):
        __tablename__ = "books"
        id: Mapped[int] = mapped_column(primary_key=True)
        isbn: Mapped[str] = mapped_column(String(13), unique=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)
        author: Mapped["Author"] = relationship()
        series_id: Mapped[int] = mapped_column(ForeignKey("series.id"), index=True)
        series: Mapped["Series"] = relationship(lazy="joined")

    class Series(Base):
        __tablename__ = "series"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str] = mapped_column(String(40))
"""
ROUTES = """
    from fastapi import APIRouter
    from sqlalchemy import create_engine, select
    from sqlalchemy.orm import Session, joinedload

    from app.models import Author, Book

    router = APIRouter()
    engine = create_engine("sqlite://")

"""


Seeded = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seeded:
    """What the command prints as JSON."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    command = importlib.import_module("seeded")

    def run(*arguments: str | Path) -> list[dict[str, Any]]:
        monkeypatch.setattr(sys, "argv", ["seeded.py", "--json", *map(str, arguments)])
        assert command.main() == 0
        told: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return told

    return run


@pytest.fixture
def seeded_in(tmp_path: Path, seeded: Seeded) -> Seeded:
    """The same of an application with one module of routes."""

    def run(routes: str, *arguments: str) -> list[dict[str, Any]]:
        for path, text in {"pyproject.toml": "", "app/models.py": MODELS, "app/routes.py": ROUTES + routes}.items():
            file = tmp_path / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")
        return seeded(tmp_path, *arguments)

    return run


def written(mutant: dict[str, Any]) -> list[str]:
    """The lines that a defect changes, without those of the function at the end of the file."""
    lines = [str(line) for line in mutant["diff"]]
    return lines[: lines.index("-")] if "-" in lines else lines


def test_all_that_is_clear_in_the_examples_is_found(seeded: Seeded) -> None:
    folders = [ROOT / "tests" / "fixtures" / name for name in ("sync_query", "sqlmodel_app")]
    counts = Counter((each["kind"], each["found"]) for each in seeded(*folders))
    assert {kind for kind, found in counts if found == "default"} == {"option", "limit", "loop"}
    assert not [kind for kind, found in counts if found in ("advice", "none")]
    assert counts["option", "told"] == 1  # another query without the option leads to the same reading


def test_a_loader_option_is_taken_away_with_its_comma(seeded_in: Seeded) -> None:
    routes = """
    @router.get("/books")
    def books() -> list[str]:
        with Session(engine) as session:
            rows = session.scalars(
                select(Book).options(joinedload(Book.author), joinedload(Book.series)).limit(50)
            )
            return [f"{row.isbn} {row.author.name} {row.series.title}" for row in rows]
    """
    made = {each["what"]: each for each in seeded_in(routes, "--kind", "option")}
    author = made.pop("`Book.author` from the loader options")
    assert author["diff"] == [
        "-            select(Book).options(joinedload(Book.author), joinedload(Book.series)).limit(50)",
        "+            select(Book).options(joinedload(Book.series)).limit(50)",
    ]
    assert author["found"] == "default"
    assert author["why"] == f"a loop reads it in books (app/routes.py:{author['line'] + 2})"
    series = made.pop("`Book.series` from the loader options")
    assert series["why"] == '`series` is loaded anyway, by lazy="joined"'
    (lazy,) = made.values()
    assert (lazy["found"], lazy["why"]) == ("unclear", "nothing is seen to read it in a loop")


def test_a_response_reads_what_its_schema_has_fields_for(seeded_in: Seeded) -> None:
    routes = """
    from pydantic import BaseModel

    class AuthorOut(BaseModel):
        name: str

    class BookOut(BaseModel):
        author: AuthorOut

    class Page(BaseModel):
        books: list[BookOut]

    @router.get("/books", response_model=list[BookOut])
    def books() -> object:
        with Session(engine) as session:
            return session.scalars(select(Book).options(joinedload(Book.author)).limit(50)).all()

    @router.get("/pages")
    def pages() -> Page:
        with Session(engine) as session:
            rows = session.scalars(select(Book).options(joinedload(Book.author)).limit(50)).all()
            return Page(books=rows)
    """
    made = seeded_in(routes, "--kind", "option")
    assert [each["why"].partition(" (")[0] for each in made if each["kind"] == "response"] == [
        "the response of books",
        "the response of pages",
    ]


def test_an_option_that_nothing_reads_in_a_loop_is_no_defect(seeded_in: Seeded) -> None:
    routes = """
    @router.get("/books/{isbn}")
    def book(isbn: str) -> str:
        with Session(engine) as session:
            row = session.scalars(select(Book).where(Book.isbn == isbn).options(joinedload(Book.author))).one()
            return row.author.name
    """
    made = seeded_in(routes, "--kind", "option")
    assert {each["found"] for each in made} == {"unclear"}


def test_limit_and_offset_go_together(seeded_in: Seeded) -> None:
    routes = """
    @router.get("/books")
    def books(skip: int = 0) -> list[str]:
        with Session(engine) as session:
            statement = select(Book).order_by(Book.id)
            return [row.isbn for row in session.scalars(statement.offset(skip).limit(50))]
    """
    (made,) = seeded_in(routes, "--kind", "limit")
    assert made["diff"] == [
        "-        return [row.isbn for row in session.scalars(statement.offset(skip).limit(50))]",
        "+        return [row.isbn for row in session.scalars(statement)]",
    ]
    assert made["found"] == "default"


def test_a_bound_that_remains_is_no_defect(seeded_in: Seeded) -> None:
    routes = """
    @router.get("/books")
    def books(isbn: str) -> list[int]:
        with Session(engine) as session:
            return [row.id for row in session.scalars(select(Book).where(Book.isbn == isbn).limit(5))]

    @router.get("/authors")
    def authors(ids: list[int]) -> list[int]:
        with Session(engine) as session:
            return [row.id for row in session.scalars(select(Book).where(Book.author_id.in_(ids)).limit(5))]
    """
    made = seeded_in(routes, "--kind", "limit")
    assert [each["found"] for each in made] == ["unclear", "unclear"]


def test_a_statement_goes_into_a_loop_with_what_makes_it(seeded_in: Seeded) -> None:
    routes = """
    def by_isbn(session: Session, isbn: str) -> Book | None:
        statement = select(Book).where(Book.isbn == isbn)
        return session.scalars(
            statement
        ).one_or_none()

    @router.get("/books/{isbn}")
    def book(isbn: str) -> str:
        with Session(engine) as session:
            found = by_isbn(session, isbn)
            return found.isbn if found else ""
    """
    statement, call = seeded_in(routes, "--kind", "loop")
    assert written(statement) == [
        "-    statement = select(Book).where(Book.isbn == isbn)",
        "+    for seeded_item in seeded_items():",
        "+        statement = select(Book).where(Book.isbn == seeded_item)",
        "-    return session.scalars(",
        "+        seeded_found = session.scalars(",
        "-    ).one_or_none()",
        "+    ).one_or_none()",
        "+    return seeded_found",
    ]
    assert written(call) == [
        "-def book(isbn: str) -> str:",
        "+def book(isbn: str, *, seeded_items: list[str]) -> str:",
        "-        found = by_isbn(session, isbn)",
        "+        for seeded_item in seeded_items:",
        "+            found = by_isbn(session, seeded_item)",
    ]
    assert [statement["found"], call["found"]] == ["default", "default"]


def test_the_same_seed_takes_the_same_defects(seeded: Seeded) -> None:
    folder = ROOT / "tests" / "fixtures" / "async_select"
    once, again = (seeded(folder, "--most", "2", "--seed", "7") for _ in range(2))
    assert once == again
    assert Counter(each["kind"] for each in once if each["found"] != "unclear") == {"option": 2, "loop": 2}
