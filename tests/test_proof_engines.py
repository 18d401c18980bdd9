"""Proof by execution, for the rules about engines: what they accept, how often they connect, what they log."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest
import sqlalchemy
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InvalidRequestError,
    MissingGreenlet,
    NoSuchModuleError,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dbreview.frameworks import pools
from dbreview.frameworks.sqlalchemy import ENGINE_MAKERS
from pages import Example
from postgres import Database
from running import EXAMPLES, Import, metadata_of, running, seed, shown

# Bad code leaves engines and connections behind.
pytestmark = pytest.mark.filterwarnings("ignore")


@contextmanager
def connects() -> Iterator[list[object]]:
    """The connections that all engines open meanwhile."""
    opened: list[object] = []

    def note(connection: object, _record: object) -> None:
        opened.append(connection)

    event.listen(Engine, "connect", note)
    try:
        yield opened
    finally:
        event.remove(Engine, "connect", note)


def one_after_the_other(application: FastAPI, path: str, number: int) -> list[httpx.Response]:
    """Start the application and send it this request, again when it has answered."""

    async def live() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=application)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            return [await client.get(path) for _ in range(number)]

    return asyncio.run(live())


def application_of(example: Example, module: Import) -> FastAPI:
    if "app/main.py" in example.files:
        application: FastAPI = module("app.main").app
        return application
    application = FastAPI()
    application.include_router(module("app.routes").router)
    return application


def milliseconds(call: Callable[[], object], times: int = 15) -> float:
    """How long a call takes when nothing else is going on."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    return min(taken)


def select_one(engine: Engine) -> object:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT 1"))


# DBR307


def connections_of_ten_requests(example: Example, module: Import, folder: Path) -> int:
    models = module("app.models")
    seed(folder, metadata_of(models), models.Parcel(id=1, status="lost"))
    application = application_of(example, module)
    with connects() as opened:
        answers = one_after_the_other(application, "/parcels/1/status", 10)
    assert [answer.json() for answer in answers] == ["lost"] * 10
    return len(opened)


@shown("engine-per-request", "Bad")
def test_each_request_connects_anew(example: Example, module: Import, tmp_path: Path) -> None:
    assert connections_of_ten_requests(example, module, tmp_path) == 10


@shown("engine-per-request", "Good")
def test_one_connection_serves_all_requests(example: Example, module: Import, tmp_path: Path) -> None:
    assert connections_of_ten_requests(example, module, tmp_path) == 1


def test_an_engine_per_call_is_slower(postgres: Database) -> None:
    engine = create_engine(postgres.url)
    select_one(engine)
    with_one = milliseconds(lambda: select_one(engine))
    with_each = milliseconds(lambda: select_one(create_engine(postgres.url)))
    engine.dispose()
    gc.collect()
    assert with_each > 4 * with_one


# DBR308

ERRORS = (ArgumentError, InvalidRequestError, MissingGreenlet, NoSuchModuleError, TypeError)


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, *parts: str) -> None:
    """Let SQLAlchemy import a driver that is not here: something that looks like one from outside."""
    driver = SimpleNamespace(__version__="9.9.9", paramstyle="pyformat", Error=Exception)
    monkeypatch.setitem(sys.modules, name, driver)
    for part in parts:
        setattr(driver, part, SimpleNamespace(__getattr__=lambda _: None))
        monkeypatch.setitem(sys.modules, f"{name}.{part}", getattr(driver, part))


