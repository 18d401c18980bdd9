"""Proof by execution, for the rules about sessions and the event loop."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlmodel
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pages import Example
from running import (
    EXAMPLES,
    Import,
    Request,
    ask,
    first_path,
    metadata_of,
    running,
    seed,
    sessions_made,
    shown,
    slow_database,
)

# Bad code leaves sessions, connections and coroutines behind.
pytestmark = pytest.mark.filterwarnings("ignore")


# DBR301

GLOBAL = "Bad: One session for the module"
INJECTED = "Good: A dependency opens one for each request"


def start(example: Example, module: Import) -> None:
    """All that happens before the first request: imports, and the start of the application."""
    for path in example.files:
        module(path.removesuffix(".py").replace("/", "."))
    if "app/main.py" in example.files:
        app = module("app.main").app

        async def live() -> None:
            async with app.router.lifespan_context(app):
                pass

        asyncio.run(live())


@shown("global-session", "Bad")
def test_a_global_session_is_there_before_the_first_request(example: Example, module: Import) -> None:
    with sessions_made() as made:
        start(example, module)
    assert len(made) == 1


@shown("global-session", "Good")
def test_no_session_is_made_before_the_first_request(example: Example, module: Import) -> None:
    with sessions_made() as made:
        start(example, module)
    assert not made


def test_a_global_session_shows_what_another_request_has_not_committed(tmp_path: Path) -> None:
    assert _points_seen_meanwhile(GLOBAL, tmp_path) == 99


def test_a_session_for_each_request_does_not(tmp_path: Path) -> None:
    assert _points_seen_meanwhile(INJECTED, tmp_path) == 0


def _points_seen_meanwhile(title: str, folder: Path) -> int:
    """What the route answers while other code has changed the row and not decided to keep it."""
    example = next(each for each in EXAMPLES["global-session"] if each.title == title)
    with running(example, folder) as module:
        models = module("app.models")
        seed(folder, metadata_of(models), models.Member(id=1, name="Ada", points=0))
        routes = module("app.routes")
        mine = getattr(routes, "session", None) or module("app.db").SessionFactory()
        member = mine.get(models.Member, 1)
        member.points = 99
        answer = ask(routes, ("GET", "/members/1/points", {}))[0].json()
        mine.close()
    return int(answer)


def test_concurrent_writes_through_a_global_session_fail(tmp_path: Path) -> None:
    assert _failed_writes(GLOBAL, tmp_path) > 0


def test_concurrent_writes_through_a_session_each_succeed(tmp_path: Path) -> None:
    assert _failed_writes(INJECTED, tmp_path) == 0


def _failed_writes(title: str, folder: Path) -> int:
    """How many of sixty writes on twenty threads raise."""
    example = next(each for each in EXAMPLES["global-session"] if each.title == title)
    with running(example, folder) as module, ThreadPoolExecutor(20) as threads:
        models = module("app.models")
        seed(folder, metadata_of(models), models.Member(id=1, name="Ada"))
        shared = getattr(module("app.routes"), "session", None)

        def write(points: int) -> None:
            session = shared or module("app.db").SessionFactory()
            try:
                session.get(models.Member, 1).points = points
                session.commit()
            finally:
                if session is not shared:
                    session.close()

        return sum(write.exception() is not None for write in [threads.submit(write, n) for n in range(60)])


# DBR302


@pytest.fixture
def tiny_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines lend one connection and wait 50 ms for it; the garbage collector does not come by."""
    places = {
        sqlalchemy: "create_engine",
        sqlmodel: "create_engine",
        sqlalchemy.ext.asyncio: "create_async_engine",
    }
    for place, name in places.items():
        tiny = functools.partial(getattr(place, name), pool_size=1, max_overflow=0, pool_timeout=0.05)
        monkeypatch.setattr(place, name, tiny)


LEAKING: dict[str, tuple[Any, ...]] = {
    "app.readings.store": (99, 5),
    "app.readings.reading": (99,),
    "app.summary.total": (),
}


def exhausts_the_pool(example: Example, module: Import, folder: Path) -> bool:
    """Whether the second call still gets a connection, after one that ended early."""
    models = module("app.models")
    seed(folder, metadata_of(models))
    modules = [module(path.removesuffix(".py").replace("/", ".")) for path in example.files]
    if "app/routes.py" in example.files:
        routes = module("app.routes")
        request: Request = ("GET", first_path(routes).format(meter_id=99), {})
        return 500 in {answer.status_code for answer in ask(routes, *[request] * 2, answers_errors=True)}
    calls = [
        functools.partial(function, *LEAKING[f"{function.__module__}.{function.__name__}"])
        for each in modules
        for function in vars(each).values()
        if inspect.isfunction(function) and f"{function.__module__}.{function.__name__}" in LEAKING
    ]
    outcomes = asyncio.run(_outcomes(calls * 2)) if calls else asyncio.run(_outcomes(_uses(modules)))
    return any(isinstance(outcome, PoolTimeout) for outcome in outcomes)


async def _outcomes(calls: Sequence[Callable[[], Any]]) -> list[object]:
    outcomes: list[object] = []
    gc.disable()
    try:
        for call in calls:
            try:
                result = call()
                outcomes.append(await result if inspect.isawaitable(result) else result)
            except Exception as error:
                outcomes.append(error)
    finally:
        gc.enable()
        gc.collect()
    return outcomes


def _uses(modules: list[ModuleType]) -> list[Callable[[], Any]]:
    """A page that shows only the dependency is used twice, as FastAPI would."""
    (get_session,) = (each.get_session for each in modules if hasattr(each, "get_session"))

    def use() -> None:
        dependency = get_session()
        next(dependency).execute(text("SELECT 1"))
        next(dependency, None)

    return [use, use]


@shown("session-leak", "Bad")
def test_a_leaked_session_keeps_its_connection(
    example: Example, tiny_pool: None, module: Import, tmp_path: Path
) -> None:
    assert exhausts_the_pool(example, module, tmp_path)


@shown("session-leak", "Good")
def test_a_closed_session_gives_it_back(example: Example, tiny_pool: None, module: Import, tmp_path: Path) -> None:
    assert not exhausts_the_pool(example, module, tmp_path)


# DBR501

REQUESTS = 8
DELAY = 0.05


def building(module: Import, folder: Path) -> ModuleType:
    models = module("app.models")
    seed(folder, metadata_of(models), models.Room(name="blue", seats=4))
    return module("app.routes")


def seconds_for_all(routes: ModuleType) -> float:
    path = first_path(routes).format(name="blue")
    with slow_database(DELAY):
        start = time.perf_counter()
        answers = ask(routes, *[("GET", path, {})] * REQUESTS)
        taken = time.perf_counter() - start
    assert {answer.status_code for answer in answers} == {200}
    return taken


@shown("sync-orm-in-async-route", "Bad")
def test_requests_wait_for_each_other(example: Example, module: Import, tmp_path: Path) -> None:
    assert seconds_for_all(building(module, tmp_path)) > REQUESTS * DELAY


@shown("sync-orm-in-async-route", "Good")
def test_requests_overlap(example: Example, module: Import, tmp_path: Path) -> None:
    assert seconds_for_all(building(module, tmp_path)) < REQUESTS * DELAY
