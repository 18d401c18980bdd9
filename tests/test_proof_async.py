"""Proof by execution, for the rules about asynchronous sessions: shared by tasks, never awaited, not loaded."""

from __future__ import annotations

import asyncio
import gc
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IllegalStateChangeError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from pages import Example
from postgres import Database
from running import EXAMPLES, Import, Request, ask, metadata_of, running, seed, shown, slow_database, statements

# Bad code leaves coroutines, sessions and connections behind.
pytestmark = pytest.mark.filterwarnings("ignore")

MANY = 20
DELAY = 0.05


@pytest.fixture(autouse=True)
def complaining_now() -> Iterator[None]:
    """What bad code left open complains in its own test."""
    yield
    gc.collect()


def named(rule: str, title: str) -> Example:
    return next(each for each in EXAMPLES[rule] if each.title == title)


def errors_in(error: BaseException) -> Iterator[BaseException]:
    """An error, those that it was raised from, and those of its group."""
    yield error
    for other in (*getattr(error, "exceptions", ()), error.__cause__, error.__context__):
        if other is not None:
            yield from errors_in(other)


def statuses(routes: ModuleType, *requests: Request) -> set[int]:
    """How a server would answer these requests."""
    return {answer.status_code for answer in ask(routes, *requests, answers_errors=True)}


def first_request(routes: ModuleType, parameters: dict[str, Any]) -> Request:
    """To the first route, with those of the parameters that its path does not take."""
    route = routes.router.routes[0]
    (verb,) = route.methods
    taken = {name: value for name, value in parameters.items() if f"{{{name}}}" in route.path}
    rest = {name: value for name, value in parameters.items() if name not in taken}
    return verb, route.path.format(**taken), {"params": rest}


# DBR305

FLIGHT = {"number": "DB 1", "gate": "A1"}


def skip_what_python_lacks(example: Example) -> None:
    if not hasattr(asyncio, "TaskGroup") and any("TaskGroup" in text for text in example.files.values()):
        pytest.skip("asyncio.TaskGroup came with Python 3.11")


def airport(module: Import, folder: Path) -> ModuleType:
    models = module("app.models")
    seed(folder, metadata_of(models), models.Flight(number="DB 305", status="landed"))
    return module("app.routes")


