"""Small histories of migrations, each with an idiom that is easy to misread; Alembic itself says what they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent

ENVIRONMENT = """\
from alembic import context
from sqlalchemy import MetaData

target_metadata = MetaData(naming_convention={convention})
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=target_metadata)
with context.begin_transaction():
    context.run_migrations()
"""

REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {parents}
branch_labels = None
depends_on = None
{prelude}

def upgrade():
{upgrade}


def downgrade():
{downgrade}
"""


@dataclass(frozen=True)
class Written:
    """A history: the body of each ``upgrade``; ``parents`` where they are not simply one after the other."""

    name: str
    upgrades: tuple[str, ...]
    downgrades: tuple[str, ...] = ()
    preludes: Mapping[int, str] = field(default_factory=dict)
    parents: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    convention: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write its files below a folder."""
        files = {"migrations/env.py": ENVIRONMENT.format(convention=dict(self.convention) or None)}
        for index, upgrade in enumerate(self.upgrades):
            downgrade = self.downgrades[index] if index < len(self.downgrades) else "pass"
            files[f"migrations/versions/r{index}.py"] = REVISION.format(
                id=f"r{index}",
                parents=self.parents.get(index, f'"r{index - 1}"' if index else "None"),
                prelude=dedent(self.preludes.get(index, "")),
                upgrade=indent(dedent(upgrade).strip("\n"), "    "),
                downgrade=indent(dedent(downgrade).strip("\n"), "    "),
            )
        for path, text in {**files, **self.files}.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")


TEAMS = """
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, unique=True),
    )
"""
USERS = """
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(80), nullable=False, index=True),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id", ondelete="CASCADE"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", "team_id", name="uq_users_email_team"),
        sa.CheckConstraint("id > 0", name="ck_users_id"),
        sa.Index("ix_users_team", "team_id", "id", unique=True),
    )
