"""Proof by execution, for the rules about writes in loops: statements and commits are counted, on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event, func, insert, select
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pages import Example
from postgres import Database
from running import EXAMPLES, Import, ask, first_path, metadata_of, shown

ROWS = 30


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """What is sent meanwhile, by its first word.

    ``together`` are the statements for many rows, ``INSERT rows`` the rows of those that the driver gets as a list.
    """
    sent: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, values: Any, _context: object, many: bool) -> None:
        word = statement.split(maxsplit=1)[0]
        sent[word] += 1
        sent["together"] += many
        if many and isinstance(values, list):
            sent[f"{word} rows"] += len(values)

    def note_commit(_connection: object) -> None:
        sent["COMMIT"] += 1

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Engine, "commit", note_commit)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        event.remove(Engine, "commit", note_commit)


def modules_of(example: Example, module: Import) -> dict[str, ModuleType]:
    """The modules of an example by the last part of their names."""
    names = [path.removesuffix(".py").replace("/", ".") for path in example.files if path.endswith(".py")]
    return {name.rpartition(".")[2]: module(name) for name in names}


def within_session(app: dict[str, ModuleType], work: Callable[[Any], object]) -> None:
    """Run what takes a session with one of the example's own engine, and close that."""
    with Session(app["db"].engine) as session:
        work(session)
    app["db"].engine.dispose()


def count_in(database: Database, model: Any) -> int:
    engine = create_engine(database.url)
    with Session(engine) as session:
        found = session.scalar(select(func.count()).select_from(model))
    engine.dispose()
    return found or 0


# DBR401


def people(taken_at: int | None = None) -> dict[str, Any]:
    """An upload of contacts; at one place with an address that an earlier one has."""
    names = [f"person {0 if number == taken_at else number}" for number in range(ROWS)]
    return {"json": {"contacts": [{"name": name, "email": f"{name}@example.org"} for name in names]}}


def sent_for_contacts(example: Example, module: Import, database: Database) -> Counter[str]:
    app = modules_of(example, module)
    contact = app["models"].Contact
    rows = [contact(id=1000 + n, name=f"kept {n}", email=f"kept {n}@example.org") for n in range(ROWS)]
    database.seed(metadata_of(app["models"]), *rows)
    with counting() as sent:
        if "routes" in app:
            (answer,) = ask(app["routes"], ("POST", first_path(app["routes"]), people()))
            assert answer.status_code == 200
        elif hasattr(app["labels"], "write_labels"):
            within_session(app, app["labels"].write_labels)
        else:
            within_session(app, lambda session: app["labels"].refreshed(session, list(range(1000, 1100))))
    return sent


ENDS = {
    "Bad: A commit for each item": {"COMMIT": ROWS, "INSERT": ROWS},
    "Bad: A repository that commits, two calls away": {"COMMIT": ROWS, "INSERT": ROWS, "SELECT": ROWS},
    "Bad: A flush for each item, async": {"COMMIT": 1, "INSERT": ROWS},
    # The first SELECT fetches all rows, the others fetch each row but the first again.
    "Bad: Query, with a commit for each row": {"COMMIT": ROWS, "UPDATE": ROWS, "SELECT": 1 + ROWS - 1},
    "Bad: SQLModel, with a refresh for each row": {"COMMIT": 1, "INSERT": 1, "SELECT": ROWS},
    "Good: One commit, behind the loop": {"COMMIT": 1, "INSERT": 1},
    "Good: The repository adds, whoever calls it commits": {"COMMIT": 1, "INSERT": 1},
    "Good: The keys after one flush, async": {"COMMIT": 1, "INSERT": 2},
    "Good: One select instead of many refreshes": {"SELECT": 1},
    "Good: A commit for each batch": {"COMMIT": 1, "INSERT": 1},
    "Good: Each item is kept or skipped by itself": {"COMMIT": ROWS, "INSERT": ROWS},
}


