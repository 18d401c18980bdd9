"""Runs an application on SQLite with few rows and with many, and says what it really did.

Every model gets the same number of rows. Half of the children of each key have a parent of their own, the other
half share the first one, so that both a walk over all rows and one over the first row's children meet new parents.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import httpx
import sqlmodel
from fastapi import FastAPI
from fastapi.exceptions import ResponseValidationError
from pydantic import ValidationError
from sqlalchemy import Connection, MetaData, create_engine, event
from sqlalchemy.exc import MissingGreenlet, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, configure_mappers
from sqlalchemy.pool import StaticPool
from sqlalchemy.util.concurrency import in_greenlet
from sqlmodel.ext.asyncio.session import AsyncSession as SQLModelAsyncSession
from sqlmodel.main import default_registry

from invented.application import Application
from invented.schema import Schema, snake

FEW, MANY = 8, 24
REFUSED, OUTSIDE = "refused", "outside of a greenlet"


@dataclass
class Run:
    """The statements of one request: those that reading a relationship sent, and those in the code.

    ``asked`` are the ones that somebody asked for row by row: ``immediateload``, ``refresh``.
    """

    lazy: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    written: int = 0
    error: str = ""

    def fail(self, error: Exception) -> None:
        if "is not available due to lazy='raise" in str(error):
            self.error = REFUSED
        self.error = self.error or f"{type(error).__name__}: {error}"


@dataclass(frozen=True)
class Truth:
    """What running showed: ``grows`` names the relationships that are loaded row by row, and `a query` of the code.

    ``raises`` names the relationship that was read outside of a greenlet, ``refused`` those that were loaded before
    ``lazy="raise"`` ended the first row, and ``failure`` tells of anything else.
    """

    grows: frozenset[str] = frozenset()
    raises: str = ""
    refused: frozenset[str] | None = None
    failure: str = ""

    def __str__(self) -> str:
        if self.failure:
            return f"fails: {self.failure}"
        if self.raises:
            return f"{self.raises} raises"
        if self.refused is not None:
            return f"refused, after {', '.join(sorted(self.refused)) or 'nothing'}"
        return f"{', '.join(sorted(self.grows))} grows" if self.grows else "constant"


def truth_of(application: Application, folder: Path) -> Truth:
    with _imported(application, folder) as (models, routes), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metadata = models.Base.metadata if hasattr(models, "Base") else sqlmodel.SQLModel.metadata
        run = _run_async if application.is_async else _run_sync
        few, many = run(application, metadata, routes)
    if many.error == OUTSIDE:
        return Truth(raises=next(iter(many.lazy), "a statement"))
    if many.error == REFUSED:
        return Truth(refused=frozenset(many.lazy))
    if many.error or few.error:
        return Truth(failure=many.error or few.error)
    grows = {name for name, count in many.lazy.items() if count - few.lazy[name] > 1}
    if many.written - few.written > 1:
        grows.add("a query")
    return Truth(frozenset(grows))


def _run_sync(application: Application, metadata: MetaData, routes: ModuleType) -> list[Run]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    make = sqlmodel.Session if application.schema.style == "sqlmodel" else Session
    runs = []
    with engine.connect() as connection:
        metadata.create_all(connection)
        for start, end in ((0, FEW), (FEW, MANY)):
            _fill(connection, metadata, application.schema, start, end)
            connection.commit()
            run = Run()
            with make(engine) as session:
                _watch(session, run, is_async=False)
                try:
                    if application.kind == "response":
                        asyncio.run(_ask(routes, session, end))
                    else:
                        routes.handle(session, list(range(1, end + 1)))
                except (SQLAlchemyError, ResponseValidationError, ValidationError) as error:
                    run.fail(error)
            runs.append(run)
    engine.dispose()
    return runs


def _run_async(application: Application, metadata: MetaData, routes: ModuleType) -> list[Run]:
    async def live() -> list[Run]:
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
        make = SQLModelAsyncSession if application.schema.style == "sqlmodel" else AsyncSession
        runs = []
        for start, end in ((0, FEW), (FEW, MANY)):
            async with engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
                await connection.run_sync(_fill, metadata, application.schema, start, end)
            run = Run()
            async with make(engine, expire_on_commit=False) as session:
                _watch(session.sync_session, run, is_async=True)
                try:
                    if application.kind == "response":
                        await _ask(routes, session, end)
                    else:
                        await routes.handle(session, list(range(1, end + 1)))
                except (SQLAlchemyError, ResponseValidationError, ValidationError) as error:
                    run.fail(error)
            runs.append(run)
        await engine.dispose()
        return runs

    return asyncio.run(live())


async def _ask(routes: ModuleType, session: Session | AsyncSession, end: int) -> None:
    """Let FastAPI call the handler and read what it answers with."""
    application = FastAPI()
    application.include_router(routes.router)
    application.dependency_overrides[sys.modules["app.db"].get_session] = lambda: session
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/result", params={"ids": list(range(1, end + 1))})
    answer.raise_for_status()


def _watch(session: Session, run: Run, *, is_async: bool) -> None:
    def note(state: ORMExecuteState) -> None:
        if not state.is_relationship_load and state.lazy_loaded_from is None:
            run.written += 1
        elif state.lazy_loaded_from is not None:
            name = str(state.loader_strategy_path[-1]) if state.loader_strategy_path else "a relationship"
            if _is_eager(sys._getframe()):
                run.asked += 1
            else:
                run.lazy[name] += 1
        if is_async and not in_greenlet():
            run.error = OUTSIDE
            raise MissingGreenlet  # as the driver would, but before it has begun something that nobody awaits

    event.listen(session, "do_orm_execute", note)


def _is_eager(frame: FrameType | None) -> bool:
    """Whether a loader strategy does this for a statement, or ``refresh``: nobody has read an attribute."""
    while frame is not None:
        if frame.f_code.co_name in ("_load_for_path", "refresh"):
            return True
        frame = frame.f_back
    return False


def _fill(connection: Connection, metadata: MetaData, schema: Schema, start: int, end: int) -> None:
    """Rows ``start`` to ``end`` of every table, counted from zero; the identifiers start at one."""
    for model in schema.models:
        rows: list[dict[str, Any]] = []
        for number in range(start, end):
            row: dict[str, Any] = {"id": number + 1, "name": f"{model} {number}"}
            for position, link in enumerate(schema.keys_of(model)):
                is_own = link.kind == "one to one" or number >> position & 1
                row[link.key] = number + 1 if is_own else 1
                if link.kind == "tree":
                    row[link.key] = (number if number & 2 else 1) if number else 2
            rows.append(row)
        connection.execute(metadata.tables[schema.table(model)].insert(), rows)
    for link in schema.links:
        if link.kind == "many to many":
            name = f"{snake(link.parent)}_{snake(link.child)}"
            table = metadata.tables[name if name in metadata.tables else name.replace("_", "")]
            pairs = {pair for number in range(start, end) for pair in ((number, number), (0, number), (number, 0))}
            left, right = f"{snake(link.parent)}_id", f"{snake(link.child)}_id"
            connection.execute(table.insert(), [{left: a + 1, right: b + 1} for a, b in sorted(pairs)])


@contextmanager
def _imported(application: Application, folder: Path) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The models and the routes, forgotten afterwards."""
    write(application, folder)
    sys.path.insert(0, str(folder))
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    importlib.invalidate_caches()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            models = importlib.import_module("app.models")
            configure_mappers()  # what `backref` adds is there when the first request comes
            routes = importlib.import_module("app.routes")
        yield models, routes
        if hasattr(models, "Base"):
            models.Base.registry.dispose()
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = writes
        for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
            del sys.modules[name]
        sqlmodel.SQLModel.metadata.clear()
        default_registry.dispose()


def write(application: Application, folder: Path) -> None:
    for path, text in application.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (folder / "dbreview.toml").touch()
