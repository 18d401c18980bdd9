"""Rows that SQL text brings in an order, and of which one is taken: the others were sent, or sorted, for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Confidence
from dbreview.frameworks import drivers
from dbreview.link import bounds
from dbreview.link.events import ReadEvent
from dbreview.link.syntax import dotted_name, walk
from dbreview.link.values import Fetch, Session
from dbreview.project import DiscardedRows, Role

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter


def note_one(frame: Frame, session: Session, fetch: Fetch | None, name: str, node: facts.Call) -> None:
    """``cursor.fetchone()``, which is the only reading of what the cursor ran."""
    if fetch is None or name not in drivers.TAKES_ONE or frame.loops or not _is_sent_by(session, fetch):
        return
    func = node.func
    holder = dotted_name(func.value) if isinstance(func, facts.Attribute) else None
    if _is_asked_again(frame, node) or (holder is not None and session.is_cursor and _readings(frame, holder) != 1):
        return
    at = frame.place(node.at)
    event = ReadEvent(at, fetch, name, False, frame.interpreter.is_request)
    frame.interpreter.events.first_rows.setdefault(at, event)


def _is_sent_by(session: Session, fetch: Fetch) -> bool:
    """Whether a driver fetches all rows, or lets the database sort them all, before the first one can be seen."""
    driver = session.driver or fetch.session.driver
    return driver not in drivers.EMBEDDED


def _is_asked_again(frame: Frame, call: facts.Call) -> bool:
    """``while row := cursor.fetchone():``."""
    body = frame.ref.facts.body if frame.ref is not None else ()
    tests = (node.test for node in walk(body) if isinstance(node, facts.While))
    return any(isinstance(inner, facts.Call) and inner.at == call.at for test in tests for inner in walk(test))


def _readings(frame: Frame, holder: str) -> int:
    """How often rows are taken out of a cursor."""
    body = frame.ref.facts.body if frame.ref is not None else ()
    taken = [n for n in walk(body) if isinstance(n, facts.Attribute) and n.attr in drivers.TAKES_ROWS]
    loops = [n for n in walk(body) if isinstance(n, facts.For | facts.Clause) and dotted_name(n.iterable) == holder]
    return sum(dotted_name(node.value) == holder for node in taken) + 2 * len(loops)


def discarded(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[DiscardedRows]:
    """The statements that are sorted for one row, and do not say so."""
    for at, event in sorted(interpreter.events.first_rows.items(), key=lambda item: item[0]):
        statement = event.fetch.statement
        sql = statement.sql if statement is not None else None
        if statement is None or sql is None or roles.get(at.filename) != "application":
            continue
        if not sql.is_ordered or sql.is_limited or sql.is_locking or sql.is_partial:
            continue
        if bounds.may_be_many(sql, interpreter.models):
            query, confidence = bounds.query_of(statement, event.fetch.at), _sureness(sql.fixed)
            yield DiscardedRows(at, query, event.method, tuple(sorted(sql.fixed)), True, confidence)


def _sureness(fixed: frozenset[str]) -> Confidence:
    return "medium" if fixed else "high"
