"""Proof by execution: what the pages about defaults, passwords and searched columns say is true."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Connection, String, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column
from sqlalchemy.schema import CreateTable
from sqlmodel import AutoString, Field, SQLModel

from pages import Example
from running import Import, ask, first_path, metadata_of, seed, shown

# Bad code is told so by the libraries too.
pytestmark = pytest.mark.filterwarnings("ignore")

# What a mapped class offers depends on the example.
Model = Any


def reported(example: Example) -> set[str]:
    """The attributes that are written on the lines with a finding."""
    lines = [example.files[path].splitlines()[number - 1] for path, number, _ in example.expected()]
    return {line.strip().replace(":", " ").split()[0] for line in lines}


# DBR209


def mapped(models: ModuleType) -> list[Model]:
    found = [each for each in vars(models).values() if isinstance(each, type) and hasattr(each, "__table__")]
    return [each for each in found if sqlalchemy.inspect(each, raiseerr=False) is not None]


def texts(model: Model) -> list[str]:
    """The columns that a row has to bring itself: nothing else fills them."""
    columns = [c for c in model.__table__.columns if c.default is None and c.server_default is None]
    return [column.key for column in columns if isinstance(column.type, String | AutoString)]


def stored(model: Model, *, count: int = 2, changes: bool = False) -> list[dict[str, Any]]:
    """Rows as the database has them, each added, and changed, in a transaction of its own."""
    engine = create_engine("sqlite://")
    model.metadata.create_all(engine)
    with Session(engine) as session:
        for number in range(count):
            added = model(**{name: f"{name} {number}" for name in texts(model)})
            session.add(added)
            session.commit()
            if changes:
                setattr(added, texts(model)[0], f"changed {number}")
                session.commit()
        return [dict(each) for each in session.execute(model.__table__.select()).mappings()]


def changes_with_each_update(model: Model, name: str) -> bool:
    return model.__table__.columns[name].onupdate is not None


@shown("default-evaluated-once", "Bad")
def test_all_rows_get_one_value(example: Example, module: Import) -> None:
    for model in mapped(module("app.models")):
        names = reported(example)
        keys = names & {column.key for column in model.__table__.primary_key}
        if keys:
            with pytest.raises(IntegrityError):
                stored(model)
        for name in names - keys:
            changes = changes_with_each_update(model, name)
            first = stored(model, count=1, changes=changes)
            later = stored(model, count=1 if keys else 2, changes=changes)
            assert len({each[name] for each in [*first, *later]}) == 1


@shown("default-evaluated-once", "Good")
def test_each_row_gets_a_value_of_its_own(example: Example, module: Import) -> None:
    for model in mapped(module("app.models")):
        first, second = stored(model)
        computed = {"id", "token", "expires_at", "created_at"} & set(first)
        if not issubclass(model, SQLModel):
            computed.discard("created_at")  # the clock of SQLite counts seconds
        assert computed
        for name in computed:
            assert first[name] != second[name]


@shown("default-evaluated-once", "Bad: The time of a row")
def test_a_thousand_rows_get_one_time(example: Example, module: Import) -> None:
    (order,) = mapped(module("app.models"))
    assert len({each["created_at"] for each in stored(order, count=1000)}) == 1


@shown("default-evaluated-once", "Bad: A default of the database")
def test_a_server_default_is_a_constant_of_the_table(example: Example, module: Import) -> None:
    (delivery,) = mapped(module("app.models"))
    assert f"DEFAULT '{datetime.now(timezone.utc).year}-" in str(CreateTable(delivery.__table__))


async def stored_by_tortoise(module: Import) -> list[Any]:
    """Two tickets with an identifier and an opening time by default, as far as the database takes them."""
    tortoise = pytest.importorskip("tortoise")
    await tortoise.Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["app.models"]})
    try:
        await tortoise.Tortoise.generate_schemas()
        ticket = module("app.models").Ticket
        return [await ticket.create(subject="a"), await ticket.create(subject="b")]
    finally:
        await tortoise.Tortoise.close_connections()


@shown("default-evaluated-once", "Bad", is_of_tortoise=True)
def test_tortoise_gives_one_value_to_all_rows(example: Example, module: Import) -> None:
    errors = pytest.importorskip("tortoise.exceptions")
    with pytest.raises(errors.IntegrityError):
        asyncio.run(stored_by_tortoise(module))
    ticket = module("app.models").Ticket
    assert ticket(subject="a").opened_at == ticket(subject="b").opened_at


@shown("default-evaluated-once", "Good", is_of_tortoise=True)
def test_tortoise_calls_a_function_for_each_row(example: Example, module: Import) -> None:
    first, second = asyncio.run(stored_by_tortoise(module))
    assert first.id != second.id
    assert first.opened_at != second.opened_at


def test_one_insert_of_two_rows_fails_too() -> None:
    class Base(DeclarativeBase):
        pass

    class Device(Base):
        __tablename__ = "devices"

        id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4())

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Device(), Device()])
        with pytest.raises(IntegrityError):
            session.commit()


def test_a_function_with_optional_arguments_needs_no_lambda() -> None:
    class Base(DeclarativeBase):
        pass

    class Coupon(Base):
        __tablename__ = "coupons"

        id: Mapped[int] = mapped_column(primary_key=True)
        token: Mapped[str] = mapped_column(default=secrets.token_urlsafe)

    first, second = stored(Coupon)
    assert first["token"] != second["token"]


def test_a_field_of_sqlmodel_takes_a_function_as_the_value() -> None:
    class Base(SQLModel):
        created_at: datetime = Field(default=datetime.now)

    assert Base().created_at == datetime.now


def test_the_default_of_a_mapped_dataclass_is_not_called() -> None:
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Room(Base):
        __tablename__ = "rooms"

        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        seen_at: Mapped[datetime] = mapped_column(default=datetime.now)

    with pytest.raises(StatementError):
        stored(Room)


# DBR211

SECRET = "correct horse battery staple"


def signed_up(module: Import, folder: Path) -> str:
    """What a copy of the table shows after somebody has signed up."""
    models = module("app.models")
    seed(folder, metadata_of(models))
    sign_up = {"json": {"email": "ada@example.org", "password": SECRET}}
    assert ask(module("app.routes"), ("POST", "/users", sign_up))[0].status_code == 201
    with create_engine(f"sqlite:///{folder / 'test.db'}").connect() as connection:
        found = connection.execute(text("SELECT * FROM " + models.User.__table__.name)).mappings().one()
    return str(found.get("password") or found.get("hashed_password"))


@shown("plaintext-password-column", "Bad", having="app/routes.py")
def test_a_copy_of_the_table_gives_the_password_away(example: Example, module: Import, tmp_path: Path) -> None:
    assert signed_up(module, tmp_path) == SECRET


@shown("plaintext-password-column", "Good", having="app/routes.py")
def test_a_hash_gives_nothing_away_and_still_knows_the_password(
    example: Example, module: Import, tmp_path: Path
) -> None:
    if "pwdlib" in example.files["app/security.py"]:
        pytest.importorskip("pwdlib")
    hashed = signed_up(module, tmp_path)
    security = module("app.security")
    assert SECRET not in hashed
    assert security.is_password(SECRET, hashed)
    assert not security.is_password("wrong", hashed)
    assert security.hash_password(SECRET) != hashed, "the salt differs"


# DBR203

PATHS = {
    "/customers/by-email": "/customers/by-email?email=ada@example.org",
    "/orders/{number}/total": "/orders/7/total",
    "/coupons/{token}": "/coupons/abc",
    "/customers/{customer_id}/addresses": "/customers/1/addresses?city=Oslo",
}


@contextmanager
def sent_with_values() -> Iterator[list[tuple[str, Any]]]:
    """The SELECT statements that are sent meanwhile, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def searches(module: Import, folder: Path) -> list[tuple[str, Any]]:
    """What the routes of an example send when they are asked."""
    seed(folder, metadata_of(module("app.models")))
    routes = module("app.routes")
    paths = [str(route.path) for route in routes.router.routes]
    assert first_path(routes) in paths
    with sent_with_values() as sent:
        for answer in ask(routes, *[("GET", PATHS.get(path, path), {}) for path in paths]):
            assert answer.status_code in (200, 404)
    assert len(sent) == len(paths)
    return sent


