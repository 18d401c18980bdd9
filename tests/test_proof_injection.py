"""Proof by execution, for the rule about text that becomes SQL: what one request reads and deletes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tortoise import Tortoise

from pages import Example
from running import EXAMPLES, Import, Request, ask, running, shown

VOUCHERS = 1_000
SECRET = "QX7KPZ03"
ANYTHING = "' OR 1 = 1 --"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    database = tmp_path / "test.db"
    return {
        "DATABASE_URL": f"sqlite:///{database}",
        "ASYNC_DATABASE_URL": f"sqlite+aiosqlite:///{database}",
        "DATABASE_FILE": str(database),
    }


def issue_vouchers(folder: Path) -> None:
    """One voucher of Ada, one of Bob, and those of 998 others."""
    with sqlite3.connect(folder / "test.db") as connection:
        connection.execute(
            "CREATE TABLE vouchers (id INTEGER PRIMARY KEY, code TEXT, owner TEXT, amount INTEGER, "
            "created_at TEXT DEFAULT CURRENT_TIMESTAMP, updated_at TEXT DEFAULT CURRENT_TIMESTAMP)"
        )
        rows = [("AAAA0001", "Ada", 10), (SECRET, "Bob", 20)]
        rows += [(f"CODE{number:04}", f"Owner {number}", number) for number in range(VOUCHERS - 2)]
        connection.executemany("INSERT INTO vouchers (code, owner, amount) VALUES (?, ?, ?)", rows)
    connection.close()


def count(folder: Path) -> int:
    connection = sqlite3.connect(folder / "test.db")
    found = connection.execute("SELECT count(*) FROM vouchers").fetchone()[0]
    connection.close()
    return int(found)


def asking(owner: str) -> dict[str, Request]:
    """The same question in the ways in which the examples take it."""
    return {
        "GET /vouchers": ("GET", "/vouchers", {"params": {"owner": owner}}),
        "POST /vouchers/search": ("POST", "/vouchers/search", {"json": {"owner": owner}}),
    }


def codes(example: Example, folder: Path, variables: dict[str, str], owner: str) -> list[str]:
    """What the example's own route answers, of whatever kind it is."""
    issue_vouchers(folder)
    with running(example, folder, variables) as module:
        routes = module("app.routes")
        (request,) = (asking(owner)[name] for name in names(routes) if name in asking(owner))
        (answer,) = ask(routes, request)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def names(routes: Any) -> list[str]:
    return [f"{method} {route.path}" for route in routes.router.routes for method in route.methods]


