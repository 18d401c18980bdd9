"""What the pages say of SQL without an ORM, tried: on the depot among the fixtures, and with the drivers alone."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import aiosqlite
import asyncpg  # type: ignore[import-untyped]
import httpx
import psycopg
import pytest
from fastapi import FastAPI

from pages import Example
from postgres import Database
from running import Import, importing, metadata_of, seed, send, shown, slow_database

FIXTURE = Path(__file__).parent / "fixtures" / "raw_sql"
ROWS = 300
AT_ONCE = 20

# The depot leaks connections: that is what it is for.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


# --- the depot ----------------------------------------------------------------------------


@pytest.fixture
def dsn(postgres: Database) -> str:
    """The address of a depot with one courier and some parcels."""
    address = postgres.async_url.replace("+asyncpg", "")
    with psycopg.connect(address) as connection:
        connection.execute((FIXTURE / "schema.sql").read_bytes())
        connection.execute("INSERT INTO couriers (name, balance) VALUES ('Ada', 100)")
        connection.cursor().executemany(
            "INSERT INTO parcels (code, city, weight, courier_id) VALUES (%s, 'Oslo', 1, 1)",
            [(f"p{number}",) for number in range(ROWS)],
        )
    return address


@contextmanager
def depot(folder: Path, address: str) -> Iterator[Import]:
    variables = {"DATABASE_DSN": address, "SCANS_FILE": str(folder / "scans.db")}
    with importing("depot", FIXTURE, variables) as module:
        module("depot.scans").create_table()
        try:
            yield module
        finally:
            module("depot.scans").log.close()


def asked(address: str, sql: str) -> Any:
    with psycopg.connect(address) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row[0] if row is not None else None


def test_a_list_without_limit_is_as_long_as_the_table(tmp_path: Path, dsn: str) -> None:
    """DBR104, DBR105."""
    with depot(tmp_path, dsn) as module:
        application = module("depot.main").app
        lists = ("/parcels/waiting", "/parcels/search", "/parcels/next")
        sizes = ("/parcels/next?size=1000", "/couriers/few?limit=1000", "/couriers?limit=1000")
        answers = send(application, None, *[("GET", path, {}) for path in (*lists, *sizes)])
    assert [len(answer.json()) for answer in answers[:3]] == [ROWS, ROWS, 20]
    assert [answer.status_code for answer in answers[3:]] == [422, 422, 200]


def test_pages_of_no_order_repeat_rows_and_skip_others(tmp_path: Path, dsn: str) -> None:
    """DBR106."""
    assert len(read_in_pages(tmp_path, dsn, "page")) < ROWS
    assert len(read_in_pages(tmp_path, dsn, "ordered-page")) == ROWS


def read_in_pages(folder: Path, address: str, path: str) -> set[str]:
    """The codes that somebody finds who reads all pages, while between two of them a parcel of the first is changed."""
    found: set[str] = set()
    with depot(folder, address) as module:
        application = module("depot.main").app
        for start in range(0, ROWS, 100):
            (answer,) = send(application, None, ("GET", f"/parcels/{path}?size=100&start={start}", {}))
            found |= {each["code"] for each in answer.json()}
            with psycopg.connect(address) as connection:
                connection.execute("UPDATE parcels SET weight = weight + 1 WHERE id = 1")
    return found


def test_a_loop_asks_once_for_each_courier(tmp_path: Path, dsn: str) -> None:
    """DBR102."""
    with psycopg.connect(dsn) as connection:
        connection.cursor().executemany("INSERT INTO couriers (name) VALUES (%s)", [(f"c{n}",) for n in range(19)])
    assert statements_of(tmp_path, dsn, ("GET", "/parcels/rounds", {})) == 1 + 20
    assert statements_of(tmp_path, dsn, ("GET", "/parcels/quick-rounds", {})) == 2


def test_a_loop_inserts_one_row_after_the_other(tmp_path: Path, dsn: str) -> None:
    """DBR402: `executemany` is told once what to do; each row of a loop is waited for."""
    parcels = [{"code": f"new {number}", "city": "Bergen", "weight": 1} for number in range(AT_ONCE)]
    body: dict[str, Any] = {"json": {"parcels": parcels}}
    assert statements_of(tmp_path, dsn, ("POST", "/parcels", body)) == AT_ONCE + 2  # BEGIN and COMMIT
    with psycopg.connect(dsn) as connection:
        connection.execute("DELETE FROM parcels WHERE city = 'Bergen'")
    assert statements_of(tmp_path, dsn, ("POST", "/parcels/quickly", body)) == 1


def statements_of(folder: Path, address: str, request: tuple[str, str, dict[str, Any]]) -> int:
    """How often a request waits for an answer of PostgreSQL, by what asyncpg is told to send."""
    sent: list[str] = []

    def listening(connection_class: Any, name: str) -> Callable[..., Any]:
        method = getattr(connection_class, name)

        async def listen(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
            sent.extend([query] if "pg_advisory_unlock_all" not in query else [])  # as the pool takes it back
            return await method(self, query, *arguments, **options)

        return listen

    with depot(folder, address) as module, pytest.MonkeyPatch.context() as patch:
        for name in ("execute", "fetch", "fetchrow", "fetchval", "executemany"):
            patch.setattr(asyncpg.Connection, name, listening(asyncpg.Connection, name))
        application = module("depot.main").app
        (answer,) = send(application, None, request)
    assert answer.is_success
    return len(sent)


def test_the_first_of_two_statements_stays_if_the_second_fails(tmp_path: Path, dsn: str) -> None:
    """DBR404: asyncpg commits each statement by itself."""
    with depot(tmp_path, dsn) as module:
        application = module("depot.main").app
        for path in ("/couriers/1/payouts?amount=-5", "/couriers/1/payouts/at-once?amount=-7"):
            with pytest.raises(asyncpg.CheckViolationError):
                send(application, None, ("POST", path, {}))
    assert asked(dsn, "SELECT balance FROM couriers") == 105  # and not 112
    assert asked(dsn, "SELECT count(*) FROM payouts") == 0


def test_of_two_that_count_at_the_same_time_one_is_lost(tmp_path: Path, dsn: str) -> None:
    """DBR406."""
    with depot(tmp_path, dsn) as module:
        application = module("depot.main").app
        assert all(each.is_success for each in send(application, None, *[("POST", "/parcels/p1/failed", {})] * AT_ONCE))
        send(application, None, *[("POST", "/parcels/p2/failed-again", {})] * AT_ONCE)
    assert asked(dsn, "SELECT attempts FROM parcels WHERE code = 'p1'") < AT_ONCE
    assert asked(dsn, "SELECT attempts FROM parcels WHERE code = 'p2'") == AT_ONCE


def test_a_pool_for_each_request_connects_for_each_request(tmp_path: Path, dsn: str) -> None:
    """DBR307."""
    connects: list[str] = []
    connect = asyncpg.connection.connect

    async def counted(*arguments: Any, **options: Any) -> Any:
        connects.append("")
        return await connect(*arguments, **options)

    def connections_for(application: FastAPI, path: str) -> int:
        connects.clear()
        send(application, None, *[("GET", path, {})] * AT_ONCE)
        return len(connects)

    with depot(tmp_path, dsn) as module, pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.connection, "connect", counted)
        application = module("depot.main").app
        assert connections_for(application, "/couriers/reachable") >= AT_ONCE
        assert connections_for(application, "/couriers/connected") <= 5


def test_what_a_client_sends_becomes_part_of_the_statement(tmp_path: Path) -> None:
    """DBR701."""
    with depot(tmp_path, "postgresql://nobody.test/depot") as module:
        routes = module("depot.routers.scans")
        scans = [{"code": "secret", "place": "vault"}, {"code": "p1", "place": "gate"}]
        ask(routes, ("POST", "/scans/many-at-once", {"json": scans}))
        word = {"params": {"word": "nothing' OR place = 'vault' --"}}
        unsafe, safe = ask(routes, ("GET", "/scans/found", word), ("GET", "/scans/found-safely", word))
    assert [each["code"] for each in unsafe.json()] == ["secret"]
    assert safe.json() == []


def ask(routes: ModuleType, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
    """Send requests to routes of the depot that need no PostgreSQL."""
    application = FastAPI()
    application.include_router(routes.router)
    return send(application, None, *requests)


# --- the event loop -----------------------------------------------------------------------

DELAY = 0.1


@shown("sync-orm-in-async-route", "Bad: A driver without SQLAlchemy")
def test_a_driver_stops_the_event_loop(example: Example, module: Import, tmp_path: Path) -> None:
    """DBR501."""
    assert longest_stop(rooms(module, tmp_path), "/rooms/seats") >= DELAY


@shown("sync-orm-in-async-route", "Good: An async driver without SQLAlchemy")
def test_an_async_driver_does_not(example: Example, module: Import, tmp_path: Path) -> None:
    assert longest_stop(rooms(module, tmp_path), "/rooms/seats") < DELAY / 2


def rooms(module: Import, folder: Path) -> FastAPI:
    models = module("app.models")
    seed(folder, metadata_of(models), models.Room(name="blue", seats=4))
    application = FastAPI()
    application.include_router(module("app.routes").router)
    return application


def longest_stop(application: FastAPI, path: str) -> float:
    """The longest time for which nothing else could run while a request was answered."""

    async def measured() -> float:
        stops = [0.0]

        async def beat() -> None:
            while True:
                start = time.perf_counter()
                await asyncio.sleep(0.001)
                stops.append(time.perf_counter() - start)

        beating = asyncio.create_task(beat())
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await asyncio.sleep(0.01)
            assert (await client.get(path)).json() == 4
            await asyncio.sleep(0.01)
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
        return max(stops)

    with slow_database(DELAY):
        return asyncio.run(measured())


# --- whole tables -------------------------------------------------------------------------


@shown("missing-pagination", "Bad: A driver's own connection")
def test_a_filter_is_no_bound(example: Example, module: Import, tmp_path: Path) -> None:
    """DBR104."""
    assert rows_read(module, tmp_path, "/articles") == ROWS
    assert rows_read(module, tmp_path, "/articles?word=title") == ROWS


@shown("missing-pagination", "Good: A driver's own connection")
def test_a_limit_bounds_what_is_read(example: Example, module: Import, tmp_path: Path) -> None:
    assert rows_read(module, tmp_path, "/articles") == 50
    assert rows_read(module, tmp_path, "/articles?word=title&limit=100") == 100


def rows_read(module: Import, folder: Path, path: str) -> int:
    """How many rows SQLite gives the driver for a request."""
    read = 0

    class Counting(sqlite3.Cursor):
        def fetchall(self) -> list[Any]:
            nonlocal read
            rows = super().fetchall()
            read += len(rows)
            return rows

    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            return self.cursor(Counting).execute(*arguments)

    models = module("app.models")
    if not (folder / "test.db").exists():
        seed(folder, metadata_of(models), *[models.Article(slug=f"s{n}", title=f"title {n}") for n in range(ROWS)])
    connect = sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *given, **rest: connect(*given, **rest, factory=Connection))
        application = FastAPI()
        application.include_router(module("app.routes").router)
        (answer,) = send(application, None, ("GET", path, {}))
    assert len(answer.json()) == read
    return read


# --- connections that stay open -----------------------------------------------------------


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_a_with_block_of_sqlite3_commits_and_does_not_close(tmp_path: Path) -> None:
    """DBR302."""
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE a (b)")
        connection.execute("INSERT INTO a VALUES (1)")
    assert is_open(connection)
    assert not connection.in_transaction
    connection.close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        assert other.execute("SELECT count(*) FROM a").fetchone() == (1,)
    assert not is_open(other)


def test_a_with_block_of_psycopg_closes_and_so_does_one_of_aiosqlite(dsn: str, tmp_path: Path) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT 1")
    assert connection.closed

    async def run() -> aiosqlite.Connection:
        async with aiosqlite.connect(tmp_path / "a.db") as opened:
            await opened.execute("SELECT 1")
        return opened

    with pytest.raises(ValueError, match="no active connection"):
        asyncio.run(run()).in_transaction  # noqa: B018


def test_a_with_block_of_psycopg2_does_not_close(dsn: str) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    with psycopg2.connect(dsn) as connection:
        connection.cursor().execute("SELECT 1")
    assert not connection.closed
    connection.close()


def test_a_pool_has_no_connection_left_for_the_fourth(tmp_path: Path, dsn: str) -> None:
    """DBR302: what is not given back is lost for good."""

    async def leaks(pool: asyncpg.Pool) -> None:
        connection = await pool.acquire()
        assert await connection.fetchval("SELECT 1") == 1

    async def gives_back(pool: asyncpg.Pool) -> None:
        async with pool.acquire() as connection:
            assert await connection.fetchval("SELECT 1") == 1

    async def callers_served(use: Callable[[asyncpg.Pool], Any]) -> int:
        async with lent(dsn) as pool:
            for number in range(5):
                gc.collect()
                try:
                    await asyncio.wait_for(use(pool), timeout=0.2)
                except asyncio.TimeoutError:
                    return number
        return 5

    assert asyncio.run(callers_served(leaks)) == 3
    assert asyncio.run(callers_served(gives_back)) == 5


@asynccontextmanager
async def lent(address: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await asyncpg.create_pool(address, min_size=1, max_size=3)
    try:
        yield pool
    finally:
        pool.terminate()


def test_requests_that_fail_keep_what_they_do_not_close(dsn: str) -> None:
    """DBR302: their tracebacks do, until the garbage collector comes by."""

    def leaks() -> None:
        connection = psycopg.connect(dsn)
        connection.execute("SELECT 1 / 0")

    def closes() -> None:
        with psycopg.connect(dsn) as connection:
            connection.execute("SELECT 1 / 0")

    assert open_after_errors(dsn, leaks) == (AT_ONCE, 0)
    assert open_after_errors(dsn, closes) == (0, 0)


def open_after_errors(address: str, use: Callable[[], None]) -> tuple[int, int]:
    """How many connections are open after requests that fail, and after the garbage collector."""
    application = FastAPI()
    application.get("/")(use)
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    async def ask_often() -> int:
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = await asyncio.gather(*[client.get("/") for _ in range(AT_ONCE)])
        assert {answer.status_code for answer in answers} == {500}
        return int(asked(address, count))

    gc.collect()
    gc.disable()
    try:
        before = asyncio.run(ask_often())
    finally:
        gc.enable()
    gc.collect()
    time.sleep(0.05)  # PostgreSQL's processes take a moment to end
    return before, int(asked(address, count))


# --- one connection for everybody ---------------------------------------------------------


def test_requests_on_one_connection_share_a_transaction(tmp_path: Path) -> None:
    """DBR301: who rolls back takes along what others have written."""

    async def rows_left(*, is_shared: bool) -> int:
        async with aiosqlite.connect(tmp_path / f"{is_shared}.db") as first:
            await first.execute("CREATE TABLE a (b)")
            await first.commit()
            second = first if is_shared else await aiosqlite.connect(tmp_path / f"{is_shared}.db")
            await first.execute("INSERT INTO a VALUES (1)")
            with suppress(sqlite3.OperationalError):
                await second.execute("INSERT INTO nowhere VALUES (1)")
            await second.rollback()
            await first.commit()
            if not is_shared:
                await second.close()
            async with first.execute("SELECT count(*) FROM a") as cursor:
                return int((await cursor.fetchone() or (0,))[0])

    assert asyncio.run(rows_left(is_shared=True)) == 0
    assert asyncio.run(rows_left(is_shared=False)) == 1


def test_a_connection_of_asyncpg_does_one_thing_at_a_time(dsn: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await asyncio.gather(*[connection.fetchval("SELECT pg_sleep(0.01)") for _ in range(2)])
        finally:
            await connection.close()

    with pytest.raises(asyncpg.InterfaceError, match="another operation is in progress"):
        asyncio.run(run())


# --- the first of many --------------------------------------------------------------------


def test_psycopg_fetches_all_rows_for_the_first(dsn: str) -> None:
    """DBR107."""
    with psycopg.connect(dsn) as connection:
        without = connection.execute("SELECT id FROM parcels ORDER BY id DESC")
        assert without.fetchone() == (ROWS,)
        assert without.pgresult is not None
        assert without.pgresult.ntuples == ROWS
        limited = connection.execute("SELECT id FROM parcels ORDER BY id DESC LIMIT 1")
        assert limited.fetchone() == (ROWS,)
        assert limited.pgresult is not None
        assert limited.pgresult.ntuples == 1


def test_sqlite3_brings_one_row_after_the_other() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO a VALUES (?)", [(number,) for number in range(ROWS)])
        seen: list[int] = []

        def see(number: int) -> int:
            seen.append(number)
            return number

        connection.create_function("seen", 1, see)
        assert connection.execute("SELECT seen(id) FROM a ORDER BY id").fetchone() == (0,)
        assert len(seen) < 3
