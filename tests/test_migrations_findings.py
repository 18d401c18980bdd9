"""What is wrong with migrations: columns without a value for the rows that exist, downgrades that undo too little."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbreview.project import IrreversibleMigration, Project, RequiredColumn
from migration_histories import BASE, Written
from replaying import project_in

ADD = 'op.add_column("users", sa.Column("a", sa.Integer(), nullable=False))'

# --- columns without a value --------------------------------------------------------------


def required(project: Project) -> list[tuple[str, str, str]]:
    return [(each.table, each.column, each.confidence) for each in project.required_columns]


def project_of(tmp_path: Path, *upgrades: str, dialect: str | None = None) -> Project:
    Written("", upgrades).write(tmp_path)
    return project_in(tmp_path, dialect)


@pytest.mark.parametrize(
    "upgrade",
    [
        'op.add_column("users", sa.Column("a", sa.Integer(), nullable=False))',
        'op.add_column("users", sa.Column("a", sa.Integer(), nullable=False, default=1))',
        'op.add_column("users", sa.Column("a", sa.Integer(), nullable=False, server_default=None))',
        'with op.batch_alter_table("users") as b:\n    b.add_column(sa.Column("a", sa.Integer(), nullable=False))',
        'op.execute("ALTER TABLE users ADD COLUMN a INTEGER NOT NULL")',
        'for name in ["a"]:\n    op.add_column("users", sa.Column(name, sa.Integer(), nullable=False))',
    ],
)
def test_a_column_without_a_value_for_the_rows(tmp_path: Path, upgrade: str) -> None:
    project = project_of(tmp_path, BASE, upgrade)
    assert required(project) == [("users", "a", "high")]
    (found,) = project.required_columns
    assert isinstance(found, RequiredColumn)
    assert found.created_at is not None
    assert found.at.filename == "migrations/versions/r1.py"


@pytest.mark.parametrize(
    "upgrade",
    [
        'op.add_column("users", sa.Column("a", sa.Integer(), nullable=False, server_default="0"))',
        'op.add_column("users", sa.Column("a", sa.Integer(), sa.Identity(), nullable=False))',
        'op.add_column("users", sa.Column("a", sa.Integer(), sa.Computed("id + 1"), nullable=False))',
        'op.add_column("users", sa.Column("a", sa.Integer(), primary_key=True))',
        'op.add_column("users", sa.Column("a", sa.Integer(), nullable=is_nullable()))',
        f'op.execute("DELETE FROM users")\n{ADD}',
        f'op.execute("TRUNCATE TABLE users CASCADE")\n{ADD}',
        'op.create_table("users", sa.Column("id", sa.Integer()))\n' + ADD,
        'op.execute("ALTER TABLE users ADD COLUMN a BIGSERIAL NOT NULL")',
        'op.alter_column("users", "email", nullable=False)',
    ],
)
def test_a_column_with_a_value_for_the_rows(tmp_path: Path, upgrade: str) -> None:
    assert required(project_of(tmp_path, BASE, upgrade)) == []


def test_a_column_that_is_made_not_null_before_it_is_filled(tmp_path: Path) -> None:
    add = 'op.add_column("users", sa.Column("a", sa.Integer()))\n'
    alter = 'op.alter_column("users", "a", nullable=False)'
    assert required(project_of(tmp_path / "bad", BASE, add + alter)) == [("users", "a", "medium")]
    filled = add + 'op.execute("UPDATE users SET a = 1")\n' + alter
    assert required(project_of(tmp_path / "good", BASE, filled)) == []
    assert required(project_of(tmp_path / "later", BASE, add, alter)) == []


def test_a_column_that_is_filled_row_by_row_if_there_are_rows(tmp_path: Path) -> None:
    upgrade = """
    op.add_column("users", sa.Column("a", sa.Integer()))
    rows = op.get_bind().execute(sa.text("SELECT id FROM users"))
    if rows:
        rows = rows.fetchall()
    else:
        rows = []
    for row in rows:
        op.get_bind().execute(sa.text("UPDATE users SET a = :a WHERE id = :id").bindparams(a=1, id=row.id))
    op.alter_column("users", "a", nullable=False)
    """
    assert required(project_of(tmp_path, BASE, upgrade)) == []


def test_mysql_fills_such_columns_by_itself(tmp_path: Path) -> None:
    upgrade = 'op.add_column("users", sa.Column("a", sa.Integer(), nullable=False))'
    assert required(project_of(tmp_path, BASE, upgrade, dialect="mysql")) == [("users", "a", "low")]


# --- downgrades ---------------------------------------------------------------------------


def left(tmp_path: Path, upgrade: str, downgrade: str) -> list[tuple[str, ...]]:
    Written("", (BASE, upgrade), ('op.drop_table("users")\nop.drop_table("teams")', downgrade)).write(tmp_path)
    project = project_in(tmp_path)
    assert all(isinstance(each, IrreversibleMigration) for each in project.irreversible_migrations)
    return [each.left for each in project.irreversible_migrations]


@pytest.mark.parametrize(
    ("upgrade", "downgrade", "expected"),
    [
        ('op.create_table("t", sa.Column("id", sa.Integer()))', "pass", ["the table `t`"]),
        ('op.add_column("users", sa.Column("a", sa.Integer()))', "pass", ["the column `users.a`"]),
        ('op.drop_column("users", "email")', "pass", ["the loss of the column `users.email`"]),
        ('op.drop_table("users")', "pass", ["the loss of the table `users`"]),
        ('op.alter_column("users", "email", nullable=True)', "pass", ["the change of `users.email`"]),
        ('op.create_index("ix_a", "users", ["id"])', "op.f('')", ["the index `ix_a`"]),
        ('op.drop_index("ix_users_team")', "pass", ["the loss of the index `ix_users_team`"]),
        (
            'op.add_column("users", sa.Column("a", sa.Integer()))\nop.create_index("ix_a", "users", ["a"])',
            'op.drop_index("ix_a")',
            ["the column `users.a`"],
        ),
    ],
)
def test_a_downgrade_that_leaves_something(tmp_path: Path, upgrade: str, downgrade: str, expected: list[str]) -> None:
    assert left(tmp_path, upgrade, downgrade) == [tuple(expected)]


@pytest.mark.parametrize(
    ("upgrade", "downgrade"),
    [
        ('op.add_column("users", sa.Column("a", sa.Integer()))', 'op.drop_column("users", "a")'),
        ('op.rename_table("users", "people")', 'op.rename_table("people", "users")'),
        (
            'op.alter_column("users", "email", new_column_name="mail")',
            'op.alter_column("users", "mail", new_column_name="email")',
        ),
        ('op.add_column("users", sa.Column("a", sa.Integer()))', 'raise NotImplementedError("the values are gone")'),
        (
            'op.add_column("users", sa.Column("a", sa.Integer()))',
            '"""Nothing to undo: older code ignores the column."""',
        ),
        ('op.add_column("users", sa.Column("a", sa.Integer()))', "undo(op)\nop.execute(statement())"),
        ('op.execute("UPDATE users SET email = lower(email)")', "pass"),
        ("pass", "pass"),
    ],
)
def test_a_downgrade_that_leaves_nothing(tmp_path: Path, upgrade: str, downgrade: str) -> None:
    assert left(tmp_path, upgrade, downgrade) == []