def use(example: Example, module: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the engines of an example, and connect with those whose database is here."""
    stand_in(monkeypatch, "psycopg2", "extras", "extensions")
    db = module("app.db")
    for engine in [each for each in vars(db).values() if isinstance(each, Engine | AsyncEngine)]:
        if engine.dialect.name == "sqlite":
            _connect(engine)


def _connect(engine: Engine | AsyncEngine) -> None:
    async def connect(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        await engine.dispose()

    if isinstance(engine, AsyncEngine):
        asyncio.run(connect(engine))
    else:
        select_one(engine)
        engine.dispose()


# What each bad example raises, in the words of the message of its finding.
RAISES = {
    "A pool for threads, async": ArgumentError,
    "A pool for asyncio, in a synchronous engine": ArgumentError,
    "A size for a pool that has none": TypeError,
    "A size for a database in memory": TypeError,
    "A synchronous driver, async": InvalidRequestError,
    "No driver in the URL, async": InvalidRequestError,
    "An asynchronous driver, with SQLModel": MissingGreenlet,
    "A dialect of former times": NoSuchModuleError,
}


@shown("wrong-pool-or-driver", "Bad")
def test_what_does_not_fit_raises(
    example: Example, module: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ERRORS) as raised:
        use(example, module, monkeypatch)
    assert raised.type is RAISES[example.title.partition(": ")[2]]


@shown("wrong-pool-or-driver", "Good")
def test_what_fits_does_not(example: Example, module: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    use(example, module, monkeypatch)


@pytest.mark.parametrize("pool", pools.POOLS.values(), ids=lambda pool: pool.name)
def test_the_table_of_pools_is_true(pool: pools.Pool) -> None:
    poolclass = getattr(sqlalchemy.pool, pool.name, None)
    if poolclass is None:
        pytest.skip("this version of SQLAlchemy does not have it")
    kinds: dict[str, tuple[Callable[..., object], str]] = {
        "sync": (create_engine, "sqlite:///shop.db"),
        "async": (create_async_engine, "sqlite+aiosqlite:///shop.db"),
    }
    works = {kind for kind, (make, url) in kinds.items() if not _raises(ArgumentError, make, url, poolclass=poolclass)}
    assert works == ({"sync", "async"} if pool.is_async is None else {"async"} if pool.is_async else {"sync"})
    make, url = kinds[min(works)]
    taken = {k for k in pools.QUEUE_KEYWORDS if not _raises(TypeError, make, url, poolclass=poolclass, **{k: 1})}
    assert taken == pool.takes
    assert not any(_raises(TypeError, make, url, poolclass=poolclass, **{k: 1}) for k in pools.CHECKING)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    "rest", ["", "/", "/:memory:", "/file:shop?mode=memory&uri=true", "/shop.db", "/file:shop.db?uri=true"]
)
def test_the_table_of_databases_in_memory_is_true(kind: str, rest: str) -> None:
    url = f"sqlite://{rest}" if kind == "sync" else f"sqlite+aiosqlite://{rest}"
    engine = create_engine(url) if kind == "sync" else create_async_engine(url)
    is_in_memory = type(engine.pool).__name__ == pools.MEMORY_POOLS[kind]
    assert bool(pools.IN_MEMORY.fullmatch(url)) is is_in_memory


DIALECTS = {
    "psycopg2": "postgresql", "psycopg2cffi": "postgresql", "pg8000": "postgresql", "asyncpg": "postgresql",
    "psycopg_async": "postgresql", "pymysql": "mysql", "mysqldb": "mysql", "mysqlconnector": "mysql",
    "mariadbconnector": "mysql", "cymysql": "mysql", "aiomysql": "mysql", "asyncmy": "mysql", "pyodbc": "mssql",
    "pymssql": "mssql", "aioodbc": "mssql", "pysqlite": "sqlite", "pysqlcipher": "sqlite", "aiosqlite": "sqlite",
    "cx_oracle": "oracle", "oracledb_async": "oracle",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(pools.SYNC_DRIVERS | pools.ASYNC_DRIVERS))
def test_the_table_of_drivers_is_true(name: str) -> None:
    dialect = sqlalchemy.make_url(f"{DIALECTS[name]}+{name}://").get_dialect()
    assert dialect.is_async is (name in pools.ASYNC_DRIVERS)
    chosen = dialect.get_async_dialect_cls(sqlalchemy.make_url(f"{DIALECTS[name]}+{name}://"))
    assert chosen.is_async is (name in pools.ASYNC_DRIVERS)


@pytest.mark.parametrize("name", ["postgresql+psycopg", "oracle+oracledb"])
def test_drivers_of_both_kinds_are_not_in_it(name: str) -> None:
    url = sqlalchemy.make_url(f"{name}://")
    assert not url.get_dialect().is_async
    assert url.get_dialect().get_async_dialect_cls(url).is_async


@pytest.mark.parametrize("name", sorted(pools.SYNC_BY_DEFAULT))
def test_what_urls_without_a_driver_mean(name: str) -> None:
    url = sqlalchemy.make_url(f"{name}://")
    assert not url.get_dialect().get_async_dialect_cls(url).is_async


def test_what_urls_of_postgresql_without_a_driver_mean() -> None:
    url = sqlalchemy.make_url("postgresql://")
    version = tuple(int(part) for part in sqlalchemy.__version__.split(".")[:2])
    is_of_both_kinds = url.get_dialect().get_async_dialect_cls(url).is_async
    assert is_of_both_kinds is (version >= pools.SYNC_BEFORE["postgresql"])


@pytest.mark.parametrize("name", sorted({*pools.FOR_ASYNC.values(), *pools.FOR_SYNC.values()}))
def test_what_the_help_says_instead_exists(name: str) -> None:
    url = sqlalchemy.make_url(f"{name}://")
    dialect = url.get_dialect()
    if name in pools.FOR_ASYNC.values():
        dialect = dialect.get_async_dialect_cls(url)
    assert dialect.is_async is (name in pools.FOR_ASYNC.values())


def test_an_async_driver_fails_at_the_first_connection_of_a_synchronous_engine() -> None:
    engine = create_engine("postgresql+asyncpg://localhost/shop")
    with pytest.raises(MissingGreenlet):
        engine.connect()


def test_the_first_reason_is_the_pool() -> None:
    """What is told of a wrong driver beside a wrong pool: the error that Python comes to first."""
    with pytest.raises(ArgumentError):
        create_engine("sqlite+aiosqlite:///shop.db", poolclass=sqlalchemy.QueuePool)
    with pytest.raises(ArgumentError):
        create_async_engine("sqlite:///shop.db", poolclass=sqlalchemy.AsyncAdaptedQueuePool)
    with pytest.raises(InvalidRequestError):
        create_async_engine("sqlite:///shop.db", poolclass=sqlalchemy.QueuePool)


def test_the_makers_are_those_of_the_library() -> None:
    assert {"sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"} <= ENGINE_MAKERS.keys()


def _raises(error: type[Exception], make: Callable[..., object], url: str, **options: Any) -> bool:
    try:
        make(url, **options)
    except error:
        return True
    return False


# DBR309


def connections_of_twenty_requests(example: Example, module: Import) -> int:
    application = application_of(example, module)
    with connects() as opened:
        answers = one_after_the_other(application, "/version", 20)
    assert [answer.json() for answer in answers] == ["one"] * 20
    return len(opened)


@shown("pooling-disabled", "Bad")
def test_without_a_pool_each_request_connects(example: Example, module: Import) -> None:
    assert connections_of_twenty_requests(example, module) == 20


@shown("pooling-disabled", "Good")
def test_with_a_pool_the_first_one_does(example: Example, module: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEP_POOL", "1")
    has_pooler = "PgBouncer" in example.title
    assert connections_of_twenty_requests(example, module) == (20 if has_pooler else 1)


@pytest.mark.parametrize(("options", "expected"), [({"poolclass": NullPool}, 40), ({}, 15)])
def test_what_a_crowd_opens(options: dict[str, Any], expected: int, tmp_path: Path) -> None:
    """Forty at once, each for a moment: without a pool all of them are connected at the same time."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}", **options)
    together = Barrier(expected)
    connected: list[int] = []

    def work() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            if len(connected) < expected:
                connected.append(1)
                together.wait(timeout=5)

    with connects() as opened, ThreadPoolExecutor(40) as threads:
        for future in [threads.submit(work) for _ in range(40)]:
            future.result()
    engine.dispose()
    assert len(opened) == expected


