"""What the linked program does with engines, sessions and transactions, and with the event loop that waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dbreview.finding import Confidence, Place
from dbreview.project.events import Query, Route
from dbreview.project.schema import Relationship

SessionKind: TypeAlias = Literal["sync", "async"]


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """A synchronous database call on the event loop. ``calls`` lead from ``at`` to ``query``."""

    at: Place
    function: str
    function_at: Place
    is_route: bool
    route: Route | None
    calls: tuple[Place, ...]
    what: str
    others: int = 0
    confidence: Confidence = "high"


@dataclass(frozen=True, slots=True)
class SharedSession:
    """One asynchronous session (or connection) that several tasks use at the same time.

    ``at`` is what runs them together: ``asyncio.gather``, or the call that starts a second task. ``uses`` are the calls
    whose coroutines use the session, ``name`` the variable that holds it where one is known.
    """

    at: Place
    how: str
    name: str | None
    uses: tuple[Place, ...]
    is_connection: bool
    route: Route | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class MissingAwait:
    """A coroutine of a session (or of a project function that uses one) that is never awaited: it never runs.

    ``call`` is what makes it, as it is written: ``session.commit``. ``use`` tells a coroutine that is dropped, one
    whose attribute is read as if it were the result, and one kept in ``name`` that is never awaited.
    """

    at: Place
    call: str
    use: Literal["dropped", "taken for its result", "kept"]
    name: str | None
    leads_to: Place | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class ForbiddenLoad:
    """An attribute of an async session's object is read that is not loaded: ``MissingGreenlet``.

    ``why`` says what makes it missing, at ``since``: the relationship is ``lazy`` and the query at ``since`` does not
    load it; or a commit or rollback expired all attributes. ``option`` would load the relationship.
    """

    at: Place
    model: str
    attribute: str
    why: Literal["lazy", "commit", "rollback"]
    since: Place | None
    relationship: Relationship | None
    option: str
    asked_by: str | None
    route: Route | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class RepeatedWrite:
    """A write, or the end of a transaction, that a loop repeats. ``calls`` lead from the loop to ``write_at``.

    ``kind`` is what is done per pass; ``entity`` what it is done to, a model's dotted name or a table (``is_sql``).
    ``what`` is the call as it is written. ``query_between`` runs in each pass between the additions.
    """

    at: Place
    loop: Place
    calls: tuple[Place, ...]
    write_at: Place
    kind: Literal["commit", "flush", "refresh", "merge", "insert", "update", "delete", "delete object", "add"]
    what: str
    entity: str | None
    is_sql: bool
    is_async: bool
    query_between: Place | None
    others: tuple[Place, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class SplitTransaction:
    """An operation that commits between its writes, on one path. ``at`` is the first commit, or the call to it.

    Each of the writes is a place and what it writes (a model's dotted name, None if that is not known).
    """

    at: Place
    function: str
    route: Route | None
    first_write: tuple[Place, str | None]
    first_commit: Place
    second_write: tuple[Place, str | None]
    second_commit: Place
    calls: tuple[Place, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class MissingRollback:
    """A database error is caught at ``at`` (the handler), and the session goes on without rollback.

    ``failing`` is the call whose error is meant (``session.commit``), ``used`` the one that comes next.
    """

    at: Place
    failing: str
    failing_at: Place
    used: str
    used_at: Place
    is_next_pass: bool
    session: str | None
    is_async: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class LostUpdate:
    """A column is set to something computed in Python from the value that was read before, without a lock.

    ``operator`` is the one of ``+=`` and the like, None for other computations. ``query`` fetched the row; None where
    that is a lazy load.
    """

    at: Place
    model: str
    attribute: str
    operator: str | None
    query: Query | None
    route: Route | None
    is_numeric: bool | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class CheckThenInsert:
    """Code asks whether a row is there and inserts one if not; nothing in the schema keeps two requests from doing so.

    ``at`` is the insert (or the call that leads to it), ``columns`` the attributes by which ``query`` looked.
    """

    at: Place
    query: Query
    model: str
    columns: tuple[str, ...]
    insert_at: Place
    route: Route | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class GlobalSession:
    """A session that outlives every request: at module or class level, in a default, on the app."""

    at: Place
    where: Literal["module", "class", "default", "state", "cache"]
    name: str
    used_at: Place | None
    kind: SessionKind | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class LeakedSession:
    """A session that is opened and not closed on every path."""

    at: Place
    name: str
    reason: Literal["never", "not on errors", "early exit", "abandoned generator"]
    closed_at: Place | None
    leaves_at: Place | None
    is_generator: bool
    kind: SessionKind | None
