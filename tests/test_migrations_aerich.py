"""The migrations that Aerich writes: in which order they run, and what they make."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbreview.project import Project
from replaying import project_in

MIGRATION = '''
from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """{upgrade}"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """{downgrade}"""


MODELS_STATE = ("eJztmm1v2jgcwL8K4lVP6k")
'''
MODELS = """
from tortoise import fields
from tortoise.models import Model


class Team(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "teams"


class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=80)
    team = fields.ForeignKeyField("models.Team")

    class Meta:
        table = "users"
"""
POSTGRESQL = """
CREATE TABLE IF NOT EXISTS "teams" (
    "id" SERIAL NOT NULL PRIMARY KEY
);
CREATE TABLE IF NOT EXISTS "users" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "email" VARCHAR(80) NOT NULL UNIQUE,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "team_id" INT NOT NULL REFERENCES "teams" ("id") ON DELETE CASCADE
);
COMMENT ON COLUMN "users"."email" IS 'a; b';
"""
MYSQL = """
CREATE TABLE IF NOT EXISTS `teams` (
    `id` INT NOT NULL PRIMARY KEY AUTO_INCREMENT
) CHARACTER SET utf8mb4;
CREATE TABLE IF NOT EXISTS `users` (
    `id` INT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    `email` VARCHAR(80) NOT NULL UNIQUE,
    `created_at` DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    `team_id` INT NOT NULL,
    CONSTRAINT `fk_users_teams_4fd7e7e1` FOREIGN KEY (`team_id`) REFERENCES `teams` (`id`) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COMMENT='x';
"""
SQLITE = """
CREATE TABLE IF NOT EXISTS "teams" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL
);
CREATE TABLE IF NOT EXISTS "users" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "email" VARCHAR(80) NOT NULL UNIQUE,
    "created_at" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "team_id" INT NOT NULL REFERENCES "teams" ("id") ON DELETE CASCADE
);
"""


def read(folder: Path, *migrations: tuple[str, str]) -> Project:
    """Migrations by their number, with models beside them."""
    path = folder / "migrations" / "models"
    path.mkdir(parents=True)
    for number, (upgrade, downgrade) in enumerate(migrations):
        text = MIGRATION.format(upgrade=upgrade, downgrade=downgrade)
        (path / f"{number}_20240101_step.py").write_text(text, encoding="utf-8")
    (folder / "models.py").write_text(MODELS, encoding="utf-8")
    return project_in(folder)


@pytest.mark.parametrize(
    ("dialect", "first", "index"),
    [
        ("postgresql", POSTGRESQL, 'CREATE INDEX "idx_users_team" ON "users" ("team_id");'),
        ("mysql", MYSQL, "ALTER TABLE `users` ADD INDEX `idx_users_team` (`team_id`);"),
        ("sqlite", SQLITE, 'CREATE INDEX "idx_users_team" ON "users" ("team_id");'),
    ],
)
def test_the_sql_of_each_database_is_read(tmp_path: Path, dialect: str, first: str, index: str) -> None:
    project = read(tmp_path, (first, ""), (index, ""))
    (history,) = project.histories
    assert (history.tool, history.folder, history.dialect) == ("aerich", "migrations/models", dialect)
    assert (history.read, history.unread, history.reasons) == (3, 0, ())
    users = next(table for table in history.tables if table.name == "users")
    assert [(column.name, column.is_nullable) for column in users.columns] == [
        ("id", False),
        ("email", False),
        ("created_at", False),
        ("team_id", False),
    ]
    assert [(key.columns, key.target, key.on_delete) for key in users.foreign_keys] == [
        (("team_id",), ("teams.id",), "CASCADE")
    ]
    assert [unique.columns for unique in users.uniques] == [("email",)]
    assert [each.columns for each in users.indexes] == [("team_id",)]
    model = next(table for table in project.tables if table.name == "users")
    assert model.is_indexed(("team_id",))
    assert model.is_indexed(("email",))


def test_the_tenth_comes_after_the_second(tmp_path: Path) -> None:
    steps = [(f'ALTER TABLE "users" ADD "a{number}" INT;', "") for number in range(1, 12)]
    project = read(tmp_path, (POSTGRESQL, ""), *steps)
    users = next(table for table in project.histories[0].tables if table.name == "users")
    assert [column.name for column in users.columns][-2:] == ["a10", "a11"]
    assert project.roles["migrations/models/0_20240101_step.py"] == "migration"


def test_what_is_dropped_is_gone(tmp_path: Path) -> None:
    project = read(
        tmp_path,
        (POSTGRESQL + 'CREATE INDEX "idx_users_team" ON "users" ("team_id");', ""),
        ('DROP INDEX IF EXISTS "idx_users_team"; ALTER TABLE "users" DROP CONSTRAINT "users_email_key";', ""),
    )
    model = next(table for table in project.tables if table.name == "users")
    assert not model.is_indexed(("team_id",))
    assert not model.is_indexed(("email",))


def test_columns_without_a_value_and_downgrades(tmp_path: Path) -> None:
    project = read(
        tmp_path,
        (POSTGRESQL, 'DROP TABLE IF EXISTS "users"; DROP TABLE IF EXISTS "teams";'),
        ('ALTER TABLE "users" ADD "age" INT NOT NULL;', ""),
        ('ALTER TABLE "users" ADD "size" INT NOT NULL DEFAULT 0;', 'ALTER TABLE "users" DROP COLUMN "size";'),
    )
    assert [(each.table, each.column) for each in project.required_columns] == [("users", "age")]
    assert [(each.revision, each.left) for each in project.irreversible_migrations] == [
        ("1_20240101_step", ("the column `users.age`",))
    ]
    assert project.broken_chains == ()
