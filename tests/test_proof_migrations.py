"""The rules of migrations, proved by running what their pages show with Alembic, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import create_engine, event, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from pages import Example
from postgres import Database
from running import EXAMPLES, Import, ask, metadata_of, running, send, shown


def example_of(rule: str, title: str) -> Example:
    return next(each for each in EXAMPLES[rule] if each.title.endswith(f": {title}"))


def config_of(folder: Path) -> Config:
    """What ``alembic`` reads, for the migrations in this folder."""
    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(folder / "migrations"))
    return config


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'test.db'}"


@contextmanager
def connected(url: str) -> Iterator[Any]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def tables_in(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


# --- schema-without-migrations ------------------------------------------------------------

ON_EVENT = pytest.mark.filterwarnings(r"ignore:\s*on_event is deprecated:DeprecationWarning")
RULE = "schema-without-migrations"
BESIDE = example_of(RULE, "Beside migrations")
COLUMNS = {
    "title: Mapped": "    servings: Mapped[int | None]",
    "title: str": "    servings: int | None = None",
    "title = Column": "    servings = Column(Integer)",
    "title = fields": "    servings = fields.IntField(null=True)",
}


def with_column(example: Example) -> Example:
    """The next release of the application: its model has one column more."""
    models = example.files["app/models.py"]
    line = next(line for line in models.splitlines() if line.strip().startswith(tuple(COLUMNS)))
    added = next(column for start, column in COLUMNS.items() if line.strip().startswith(start))
    return replace(example, files={**example.files, "app/models.py": models.replace(line, f"{line}\n{added}")})


def start(module: Import) -> None:
    """Start the server of an example, and stop it. Where requests make the tables, it gets one."""
    try:
        application = module("app.main").app
    except ModuleNotFoundError:
        ask(module("app.routes"), ("GET", "/recipes/count", {}))
    else:
        send(application, getattr(module("app.db"), "engine", None))


@ON_EVENT
@shown(RULE, "Bad")
def test_create_all_makes_tables_and_changes_none(example: Example, tmp_path: Path) -> None:
    url = url_of(tmp_path)
    with running(example, tmp_path) as module:
        start(module)
    assert tables_in(url) == {"recipes"}
    with running(with_column(example), tmp_path) as module:
        if example.title.endswith("For each request, with declarative_base"):
            with pytest.raises(OperationalError, match=r"no such column: recipes\.servings"):
                start(module)
        else:
            start(module)
            start(module)  # once more is no help
        model = module("app.models").Recipe
        engine = create_engine(url)
        assert "servings" not in {column["name"] for column in inspect(engine).get_columns("recipes")}
        with Session(engine) as session:
            with pytest.raises(OperationalError, match=r"no such column: recipes\.servings"):
                session.scalars(select(model).limit(1)).all()
            session.rollback()
            session.add(model(title="Soup"))
            with pytest.raises(OperationalError, match="table recipes has no column named servings"):
                session.commit()
        engine.dispose()


@shown(RULE, "Bad", is_of_tortoise=True)
def test_generate_schemas_makes_tables_and_changes_none(example: Example, tmp_path: Path) -> None:
    tortoise = pytest.importorskip("tortoise")
    with running(example, tmp_path) as module:
        start(module)
    assert tables_in(url_of(tmp_path)) == {"recipes"}

    async def add(module: Import) -> None:
        application = module("app.main").app
        async with application.router.lifespan_context(application):
            await module("app.models").Recipe.create(title="Soup")

    missing = pytest.raises(tortoise.exceptions.OperationalError, match="table recipes has no column named servings")
    with running(with_column(example), tmp_path) as module, missing:
        asyncio.run(add(module))


@shown(RULE, "Bad: Beside migrations")
def test_migrations_fail_where_create_all_came_first(example: Example, tmp_path: Path) -> None:
    with running(example, tmp_path) as module:
        start(module)
        with pytest.raises(OperationalError, match="table recipes already exists"):
            command.upgrade(config_of(tmp_path), "head")


def test_migrations_fail_on_postgresql_too(postgres: Database, tmp_path: Path) -> None:
    with running(BESIDE, tmp_path, postgres.variables) as module:
        start(module)
        with pytest.raises(ProgrammingError, match='relation "recipes" already exists'):
            command.upgrade(config_of(tmp_path), "head")


def test_create_all_leaves_autogenerate_nothing_to_write(tmp_path: Path) -> None:
    ingredient = (
        "\n\nclass Ingredient(Base):\n"
        '    __tablename__ = "ingredients"\n\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    files = {**BESIDE.files, "app/models.py": BESIDE.files["app/models.py"] + ingredient}
    with running(replace(BESIDE, files=files), tmp_path) as module:
        metadata = module("app.models").Base.metadata
        command.upgrade(config_of(tmp_path), "head")
        with connected(url_of(tmp_path)) as connection:
            written = produce_migrations(MigrationContext.configure(connection), metadata)
            assert written.upgrade_ops is not None
            assert [type(each).__name__ for each in written.upgrade_ops.ops] == ["CreateTableOp"]
        start(module)  # the developer looks whether it works
        with connected(url_of(tmp_path)) as connection:
            written = produce_migrations(MigrationContext.configure(connection), metadata)
            assert written.upgrade_ops is not None
            assert written.upgrade_ops.is_empty()


def test_of_workers_that_start_together_one_survives(postgres: Database, tmp_path: Path) -> None:
    """Each has looked, and found nothing, before the first of them makes a table."""
    workers = 4
    looked = threading.Barrier(workers)
    with running(BESIDE, tmp_path, postgres.variables) as module:
        metadata = module("app.models").Base.metadata
        event.listen(metadata, "before_create", lambda *_given, **_options: looked.wait(10))

        def work(_number: int) -> str:
            engine = create_engine(postgres.url)
            try:
                metadata.create_all(engine)
            except DBAPIError as error:
                return str(error.orig)
            finally:
                engine.dispose()
            return ""

        with ThreadPoolExecutor(workers) as pool:
            ended = list(pool.map(work, range(workers)))
    failed = [each for each in ended if each]
    assert len(failed) == workers - 1
    assert all("already exists" in each for each in failed)  # a table, its type, its sequence or their names


@shown(RULE, "Good: Migrations make the tables")
def test_migrations_make_what_the_models_say(example: Example, tmp_path: Path) -> None:
    with running(example, tmp_path) as module:
        command.upgrade(config_of(tmp_path), "head")
        send(module("app.main").app, None)
        with connected(url_of(tmp_path)) as connection:
            metadata = module("app.models").Base.metadata
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_what_create_all_has_made_can_be_stamped(tmp_path: Path) -> None:
    with running(BESIDE, tmp_path) as module:
        start(module)
    with running(example_of(RULE, "Migrations make the tables"), tmp_path) as module:
        command.stamp(config_of(tmp_path), "head")
        command.upgrade(config_of(tmp_path), "head")
        send(module("app.main").app, None)
    assert versions_in(url_of(tmp_path)) == ["0001"]


@shown(RULE, "Good: A command")
def test_a_condition_keeps_create_all_out_of_production(example: Example, tmp_path: Path, postgres: Database) -> None:
    with running(example, tmp_path) as module:
        start(module)
        module("app.create")
    assert tables_in(url_of(tmp_path)) == {"recipes"}
    with running(example, tmp_path, postgres.variables) as module:
        start(module)
        module("app.create")
    assert tables_in(postgres.url) == set()


@shown(RULE, "Good: Tests make tables")
def test_tests_have_a_database_of_their_own(example: Example, tmp_path: Path) -> None:
    with running(example, tmp_path) as module:
        start(module)
        models = module("app.models")
        engine = create_engine("sqlite://")
        metadata_of(models).create_all(engine)
        with Session(engine) as session:
            session.add(models.Recipe(title="Soup"))
            session.commit()
        engine.dispose()
    assert tables_in(url_of(tmp_path)) == set()


@shown(RULE, "Good", is_of_tortoise=True)
def test_tortoise_makes_nothing_unless_told(example: Example, tmp_path: Path) -> None:
    with running(example, tmp_path) as module:
        start(module)
    assert tables_in(url_of(tmp_path)) == set()


# --- not-null-without-default -------------------------------------------------------------

REQUIRED = "not-null-without-default"
INVOICE = "INSERT INTO invoices (number, cents) VALUES ('CH-1', 250), ('DE-1', 999)"


def migrate_invoices(url: str, folder: Path, *, has_rows: bool) -> None:
    """The first migration, what a day of work leaves in its table, and the second one."""
    command.upgrade(config_of(folder), "0001")
    with connected(url) as connection:
        if has_rows:
            connection.execute(text(INVOICE))
    command.upgrade(config_of(folder), "head")


def versions_in(url: str) -> list[str]:
    with connected(url) as connection:
        return list(connection.scalars(text("SELECT version_num FROM alembic_version")))


@shown(REQUIRED, "Bad")
def test_no_row_can_take_the_column(example: Example, tmp_path: Path, postgres: Database) -> None:
    failing = pytest.raises(IntegrityError, match='column "currency" of relation "invoices" contains null values')
    with running(example, tmp_path, postgres.variables), failing:
        migrate_invoices(postgres.url, tmp_path, has_rows=True)
    assert versions_in(postgres.url) == ["0001"]
    refused = r"Cannot add a NOT NULL column with default value NULL|NOT NULL constraint failed: .*\.currency"
    with running(example, tmp_path), pytest.raises(DBAPIError, match=refused):
        migrate_invoices(url_of(tmp_path), tmp_path, has_rows=True)
    assert versions_in(url_of(tmp_path)) == ["0001"]


@shown(REQUIRED, "Bad")
def test_empty_tables_hide_it(example: Example, tmp_path: Path, postgres: Database) -> None:
    for url, variables in ((url_of(tmp_path), None), (postgres.url, postgres.variables)):
        with running(example, tmp_path, variables):
            migrate_invoices(url, tmp_path, has_rows=False)
        assert versions_in(url) == ["0002"]


@shown(REQUIRED, "Good")
def test_rows_get_a_value(example: Example, tmp_path: Path, postgres: Database) -> None:
    for url, variables in ((url_of(tmp_path), None), (postgres.url, postgres.variables)):
        with running(example, tmp_path, variables):
            migrate_invoices(url, tmp_path, has_rows=True)
            with connected(url) as connection:
                names = {each["name"]: each for each in inspect(connection).get_columns("invoices")}
                rows = connection.execute(text("SELECT * FROM invoices ORDER BY id")).mappings().all()
            if "currency" in names:
                assert not names["currency"]["nullable"]
                assert {row["currency"] for row in rows} <= {"CHF", "EUR"}
            if "euros" in names:
                assert [row["euros"] for row in rows] == [2, 9]
            command.downgrade(config_of(tmp_path), "base")
        assert tables_in(url) == set()


def file_of(connection: Any) -> int:
    """The file in which PostgreSQL keeps the table: another one when all rows were written anew."""
    return int(connection.scalar(text("SELECT pg_relation_filenode('invoices')")))


def test_a_constant_default_rewrites_no_row_and_a_volatile_one_all(tmp_path: Path, postgres: Database) -> None:
    with running(example_of(REQUIRED, "With a value for the rows that are there"), tmp_path, postgres.variables):
        command.upgrade(config_of(tmp_path), "0001")
        with connected(postgres.url) as connection:
            connection.execute(
                text("INSERT INTO invoices (number, cents) SELECT n::text, n FROM generate_series(1, 20000) AS n")
            )
            before = file_of(connection)
        command.upgrade(config_of(tmp_path), "head")
        with connected(postgres.url) as connection:
            assert file_of(connection) == before
            assert connection.scalar(text("SELECT count(*) FROM invoices WHERE currency = 'EUR'")) == 20_000
            connection.execute(text("ALTER TABLE invoices ADD COLUMN token uuid DEFAULT gen_random_uuid() NOT NULL"))
            assert file_of(connection) != before


# --- irreversible-migration ---------------------------------------------------------------

UNDONE = "irreversible-migration"


def schema_of(url: str) -> Mapping[str, Any]:
    """Tables, columns and indexes, as the database tells of them."""
    with connected(url) as connection:
        inspector = inspect(connection)
        return {
            table: (
                {each["name"]: (str(each["type"]), each["nullable"]) for each in inspector.get_columns(table)},
                sorted(str(each["name"]) for each in inspector.get_indexes(table)),
            )
            for table in inspector.get_table_names()
        }


@shown(UNDONE, "Bad")
def test_neither_way_is_open_after_a_downgrade(example: Example, tmp_path: Path, postgres: Database) -> None:
    for url, variables in ((url_of(tmp_path), None), (postgres.url, postgres.variables)):
        with running(example, tmp_path, variables):
            config = config_of(tmp_path)
            command.upgrade(config, "0001")
            before = schema_of(url)
            command.upgrade(config, "head")
            command.downgrade(config, "-1")
            assert versions_in(url) == ["0001"]
            assert schema_of(url) != before
            for _attempt in range(2):
                with pytest.raises(DBAPIError, match=r"already exists|duplicate column name"):
                    command.upgrade(config, "head")


@shown(UNDONE, "Good")
def test_a_downgrade_undoes_or_refuses(example: Example, tmp_path: Path, postgres: Database) -> None:
    for url, variables in ((url_of(tmp_path), None), (postgres.url, postgres.variables)):
        with running(example, tmp_path, variables):
            config = config_of(tmp_path)
            command.upgrade(config, "0001")
            before = schema_of(url)
            command.upgrade(config, "head")
            after = schema_of(url), versions_in(url)
            if example.title == "Good: It says no":
                with pytest.raises(NotImplementedError):
                    command.downgrade(config, "0001")
            else:
                command.downgrade(config, "0001")
                assert (schema_of(url), versions_in(url)) == (before, ["0001"])
                command.upgrade(config, "head")
            assert (schema_of(url), versions_in(url)) == after


# --- broken-revision-chain ----------------------------------------------------------------

CHAIN = "broken-revision-chain"
UPGRADE_FAILS = {
    "Two heads": (CommandError, "Multiple head revisions are present for given argument 'head'"),
    "A parent that is not there": (KeyError, "3f2a"),
    "A cycle": (CommandError, "Cycle is detected in revisions"),
}


@pytest.mark.filterwarnings("ignore:Revision 3f2a referenced from:UserWarning")
@pytest.mark.parametrize("title", UPGRADE_FAILS)
def test_nothing_is_migrated(title: str, tmp_path: Path, postgres: Database) -> None:
    kind, message = UPGRADE_FAILS[title]
    for url, variables in ((url_of(tmp_path), None), (postgres.url, postgres.variables)):
        with running(example_of(CHAIN, title), tmp_path, variables), pytest.raises(kind, match=message):
            command.upgrade(config_of(tmp_path), "head")
        assert tables_in(url) == set()


@pytest.mark.filterwarnings("ignore:Revision 0002 is present more than once:UserWarning")
def test_of_two_revisions_with_one_id_one_is_left_out(tmp_path: Path) -> None:
    with running(example_of(CHAIN, "The same id twice"), tmp_path):
        with pytest.raises(CommandError, match="Multiple head revisions are present"):
            command.upgrade(config_of(tmp_path), "head")
        command.upgrade(config_of(tmp_path), "heads")
    assert versions_in(url_of(tmp_path)) == ["0002"]
    made = tables_in(url_of(tmp_path))
    assert "tickets" in made
    assert len(made & {"labels", "people"}) == 1


def test_every_bad_chain_was_tried() -> None:
    bad = {each.title.removeprefix("Bad: ") for each in EXAMPLES[CHAIN] if each.title.startswith("Bad")}
    assert bad == {*UPGRADE_FAILS, "The same id twice"}


@shown(CHAIN, "Good")
def test_a_whole_chain_runs(example: Example, tmp_path: Path, postgres: Database) -> None:
    target = "heads" if example.title == "Good: Branches on purpose" else "head"
    for url, variables in ((url_of(tmp_path), None), (postgres.url, postgres.variables)):
        with running(example, tmp_path, variables):
            command.upgrade(config_of(tmp_path), target)
            assert len(tables_in(url)) == 2
            command.downgrade(config_of(tmp_path), "base")
        assert tables_in(url) == set()
