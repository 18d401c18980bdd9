"""Where paths meet: one value for several, and what a loop makes of a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbreview.finding import Place
from dbreview.link.raw_sql import is_sql
from dbreview.link.values import (
    ClientNumber,
    Composed,
    Const,
    Either,
    Entity,
    Entries,
    Given,
    Items,
    LibraryObject,
    QuerySet,
    Record,
    Session,
    Statement,
    Value,
)

_MOST_OPTIONS = 4
_MOST_ITEMS = 40


def options(value: Value) -> tuple[Value, ...]:
    """The values that this one may be, without the unknown."""
    if isinstance(value, Either):
        return value.options
    return () if value is None else (value,)


def join(first: Value, second: Value) -> Value:
    """What a name stands for where two paths meet.

    Statements on the same entities become one that has every bound, order and option of both:
    a rule about something missing must not fire because of one path only.
    """
    if first is second or second is None or isinstance(second, Given) or first == second:
        return first
    if first is None or isinstance(first, Given):
        return second
    if isinstance(first, Statement) and isinstance(second, Statement):
        if first.selected == second.selected and first.kind == second.kind:
            return merge(first, second)
    if isinstance(first, QuerySet) and isinstance(second, QuerySet):
        if (first.statement.model, first.statement.kind) == (second.statement.model, second.statement.kind):
            if first.gives == second.gives:
                return replace(first, statement=merge(first.statement, second.statement))
    if isinstance(first, Session) and isinstance(second, Session) and first.kind == second.kind:
        is_same = first.identity == second.identity
        expires = first.expires if first.expires == second.expires else None
        return Session(
            first.kind,
            first.is_connection and second.is_connection,
            expires=expires,
            given=first.given if is_same else None,
            opened_at=first.opened_at if is_same else None,
            driver=first.driver if first.driver == second.driver else "",
            is_cursor=first.is_cursor and second.is_cursor,
        )
    if isinstance(first, Items) and isinstance(second, Items):
        if first.fetch is None or second.fetch is None or first.fetch == second.fetch:
            exact = _common_start(first.exact, second.exact)
            rest = (*first.exact[len(exact) :], *second.exact[len(exact) :], *first.others, *second.others)
            is_closed = first.is_closed and second.is_closed and len(rest) <= _MOST_ITEMS
            return Items(
                join(first.element, second.element),
                first.fetch or second.fetch,
                first.is_literal and second.is_literal,
                exact=exact,
                is_part=first.is_part or second.is_part,
                others=tuple(dict.fromkeys(rest)) if is_closed else (),
                is_closed=is_closed,
            )
    if isinstance(first, Entries) and isinstance(second, Entries):
        return _join_entries(first, second)
    merged: list[Value] = list(options(first))
    for option in options(second):
        if option not in merged:
            merged.append(option)
    return Either(tuple(merged)) if len(merged) <= _MOST_OPTIONS else _barest_and_fullest(merged)


def _barest_and_fullest(texts: list[Value]) -> Value:
    """Of many texts that paths put together differently the one with the fewest clauses, and the one with the most."""
    if not any(isinstance(each, Composed) or (isinstance(each, Const) and is_sql(str(each.value))) for each in texts):
        return None
    sizes = {each: _size(each) for each in texts}
    if None in sizes.values():
        return None
    ordered = sorted(texts, key=lambda each: sizes[each] or 0)
    return Either((ordered[0], ordered[-1]))


def _size(text: Value) -> int | None:
    """How long a text is, as far as it is known."""
    match text:
        case Composed(pieces):
            return sum(len(piece) if isinstance(piece, str) else 1 for piece in pieces)
        case Const(str() as known):
            return len(known)
    return None


def _join_entries(first: Entries, second: Entries) -> Entries:
    """A dict that one path filled in one way, and another in another."""
    items = dict(first.items)
    for key, value in second.items:
        items[key] = join(items[key], value) if key in items else value
    others = tuple(dict.fromkeys((*first.others, *second.others)))[:_MOST_ITEMS]
    differing = frozenset(key for key, _ in {*dict(first.items).items()} ^ {*dict(second.items).items()})
    return Entries(tuple(items.items()), others, first.fetch or second.fetch, _doubtful(first, second, differing))


def _doubtful(first: Entries, second: Entries, differing: frozenset[str]) -> frozenset[str] | None:
    if first.doubtful is None or second.doubtful is None:
        return None
    return first.doubtful | second.doubtful | differing


def join_all(values: Iterable[Value]) -> Value:
    """What something is that is one of these values."""
    joined: Value = None
    for value in values:
        joined = join(joined, value)
    return joined


def _common_start(first: tuple[Value, ...], second: tuple[Value, ...]) -> tuple[Value, ...]:
    """The items that a list has for sure, whichever path filled it."""
    length = 0
    while length < min(len(first), len(second)) and first[length] == second[length]:
        length += 1
    return first[:length]


def meet(first: Value, second: Value) -> Value:
    """What a variable stands for where two paths meet that both set it.

    A statement that one of them changed in unknown ways may have any bound, order and option.
    """
    if first is second:
        return first
    for known, other in ((first, second), (second, first)):
        if isinstance(known, (ClientNumber, Const)) and (other is None or isinstance(other, Given)):
            return other  # something else may be in its place
        if isinstance(known, Statement) and (other is None or isinstance(other, (Given, LibraryObject))):
            return replace(known, is_opaque=True)
    if isinstance(first, Entries) is not isinstance(second, Entries):
        return join(_unsure(first), _unsure(second))
    return join(first, second)


def _unsure(value: Value) -> Value:
    """A dict in whose place something else may be."""
    return replace(value, doubtful=None) if isinstance(value, Entries) else value


def merge(first: Statement, second: Statement) -> Statement:
    """One statement for two versions of the same one."""
    return replace(
        first,
        loads=first.loads | second.loads,
        conditions=first.conditions & second.conditions,
        is_limited=first.is_limited or second.is_limited,
        is_single=first.is_single or second.is_single,
        page_size=_page_size(first, second),
        has_offset=first.has_offset or second.has_offset,
        ordered_by=first.ordered_by or second.ordered_by,
        is_ordered=first.is_ordered or second.is_ordered,
        is_grouped=first.is_grouped or second.is_grouped,
        is_narrowed=first.is_narrowed or second.is_narrowed or first.conditions != second.conditions,
        has_unknown_filter=first.has_unknown_filter or second.has_unknown_filter,
        is_locking=first.is_locking or second.is_locking,
        is_opaque=first.is_opaque or second.is_opaque,
    )


def _page_size(first: Statement, second: Statement) -> ClientNumber | None:
    """The page's size that a client chooses, by whichever path; optional unless both paths have some limit."""
    size = first.page_size or second.page_size
    has_always = first.is_limited and second.is_limited and not (first.page_size and second.page_size)
    return replace(size, is_optional=False) if size is not None and has_always else size


def in_loop(value: Value, loop: Place | None) -> Value:
    """The value as one of many that a loop takes in turn."""
    match value:
        case Entity():
            return replace(value, loop=loop) if value.loop is None or loop is not None else value
        case Record(items):
            return Record(tuple(in_loop(item, loop) for item in items))
        case Either(parts):
            return Either(tuple(in_loop(part, loop) for part in parts))
    return value


def out_of_loop(value: Value) -> Value:
    """The value as an element of a collection that no loop runs over yet."""
    match value:
        case Entity():
            return replace(value, loop=None)
        case Record(items):
            return Record(tuple(out_of_loop(item) for item in items))
        case Either(parts):
            return Either(tuple(out_of_loop(part) for part in parts))
    return value
