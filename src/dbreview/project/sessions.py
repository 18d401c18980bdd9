"""What the linked program does with engines, sessions and transactions, and with the event loop that waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dbreview.finding import Confidence, Place
from dbreview.project.events import Query, Route
from dbreview.project.schema import Orm, Relationship

SessionKind: TypeAlias = Literal["sync", "async"]


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """A synchronous database call on the event loop: ``what`` at the last of the ``calls`` that lead there from ``at``.

    One that a connection of a ``driver`` does has that. ``others`` are further ones of the same function.
    """

    at: Place
    function: str
    function_at: Place
    is_route: bool
    route: Route | None
    calls: tuple[Place, ...]
    what: str
    others: int = 0
    confidence: Confidence = "high"
    driver: str = ""


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
    whose attribute is read as if it were the result, and one kept in ``name`` that is never awaited. One that
    ``is_query`` is a query set, of which Python never says that nobody awaited it.
    """

    at: Place
    call: str
    use: Literal["dropped", "taken for its result", "kept"]
    name: str | None
    leads_to: Place | None
    confidence: Confidence
    is_query: bool = False


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
    ``key`` is the column by which a statement finds the rows of a pass: ``User.id``.
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
    key: str | None = None
    orm: Orm = "sqlalchemy"


@dataclass(frozen=True, slots=True)
class SplitTransaction:
    """An operation that commits between its writes, on one path. ``at`` is the first commit, or the call to it.

    Each of the writes is a place and what it writes (a model's dotted name or a table, None if that is not known).
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
    orm: Orm = "sqlalchemy"
    driver: str = ""


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
    driver: str = ""


@dataclass(frozen=True, slots=True)
class LostUpdate:
    """A column is set to something computed in Python from the value that was read before, without a lock.

    ``target`` is what is assigned to, as it is written: ``post.views``. ``operator`` is the one of ``+=`` and the like,
    None for other computations. ``query`` fetched the row; None where that is a lazy load.
    """

    at: Place
    model: str
    attribute: str
    target: str | None
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
    """A session that outlives every request: at module or class level, in a default, on the app.

    ``where`` may also be a ``closure``: a route's function, or one that is made at import, that sees a variable of the
    function around it; or a ``provider`` of a container that keeps what it makes. A connection has a ``driver``.
    """

    at: Place
    where: Literal["module", "class", "default", "state", "cache", "closure", "provider"]
    name: str
    used_at: Place | None
    kind: SessionKind | None
    confidence: Confidence
    driver: str = ""


@dataclass(frozen=True, slots=True)
class LeakedSession:
    """A session (or connection) that is opened and not closed on every path.

    ``leaves_at`` is where a path leaves with the session open: a ``return`` or ``raise``, what may raise, None for the
    end of the function; or where it is ``opened again``. ``leaves_by`` tells which. ``owner`` is the class whose method
    ``exit`` does not close it; without ``exit``, whose objects keep it. One that ``is_given_back`` is open, but holds
    no connection. ``opener`` is the call that opens it, as it is written, where that is short. A connection of a
    ``driver`` may come from a ``pool``, and one that ``is_block`` has a ``with`` block, which does not close it.
    """

    at: Place
    name: str
    reason: Literal["never", "not on errors", "early exit", "abandoned generator", "opened again"]
    closed_at: Place | None
    leaves_at: Place | None
    is_generator: bool
    kind: SessionKind | None
    leaves_by: Literal["end", "return", "raise", "database", "call", "yield", ""] = ""
    owner: str | None = None
    exit: str = ""
    is_given_back: bool = False
    is_connection: bool = False
    opener: str = ""
    confidence: Confidence = "high"
    driver: str = ""
    pool: str = ""
    is_block: bool = False


@dataclass(frozen=True, slots=True)
class ExpiringSessions:
    """Async sessions whose objects expire with every commit. ``at`` is where their factory, or the session, is made.

    ``name`` is the variable that holds the factory, or the function that hands the session out. ``call`` is what makes
    it and ``written`` all of what should stand there, None where that cannot be said. ``committed_at`` is a commit of
    such a session. What ``is_explicit`` says so itself: ``expire_on_commit=True``.
    """

    at: Place
    name: str
    is_factory: bool
    call: str
    written: str | None
    is_explicit: bool
    committed_at: Place | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class HardCodedCredential:
    """A database password that is written in the source. ``shown`` is what holds it, without the password.

    ``kind`` and ``name`` are those of what holds it: a variable, a field of the settings, a variable of the environment
    whose default it is, an argument, an entry of a dict. ``password_at`` is the constant, where that stands elsewhere.
    """

    at: Place
    shown: str
    user: str
    host: str
    kind: Literal["variable", "field", "environment", "argument", "entry", "nothing"]
    name: str
    password_at: Place | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A path operation that opens a session itself, at ``at``, where most others are given one by ``dependency``.

    ``opened`` is the call as it is written, ``annotation`` how most others take the session. ``example`` is one of
    them; they are ``injected`` of all ``routes`` that use such a session.
    """

    at: Place
    route: Route
    name: str
    opened: str
    dependency: str
    dependency_at: Place
    annotation: str
    example: Route
    injected: int
    routes: int
    kind: SessionKind | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class CommitAfterResponse:
    """A dependency commits behind its ``yield``, after FastAPI has sent the response.

    ``at`` is the commit, or the ``with`` whose end commits (``is_block``); ``commit_at`` is the commit itself where
    that stands elsewhere. ``name`` is the variable that it yields. ``route`` leaves what it writes, a place and a
    model's dotted name, to this commit; ``calls`` lead there, and ``others`` is the number of further such routes.
    What ``is_certain`` holds for every version of FastAPI that the project may run with.
    """

    at: Place
    dependency: str
    name: str
    is_block: bool
    commit_at: Place | None
    yield_at: Place
    route: Route
    write: tuple[Place, str | None]
    calls: tuple[Place, ...]
    others: int
    is_async: bool
    is_certain: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class EnginePerRequest:
    """An engine that is made each time a request is answered, by ``function``.

    ``route`` leads there, or where it is None the ``dependency``; ``asked_at`` is that function, ``calls`` lead from
    it to ``at``. ``maker`` is what makes the engine: ``create_engine``. ``is_returned`` says that ``function`` does
    nothing but give it away, so that its result can be cached. One that ``is_pool`` is a driver's pool of connections.
    """

    at: Place
    name: str | None
    maker: str
    function: str
    route: Route | None
    dependency: str
    asked_at: Place
    calls: tuple[Place, ...]
    is_returned: bool
    confidence: Confidence
    is_pool: bool = False


