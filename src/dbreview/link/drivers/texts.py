"""SQL that is put together while the program runs: pieces that are written in the source, and others.

Where paths differ, a text keeps every piece that any of them adds: a rule about something missing, a LIMIT for one,
must not fire because of one path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dbreview.finding import Place
from dbreview.link import raw_sql
from dbreview.link.joining import join, options
from dbreview.link.raw_sql import is_sql
from dbreview.link.values import ClientNumber, Composed, Const, Gap, Record, SqlText, Statement, Value

_BEFORE_ORDER = re.compile(r"\border\s+by\s*$", re.IGNORECASE)
_IN_ORDER = re.compile(r"\border\s+by\s+[^()]*\w\s+$", re.IGNORECASE)
_BEFORE_TABLE = re.compile(r"\b(from|join|into|update|table)\s+[\"`\[]?$", re.IGNORECASE)
_LIST = re.compile(r"\s*,\s*|\s+(and|or)\s+", re.IGNORECASE)
_CLOSING = " ;)\n\t\"'`]"
_HOLE = "dbr_piece_"
_MOST_PIECES = 40
_LONGEST = 20_000


# --- putting together ---------------------------------------------------------------------


def _texts(value: Value) -> list[Const | Composed]:
    return [each for each in options(value) if isinstance(each, (Const, Composed))]


def _fullest(value: Value) -> Value:
    """Of the texts that paths put together differently the one that says most."""
    texts = _texts(value)
    return max(texts, key=_weight) if texts else value


def _barest(value: Value) -> Value:
    """The one that says least: what all of them have in common, as a rule."""
    texts = _texts(value)
    return min(texts, key=_weight) if texts else value


def _weight(value: Const | Composed) -> tuple[bool, bool, int]:
    text = str(value.value) if isinstance(value, Const) else " ".join(p for p in value.pieces if isinstance(p, str))
    return "limit" in text.lower(), "where" in text.lower(), len(text)


def together(values: Sequence[Value]) -> Value:
    """Texts one behind the other; None where none of them is SQL."""
    full = _together(map(_fullest, values))
    bare = _together(map(_barest, values))
    return full if bare == full else join(bare, full)


def _together(values: Iterable[Value]) -> Value:
    pieces: list[str | ClientNumber | Gap] = []
    for value in values:
        match value:
            case Const():
                pieces.append(str(value.value))
            case Composed(inner):
                pieces += inner
            case ClientNumber():
                pieces.append(value)
            case _:
                pieces.append(Gap())
    glued = _glued(pieces)
    if all(isinstance(piece, str) for piece in glued):
        text = str(glued[0]) if glued else ""
        return Const(text) if len(text) <= _LONGEST else None
    if len(glued) > _MOST_PIECES or not any(isinstance(piece, str) and is_sql(piece) for piece in glued):
        return None
    return Composed(glued)


def _glued(pieces: list[str | ClientNumber | Gap]) -> tuple[str | ClientNumber | Gap, ...]:
    """The pieces, of which no two known ones follow each other."""
    glued: list[str | ClientNumber | Gap] = []
    for piece in pieces:
        if isinstance(piece, str) and glued and isinstance(glued[-1], str):
            glued[-1] += piece
        else:
            glued.append(piece)
    return tuple(glued)


def added(left: Value, right: Value) -> Value:
    """``sql + " LIMIT 10"``; None where neither side is a text."""
    return together((left, right)) if _is_text(left) or _is_text(right) else None


def _is_text(value: Value) -> bool:
    return any(isinstance(each, Composed) or isinstance(each.value, str) for each in _texts(value))


def interpolated(text: str, given: Value) -> Value:
    """``"SELECT %s FROM users" % columns``."""
    if not is_sql(text):
        return None
    values = given.items if isinstance(given, Record) else (given,)
    parts: list[Value] = []
    last = 0
    for position, found in enumerate(re.finditer(r"%[sdr]", text)):
        parts += [Const(text[last : found.start()]), _at(values, position)]
        last = found.end()
    return together([*parts, Const(text[last:])]) if last else None


def joined(separator: str, items: Iterable[Value] | None) -> Value:
    """``" AND ".join(conditions)``: conditions or columns, whatever they are, and no other clause."""
    is_list = _LIST.fullmatch(separator) is not None
    if items is None:
        return Composed((Gap(is_list=True),)) if is_list else None
    parts: list[Value] = []
    for item in items:
        known = item if _texts(item) or not is_list else Composed((Gap(is_list=True),))
        parts += [Const(separator), known] if parts else [known]
    return together(parts) or (Composed((Gap(is_list=True),)) if is_list else None)


def formatted(text: str, positional: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
    """``"SELECT {} FROM {table}".format(columns, table=table)``."""
    if not is_sql(text):
        return None
    parts: list[Value] = []
    count = 0
    last = 0
    for found in re.finditer(r"\{(\w*)\}", text):
        parts.append(Const(text[last : found.start()]))
        name = found[1]
        position = int(name) if name.isdecimal() else count
        parts.append(keywords.get(name) if name and not name.isdecimal() else _at(positional, position))
        count += not name
        last = found.end()
    return together([*parts, Const(text[last:])])


def made(arguments: tuple[Value, ...]) -> Value:
    """``sql.SQL("...")`` and ``sql.Identifier("users")``: the text itself, or a name that is not known."""
    if len(arguments) == 1 and _texts(arguments[0]):
        return arguments[0]
    return Composed((Gap(is_list=True),))


def _at(values: tuple[Value, ...], position: int) -> Value:
    return values[position] if position < len(values) else None


# --- reading ------------------------------------------------------------------------------


def statement(value: Value, at: Place) -> Statement | None:
    """What a text means to a database that is told to run it.

    Of texts that paths put together differently the one with the fewest conditions, and every bound and order.
    """
    texts = [each for each in _texts(value) if isinstance(each, Composed) or isinstance(each.value, str)]
    if not texts:
        return None
    full = max(texts, key=_weight)
    found = [_read(each) for each in texts]
    size = next((number for number, _ in found if number is not None), None)
    said = [sql for _, sql in found if sql is not None]
    made = Statement("text", (full,), at, page_size=size)
    sql = _least_bound(said) if len(said) == len(found) else None
    return _saying(made, sql) if sql is not None else made


def _least_bound(said: list[SqlText]) -> SqlText | None:
    least = min(said, key=lambda sql: (len(sql.fixed), sql.has_in))
    if len({sql.kind for sql in said}) > 1:
        return None
    if len({sql.table for sql in said}) > 1:
        return replace(least, table=None)
    return replace(
        least,
        is_limited=any(sql.is_limited for sql in said),
        is_one_row=any(sql.is_one_row for sql in said),
        is_ordered=any(sql.is_ordered for sql in said),
        has_offset=any(sql.has_offset for sql in said),
        is_locking=any(sql.is_locking for sql in said),
        limit_by=next((sql.limit_by for sql in reversed(said) if sql.limit_by is not None), None),
    )


def _saying(statement: Statement, sql: SqlText) -> Statement:
    return replace(
        statement,
        sql=sql,
        is_limited=sql.is_limited,
        has_offset=sql.has_offset,
        is_ordered=sql.is_ordered,
        is_locking=sql.is_locking,
        is_upsert=sql.is_upsert,
    )


def _read(text: Const | Composed) -> tuple[ClientNumber | None, SqlText | None]:
    return read(text) if isinstance(text, Composed) else (None, raw_sql.read_sql(str(text.value)))


def read(text: Composed) -> tuple[ClientNumber | None, SqlText | None]:
    """What a text says of which some pieces are not known, and the number of a client that is its LIMIT."""
    shown = ""
    numbers: dict[str, ClientNumber] = {}
    is_partial = False
    for index, piece in enumerate(text.pieces):
        if isinstance(piece, str):
            shown += piece
        elif isinstance(piece, ClientNumber):
            numbers[f"{_HOLE}{index}"] = piece
            shown += f":{_HOLE}{index}"
        else:
            filled = _filled(shown, index, is_last=_ends(text, index) and not piece.is_list)
            if filled is None:
                return None, None
            shown += filled
            is_partial = True
    sql = raw_sql.read_sql(shown)
    if sql is None:
        return None, None
    size = numbers.get(sql.limit_by or "")
    return size, replace(sql, is_partial=is_partial)


def _ends(text: Composed, index: int) -> bool:
    """Whether nothing follows a piece."""
    return all(isinstance(piece, str) and not piece.strip(_CLOSING) for piece in text.pieces[index + 1 :])


def _filled(before: str, index: int, *, is_last: bool) -> str | None:
    """What stands for a piece that is not known, as far as it cannot change what the rest says."""
    if before.count("'") % 2:
        return "x"
    if _IN_ORDER.search(before):
        return "ASC"
    if _BEFORE_TABLE.search(before) or (is_last and not _BEFORE_ORDER.search(before)):
        return None  # it may be any table, or any clause
    return f"{_HOLE}{index}"
