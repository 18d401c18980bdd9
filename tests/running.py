"""Runs the code of an example, on SQLite unless told otherwise, to see whether what its page claims is true."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session
from sqlmodel import SQLModel
from sqlmodel.main import default_registry

from pages import Example, rule_pages

EXAMPLES = {page.name: page.examples for page in rule_pages()}
Import = Callable[[str], ModuleType]

# The verb, the path, and what else httpx is to be told.
Request = tuple[str, str, dict[str, Any]]


def shown(rule: str, heading: str, *, having: str = "", is_of_tortoise: bool = False) -> pytest.MarkDecorator:
    """Run a test for each example of a rule under this heading that has this file, and is of this ORM."""
    examples = [
        each
        for each in EXAMPLES[rule]
        if each.title.startswith(heading) and (not having or having in each.files)
        if is_of_tortoise is any("from tortoise" in text for text in each.files.values())
    ]
    return pytest.mark.parametrize("example", examples, ids=lambda each: each.title)


def is_async(example: Example) -> bool:
    """Whether an example talks to its database by an asynchronous engine."""
    return any("create_async_engine" in text for text in example.files.values())


@contextmanager
def running(example: Example, folder: Path, variables: Mapping[str, str] | None = None) -> Iterator[Import]:
    """Write the files of an example, make them importable, and forget them afterwards.

    The application talks to a SQLite file in this folder, unless its environment says otherwise.
    """
    for path, text in example.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    database = f"{folder / 'test.db'}"
    sqlite = {
        "DATABASE_URL": f"sqlite:///{database}",
        "ASYNC_DATABASE_URL": f"sqlite+aiosqlite:///{database}",
    }
    with importing("app", folder, variables or sqlite) as import_module:
        yield import_module


@contextmanager
def importing(package: str, folder: Path, variables: Mapping[str, str]) -> Iterator[Import]:
    """Make a package importable, with these environment variables, and forget it afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setattr(sys, "dont_write_bytecode", True)
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            yield importlib.import_module
        finally:
            _forget(package)


def _forget(package: str) -> None:
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
    SQLModel.metadata.clear()
    default_registry.dispose()
    gc.collect()  # what bad code left open complains now, not in a later test


def seed(folder: Path, metadata: MetaData, *rows: object) -> None:
    """Create the tables and fill them, before the application opens the database."""
    engine = create_engine(f"sqlite:///{folder / 'test.db'}")
    metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows)
        session.commit()
    engine.dispose()


def metadata_of(models: ModuleType) -> MetaData:
    return models.Base.metadata if hasattr(models, "Base") else SQLModel.metadata


def first_path(routes: ModuleType) -> str:
    return str(routes.router.routes[0].path)


def ask(routes: ModuleType, *requests: Request, answers_errors: bool = False) -> list[httpx.Response]:
    """Send all requests at the same time to an application that has these routes.

    What the application raises is raised here, too, unless it is to answer errors as a server does: with 500.
    """
    application = FastAPI()
    application.include_router(routes.router)
    names = vars(sys.modules["app.db"]) if "app.db" in sys.modules else {}
    engines = [each for each in names.values() if isinstance(each, (Engine, AsyncEngine))]
    return _send(application, engines, requests, answers_errors=answers_errors)


def send(application: FastAPI, engine: Engine | AsyncEngine | None, *requests: Request) -> list[httpx.Response]:
    """Start the application, send all requests at the same time, and close its connections."""
    return _send(application, [] if engine is None else [engine], requests)


def _send(
    application: FastAPI,
    engines: Sequence[Engine | AsyncEngine],
    requests: Sequence[Request],
    *,
    answers_errors: bool = False,
) -> list[httpx.Response]:
    async def live() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=not answers_errors)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            try:
                return await asyncio.gather(*[client.request(verb, path, **rest) for verb, path, rest in requests])
            finally:
                for engine in engines:
                    if (closing := engine.dispose()) is not None:
                        await closing

    return asyncio.run(live())


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SELECT statements that are sent meanwhile, whatever the engine."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def slow_database(seconds: float) -> Iterator[None]:
    """Every SELECT takes this long, in the very thread in which SQLite runs it."""

    def wait(statement: str) -> None:
        if statement.startswith("SELECT"):
            time.sleep(seconds)

    def slow_down(connection: Any, _record: object) -> None:
        if hasattr(connection, "run_async"):
            connection.run_async(lambda driver: driver.set_trace_callback(wait))
        else:
            connection.set_trace_callback(wait)

    connect = sqlite3.connect

    def connect_slowly(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(wait)
        return connection

    event.listen(Engine, "connect", slow_down)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", connect_slowly)  # what drivers open without SQLAlchemy
            yield
    finally:
        event.remove(Engine, "connect", slow_down)


@contextmanager
def sessions_made() -> Iterator[list[Session]]:
    """The sessions that are made meanwhile; an async session makes a plain one inside."""
    made: list[Session] = []
    make = Session.__init__

    def noting(self: Session, *arguments: Any, **options: Any) -> None:
        made.append(self)
        make(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "__init__", noting)
        yield made
