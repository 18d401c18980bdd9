"""The check behind rules/lazy-load-in-loop.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import LazyLoad, Project


def check(project: Project) -> Iterator[Finding]:
    """Relationships that a loop reads from rows which were fetched without them."""
    for load in project.lazy_loads:
        name = f"{load.relationship.class_name}.{load.relationship.name}"
        yield Finding(
            at=load.at,
            message=_message(load, name),
            help=_help(load),
            notes=tuple(_notes(load, name)),
            confidence=load.confidence,
        )


def _message(load: LazyLoad, name: str) -> str:
    if load.is_async:
        return f"`{name}` was not loaded with these rows: under an AsyncSession reading it raises MissingGreenlet"
    has_identity_map = load.relationship.orm != "tortoise"
    if load.relationship.is_collection is False and load.relationship.target_name is not None and has_identity_map:
        return f"`{name}` is loaded with one more query for each `{load.relationship.target_name}` this loop leads to"
    return f"`{name}` is loaded with one more query for each row of this loop"


def _help(load: LazyLoad) -> str:
    written = load.option if load.relationship.orm == "tortoise" else f"options({load.option})"
    return f"Load it with the rows: `.{written}` on the query."


def _notes(load: LazyLoad, name: str) -> Iterator[Note]:
    if load.query is not None:
        rows = f"the `{load.query.entity}` rows" if load.query.entity else "the rows"
        yield Note(f"{rows} come from here, without `{load.relationship.name}`", load.query.at)
    yield Note("the loop runs here", load.loop)
    for call in load.calls:
        yield Note("the call leads here", call)
    is_tortoise = load.relationship.orm == "tortoise"
    why = "where it is asked for" if is_tortoise else "on first use, because no `lazy=` says otherwise"
    yield Note(f"`{name}` is loaded {why}", load.relationship.at)
