"""What checks about writes in loops share: the chain from the loop to the write, and the user's names for it."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Note
from dbreview.project import Model, Project, RepeatedWrite

_MOST_OTHERS = 5


def notes(write: RepeatedWrite, what: str, others: str) -> Iterator[Note]:
    """The loop, the calls that lead to ``what`` at its place, and the ``others`` in the same loop."""
    yield Note("the loop runs here", write.loop)
    for call in write.calls:
        yield Note("the call leads here", call)
    if write.write_at not in (write.at, *write.calls):
        yield Note(what, write.write_at)
    elsewhere = [place for place in dict.fromkeys(write.others) if place != write.at]
    for place in elsewhere[:_MOST_OTHERS]:
        yield Note(others, place)


def entity(write: RepeatedWrite) -> str | None:
    """The class, or of SQL text the table, that is written."""
    return write.entity if write.entity is None or write.is_sql else write.entity.rpartition(".")[2]


def model(project: Project, write: RepeatedWrite) -> Model | None:
    """The mapped class that is written, where it is known and no other one has its name."""
    found = [each for each in project.models if write.entity in (each.dotted, each.name)]
    return found[0] if len(found) == 1 and not write.is_sql else None


def key(found: Model | None) -> str | None:
    """The attribute that is the primary key of a mapped class, where it is a single one."""
    keys = [name for name, column in found.columns.items() if column.is_primary_key] if found is not None else []
    return keys[0] if len(keys) == 1 else None
