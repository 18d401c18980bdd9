"""The check behind rules/row-by-row-write.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks import _writes
from dbreview.finding import Confidence, Finding
from dbreview.project import Project, Relationship, RepeatedWrite

_SAYS = {
    "insert": ("one row is inserted", "one row is inserted into `{}`"),
    "update": ("an UPDATE runs", "`{}` is updated"),
    "delete": ("a DELETE runs", "a DELETE of `{}` runs"),
    "delete object": ("a loaded row is deleted", "a loaded `{}` is deleted"),
    "merge": ("`merge` asks for a row and writes it", "`merge` asks for a `{}` and writes it"),
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
                confidence=_confidence(project, write),
            )


def _confidence(project: Project, write: RepeatedWrite) -> Confidence:
    """A session deletes more than the row itself where relationships say so: one DELETE might not be the same.

    Many drivers send the DELETEs of a session together: loading the rows is what it costs for sure.
    """
    if write.kind != "delete object":
        return write.confidence
    model = _writes.model(project, write)
    is_plain = model is not None and model.is_fully_known and all(map(_leaves_alone, model.relationships.values()))
    is_in_one_table = model is not None and model.table is not None and model.table.parent is None
    return "medium" if is_plain and is_in_one_table and write.confidence != "low" else "low"


def _leaves_alone(relationship: Relationship) -> bool:
    """Whether deleting an object does nothing to what the relationship leads to."""
    cascade = relationship.cascade
    is_upwards = relationship.direction == "MANYTOONE" and cascade is not None and cascade.isdisjoint({"all", "delete"})
    return is_upwards or relationship.is_view_only


def _help(project: Project, write: RepeatedWrite) -> str:
    entity = _writes.entity(write) or "X"
    key = _writes.key(_writes.model(project, write))
    found = f"{entity}.{key}.in_(...)" if key is not None else "... .in_(...)"
    execute = _execute(write)
    if write.is_sql:
        return (
            f"Collect the parameters, and pass them together: `if rows: {execute}(statement, rows)` with SQLAlchemy, "
            "`executemany(statement, rows)` with the cursor or connection of a driver."
        )
    match write.kind:
        case "insert":
            return f"Collect the rows as dictionaries, and write `if rows: {execute}(insert({entity}), rows)`."
        case "update":
            rows = f'[{{"{key or "id"}": ..., ...}}, ...]'
            return (
                f"The same values for all: `update({entity}).where({found}).values(...)`. "
                f"Values for each, by primary key: `{execute}(update({entity}), {rows})`."
            )
        case "delete":
            return f"Collect the keys, and delete all rows with one `delete({entity}).where({found})`."
        case "delete object":
            return f"Delete them without loading them: `{execute}(delete({entity}).where(...))`, as the query has it."
        case _:
            return (
                f"Fetch those that are there with one `select({entity}).where({found})` and change them; "
                f"or write all with one `insert({entity})` and its `on_conflict_do_update`."
            )


def _execute(write: RepeatedWrite) -> str:
    """The call that runs a statement on the same session, connection or cursor."""
    owner = write.what.rpartition(".")[0]
    is_plain = owner.replace(".", "").isidentifier() and owner != "query"
    return f"{'await ' if write.is_async else ''}{owner if is_plain else 'session'}.execute"
