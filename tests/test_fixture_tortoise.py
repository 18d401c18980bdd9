"""The application on Tortoise ORM under tests/fixtures is a real one, and so are its mistakes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import httpx
import pytest
from fastapi.exceptions import ResponseValidationError
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.exceptions import NoValuesFetched

from running import importing
from running_tortoise import Sent, statements

APPLICATION = Path(__file__).parent / "fixtures" / "tortoise_app"
T = TypeVar("T")
Ask = Callable[..., Awaitable[Any]]


async def fill(models: ModuleType, concerts: int) -> None:
    """Concerts, and for each of them a visitor with a booking."""
    stage = await models.Stage.create(name="Hill", capacity=100)
    for number in range(1, concerts + 1):
        artist = await models.Artist.create(name=f"Artist {number}")
        starts_at = datetime(2024, 6, number, 20, tzinfo=timezone.utc)
        concert = await models.Concert.create(starts_at=starts_at, seats_left=50, price=30, artist=artist, stage=stage)
        visitor = await models.Visitor.create(email=f"{number}@a.test", name=f"Visitor {number}", password_hash="-")
        booking = await models.Booking.create(code=f"B{number}", seats=2, concert=concert, visitor=visitor)
        gate = await models.Gate.create(label=f"Gate {number}")
        await models.Admission.create(booking=booking, gate=gate)


def at_the_festival(work: Callable[[Ask, ModuleType, Sent], Awaitable[T]], concerts: int = 3) -> T:
    """Start the application on an empty database, fill that, and do something with both."""

    async def live(main: ModuleType, models: ModuleType) -> T:
        EXECUTOR_CACHE.clear()
        transport = httpx.ASGITransport(app=main.app)
        async with (
            main.lifespan(main.app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            await fill(models, concerts)

            async def ask(verb: str, path: str, json: object = None) -> Any:
                answer = await client.request(verb, path, json=json)
                assert answer.status_code < 300, answer.text
                return answer.json() if answer.content else None

            with statements() as sent:
                return await work(ask, models, sent)

    with importing("festival", APPLICATION, {"DATABASE_URL": "sqlite://:memory:"}) as module:
        return asyncio.run(live(module("festival.main"), module("festival.models")))


def sent_by(request: str, json: object, concerts: int) -> int:
    """How many statements a request takes, with so many concerts in the database."""
    verb, path = request.split()

    async def work(ask: Ask, _models: ModuleType, sent: Sent) -> int:
        await ask(verb, path, json)
        return len(sent)

    return at_the_festival(work, concerts)


def test_the_festival_answers() -> None:
    async def work(ask: Ask, models: ModuleType, _sent: Sent) -> None:
        assert len(await ask("GET", "/concerts")) == 3
        assert (await ask("GET", "/concerts/complete"))[0]["artist"]["name"] == "Artist 1"
        line_up = ["Artist 1 on Hill", "Artist 2 on Hill", "Artist 3 on Hill"]
        assert await ask("GET", "/concerts/line-up") == await ask("GET", "/concerts/quick-line-up") == line_up
        assert await ask("GET", "/concerts/sold") == {"1": 2, "2": 2, "3": 2}
        wanted = {"concert_ids": [1, 2, 9]}
        assert await ask("POST", "/concerts/price", wanted) == await ask("POST", "/concerts/quick-price", wanted) == 60
        assert (await ask("GET", "/concerts/1"))["artist"] == {"id": 1, "name": "Artist 1"}
        assert await ask("POST", "/artists", {"names": ["A", "B"]}) == 2
        assert await ask("POST", "/artists/quickly", {"names": ["C", "D"]}) == 2
        assert len(await ask("GET", "/artists")) == 7
        assert [stage["name"] for stage in await ask("GET", "/stages")] == ["Hill"]
        assert await ask("POST", "/stages?name=Lake") == 2
        assert (await ask("GET", "/bookings"))[0]["concert"]["artist"]["name"] == "Artist 1"
        assert (await ask("GET", "/bookings/1"))["code"] == "B1"
        assert await ask("GET", "/bookings/size/1") == await ask("GET", "/bookings/quick-size/1") == 1
        assert await ask("GET", "/bookings/visitors/1") == ["Visitor 1"]
        new = {"concert_id": 1, "visitor_id": 1, "seats": 2}
        assert await ask("POST", "/bookings", new) != await ask("POST", "/bookings/at-once", new)
        assert await ask("POST", "/bookings/returns/1?seats=4") == 50
        assert await ask("POST", "/bookings/1/payment") == "F1"
        assert len(await ask("GET", "/visitors")) == 3
        assert set(await ask("GET", "/visitors/1")) == {"id", "email", "name", "created_at", "updated_at"}
        visitor = {"email": "new@a.test", "name": "New", "password": "a long one"}
        assert await ask("POST", "/visitors", visitor) == 4
        assert await ask("POST", "/visitors/known?email=new@a.test&name=New") == 4
        assert await models.Artist.all().count() == 7

    at_the_festival(work)


@pytest.mark.parametrize(
    ("slow", "quick", "json"),
    [
        ("GET /concerts/line-up", "GET /concerts/quick-line-up", None),
        ("POST /concerts/price", "POST /concerts/quick-price", {"concert_ids": [1, 2, 3, 4, 5, 6]}),
        ("POST /artists", "POST /artists/quickly", {"names": list("abcdef")}),
    ],
)
def test_what_is_done_in_a_loop_takes_a_statement_for_each_row(slow: str, quick: str, json: object) -> None:
    assert sent_by(slow, json, concerts=6) >= 6
    assert sent_by(quick, json, concerts=6) <= 3


def test_what_is_not_fetched_is_an_error() -> None:
    async def work(ask: Ask, _models: ModuleType, _sent: Sent) -> None:
        with pytest.raises(NoValuesFetched):
            await ask("GET", "/concerts/1/popularity")
        with pytest.raises(ResponseValidationError):
            await ask("GET", "/bookings/by-code/B1")

    at_the_festival(work)


def test_what_is_not_awaited_is_not_done() -> None:
    async def work(ask: Ask, models: ModuleType, _sent: Sent) -> None:
        await models.Booking.filter(id=1).update(state="cancelled")
        await ask("DELETE", "/visitors/1/cancelled")
        assert await models.Booking.all().count() == 3
        await ask("DELETE", "/visitors/1/cancelled/all")
        assert await models.Booking.all().count() == 2

    at_the_festival(work)


def test_a_booking_that_fails_is_there_all_the_same_unless_all_of_it_is_one_transaction() -> None:
    async def work(ask: Ask, models: ModuleType, _sent: Sent) -> None:
        new = {"concert_id": 1, "visitor_id": 1, "seats": 2}
        await models.Concert.filter(id=1).update(seats_left=1)
        for path, kept in (("/bookings/at-once", 3), ("/bookings", 4)):
            with pytest.raises(sys.modules["festival.services.bookings"].SoldOut):
                await ask("POST", path, new)
            assert await models.Booking.all().count() == kept

    at_the_festival(work)


def test_seats_that_are_given_back_at_the_same_time_get_lost() -> None:
    async def work(ask: Ask, models: ModuleType, _sent: Sent) -> int:
        await asyncio.gather(*[ask("POST", "/bookings/returns/1?seats=1") for _ in range(20)])
        return int((await models.Concert.get(id=1)).seats_left)

    assert at_the_festival(work) < 70
