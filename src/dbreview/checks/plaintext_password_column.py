"""The check behind rules/plaintext-password-column.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dbreview.checks._columns import also_in, inherited
from dbreview.finding import Confidence, Finding, Note, Place
from dbreview.project import Column, Project, Table

_PASSWORD = re.compile(
    r"(?:(?:user|login|account|admin|member|customer|client|employee|staff|plain|raw)_?)*(?:password|passwd|pwd)",
    re.IGNORECASE,
)
_STRINGS = frozenset(
    {"String", "Unicode", "Text", "UnicodeText", "VARCHAR", "NVARCHAR", "TEXT", "CHAR", "AutoString", "CharField",
     "TextField"}
)  # fmt: skip
_ADDRESS = re.compile(r"(?:\w+_)?(?:host|hostname|port|dsn|endpoint|url|uri|server|domain|ip|site)|server_\w+|ssid")
_CONNECTION = re.compile(r"(?:Connection|Server|Proxy|DataSource|Integration|Credentials?|Mailbox|Gateway|Secret)$")


@dataclass(frozen=True, slots=True)
class _Password:
    """A column for a password, and the place where the code puts plain text into it."""

    table: Table
    column: Column
    written: Place | None
    confidence: Confidence


def check(project: Project) -> Iterator[Finding]:
    """Columns that take a password as its owner typed it."""
    by_place: dict[Place, list[_Password]] = defaultdict(list)
    for password in _passwords(project):
        by_place[password.column.at].append(password)
    for group in by_place.values():
        yield _finding(group)


def _passwords(project: Project) -> Iterator[_Password]:
    for table in project.tables:
        if table.model is None or _is_of_another_system(table):
            continue
        for column in filter(_is_password, table.columns):
            writes = [w for w in project.secret_writes if (w.model, w.attribute) == (table.model, column.attribute)]
            plain = next((write for write in writes if write.is_plain), None)
            is_hashed = any(write.is_plain is False for write in writes)
            if plain is not None:
                # Where other code hashes first, this may be a hash that came from elsewhere.
                yield _Password(table, column, plain.at, "medium" if is_hashed else "high")
            elif not is_hashed and not project.has_hashing and table.is_fully_known:
                yield _Password(table, column, None, "medium")


def _finding(group: list[_Password]) -> Finding:
    first = next((each for each in group if each.confidence == "high"), group[0])
    tables = (first.table, *(each.table for each in group if each is not first))
    column = f"`{first.table.title}.{first.column.attribute}`{also_in(tables[1:])}"
    why = "nothing in the project hashes it" if first.written is None else "the code stores it as it came"
    written = (Note("it is written here, without a hash", first.written),) if first.written is not None else ()
    return Finding(
        at=first.column.at,
        message=f"{column} is a password, and {why}",
        help="Store a hash made for passwords (Argon2id, scrypt, bcrypt: `PasswordHash.recommended().hash(...)` of "
        "pwdlib), and call the column `hashed_password`.",
        notes=(*written, *inherited(first.column.at, tables)),
        confidence=first.confidence,
    )


def _is_password(column: Column) -> bool:
    if column.type is None or not column.type.is_standard or column.type.name not in _STRINGS:
        return False
    return all(_PASSWORD.fullmatch(name) for name in (column.name, column.attribute))


def _is_of_another_system(table: Table) -> bool:
    """Whether the table says how to reach another system: its password has to be read back."""
    return _CONNECTION.search(table.class_name or "") is not None or any(
        _ADDRESS.fullmatch(column.name.lower()) for column in table.columns
    )
