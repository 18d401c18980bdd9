"""Proof by execution, for the rules about how sessions come into being, and about logins in the source."""

from __future__ import annotations

import ast
import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import InvalidRequestError, MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from pages import Example
from running import EXAMPLES, Import, importing, is_async, metadata_of, running, seed, send, shown, statements

# Bad code leaves sessions, connections and coroutines behind.
pytestmark = pytest.mark.filterwarnings("ignore")


def example_of(rule: str, title: str) -> Example:
    return next(each for each in EXAMPLES[rule] if each.title == title)


# DBR311


@asynccontextmanager
async def announced(module: Import) -> AsyncIterator[tuple[Any, Any]]:
    """A session of the example's dependency, and the concert that was committed with it."""
    db, announce = module("app.db"), module("app.concerts").announce
    dependency = db.get_session()
    session = await anext(dependency)
    try:
        yield session, await announce(session, "Requiem")
    finally:
        await dependency.aclose()
        await (db.engine if hasattr(db, "engine") else db.database.engine).dispose()


def with_tables(module: Import, folder: Path) -> ModuleType:
    models = module("app.models")
    seed(folder, metadata_of(models))
    return models


def concerts_in(folder: Path) -> int:
    engine = create_engine(f"sqlite:///{folder / 'test.db'}")
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM concerts"))
    engine.dispose()
    return int(found or 0)


@shown("expire-on-commit", "Bad")
def test_no_attribute_can_be_read_after_a_commit(example: Example, module: Import, tmp_path: Path) -> None:
    with_tables(module, tmp_path)

    async def read() -> None:
        for attribute in ("id", "title", "created_at"):
            async with announced(module) as (_, concert):
                with pytest.raises(MissingGreenlet):
                    getattr(concert, attribute)

    asyncio.run(read())
    assert concerts_in(tmp_path) == 3


