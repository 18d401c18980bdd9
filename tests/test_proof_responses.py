"""Proof by execution: what a dependency and a task do when the response was sent, told by real servers and clients."""

from __future__ import annotations

import contextlib
import functools
import gc
import socket
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import fastapi
import httpx
import pytest
import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlmodel
import uvicorn
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI
from packaging.version import Version
from sqlalchemy import event
from sqlalchemy.orm import Session

from pages import Example
from running import Import, metadata_of, seed, shown

# Bad code leaves sessions and connections behind.
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(
        Version(fastapi.__version__) < Version("0.121"), reason="dependencies end before the response is sent"
    ),
]


@contextlib.contextmanager
def served(router: APIRouter, engine: Any) -> Iterator[httpx.Client]:
    """A client of a server on this machine that has these routes; in the end its connections are closed."""

    @contextlib.asynccontextmanager
    async def live(_application: FastAPI) -> AsyncIterator[None]:
        yield
        if (closing := engine.dispose()) is not None:
            await closing

    application = FastAPI(lifespan=live)
    application.include_router(router)
    server = uvicorn.Server(uvicorn.Config(application, log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=10) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def engine_of(module: Import, example: Example) -> Any:
    return module("app.dependencies" if "create_" in example.files["app/dependencies.py"] else "app.db").engine


def rows_in(folder: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(folder / "test.db")) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


# DBR306

EMAIL = "ada@example.org"


def newsletter(module: Import, folder: Path) -> ModuleType:
    seed(folder, metadata_of(module("app.models")))
    return module("app.routes")


def subscribed_twice(example: Example, module: Import, folder: Path) -> list[int]:
    """What two clients are told who subscribe with one address, one after the other."""
    routes = newsletter(module, folder)
    with served(routes.router, engine_of(module, example)) as client:
        return [client.post("/subscribers", params={"email": EMAIL}).status_code for _ in range(2)]


@shown("commit-after-response", "Bad")
def test_both_clients_are_told_that_all_went_well(example: Example, module: Import, tmp_path: Path) -> None:
    assert subscribed_twice(example, module, tmp_path) == [200, 200]
    assert rows_in(tmp_path, "subscribers") == 1


@shown("commit-after-response", "Good")
def test_the_second_client_gets_the_error(example: Example, module: Import, tmp_path: Path) -> None:
    first, second = subscribed_twice(example, module, tmp_path)
    assert first == 200
    assert second in (409, 500)
    assert rows_in(tmp_path, "subscribers") == 1


def found_at_once(example: Example, module: Import, folder: Path, patience: float) -> list[bool]:
    """Whether five clients find what they have just created, when commits last until they have asked."""
    routes = newsletter(module, folder)
    has_asked = threading.Event()
    found = []

    def last(_session: object) -> None:
        has_asked.wait(patience)

    event.listen(Session, "before_commit", last)
    try:
        with served(routes.router, engine_of(module, example)) as client:
            for number in range(5):
                has_asked.clear()
                assert client.post("/subscribers", params={"email": f"{number}@example.org"}).status_code == 200
                found.append(client.get(f"/subscribers/{number}@example.org").json())
                has_asked.set()
    finally:
        event.remove(Session, "before_commit", last)
    return found


@shown("commit-after-response", "Bad: A commit behind the yield")
def test_clients_do_not_find_what_they_have_just_created(example: Example, module: Import, tmp_path: Path) -> None:
    assert found_at_once(example, module, tmp_path, patience=5) == [False] * 5
    assert rows_in(tmp_path, "subscribers") == 5


@shown("commit-after-response", "Good: The route commits")
def test_clients_find_what_a_route_has_committed(example: Example, module: Import, tmp_path: Path) -> None:
    assert found_at_once(example, module, tmp_path, patience=0.05) == [True] * 5


def fail_later(tasks: BackgroundTasks) -> None:
    tasks.add_task(int, "no number")


def left_by_a_failing_task(example: Example, module: Import, folder: Path) -> int:
    """How many rows are there after a request whose background task fails."""
    router = APIRouter(dependencies=[Depends(fail_later)])
    router.include_router(newsletter(module, folder).router)
    with served(router, engine_of(module, example)) as client:
        assert client.post("/subscribers", params={"email": EMAIL}).status_code == 200
    return rows_in(folder, "subscribers")


@shown("commit-after-response", "Bad: A commit behind the yield")
def test_a_failing_background_task_takes_the_rows_along(example: Example, module: Import, tmp_path: Path) -> None:
    assert left_by_a_failing_task(example, module, tmp_path) == 0


@shown("commit-after-response", "Good: The route commits")
def test_what_a_route_has_committed_outlives_its_tasks(example: Example, module: Import, tmp_path: Path) -> None:
    assert left_by_a_failing_task(example, module, tmp_path) == 1


# DBR304


@pytest.fixture
def pool_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines lend two connections and wait 100 ms for one."""
    places = {sqlalchemy: "create_engine", sqlmodel: "create_engine", sqlalchemy.ext.asyncio: "create_async_engine"}
    for place, name in places.items():
        small = functools.partial(getattr(place, name), pool_size=2, max_overflow=0, pool_timeout=0.1)
        monkeypatch.setattr(place, name, small)


class Post:
    """Delivers mails as soon as it may, and looks how many connections are lent meanwhile."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.lent: list[int] = []
        self.may_deliver = threading.Event()

    def deliver(self, _address: str) -> None:
        self.lent.append(self.engine.pool.checkedout())
        self.may_deliver.wait(5)


def club(module: Import, folder: Path) -> tuple[ModuleType, Post]:
    seed(folder, metadata_of(module("app.models")))
    post = Post(module("app.db").engine)
    vars(module("app.mail"))["deliver"] = post.deliver
    return module("app.routes"), post


def registered(client: httpx.Client, post: Post, number: int) -> None:
    """A member registers, and the task is about to deliver the mail."""
    assert client.post("/members", params={"email": f"{number}@example.org"}).status_code == 200
    until = time.monotonic() + 5
    while len(post.lent) <= number and time.monotonic() < until:
        time.sleep(0.01)


def lent_meanwhile(module: Import, folder: Path) -> list[int]:
    """How many connections are lent while the only request there is delivers its mail."""
    routes, post = club(module, folder)
    with served(routes.router, post.engine) as client:
        registered(client, post, 0)
        post.may_deliver.set()
    return post.lent


@shown("session-in-background-task", "Bad")
def test_the_task_keeps_a_connection(example: Example, pool_of_two: None, module: Import, tmp_path: Path) -> None:
    assert lent_meanwhile(module, tmp_path) == [1]


@shown("session-in-background-task", "Good")
def test_the_task_keeps_none(example: Example, pool_of_two: None, module: Import, tmp_path: Path) -> None:
    assert lent_meanwhile(module, tmp_path) == [0]


def lent_at_last(module: Import, folder: Path) -> int:
    """How many connections are lent when request and task are over, and the garbage collector has not come by."""
    routes, post = club(module, folder)
    post.may_deliver.set()
    gc.disable()
    try:
        with served(routes.router, post.engine) as client:
            registered(client, post, 0)
            time.sleep(0.05)
            return int(post.engine.pool.checkedout())
    finally:
        gc.enable()


@shown("session-in-background-task", "Bad: The session of a block")
def test_nobody_ends_the_transaction_of_the_task(
    example: Example, pool_of_two: None, module: Import, tmp_path: Path
) -> None:
    assert lent_at_last(module, tmp_path) == 1


@shown("session-in-background-task", "Good: Plain values")
def test_nothing_is_lent_when_the_task_is_over(
    example: Example, pool_of_two: None, module: Import, tmp_path: Path
) -> None:
    assert lent_at_last(module, tmp_path) == 0


def third_answer(module: Import, folder: Path) -> int:
    """What a client is told while two slow mails are delivered, with a pool of two connections."""
    routes, post = club(module, folder)
    with served(routes.router, post.engine) as client:
        registered(client, post, 0)
        registered(client, post, 1)
        answer = client.post("/members", params={"email": EMAIL})
        post.may_deliver.set()
    return answer.status_code


@shown("session-in-background-task", "Bad: The session is an argument")
def test_slow_tasks_use_up_the_pool(example: Example, pool_of_two: None, module: Import, tmp_path: Path) -> None:
    assert third_answer(module, tmp_path) == 500


@shown("session-in-background-task", "Good: A session of its own")
def test_slow_tasks_leave_the_pool_alone(example: Example, pool_of_two: None, module: Import, tmp_path: Path) -> None:
    assert third_answer(module, tmp_path) == 200
