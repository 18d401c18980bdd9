"""Methods that only the connections, cursors and pools of drivers have: what they do and give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import drivers
from dbreview.link import rows
from dbreview.link.drivers import opening, transactions
from dbreview.link.values import Const, Context, Coroutine, Fetch, Result, Session, Value

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame


def call(frame: Frame, session: Session, name: str, arguments: Arguments, node: facts.Call, is_awaited: bool) -> object:
    """What a method of a driver's object gives; ``NotImplemented`` where it is none that only drivers have."""
    if not session.driver:
        return NotImplemented
    if session.is_pool and name in drivers.HANDING_OUT and session.driver != "databases":
        return _of_pool(frame, session, name, node, is_awaited)
    if _is_for_itself(name, arguments):
        frame.interpreter.events.dedicated.add(session.identity)
    if name == "cursor":
        cursor = replace(session, opened_at=None, given=session.identity, ran=None, is_cursor=True)
        return None if arguments.positional and session.driver == "asyncpg" else cursor
    if name in drivers.TRANSACTIONS and not is_awaited:
        transactions.note_isolation(frame, arguments)
        return Context(session, is_shield=True)
    if name in drivers.NO_COROUTINES.get(session.driver, ()):
        return None
    return NotImplemented


def _of_pool(frame: Frame, pool: Session, name: str, node: facts.Call, is_awaited: bool) -> Value:
    """A connection of a pool, for a block or until it is given back."""
    if is_awaited:
        return opening.handed_out(frame, pool, node)
    if name in drivers.LENDING and pool.driver not in drivers.HANDS_OUT_ONLY:
        return opening.lent(frame, pool, node)
    return opening.handed_out(frame, pool, node)


def _is_for_itself(name: str, arguments: Arguments) -> bool:
    """Whether this is what connections are for that are no requests': to listen, to hold a lock."""
    first = arguments.positional[0] if arguments.positional else None
    text = str(first.value) if isinstance(first, Const) else ""
    return name in drivers.LISTENING or drivers.DEDICATING.search(text) is not None


def rows_of_cursor(session: Session, name: str) -> Value:
    """``cursor.fetchall()``: the rows of what the cursor ran last."""
    found = rows.result(Result(session.ran, "rows"), name) if session.ran is not None else None
    return Coroutine(found) if session.kind == "async" and found is not None else found


def result_of(session: Session) -> Result | None:
    """What ``for row in cursor:`` runs over."""
    return Result(session.ran, "rows") if session.ran is not None else None


def keeps_rows(session: Session) -> bool:
    """Whether a connection or cursor is asked for rows by methods of its own."""
    return session.is_cursor or (session.is_connection and not session.driver)


def holding(session: Session, fetch: Fetch) -> Session:
    """The connection or cursor with the rows of what it ran last."""
    return replace(session, ran=replace(fetch, session=replace(session, ran=None)))
