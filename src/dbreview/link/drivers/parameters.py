"""What the placeholders of a statement stand for: the values that go with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview.frameworks import naming
from dbreview.link import client
from dbreview.link.joining import options
from dbreview.link.values import ClientNumber, Entries, Items, Record, Session, Statement, Value

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments

_KEYWORDS = ("values", "params", "parameters", "vars", "args")


def with_page_size(session: Session, statement: Statement, arguments: Arguments) -> Statement:
    """The statement with the number of a client that its LIMIT is, if it is one."""
    sql = statement.sql
    if sql is None or sql.limit_by is None or statement.page_size is not None:
        return statement
    size = client.chosen(options(value_of(session, arguments, sql.limit_by)))
    if size is None:
        size = _by_name(given(session, arguments))
    return replace(statement, page_size=size) if size is not None else statement


def value_of(session: Session, arguments: Arguments, placeholder: str) -> Value:
    """What a placeholder stands for, by its name or position."""
    values = given(session, arguments)
    if isinstance(values, Entries):
        return next((value for name, value in reversed(values.items) if name == placeholder), None)
    if not placeholder.isdecimal() or not isinstance(values, (Record, Items)):
        return None
    items = values.items if isinstance(values, Record) else values.exact
    is_whole = isinstance(values, Record) or (values.is_closed and not values.others)
    position = int(placeholder)
    return items[position] if is_whole and position < len(items) else None


def given(session: Session, arguments: Arguments) -> Value:
    """The values that go with a statement: a tuple, list or dict, or the arguments behind it."""
    keyword = next((value for name in _KEYWORDS if (value := arguments.keyword(name)) is not None), None)
    if keyword is not None:
        return keyword
    rest = arguments.positional[1:]
    if session.driver == "asyncpg":
        return Record(rest) if not arguments.is_open else None
    return rest[0] if rest else None


def _by_name(values: Value) -> ClientNumber | None:
    """The one number in a list, filled on the way, that says how many by its name."""
    if not isinstance(values, Items):
        return None
    numbers = {each for value in (*values.exact, *values.others) for each in options(value)}
    found = [each for each in numbers if isinstance(each, ClientNumber) and naming.PAGE_SIZE.search(each.name)]
    return found[0] if len(found) == 1 else None
