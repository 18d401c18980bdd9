"""The check behind rules/split-transaction.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, SplitTransaction


def check(project: Project) -> Iterator[Finding]:
    """Operations that commit between two of their writes."""
    for split in project.split_transactions:
        yield Finding(
            at=split.at,
            message=_message(split),
            help=_help(split),
            notes=tuple(_notes(split)),
            confidence=split.confidence,
        )


def _message(split: SplitTransaction) -> str:
    first, second = _name(split.first_write[1]), _name(split.second_write[1])
    then = "what is written next" if second is None else f"writing {second}"
    again = " again" if second is not None and second == first else ""
    return f"{first or 'what was written'} is committed on its own: the first half stays if {then}{again} fails"


def _name(model: str | None) -> str | None:
    return f"`{model.rpartition('.')[2]}`" if model is not None else None


def _help(split: SplitTransaction) -> str:
    if split.orm == "tortoise":
        return f"Make `{split.function}` one transaction: `async with in_transaction():` around both, or `@atomic()`."
    if split.driver:
        return _help_for_driver(split)
    if split.at == split.first_commit:
        return f"Commit once, at the end of `{split.function}`: `flush()` is enough here, it gives new rows their keys."
    return (
        f"Let what is called here `flush()` and leave the commit to `{split.function}`: "
        "one at its end, or `with session.begin():` around both writes."
    )


def _help_for_driver(split: SplitTransaction) -> str:
    if split.driver in ("asyncpg", "databases"):
        return (
            f"Make `{split.function}` one transaction: `async with connection.transaction():` around both writes. "
            "Without it each statement commits by itself."
        )
    if split.at == split.first_commit:
        return f"Commit once, at the end of `{split.function}`."
    return f"Let what is called here only execute, and leave the commit to `{split.function}`: one at its end."


def _notes(split: SplitTransaction) -> Iterator[Note]:
    (first_at, first), (second_at, second) = split.first_write, split.second_write
    for call in split.calls:
        yield Note("the call leads here", call)
    if first_at != split.at:
        yield Note(f"{_name(first) or 'the first half'} is written here", first_at)
    if split.first_commit not in (split.at, first_at):
        yield Note("it is committed here", split.first_commit)
    yield Note(f"{_name(second) or 'the second half'} is written here", second_at)
    if split.second_commit != second_at:
        yield Note("it is committed here", split.second_commit)
    if split.route is not None:
        yield Note(f"the route `{split.route.function}` does both", split.route.at)