@dataclass(frozen=True, slots=True)
class ImpossibleEngine:
    """Arguments of ``maker`` that cannot work together. ``error`` is what Python raises.

    ``reason`` tells what does not fit the kind of engine: the ``pool``, the ``driver`` that the URL names (or means),
    or a ``dialect`` that does not exist; or ``keywords`` that the ``pool`` does not take. ``is_chosen`` says that the
    code chooses the pool itself. ``url`` is the beginning of the one given, ``instead`` what it may begin with.
    """

    at: Place
    maker: str
    is_async: bool
    reason: Literal["pool", "driver", "dialect", "keywords"]
    error: str
    pool: str
    is_chosen: bool
    keywords: tuple[str, ...]
    driver: str
    url: str
    instead: str


@dataclass(frozen=True, slots=True)
class UnpooledEngine:
    """An engine of a server that connects anew for each session (``NullPool``)."""

    at: Place
    name: str | None
    is_async: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class UncheckedPool:
    """An engine whose pool may lend connections that are dead. ``dialect`` is None where the URL does not tell."""

    at: Place
    name: str | None
    maker: str
    dialect: str | None


@dataclass(frozen=True, slots=True)
class EchoingEngine:
    """An engine that logs every statement: ``echo`` is written as ``value``."""

    at: Place
    name: str | None
    maker: str
    value: str


@dataclass(frozen=True, slots=True)
class SessionInTask:
    """A request's session, or something that needs it, is given to a task that outlives the request.

    ``at`` is what is given: the session ``name``, a ``holder`` of it, or an ``entity`` of ``model``, whose primary key
    is the attribute ``key``. ``task`` is the function; ``how`` says whether it runs when the response was sent
    (``background``), ``beside`` the request, in a ``thread``, or in another process (``queue``). It uses the session at
    ``used_at``, of an entity by ``use`` of its ``attribute``. The session is opened at ``opened_at``: by
    ``dependency``, or in a block that ends before the task. ``is_closed`` says that it is closed when a background
    task runs, None where that depends on FastAPI's version.
    """

    at: Place
    how: Literal["background", "beside", "thread", "queue"]
    task: str
    what: Literal["session", "holder", "entity"]
    name: str
    model: str | None
    key: str | None
    attribute: str | None
    use: Literal["reads", "changes", "expired"] | None
    used_at: Place | None
    opened_at: Place | None
    dependency: str | None
    is_closed: bool | None
    is_async: bool
    is_connection: bool
    route: Route | None
    confidence: Confidence
