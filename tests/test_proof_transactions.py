"""Proof by execution, for the rules about split transactions and missing rollbacks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, insert, select, text, update
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InternalError,
    InvalidRequestError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlmodel import Session as SQLModelSession

from pages import Example
from postgres import Database
from running import EXAMPLES, Import, ask, first_path, metadata_of, running, seed, shown

# Bad code leaves sessions and connections behind.
pytestmark = pytest.mark.filterwarnings("ignore")


# DBR404

TAKEN = "ada@example.org"
FREE = "grace@example.org"
REQUESTS = 20


@pytest.fixture
def workshop(module: Import, tmp_path: Path) -> ModuleType:
    """The routes of an example, beside a team whose member has the address that is taken."""
    models = module("app.models")
    rows = [
        models.Team(id=1, name="first"),
        models.Team(id=2, name="second"),
        models.Member(team_id=1, email="alan@example.org"),
        models.Member(team_id=2, email=TAKEN),
    ]
    seed(tmp_path, metadata_of(models), *rows)
    return module("app.routes")


def founding(name: str, email: str) -> tuple[str, str, dict[str, Any]]:
    return ("POST", "/teams", {"params": {"name": name, "email": email}})


def teams(folder: Path) -> set[str]:
    """The names of all teams that are in the database now."""
    engine = create_engine(f"sqlite:///{folder / 'test.db'}")
    with engine.connect() as connection:
        names = set(connection.scalars(text("SELECT name FROM teams")))
    engine.dispose()
    return names


@shown("split-transaction", "Bad")
def test_of_a_split_transaction_the_first_half_stays(example: Example, workshop: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"members\.email"):
        ask(workshop, founding("new", TAKEN))
    assert "new" in teams(tmp_path)


@shown("split-transaction", "Good")
def test_of_one_transaction_nothing_stays(example: Example, workshop: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"members\.email"):
        ask(workshop, founding("new", TAKEN))
    assert teams(tmp_path) == {"first", "second"}


@shown("split-transaction", "")
def test_both_ways_do_what_they_are_asked(example: Example, workshop: ModuleType, tmp_path: Path) -> None:
    assert ask(workshop, founding("new", FREE))[0].status_code == 200
    assert "new" in teams(tmp_path)


FOUNDING = [example for example in EXAMPLES["split-transaction"] if "create_team" in example.files["app/routes.py"]]


@pytest.mark.parametrize("example", FOUNDING, ids=lambda each: each.title)
def test_the_second_try_succeeds_where_nothing_was_left(example: Example, workshop: ModuleType) -> None:
    with pytest.raises(IntegrityError):
        ask(workshop, founding("new", TAKEN))
    if example.title.startswith("Good"):
        assert ask(workshop, founding("new", FREE))[0].status_code == 200
    else:
        with pytest.raises(IntegrityError, match=r"teams\.name"):
            ask(workshop, founding("new", FREE))


@pytest.mark.parametrize(
    ("title", "left"),
    [("Bad: A commit to get the new key", REQUESTS), ("Good: Flush to get the new key, commit once", 0)],
)
def test_how_many_teams_without_members_are_left(title: str, left: int, tmp_path: Path) -> None:
    example = next(each for each in EXAMPLES["split-transaction"] if each.title == title)
    with running(example, tmp_path) as module:
        models = module("app.models")
        member = models.Member(team_id=1, email=TAKEN)
        seed(tmp_path, metadata_of(models), models.Team(id=1, name="first"), member)
        for number in range(REQUESTS):
            with pytest.raises(IntegrityError):
                ask(module("app.routes"), founding(f"team {number}", TAKEN))
    assert len(teams(tmp_path)) == 1 + left


# DBR405

BATCH = 100


def request_of(routes: ModuleType) -> tuple[str, str, dict[str, Any]]:
    """Register a badge that is there already; where many are taken, in the second of five batches."""
    path = first_path(routes)
    if "{code}" in path:
        return ("POST", path.format(code="known"), {})
    codes = [f"badge {number}" for number in range(5 * BATCH)]
    codes[BATCH] = "known"
    return ("POST", path, {"json": codes})


@pytest.fixture
def reception(module: Import, tmp_path: Path) -> ModuleType:
    models = module("app.models")
    seed(tmp_path, metadata_of(models), models.Badge(code="known"))
    return module("app.routes")


def answer_of(routes: ModuleType) -> httpx.Response:
    return ask(routes, request_of(routes))[0]


def stored(folder: Path) -> int:
    engine = create_engine(f"sqlite:///{folder / 'test.db'}")
    with engine.connect() as connection:
        number = int(connection.scalar(text("SELECT count(*) FROM badges")) or 0)
    engine.dispose()
    return number


BATCHES = "An import"
ONE_BADGE = [each for each in EXAMPLES["missing-rollback"] if BATCHES not in each.title]
IMPORTS = [each for each in EXAMPLES["missing-rollback"] if BATCHES in each.title]


@pytest.mark.parametrize("example", [each for each in ONE_BADGE if each.title.startswith("Bad")], ids=str)
def test_the_next_use_of_a_failed_session_raises(example: Example, reception: ModuleType) -> None:
    with pytest.raises(PendingRollbackError, match="due to a previous exception during flush"):
        answer_of(reception)


@pytest.mark.parametrize("example", [each for each in ONE_BADGE if each.title.startswith("Good")], ids=str)
def test_after_a_rollback_the_session_goes_on(example: Example, reception: ModuleType, tmp_path: Path) -> None:
    answer = answer_of(reception)
    assert answer.status_code == 409 if "the client" in example.title else answer.json() == 1
    assert stored(tmp_path) == 1


@pytest.mark.parametrize("example", IMPORTS, ids=str)
def test_how_many_batches_of_an_import_survive_a_bad_one(
    example: Example, reception: ModuleType, tmp_path: Path
) -> None:
    batches = 1 if example.title.startswith("Bad") else 4
    assert answer_of(reception).json() == batches * BATCH
    assert stored(tmp_path) == 1 + batches * BATCH


def test_the_batches_after_the_bad_one_fail_for_want_of_a_rollback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    example = next(each for each in IMPORTS if each.title.startswith("Bad"))
    with running(example, tmp_path) as module:
        models = module("app.models")
        seed(tmp_path, metadata_of(models), models.Badge(code="known"))
        answer_of(module("app.routes"))
    errors = [type(each.exc_info[1]).__name__ for each in caplog.records if each.exc_info]
    assert errors == ["IntegrityError", "PendingRollbackError", "PendingRollbackError", "PendingRollbackError"]


# What leaves a session in which state, as the page and the rule assume.


@pytest.fixture
def badges(tmp_path: Path) -> Iterator[type[Any]]:
    """The model of the page, while its modules can be imported."""
    with running(ONE_BADGE[0], tmp_path) as module:
        yield module("app.models").Badge


@pytest.fixture
def sqlite(badges: type[Any]) -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    _fill(engine, badges)
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql(badges: type[Any], postgres: Database) -> Iterator[Engine]:
    engine = create_engine(postgres.url)
    _fill(engine, badges)
    yield engine
    engine.dispose()


def _fill(engine: Engine, badges: type[Any]) -> None:
    badges.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(badges(code="known"))
        session.commit()


def _flush(session: Session, badges: type[Any]) -> None:
    session.add(badges(code="known"))
    session.flush()


def _commit(session: Session, badges: type[Any]) -> None:
    session.add(badges(code="known"))
    session.commit()


def _autoflush(session: Session, badges: type[Any]) -> None:
    session.add(badges(code="known"))
    session.scalars(select(badges)).all()


def _bulk(session: Session, badges: type[Any]) -> None:
    session.bulk_save_objects([badges(code="known")])


def _bad_value(session: Session, badges: type[Any]) -> None:
    session.add(badges(code=object()))
    session.flush()


@pytest.mark.parametrize("fail", [_flush, _commit, _autoflush, _bulk, _bad_value])
@pytest.mark.parametrize("kind", [Session, SQLModelSession])
def test_a_failed_flush_leaves_the_session_unusable(
    fail: Any, kind: type[Session], sqlite: Engine, badges: type[Any]
) -> None:
    with kind(sqlite) as session:
        row = session.get_one(badges, 1)
        with pytest.raises(SQLAlchemyError):
            fail(session, badges)
        with pytest.raises(PendingRollbackError):
            session.scalar(select(badges.id))
        with pytest.raises(PendingRollbackError):
            session.commit()
        with pytest.raises(PendingRollbackError):
            assert row.code
        session.add(badges(code="another"))  # this asks nothing
        session.rollback()
        assert session.scalar(select(badges.id)) == 1


def test_a_failed_flush_leaves_an_async_session_unusable(tmp_path: Path, badges: type[Any]) -> None:
    async def live() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'async.db'}")
        async with engine.begin() as connection:
            await connection.run_sync(badges.metadata.create_all)
            await connection.execute(insert(badges).values(code="known"))
        async with AsyncSession(engine) as session:
            session.add(badges(code="known"))
            with pytest.raises(IntegrityError):
                await session.commit()
            with pytest.raises(PendingRollbackError):
                await session.scalar(select(badges.id))
        await engine.dispose()

    asyncio.run(live())


def test_closing_a_session_makes_it_usable(sqlite: Engine, badges: type[Any]) -> None:
    session = Session(sqlite)
    with session, pytest.raises(IntegrityError):
        _flush(session, badges)
    assert session.scalar(select(badges.id)) == 1
    session.close()


def test_a_savepoint_and_a_transaction_roll_themselves_back(sqlite: Engine, badges: type[Any]) -> None:
    with Session(sqlite) as session:
        with pytest.raises(IntegrityError), session.begin():
            session.add(badges(code="known"))
        assert session.scalar(select(badges.id)) == 1
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(badges(code="known"))
        assert session.scalar(select(badges.id)) == 1


def _ask_after_an_error(session: Session, badges: type[Any], *, rolls_back: bool) -> None:
    with session.begin():
        with pytest.raises(IntegrityError):
            _flush(session, badges)
        if rolls_back:
            session.rollback()
        session.scalar(select(badges.id))


@pytest.mark.parametrize("rolls_back", [False, True])
def test_inside_of_a_begin_block_nothing_more_can_be_asked(rolls_back: bool, sqlite: Engine, badges: type[Any]) -> None:
    with Session(sqlite) as session:
        with pytest.raises(InvalidRequestError, match="closed transaction inside context manager"):
            _ask_after_an_error(session, badges, rolls_back=rolls_back)
        assert session.scalar(select(badges.id)) == 1


def test_a_begin_block_that_catches_the_error_silently_keeps_nothing(sqlite: Engine, badges: type[Any]) -> None:
    with Session(sqlite) as session:
        with session.begin():
            session.add(badges(code="before"))
            session.flush()
            with pytest.raises(IntegrityError):
                _flush(session, badges)
        assert session.scalars(select(badges.code)).all() == ["known"]


STATEMENTS = {
    "insert": lambda badges: insert(badges).values(code="known"),
    "update": lambda badges: update(badges).values(code=None),
    "text": lambda _: text("INSERT INTO badges (code) VALUES ('known')"),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_failed_statement_hurts_nothing_on_sqlite(statement: Any, sqlite: Engine, badges: type[Any]) -> None:
    with Session(sqlite) as session:
        session.add(badges(code="before"))
        session.flush()
        with pytest.raises(IntegrityError):
            session.execute(statement(badges))
        session.commit()
        assert set(session.scalars(select(badges.code))) == {"known", "before"}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_failed_statement_ends_the_transaction_on_postgresql(
    statement: Any, postgresql: Engine, badges: type[Any]
) -> None:
    with Session(postgresql) as session:
        with pytest.raises(IntegrityError):
            session.execute(statement(badges))
        with pytest.raises(InternalError, match="InFailedSqlTransaction"):
            session.scalar(select(badges.id))


def test_a_commit_after_a_failed_statement_silently_keeps_nothing(postgresql: Engine, badges: type[Any]) -> None:
    with Session(postgresql) as session:
        session.add(badges(code="before"))
        session.flush()
        with pytest.raises(IntegrityError):
            session.execute(insert(badges).values(code="known"))
        session.commit()
        assert session.scalars(select(badges.code)).all() == ["known"]


def test_so_it_does_with_the_async_driver(postgresql: Engine, postgres: Database, badges: type[Any]) -> None:
    async def live() -> list[str]:
        engine = create_async_engine(postgres.async_url)
        async with AsyncSession(engine) as session:
            session.add(badges(code="before"))
            await session.flush()
            with pytest.raises(IntegrityError):
                await session.execute(insert(badges).values(code="known"))
            with pytest.raises(DBAPIError, match="current transaction is aborted"):
                await session.scalar(select(badges.id))
            await session.commit()
            codes = list(await session.scalars(select(badges.code)))
        await engine.dispose()
        return codes

    assert asyncio.run(live()) == ["known"]


def test_an_error_that_is_none_of_the_database_hurts_nothing(sqlite: Engine, badges: type[Any]) -> None:
    with Session(sqlite) as session:
        with pytest.raises(InvalidRequestError):
            session.scalars(select(badges).where(badges.id == 99)).one()
        with pytest.raises(ValueError, match="invalid literal"):
            int("no number")
        assert session.scalar(select(badges.id)) == 1