def refusals(routes: ModuleType) -> list[str]:
    """What SQLAlchemy says of one request to the first route."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        ask(routes, first_request(routes, FLIGHT))
    kinds = (InvalidRequestError, IllegalStateChangeError)
    return [str(each) for each in errors_in(caught.value) if isinstance(each, kinds)]


def is_refused(routes: ModuleType) -> bool:
    told = refusals(routes)
    return any("concurrent operations are not permitted" in each or "already flushing" in each for each in told)


@shown("session-shared-by-tasks", "Bad", having="app/routes.py")
def test_a_session_refuses_two_tasks(example: Example, module: Import, tmp_path: Path) -> None:
    skip_what_python_lacks(example)
    assert is_refused(airport(module, tmp_path))


@shown("session-shared-by-tasks", "Bad", having="app/routes.py")
def test_and_so_it_does_on_postgresql(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    skip_what_python_lacks(example)
    postgres.seed(metadata_of(module_on_postgres("app.models")))
    assert is_refused(module_on_postgres("app.routes"))


@shown("session-shared-by-tasks", "Bad: Two queries at the same time")
def test_it_refuses_every_time(example: Example, module: Import, tmp_path: Path) -> None:
    routes = airport(module, tmp_path)
    assert statuses(routes, *[first_request(routes, FLIGHT)] * MANY) == {500}


@shown("session-shared-by-tasks", "Bad: Two queries at the same time")
def test_it_refuses_every_time_on_postgresql(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    postgres.seed(metadata_of(module_on_postgres("app.models")))
    routes = module_on_postgres("app.routes")
    assert statuses(routes, *[first_request(routes, FLIGHT)] * MANY) == {500}


@shown("session-shared-by-tasks", "Good", having="app/routes.py")
def test_tasks_with_sessions_of_their_own_are_answered(example: Example, module: Import, tmp_path: Path) -> None:
    skip_what_python_lacks(example)
    routes = airport(module, tmp_path)
    answers = ask(routes, *[first_request(routes, FLIGHT)] * MANY)
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json().get("flights", answers[0].json().get("landed")) == 1


Use = Callable[[AsyncSession, str], Awaitable[Any]]


def refused(module: Import, use: Use) -> list[set[str]]:
    """What is raised where two tasks use one session that has its connection, time after time."""
    factory = module("app.db").SessionFactory

    async def live() -> list[set[str]]:
        found = []
        for number in range(MANY):
            session = factory()
            await session.connection()
            tasks = [use(session, f"{number}{each}") for each in "ab"]
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            found.append({f"{type(each).__name__}: {each}" for each in outcomes if isinstance(each, Exception)})
            await session.invalidate()
        await module("app.db").engine.dispose()
        return found

    return asyncio.run(live())


@shown("session-shared-by-tasks", "Good: One after the other")
def test_a_session_refuses_two_flushes(example: Example, module: Import, tmp_path: Path) -> None:
    airport(module, tmp_path)
    model = module("app.models").Flight

    async def flush(session: AsyncSession, number: str) -> None:
        session.add(model(number=number))
        await session.flush()

    for errors in refused(module, flush):
        assert "InvalidRequestError: Session is already flushing" in errors


@shown("session-shared-by-tasks", "Good: One after the other")
def test_a_session_refuses_two_commits(example: Example, module: Import, tmp_path: Path) -> None:
    airport(module, tmp_path)
    model = module("app.models").Flight

    async def commit(session: AsyncSession, number: str) -> None:
        session.add(model(number=number))
        await session.commit()

    for errors in refused(module, commit):
        assert any(
            each.startswith("IllegalStateChangeError: Method 'commit()' can't be called here") for each in errors
        )


def seconds_for_two(module: Import, is_shared: bool) -> float:
    """How long two slow queries take that are gathered, on sessions that have their connections."""
    factory, statement = module("app.db").SessionFactory, select(module("app.models").Flight)

    async def live() -> float:
        async with factory() as first, factory() as second:
            other = first if is_shared else second
            await asyncio.gather(first.connection(), *([] if is_shared else [second.connection()]))
            start = time.perf_counter()
            await asyncio.gather(first.execute(statement), other.execute(statement))
            taken = time.perf_counter() - start
        await module("app.db").engine.dispose()
        return taken

    with slow_database(DELAY):
        return asyncio.run(live())


@shown("session-shared-by-tasks", "Good: One after the other")
def test_reads_on_one_session_wait_for_each_other(example: Example, module: Import, tmp_path: Path) -> None:
    airport(module, tmp_path)
    assert seconds_for_two(module, is_shared=True) > 2 * DELAY


@shown("session-shared-by-tasks", "Good: One after the other")
def test_reads_on_two_sessions_do_not(example: Example, module: Import, tmp_path: Path) -> None:
    airport(module, tmp_path)
    assert seconds_for_two(module, is_shared=False) < 2 * DELAY


def totals(title: str, folder: Path, postgres: Database) -> tuple[int, int]:
    """What the function of asyncpg's examples gives, for a connection or a pool."""
    example = named("session-shared-by-tasks", title)

    async def live(module: Import) -> tuple[int, int]:
        options = {"host": str(postgres.folder), "user": "postgres", "database": postgres.name}
        async with asyncpg.create_pool(**options) as pool, pool.acquire() as connection:
            await connection.execute("CREATE TABLE flights (id int); CREATE TABLE gates (id int)")
            found: tuple[int, int] = await module("app.totals").totals(connection if "Bad" in title else pool)
            return found

    with running(example, folder) as module:
        return asyncio.run(live(module))


def test_a_connection_of_asyncpg_refuses_two_tasks(tmp_path: Path, postgres: Database) -> None:
    with pytest.raises(asyncpg.InterfaceError, match="another operation is in progress"):
        totals("Bad: A connection of asyncpg", tmp_path, postgres)


def test_a_pool_of_asyncpg_does_not(tmp_path: Path, postgres: Database) -> None:
    assert totals("Good: A pool of asyncpg", tmp_path, postgres) == (0, 0)


# DBR502

COUPON = {"code": "SPRING", "percent": 50, "coupon_id": 1}
UNTOUCHED = [("SPRING", 0)]


@contextmanager
def never_awaited() -> Iterator[list[str]]:
    """The coroutines that Python complains of meanwhile."""
    names: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield names
        gc.collect()
    names += [str(each.message).split("'")[1] for each in caught if "was never awaited" in str(each.message)]


def shop(module: Import, folder: Path, *, code: str = "SPRING") -> ModuleType:
    models = module("app.models")
    seed(folder, metadata_of(models), models.Coupon(code=code, percent=0))
    return module("app.routes")


