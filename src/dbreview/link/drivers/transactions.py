"""Drivers that commit each statement by itself: what they write is whole at once, unless a block is around it.

psycopg's `transaction()` is a savepoint where its connection is in a transaction already, which nobody can see from a
function alone: it is taken to commit nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import drivers, sqlalchemy
from dbreview.link.syntax import last_name
from dbreview.link.transactions import paths
from dbreview.link.transactions.steps import NOTHING, Path, Paths, Step
from dbreview.link.values import Const, Session, Value

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.events import Effect
    from dbreview.link.frame import Frame


def note_write(frame: Frame, session: Session, effect: Effect) -> None:
    """A statement that writes is committed, unless a block is around it. One whose result is asked decides by it."""
    if session.driver not in drivers.COMMITS_AT_ONCE or session.identity in frame.together:
        return
    frame.interpreter.events.committed_at_once.add(effect.at)
    known = frame.effects.get((effect.kind, effect.at))
    if effect.kind == "write" and known is not None and not known.is_checked:
        paths.add(frame, _commit(session, effect.at, effect.what))


def _commit(session: Session, at: Place, what: str) -> Step:
    return Step("commit", session.identity, at, what, is_sent=False, is_async=True, driver=session.driver)


def note_isolation(frame: Frame, arguments: Arguments) -> None:
    """``connection.transaction(isolation="serializable")``: the database refuses to overwrite."""
    level = arguments.keyword("isolation")
    if isinstance(level, Const) and str(level.value).upper().replace("_", " ") in sqlalchemy.ISOLATED:
        frame.interpreter.events.is_serializable = True


def block_of(context: facts.Expression, found: Value) -> Session | None:
    """The connection of ``async with connection.transaction():``, where that commits at its end."""
    is_block = isinstance(context, facts.Call) and last_name(context.func) in drivers.TRANSACTIONS
    if not is_block or not isinstance(found, Session) or found.driver not in drivers.COMMITS_AT_ONCE:
        return None
    return found if found.identity is not None else None


@contextmanager
def around(frame: Frame, blocks: list[tuple[Session, Place]]) -> Iterator[None]:
    """Follow a body that is one transaction: what would commit by itself in it does so at its end, together."""
    if not blocks:
        yield
        return
    before, ended, frame.paths, frame.ended = frame.paths, frame.ended, NOTHING, ()
    frame.together += [session.identity for session, _ in blocks]
    try:
        yield
    finally:
        del frame.together[len(frame.together) - len(blocks) :]
        frame.paths = paths.behind(frame, before, _together(frame.paths, blocks))
        frame.ended = paths.unite((*ended, *paths.behind(frame, before, _together(frame.ended, blocks))))


def _together(found: Paths, blocks: list[tuple[Session, Place]]) -> Paths:
    return paths.unite(_as_one(path, blocks) for path in found)


def _as_one(path: Path, blocks: list[tuple[Session, Place]]) -> Path:
    """The path with one commit behind what it writes."""
    own = {session.identity for session, _ in blocks}
    kept = [step for step in path if not (step.kind == "commit" and step.session in own)]
    kept += [
        _commit(session, at, "transaction()")
        for session, at in blocks
        if any(step.session == session.identity and step.kind == "write" for step in kept)
    ]
    return tuple(kept)
