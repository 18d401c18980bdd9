"""More small histories: dialects, guards, tables that are made anew, and what else code does."""

from __future__ import annotations

from migration_histories import BASE, Written

MEMBERS = """
    op.create_table(
        "members",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("team_id", sa.Integer(), primary_key=True),
        sa.Column("since", sa.Date()),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_members_team"),
    )
"""

MORE = [
    Written(
        "questions to the database",
        (
            BASE,
            """
            connection = op.get_bind()
            inspector = sa.inspect(connection)
            tables = set(inspector.get_table_names())
            if "logs" not in tables:
                op.create_table("logs", sa.Column("id", sa.Integer(), primary_key=True))
            if "users" not in tables:
                op.create_table("users", sa.Column("wrong", sa.Integer()))
            names = [column["name"] for column in inspector.get_columns("users")]
            if "email" not in names:
                op.add_column("users", sa.Column("email", sa.Text()))
            if "phone" not in names:
                op.add_column("users", sa.Column("phone", sa.Text()))
            if not has_index(connection, "users", "ix_users_phone"):
                op.create_index("ix_users_phone", "users", ["phone"])
            if any(key["referred_table"] == "teams" for key in inspector.get_foreign_keys("users")):
                op.create_index("ix_users_team_id", "users", ["team_id"])
            missing = {"a", "email"} - {column["name"] for column in sa.inspect(connection).get_columns("users")}
            for name in missing:
                op.add_column("users", sa.Column(name, sa.Text()))
            if sa.inspect(connection).has_table("teams") and not inspector.has_table("gone"):
                op.add_column("teams", sa.Column("size", sa.Integer()))
            """,
            """
            if sa.inspect(op.get_bind()).has_table("logs"):
                return
            op.drop_table("users")
            """,
        ),
        preludes={
            1: """
            def has_index(connection, table, name):
                return name in {index["name"] for index in sa.inspect(connection).get_indexes(table)}
            """
        },
    ),
    Written(
        "what depends on the database",
        (
            BASE,
            """
            if op.get_bind().dialect.name == "postgresql":
                op.execute("ALTER TABLE users ALTER COLUMN email DROP NOT NULL")
                op.create_table("only_postgresql", sa.Column("id", sa.Integer()))
            elif op.get_context().dialect.name in ("sqlite", "mysql"):
                with op.batch_alter_table("users") as batch_op:
                    batch_op.alter_column("email", nullable=True)
            else:
                raise NotImplementedError
            size = sa.BigInteger() if op.get_bind().engine.name != "sqlite" else sa.Integer()
            op.add_column("users", sa.Column("size", size))
            """,
        ),
    ),
    Written(
        "a table that is made anew",
        (
            BASE,
            """
            op.create_table(
                "users_new",
                sa.Column("id", sa.Integer(), primary_key=True),
                sa.Column("email", sa.Text(), nullable=False),
                sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id")),
            )
            op.execute("INSERT INTO users_new (id, email, team_id) SELECT id, email, team_id FROM users")
            op.drop_table("users")
            op.rename_table("users_new", "users")
            op.create_index("ix_users_email", "users", ["email"], unique=True)
            """,
        ),
    ),
    Written(
        "ways out",
        (
            BASE,
            """
            for name in ["a", "b", "c"]:
                if name == "c":
                    break
                try:
                    op.add_column("users", sa.Column(name, sa.Integer()))
                except Exception as error:
                    print(error)
                    op.drop_table("teams")
                finally:
                    op.create_index(f"ix_{name}", "users", [name])
            rows = op.get_bind().execute(sa.text("SELECT id FROM users")).fetchall()
            for row in rows:
                op.execute(sa.text("UPDATE users SET a = 1 WHERE id = :id").bindparams(id=row.id))
            while True:
                if not rows:
                    break
            if not rows:
                return
            """,
            """
            if _is_done("users"):
                return
            op.drop_column("users", "b")
            """,
            """
            if not _is_done("users"):
                raise ValueError("never")
            op.create_index("ix_end", "users", ["a", "b"])
            """,
        ),
        preludes=dict.fromkeys(
            (2, 3),
            """
            def _is_done(table):
                columns = {column["name"]: column for column in sa.inspect(op.get_bind()).get_columns(table)}
                if "a" in columns:
                    return columns["a"]["nullable"]
                return False
            """,
        ),
    ),
    Written(
        "primary keys",
        (
            BASE,
            """
            with op.batch_alter_table("users") as batch_op:
                batch_op.drop_constraint("pk_users", type_="primary")
                batch_op.create_primary_key("pk_users_two", ["id", "email"])
            """,
        ),
    ),
    Written(
        "tables as objects",
        (
            BASE,
            """
            key = sa.Column("id", sa.Integer(), primary_key=True)
            kinds = op.create_table("kinds", key, sa.Column("name", sa.Text()))
            op.bulk_insert(kinds, [{"id": 1, "name": "x"}])
            metadata = sa.MetaData()
            extra = sa.Table("extra", metadata, sa.Column("id", sa.Integer(), primary_key=True))
            extra.create(op.get_bind())
            sa.Table("teams_old", metadata, sa.Column("id", sa.Integer())).create(op.get_bind())
            sa.Table("teams_old", metadata, extend_existing=True).drop(op.get_bind())
            users = sa.table("users", sa.column("email"), sa.column("id"))
            op.execute(users.update().where(users.c.id == 1).values(email="x"))
            """,
        ),
    ),
    Written(
        "expressions in indexes",
        (
            BASE,
            """
            op.create_index("ix_down", "users", [sa.text("id DESC"), "email"])
            op.create_index("ix_where", "users", ["team_id"], sqlite_where=sa.text("team_id IS NOT NULL"), unique=True)
            op.create_index("ix_literal", "users", [sa.literal_column("email ASC")])
            op.create_index("ix_column", "users", [sa.column("team_id").desc()])
            """,
        ),
    ),
    Written(
        "what is taken away",
        (
            BASE + MEMBERS,
            """
            op.create_index("ix_members_since", "members", ["since", "team_id"])
            op.drop_index("ix_members_since")
            with op.batch_alter_table("members") as batch_op:
                batch_op.drop_constraint("fk_members_team", type_="foreignkey")
                batch_op.create_foreign_key("fk_members_t", "teams", ["team_id"], ["id"], ondelete="SET NULL")
            with op.batch_alter_table("users") as batch_op:
                batch_op.drop_index("ix_users_email")
                batch_op.drop_column("email")
            """,
            'op.drop_table("members")\nop.drop_table("users")',
        ),
    ),
    Written(
        "constants, enumerations and classes",
        (
            """
            op.create_table(
                Names.table,
                sa.Column("id", sa.Integer(), primary_key=True),
                sa.Column(Names.column, sa.Enum("a", "b", name="kind"), nullable=NULLABLE),
                *[sa.Column(f"{PREFIX}_{number}", sa.Integer()) for number in (1, 2)],
                **OPTIONS,
            )
            op.create_index("ix_%s_%s" % (Names.table, "kind"), Names.table, columns=[Names.column])
            op.create_index(op.f("ix_{}".format(PREFIX)), table_name=Names.table, columns=(f"{PREFIX}_1",))
            if FLAG and not (not FLAG or OTHER is not None):
                getattr(op, "add_column")(Names.table, column=sa.Column("flagged", sa.Boolean(), nullable=False))
            """,
        ),
        preludes={
            0: """
            PREFIX = "size"
            NULLABLE = False
            OPTIONS = {"sqlite_autoincrement": False}
            FLAG = True
            OTHER = None

            class Names:
                table = "things"
                column = "kind"
            """
        },
    ),
]