def steps(connection: Connection, statement: str, values: Any) -> list[str]:
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    return [step.detail for step in plan]


def reads_whole_table(plan: list[str]) -> bool:
    return any(step.startswith("SCAN") and " INDEX " not in step for step in plan)


@shown("filtered-column-without-index", "Bad")
def test_the_search_reads_the_whole_table_until_there_is_an_index(
    example: Example, module: Import, tmp_path: Path
) -> None:
    sent = searches(module, tmp_path)
    (name,) = reported(example)
    (table,) = [each for each in metadata_of(module("app.models")).sorted_tables if name in each.columns]
    with create_engine(f"sqlite:///{tmp_path / 'test.db'}").connect() as connection:
        for statement, values in sent:
            before = steps(connection, statement, values)
            assert reads_whole_table(before)
            assert ("USE TEMP B-TREE FOR ORDER BY" in before) == ("ORDER BY" in statement)
        connection.execute(sqlalchemy.schema.CreateIndex(sqlalchemy.Index("ix_searched", table.columns[name])))
        for statement, values in sent:
            after = steps(connection, statement, values)
            assert not reads_whole_table(after)
            assert "USE TEMP B-TREE FOR ORDER BY" not in after


@shown("filtered-column-without-index", "Good")
def test_the_search_uses_an_index(example: Example, module: Import, tmp_path: Path) -> None:
    sent = searches(module, tmp_path)
    with create_engine(f"sqlite:///{tmp_path / 'test.db'}").connect() as connection:
        for statement, values in sent:
            plan = steps(connection, statement, values)
            assert not reads_whole_table(plan)
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan
