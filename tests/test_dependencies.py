"""Which requirements a project states, in which versions, in whichever file it states them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbreview.dependencies import declared_dependencies, declared_versions
from dbreview.project import Versions


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", "[project]\ndependencies = ['SQLAlchemy[asyncio] >= 2.0, <3 ; python_version > \"3\"']",
         ("sqlalchemy",)),
        ("pyproject.toml", "[project.optional-dependencies]\ndb = ['asyncpg']", ("asyncpg",)),
        ("pyproject.toml", "[dependency-groups]\ndev = ['aiosqlite', {include-group = 'x'}]", ("aiosqlite",)),
        ("pyproject.toml", "[tool.poetry.dependencies]\npsycopg2_binary = '*'", ("psycopg2-binary",)),
        ("pyproject.toml", "[tool.poetry.group.dev.dependencies]\nAioSqlite = '1'", ("aiosqlite",)),
        ("requirements.txt", "# drivers\n-r base.txt\nasyncpg==0.29 --hash=sha256:1\n\nfastapi\n",
         ("asyncpg", "fastapi")),
        ("requirements/base.txt", "mysqlclient # C\n", ("mysqlclient",)),
        ("requirements-dev.txt", "pytest @ file:pytest.whl\n", ("pytest",)),
        ("setup.cfg", "[options]\ninstall_requires =\n  sqlmodel>=0.0.8\n[options.extras_require]\na = b",
         ("b", "sqlmodel")),
    ],
)  # fmt: skip
def test_stated(tmp_path: Path, name: str, text: str, expected: tuple[str, ...]) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert declared_dependencies(tmp_path) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project"),
        ("pyproject.toml", "project = 1"),
        ("pyproject.toml", "[project]\ndependencies = 'x'"),
        ("pyproject.toml", "[tool]\npoetry = []"),
        ("setup.cfg", "install_requires"),
        ("requirements.txt", "\n\x00\n"),
    ],
)
def test_broken_file_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert declared_dependencies(tmp_path) == ()


def test_nothing_stated(tmp_path: Path) -> None:
    assert declared_dependencies(tmp_path) == ()
    assert declared_versions(tmp_path) == {}


EXACT = Versions((0, 115, 3), (0, 115, 3))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", "[project]\ndependencies = ['fastapi']", Versions()),
        ("pyproject.toml", "[project]\ndependencies = ['FastAPI[standard]>=0.100,!=0.112,<0.115.0']",
         Versions((0, 100), (0, 115), is_open=True)),
        ("pyproject.toml", "[project]\ndependencies = ['fastapi ~= 0.115.2']",
         Versions((0, 115, 2), (0, 116), is_open=True)),
        ("pyproject.toml", "[project]\ndependencies = ['fastapi~=0.115']", Versions((0, 115), (1,), is_open=True)),
        ("pyproject.toml", "[project]\ndependencies = ['fastapi==0.115.*']",
         Versions((0, 115), (0, 116), is_open=True)),
        ("pyproject.toml", "[project]\ndependencies = ['fastapi<=0.115.3']", Versions(None, (0, 115, 3))),
        ("pyproject.toml", "[project]\ndependencies = ['fastapi @ git+https://example.org/fastapi.git']", Versions()),
        ("pyproject.toml", ("[project]\ndependencies = ['fastapi>=0.110']\n"
         "[project.optional-dependencies]\nfull = ['fastapi[all]<0.116']"),
         Versions((0, 110), (0, 116), is_open=True)),
        ("pyproject.toml", ("[project]\ndependencies = ['fastapi<0.110; python_version < \"3.9\"', "
         "'fastapi>=0.118; python_version >= \"3.9\"']"), Versions()),
        ("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = '^0.115.3'",
         Versions((0, 115, 3), (0, 116), is_open=True)),
        ("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = {version = '~0.115', extras = ['all']}",
         Versions((0, 115), (0, 116), is_open=True)),
        ("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = '^2'", Versions((2,), (3,), is_open=True)),
        ("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = '0.115.3'", EXACT),
        ("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = '0.115.*'",
         Versions((0, 115), (0, 116), is_open=True)),
        ("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = '*'", Versions()),
        ("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = '<0.100 || >=0.110, <0.115'",
         Versions(None, (0, 115), is_open=True)),
        ("pyproject.toml", ("[[tool.poetry.dependencies.fastapi]]\nversion = '0.100'\npython = '<3.9'\n"
         "[[tool.poetry.dependencies.fastapi]]\nversion = '0.115.3'\npython = '>=3.9'"),
         Versions((0, 100), (0, 115, 3)),
        ),
        ("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = {git = 'https://example.org/fastapi.git'}",
         Versions()),
        ("setup.cfg", "[options]\ninstall_requires =\n  fastapi>=0.115.3, <=0.115.3", EXACT),
        ("requirements.txt", "fastapi==0.115.3 \\\n    --hash=sha256:1  # pinned\n", EXACT),
        ("requirements/base.txt", "fastapi[all] == 0.115.3 --hash=sha256:1\n", EXACT),
        ("uv.lock", "[[package]]\nname = 'fastapi'\nversion = '0.115.3'", EXACT),
        ("poetry.lock", "[[package]]\nname = 'FastAPI'\nversion = '0.115.3'", EXACT),
        ("pdm.lock", "[[package]]\nname = 'fastapi'\nversion = '0.115.3'", EXACT),
        ("pylock.toml", "[[packages]]\nname = 'fastapi'\nversion = '0.115.3'", EXACT),
        ("Pipfile.lock", '{"default": {"fastapi": {"version": "==0.115.3"}}}', EXACT),
        ("uv.lock", ("[[package]]\nname = 'fastapi'\nversion = '0.100.0'\n"
         "[[package]]\nname = 'fastapi'\nversion = '0.115.3'"), Versions((0, 100), (0, 115, 3))),
    ],
)  # fmt: skip
def test_version(tmp_path: Path, name: str, text: str, expected: Versions) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert declared_versions(tmp_path)["fastapi"] == expected


def test_a_lock_says_more_than_a_range(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['fastapi>=0.118', 'sqlmodel']")
    (tmp_path / "uv.lock").write_text("[[package]]\nname = 'fastapi'\nversion = '0.115.3'")
    assert declared_versions(tmp_path) == {"fastapi": EXACT, "sqlmodel": Versions()}


def test_the_root_says_more_than_its_folders(tmp_path: Path) -> None:
    for folder, version in (("server", "0.115.3"), (".venv", "0.100")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "requirements.txt").write_text(f"fastapi=={version}\nuvicorn=={version}")
    (tmp_path / "requirements.txt").write_text("uvicorn")
    assert declared_versions(tmp_path) == {"fastapi": EXACT, "uvicorn": Versions()}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project]\ndependencies = ['fastapi>=0.118', 'fastapi<0.100']"),
        ("pyproject.toml", "[project]\ndependencies = ['fastapi>=latest']"),
        ("pyproject.toml", "[tool.poetry]\ndependencies = ['fastapi']"),
        ("requirements.txt", "fastapi=0.115\n-e .\n==\n"),
        ("uv.lock", "[[package]]\nname = 'fastapi'\nversion = 'main'"),
        ("uv.lock", "[[package]]\nname = 'fastapi'"),
        ("uv.lock", "[[package]"),
        ("uv.lock", "package = 'fastapi'"),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", '{"default": {"fastapi": "0.115"}, "develop": []}'),
    ],
)
def test_what_is_broken_or_contradicts_itself_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert declared_versions(tmp_path) == {}


@pytest.mark.parametrize(
    ("versions", "may", "always"),
    [
        (Versions(), True, False),
        (Versions((0, 118)), True, True),
        (Versions((0, 100)), True, False),
        (Versions(None, (0, 118)), True, False),
        (Versions(None, (0, 118), is_open=True), False, False),
        (Versions((0, 100), (0, 117, 9)), False, False),
        (Versions((0, 118, 1), (0, 118, 1)), True, True),
    ],
)
def test_reaching_a_version(versions: Versions, may: bool, always: bool) -> None:
    assert versions.may_reach((0, 118)) is may
    assert versions.may_reach((0, 118, 0)) is may
    assert versions.always_reaches((0, 118)) is always
