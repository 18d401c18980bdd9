"""Tools that migrate by files which are no Python are noticed, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbreview.other_migrations import other_migrators

SIGNS = {
    "alembic.ini": ("Alembic",),
    "backend/alembic.ini": ("Alembic",),
    "atlas.hcl": ("Atlas",),
    "db/migrations/20240301120000_users.sql": ("SQL",),
    "migrations/0001_users/up.sql": ("SQL",),
    "src/main/resources/db/migration/V1__users.sql": ("Flyway", "SQL"),
    "sql/V2.1__more_users.sql": ("Flyway",),
    "liquibase/db.changelog-master.xml": ("Liquibase",),
    "changelog.yaml": ("Liquibase",),
    "prisma/schema.prisma": ("Prisma",),
    "yoyo.ini": ("yoyo",),
}
OTHERS = (
    "CHANGELOG.md",
    "app/queries/users.sql",
    "docs/versions.md",
    "migrations/README",
    "node_modules/some/migrations/0001.sql",
    ".hidden/migrations/0001.sql",
    "venv/migrations/0001.sql",
    "a/b/c/d/e/f/g/migrations/0001.sql",
)


def write(folder: Path, name: str, text: str = "") -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_is_noticed(name: str, tmp_path: Path) -> None:
    write(tmp_path, name)
    assert other_migrators(tmp_path) == SIGNS[name]


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_none(name: str, tmp_path: Path) -> None:
    write(tmp_path, name)
    assert other_migrators(tmp_path) == ()


def test_a_virtual_environment_is_not_looked_into(tmp_path: Path) -> None:
    write(tmp_path, "tools/pyvenv.cfg")
    write(tmp_path, "tools/lib/migrations/0001.sql")
    assert other_migrators(tmp_path) == ()


@pytest.mark.parametrize(("text", "found"), [("[tool.aerich]\n", ("Aerich",)), ("[tool.black]\n", ())])
def test_aerich_is_in_pyproject(text: str, found: tuple[str, ...], tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", text)
    assert other_migrators(tmp_path) == found


def test_all_signs_together_are_sorted(tmp_path: Path) -> None:
    for name in SIGNS:
        write(tmp_path, name)
    assert other_migrators(tmp_path) == tuple(sorted({tool for found in SIGNS.values() for tool in found}))


def test_no_folder_has_no_signs(tmp_path: Path) -> None:
    assert other_migrators(tmp_path / "nowhere") == ()
