"""Transactions of Tortoise ORM: in one, statements do not commit by themselves, whoever sends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Place
from dbreview.frameworks import fastapi, python
from dbreview.link.syntax import calls_in, last_name, walk
from dbreview.link.transactions import paths
from dbreview.link.transactions.steps import NOTHING, Path, Step
from dbreview.link.values import TORTOISE, Context, Session

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def opened(at: Place) -> Context:
    """``in_transaction()``: the connection that the block has to itself."""
    session = replace(TORTOISE, is_connection=True, is_pool=False, opened_at=at)
    return Context(session, is_shield=True)


def is_opened(session: Session) -> bool:
    """Whether a block got its connection from ``in_transaction``."""
    return session.given == TORTOISE.given and session.opened_at is not None


def is_manager(frame: Frame, context: Expression) -> bool:
    """Whether this is a context manager of the project that makes a transaction around its ``yield``."""
    if not isinstance(context, facts.Call) or frame.ref is None:
        return False
    function = frame.interpreter.function_named(frame.ref, context.func)
    return function in frame.interpreter.events.transactional


def note_block(frame: Frame, body: Block) -> None:
    """A transaction around a ``yield`` is its caller's; one around what answers a request is every request's."""
    if frame.ref is None:
        return
    if any(isinstance(node, facts.Yield) for node in walk(body)):
        is_manager = frame.interpreter.is_a(frame.ref, python.CONTEXT_DECORATORS)
        frame.interpreter.events.transactional.add(frame.ref)
        frame.interpreter.events.wraps_requests |= not is_manager
    if any(last_name(call.func) in fastapi.CALLS_NEXT for call in calls_in(body)):
        frame.interpreter.events.wraps_requests = True


@contextmanager
def around(frame: Frame, is_transaction: bool) -> Iterator[None]:
    """Follow a body that may be one transaction: what commits by itself in it does so at its end, together."""
    if not is_transaction:
        yield
        return
    before, ended, frame.paths, frame.ended = frame.paths, frame.ended, NOTHING, ()
    try:
        yield
    finally:
        frame.paths = paths.behind(frame, before, paths.unite(map(_as_one, frame.paths)))
        left = paths.behind(frame, before, paths.unite(map(_as_one, frame.ended)))
        frame.ended = paths.unite((*ended, *left))


def _as_one(path: Path) -> Path:
    """The path with one commit behind what it writes."""
    last = next((step for step in reversed(path) if _is_own_commit(step)), None)
    kept = tuple(step for step in path if not _is_own_commit(step))
    return (*kept, last) if last is not None else path


def _is_own_commit(step: Step) -> bool:
    return step.kind == "commit" and step.session == TORTOISE.identity
