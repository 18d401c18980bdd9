"""Compares two schemas in the shape of ``metadata``, aspect by aspect.

A detail (the index of a column, the cascade of a relationship) is compared only where both sides have what it
is a detail of: whatever is missing or invented is told once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import cast

from metadata import Row, Schema

Key = tuple[object, ...]
Facts = dict[Key, object]
"""What a side says: of what, and what."""

_SAME_TYPE = {
    "Double": "Float",  # what SQLAlchemy 2.1 and 2.0 make of a float
    "UTCDateTime": "DateTime",  # what SQLModel makes of a datetime since 0.0.39
    "AutoString": "String",  # SQLModel's, for a str
}
UNKNOWN = "unknown"
_SUMS = ("order", "primary keys")
"""Aspects of a table that are wrong as soon as something is missing."""

_EMPTY_EXPRESSION = re.compile(r"[\s()\"']+")


@dataclass(frozen=True)
class Differences:
    """What one side has of an aspect, and the other has not."""

    missing: frozenset[tuple[Key, object]]
    invented: frozenset[tuple[Key, object]]

    def without(self, aspect: str, excused: Collection[str]) -> Differences:
        """What is left where the answer may lack something about these tables and classes."""
        missing = {each for each in self.missing if each[0][0] not in excused}
        lacking = {(key, value) for key, value in self.invented if aspect in _SUMS or value in (False, None)}
        return Differences(frozenset(missing), self.invented - {each for each in lacking if each[0][0] in excused})

    def __bool__(self) -> bool:
        return bool(self.missing or self.invented)

    def __str__(self) -> str:
        lines = [("-", each) for each in self.missing] + [("+", each) for each in self.invented]
        return "\n".join(sorted(f"{sign} {' '.join(map(str, key))}: {value}" for sign, (key, value) in lines))


def differences(truth: Schema, answer: Schema, unknowable: Collection[str] = ()) -> dict[str, Differences]:
    """What is not the same, by aspect.

    Of ``unknowable`` tables and classes the answer may say that it does not know them, and may then lack something.
    """
    twice = {name for name, count in Counter(row["table"] for row in truth["tables"]).items() if count > 1}
    told, read = _sides(truth, twice), _sides(answer, twice)
    excused = _excused(truth, answer, {*unknowable})
    found = {aspect: _difference(aspect, told, read).without(aspect, excused) for aspect in ASPECTS}
    found[UNKNOWN] = _unknown(answer, {*unknowable})
    return {aspect: difference for aspect, difference in found.items() if difference}


def _shared(facts: Facts, others: Facts) -> Facts:
    """The order of those columns only that the other side has too."""
    return {
        key: tuple(column for column in cast("Key", columns) if column in cast("Key", others[key]))
        for key, columns in facts.items()
    }


def _agreed(told: Facts, read: Facts) -> set[Key]:
    """What both sides have. Of a relationship to an unknown class nothing else can be told."""
    return {key for key in told.keys() & read.keys() if told[key] == read[key] or read[key] is not None}


def _excused(truth: Schema, answer: Schema, unknowable: set[str]) -> set[str]:
    """The tables, by both of their names, that nobody can know and of which the answer says so."""
    known = {name for row in answer["tables"] if row["fully_known"] for name in _names(row)}
    reasons = " ".join(each["reason"] for each in answer["unknown"])
    rows = [row for row in truth["tables"] if _names(row) & unknowable]
    admitted = [row for row in rows if not _names(row) & known or any(f"{name}." in reasons for name in _names(row))]
    return {name for row in admitted for name in _names(row)} if reasons else set()


def _difference(aspect: str, all_told: dict[str, Facts], all_read: dict[str, Facts]) -> Differences:
    told, read = all_told[aspect], all_read[aspect]
    owner = ASPECTS[aspect]
    if owner is not None:
        common = told.keys() & read.keys() & _agreed(all_told[owner], all_read[owner])
        told = {key: value for key, value in told.items() if key in common}
        read = {key: value for key, value in read.items() if key in common}
    if aspect == "order":
        told, read = _shared(told, read), _shared(read, told)
    missing, invented = told.items() - read.items(), read.items() - told.items()
    return Differences(frozenset(missing), frozenset(invented))


def _unknown(answer: Schema, unknowable: set[str]) -> Differences:
    """What the answer says not to know although it can be known."""
    tables = [_names(row) for row in answer["tables"] if not row["fully_known"] and not _names(row) & unknowable]
    reasons = {((each["file"], each["line"]), each["reason"]) for each in answer["unknown"]}
    found = {((min(names),), "can be known") for names in tables}
    return Differences(frozenset(), frozenset(found if unknowable else found | reasons))


def _names(row: Row) -> set[str]:
    return {row["table"], _simple(row["class"]) or row["table"]}


# --- aspects ------------------------------------------------------------------------------

ASPECTS: dict[str, str | None] = {
    "tables": None,
    "columns": None,
    "order": "tables",
    "attributes": "columns",
    "types": "columns",
    "null": "columns",
    "primary keys": "tables",
    "foreign keys": None,
    "ondelete": "foreign keys",
    "indexed": "foreign keys",
    "indexes": None,
    "unique": None,
    "relationships": None,
    "uselist": "relationships",
    "lazy": "relationships",
    "cascade": "relationships",
    "passive_deletes": "relationships",
    "direction": "relationships",
    "viewonly": "relationships",
    "secondary": "relationships",
    "inverse": "relationships",
    "backref": "relationships",
}
"""Each aspect, with the one whose things it is about."""

_OF_RELATIONSHIP: dict[str, Callable[[Row], object]] = {
    "uselist": lambda row: row["uselist"],
    "lazy": lambda row: row.get("lazy"),
    "cascade": lambda row: row.get("cascade"),
    "passive_deletes": lambda row: row.get("passive_deletes"),
    "direction": lambda row: row["direction"],
    "viewonly": lambda row: bool(row.get("viewonly")),
    "secondary": lambda row: row.get("secondary"),
    "inverse": lambda row: row.get("back_populates"),
    "backref": lambda row: bool(row["made_by_backref"]),
}
_OF_TORTOISE = ("uselist", "direction", "secondary", "backref")


def _sides(schema: Schema, twice: set[str]) -> dict[str, Facts]:
    facts: dict[str, Facts] = {aspect: {} for aspect in ASPECTS}
    for row in schema["tables"]:
        table = (row["table"], _simple(row["class"])) if row["table"] in twice else (row["table"],)
        for aspect, key, value in _of_table(row):
            whole = (*table, *key)
            facts[aspect][whole] = value
    for row in schema["relationships"]:
        relationship = (_simple(row["class"]), row["attr"])
        facts["relationships"][relationship] = _simple(row["target"])
        for aspect, ask in _OF_RELATIONSHIP.items():
            if aspect in _OF_TORTOISE or not _is_of_tortoise(row):
                facts[aspect][relationship] = ask(row)
    return facts


def _is_of_tortoise(row: Row) -> bool:
    """Tortoise has no loading strategies, no cascades, and names for indexes that are hashes."""
    return row.get("lazy", "tortoise") == "tortoise" if "attr" in row else row.get("orm") == "tortoise"


def _of_table(row: Row) -> Iterator[tuple[str, Key, object]]:
    yield "tables", (), _simple(row["class"])
    names = [column["name"] for column in row["columns"]]
    yield "order", (), tuple(sorted(names) if _is_of_tortoise(row) else names)
    yield "primary keys", (), tuple(row["pk"])
    referring = {column for each in row["fks"] for column in each["columns"]}
    for column in row["columns"]:
        key = (column["name"],)
        yield "columns", key, ""
        yield "attributes", key, column.get("attribute", column["name"])
        # The type of a foreign key may be that of the column that it refers to.
        if column["name"] not in referring and not _is_of_tortoise(row):
            yield "types", key, _SAME_TYPE.get(column["type"], column["type"])
        yield "null", key, column["nullable"]
    for each in row["fks"]:
        target = each["target"] if isinstance(each["target"], list) else [each["target"]]
        key = (*each["columns"], "->", *target)
        yield "foreign keys", key, ""
        yield "ondelete", key, (each["ondelete"] or "").upper()
        yield "indexed", key, each["indexed"]
    for each in row["indexes"]:
        name = None if _is_of_tortoise(row) else each["name"]
        written = tuple(_plain(column) for column in each.get("written", each["columns"]))
        yield "indexes", (name, *written), (each["unique"], bool(each.get("where")))
    for columns in row["unique"]:
        yield "unique", tuple(columns), ""


def _simple(dotted: str | None) -> str | None:
    return dotted.rpartition(".")[2] if dotted else None


def _plain(expression: str) -> str:
    """An expression without what dialects and styles may differ in."""
    return _EMPTY_EXPRESSION.sub("", expression).lower()
