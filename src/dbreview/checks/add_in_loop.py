"""The check behind rules/add-in-loop.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks import _writes
from dbreview.finding import Finding, Note
from dbreview.project import Project, RepeatedWrite

_GENERATED = frozenset({"Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "SMALLINT"})
"""Types of keys that MySQL numbers itself."""

_MYSQL = frozenset({"mysql"})
_BATCHING_DRIVERS = frozenset({"psycopg2", "psycopg2-binary"})
"""The drivers for which SQLAlchemy 1.4 sends many new objects together."""


def check(project: Project) -> Iterator[Finding]:
    """Objects that a loop adds one by one, with the commit behind it."""
    for write in project.repeated_writes:
        if write.kind == "add":
            effect = _effect(project, write)
            yield Finding(
                at=write.at,
                message=f"{_added(write)} in each pass of this loop{effect}",
                help=_help(project, write),
                notes=tuple(_notes(write)),
                confidence=write.confidence if effect or write.at == write.write_at else "low",
            )


def _added(write: RepeatedWrite) -> str:
    entity = _writes.entity(write)
    return f"a `{entity}` is added" if entity is not None else "an object is added"


def _effect(project: Project, write: RepeatedWrite) -> str:
    if write.query_between is not None:
        return ", and a query flushes it before the next one: each row is an INSERT of its own"
    if _is_numbered_by_mysql(project, write):
        return ", and MySQL gets each row as an INSERT of its own"
    if _is_before_batches(project):
        return ", and SQLAlchemy 1.4 sends each row as an INSERT of its own"
    return ""


def _help(project: Project, write: RepeatedWrite) -> str:
    owner, _, _ = write.what.rpartition(".")
    session, entity = owner or "session", _writes.entity(write) or "X"
    if write.query_between is not None:
        return (
            f"Ask before the loop, for all items with one statement, and give the list to `{session}.add_all(...)`; "
            f"or put the loop under `with {session}.no_autoflush:`."
        )
    if _is_numbered_by_mysql(project, write) or _is_before_batches(project):
        execute = f"{'await ' if write.is_async else ''}{session}.execute"
        return (
            f"Where no object is needed afterwards, give a list of dicts: `if rows: {execute}(insert({entity}), rows)`."
        )
    return f"`{session}.add_all([...])` says that they belong together; the statements are the same."


def _notes(write: RepeatedWrite) -> Iterator[Note]:
    if write.query_between is not None:
        yield Note("this query flushes what was added before it", write.query_between)
    yield from _writes.notes(write, "it is added here", "the same loop adds here, too")


def _is_numbered_by_mysql(project: Project, write: RepeatedWrite) -> bool:
    """Whether the database is MySQL for sure, which cannot return the keys that it gives to many rows."""
    model = _writes.model(project, write)
    key = model.columns[name] if model is not None and (name := _writes.key(model)) is not None else None
    is_numbered = key is not None and key.type is not None and key.type.name in _GENERATED
    return is_numbered and project.dialects == _MYSQL


def _is_before_batches(project: Project) -> bool:
    """Whether the project's SQLAlchemy is too old to send many objects together to its database."""
    versions = project.conventions.versions.get("sqlalchemy")
    is_old = versions is not None and not versions.may_reach((2,))
    return is_old and _BATCHING_DRIVERS.isdisjoint(project.conventions.dependencies)
