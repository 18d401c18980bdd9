"""Proof by execution, for the rule about caches that keep entities and sessions."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import DetachedInstanceError

from pages import Example
from running import EXAMPLES, Import, Request, ask, metadata_of, running, seed, send, shown

ROUTES = [each for each in EXAMPLES["cached-entity"] if {"app/routes.py", "app/main.py"} & each.files.keys()]
BAD = [each for each in ROUTES if each.title.startswith("Bad")]
GOOD = [each for each in ROUTES if each.title.startswith("Good")]
NAME = "/name"
ORDER = "/newest-order"

# Bad code leaves sessions, connections and coroutines behind.
pytestmark = pytest.mark.filterwarnings("ignore")

each_bad = pytest.mark.parametrize("example", BAD, ids=lambda each: each.title)
each_good = pytest.mark.parametrize("example", GOOD, ids=lambda each: each.title)


def named(title: str) -> Example:
    return next(each for each in EXAMPLES["cached-entity"] if each.title.endswith(f": {title}"))


def fill(module: Import, folder: Path) -> None:
    models = module("app.models")
    order = models.Order(id=1, number="A1", customer_id=1)
    seed(folder, metadata_of(models), models.Customer(id=1, name="Ada"), order)


class Client:
    """Sends requests to an application that goes on living, one after the other."""

    def __init__(self, module: Import, example: Example) -> None:
        if "app/main.py" in example.files:
            self.application = module("app.main").app
        else:
            self.application = FastAPI()
            self.application.include_router(module("app.routes").router)
        last = "repositories" if "app/repositories.py" in example.files else "db"
        self.engine = module(f"app.{last}").engine

    def paths(self, ending: str) -> list[str]:
        schema = self.application.openapi()["paths"]
        return [path.format(customer_id=1, name="Ada") for path in schema if path.endswith(ending)]

    def get(self, ending: str) -> Any:
        (path,) = self.paths(ending)
        (answer,) = send(self.application, self.engine, ("GET", path, {}))
        assert answer.status_code == 200
        return answer.json()


def change(folder: Path, statement: str) -> None:
    engine = create_engine(f"sqlite:///{folder / 'test.db'}")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


# What a later request gets


@each_bad
def test_a_relationship_of_a_cached_entity_cannot_be_loaded(example: Example, module: Import, tmp_path: Path) -> None:
    fill(module, tmp_path)
    client = Client(module, example)
    assert client.get(NAME) == "Ada"
    assert client.get(NAME) == "Ada"  # columns are there, so nobody suspects anything
    with pytest.raises(DetachedInstanceError, match="orders"):
        client.get(ORDER)


def test_the_client_gets_an_error_of_the_server(tmp_path: Path) -> None:
    with running(named("lru_cache around a query"), tmp_path) as module:
        fill(module, tmp_path)
        requests: list[Request] = [("GET", f"/customers/1{ending}", {}) for ending in (NAME, ORDER)]
        answers = ask(module("app.routes"), *requests, answers_errors=True)
        assert [answer.status_code for answer in answers] == [200, 500]


@each_good
def test_plain_data_is_whole(example: Example, module: Import, tmp_path: Path) -> None:
    fill(module, tmp_path)
    client = Client(module, example)
    for ending, expected in ((NAME, "Ada"), (ORDER, "A1")):
        if client.paths(ending):
            assert client.get(ending) == expected
            assert client.get(ending) == expected


@each_bad
def test_a_cached_entity_is_old(example: Example, module: Import, tmp_path: Path) -> None:
    fill(module, tmp_path)
    client = Client(module, example)
    if "app/main.py" in example.files:  # what is loaded at the start is as old as the start
        customers = module("app.main").load_customers()
        change(tmp_path, "UPDATE customer SET name = 'Grace'")
        assert customers[1].name == "Ada"
        return
    assert client.get(NAME) == "Ada"
    change(tmp_path, "UPDATE customers SET name = 'Grace'")
    assert client.get(NAME) == "Ada"


def test_what_is_asked_for_by_its_id_is_not_old(tmp_path: Path) -> None:
    example = named("The id is kept, the row is asked for")
    with running(example, tmp_path) as module:
        fill(module, tmp_path)
        client = Client(module, example)
        assert client.get(ORDER) == "A1"
        change(tmp_path, "UPDATE orders SET number = 'B2'")
        assert client.get(ORDER) == "B2"


def test_all_share_what_one_changes_and_nobody_saves_it(tmp_path: Path) -> None:
    with running(named("lru_cache around a query"), tmp_path) as module:
        fill(module, tmp_path)
        load_customer, factory = module("app.customers").load_customer, module("app.db").SessionFactory
        with factory() as session:
            load_customer(1).name = "Grace"
            session.commit()
        assert load_customer(1).name == "Grace"
        with factory() as session:
            assert session.scalar(text("SELECT name FROM customers")) == "Ada"
        assert inspect(load_customer(1)).detached


def test_a_commit_takes_even_the_columns(tmp_path: Path) -> None:
    with running(named("A dict of the module"), tmp_path) as module:
        fill(module, tmp_path)
        find_customer, factory = module("app.customers").find_customer, module("app.db").SessionFactory
        with factory() as session:
            find_customer(session, 1)
            session.commit()  # this request writes something else
        with factory() as session, pytest.raises(DetachedInstanceError):
            _ = find_customer(session, 1).name


def test_two_sessions_cannot_save_one_object(tmp_path: Path) -> None:
    with running(named("A dict of the module"), tmp_path) as module:
        fill(module, tmp_path)
        find_customer, factory = module("app.customers").find_customer, module("app.db").SessionFactory
        with factory() as first, factory() as second:
            customer = find_customer(first, 1)
            assert find_customer(second, 1) is customer
            with pytest.raises(InvalidRequestError, match="already attached to session"):
                second.add(customer)


# The session in the key


def test_nobody_finds_what_is_kept_by_its_session(tmp_path: Path) -> None:
    with running(named("The session is part of the key"), tmp_path) as module:
        fill(module, tmp_path)
        load_customer, factory = module("app.customers").load_customer, module("app.db").SessionFactory
        sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        customers: weakref.WeakSet[Any] = weakref.WeakSet()
        for _ in range(300):
            with factory() as session:
                sessions.add(session)
                customers.add(load_customer(session, 1))
        del session
        gc.collect()
        assert load_customer.cache_info()[:2] == (0, 300)
        assert len(sessions) == len(customers) == 128


def test_the_text_of_a_session_is_its_address_which_is_used_again(tmp_path: Path) -> None:
    with running(named("The session is part of the key"), tmp_path) as module:
        fill(module, tmp_path)
        models, factory = module("app.models"), module("app.db").SessionFactory
        kept: dict[str, Any] = {}
        found = 0
        for _ in range(200):
            with factory() as session:
                key = f"load_customer:{(session, 1)}"
                found += key in kept and kept[key] not in session
                kept.setdefault(key, session.get(models.Customer, 1))
        assert 0 < found < 200


# What else is kept


def test_a_coroutine_is_awaited_once(tmp_path: Path) -> None:
    with running(named("lru_cache around a coroutine"), tmp_path) as module:
        fill(module, tmp_path)
        customers = module("app.customers")

        async def twice() -> None:
            assert (await customers.load_customer(1)).name == "Ada"
            try:
                with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
                    await customers.load_customer(1)
            finally:
                await customers.engine.dispose()

        asyncio.run(twice())


def test_a_result_is_read_once(tmp_path: Path) -> None:
    with running(named("A result"), tmp_path) as module:
        fill(module, tmp_path)
        names = module("app.customers").names
        assert [tuple(row) for row in names()] == [(1, "Ada")]
        assert list(names()) == []


def test_requests_share_a_kept_session_and_its_transaction(tmp_path: Path) -> None:
    with running(named("A session for each shop"), tmp_path) as module:
        fill(module, tmp_path)
        models, session_of = module("app.models"), module("app.shops").session_of
        session_of("north").get(models.Customer, 1).name = "Grace"  # one request, which has not committed
        seen: list[Any] = []
        other = threading.Thread(target=lambda: seen.append(session_of("north").get(models.Customer, 1)))
        other.start()
        other.join()
        assert seen[0].name == "Grace"
        session_of("north").close()


def test_a_query_takes_a_connection_that_nobody_gives_back(tmp_path: Path) -> None:
    with running(named("The session is part of the key"), tmp_path) as module:
        fill(module, tmp_path)
        models, db = module("app.models"), module("app.db")
        with db.SessionFactory() as session:
            query = session.query(models.Customer)
        assert [each.name for each in query.all()] == ["Ada"]
        assert db.engine.pool.checkedout() == 1
        session.close()


# What may be kept


def test_an_object_that_was_taken_out_is_whole_and_left_alone_by_commits(tmp_path: Path) -> None:
    with running(named("Taken out of its session, with all that is needed"), tmp_path) as module:
        fill(module, tmp_path)
        load_customer, factory = module("app.customers").load_customer, module("app.db").SessionFactory
        customer = load_customer(1)
        with factory() as session:
            session.commit()
            merged = session.merge(customer, load=False)
            assert merged is not customer
            assert merged.orders[0].number == customer.orders[0].number == "A1"


def test_factories_and_statements_serve_all_requests(tmp_path: Path) -> None:
    with running(named("Engines, factories and statements"), tmp_path) as module:
        fill(module, tmp_path)
        shops: ModuleType = module("app.shops")
        assert isinstance(shops.factory_of("north"), sessionmaker)
        assert shops.factory_of("north") is shops.factory_of("north")
        with module("app.db").SessionFactory() as session:
            assert [each.id for each in session.scalars(shops.newest(5))] == [1]
            assert [each.id for each in session.scalars(shops.newest(5))] == [1]


@shown("cached-entity", "Good: A dict for one request")
def test_a_dict_for_one_request_ends_with_it(example: Example, module: Import, tmp_path: Path) -> None:
    fill(module, tmp_path)
    with module("app.db").SessionFactory() as session:
        found = module("app.customers").by_id(session, [1])
        assert found[1].orders[0].number == "A1"