def stored(folder: Path) -> list[tuple[str, int]]:
    """The coupons that are there, whatever the table is called."""
    engine = create_engine(f"sqlite:///{folder / 'test.db'}")
    with engine.connect() as connection:
        table = connection.scalar(text("SELECT name FROM sqlite_master WHERE name LIKE 'coupon%' AND type = 'table'"))
        found = [tuple(row) for row in connection.execute(text(f"SELECT code, percent FROM {table} ORDER BY id"))]
    engine.dispose()
    return found


@shown("missing-await", "Bad")
def test_a_coroutine_is_never_awaited(example: Example, module: Import, tmp_path: Path) -> None:
    routes = shop(module, tmp_path, code="OTHER" if "add_coupon" in example.files["app/routes.py"] else "SPRING")
    with never_awaited() as names:
        statuses(routes, first_request(routes, COUPON))
    assert len(names) == 1


@shown("missing-await", "Good")
def test_all_coroutines_are_awaited(example: Example, module: Import, tmp_path: Path) -> None:
    routes = shop(module, tmp_path, code="OTHER" if "add_coupon" in example.files["app/routes.py"] else "SPRING")
    with never_awaited() as names:
        (answer,) = ask(routes, first_request(routes, COUPON))
    assert answer.is_success
    assert not names


@shown("missing-await", "Bad: A commit that never runs")
def test_a_commit_that_is_not_awaited_stores_nothing(example: Example, module: Import, tmp_path: Path) -> None:
    routes = shop(module, tmp_path)
    with never_awaited() as names:
        found = statuses(routes, *[("POST", "/coupons", {"params": {"code": f"C{n}"}}) for n in range(MANY)])
    assert found == {201}
    assert stored(tmp_path) == UNTOUCHED
    assert names == ["AsyncSession.commit"] * MANY


def test_a_commit_that_is_awaited_stores_all(tmp_path: Path) -> None:
    with running(named("missing-await", "Good: Awaited"), tmp_path) as module:
        routes = shop(module, tmp_path)
        found = statuses(routes, *[("POST", "/coupons", {"params": {"code": f"C{n}"}}) for n in range(MANY)])
    assert found == {201}
    assert len(stored(tmp_path)) == 1 + MANY


@shown("missing-await", "Bad: A condition that is always true")
def test_a_coroutine_is_never_none(example: Example, module: Import, tmp_path: Path) -> None:
    routes = shop(module, tmp_path)
    with never_awaited():
        (answer,) = ask(routes, ("GET", "/coupons/NOBODY_HAS_IT/is-taken", {}))
    assert answer.json() is True


@pytest.mark.parametrize(
    "title",
    [
        "Bad: A delete, in a repository",
        "Bad: A function of the project that uses the database",
        "Bad: A statement on a connection",
    ],
)
def test_what_is_not_awaited_changes_nothing(title: str, tmp_path: Path) -> None:
    with running(named("missing-await", title), tmp_path) as module:
        routes = shop(module, tmp_path)
        with never_awaited():
            assert statuses(routes, first_request(routes, COUPON)) == {204}
    assert stored(tmp_path) == UNTOUCHED


@shown("missing-await", "Bad: Read as if it were the result")
def test_a_coroutine_has_no_rows(example: Example, module: Import, tmp_path: Path) -> None:
    routes = shop(module, tmp_path)
    with never_awaited(), pytest.raises(AttributeError, match="'coroutine' object has no attribute"):
        ask(routes, first_request(routes, COUPON))


# DBR503

ORDER = {"order_id": 1, "customer_id": 1, "email": "taken@example.com", "note": "n"}


def orders(module: Import, folder: Path) -> ModuleType:
    models = module("app.models")
    rows = [
        models.Customer(id=1, name="Ada", email="ada@example.com"),
        models.Customer(id=2, name="Bob", email="taken@example.com"),
    ]
    if hasattr(models, "Order"):
        rows += [models.Order(id=1, customer_id=1), models.Item(id=1, name="Pen", order_id=1)]
    seed(folder, metadata_of(models), *rows)
    return module("app.routes")


def is_missing_greenlet(error: BaseException) -> bool:
    return any("MissingGreenlet" in f"{type(each).__name__} {each}" for each in errors_in(error))


