"""Proof by execution: what statements ask for, how much of it is fetched, and what becomes of their results."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import ForeignKey, Select, create_engine, event, exists, func, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from pages import Example
from running import Import, Request, ask, first_path, metadata_of, seed, shown, statements

ROWS = 300


@contextmanager
def loaded(model: type[Any]) -> Iterator[list[object]]:
    """The objects of this model that are made of rows meanwhile."""
    made: list[object] = []

    def note(instance: object, _context: object) -> None:
        made.append(instance)

    event.listen(model, "load", note)
    try:
        yield made
    finally:
        event.remove(model, "load", note)


# DBR107


def station(module: Import, folder: Path) -> ModuleType:
    """A sensor with 300 readings; the newest is the warmest."""
    models = module("app.models")
    noon = datetime(2000, 1, 1, 12, tzinfo=timezone.utc)
    readings = [
        models.Reading(sensor_id=1, taken_at=noon + timedelta(minutes=number), celsius=number) for number in range(ROWS)
    ]
    seed(folder, metadata_of(models), models.Sensor(id=1, serial="1"), *readings)
    return module("app.routes")


@shown("first-without-limit", "Bad")
def test_without_a_limit_every_row_is_fetched(example: Example, module: Import, tmp_path: Path) -> None:
    routes = station(module, tmp_path)
    with loaded(module("app.models").Reading) as readings, statements() as sent:
        answer = ask(routes, ("GET", "/sensors/1/newest", {}))[0]
    assert answer.json() == ROWS - 1
    assert len(readings) == ROWS
    assert not [statement for statement in sent if "LIMIT" in statement]


@shown("first-without-limit", "Good")
def test_with_a_limit_one_row_is_fetched(example: Example, module: Import, tmp_path: Path) -> None:
    routes = station(module, tmp_path)
    path = first_path(routes).format(sensor_id=1, serial=1)
    with loaded(module("app.models").Reading) as readings:
        answer = ask(routes, ("GET", path, {}))[0]
    assert answer.json() == ROWS - 1
    assert len(readings) == (0 if path.endswith("warmest") else 1)


# DBR108


def help_desk(module: Import, folder: Path) -> ModuleType:
    models = module("app.models")
    tickets = [models.Ticket(queue_id=1, subject="Broken", is_open=True) for _ in range(ROWS)]
    seed(folder, metadata_of(models), models.Queue(id=1, name="first"), models.Queue(id=2, name="second"), *tickets)
    return module("app.routes")


def about_queues(routes: ModuleType) -> tuple[Request, Request]:
    path = first_path(routes)
    return ("GET", path.format(queue_id=1), {}), ("GET", path.format(queue_id=2), {})


@shown("count-by-fetching", "Bad")
def test_every_row_is_fetched_to_be_counted(example: Example, module: Import, tmp_path: Path) -> None:
    routes = help_desk(module, tmp_path)
    with loaded(module("app.models").Ticket) as tickets:
        full, empty = ask(routes, *about_queues(routes))
    assert (full.json(), empty.json()) in ((ROWS, 0), ("busy", "idle"))
    assert len(tickets) == ROWS


@shown("count-by-fetching", "Good")
def test_the_database_counts_without_sending_rows(example: Example, module: Import, tmp_path: Path) -> None:
    routes = help_desk(module, tmp_path)
    with loaded(module("app.models").Ticket) as tickets:
        full, empty = ask(routes, *about_queues(routes))
    if first_path(routes).endswith("tickets"):
        assert full.json()["shown"] == len(full.json()["subjects"]) == len(tickets) == 50
        return
    assert (full.json(), empty.json()) in ((ROWS, 0), ("busy", "idle"))
    assert not tickets


# DBR112


def cookbook(module: Import, folder: Path, *, is_empty: bool) -> ModuleType:
    """Recipes of two ingredients each, or none."""
    models = module("app.models")
    recipes = [models.Recipe(id=number, title=f"Soup {number}") for number in (1, 2, 3) if not is_empty]
    ingredients = [
        models.Ingredient(recipe_id=recipe.id, name=name) for recipe in recipes for name in ("salt", "water")
    ]
    seed(folder, metadata_of(models), *recipes, *ingredients)
    return module("app.routes")


def about_recipes(routes: ModuleType) -> Request:
    return "GET", first_path(routes).format(recipe_id=1, ingredient_id=1), {}


@shown("joined-collection-without-unique", "Bad")
def test_the_first_row_raises(example: Example, module: Import, tmp_path: Path) -> None:
    routes = cookbook(module, tmp_path, is_empty=False)
    with pytest.raises(InvalidRequestError, match=r"The unique\(\) method must be invoked"):
        ask(routes, about_recipes(routes))


@shown("joined-collection-without-unique", "Bad")
def test_without_rows_nothing_raises(example: Example, module: Import, tmp_path: Path) -> None:
    routes = cookbook(module, tmp_path, is_empty=True)
    request = about_recipes(routes)
    assert ask(routes, request)[0].status_code == (404 if "1" in request[1] else 200)


@shown("joined-collection-without-unique", "Good")
def test_merged_rows_and_rows_of_their_own_are_read(example: Example, module: Import, tmp_path: Path) -> None:
    routes = cookbook(module, tmp_path, is_empty=False)
    answer = ask(routes, about_recipes(routes))[0].json()
    counts = {f"Soup {number}": 2 for number in (1, 2, 3)}
    assert answer == counts or len(answer) == 6


# DBR114


def archive(module: Import, folder: Path) -> ModuleType:
    """Two tenants, each with a document and a draft."""
    models = module("app.models")
    tenants = [models.Tenant(id=number, name=f"Tenant {number}") for number in (1, 2)]
    documents = [
        models.Document(id=1, tenant_id=1, title="one", is_draft=False),
        models.Document(id=2, tenant_id=1, title="one's draft", is_draft=True),
        models.Document(id=3, tenant_id=2, title="two", is_draft=False),
        models.Document(id=4, tenant_id=2, title="two's draft", is_draft=True),
    ]
    seed(folder, metadata_of(models), *tenants, *documents)
    return module("app.routes")


ALL = {"params": {"ids": [1, 2, 3, 4]}}


@shown("python-operator-in-filter", "Bad")
def test_the_condition_does_not_reach_the_database(example: Example, module: Import, tmp_path: Path) -> None:
    routes = archive(module, tmp_path)
    path = first_path(routes)
    with statements() as sent:
        answer = ask(routes, ("GET", path.format(tenant_id=1, document_id=3), ALL))[0]
    condition = sent[0].partition("WHERE")[2]
    if path.endswith("{document_id}"):
        assert answer.json() == "two", "the tenant's condition is gone"
        assert "tenant_id" not in condition
    elif "sqlmodel" in example.files["app/models.py"]:
        assert answer.json() == ["one", "two"], "the first alternative is gone"
        assert "tenant_id" not in condition
    else:
        assert answer.json() == []
        assert "0 = 1" in condition or "false" in condition.lower()


@shown("python-operator-in-filter", "Good")
def test_the_condition_is_the_database_s(example: Example, module: Import, tmp_path: Path) -> None:
    routes = archive(module, tmp_path)
    right = {
        "/tenants/{tenant_id}/documents/{document_id}": {"detail": "Not Found"},
        "/tenants/{tenant_id}/own": ["one", "one's draft"],
        "/tenants/{tenant_id}/documents": ["one", "one's draft", "two"] if "or_" in routes.__dict__ else ["one"],
        "/documents": ["one", "one's draft", "two", "two's draft"] if "Query" in routes.__dict__ else ["one"],
    }
    for path in [route.path for route in routes.router.routes]:
        request: Request = (
            "GET",
            path.format(tenant_id=1, document_id=3),
            {"params": {**ALL["params"], "tenant_id": 1}},
        )
        assert ask(routes, request)[0].json() == right[path]


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("A.x == 1 and A.y == 2", "a.x = 1"),
        ("A.x == 1 or A.y == 2", "a.y = 2"),
        ("A.x != 1 and A.y == 2", "a.y = 2"),
        ("A.flag and A.y == 2", "a.y = 2"),
        ("not A.flag", "false"),
        ("A.x in [1, 2]", "false"),
        ("A.x is None", "false"),
        ("not A.x == 1", "true"),
        ("A.x not in [1, 2]", "true"),
        ("A.x is not None", "true"),
        ("A.y == 2 if A.flag else A.y == 3", "a.y = 2"),
        ("None is None or A.x == 1", "true"),
    ],
)
def test_what_is_left_of_an_operator(written: str, condition: str) -> None:
    assert condition_of(written) == condition


@pytest.mark.parametrize("written", ["A.x > 1 and A.y == 2", "1 < A.x < 5", "not A.x.in_([1])"])
def test_what_raises(written: str) -> None:
    with pytest.raises(TypeError, match="Boolean value of this clause is not defined"):
        condition_of(written)


def condition_of(written: str) -> str:
    statement = select(A.id).where(eval(written))
    return str(statement.compile(compile_kwargs={"literal_binds": True})).partition("WHERE ")[2]


@pytest.mark.parametrize("written", ["B.a.is_(None)", "B.a.in_([1])", "~B.a"])
def test_a_relationship_has_its_foreign_key_asked(written: str) -> None:
    with pytest.raises(NotImplementedError):
        condition_of(written)


# What pages say in passing.


class Base(DeclarativeBase):
    pass


class A(Base):
    __tablename__ = "a"

    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[int] = mapped_column(default=1)
    y: Mapped[int] = mapped_column(default=1)
    flag: Mapped[bool] = mapped_column(default=True)
    members: Mapped[list[B]] = relationship(back_populates="a")


class B(Base):
    __tablename__ = "b"

    id: Mapped[int] = mapped_column(primary_key=True)
    a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))
    a: Mapped[A] = relationship(back_populates="members")


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([A(members=[B(), B()]), A()])
        session.commit()
        yield session
    engine.dispose()


JOINED = select(A).where(A.id == 1).options(joinedload(A.members))
CONTAINED = select(A).where(A.id == 1).join(A.members).options(contains_eager(A.members))
BEHIND_A_PARENT = select(B).options(joinedload(B.a).joinedload(A.members))


@pytest.mark.parametrize("statement", [JOINED, CONTAINED, BEHIND_A_PARENT], ids=["joined", "contained", "behind"])
@pytest.mark.parametrize("read", ["all", "one", "one_or_none", "scalar_one", "scalar_one_or_none", "__iter__"])
def test_what_raises_without_unique(session: Session, statement: Select[Any], read: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"unique\(\)"):
        next(iter(getattr(session.execute(statement), read)()))


@pytest.mark.parametrize("read", ["first", "scalar"])
def test_what_does_without_unique(session: Session, read: str) -> None:
    assert getattr(session.execute(JOINED), read)()
    assert session.get(A, 2, options=[joinedload(A.members)])
    assert session.query(A).options(joinedload(A.members)).all()


def test_a_collection_that_is_loaded_by_a_statement_of_its_own_needs_no_unique(session: Session) -> None:
    within = select(A).options(selectinload(A.members).joinedload(B.a))
    assert len(session.scalars(within).all()) == 2


@pytest.mark.parametrize("read", ["first", "scalar"])
def test_one_row_of_a_result_costs_all_of_them(session: Session, read: str) -> None:
    with loaded(A) as rows:
        assert getattr(session.execute(select(A)), read)()
    assert len(rows) == 2


def test_batches_and_the_legacy_query_take_what_they_need(session: Session) -> None:
    with loaded(A) as rows:
        assert session.scalars(select(A).execution_options(yield_per=1)).first()
    assert len(rows) == 1
    session.expunge_all()
    with loaded(A) as rows:
        assert session.query(A).first()
    assert len(rows) == 1


def test_a_stream_without_batches_takes_all(tmp_path: Path) -> None:
    seed(tmp_path, Base.metadata, A(), A())

    async def read() -> int:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
        async with AsyncSession(engine) as session:
            with loaded(A) as rows:
                assert await (await session.stream_scalars(select(A))).first()
        await engine.dispose()
        return len(rows)

    assert asyncio.run(read()) == 2


def test_what_findings_advise_to_write(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(A).where(A.flag)) == 2
    assert session.scalar(select(exists().select_from(A).where(A.flag)))
    assert not session.scalar(select(exists().select_from(A).where(~A.flag)))
