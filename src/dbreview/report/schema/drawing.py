"""Boxes and arrows: what a drawing of a schema shows, in whichever language it is written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dbreview.project import ForeignKey, Relationship, Table
from dbreview.schema import Schema


@dataclass(frozen=True, slots=True)
class Box:
    """A table. ``key`` is its name in the drawing's source, made of word characters, dots and dashes.

    ``table`` is None for one that a foreign key refers to and that is not part of the schema shown.
    """

    key: str
    title: str
    table: Table | None


@dataclass(frozen=True, slots=True)
class Arrow:
    """A foreign key, drawn between the table that has it and the one that it refers to.

    ``is_optional`` tells that a row may do without, ``is_unique`` that no two rows refer to the same one.
    ``name`` is that of the relationship which follows it, None where there is none.
    """

    child: Box
    parent: Box
    foreign_key: ForeignKey
    is_optional: bool
    is_unique: bool
    name: str | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """All boxes, those of strangers at the end, and all arrows whose target is known."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def draw(schema: Schema) -> Drawing:
    """The drawing of a schema, in its order."""
    taken: set[str] = set()
    boxes = [Box(_key(table.full_name, taken), table.full_name, table) for table in schema.tables]
    strangers: dict[str, Box] = {}
    arrows: list[Arrow] = []
    for child in boxes:
        assert child.table is not None
        for foreign_key in child.table.foreign_keys:
            target = foreign_key.target_table
            if not target:
                continue
            parent = _box_of(target, child.table, boxes) or strangers.get(target)
            if parent is None:
                parent = strangers[target] = Box(_key(target, taken), target, None)
            arrows.append(_arrow(child, child.table, parent, foreign_key, schema.relationships))
    return Drawing((*boxes, *strangers.values()), tuple(arrows))


def word(text: str) -> str:
    """The text with everything that some language might give a meaning to replaced by underscores."""
    return "".join(c if c in "_.-" or (c.isalnum() and (c.isascii() or c >= "\u00c0")) else "_" for c in text) or "_"


def _key(name: str, taken: set[str]) -> str:
    """A name in the source that no other table has."""
    base = key = word(name)
    number = 1
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    taken.add(key)
    return key


def _box_of(name: str, referring: Table, boxes: Sequence[Box]) -> Box | None:
    """The table of this name, rather of the same database than of another one."""
    named = [box for box in boxes if box.title == name]
    same = (box for box in named if box.table is not None and box.table.metadata == referring.metadata)
    return next(same, named[0] if named else None)


def _arrow(
    child: Box, table: Table, parent: Box, foreign_key: ForeignKey, relationships: Sequence[Relationship]
) -> Arrow:
    columns = [table.column(name) for name in foreign_key.columns]
    wanted = frozenset(foreign_key.columns)
    return Arrow(
        child,
        parent,
        foreign_key,
        is_optional=any(column is None or column.is_nullable is not False for column in columns),
        is_unique=any(key <= wanted for key in table.unique_keys()),
        name=next(_names(table, foreign_key, relationships), None),
    )


def _names(table: Table, foreign_key: ForeignKey, relationships: Sequence[Relationship]) -> Iterator[str]:
    """The relationships that follow a foreign key, seen from its own table first."""
    if table.model is None:
        return
    following = [each for each in relationships if not each.is_view_only and _follows(each, foreign_key)]
    yield from (each.name for each in following if each.direction == "MANYTOONE" and each.model == table.model)
    yield from (each.name for each in following if each.direction == "ONETOMANY" and each.target == table.model)


def _follows(relationship: Relationship, foreign_key: ForeignKey) -> bool:
    """Keys of a mixin stand at the same place in several tables, hence the caller asks whose it is."""
    return any(
        (key.columns, key.target) == (foreign_key.columns, foreign_key.target) for key in relationship.foreign_keys
    )
