"""The check behind rules/row-by-row-write.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks import _writes
from dbreview.finding import Confidence, Finding
from dbreview.project import Model, Project, Relationship, RepeatedWrite

_SAYS = {
    "insert": ("one row is inserted", "one row is inserted into `{}`"),
    "update": ("an UPDATE runs", "`{}` is updated"),
    "delete": ("a DELETE runs", "a DELETE of `{}` runs"),
    "delete object": ("a loaded row is deleted", "a loaded `{}` is deleted"),
    "merge": ("`merge` asks for a row and writes it,", "`merge` asks for a `{}` and writes it,"),
}


def check(project: Project) -> Iterator[Finding]:
    """Statements that write, and rows that are deleted or merged, once per pass of a loop."""
    for write in project.repeated_writes:
        if write.kind in _SAYS:
            unnamed, named = _SAYS[write.kind]
            entity = _writes.entity(write)
            what = named.format(entity) if entity is not None else unnamed
            yield Finding(
                at=write.at,
                message=f"{what} once for each pass of this loop",
                help=_help(project, write),
                notes=tuple(_writes.notes(write, "the write runs here", "the same loop writes here, too")),
                confidence=_confidence(write),
            )


def _confidence(write: RepeatedWrite) -> Confidence:
    """A session sends the DELETEs of its objects together, and perhaps others with them: loading is what they cost."""
    return "low" if write.kind == "delete object" else write.confidence


def _is_alone(model: Model | None) -> bool:
    """Whether deleting an object of this class deletes one row, and does nothing to what it is related to."""
    if model is None or not model.is_fully_known or model.table is None or model.table.parent is not None:
        return False
    return all(map(_leaves_alone, model.relationships.values()))


def _leaves_alone(relationship: Relationship) -> bool:
    cascade = relationship.cascade
    is_upwards = relationship.direction == "MANYTOONE" and cascade is not None and cascade.isdisjoint({"all", "delete"})
    return is_upwards or relationship.is_view_only


def _help(project: Project, write: RepeatedWrite) -> str:
    entity, model = _writes.entity(write) or "X", _writes.model(project, write)
    key = _writes.key(model)
    if write.orm == "tortoise":
        return _help_for_tortoise(write, entity, key or "id")
    execute = _execute(write)
    if write.is_sql:
        many = f"`{execute}many(statement, rows)`"
        both = f"`if rows: {execute}(statement, rows)` with SQLAlchemy, {many} with a driver's own connection"
        return f"Collect the parameters, and pass them together: {many if _is_cursor(write) else both}."
    match write.kind:
        case "insert":
            keys = f"; for their keys, add `.returning({entity}.{key}, sort_by_parameter_order=True)`" if key else ""
            return f"Collect the rows as dictionaries, and write `if rows: {execute}(insert({entity}), rows)`{keys}."
        case "update":
            rows = f'[{{"{key or "id"}": ..., ...}}, ...]'
            return (
                f"The same values for all: {_together(write, entity, '.values(...)')}. "
                f"Values for each, by primary key: `{execute}(update({entity}), {rows})`."
            )
        case "delete":
            return f"Collect the keys, and delete all rows with {_together(write, entity)}."
        case "delete object":
            together = f"`{execute}(delete({entity}).where(...))`, with the conditions of the query"
            only = "" if _is_alone(model) else ", if nothing is to be deleted with them"
            return f"Delete them without loading them{only}: {together}."
        case _:
            found = f"`select({entity}).where({entity}.{key}.in_(...))`" if key is not None else "`select()` with `IN`"
            return (
                f"Fetch those that are there with one {found} and change them; "
                f"or write all with one `insert({entity})` and its `on_conflict_do_update`."
            )


def _help_for_tortoise(write: RepeatedWrite, entity: str, key: str) -> str:
    match write.kind:
        case "insert":
            is_upsert = write.what.endswith("or_create")
            given = "objects, ignore_conflicts=True" if is_upsert else "objects"
            return f"Collect the objects, and write them with one `await {entity}.bulk_create({given})`."
        case "update":
            same = f"`await {entity}.filter({key}__in=keys).update(...)`"
            each = f"`await {entity}.bulk_update(objects, fields=[...])`"
            return f"The same values for all: one {same}. Values for each: one {each}."
        case _:
            return f"Collect the keys, and delete all rows with one `await {entity}.filter({key}__in=keys).delete()`."


def _together(write: RepeatedWrite, entity: str, values: str = "") -> str:
    """One statement for the rows of all passes."""
    if write.key is None:
        return f"one `{write.kind}({entity})` with `IN`"
    return f"one `{write.kind}({entity}).where({write.key}.in_(...)){values}`"


def _is_cursor(write: RepeatedWrite) -> bool:
    """Whether its name says that it is a driver's cursor."""
    owner = write.what.rpartition(".")[0].rpartition(".")[2].lower().rpartition("_")[2]
    return owner in ("cur", "curs", "cursor")


def _execute(write: RepeatedWrite) -> str:
    """The call that runs a statement on the same session, connection or cursor."""
    owner = write.what.rpartition(".")[0]
    is_plain = owner.replace(".", "").isidentifier() and owner != "query"
    return f"{'await ' if write.is_async else ''}{owner if is_plain else 'session'}.execute"
