"""Proof by execution: what dbreview takes for granted of Tortoise's writes, transactions and conditions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import Depends, FastAPI
from tortoise.expressions import F, Q
from tortoise.transactions import atomic, in_transaction

from running_tortoise import Sent
from tortoise_library import Author, Book, Tag, count, first_words, given

# Writes: T10


def test_each_write_of_a_row_is_a_statement() -> None:
    async def check(sent: Sent) -> None:
        async with in_transaction():
            for number in range(50):
                await Tag.create(name=str(number))
        assert count(sent) == 50
        for number in range(50):
            await Tag(name=str(number)).save()
        assert count(sent) == 50
        await asyncio.gather(*[Tag.create(name=str(number)) for number in range(50)])
        assert count(sent) == 50
        for tag in await Tag.all().limit(50):
            await tag.delete()
        assert first_words(sent) == ["SELECT", *["DELETE"] * 50]

    given(0, check)


def test_many_rows_are_written_by_one_statement() -> None:
    async def check(sent: Sent) -> None:
        await Tag.bulk_create([Tag(name=str(number)) for number in range(1000)])
        assert first_words(sent) == ["INSERT"]
        tags = await Tag.all().limit(100)
        for tag in tags:
            tag.name = "new"
        sent.clear()
        await Tag.bulk_update(tags, fields=["name"])
        await Tag.filter(name="new").update(name="newer")
        await Tag.filter(name="newer").delete()
        assert first_words(sent) == ["UPDATE", "UPDATE", "DELETE"]
        assert await Tag.all().count() == 900

    given(0, check)


def test_save_writes_every_column_and_takes_back_what_others_have_changed() -> None:
    async def check(_sent: Sent) -> None:
        mine, other = await Book.get(id=1), await Book.get(id=1)
        other.title = "renamed"
        await other.save()
        mine.views = 7
        await mine.save()
        assert (await Book.get(id=1)).title == "book 0"
        await other.save()
        mine.views = F("views") + 1  # type: ignore[assignment]
        await mine.save(update_fields=["views"])
        kept = await Book.get(id=1)
        assert (kept.title, kept.views) == ("renamed", 1)

    given(1, check)


# Transactions and tasks: T11


class Stop(Exception):
    pass


async def transaction() -> AsyncIterator[None]:
    async with in_transaction():
        yield


@pytest.mark.parametrize("means", ["none", "block", "decorator", "dependency"])
def test_what_makes_one_transaction_of_two_writes(means: str) -> None:
    app = FastAPI()

    async def write() -> None:
        await Author.create(name="a new one")
        raise Stop

    @app.post("/block")
    async def block() -> None:
        async with in_transaction():
            await write()

    app.post("/none")(write)
    app.post("/decorator")(atomic()(write))
    app.post("/dependency", dependencies=[Depends(transaction)])(write)

    async def check(_sent: Sent) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            with pytest.raises(Stop):
                await client.post(f"/{means}")
        assert await Author.exists(name="a new one") is (means == "none")

    given(0, check)


def test_tasks_may_share_the_connection_of_a_transaction() -> None:
    async def check(sent: Sent) -> None:
        assert list(await asyncio.gather(Book.all().count(), Tag.all().count())) == [3, 3]
        async with in_transaction() as connection:
            found = await asyncio.gather(Book.all().using_db(connection).count(), Tag.all().count())
        assert list(found) == [3, 3]
        assert count(sent) == 4

    given(3, check)


# Conditions and rows


def test_a_python_word_between_conditions_drops_one_of_them() -> None:
    async def check(_sent: Sent) -> None:
        first, second = Q(name="author 0"), Q(name="author 1")
        assert await Author.filter(first | second).count() == 2
        assert await Author.filter(first or second).count() == 1
        assert await Author.filter(first and second).count() == 1

    given(3, check)


def test_one_row_is_asked_for_with_a_limit() -> None:
    async def check(sent: Sent) -> None:
        await Book.all().first()
        await Book.get(id=1)
        await Book.get_or_none(title="none")
        await Book.exists(title="none")
        await Book.all().latest("id")
        assert all("LIMIT" in statement for statement in sent)

    given(2, check)