@shown("commit-in-loop", "")
def test_what_a_loop_over_contacts_sends(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    sent = sent_for_contacts(example, module_on_postgres, postgres)
    known = {word: sent[word] for word in ("COMMIT", "INSERT", "UPDATE", "SELECT") if sent[word]}
    assert known == ENDS[example.title]


def test_every_example_of_commits_is_counted() -> None:
    assert {example.title for example in EXAMPLES["commit-in-loop"]} == set(ENDS)


@shown("commit-in-loop", "Bad: A commit for each item")
def test_a_flush_brings_keys_and_defaults_and_a_commit_forgets_them(
    example: Example, module_on_postgres: Import, postgres: Database
) -> None:
    app = modules_of(example, module_on_postgres)
    contact = app["models"].Contact
    postgres.seed(metadata_of(app["models"]))
    contacts = [contact(name=f"person {number}", email=f"{number}@example.org") for number in range(ROWS)]

    def work(session: Session) -> None:
        session.add_all(contacts)
        session.flush()
        with counting() as sent:
            assert all(each.id and each.created_at for each in contacts)
        assert not sent
        session.commit()
        with counting() as sent:
            assert all(each.id for each in contacts)
        assert sent["SELECT"] == ROWS

    within_session(app, work)


def kept_after_failure(example: Example, module: Import, database: Database) -> int:
    """How many contacts are there after an upload of which one cannot be stored."""
    app = modules_of(example, module)
    database.seed(metadata_of(app["models"]))
    with suppress(IntegrityError):
        ask(app["routes"], ("POST", first_path(app["routes"]), people(taken_at=10)))
    return count_in(database, app["models"].Contact)


@shown("commit-in-loop", "Bad: A commit for each item")
def test_an_error_leaves_what_was_committed(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    assert kept_after_failure(example, module_on_postgres, postgres) == 10


@shown("commit-in-loop", "Good: One commit, behind the loop")
def test_one_commit_leaves_nothing(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    assert kept_after_failure(example, module_on_postgres, postgres) == 0


@shown("commit-in-loop", "Good: Each item is kept or skipped by itself")
def test_a_transaction_for_each_leaves_all_but_one(
    example: Example, module_on_postgres: Import, postgres: Database
) -> None:
    assert kept_after_failure(example, module_on_postgres, postgres) == ROWS - 1


# DBR402

IDS = list(range(1, ROWS + 1))
SKUS = [f"new {key}" for key in IDS]
BODIES: dict[str, dict[str, Any]] = {
    "/products/unlist": {"product_ids": IDS},
    "/products/remove": {"product_ids": IDS},
    "/prices": {"prices": [{"product_id": key, "price": key * 100} for key in IDS]},
    "/products": {"skus": SKUS},
}
WRITES = {
    "Bad: The same value, one row at a time": {"UPDATE": ROWS},
    "Bad: A value for each row, two calls away": {"UPDATE": ROWS},
    "Bad: An insert for each item, async": {"INSERT": ROWS},
    "Bad: Query, with a delete for each key": {"DELETE": ROWS},
    "Bad: Rows that are loaded to be deleted": {"SELECT": 1, "DELETE": 1, "DELETE rows": ROWS},
    "Bad: Merge, with SQLModel": {"SELECT": ROWS, "UPDATE": ROWS},
    "Bad: SQL text on a connection": {"INSERT": ROWS},
    "Good: One UPDATE for all rows": {"UPDATE": 1},
    "Good: A list of values by primary key": {"UPDATE": 1, "UPDATE rows": ROWS},
    "Good: One insert with a list, async": {"INSERT": 1, "INSERT rows": ROWS},
    "Good: One insert that brings the keys back": {"INSERT": 1},
    "Good: One DELETE for all rows": {"DELETE": 1},
    "Good: One DELETE by the conditions of the query": {"DELETE": 1},
    "Good: An upsert with a list instead of merge": {"INSERT": 1, "INSERT rows": ROWS},
    "Good: SQL text with a list": {"INSERT": 1, "INSERT rows": ROWS},
    "Good: Changed rows are written together": {"SELECT": 1, "UPDATE": 1, "UPDATE rows": ROWS},
}
BY_CURSOR = {"Bad: A cursor of the driver": ("execute", ROWS), "Good: The driver's executemany": ("executemany", 1)}


@shown("row-by-row-write", "")
def test_what_writing_products_sends(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    if example.title in BY_CURSOR:
        return  # nothing of it goes through SQLAlchemy
    app = modules_of(example, module_on_postgres)
    seed_products(app, postgres)
    with counting() as sent:
        write_products(app)
    del sent["together"]
    assert sent == WRITES[example.title] | {"COMMIT": 1}


def seed_products(app: dict[str, ModuleType], database: Database) -> None:
    product = app["models"].Product
    fields = {"is_listed": False} if hasattr(product, "is_listed") else {}
    rows = [product(sku=f"sku {key}", price=key * 100 + 7, **fields) for key in IDS]
    database.seed(metadata_of(app["models"]), *rows)


def write_products(app: dict[str, ModuleType]) -> None:
    """Run what an example is about, with all products or thirty new ones."""
    if "routes" in app:
        (route,) = app["routes"].router.routes
        (verb,) = route.methods
        (answer,) = ask(app["routes"], (verb, route.path, {"json": BODIES[route.path]}))
        assert answer.status_code == 200
    elif "cleaning" in app:
        within_session(app, app["cleaning"].remove_unlisted)
    elif "sync" in app:
        within_session(app, lambda session: app["sync"].take_over(session, offer(app)))
    elif "delivery" in app:
        app["delivery"].store(SKUS)
        app["db"].engine.dispose()
    else:
        within_session(app, app["prices"].round_prices)


def offer(app: dict[str, ModuleType]) -> Any:
    """What a supplier sends: objects where the example merges them, otherwise a price for each number."""
    product = app["models"].Product
    if hasattr(product, "model_fields"):
        return [product(id=key, sku=f"sku {key}", price=7) for key in IDS]
    return {f"sku {key}": 7 for key in IDS}


def test_every_example_of_writes_is_counted() -> None:
    counted = set(WRITES) | set(BY_CURSOR)
    assert {each.title for each in EXAMPLES["row-by-row-write"] if "Tortoise" not in each.title} == counted


@shown("row-by-row-write", "", having="app/prices.py")
def test_what_a_cursor_is_told(
    example: Example, module_on_postgres: Import, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if example.title not in BY_CURSOR:
        return
    app = modules_of(example, module_on_postgres)
    seed_products(app, postgres)
    monkeypatch.setenv("DATABASE_DSN", postgres.url.replace("+psycopg", ""))
    told: Counter[str] = Counter()

    class Listening(psycopg.Cursor[Any]):
        def execute(self, *arguments: Any, **options: Any) -> Any:
            told["execute"] += 1
            return super().execute(*arguments, **options)

        def executemany(self, *arguments: Any, **options: Any) -> None:
            told["executemany"] += 1
            super().executemany(*arguments, **options)

    monkeypatch.setattr(psycopg.Connection, "cursor_factory", Listening, raising=False)
    with monkeypatch.context() as patch:
        connect = psycopg.connect
        patch.setattr(psycopg, "connect", lambda dsn: connect(dsn, cursor_factory=Listening))
        app["prices"].store(dict.fromkeys(IDS, 5))
    method, times = BY_CURSOR[example.title]
    assert told == {method: times}


@shown("row-by-row-write", "Good: A list of values by primary key")
def test_a_list_of_values_also_sets_what_updates_set(
    example: Example, module_on_postgres: Import, postgres: Database
) -> None:
    app = modules_of(example, module_on_postgres)
    seed_products(app, postgres)
    write_products(app)
    engine = create_engine(postgres.url)
    product = app["models"].Product
    with Session(engine) as session:
        rows = session.execute(select(product.id, product.price, product.updated_at > product.created_at)).all()
    engine.dispose()
    assert {tuple(row) for row in rows} == {(key, key * 100, True) for key in IDS}


@shown("row-by-row-write", "Bad: The same value")
def test_an_empty_list_inserts_a_row_of_defaults(
    example: Example, module_on_postgres: Import, postgres: Database
) -> None:
    """Which is why the help asks for rows first."""
    models = module_on_postgres("app.models")
    postgres.seed(metadata_of(models))
    engine = create_engine(postgres.url)
    with Session(engine) as session, pytest.raises(IntegrityError, match="sku"):  # which is missing in that row
        session.execute(insert(models.Product), [])
    engine.dispose()


# DBR403

SONGS: dict[str, Any] = {"json": {"titles": [f"song {number}" for number in range(ROWS)]}}
PLAYLISTS: dict[str, Any] = {
    "json": {"playlists": [{"name": f"list {number}", "song_ids": [1, 2]} for number in range(ROWS)]}
}

ADDS = {
    "Bad: One by one": {"INSERT": 1},
    "Bad: A query between the additions": {"INSERT": ROWS, "SELECT": ROWS},
    "Bad: A repository that adds, async": {"INSERT": 1},
    "Bad: SQLModel on MySQL": {"INSERT": 1},  # on PostgreSQL
    "Good: All at once": {"INSERT": 1},
    "Good: The query before the loop": {"INSERT": 1, "SELECT": 1},
    "Good: A repository that takes all of them, async": {"INSERT": 1},
    "Good: A list of values, where no object is needed": {"INSERT": 1},
    "Good: Loaded rows are added already": {"SELECT": 1, "UPDATE": 1},
}


@shown("add-in-loop", "")
def test_what_adding_songs_sends(example: Example, module_on_postgres: Import, postgres: Database) -> None:
    app = modules_of(example, module_on_postgres)
    song = app["models"].Song
    postgres.seed(metadata_of(app["models"]), *[song(title=f" song {number} ") for number in range(ROWS)])
    with counting() as sent:
        add_songs(app)
    known = {word: sent[word] for word in ("INSERT", "UPDATE", "SELECT") if sent[word]}
    assert (known, sent["COMMIT"]) == (ADDS[example.title], 1)


def add_songs(app: dict[str, ModuleType]) -> None:
    if "routes" in app:
        path = first_path(app["routes"])
        (answer,) = ask(app["routes"], ("POST", path, SONGS if path == "/songs" else PLAYLISTS))
        assert answer.json() == ROWS
    elif "store" in app:
        within_session(app, lambda session: app["store"].store(session, SONGS["json"]["titles"]))
    else:
        within_session(app, app["cleaning"].shorten)


def test_every_example_of_additions_is_counted() -> None:
    assert {example.title for example in EXAMPLES["add-in-loop"]} == set(ADDS)


@shown("add-in-loop", "Bad: A query between")
def test_no_autoflush_keeps_the_batch_together(
    example: Example, module_on_postgres: Import, postgres: Database
) -> None:
    """As the help says."""
    app = modules_of(example, module_on_postgres)
    postgres.seed(metadata_of(app["models"]))

    def store(session: Session) -> None:
        with session.no_autoflush:
            app["routes"].store(app["schemas"].NewPlaylists(**PLAYLISTS["json"]), session)

    with counting() as sent:
        within_session(app, store)
    # The function commits inside the block, which flushes all the same.
    assert sent["INSERT"] == 1


def sent_as_by_mysql(work: Callable[[Session, ModuleType], None], app: dict[str, ModuleType]) -> Counter[str]:
    """What SQLAlchemy sends to a database that cannot return the keys of many rows: SQLite, told to be so."""
    dialect = MySQLDialect()
    engine = create_engine("sqlite://")
    metadata_of(app["models"]).create_all(engine)
    engine.dialect.insert_returning = dialect.insert_returning
    engine.dialect.insert_executemany_returning = dialect.insert_executemany_returning
    with Session(engine) as session, counting() as sent:
        work(session, app["store"])
    engine.dispose()
    return sent


def test_mysql_returns_no_keys_and_mariadb_does() -> None:
    assert not MySQLDialect().insert_returning
    assert MariaDBDialect().insert_executemany_returning


@shown("add-in-loop", "Bad: SQLModel on MySQL")
def test_mysql_gets_objects_one_by_one(example: Example, module: Import) -> None:
    app = modules_of(example, module)
    sent = sent_as_by_mysql(lambda session, store: store.store(session, ["a", "b", "c"]), app)
    assert (sent["INSERT"], sent["together"], sent["COMMIT"]) == (3, 0, 1)


@shown("add-in-loop", "Good: A list of values")
def test_mysql_gets_a_list_of_values_together(example: Example, module: Import) -> None:
    app = modules_of(example, module)
    sent = sent_as_by_mysql(lambda session, store: store.store(session, ["a", "b", "c"]), app)
    assert (sent["INSERT"], sent["together"], sent["COMMIT"]) == (1, 1, 1)
