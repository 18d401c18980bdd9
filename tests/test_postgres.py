"""The server that other tests rely on: it answers both drivers, and every test gets a database of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import MetaData, Table, create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

import postgres as postgres_module
from postgres import Database, Server, Unavailable, running_server


def test_the_server_answers(postgres: Database) -> None:
    engine = create_engine(postgres.url)
    with engine.connect() as connection:
        assert "PostgreSQL" in str(connection.scalar(text("SELECT version()")))
    engine.dispose()


def test_the_server_answers_the_async_driver(postgres: Database) -> None:
    async def version() -> str:
        engine = create_async_engine(postgres.async_url)
        async with engine.connect() as connection:
            answer = await connection.scalar(text("SELECT version()"))
        await engine.dispose()
        return str(answer)

    assert "PostgreSQL" in asyncio.run(version())


def test_each_database_is_empty_and_gone_afterwards(postgres_server: Server) -> None:
    for _ in range(2):
        with postgres_server.database("mine") as database:
            engine = create_engine(database.url)
            assert inspect(engine).get_table_names() == []
            metadata = MetaData()
            Table("left_behind", metadata)
            metadata.create_all(engine)
            engine.dispose()
    with pytest.raises(psycopg.OperationalError, match='database "mine" does not exist'):
        psycopg.connect(host=str(postgres_server.folder), user="postgres", dbname="mine")


def test_a_machine_without_postgresql_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_module, "_folders", lambda: iter([Path("/nowhere")]))
    with pytest.raises(Unavailable, match="not installed"), running_server():
        pass
