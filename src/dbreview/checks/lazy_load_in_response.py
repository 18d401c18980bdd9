"""The check behind rules/lazy-load-in-response.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import AskedField, LazyResponse, Project


def check(project: Project) -> Iterator[Finding]:
    """Relationships that a response schema reads from rows which were fetched without them."""
    for load in project.lazy_responses:
        yield Finding(
            at=load.query.at,
            message=_message(load),
            help=_help(load),
            notes=tuple(_notes(load)),
            confidence=load.confidence,
        )


def _message(load: LazyResponse) -> str:
    first, *others = load.fields
    more = f" (and {len(others)} more)" if others else ""
    what = f"`{first.schema}.{first.name}` reads `{_name(first)}`{more}, not loaded here"
    if first.relationship.orm == "tortoise":
        return f"{what}: what stands there is a query, which the schema refuses"
    if load.is_async:
        return f"{what}: under an AsyncSession that raises MissingGreenlet"
    relationship = first.relationship
    per = "row of the answer" if relationship.is_collection else f"`{relationship.target_name}` that the rows lead to"
    return f"{what}: one more query for each {per}"


def _name(field: AskedField) -> str:
    return f"{field.relationship.class_name}.{field.relationship.name}"


def _help(load: LazyResponse) -> str:
    if load.fields[0].relationship.orm == "tortoise":
        chain = ".".join(dict.fromkeys(field.option for field in load.fields))
        return f"Load it with the rows: `.{chain}` on the query. Or answer with a schema without it."
    options = ", ".join(dict.fromkeys(field.option for field in load.fields))
    by_key = "" if load.is_per_row else " (`options=[...]` of `session.get`)"
    return f"Load it with the rows: `.options({options})` on the query{by_key}. Or answer with a schema without it."


def _notes(load: LazyResponse) -> Iterator[Note]:
    first, *others = load.fields
    yield Note(f"`{first.schema}` declares the field here", first.at)
    if load.route is not None and load.route.at == load.asked_at:
        yield Note(f"the route `{load.route.function}` fills the schema for its answer", load.asked_at)
    else:
        yield Note("the rows are read into the schema here", load.asked_at)
    is_tortoise = first.relationship.orm == "tortoise"
    why = "where it is asked for" if is_tortoise else "on first use, because no `lazy=` says otherwise"
    yield Note(f"`{_name(first)}` is loaded {why}", first.relationship.at)
    for other in others:
        yield Note(f"`{other.schema}.{other.name}` reads `{_name(other)}`, not loaded either", other.at)
