"""Which requirements a project states, in whichever file it states them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbreview.dependencies import declared_dependencies


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
