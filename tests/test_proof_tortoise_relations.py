"""Proof by execution: what dbreview takes for granted of Tortoise's schema, relations and schemas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.exceptions import ResponseValidationError
from pydantic import BaseModel, ConfigDict
from tortoise import Tortoise
from tortoise.contrib.pydantic import pydantic_model_creator
from tortoise.exceptions import NoValuesFetched
from tortoise.query_utils import Prefetch
from tortoise.queryset import QuerySet
from tortoise.utils import get_schema_sql

from running_tortoise import Sent
from tortoise_library import ROWS, Author, Book, Review, Tag, count, given

# Schema: T1, T3, T4, T6, S8


def test_which_columns_get_an_index() -> None:
    async def check(_sent: Sent) -> None:
        ddl = get_schema_sql(Tortoise.get_connection("default"), safe=False)
        indexes = {line.rpartition(" ON ")[2] for line in ddl.splitlines() if line.startswith("CREATE INDEX")}
        assert indexes == {'"book" ("editor_id");', '"author" ("name");'}  # neither author_id nor book_id
        assert '"author_id" INT NOT NULL UNIQUE REFERENCES "author"' in ddl  # one to one
        assert '"name" VARCHAR(100) NOT NULL UNIQUE' in ddl  # and an index besides
        assert '"id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL' in ddl  # without one
        (link,) = (line for line in ddl.splitlines() if line.startswith("CREATE UNIQUE INDEX"))
        assert link.endswith('ON "book_tags" ("book_id", "tag_id");')

    given(0, check)


def test_the_order_of_an_abstract_base_is_inherited_although_its_meta_is_not() -> None:
    async def check(sent: Sent) -> None:
        await Tag.all().limit(2)
        await Book.all().limit(2)
        assert ["ORDER BY" in statement for statement in sent] == [True, False]

    given(0, check)


# Relations: T7, T9


def test_an_awaited_parent_is_a_statement_for_each_row() -> None:
    async def check(sent: Sent) -> None:
        for book in await Book.all():
            await book.author
        assert count(sent) == ROWS + 1
        for book in await Book.all():
            async for _ in book.reviews:
                pass
        assert count(sent) == ROWS + 1
        for book in await Book.all():
            await book.fetch_related("author", "reviews")
        assert count(sent) == 2 * ROWS + 1

    given(ROWS, check)


def test_the_same_parent_is_fetched_again_for_each_row() -> None:
    async def check(sent: Sent) -> None:
        await Book.all().update(author_id=1)
        sent.clear()
        assert {(await book.author).name for book in await Book.all()} == {"author 0"}
        assert count(sent) == ROWS + 1

    given(ROWS, check)


def test_prefetching_is_a_statement_for_each_level_and_joining_is_none() -> None:
    async def check(sent: Sent) -> None:
        assert [book.author.name for book in await Book.all().select_related("author")]
        assert count(sent) == 1
        assert [book.author.name for book in await Book.all().prefetch_related("author")]
        assert count(sent) == 2
        authors = await Author.all().prefetch_related("books__reviews")
        assert sum(review.stars for author in authors for book in author.books for review in book.reviews) == ROWS
        assert count(sent) == 3
        books = await Book.all()
        await Book.fetch_for_list(books, "author", "reviews")
        assert sum(len(book.reviews) for book in books) == ROWS
        assert count(sent) == 3

    given(ROWS, check)


def test_the_key_of_a_parent_costs_nothing() -> None:
    async def check(sent: Sent) -> None:
        assert len({book.author_id for book in await Book.all()}) == ROWS
        assert count(sent) == 1

    given(ROWS, check)


def test_what_is_prefetched_is_read_without_await() -> None:
    async def check(sent: Sent) -> None:
        for book in await Book.all().prefetch_related("author", "reviews"):
            await book.author
            async for _ in book.reviews:
                pass
            assert len(book.reviews) == 1
        assert count(sent) == 3
        asked: list[Callable[[Any], Awaitable[object]]] = [
            lambda book: book.reviews,
            lambda book: book.reviews.all(),
            lambda book: book.reviews.filter(stars=1),
        ]
        for ask in asked:
            for book in await Book.all().prefetch_related("reviews"):
                await ask(book)
            assert count(sent) == ROWS + 2

    given(ROWS, check)


def test_a_prefetch_under_another_name_fills_the_relation_as_well() -> None:
    async def check(_sent: Sent) -> None:
        loved = Prefetch("reviews", queryset=Review.filter(stars__gt=0), to_attr="loved")
        book = await Book.all().prefetch_related(loved).first()
        assert book is not None
        assert len(book.loved) == 1  # type: ignore[attr-defined]
        assert len(book.reviews) == 1

    given(1, check)


# What is not fetched: T8


@pytest.mark.parametrize(
    "read",
    [list, len, bool, lambda reviews: reviews[0], lambda reviews: 1 in reviews],
    ids=["list", "len", "bool", "[0]", "in"],
)
def test_a_collection_that_was_not_fetched_raises(read: Callable[[Any], object]) -> None:
    async def check(_sent: Sent) -> None:
        fetched = await Book.get(id=1)
        awaited = await Book.get(id=1)
        await awaited.reviews
        created = await Book.create(title="new", author_id=1)
        for book in (fetched, awaited, created, Book(title="not stored")):
            for collection in (book.reviews, book.tags):
                with pytest.raises(NoValuesFetched):
                    read(collection)

    given(1, check)


def test_a_parent_that_was_not_fetched_is_a_queryset() -> None:
    async def check(_sent: Sent) -> None:
        book = await Book.get(id=1)
        await book.author
        by_key = await Book.create(title="new", author_id=1)
        (back,) = (await Author.get(id=1).prefetch_related("books")).books[:1]
        for each in (book, by_key, back):
            parent: Any = each.author
            assert isinstance(parent, QuerySet)
            with pytest.raises(AttributeError, match="'QuerySet' object has no attribute 'name'"):
                str(parent.name)  # type: ignore[attr-defined]
        given_one: Any = await Book.create(title="new", author=await Author.get(id=1))
        assert given_one.author.name == "author 0"
        profile = (await Author.get(id=1)).profile  # type: ignore[attr-defined]
        assert isinstance(profile, QuerySet)

    given(1, check)


# Schemas


class AuthorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class BookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    author: AuthorOut | None = None


def test_a_response_with_a_relation_that_was_not_fetched_is_an_error() -> None:
    app = FastAPI()

    @app.get("/books/{book_id}", response_model=BookOut)
    async def read_book(book_id: int) -> Book:
        return await Book.get(id=book_id)

    @app.get("/books", response_model=list[BookOut])
    async def read_books() -> list[Book]:
        return await Book.all().prefetch_related("author")

    @app.get("/unawaited", response_model=None)
    async def unawaited() -> object:
        return Book.all()

    async def check(_sent: Sent) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            with pytest.raises(ResponseValidationError, match="Field required"):
                await client.get("/books/1")
            assert (await client.get("/books")).json() == [{"title": "book 0", "author": {"name": "author 0"}}]
            answer = await client.get("/unawaited")
            assert (answer.status_code, answer.json()) == (200, {})

    given(1, check)


def test_a_schema_made_of_a_model_fetches_relations_for_a_query_and_for_each_row() -> None:
    async def check(sent: Sent) -> None:
        with_relations = pydantic_model_creator(Review, name="ReviewOut", include=("id", "book"))
        without = pydantic_model_creator(Review, name="ReviewShort", exclude=("book",))
        await with_relations.from_queryset(Review.all())
        for_a_query = count(sent)
        for review in await Review.all():
            await with_relations.from_tortoise_orm(review)
        assert count(sent) == 1 + (for_a_query - 1) * ROWS > ROWS
        for review in await Review.all():
            await without.from_tortoise_orm(review)
        assert count(sent) == 1

    given(ROWS, check)