def reading(heading: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", having(heading, '@router.get("/vouchers")', "/vouchers/search"), ids=str)


def having(heading: str, *routes: str) -> list[Example]:
    """The examples under a heading with one of these routes, on SQLite through SQLAlchemy or sqlite3 itself."""
    return [
        example
        for example in EXAMPLES["sql-injection"]
        if example.title.startswith(heading)
        and any(route in example.files.get("app/routes.py", "") for route in routes)
        and "tortoise" not in example.files["app/models.py"]
    ]


# --- reading other rows -------------------------------------------------------------------


@reading("Bad")
def test_an_honest_request_reads_one_code(example: Example, variables: dict[str, str], tmp_path: Path) -> None:
    assert codes(example, tmp_path, variables, "Ada") == ["AAAA0001"]


@reading("Bad")
def test_an_injected_one_reads_all_in_spite_of_the_limit(
    example: Example, variables: dict[str, str], tmp_path: Path
) -> None:
    assert "LIMIT 50" in "".join(example.files.values())
    assert len(codes(example, tmp_path, variables, ANYTHING)) == VOUCHERS


@reading("Bad")
def test_a_union_reads_another_column(example: Example, variables: dict[str, str], tmp_path: Path) -> None:
    found = codes(example, tmp_path, variables, "' UNION SELECT owner FROM vouchers --")
    assert {"Ada", "Bob"} <= set(found)


@reading("Good")
def test_a_bound_value_is_only_a_strange_name(example: Example, variables: dict[str, str], tmp_path: Path) -> None:
    assert codes(example, tmp_path, variables, "Ada") == ["AAAA0001"]
    (tmp_path / "test.db").unlink()
    assert codes(example, tmp_path, variables, ANYTHING) == []
    (tmp_path / "test.db").unlink()
    assert codes(example, tmp_path, variables, "' UNION SELECT owner FROM vouchers --") == []


# --- deleting other rows ------------------------------------------------------------------


def left_after(example: Example, folder: Path, variables: dict[str, str], code: str) -> int:
    issue_vouchers(folder)
    with running(example, folder, variables) as module:
        (answer,) = ask(module("app.routes"), ("DELETE", f"/vouchers/{code}", {}))
    assert answer.status_code == 204
    return count(folder)


def deleting(heading: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", having(heading, "@router.delete"), ids=str)


@deleting("Bad")
def test_an_injected_delete_empties_the_table(example: Example, variables: dict[str, str], tmp_path: Path) -> None:
    assert left_after(example, tmp_path, variables, "AAAA0001") == VOUCHERS - 1
    (tmp_path / "test.db").unlink()
    assert left_after(example, tmp_path, variables, ANYTHING) == 0


@deleting("Good")
def test_a_bound_delete_deletes_nothing_else(example: Example, variables: dict[str, str], tmp_path: Path) -> None:
    assert left_after(example, tmp_path, variables, "AAAA0001") == VOUCHERS - 1
    (tmp_path / "test.db").unlink()
    assert left_after(example, tmp_path, variables, ANYTHING) == VOUCHERS


# --- the order ----------------------------------------------------------------------------


def ranking(module: Import, sort: str) -> httpx.Response:
    return ask(module("app.routes"), ("GET", "/vouchers/ranking", {"params": {"sort": sort}}))[0]


def ordered(heading: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", having(heading, "/vouchers/ranking"), ids=str)


@ordered("Bad")
def test_the_order_of_an_answer_tells_what_no_answer_contains(
    example: Example, variables: dict[str, str], tmp_path: Path
) -> None:
    issue_vouchers(tmp_path)
    requests = 0
    with running(example, tmp_path, variables) as module:

        def holds(condition: str) -> bool:
            """Whether a condition holds in the database: then the first id comes first."""
            nonlocal requests
            requests += 1
            answer = ranking(module, f"CASE WHEN ({condition}) THEN vouchers.id ELSE -vouchers.id END")
            assert SECRET not in answer.text
            return bool(answer.json()[0] == 1)

        found = "".join(letter(holds, position) for position in range(1, len(SECRET) + 1))
    assert found == SECRET
    assert requests == 56


def letter(holds: Callable[[str], bool], position: int) -> str:
    """One letter of Bob's code, by halves: each question is a request."""
    low, high = 0, 127
    while low < high:
        middle = (low + high) // 2
        asked = f"SELECT unicode(substr(code, {position}, 1)) FROM vouchers WHERE owner = 'Bob'"
        low, high = (middle + 1, high) if holds(f"({asked}) > {middle}") else (low, middle)
    return chr(low)


@ordered("Good")
def test_an_order_that_is_looked_up_answers_no_questions(
    example: Example, variables: dict[str, str], tmp_path: Path
) -> None:
    issue_vouchers(tmp_path)
    with running(example, tmp_path, variables) as module:
        assert ranking(module, "amount").json()[0] == VOUCHERS
        assert ranking(module, "CASE WHEN (1 = 1) THEN vouchers.id ELSE -vouchers.id END").status_code == 422


# --- the helper that nobody is seen to call, and Tortoise -----------------------------------


def test_a_helper_is_injected_by_whoever_calls_it(variables: dict[str, str], tmp_path: Path) -> None:
    (example,) = (each for each in EXAMPLES["sql-injection"] if "app/lookup.py" in each.files)
    issue_vouchers(tmp_path)
    with running(example, tmp_path, variables) as module:
        amount_of = module("app.lookup").amount_of
        assert amount_of("nothing") is None
        assert amount_of("' UNION SELECT max(amount) FROM vouchers --") == VOUCHERS - 3


@shown("sql-injection", "Bad", having="app/routes.py", is_of_tortoise=True)
def test_raw_statements_of_tortoise_are_injected(example: Example, tmp_path: Path) -> None:
    assert asyncio.run(_with_tortoise(example, tmp_path)) == (VOUCHERS, 0)


@shown("sql-injection", "Good", having="app/routes.py", is_of_tortoise=True)
def test_its_queries_and_bound_values_are_not(example: Example, tmp_path: Path) -> None:
    assert asyncio.run(_with_tortoise(example, tmp_path)) == (0, VOUCHERS)


async def _with_tortoise(example: Example, folder: Path) -> tuple[int, int]:
    """The number of codes that an injected request reads, and of the rows that one leaves."""
    issue_vouchers(folder)
    with running(example, folder) as module:
        await Tortoise.init(db_url=f"sqlite://{folder / 'test.db'}", modules={"models": ["app.models"]})
        try:
            application = FastAPI()
            application.include_router(module("app.routes").router)
            transport = httpx.ASGITransport(app=application)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                read = await client.get("/vouchers", params={"owner": ANYTHING})
                await client.delete(f"/vouchers/{ANYTHING}")
        finally:
            await Tortoise.close_connections()
    return len(read.json()), count(folder)
