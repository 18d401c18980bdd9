"""Runs code that talks to its database by Tortoise ORM: on SQLite, in memory, with every statement written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TypeVar

import httpx
from fastapi import FastAPI
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext

from running import Request

T = TypeVar("T")
Sent = list[str]
Work = Callable[[Sent], Awaitable[T]]


@contextmanager
def statements() -> Iterator[Sent]:
    """The statements that Tortoise sends meanwhile. How a transaction begins and ends is not among them."""
    log = logging.getLogger("tortoise.db_client")
    notes = _Notes()
    level = log.level
    log.addHandler(notes)
    log.setLevel(logging.DEBUG)
    try:
        yield notes.taken
    finally:
        log.setLevel(level)
        log.removeHandler(notes)


class _Notes(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.taken: Sent = []

    def emit(self, record: logging.LogRecord) -> None:
        self.taken.append(record.getMessage())


def with_tables(models: ModuleType, work: Work[T]) -> T:
    """Give an empty database to the models of a module, and do some work with it."""

    async def inside() -> T:
        EXECUTOR_CACHE.clear()  # it is kept by the names of tables, and each example has tables of its own
        async with TortoiseContext() as context:
            await context.init(db_url="sqlite://:memory:", modules={"models": [models.__name__]})
            await context.generate_schemas()
            with statements() as sent:
                return await work(sent)

    return asyncio.run(inside())


async def ask(routes: ModuleType, *requests: Request) -> list[httpx.Response]:
    """Send all requests at the same time to an application that has these routes."""
    application = FastAPI()
    application.include_router(routes.router)
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await asyncio.gather(*[client.request(verb, path, **rest) for verb, path, rest in requests])
