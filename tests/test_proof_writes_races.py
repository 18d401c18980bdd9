"""Proof by execution: what the pages say of requests that write at the same time, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, MissingGreenlet, MultipleResultsFound, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from pages import Example
from postgres import Database
from running import EXAMPLES, Import, Request, ask, metadata_of, running, seed, shown

POOL = 15
"""What an engine lends unless told otherwise: 5 connections, and 10 more."""


@contextmanager
def meeting(database: Database) -> Iterator[None]:
    """Writes wait, in the server, until all that the pool lends connections to have read and want to write."""

    def wait(_connection: object, cursor: Any, statement: str, *_rest: object) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(1)")

    def release_when_all_wait() -> None:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and gate.execute(waiting).fetchone() != (POOL,):
            time.sleep(0.005)
        gate.execute("SELECT pg_advisory_unlock(1)")

    event.listen(Engine, "before_cursor_execute", wait)
    try:
        with (
            psycopg.connect(host=str(database.folder), user="postgres", dbname=database.name, autocommit=True) as gate,
            ThreadPoolExecutor(1) as threads,
        ):
            gate.execute("SELECT pg_advisory_lock(1)")
            released = threads.submit(release_when_all_wait)
            yield
            released.result()
    finally:
        event.remove(Engine, "before_cursor_execute", wait)


def storm(example: Example, module: Import, database: Database, count: int, request: Request) -> Counter[int]:
    """So many requests at the same time: how many were answered with which status.

    Where the code locks a row before it reads, it is the database that lets one write at a time.
    """
    is_locking = "with_for_update" in "".join(example.files.values())
    with nullcontext() if is_locking else meeting(database):
        answers = ask(module("app.routes"), *[request] * count, answers_errors=True)
    return Counter(answer.status_code for answer in answers)


@contextmanager
def asking(database: Database) -> Iterator[Session]:
    engine = create_engine(database.url)
    with Session(engine) as session:
        yield session
    engine.dispose()


def titled(rule: str, title: str) -> Example:
    return next(each for each in EXAMPLES[rule] if each.title == title)


# DBR406

ROUNDS = 3
REQUESTS = ROUNDS * POOL
STOCK = 40
"""Each request wants one of these."""


def changes_and_answers(example: Example, module: Import, database: Database) -> tuple[int, Counter[int]]:
    """By how much requests changed a number, each by one, and what they were answered: fifteen at a time."""
    models, path = module("app.models"), str(module("app.routes").router.routes[0].path)
    parameters: dict[str, object]
    match path.rpartition("/")[2]:
        case "views":
            rows, column, parameters = [models.Post(id=1, title="Hello", views=0)], "views", {}
        case "deposits":
            rows, column, parameters = [models.Account(id=1, balance=0)], "balance", {"amount": 1}
        case "withdrawals":
            rows, column, parameters = [models.Account(id=1, balance=STOCK)], "balance", {"amount": 1}
        case "transfers":
            rows = [models.Account(id=1, balance=STOCK), models.Account(id=2, balance=0)]
            column, parameters = "balance", {"target_id": 2, "amount": 1}
        case _:
            rows, column, parameters = [models.Item(id=1, name="Chair", stock=STOCK)], "stock", {"count": 1}
    before, kind = getattr(rows[0], column), type(rows[0])
    database.seed(metadata_of(models), *rows)
    request = ("POST", _with_first_key(path), {"params": parameters})
    answers = sum((storm(example, module, database, POOL, request) for _ in range(ROUNDS)), Counter[int]())
    with asking(database) as session:
        after = getattr(session.get_one(kind, 1), column)
    return abs(after - before), answers


def _with_first_key(path: str) -> str:
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))


@shown("lost-update", "Bad")
def test_most_updates_are_lost_and_all_are_answered_with_success(
    example: Example, module_on_postgres: Import, postgres: Database
) -> None:
    changes, answers = changes_and_answers(example, module_on_postgres, postgres)
    assert set(answers) <= {200, 204}
    assert changes == ROUNDS  # of those that run at the same time, one is left


@shown("lost-update", "Good")
def test_every_update_that_is_answered_with_success_is_there(
    example: Example, module_on_postgres: Import, postgres: Database
) -> None:
    changes, answers = changes_and_answers(example, module_on_postgres, postgres)
    assert changes == answers[204] == REQUESTS - answers[409]
    if "database" in example.title or "lock" in example.title:
        assert changes == (STOCK if answers[409] else REQUESTS)
    else:
        assert 0 < changes < REQUESTS


@pytest.mark.parametrize("again", ["get", "select", "refresh", "populate"])
def test_a_lock_does_not_read_again_what_the_session_holds(again: str, tmp_path: Path, postgres: Database) -> None:
    with running(titled("lost-update", "Bad: A counter"), tmp_path, postgres.variables) as module:
        post_class = module("app.models").Post
        postgres.seed(metadata_of(module("app.models")), post_class(id=1, title="Hello", views=0))
        with asking(postgres) as session:
            post = session.get_one(post_class, 1)
            with asking(postgres) as other:
                other.execute(update(post_class).values(views=7))
                other.commit()
            locked = select(post_class).with_for_update()
            if again == "get":
                session.get(post_class, 1, with_for_update=True)
            elif again == "select":
                session.scalars(locked).one()
            elif again == "refresh":
                session.refresh(post, with_for_update=True)
            else:
                session.scalars(locked.execution_options(populate_existing=True)).one()
            assert post.views == (0 if again in ("get", "select") else 7)


def test_a_computed_attribute_must_be_read_again_which_async_sessions_do_not(
    tmp_path: Path, postgres: Database
) -> None:
    async def add_one(post_class: Any) -> None:
        engine = create_async_engine(postgres.async_url)
        async with AsyncSession(engine, expire_on_commit=False) as session:
            post = await session.get_one(post_class, 1)
            post.views = post_class.views + 1
            await session.commit()
            with pytest.raises(MissingGreenlet):
                post.views  # noqa: B018 -- reading it is what fails
            await session.refresh(post, ["views"])
            assert post.views == 1
        await engine.dispose()

    with running(titled("lost-update", "Bad: A counter"), tmp_path, postgres.variables) as module:
        models = module("app.models")
        postgres.seed(metadata_of(models), models.Post(id=1, title="Hello", views=0))
        asyncio.run(add_one(models.Post))


def test_sqlite_loses_updates_too_and_has_no_row_locks(tmp_path: Path) -> None:
    with running(titled("lost-update", "Bad: A counter"), tmp_path) as module:
        post_class, engine = module("app.models").Post, module("app.db").engine
        seed(tmp_path, metadata_of(module("app.models")), post_class(id=1, title="Hello", views=0))
        locked = select(post_class).with_for_update()
        assert "FOR UPDATE" not in str(locked.compile(engine))
        with Session(engine) as first, Session(engine) as second:
            for session in (first, second):
                session.scalars(locked).one().views += 1
            first.commit()
            second.commit()
        with Session(engine) as session:
            assert session.get_one(post_class, 1).views == 1
        engine.dispose()


# DBR407

SIGN_UPS = 20


def inserted_and_answers(example: Example, module: Import, database: Database) -> tuple[int, Counter[int]]:
    """How many rows twenty requests at the same time left, all of which want the same one."""
    models = module("app.models")
    if "/votes" in example.files["app/routes.py"]:
        rows = [models.Member(id=1, email="ada@example.org"), models.Poll(id=1, question="Tea?")]
        kind, path, parameters = models.Vote, "/polls/1/votes", {"member_id": 1, "answer": "yes"}
    else:
        rows, kind, path, parameters = [], models.Member, "/members", {"email": "ada@example.org"}
    database.seed(metadata_of(models), *rows)
    answers = storm(example, module, database, SIGN_UPS, ("POST", path, {"params": parameters}))
    with asking(database) as session:
        return session.scalars(select(func.count()).select_from(kind)).one(), answers


@shown("check-then-insert", "Bad")
def test_all_who_ask_together_insert(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    inserted, _ = inserted_and_answers(example, module_on_postgres, postgres)
    # As many as can ask at the same time: one for each connection that the pool lends.
    assert inserted == POOL


@shown("check-then-insert", "Good")
def test_one_row_is_inserted(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    inserted, answers = inserted_and_answers(example, module_on_postgres, postgres)
    assert inserted == 1
    assert answers in (Counter({200: SIGN_UPS}), *(Counter({made: 1, 409: SIGN_UPS - 1}) for made in (201, 204)))


def test_what_counts_on_one_row_fails_from_then_on(tmp_path: Path, postgres: Database) -> None:
    with running(titled("check-then-insert", "Bad: Is the address taken?"), tmp_path, postgres.variables) as module:
        _, answers = inserted_and_answers(titled("check-then-insert", "Bad: Is the address taken?"), module, postgres)
        assert answers[500] > 0
        with pytest.raises(MultipleResultsFound):
            ask(module("app.routes"), ("POST", "/members", {"params": {"email": "ada@example.org"}}))


def test_an_upsert_needs_a_unique_constraint(tmp_path: Path, postgres: Database) -> None:
    with running(titled("check-then-insert", "Bad: Is the address taken?"), tmp_path, postgres.variables) as module:
        models = module("app.models")
        postgres.seed(metadata_of(models))
        statement = insert(models.Member).values(email="ada@example.org")
        with (
            asking(postgres) as session,
            pytest.raises(ProgrammingError, match="no unique or exclusion constraint matching the ON CONFLICT"),
        ):
            session.execute(statement.on_conflict_do_nothing(index_elements=[models.Member.email]))


def test_a_unique_constraint_cannot_be_added_to_duplicates(tmp_path: Path, postgres: Database) -> None:
    with running(titled("check-then-insert", "Bad: Is the address taken?"), tmp_path, postgres.variables) as module:
        models = module("app.models")
        postgres.seed(metadata_of(models), *[models.Member(email="ada@example.org") for _ in range(2)])
        with asking(postgres) as session, pytest.raises(Exception, match="could not create unique index"):
            session.execute(text("ALTER TABLE members ADD CONSTRAINT one_each UNIQUE (email)"))


@pytest.mark.parametrize("are_distinct", [True, False])
def test_two_nulls_are_different_unless_told_otherwise(are_distinct: bool, postgres: Database) -> None:
    keyword: dict[str, Any] = {} if are_distinct else {"postgresql_nulls_not_distinct": True}
    table = Table("codes", MetaData(), Column("code", Integer), UniqueConstraint("code", **keyword))
    postgres.seed(table.metadata)
    with asking(postgres) as session:
        session.execute(table.insert().values(code=None))
        with nullcontext() if are_distinct else pytest.raises(IntegrityError):
            session.execute(table.insert().values(code=None))


def test_sqlite_lets_both_insert_too(tmp_path: Path) -> None:
    with running(titled("check-then-insert", "Bad: Is the address taken?"), tmp_path) as module:
        member_class, engine = module("app.models").Member, module("app.db").engine
        seed(tmp_path, metadata_of(module("app.models")))
        same = select(member_class).where(member_class.email == "ada@example.org")
        with Session(engine) as first, Session(engine) as second:
            for session in (first, second):
                assert session.scalars(same).one_or_none() is None
            for session in (first, second):
                session.add(member_class(email="ada@example.org"))
                session.commit()
        with Session(engine) as session:
            assert len(session.scalars(same).all()) == 2
        engine.dispose()
