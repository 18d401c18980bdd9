"""The check behind rules/schema-without-migrations.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, SchemaCreation

_WHEN = {
    "import": "when its module is imported",
    "startup": "when the server starts",
    "request": "while a request is answered",
}
_RUNS = {"startup": "runs when the server starts", "request": "runs for a request"}


def check(project: Project) -> Iterator[Finding]:
    """Tables that the server makes from its models."""
    for creation in project.schema_creations:
        yield Finding(
            at=creation.at,
            message=_message(creation),
            help=_help(creation),
            notes=tuple(_notes(creation)),
            confidence=creation.confidence,
        )


def _message(creation: SchemaCreation) -> str:
    makes = f"`{creation.maker}` makes the tables {_WHEN[creation.when]}"
    if creation.folder is None:
        return (
            f"{makes}, and no migration changes them: the next column of `{creation.example}` will be missing in "
            f"`{creation.table}`, and every query of it will fail"
        )
    if not creation.is_begun:
        return (
            f"{makes}, which is what migrations in `{creation.folder}` are for: there is none yet, and the first one "
            "will be empty, because the tables that it should make are there already"
        )
    return (
        f"{makes}, which is what the migrations in `{creation.folder}` do: where it comes first, the migration that "
        f"makes `{creation.table}` fails, because the table is there already"
    )


def _help(creation: SchemaCreation) -> str:
    if creation.orm == "tortoise":
        first = "`tortoise init` and `tortoise makemigrations` write the first"
        is_call = creation.maker.endswith("generate_schemas")
        run, leave = "`tortoise migrate` (or Aerich)", "delete this call" if is_call else "leave out `generate_schemas`"
    else:
        base = creation.maker.removesuffix(".create_all")
        first = (
            f"`alembic init migrations`, `target_metadata = {base}` in `migrations/env.py`, and `alembic revision "
            "--autogenerate` on an empty database write the first"
        )
        run, leave = "`alembic upgrade head`", "delete this call"
    if creation.folder is not None:
        return f"Run {run} before the server starts, and {leave}."
    return f"Let migrations make the tables: {first}. Run {run} before the server starts, and {leave}."


def _notes(creation: SchemaCreation) -> Iterator[Note]:
    if creation.by_at is not None:
        yield Note(f"`{creation.by}` {_RUNS.get(creation.when, 'leads here')}", creation.by_at)
    for place in creation.calls:
        yield Note("the way leads here", place)
    for place in creation.others:
        yield Note("the same tables are made here", place)
