"""Connections and pools of drivers, where they are made or named as a type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import drivers
from dbreview.link import effects
from dbreview.link.engines import engines
from dbreview.link.events import Effect
from dbreview.link.syntax import dotted_name
from dbreview.link.transactions.steps import Step
from dbreview.link.values import Const, Context, Session, SessionKind

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame


def opened(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> Session | None:
    """What ``psycopg.connect(...)`` or ``asyncpg.create_pool(...)`` gives; None for any other function."""
    if dotted in drivers.POOL_MAKERS:
        kind = drivers.POOL_MAKERS[dotted]
        engines.note_pool(frame, dotted, kind, arguments, node)
        at = frame.place(node.at)
        return Session(kind, is_connection=True, is_pool=True, given=at, driver=driver_of(dotted))
    if dotted in drivers.CONNECTS:
        return _connected(frame, "sync", dotted, arguments, node)
    if dotted in drivers.CONNECTS_ASYNC:
        return _connected(frame, "async", dotted, arguments, node)
    return None


def _connected(frame: Frame, kind: SessionKind, dotted: str, arguments: Arguments, node: facts.Call) -> Session:
    session = replace(connect(frame, kind, node), driver=driver_of(dotted))
    if _is_shared_by_design(arguments):
        return session
    effects.note_opened(frame, frame.place(node.at), kind)
    return replace(session, opened_at=session.given)


def connect(frame: Frame, kind: SessionKind | None, node: facts.Call) -> Session:
    """A connection, whose making waits for the database."""
    at = frame.place(node.at)
    what = dotted_name(node.func) or "connect"
    if kind != "async":
        effects.note(frame, Effect("other", kind, at, what, is_blocking=kind == "sync"), at, node)
    return Session(kind, is_connection=True, given=at)


def of_type(dotted: str, kind: SessionKind) -> Session:
    """A connection, cursor or pool that is known by its type alone."""
    is_cursor = dotted.endswith(("Cursor", "cursor"))
    is_pool = dotted in drivers.POOLS
    return Session(kind, is_connection=True, is_pool=is_pool, driver=driver_of(dotted), is_cursor=is_cursor)


def driver_of(dotted: str) -> str:
    """The driver that something belongs to; nothing for what is SQLAlchemy's."""
    top = dotted.partition(".")[0]
    return "" if top == "sqlalchemy" else drivers.SAME_DRIVER.get(top, top)


def _is_shared_by_design(arguments: Arguments) -> bool:
    """Whether a database lives in memory, as long as its connection does, or cannot be written."""
    texts = (value.value for value in arguments.values() if isinstance(value, Const) and isinstance(value.value, str))
    return any(word in text for text in texts for word in drivers.SHARED_BY_DESIGN)


def handed_out(frame: Frame, pool: Session, node: facts.Call) -> Session:
    """A connection of a pool: somebody has to give it back."""
    at = frame.place(node.at)
    if pool.kind == "sync":
        what = dotted_name(node.func) or "connection"
        effects.note(frame, Effect("other", "sync", at, what, is_blocking=True, driver=pool.driver), at, node)
    effects.note_opened(frame, at, pool.kind)
    frame.interpreter.events.handed_out.add(at)
    return replace(pool, is_pool=False, opened_at=at, given=at)


def lent(frame: Frame, pool: Session, node: facts.Call) -> Context:
    """A connection that a pool lends to a ``with`` block; psycopg's commits at its end."""
    session = handed_out(frame, pool, node)
    if pool.driver not in drivers.COMMITS_BLOCK:
        return Context(session)
    return Context(session, ((ending(session, session.identity, "connection()"),),), is_shield=True)


def ending(session: Session, at: Place | None, what: str) -> Step:
    """The commit at the end of a block. One whose transaction has failed rolls back in silence."""
    assert at is not None
    return Step("commit", session.identity, at, what, is_sent=False, is_async=session.kind == "async")


def block_of(frame: Frame, session: Session, context: facts.Expression) -> Context | None:
    """``with connection:`` of a driver that commits at the end of the block; None for others."""
    if session.is_pool or session.is_cursor or session.driver not in drivers.COMMITS_BLOCK:
        return None
    if session.identity is None:
        return Context(session, is_shield=True)
    return Context(session, ((ending(session, frame.place(context.at), "with"),),), is_shield=True)
