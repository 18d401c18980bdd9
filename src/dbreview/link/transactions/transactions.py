"""Transactions: operations that commit halfway, and errors after which a session goes on without rollback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import SURENESS, Confidence, Place
from dbreview.frameworks import drivers, naming, sqlalchemy, tortoise
from dbreview.link.names import FunctionRef
from dbreview.link.querysets import transactions as ambient
from dbreview.link.syntax import calls_in, last_name
from dbreview.link.transactions import paths
from dbreview.link.transactions.steps import Path, Step
from dbreview.link.values import TORTOISE
from dbreview.project import MissingRollback, Role, Route, SplitTransaction

if TYPE_CHECKING:
    from dbreview.link.events import Effect
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter, Outcome
    from dbreview.link.routes import FoundRoute

_MAY_FAIL = frozenset({"commit", "flush", "write", "merge"})


# --- errors that are caught ---------------------------------------------------------------


def risky(frame: Frame, known: set[tuple[str, Place]], opened: set[Place | None]) -> Effect | None:
    """What may fail in the database in a block that has just been followed, and leave the session unusable.

    ``known`` are the effects that were there before it, ``opened`` the sessions: those that it opens itself, it closes.
    """
    new = (effect for key, effect in frame.effects.items() if key not in known)
    found = (effect for effect in new if not (effect.calls and effect.is_guarded))
    return next(
        (
            e
            for e in found
            if e.kind in _MAY_FAIL
            and e.on != TORTOISE.identity
            and e.at not in frame.interpreter.events.committed_at_once
            and not (e.driver and e.kind == "commit")
            and not (e.is_shielded or e.is_undone or (e.is_own and e.on not in opened))
        ),
        None,
    )


def rolls_back(handler: facts.Handler) -> bool:
    """Whether a handler calls something that says that it rolls back."""
    return any("rollback" in (last_name(call.func) or "") for call in calls_in(handler.body))


def note_handled(
    frame: Frame, known: set[tuple[str, Place]], *, is_undone: bool, is_guarded: bool, is_tolerated: bool
) -> None:
    """What a block did is rolled back by a handler of its own if it fails, or does not keep the code from going on."""
    for key, effect in frame.effects.items():
        if key not in known and effect.kind in _MAY_FAIL:
            frame.effects[key] = replace(
                effect,
                is_undone=effect.is_undone or is_undone,
                is_guarded=effect.is_guarded or is_guarded,
                is_tolerated=effect.is_tolerated or is_tolerated,
            )


def note_caught(frame: Frame, handler: facts.Handler, failing: Effect | None) -> None:
    """A handler that catches errors of the database: from here on the session needs a rollback."""
    if failing is None or not _catches(frame, handler.exception):
        return
    if rolls_back(handler):
        return
    step = Step(
        "failed",
        failing.on,
        frame.place(handler.at),
        failing.what,
        cause=failing.at,
        is_async=failing.session == "async",
        driver=failing.driver,
    )
    paths.add(frame, step)


def catches_conflict(frame: Frame, handler: facts.Handler) -> bool:
    """Whether a handler is for errors of the database in particular."""
    is_any = isinstance(handler.exception, facts.Name) and handler.exception.id in _ANY
    return handler.exception is not None and not is_any and _catches(frame, handler.exception)


_ANY = frozenset({"Exception", "BaseException"})


def _catches(frame: Frame, exception: Expression | None) -> bool:
    match exception:
        case None | facts.Name("Exception" | "BaseException"):
            return True
        case facts.Display(_, items):
            return any(_catches(frame, item) for item in items)
    top, _, name = (frame.symbol_of(exception) or "").partition(".")
    name = name.rpartition(".")[2]
    if top in drivers.DIALECT_OF:
        return name in drivers.ERRORS or name.endswith(drivers.VIOLATIONS)
    if top == "tortoise":
        return name in tortoise.DATABASE_ERRORS
    return top == "sqlalchemy" and name in sqlalchemy.DATABASE_ERRORS


def missing_rollbacks(
    interpreter: Interpreter, roles: Mapping[str, Role], dialects: frozenset[str]
) -> Iterator[MissingRollback]:
    """The handlers after which a session is used that nobody rolled back."""
    for at, (failed, used, is_request, is_repeated) in sorted(
        interpreter.events.missed_rollbacks.items(), key=lambda item: item[0]
    ):
        if roles.get(at.filename) != "application" or failed.cause is None:
            continue
        spoken = {drivers.DIALECT_OF.get(failed.driver)} if failed.driver else dialects
        if failed.what.rpartition(".")[2] not in sqlalchemy.NEED_ROLLBACK and "postgresql" not in spoken:
            continue  # elsewhere a statement that fails leaves the transaction as it is
        holder = failed.what.rpartition(".")[0] or None
        yield MissingRollback(
            at,
            failed.what,
            failed.cause,
            used.what,
            used.first,
            is_repeated,
            holder,
            failed.is_async,
            "high" if is_request else "medium",
            failed.driver,
        )


# --- operations that commit halfway -------------------------------------------------------


def note_splits(frame: Frame) -> None:
    """What a body does to sessions that it has opened itself is a whole, whoever calls it."""
    if frame.ref is None or frame.ref.facts.has_yield or not frame.interpreter.is_request:
        return
    for path in (*frame.ended, *frame.paths):
        for session in frame.opened:
            _note_split(frame.interpreter, frame.ref, path, session, frame.interpreter.route)


def note_request(interpreter: Interpreter, found: FoundRoute, outcome: Outcome) -> None:
    """What a path operation does to the sessions that it is given is a whole."""
    for path in outcome.paths:
        for session in dict.fromkeys(step.session for step in path):
            _note_split(interpreter, found.ref, path, session, found.route)


def _note_split(
    interpreter: Interpreter, ref: FunctionRef, path: Path, session: Place | None, route: Route | None
) -> None:
    """The first commit of a path that stands between two writes, told where the ways to the two commits part."""
    steps = [step for step in path if step.session == session]
    for (first, commit), (second, last) in pairwise(_units(steps)):
        shared = _common(commit.calls, last.calls)
        at = commit.calls[shared] if len(commit.calls) > shared else commit.at
        found = SplitTransaction(
            at,
            ref.name,
            route,
            _written(first),
            commit.at,
            _written(second),
            last.at,
            commit.calls[shared + 1 :],
            _grade(first, second),
            "tortoise" if session == TORTOISE.identity else "sqlalchemy",
            commit.driver,
        )
        known = interpreter.events.splits.get(at)
        if known is None or SURENESS[found.confidence] < SURENESS[known.confidence]:
            interpreter.events.splits[at] = found
            interpreter.events.split_by[at] = ref
        return


def split_transactions(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[SplitTransaction]:
    """Operations that commit between their writes."""
    for at, found in sorted(interpreter.events.splits.items(), key=lambda item: item[0]):
        is_wrapped = found.orm == "tortoise" and ambient.wraps(interpreter, interpreter.events.split_by[at])
        if roles.get(at.filename) == "application" and not is_wrapped:
            yield found


def _units(steps: list[Step]) -> Iterator[tuple[list[Step], Step]]:
    """The writes of each transaction with the commit that ends it."""
    writes: list[Step] = []
    for step in steps:
        match step.kind:
            case "write":
                writes.append(step)
            case "commit":
                if writes:
                    yield writes, step
                writes = []
            case "rollback" | "failed":
                writes = []


def _grade(first: list[Step], second: list[Step]) -> Confidence:
    """How much it matters that the second transaction may be missing.

    A change of state around long work (running, done) must be committed, and a log may be left out.
    """
    if all(step.model is None and step.table is not None for step in (*first, *second)):
        return _grade_of_text(first, second)
    if any(step.driver and step.model is None for step in (*first, *second)):
        return "low"  # nobody knows what is written
    models = {step.model for step in (*first, *second)}
    if None not in models and len(models) == 1 and not any(step.is_new for step in second):
        return "low"
    if all(step.model is not None and naming.is_log(step.model.name) for step in second):
        return "low"
    return "high" if None not in models else "medium"


def _grade_of_text(first: list[Step], second: list[Step]) -> Confidence:
    """The same for SQL: what it takes from one row and adds to another is in need of both."""
    tables = {step.table for step in (*first, *second)}
    is_relative = any(step.is_relative for step in (*first, *second))
    is_new = any(step.is_new for step in second)
    if all(naming.is_log(step.table or "") for step in second):
        return "low"
    return "medium" if is_relative or is_new or (len(tables) > 1 and any(step.is_new for step in first)) else "low"


def _written(steps: list[Step]) -> tuple[Place, str | None]:
    step = next((step for step in steps if step.model is not None), steps[0])
    return step.at, step.model.dotted if step.model is not None else step.table


def _common(first: tuple[Place, ...], second: tuple[Place, ...]) -> int:
    """How many calls two chains have in common from the start."""
    length = 0
    while length < min(len(first), len(second)) and first[length] == second[length]:
        length += 1
    return length
