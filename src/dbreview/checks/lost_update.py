"""The check behind rules/lost-update.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import LostUpdate, Project


def check(project: Project) -> Iterator[Finding]:
    """Columns that are computed in Python from what they held when their row was read."""
    for update in project.lost_updates:
        yield Finding(
            at=update.at,
            message=f"`{_column(update)}` is computed from a value read before: "
            "of two requests that do so at the same time, one is lost",
            help=_help(update),
            notes=tuple(_notes(update)),
            confidence=update.confidence,
        )


def _column(update: LostUpdate) -> str:
    return f"{update.model}.{update.attribute}"


def _help(update: LostUpdate) -> str:
    column = _column(update)
    if update.query is not None and update.query.orm == "tortoise":
        return _help_for_tortoise(update)
    if update.query is not None and update.query.is_sql:
        return _help_for_sql(update)
    computed = f"{column} {update.operator} ..." if update.operator is not None else f"{column} ..."
    statement = f"`update({update.model}).where(...).values({update.attribute}={computed})`"
    assignment = f"`{update.target} = {computed}`, or " if update.target is not None else ""
    return (
        f"Let the database compute it, from the column: {assignment}{statement}. "
        "Where Python has to decide first, read the row with `with_for_update()`."
    )


def _help_for_tortoise(update: LostUpdate) -> str:
    operator = (update.operator or "+").removesuffix("=")
    computed = f'{update.attribute}=F("{update.attribute}") {operator} ...'
    return (
        f"Let the database compute it: `await {update.model}.filter(...).update({computed})`. "
        "Where Python has to decide first, read the row with `select_for_update()` in a transaction."
    )


def _help_for_sql(update: LostUpdate) -> str:
    column = update.attribute
    return (
        f"Let the database compute it: `UPDATE {update.model} SET {column} = {column} + ... WHERE ...`. "
        "Where Python has to decide first, end the SELECT with `FOR UPDATE`, or on SQLite begin with `BEGIN IMMEDIATE`."
    )


def _notes(update: LostUpdate) -> Iterator[Note]:
    if update.query is not None and update.query.at != update.at:
        yield Note("the row is read here, without a lock", update.query.at)
    if update.route is not None:
        yield Note(f"the route `{update.route.function}` leads here", update.route.at)
