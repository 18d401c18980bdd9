"""Migrations: which files make a history, what is read of them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from dbreview.project import BrokenChain, History, Project
from migration_histories import BASE, Written
from replaying import project_in, replayed

REVISION = """
from alembic import op
import sqlalchemy as sa

revision = "{id}"
down_revision = {parents}
{more}

def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
"""


def revision(
    name: str, parents: str | None = None, *, upgrade: str = "pass", downgrade: str = "pass", more: str = ""
) -> str:
    """The text of one revision; ``parents`` is source, unless it is a plain id."""
    source = repr(parents) if parents is None or "(" not in parents else parents
    return REVISION.format(id=name, parents=source, upgrade=upgrade, downgrade=downgrade, more=more)


def written(folder: Path, files: Mapping[str, str], dialect: str | None = None) -> Project:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    return project_in(folder, dialect)


def history(tmp_path: Path, *upgrades: str, dialect: str | None = None) -> History:
    Written("", upgrades).write(tmp_path)
    return replayed(tmp_path, dialect)


# --- chains -------------------------------------------------------------------------------


def test_a_history_runs_parents_first_whatever_the_names(tmp_path: Path) -> None:
    project = written(
        tmp_path,
        {
            "alembic/versions/a.py": revision("a3", '("b2", "c2")'),
            "alembic/versions/b.py": revision("b2", "z1"),
            "alembic/versions/c.py": revision("c2", "z1"),
            "alembic/versions/z.py": revision("z1"),
        },
    )
    (found,) = project.histories
    assert [each.id for each in found.revisions] == ["z1", "b2", "c2", "a3"]
    assert found.heads == ("a3",)
    assert (found.folder, found.tool) == ("alembic/versions", "alembic")
    assert project.broken_chains == ()


def test_folders_whose_revisions_follow_each_other_are_one_history(tmp_path: Path) -> None:
    project = written(
        tmp_path,
        {
            "migrations/versions/2023/a.py": revision("a"),
            "migrations/versions/2024/b.py": revision("b", "a"),
            "other/versions/c.py": revision("a"),
        },
    )
    assert [(each.folder, len(each.revisions)) for each in project.histories] == [
        ("migrations/versions", 2),
        ("other/versions", 1),
    ]
    assert project.broken_chains == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "alembic.ini",
            "[alembic]\nscript_location = %(here)s/db\nversion_locations = db/core:db/billing\npath_separator = os",
        ),
        ("alembic.ini", "[alembic]\nscript_location = db\nversion_locations = %(here)s/db/core, db/billing"),
        (
            "pyproject.toml",
            '[tool.alembic]\nscript_location = "db"\nversion_locations = ["%(here)s/db/core", "db/billing"]',
        ),
    ],
)
def test_a_configuration_puts_folders_together(tmp_path: Path, name: str, text: str) -> None:
    project = written(
        tmp_path,
        {
            name: text,
            "db/env.py": "from alembic import context",
            "db/core/a.py": revision("a"),
            "db/billing/b.py": revision("b"),
        },
    )
    (found,) = project.histories
    assert (found.folder, found.heads) == ("db", ("b", "a"))
    assert project.broken_chains == ()  # each has a place of its own


def test_folders_of_databases_are_replayed_for_theirs(tmp_path: Path) -> None:
    project = written(
        tmp_path,
        {
            "versions/sqlite/a.py": revision("a", upgrade="pass"),
            "versions/postgresql/b.py": revision("b", upgrade="pass"),
        },
    )
    assert [each.dialect for each in project.histories] == ["postgresql", "sqlite"]


def problems(project: Project) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.at.filename, each.problem, each.names) for each in project.broken_chains]


def test_what_breaks_a_chain(tmp_path: Path) -> None:
    heads = {"a/1.py": revision("a1"), "a/2.py": revision("a2", "a1"), "a/3.py": revision("a3", "a1")}
    missing = {"b/1.py": revision("b1", "b0"), "b/2.py": revision("b2", "b1")}
    repeated = {"c/1.py": revision("c1"), "c/2.py": revision("c2", "c1"), "c/3.py": revision("c2", "c1")}
    cycle = {"d/1.py": revision("d1", "d2"), "d/2.py": revision("d2", "d1")}
    project = written(tmp_path, heads | missing | repeated | cycle)
    assert problems(project) == [
        ("a/3.py", "heads", ("a2", "a3")),
        ("b/1.py", "missing parent", ("b0", "b1")),
        ("c/3.py", "repeated", ("c2",)),
        ("d/1.py", "cycle", ("d1", "d2")),
    ]
    lines = [(tmp_path / each.at.filename).read_text().splitlines()[each.at.line - 1] for each in project.broken_chains]
    assert [line.partition(" ")[0] for line in lines] == ["revision", "down_revision", "revision", "down_revision"]


def test_what_breaks_no_chain(tmp_path: Path) -> None:
    labels = 'branch_labels = ("billing",)'
    project = written(
        tmp_path,
        {
            "a/1.py": revision("a1"),
            "a/2.py": revision("a2", "a1", more='depends_on = "billing"'),
            "a/3.py": revision("a3", "a1", more=labels),
            "b/1.py": revision("b1", "not there"),
            "b/2.py": "revision = made()\ndown_revision = None\n",
            "tests/versions/1.py": revision("t1", "not there"),
        },
    )
    assert project.broken_chains == ()


def test_heads_that_the_project_runs_all_are_meant(tmp_path: Path) -> None:
    project = written(
        tmp_path,
        {
            "a/1.py": revision("a1"),
            "a/2.py": revision("a2"),
            "app/start.py": 'from alembic import command\n\ndef run(config):\n    command.upgrade(config, "heads")\n',
        },
    )
    (found,) = project.broken_chains
    assert isinstance(found, BrokenChain)
    assert found.confidence == "low"


# --- reading ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upgrade", "reason"),
    [
        ("op.add_column(somewhere(), sa.Column('a', sa.Integer()))", "the table of add_column"),
        ("op.add_column('users', column())", "the column that is added"),
        ("op.create_index('ix', 'users', columns())", "the columns of an index"),
        ("op.execute(statement())", "SQL that is not constant"),
        ("op.execute(f'ALTER TABLE {name()} ADD COLUMN x INT')", "SQL that is not constant"),
        ("op.execute('ALTER TABLE users FROBNICATE')", "SQL that cannot be parsed"),
        ("op.invent_something('users')", "op.invent_something"),
        ("Base.metadata.create_all(op.get_bind())", "create_all of a metadata"),
        ("from somewhere import add_audit\nadd_audit(op, 'users')", "a function that is not known"),
    ],
)
def test_what_is_not_read_is_counted(tmp_path: Path, upgrade: str, reason: str) -> None:
    found = history(tmp_path, BASE, upgrade)
    assert (found.read, found.unread) == (2, 1)
    assert [each for _, each in found.reasons] == [reason]


def test_statements_on_rows_are_no_operations(tmp_path: Path) -> None:
    upgrade = """
    op.execute(f"UPDATE users SET a = {value()}")
    op.execute("GRANT SELECT ON users TO someone")
    op.execute(users.update().where(users.c.id == 1))
    op.execute(sa.select(sa.func.setval("users_id_seq", 1)))
    """
    found = history(tmp_path, BASE, upgrade)
    assert (found.read, found.unread) == (2, 0)


def test_of_two_ways_that_nobody_can_decide_that_one_is_taken_which_does_something(tmp_path: Path) -> None:
    upgrade = """
    rows = op.get_bind().execute(sa.text("SELECT 1 FROM information_schema.columns"))
    if not rows.fetchone():
        op.add_column("users", sa.Column("a", sa.Integer()))
    if rows.rowcount:
        op.add_column("users", sa.Column("b", sa.Integer()))
    else:
        op.add_column("users", sa.Column("c", sa.Integer()))
        op.create_index("ix_c", "users", ["c"])
    """
    found = history(tmp_path, BASE, upgrade)
    users = next(table for table in found.tables if table.name == "users")
    assert [column.name for column in users.columns][-2:] == ["a", "c"]
    assert (found.read, found.unread) == (5, 1)


def test_a_table_of_before_the_first_migration_is_not_fully_known(tmp_path: Path) -> None:
    found = history(tmp_path, 'op.create_index("ix_old", "old", ["name"])')
    (table,) = found.tables
    assert not table.is_fully_known
    assert [index.columns for index in table.indexes] == [("name",)]


def test_blocks_of_postgresql_are_taken_for_done(tmp_path: Path) -> None:
    upgrade = '''
    op.execute("""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_indexes WHERE indexname = 'ix_a') THEN
                CREATE INDEX ix_a ON users (email);
            END IF;
        END $$;
    """)
    op.execute("CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN DROP TABLE users; END $$ LANGUAGE plpgsql")
    '''
    found = history(tmp_path, BASE, upgrade, dialect="postgresql")
    users = next(table for table in found.tables if table.name == "users")
    assert "ix_a" in {index.name for index in users.indexes}
