"""Proof by execution: what the pages say of responses and of pages of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import ResponseValidationError
from pydantic import BaseModel
from sqlalchemy import event, select
from sqlalchemy.dialects import registry
from sqlalchemy.engine import Engine
from sqlalchemy.exc import CompileError
from sqlalchemy.orm import Session

from pages import Example
from running import Import, ask, first_path, is_async, metadata_of, seed, send, shown, statements

# Bad code leaves sessions, connections and coroutines behind.
pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 20


# DBR103


def library(module: Import, folder: Path) -> ModuleType:
    """Twenty authors with a book each."""
    models = module("app.models")
    authors = [models.Author(name=f"Author {number}") for number in range(ROWS)]
    books = [models.Book(title=f"Book by {author.name}", author=author) for author in authors]
    seed(folder, metadata_of(models), *authors, *books)
    return module("app.routes")


@shown("lazy-load-in-response", "Bad")
def test_a_schema_reads_what_was_not_loaded(example: Example, module: Import, tmp_path: Path) -> None:
    routes = library(module, tmp_path)
    if is_async(example):
        with pytest.raises(ResponseValidationError, match="greenlet_spawn has not been called"):
            ask(routes, ("GET", "/authors/1", {}))
        return
    with statements() as sent:
        answer = ask(routes, ("GET", first_path(routes), {"params": {"limit": ROWS}}))[0]
    assert answer.status_code == 200
    assert len(sent) == 1 + ROWS
    is_excluded = "response_model_exclude" in example.files["app/routes.py"]
    assert ("Book by" in answer.text) is not is_excluded


@shown("lazy-load-in-response", "Good")
def test_a_loader_option_or_a_smaller_schema_saves_the_statements(
    example: Example, module: Import, tmp_path: Path
) -> None:
    routes = library(module, tmp_path)
    if is_async(example):
        answers = ask(routes, ("GET", "/authors/1", {})) + ask(routes, ("POST", "/authors", {"json": {"name": "New"}}))
        assert [answer.status_code for answer in answers] == [200, 200]
        assert [len(answer.json()["books"]) for answer in answers] == [1, 0]
        return
    for route in routes.router.routes:
        with statements() as sent:
            answer = ask(routes, ("GET", route.path, {"params": {"limit": ROWS}}))[0]
        assert answer.status_code == 200
        assert len(sent) == (2 if "Book by" in answer.text and "joinedload" not in str(example.files) else 1)


@shown("lazy-load-in-response", "Bad: The response model has a collection")
def test_only_schemas_read_relationships(example: Example, module: Import, tmp_path: Path) -> None:
    """Without a schema nothing is read; with one that is not told `from_attributes`, FastAPI reads all the same."""
    library(module, tmp_path)
    author, engine = module("app.models").Author, module("app.db").engine

    class Title(BaseModel):
        title: str

    class Titles(BaseModel):
        books: list[Title]

    application = FastAPI()

    @application.get("/encoded")
    def encoded() -> Any:
        with Session(engine) as session:
            return jsonable_encoder(session.scalars(select(author)).all())

    with Session(engine) as open_session:
        application.add_api_route("/bare", lambda: open_session.scalars(select(author)).all())
        application.add_api_route(
            "/strict", lambda: open_session.scalars(select(author)).all(), response_model=list[Titles]
        )
        counts = {}
        for path in ("/encoded", "/bare", "/strict"):
            with statements() as sent:
                assert send(application, None, ("GET", path, {}))[0].status_code == 200
            counts[path] = len(sent)
    engine.dispose()
    assert counts == {"/encoded": 1, "/bare": 1, "/strict": 1 + ROWS}


# DBR105

ARTICLES = 300


def magazine(module: Import, folder: Path, articles: int) -> ModuleType:
    models = module("app.models")
    rows = [models.Article(slug=f"article-{number}", title=f"Article {number}") for number in range(articles)]
    seed(folder, metadata_of(models), *rows)
    return module("app.routes")


def sized(routes: ModuleType, size: int | None) -> Any:
    params = {} if size is None else {"limit": size, "size": size}
    return ask(routes, ("GET", first_path(routes), {"params": params}))[0]


def rows_of(answer: Any) -> list[Any]:
    body = answer.json()
    rows: list[Any] = body["titles"] if isinstance(body, dict) else body
    return rows


@shown("unbounded-page-size", "Bad")
def test_a_client_gets_as_many_rows_as_it_asks_for(example: Example, module: Import, tmp_path: Path) -> None:
    routes = magazine(module, tmp_path, ARTICLES)
    assert len(rows_of(sized(routes, 1_000_000))) == ARTICLES
    assert len(rows_of(sized(routes, None))) == 50


@shown("unbounded-page-size", "Bad: A number with a default and no bound")
def test_sqlite_takes_a_negative_limit_for_none(example: Example, module: Import, tmp_path: Path) -> None:
    assert len(rows_of(sized(magazine(module, tmp_path, ARTICLES), -1))) == ARTICLES


@shown("unbounded-page-size", "Good")
def test_a_client_gets_no_more_than_a_page(example: Example, module: Import, tmp_path: Path) -> None:
    routes = magazine(module, tmp_path, ARTICLES)
    answer = sized(routes, 1_000_000)
    assert answer.status_code == 422 or len(rows_of(answer)) == 100
    assert len(rows_of(sized(routes, 100))) == 100
    assert len(rows_of(sized(routes, None))) in (50, 100)


# DBR106


@contextmanager
def rows_in_reverse() -> Iterator[None]:
    """SQLite gives rows that nobody ordered in the reverse of its usual order, as it is free to."""

    def tell(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA reverse_unordered_selects = ON")
        cursor.close()

    event.listen(Engine, "connect", tell)
    try:
        yield
    finally:
        event.remove(Engine, "connect", tell)


def paged(example: Example, module: Import, folder: Path) -> tuple[list[Any], list[Any]]:
    """The first page of a hundred articles, and the fifth after the database changed its mind."""
    if "fastapi_pagination" in str(example.files):
        pytest.importorskip("fastapi_pagination")
    routes = magazine(module, folder, 100)
    path = first_path(routes)
    first = {"offset": 0, "limit": 20, "page": 1, "size": 20, "after": 0}
    fifth = {"offset": 80, "limit": 20, "page": 5, "size": 20, "after": 80}
    before = ask(routes, ("GET", path, {"params": first}))[0].json()
    with rows_in_reverse():
        after = ask(routes, ("GET", path, {"params": fifth}))[0].json()
    pages = [[str(row) for row in (page["items"] if isinstance(page, dict) else page)] for page in (before, after)]
    assert [len(page) for page in pages] == [20, 20]
    return pages[0], pages[1]


@shown("unordered-pagination", "Bad")
def test_unordered_pages_repeat_rows(example: Example, module: Import, tmp_path: Path) -> None:
    first, fifth = paged(example, module, tmp_path)
    assert sorted(first) == sorted(fifth)


@shown("unordered-pagination", "Good")
def test_ordered_pages_do_not_overlap(example: Example, module: Import, tmp_path: Path) -> None:
    first, fifth = paged(example, module, tmp_path)
    assert not set(first) & set(fifth)


@shown("unordered-pagination", "Bad: Offset and limit, and no order")
def test_sql_server_refuses_an_offset_without_an_order(example: Example, module: Import) -> None:
    article = module("app.models").Article
    with pytest.raises(CompileError, match="requires an order_by"):
        select(article).limit(20).offset(20).compile(dialect=registry.load("mssql")())
