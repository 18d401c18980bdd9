"""Proof by execution of what sessions that are left open, or shared, do to the pool and to other requests."""

from __future__ import annotations

import asyncio
import functools
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlmodel
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from pages import Example
from running import EXAMPLES, Import, metadata_of, running, seed

# Bad code leaves sessions and connections behind.
pytestmark = pytest.mark.filterwarnings("ignore")

SECONDS = 0.001
LENT = 15
"""What the default pool lends: 5 connections, and 10 more."""


@pytest.fixture(autouse=True)
def impatient_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines have their default pool, but wait only a moment for a connection instead of 30 seconds."""
    for place in (sqlalchemy, sqlmodel):
        monkeypatch.setattr(place, "create_engine", functools.partial(place.create_engine, pool_timeout=SECONDS))


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()
    gc.collect()


def example_of(rule: str, title: str) -> Example:
    (found,) = (each for each in EXAMPLES[rule] if each.title == title)
    return found


@contextmanager
def opened(rule: str, title: str, folder: Path) -> Iterator[Import]:
    with running(example_of(rule, title), folder) as module:
        yield module
        module("app.db").engine.dispose()


def answered(application: FastAPI, *paths: str) -> list[httpx.Response]:
    """What the application answers to one request after the other, errors as a server does: with 500."""

    async def live() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [await client.get(path) for path in paths]

    return asyncio.run(live())


# --- DBR302: the pool ----------------------------------------------------------------------

LEAKING_ROUTE = "Bad: A dependency that closes only if the route succeeds"
CLOSING_ROUTE = "Good: A route with a dependency, and a connection in a with block"


def answers(title: str, folder: Path) -> list[int]:
    """What 15 requests for a meter that does not exist are answered with, and one for a meter that does."""
    with opened("session-leak", title, folder) as module:
        models = module("app.models")
        seed(folder, metadata_of(models), models.Meter(id=1, name="water", reading=7))
        application = FastAPI()
        application.include_router(module("app.routes").router)
        paths = ["/meters/99/reading"] * LENT + ["/meters/1/reading"]
        return [answer.status_code for answer in answered(application, *paths)]


def test_errors_of_routes_exhaust_the_pool(no_collector: None, tmp_path: Path) -> None:
    assert answers(LEAKING_ROUTE, tmp_path) == [404] * LENT + [500]


def test_a_finally_keeps_it_filled(no_collector: None, tmp_path: Path) -> None:
    assert answers(CLOSING_ROUTE, tmp_path) == [404] * LENT + [200]


def calls(title: str, name: str, folder: Path, count: int, *arguments: int) -> list[object]:
    """What a function of an example gives or raises, call by call."""
    with opened("session-leak", title, folder) as module:
        seed(folder, metadata_of(module("app.models")))
        file, _, function = name.rpartition(".")
        called = getattr(module(file), function)
        return [_outcome(functools.partial(called, *arguments)) for _ in range(count)]


def test_the_sixteenth_leak_fails_with_the_error_that_the_page_quotes(no_collector: None, tmp_path: Path) -> None:
    outcomes = calls("Bad: Closed only if all goes well", "app.readings.store", tmp_path, LENT + 1, 99, 5)
    assert not any(isinstance(each, PoolTimeout) for each in outcomes[:LENT])
    assert isinstance(outcomes[LENT], PoolTimeout)
    assert "QueuePool limit of size 5 overflow 10 reached" in str(outcomes[LENT])


def test_the_garbage_collector_comes_too_late(tmp_path: Path) -> None:
    outcomes = calls("Bad: A connection of the engine", "app.summary.total", tmp_path, 1000)
    assert sum(isinstance(each, PoolTimeout) for each in outcomes) > 100


def _outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except Exception as error:
        return error


@pytest.fixture
def database(tmp_path: Path) -> Iterator[tuple[sqlalchemy.Engine, type[Any]]]:
    class Base(sqlalchemy.orm.DeclarativeBase):
        pass

    class Meter(Base):
        __tablename__ = "meters"

        id: sqlalchemy.orm.Mapped[int] = sqlalchemy.orm.mapped_column(primary_key=True)
        name: sqlalchemy.orm.Mapped[str] = sqlalchemy.orm.mapped_column(unique=True)

    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'states.db'}")
    Base.metadata.create_all(engine)
    yield engine, Meter
    engine.dispose()
    gc.collect()


# What `dbreview.link.exits` and `frameworks.lifetimes` rely on.


def keep_open(engine: sqlalchemy.Engine, model: type[Any], end: str) -> Session:
    session = Session(engine)
    if end == "fresh":
        session.add(model(name="a"))
        return session
    session.scalar(select(model))
    match end:
        case "commit":
            session.commit()
        case "rollback":
            session.rollback()
        case "close":
            session.close()
        case "failing commit":
            session.add_all([model(name="a"), model(name="a")])
            with pytest.raises(IntegrityError):
                session.commit()
        case "begin block":
            session.rollback()
            with session.begin():
                session.scalar(select(model))
    return session


KEPT = {"fresh": 0, "used": 1, "commit": 0, "rollback": 0, "close": 0, "begin block": 0, "failing commit": 1}


@pytest.mark.parametrize(("end", "kept"), KEPT.items())
def test_what_an_open_session_keeps(database: tuple[sqlalchemy.Engine, type[Any]], end: str, kept: int) -> None:
    engine, model = database
    session = keep_open(engine, model, end)
    assert engine.pool.checkedout() == kept  # type: ignore[attr-defined]
    session.close()


def test_a_connection_that_was_used_keeps_itself(
    no_collector: None, database: tuple[sqlalchemy.Engine, type[Any]]
) -> None:
    engine, _ = database

    def leak() -> None:
        engine.connect().execute(text("SELECT 1"))

    leak()
    assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]


def test_a_generator_that_is_kept_closes_its_session(
    no_collector: None, database: tuple[sqlalchemy.Engine, type[Any]]
) -> None:
    engine, model = database

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    def kept() -> None:
        generator = get_session()
        next(generator).scalar(select(model))

    def abandoned() -> None:
        session = next(get_session())
        session.scalar(select(model))

    kept()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    abandoned()
    assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]


def test_the_collector_throws_away_what_async_sessions_leave(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def leak() -> int:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'async.db'}")
        factory = async_sessionmaker(engine, expire_on_commit=False)

        async def total() -> None:
            await factory().scalar(text("SELECT 1"))

        await total()
        lent = int(engine.pool.checkedout())  # type: ignore[attr-defined]
        gc.collect()
        await asyncio.sleep(0)
        await engine.dispose()
        return lent

    assert asyncio.run(leak()) == 1
    assert "garbage collector is trying to clean up non-checked-in connection" in caplog.text
    assert "which will be terminated" in caplog.text


# --- DBR301: what requests do to each other ------------------------------------------------

SHARED = "Bad: One session for the module"
SHARED_DEFAULT = "Bad: A default argument"
CLOSED_OVER = "Bad: Closed over by the routes"
INJECTED = "Good: A dependency opens one for each request"
"""Each with `app/routes.py` or `app/service.py`, that of one session and that of one session for each request."""


@contextmanager
def members(title: str, folder: Path) -> Iterator[Import]:
    with opened("global-session", title, folder) as module:
        models = module("app.models")
        seed(folder, metadata_of(models), models.Member(id=1, name="Ada", points=0))
        yield module


def points_of(module: Import, count: int = 1) -> list[httpx.Response]:
    """What so many requests for the points of Ada are answered with, one after the other."""
    application = FastAPI()
    application.include_router(module("app.routes").router)
    return answered(application, *["/members/1/points"] * count)


def fail(module: Import) -> None:
    """Another request writes something that the database refuses, through the session of its module, or its own."""
    session = getattr(module("app.routes"), "session", None) or module("app.db").SessionFactory()
    session.add(module("app.models").Member(id=1, name="Eve"))
    with pytest.raises(IntegrityError):
        session.flush()
    if not hasattr(module("app.routes"), "session"):
        session.close()


def test_after_one_error_a_global_session_refuses_all_requests(tmp_path: Path) -> None:
    with members(SHARED, tmp_path) as module:
        fail(module)
        assert [answer.status_code for answer in points_of(module, 3)] == [500, 500, 500]
        with pytest.raises(PendingRollbackError):
            module("app.routes").points(1)
        module("app.routes").session.close()


def test_a_session_for_each_request_does_not_care(tmp_path: Path) -> None:
    with members(INJECTED, tmp_path) as module:
        fail(module)
        assert points_of(module)[0].status_code == 200


def test_a_global_session_keeps_its_connection(tmp_path: Path) -> None:
    with members(SHARED, tmp_path) as module:
        points_of(module)
        assert module("app.db").engine.pool.checkedout() == 1
        module("app.routes").session.close()
    with members(INJECTED, tmp_path / "other") as module:
        points_of(module)
        assert module("app.db").engine.pool.checkedout() == 0


def change(module: ModuleType, folder: Path) -> None:
    """Another process writes the row."""
    engine = sqlalchemy.create_engine(f"sqlite:///{folder / 'test.db'}")
    with Session(engine) as session, session.begin():
        session.get_one(module.Member, 1).points = 5
    engine.dispose()


def test_a_global_session_never_sees_the_row_again(tmp_path: Path) -> None:
    with members(SHARED_DEFAULT, tmp_path) as module:
        service, models = module("app.service"), module("app.models")
        kept = service.find(1)
        assert kept.points == 0
        change(models, tmp_path)
        assert service.find(1).points == 0
        with module("app.db").SessionFactory() as session:
            assert service.find(1, session).points == 5
        service.find.__defaults__[0].close()


def test_routes_that_close_over_a_session_share_it(tmp_path: Path) -> None:
    with members(CLOSED_OVER, tmp_path) as module:
        answers_given = answered(module("app.main").app, *["/members/1/points"] * 3)
        assert [answer.json() for answer in answers_given] == [0, 0, 0]
        assert module("app.db").engine.pool.checkedout() == 1
