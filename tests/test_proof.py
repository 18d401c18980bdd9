"""Proof by execution: the examples of the pages do what the pages say they do. Queries and schema."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from pages import Example
from running import Import, ask, first_path, is_async, metadata_of, seed, shown, statements

# Bad code leaves sessions, connections and coroutines behind.
pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 20


# DBR101


def library(module: Import, folder: Path) -> ModuleType:
    """Twenty authors with a book each, and a review of each book."""
    models = module("app.models")
    authors = [models.Author(name=f"Author {number}") for number in range(ROWS)]
    for author in authors:
        book = models.Book(title=f"Book by {author.name}", author=author)
        if hasattr(models, "Review"):
            book.reviews.append(models.Review(stars=5))
    seed(folder, metadata_of(models), *authors)
    return module("app.routes")


@shown("lazy-load-in-loop", "Bad")
def test_a_lazy_load_costs_a_statement_for_each_row(example: Example, module: Import, tmp_path: Path) -> None:
    routes = library(module, tmp_path)
    request = ("GET", first_path(routes), {"params": {"limit": ROWS}})
    if is_async(example):
        with pytest.raises(SQLAlchemyError, match="greenlet_spawn has not been called"):
            ask(routes, request)
        return
    with statements() as sent:
        assert ask(routes, request)[0].status_code == 200
    loaded_before_the_loop = 2 if "selectinload" in example.files["app/routes.py"] else 1
    assert len(sent) == loaded_before_the_loop + ROWS


@shown("lazy-load-in-loop", "Good")
def test_eager_loading_costs_a_statement_for_each_relationship(
    example: Example, module: Import, tmp_path: Path
) -> None:
    routes = library(module, tmp_path)
    with statements() as sent:
        answer = ask(routes, ("GET", first_path(routes), {"params": {"limit": ROWS}}))[0]
    assert answer.status_code == 200
    assert len(answer.json()) == ROWS
    is_lazy_in_models = 'lazy": "selectin' not in example.files["app/models.py"]
    loaders = example.files["app/routes.py"].count("selectinload(")
    assert len(sent) == 1 + (loaders if is_lazy_in_models else 1)


# DBR102


def shop(module: Import, folder: Path) -> ModuleType:
    models = module("app.models")
    rows: list[object] = [models.Product(id=n, sku=f"sku-{n}", price=n) for n in range(1, ROWS + 1)]
    if hasattr(models, "StockLevel"):
        rows += [models.StockLevel(product_id=n, quantity=1) for n in range(1, ROWS + 1)]
    seed(folder, metadata_of(models), *rows)
    return module("app.routes")


SHOPPING: dict[str, tuple[str, str, dict[str, Any]]] = {
    "/baskets/price": ("POST", "/baskets/price", {"json": {"skus": [f"sku-{n}" for n in range(1, ROWS + 1)]}}),
    "/available": ("GET", "/available", {"params": {"limit": ROWS}}),
    "/prices": ("GET", "/prices", {"params": {"product_ids": list(range(1, ROWS + 1))}}),
    "/relative-prices": ("GET", "/relative-prices", {"params": {"limit": ROWS}}),
}


@shown("query-in-loop", "Bad")
def test_a_loop_costs_a_statement_for_each_item(example: Example, module: Import, tmp_path: Path) -> None:
    routes = shop(module, tmp_path)
    with statements() as sent:
        assert ask(routes, SHOPPING[first_path(routes)])[0].status_code == 200
    assert len(sent) >= ROWS


@shown("query-in-loop", "Good", having="app/routes.py")
def test_one_statement_serves_all_items(example: Example, module: Import, tmp_path: Path) -> None:
    routes = shop(module, tmp_path)
    with statements() as sent:
        assert ask(routes, SHOPPING[first_path(routes)])[0].status_code == 200
    assert len(sent) <= 2


@shown("query-in-loop", "Bad", having="app/routes.py")
def test_a_loop_gives_the_right_answer(example: Example, module: Import, tmp_path: Path) -> None:
    assert_right_answer(shop(module, tmp_path))


@shown("query-in-loop", "Good", having="app/routes.py")
def test_one_statement_gives_the_same_answer(example: Example, module: Import, tmp_path: Path) -> None:
    assert_right_answer(shop(module, tmp_path))


def assert_right_answer(routes: ModuleType) -> None:
    path = first_path(routes)
    everything = {
        "/baskets/price": sum(range(1, ROWS + 1)),
        "/available": [f"sku-{n}" for n in range(1, ROWS + 1)],
        "/prices": {str(n): n for n in range(1, ROWS + 1)},
        "/relative-prices": {f"sku-{n}": n / ROWS for n in range(1, ROWS + 1)},
    }
    assert ask(routes, SHOPPING[path])[0].json() == everything[path]


# DBR104


def magazine(module: Import, folder: Path) -> ModuleType:
    models = module("app.models")
    articles = [models.Article(slug=f"article-{number}", title="An article") for number in range(300)]
    seed(folder, metadata_of(models), *articles)
    return module("app.routes")


@shown("missing-pagination", "Bad")
def test_without_a_bound_the_whole_table_is_sent(example: Example, module: Import, tmp_path: Path) -> None:
    body = ask(magazine(module, tmp_path), ("GET", "/articles", {}))[0].json()
    assert len(body["titles"] if isinstance(body, dict) else body) == 300


@shown("missing-pagination", "Bad: An optional limit")
def test_an_optional_limit_bounds_those_who_send_it(example: Example, module: Import, tmp_path: Path) -> None:
    routes = magazine(module, tmp_path)
    sizes = {limit: len(ask(routes, ("GET", "/articles", {"params": limit}))[0].json()) for limit in ("", "limit=10")}
    assert sizes == {"": 300, "limit=10": 10}


@shown("missing-pagination", "Good")
def test_a_bound_keeps_the_answer_small(example: Example, module: Import, tmp_path: Path) -> None:
    routes = magazine(module, tmp_path)
    paths = {route.path for route in routes.router.routes}
    for path in paths & {"/articles", "/articles/count"}:
        body = ask(routes, ("GET", path, {}))[0].json()
        assert body == 300 if path.endswith("count") else len(body) == 50
    if "/articles.csv" in paths:
        assert ask(routes, ("GET", "/articles.csv", {}))[0].text.count("\n") == 300


# DBR201


def schema(example: Example, module: Import) -> MetaData:
    for path in example.files:
        if path.startswith("app/"):
            module(path.removesuffix(".py").replace("/", "."))
    return metadata_of(module("app.base"))


def searched_without_index(connection: sqlalchemy.Connection, metadata: MetaData) -> set[str]:
    """The foreign keys by which SQLite can find rows only by reading the whole table."""
    slow = set()
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            query = f"EXPLAIN QUERY PLAN SELECT * FROM {table.name} WHERE {key.parent.name} = 1"
            plan = connection.execute(text(query)).all()
            if any(step.detail.startswith("SCAN") for step in plan):
                slow.add(str(key.parent))
    return slow


@shown("foreign-key-without-index", "Bad")
def test_a_lookup_by_the_foreign_key_reads_the_whole_table(example: Example, module: Import) -> None:
    metadata = schema(example, module)
    with create_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        slow = searched_without_index(connection, metadata)
    reported = {
        line.split("=")[0].split(":")[0].replace('Column("', "").split('"')[0].strip()
        for path, number, _ in example.expected()
        for line in [example.files[path].splitlines()[number - 1]]
    }
    assert {column.split(".")[1] for column in slow} == reported


@shown("foreign-key-without-index", "Good")
def test_a_lookup_by_the_foreign_key_uses_an_index(example: Example, module: Import) -> None:
    metadata = schema(example, module)
    migration = next((path for path in example.files if path.startswith("alembic/")), None)
    with create_engine("sqlite://").connect() as connection:
        if migration:
            migrate(connection, example.files[migration])
        else:
            metadata.create_all(connection)
        assert not searched_without_index(connection, metadata)


def migrate(connection: sqlalchemy.Connection, revision: str) -> None:
    migration = pytest.importorskip("alembic.runtime.migration")
    operations = importlib.import_module("alembic.operations").Operations
    context = migration.MigrationContext.configure(connection)
    names: dict[str, Any] = {}
    with operations.context(context):
        exec(compile(revision, "revision", "exec"), names)
        names["upgrade"]()
