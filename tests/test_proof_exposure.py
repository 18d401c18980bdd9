"""Proof by execution: what answers carry to clients, read off their bytes."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import FastAPIError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

from pages import Example
from running import EXAMPLES, Import, Request, ask, metadata_of, running, seed, send, shown

# Bad code leaves sessions and connections behind.
pytestmark = pytest.mark.filterwarnings("ignore")

SECRET = "c0ffee-do-not-show"
ROWS = 50


def rows(models: ModuleType) -> list[object]:
    """What each example has a table for; of each there is one that has a secret."""
    found: list[object] = []
    if hasattr(models, "User"):
        found += [
            models.User(id=n, email=f"{n}@example.org", hashed_password=f"{SECRET}-{n}") for n in range(1, ROWS + 1)
        ]
    if hasattr(models, "Article"):
        author = {"author_id": 1} if hasattr(models.Article, "author_id") else {}
        found += [models.Article(id=n, title=f"Article {n}", **author) for n in range(1, ROWS + 1)]
    if hasattr(models, "Workspace"):
        found.append(models.Workspace(id=1, name="Home", bot_token=SECRET))
    if hasattr(models, "ApiKey"):
        found.append(models.ApiKey(id=1, name="Mine", key_hash=SECRET, last_four="1234"))
    return found


def paths(router: APIRouter) -> list[str]:
    """The paths that answer to GET, for the first of all things."""
    routes = [route for route in router.routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())]
    return [route.path.format(user_id=1, article_id=1, workspace_id=1) for route in routes]


def answers(module: Import, folder: Path) -> list[httpx.Response]:
    """What the example answers to each of its paths."""
    models = module("app.models")
    seed(folder, metadata_of(models), *rows(models))
    routes = module("app.routes")
    requests: list[Request] = [("GET", path, {}) for path in paths(routes.router)]
    if not hasattr(routes, "engine"):
        return ask(routes, *requests)
    application = FastAPI()
    application.include_router(routes.router)
    return send(application, routes.engine, *requests)


async def answers_by_tortoise(module: Import) -> list[httpx.Response]:
    tortoise = pytest.importorskip("tortoise")
    await tortoise.Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["app.models"]})
    try:
        await tortoise.Tortoise.generate_schemas()
        models = module("app.models")
        for row in rows(models):
            await row.save(force_create=True)  # type: ignore[attr-defined]
        application = FastAPI()
        application.include_router(module("app.routes").router)
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [await client.get(path) for path in paths(module("app.routes").router)]
    finally:
        await tortoise.Tortoise.close_connections()
        # The next example may have another table of this name.
        pytest.importorskip("tortoise.backends.base.executor").EXECUTOR_CACHE.clear()


# DBR702


@shown("sensitive-column-exposed", "Bad")
def test_the_secret_is_in_the_bytes_of_the_answer(example: Example, module: Import, tmp_path: Path) -> None:
    for answer in answers(module, tmp_path):
        assert answer.status_code == 200
        assert SECRET.encode() in answer.content


@shown("sensitive-column-exposed", "Good")
def test_the_secret_stays_here(example: Example, module: Import, tmp_path: Path) -> None:
    for answer in answers(module, tmp_path):
        assert answer.status_code == 200
        assert SECRET.encode() not in answer.content


@shown("sensitive-column-exposed", "Bad", is_of_tortoise=True)
def test_the_secret_leaves_by_tortoise(example: Example, module: Import) -> None:
    for answer in asyncio.run(answers_by_tortoise(module)):
        assert answer.status_code == 200
        assert SECRET.encode() in answer.content


@shown("sensitive-column-exposed", "Good", is_of_tortoise=True)
def test_the_secret_stays_with_tortoise(example: Example, module: Import) -> None:
    for answer in asyncio.run(answers_by_tortoise(module)):
        assert answer.status_code == 200
        assert SECRET.encode() not in answer.content


@shown("sensitive-column-exposed", "Bad: No response model")
def test_one_request_gives_away_fifty_hashes(example: Example, module: Import, tmp_path: Path) -> None:
    (answer,) = answers(module, tmp_path)
    assert {f"{SECRET}-{number}" for number in range(1, ROWS + 1)} == {
        each["hashed_password"] for each in answer.json()
    }


@shown("sensitive-column-exposed", "Good: A key that is told once")
def test_a_new_key_is_told_to_whoever_makes_it(example: Example, module: Import, tmp_path: Path) -> None:
    seed(tmp_path, metadata_of(module("app.models")))
    routes = module("app.routes")
    (created,) = ask(routes, ("POST", "/api-keys", {"params": {"name": "mine"}}))
    (listed,) = ask(routes, ("GET", "/api-keys", {}))
    assert created.json()["key"] not in listed.text
    assert listed.json() == [{"id": 1, "name": "mine", "last_four": created.json()["key"][-4:]}]


def test_ten_thousand_passwords_are_tried_in_milliseconds() -> None:
    wanted = _hash("password-9999")
    taken: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        found = [text for text in (f"password-{n}" for n in range(10_000)) if _hash(text) == wanted]
        taken.append(time.perf_counter() - start)
        assert found == ["password-9999"]
    assert min(taken) < 0.05


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    hashed_password: Mapped[str]


class PersonRead(BaseModel):
    id: int
    hashed_password: str


def answer_of(endpoint: Callable[[], Any], **options: Any) -> httpx.Response:
    application = FastAPI()
    application.get("/", **options)(endpoint)
    return send(application, None, ("GET", "/", {}))[0]


def person() -> Person:
    return Person(id=1, hashed_password=SECRET)


HIDING = {"response_model_exclude": {"hashed_password"}}


def test_excluding_without_a_response_model_does_nothing() -> None:
    def one():  # type: ignore[no-untyped-def]
        return person()

    assert SECRET in answer_of(one, **HIDING).text
    assert SECRET not in answer_of(one, response_model=PersonRead, **HIDING).text


def test_excluding_from_a_list_takes_a_word_for_each_item() -> None:
    def many():  # type: ignore[no-untyped-def]
        return [person()]

    assert SECRET in answer_of(many, response_model=list[PersonRead], **HIDING).text
    each = {"__all__": {"hashed_password"}}
    assert SECRET not in answer_of(many, response_model=list[PersonRead], response_model_exclude=each).text


def test_the_encoder_excludes_from_the_outermost_dict_only() -> None:
    inside = jsonable_encoder({"user": person()}, exclude={"hashed_password"})
    assert SECRET in str(inside)
    assert SECRET not in str(jsonable_encoder(person(), exclude={"hashed_password"}))
    assert SECRET not in str(jsonable_encoder([person()], exclude={"hashed_password"}))


@pytest.mark.parametrize("annotation", [Any, object, dict, list])
def test_an_annotation_that_lets_anything_pass_raises(annotation: Any) -> None:
    def anything():  # type: ignore[no-untyped-def]
        return {"person": person()} if annotation is dict else [person()]

    anything.__annotations__["return"] = annotation
    with pytest.raises(PydanticSerializationError):
        answer_of(anything)


def test_an_annotation_with_a_mapped_class_ends_the_start() -> None:
    with pytest.raises(FastAPIError):
        answer_of(person)
    assert SECRET in answer_of(person, response_model=None).text


def test_a_committed_object_is_empty_until_it_is_refreshed() -> None:
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)

    def added(*, is_refreshed: bool) -> str:
        with Session(engine) as session:

            def add():  # type: ignore[no-untyped-def]
                made = Person(hashed_password=SECRET)
                session.add(made)
                session.commit()
                if is_refreshed:
                    session.refresh(made)
                return made

            return answer_of(add).text

    assert added(is_refreshed=False) == "{}"
    assert SECRET in added(is_refreshed=True)
    engine.dispose()


# DBR703

NOTES = "n" * 10_000


def with_notes(example: Example) -> Example:
    """The same application with a column more in its table; the routes are as they were."""
    text = example.files["app/models.py"]
    lines = [line for line in text.splitlines(keepends=True) if line.startswith("    title")]
    column = {
        "    title: Mapped": f'    notes: Mapped[str] = mapped_column(String(20000), default="{NOTES}")\n',
        "    title: str": f'    notes: str = Field(default="{NOTES}", max_length=20000)\n',
        "    title = fields": f'    notes = fields.TextField(default="{NOTES}")\n',
    }
    added = next(new for start, new in column.items() if lines[0].startswith(start))
    place = text.index("    id", text.index("class Article("))
    return replace(example, files={**example.files, "app/models.py": text[:place] + added + text[place:]})


def article_answers(example: Example, folder: Path) -> httpx.Response:
    folder.mkdir()
    with running(example, folder) as module:
        if any("from tortoise" in text for text in example.files.values()):
            return asyncio.run(answers_by_tortoise(module))[0]
        return answers(module, folder)[0]


def of_pages(heading: str) -> pytest.MarkDecorator:
    found = [each for each in EXAMPLES["entity-as-response"] if each.title.startswith(heading)]
    return pytest.mark.parametrize("example", found, ids=lambda each: each.title)


@of_pages("Bad")
def test_a_new_column_is_in_the_next_answer(example: Example, tmp_path: Path) -> None:
    before = article_answers(example, tmp_path / "before")
    after = article_answers(with_notes(example), tmp_path / "after")
    assert before.status_code == after.status_code == 200
    assert NOTES not in before.text
    assert NOTES in after.text


@of_pages("Good")
def test_a_schema_answers_as_it_did(example: Example, tmp_path: Path) -> None:
    before = article_answers(example, tmp_path / "before")
    after = article_answers(with_notes(example), tmp_path / "after")
    assert before.status_code == after.status_code == 200
    assert before.content == after.content


@shown("entity-as-response", "Bad: Returned as they are")
def test_fifty_rows_grow_from_6_to_500_kilobytes(example: Example, tmp_path: Path) -> None:
    before = article_answers(example, tmp_path / "before")
    after = article_answers(with_notes(example), tmp_path / "after")
    assert 5_000 < len(before.content) < 7_000
    assert len(after.content) > 500_000