class Announced(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str


@shown("expire-on-commit", "Bad")
def test_the_client_gets_an_error_for_what_is_written(example: Example, module: Import, tmp_path: Path) -> None:
    assert status_of_announcing(module, tmp_path) == 500
    assert concerts_in(tmp_path) == 1


@shown("expire-on-commit", "Good", having="app/db.py")
def test_the_client_gets_what_is_written(example: Example, module: Import, tmp_path: Path) -> None:
    if is_async(example):
        assert status_of_announcing(module, tmp_path) == 200
        assert concerts_in(tmp_path) == 1


def status_of_announcing(module: Import, folder: Path) -> int:
    """How a path operation answers that commits a concert and returns it."""
    with_tables(module, folder)
    db, announce = module("app.db"), module("app.concerts").announce
    application, given = FastAPI(), Depends(db.get_session)

    @application.post("/concerts", response_model=Announced)
    async def post(session: Any = given) -> Any:
        return await announce(session, "Requiem")

    async def ask() -> int:
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.post("/concerts")
        await (db.engine if hasattr(db, "engine") else db.database.engine).dispose()
        return answer.status_code

    return asyncio.run(ask())


@shown("expire-on-commit", "Good")
def test_columns_can_be_read_and_relationships_cannot(example: Example, module: Import, tmp_path: Path) -> None:
    if not is_async(example):
        return
    with_tables(module, tmp_path)

    async def read() -> None:
        async with announced(module) as (session, concert):
            with statements() as sent:
                assert (concert.id, concert.title) == (1, "Requiem")
            assert not sent
            with pytest.raises(MissingGreenlet):
                _ = concert.tickets
        async with announced(module) as (session, concert):
            await session.execute(text("SELECT 1"))
            await session.rollback()
            with pytest.raises(MissingGreenlet):
                _ = concert.title

    asyncio.run(read())


@shown("expire-on-commit", "Bad: The factory as it comes")
def test_a_refresh_costs_a_statement(example: Example, module: Import, tmp_path: Path) -> None:
    with_tables(module, tmp_path)

    async def read() -> None:
        async with announced(module) as (session, concert):
            with statements() as sent:
                await session.refresh(concert)
                assert concert.title == "Requiem"
            assert len(sent) == 1

    asyncio.run(read())


@shown("expire-on-commit", "Good: A synchronous factory")
def test_a_synchronous_session_fetches_the_row_again(example: Example, module: Import, tmp_path: Path) -> None:
    with_tables(module, tmp_path)
    db, announce = module("app.db"), module("app.concerts").announce
    for session in db.get_session():
        concert = announce(session, "Requiem")
        with statements() as sent:
            assert (concert.id, concert.title) == (1, "Requiem")
        assert len(sent) == 1
    db.engine.dispose()


# DBR303


def tools_after_a_test(example: Example, module: Import, folder: Path) -> tuple[int, int]:
    """The rows in the application's database and in that of a test, after a test has added one."""
    models, db = with_tables(module, folder), module("app.db")
    other = folder / "other.db"
    for path in (other, folder / "test.db"):
        engine = create_engine(f"sqlite:///{path}")
        models.Base.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE log (entry TEXT)"))
        engine.dispose()
    dependency = module("app.dependencies") if "app/dependencies.py" in example.files else db
    application = FastAPI()
    application.include_router(module("app.lending").lending)
    application.include_router(module("app.routes").router)
    session_of_test = async_session_for if is_async(example) else session_for
    application.dependency_overrides[dependency.get_session] = session_of_test(other)
    answer, count = (
        send(application, None, ("POST", "/tools", {"params": {"name": "saw"}}))[0],
        send(application, db.engine, ("GET", "/tools/count", {}))[0],
    )
    assert answer.status_code == 200
    assert count.json() == tools_in(models, other)
    return tools_in(models, folder / "test.db"), tools_in(models, other)


def session_for(path: Path) -> Callable[[], Iterator[Session]]:
    def get_session() -> Iterator[Session]:
        engine = create_engine(f"sqlite:///{path}")
        with Session(engine) as session:
            yield session
        engine.dispose()

    return get_session


def async_session_for(path: Path) -> Callable[[], AsyncIterator[AsyncSession]]:
    async def get_session() -> AsyncIterator[AsyncSession]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        async with AsyncSession(engine, expire_on_commit=False) as session:
            yield session
        await engine.dispose()

    return get_session


def tools_in(models: ModuleType, path: Path) -> int:
    engine = create_engine(f"sqlite:///{path}")
    with Session(engine) as session:
        found = session.scalar(select(func.count()).select_from(models.Tool))
    engine.dispose()
    return found or 0


@shown("session-not-injected", "Bad")
def test_a_test_writes_to_the_real_database(example: Example, module: Import, tmp_path: Path) -> None:
    assert tools_after_a_test(example, module, tmp_path) == (1, 0)


@shown("session-not-injected", "Good")
def test_a_test_writes_to_its_own_database(example: Example, module: Import, tmp_path: Path) -> None:
    assert tools_after_a_test(example, module, tmp_path) == (0, 1)


@pytest.mark.parametrize(
    ("title", "connections"), [("Bad: A with block in the path operation", 2), ("Good: The session as a parameter", 1)]
)
def test_a_request_with_a_session_of_its_own_holds_two_connections(
    title: str, connections: int, tmp_path: Path
) -> None:
    with running(example_of("session-not-injected", title), tmp_path) as module:
        models, db = with_tables(module, tmp_path), module("app.db")
        given = Depends(db.get_session)

        def current_user(session: Any = given) -> Any:
            return session.scalar(select(models.Tool))

        application = FastAPI(dependencies=[Depends(current_user)])
        application.include_router(module("app.routes").router)
        held = most_connections(
            db.engine, lambda: send(application, None, ("POST", "/tools", {"params": {"name": "x"}}))
        )
        db.engine.dispose()
    assert held == connections


def most_connections(engine: Engine, work: Callable[[], object]) -> int:
    """How many connections are lent at the same time while this runs."""
    lent = [0, 0]

    def take(*_: object) -> None:
        lent[0] += 1
        lent[1] = max(lent)

    def give_back(*_: object) -> None:
        lent[0] -= 1

    event.listen(engine, "checkout", take)
    event.listen(engine, "checkin", give_back)
    work()
    return lent[1]


def test_an_object_of_one_session_cannot_be_used_in_another(tmp_path: Path) -> None:
    with running(example_of("session-not-injected", "Bad: A with block in the path operation"), tmp_path) as module:
        models, db = with_tables(module, tmp_path), module("app.db")
        with db.SessionFactory() as first, db.SessionFactory() as second:
            tool = models.Tool(name="saw")
            first.add(tool)
            with pytest.raises(InvalidRequestError, match="already attached to session"):
                second.add(tool)
        db.engine.dispose()


# DBR312

PASSWORD = "9fQp2-Zk3v"


def texts_in(example: Example) -> Iterator[str]:
    """The texts that are written in the source, without running it."""
    for source in example.files.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def passwords_in(example: Example) -> set[str | None]:
    return {make_url(each).password if "://" in each and "@" in each else each for each in texts_in(example)}


@shown("hard-coded-credentials", "Bad")
def test_the_password_can_be_read_in_the_source(example: Example) -> None:
    assert PASSWORD in passwords_in(example)


@shown("hard-coded-credentials", "Good")
def test_the_password_is_not_in_the_source(example: Example) -> None:
    assert not any(PASSWORD in each for each in texts_in(example))


def engine_of(example: Example, folder: Path, variables: dict[str, str]) -> Any:
    """The engine that the example makes in this environment."""
    if any("pydantic_settings" in source for source in example.files.values()):
        pytest.importorskip("pydantic_settings")
    for path, source in example.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    with importing("app", folder, variables) as import_module:
        return getattr(import_module("app.db"), "engine", None)


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "SHOP_DATABASE_URL", "DB_PASSWORD", "DB_HOST"):
        monkeypatch.delenv(name, raising=False)