@shown("lazy-load-under-async", "Bad")
def test_an_attribute_that_is_not_loaded_raises(example: Example, module: Import, tmp_path: Path) -> None:
    routes = orders(module, tmp_path)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        ask(routes, first_request(routes, ORDER))
    assert is_missing_greenlet(caught.value)


@shown("lazy-load-under-async", "Bad")
def test_every_client_gets_a_status_500(example: Example, module: Import, tmp_path: Path) -> None:
    routes = orders(module, tmp_path)
    assert statuses(routes, *[first_request(routes, ORDER)] * MANY) == {500}


@shown("lazy-load-under-async", "Good")
def test_an_attribute_that_is_loaded_does_not(example: Example, module: Import, tmp_path: Path) -> None:
    routes = orders(module, tmp_path)
    for answer in asking_all(routes):
        assert answer.is_success or answer.status_code == 409


def asking_all(routes: ModuleType) -> list[httpx.Response]:
    """The answers of all routes, one after the other."""
    answers = []
    for route in list(routes.router.routes):
        routes.router.routes[:] = [route]
        answers += ask(routes, first_request(routes, ORDER))
    return answers


@shown("lazy-load-under-async", "Good: Loaded with the row")
def test_a_loader_option_costs_one_statement(example: Example, module: Import, tmp_path: Path) -> None:
    routes = orders(module, tmp_path)
    with statements() as sent:
        ask(routes, first_request(routes, ORDER))
    assert len(sent) == 2


Story = Callable[[ModuleType, AsyncSession], Awaitable[object]]


def happens(story: Story, example: str, folder: Path, **options: Any) -> object:
    """What a story ends with, told with the models of an example on a session of its own; the error if it raises."""
    with running(named("lazy-load-under-async", example), folder) as module:
        orders(module, folder)
        models = module("app.models")

        async def live() -> object:
            engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'test.db'}")
            try:
                async with AsyncSession(engine, **options) as session:
                    return await story(models, session)
            finally:
                await engine.dispose()

        try:
            return asyncio.run(live())
        except Exception as error:
            return error


LOADED = "Good: Loaded with the row"


async def collection_before_flush(models: ModuleType, session: AsyncSession) -> object:
    order = models.Order(customer_id=1)
    session.add(order)
    return list(order.items)


async def collection_after_flush(models: ModuleType, session: AsyncSession) -> object:
    order = models.Order(customer_id=1)
    session.add(order)
    await session.flush()
    return list(order.items)


async def key_after_commit(models: ModuleType, session: AsyncSession) -> object:
    order = await session.get_one(models.Order, 1)
    await session.commit()
    return order.id


async def key_after_rollback(models: ModuleType, session: AsyncSession) -> object:
    order = await session.get_one(models.Order, 1)
    await session.rollback()
    return order.id


async def new_object_after_rollback(models: ModuleType, session: AsyncSession) -> object:
    order = models.Order(customer_id=1, note="new")
    session.add(order)
    await session.flush()
    await session.rollback()
    return order.note


async def parent_not_loaded(models: ModuleType, session: AsyncSession) -> object:
    order = await session.get_one(models.Order, 1)
    return order.customer.name


async def parent_loaded_before(models: ModuleType, session: AsyncSession) -> object:
    customer = await session.get_one(models.Customer, 1)
    order = await session.get_one(models.Order, 1)
    return order.customer.name == customer.name


async def changed_by_the_database(models: ModuleType, session: AsyncSession) -> object:
    order = await session.get_one(models.Order, 1)
    order.note = "changed"
    await session.commit()
    return order.updated_at


@pytest.mark.parametrize(
    ("story", "end"),
    [
        (collection_before_flush, []),
        (collection_after_flush, None),
        (key_after_commit, 1),
        (key_after_rollback, None),
        (new_object_after_rollback, "new"),
        (parent_not_loaded, None),
        (parent_loaded_before, True),
        (changed_by_the_database, None),
    ],
)
def test_what_is_missing_though_commits_expire_nothing(story: Story, end: object, tmp_path: Path) -> None:
    outcome = happens(story, LOADED, tmp_path, expire_on_commit=False)
    if end is None:
        assert isinstance(outcome, BaseException)
        assert is_missing_greenlet(outcome)
    else:
        assert outcome == end


def test_a_commit_expires_even_the_primary_key(tmp_path: Path) -> None:
    outcome = happens(key_after_commit, LOADED, tmp_path)
    assert isinstance(outcome, BaseException)
    assert is_missing_greenlet(outcome)