def test_connecting_takes_longer_than_a_statement(postgres: Database) -> None:
    pooled, unpooled = create_engine(postgres.url), create_engine(postgres.url, poolclass=NullPool)
    select_one(pooled)
    select_one(unpooled)
    assert milliseconds(lambda: select_one(unpooled)) > 4 * milliseconds(lambda: select_one(pooled))
    pooled.dispose()


# DBR310


def engine_of(module: Import) -> Engine | AsyncEngine:
    db: ModuleType = module("app.db")
    engine: Engine | AsyncEngine = db.engine if hasattr(db, "engine") else db.make_engine()
    return engine


def survives_a_restart(engine: Engine | AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a statement works after its connection was closed behind the pool's back, and hours have passed."""
    if isinstance(engine, AsyncEngine):
        return asyncio.run(_survives_a_restart(engine, monkeypatch))
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        driver_connection: Any = connection.connection.dbapi_connection
    driver_connection.close()
    _let_hours_pass(monkeypatch)
    try:
        return select_one(engine) == 1
    except DBAPIError:
        return False
    finally:
        engine.dispose()


async def _survives_a_restart(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> bool:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        raw = await connection.get_raw_connection()
        driver_connection: Any = raw.driver_connection
    await driver_connection.close()
    _let_hours_pass(monkeypatch)
    try:
        async with engine.connect() as connection:
            return bool(await connection.scalar(text("SELECT 1")) == 1)
    except DBAPIError:
        return False
    finally:
        await engine.dispose()


def _let_hours_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time() + 10_000
    monkeypatch.setattr("sqlalchemy.pool.base.time", SimpleNamespace(time=lambda: later))


@shown("pool-not-configured", "Bad")
def test_a_dead_connection_is_lent(example: Example, module: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not survives_a_restart(engine_of(module), monkeypatch)


@shown("pool-not-configured", "Good")
def test_a_dead_connection_is_replaced(example: Example, module: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    assert survives_a_restart(engine_of(module), monkeypatch)


@pytest.mark.parametrize(("at_once", "expected"), [(1, 1), (3, 3)])
def test_how_many_requests_fail(at_once: int, expected: int, tmp_path: Path) -> None:
    """A pool gives up all its connections when it meets a dead one; what is lent by then fails as well."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    kept = [engine.connect() for _ in range(3)]
    raw: list[Any] = [connection.connection.dbapi_connection for connection in kept]
    for connection in kept:
        connection.close()
    for each in raw:
        each.close()
    failures = 0
    for _ in range(6 // at_once):
        lent = [engine.connect() for _ in range(at_once)]
        for connection in lent:
            try:
                connection.execute(text("SELECT 1"))
            except DBAPIError:
                failures += 1
            connection.close()
    engine.dispose()
    assert failures == expected


# DBR313


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[logging.LogRecord]]:
    """What SQLAlchemy logs, instead of on the terminal."""
    kept: list[logging.LogRecord] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", kept.append)
    logger = logging.getLogger("sqlalchemy")
    logger.addHandler(handler)
    yield kept
    logger.removeHandler(handler)
    for name in ("sqlalchemy.engine.Engine", "sqlalchemy.engine"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def logged_by(engine: Engine | AsyncEngine, records: list[logging.LogRecord]) -> list[str]:
    """What one statement in a transaction of its own logs, when the engine has its first connection."""

    async def ask(engine: AsyncEngine) -> None:
        for _ in range(2):
            records.clear()
            async with engine.connect() as connection:
                (await connection.execute(text("SELECT :secret"), {"secret": "in the log"})).all()
        await engine.dispose()

    if isinstance(engine, AsyncEngine):
        asyncio.run(ask(engine))
    else:
        for _ in range(2):
            records.clear()
            with engine.connect() as connection:
                connection.execute(text("SELECT :secret"), {"secret": "in the log"}).all()
        engine.dispose()
    return [record.getMessage() for record in records]


@shown("sql-echo-enabled", "Bad")
def test_every_statement_is_logged(example: Example, module: Import, records: list[logging.LogRecord]) -> None:
    logged = logged_by(engine_of(module), records)
    begin, statement, parameters, *rows, rollback = logged
    assert (begin, statement, rollback) == ("BEGIN (implicit)", "SELECT ?", "ROLLBACK")
    assert "in the log" in parameters
    assert all(line.startswith(("Col", "Row")) for line in rows)
    has_rows = any(line.startswith("Row") for line in logged)
    assert has_rows is ("debug" in example.files["app/db.py"])


@shown("sql-echo-enabled", "Good")
def test_nothing_is_logged(example: Example, module: Import, records: list[logging.LogRecord]) -> None:
    assert not logged_by(engine_of(module), records)


def test_every_rule_has_its_examples_run() -> None:
    titles = {
        each.title.partition(": ")[2] for each in EXAMPLES["wrong-pool-or-driver"] if each.title.startswith("Bad")
    }
    assert titles == RAISES.keys()


def test_the_pool_that_the_help_promises_lends_fifteen(tmp_path: Path) -> None:
    example = next(each for each in EXAMPLES["pooling-disabled"] if each.title == "Good: The default pool")
    with running(example, tmp_path) as module:
        engine = module("app.db").engine
        assert engine.pool.size() + engine.pool._max_overflow == 15