@shown("hard-coded-credentials", "Bad", having="app/db.py")
def test_the_password_is_used_where_the_environment_says_nothing(
    example: Example, bare_environment: None, tmp_path: Path
) -> None:
    engine = engine_of(example, tmp_path, {})
    if engine is not None:
        assert engine.url.password == PASSWORD
        assert PASSWORD not in str(engine.url)
        assert PASSWORD not in repr(engine)


@shown("hard-coded-credentials", "Good: The environment says it")
def test_without_the_variable_the_application_does_not_start(
    example: Example, bare_environment: None, tmp_path: Path
) -> None:
    with pytest.raises(KeyError, match="DATABASE_URL"):
        engine_of(example, tmp_path, {})


@shown("hard-coded-credentials", "Good", having="app/db.py")
def test_the_environment_gives_the_password(example: Example, tmp_path: Path) -> None:
    variables = {"DATABASE_URL": "postgresql+psycopg://shop:of-today@localhost/shop", "DB_PASSWORD": "of-today"}
    assert engine_of(example, tmp_path, variables).url.password == "of-today"


@shown("hard-coded-credentials", "Bad: A driver's own connection")
def test_the_driver_is_given_the_password(example: Example, module: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncpg = pytest.importorskip("asyncpg")
    given: dict[str, object] = {}

    async def connect(**options: object) -> None:
        given.update(options)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncpg, "connect", connect)
    in_stock: Callable[[str], Awaitable[int]] = module("app.stock").in_stock
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(in_stock("a"))  # type: ignore[arg-type]
    assert given["password"] == PASSWORD


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_taking_the_password_out_leaves_it_in_the_history(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout

    git("init", "--quiet")
    file = tmp_path / "db.py"
    for title in ("Bad: A URL in the source", "Good: The environment says it"):
        file.write_text(example_of("hard-coded-credentials", title).files["app/db.py"], encoding="utf-8")
        git("add", "db.py")
        git("commit", "--quiet", "--message", title)
    assert PASSWORD not in file.read_text(encoding="utf-8")
    assert PASSWORD in git("log", "-p")
