"""Transactions of Tortoise ORM: in one, statements do not commit by themselves, whoever sends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Place
from dbreview.frameworks import fastapi
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import calls_in, last_name, names_in, walk
from dbreview.link.transactions import paths
from dbreview.link.transactions.steps import NOTHING, Path, Step
from dbreview.link.values import TORTOISE, Context, Session

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter


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
    """A transaction around a ``yield`` is its caller's, or the routes' that depend on it.

    One around what answers a request is every request's.
    """
    if frame.ref is None:
        return
    if any(isinstance(node, facts.Yield) for node in walk(body)):
        frame.interpreter.events.transactional.add(frame.ref)
    if any(last_name(call.func) in fastapi.CALLS_NEXT for call in calls_in(body)):
        frame.interpreter.events.wraps_requests = True


def wraps(interpreter: Interpreter, ref: FunctionRef) -> bool:
    """Whether a middleware, or something that the path operation depends on, makes a transaction of each request."""
    if interpreter.events.wraps_requests:
        return True
    wrapping = {each.name for each in interpreter.events.transactional}
    if not wrapping:
        return False
    asked = names_in((*ref.facts.decorators, *ref.facts.parameters))
    aliases = (interpreter.names.resolve(ref.path, name) for name in asked)
    asked |= frozenset().union(*(names_in(each.value) for each in aliases if isinstance(each, Variable)))
    return not wrapping.isdisjoint(asked) or not wrapping.isdisjoint(_of_routers(interpreter))


def _of_routers(interpreter: Interpreter) -> Iterator[str]:
    """The names in what routers and applications depend on as a whole."""
    for module in interpreter.names.modules.values():
        for node in walk(module.body, into_functions=True):
            if isinstance(node, facts.Call) and last_name(node.func) in fastapi.OF_MANY_ROUTES:
                for argument in node.arguments:
                    yield from names_in(argument.value) if argument.keyword == "dependencies" else ()


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