"""
BASE = TEAMS + USERS

HISTORIES = [
    Written("all that a table may have", (BASE,)),
    Written(
        "columns that bring an index",
        (
            BASE,
            """
            op.add_column("users", sa.Column("nick", sa.String(20), index=True))
            code = sa.Column("code", sa.String(20), index=True, unique=True, nullable=False, server_default="")
            op.add_column("users", code)
            op.drop_index(op.f("ix_users_email"), table_name="users")
            """,
        ),
    ),
    Written(
        "a batch of everything",
        (
            BASE,
            """
            with op.batch_alter_table("users", schema=None) as batch_op:
                batch_op.add_column(sa.Column("role", sa.Text(), nullable=False, server_default="user"))
                batch_op.alter_column("email", existing_type=sa.String(80), nullable=True, type_=sa.Text())
                batch_op.create_index(batch_op.f("ix_users_role"), ["role"], unique=False)
                batch_op.drop_index("ix_users_team")
                batch_op.create_unique_constraint("uq_users_role", ["role", "email"])
                batch_op.drop_constraint("uq_users_email_team", type_="unique")
            """,
            """
            with op.batch_alter_table("users") as batch:
                batch.alter_column("role", new_column_name="kind")
                batch.drop_column("team_id")
            """,
        ),
    ),
    Written(
        "constraints without a name",
        (
            BASE,
            """
            with op.batch_alter_table("users", naming_convention=CONVENTION) as batch_op:
                batch_op.drop_constraint("fk_users_team_id_teams", type_="foreignkey")
            """,
            """
            with op.batch_alter_table("teams", naming_convention=CONVENTION) as batch_op:
                batch_op.drop_constraint("uq_teams_name", type_="unique")
            """,
        ),
        preludes=dict.fromkeys(
            (1, 2),
            """
            CONVENTION = {
                "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
                "uq": "uq_%(table_name)s_%(column_0_name)s",
            }
            """,
        ),
    ),
    Written(
        "a naming convention of the metadata",
        (
            BASE,
            """
            with op.batch_alter_table("users") as batch_op:
                batch_op.drop_constraint("users_team_id_key_to_teams", type_="foreignkey")
            op.drop_index("idx_users_email")
            """,
        ),
        convention={
            "fk": "%(table_name)s_%(column_0_name)s_key_to_%(referred_table_name)s",
            "ix": "idx_%(column_0_label)s",
        },
    ),
    Written(
        "loops over what is written",
        (
            BASE,
            """
            for name in ("a", "b"):
                op.add_column("users", sa.Column(name, sa.Integer()))
            for number, (table, column) in enumerate([("users", "a"), ("teams", "id")]):
                if number == 1:
                    continue
                op.create_index(f"ix_{table}_{column}_{number}", table, [column])
            for table, columns in COLUMNS.items():
                with op.batch_alter_table(table) as batch_op:
                    [batch_op.add_column(sa.Column(column, kind)) for column, kind in columns.items()]
            for table, name in zip(COLUMNS, ["x", "y"]):
                op.add_column(table, sa.Column(name, sa.Date()))
            """,
        ),
        preludes={1: 'COLUMNS = {"users": {"c": sa.Date(), "d": sa.Text()}, "teams": {"e": sa.Boolean()}}'},
    ),
    Written(
        "what is renamed",
        (
            BASE,
            """
            op.rename_table("teams", "groups")
            with op.batch_alter_table("users") as batch_op:
                batch_op.alter_column("team_id", new_column_name="group_id", existing_type=sa.Integer())
            """,
            """
            with op.batch_alter_table("groups") as batch_op:
                batch_op.alter_column("name", new_column_name="title")
            op.create_index("ix_users_group", "users", ["group_id"])
            """,
        ),
    ),
    Written(
        "branches that are merged",
        (
            BASE,
            'op.add_column("users", sa.Column("left", sa.Integer()))',
            'op.add_column("users", sa.Column("right", sa.Integer()))',
            "pass",
            'op.create_index("ix_both", "users", ["left", "right"])',
        ),
        parents={2: '"r0"', 3: '("r1", "r2")'},
    ),
    Written(
        "DDL as text",
        (
            "op.execute('''CREATE TABLE teams (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE)''')",
            """
            op.execute(sa.text(CREATE))
            connection = op.get_bind()
            connection.execute(sa.text("CREATE UNIQUE INDEX IF NOT EXISTS uq_code ON users (code)"))
            connection.exec_driver_sql("ALTER TABLE users ADD COLUMN size INTEGER NOT NULL DEFAULT 0")
            op.execute("UPDATE users SET size = 1")
            """,
            """
            op.execute("ALTER TABLE users RENAME COLUMN code TO token;")
            op.execute("ALTER TABLE teams RENAME TO groups")
            op.execute(INDEX)
            op.execute("DROP INDEX ix_size")
            for table in ["old"]:
                op.execute(f"DROP TABLE IF EXISTS {table}")
            """,
        ),
        preludes={
            1: """
            CREATE = \"\"\"
                CREATE TABLE users (
                    id INTEGER NOT NULL,
                    code VARCHAR(20),
                    team_id INTEGER REFERENCES teams (id) ON DELETE CASCADE,
                    other_id INTEGER,
                    PRIMARY KEY (id),
                    UNIQUE (code, team_id),
                    FOREIGN KEY (other_id) REFERENCES teams
                )
            \"\"\"
            """,
            2: 'INDEX = "CREATE INDEX ix_size ON users (size)"',
        },
    ),
    Written(
        "helpers of the project",
        (
            BASE,
            """
            helpers.add_timestamps(op, "users")
            helpers.index("users", "created_at")
            op.create_table("notes", *helpers.columns(), sa.Column("text", sa.Text()))
            with helpers.rows_kept("notes") as table:
                _add(table, "author_id", nullable=False)
            """,
        ),
        preludes={
            1: """
            from migration_helpers import columns
            import migration_helpers as helpers

            def _add(table, name, **options):
                op.add_column(table, sa.Column(name, sa.Integer(), server_default="0", **options))
            """
        },
        files={
            "migration_helpers.py": """
            from contextlib import contextmanager

            import sqlalchemy as sa
            from alembic import op

            def columns():
                return [sa.Column("id", sa.Integer(), primary_key=True), sa.Column("at", sa.DateTime(), nullable=False)]

            def add_timestamps(op, table, names=("created_at", "updated_at")):
                for name in names:
                    op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))

            def index(table, *columns, unique=False):
                op.create_index("_".join(["ix", table, *columns]), table, list(columns), unique=unique)

            @contextmanager
            def rows_kept(table):
                op.execute("PRAGMA foreign_keys=OFF")
                yield table
                op.execute("PRAGMA foreign_keys=ON")
            """
        },
    ),
]
