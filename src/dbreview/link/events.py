"""What the linked program does at a place, collected while functions are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dbreview.facts import Call, Expression, Span
from dbreview.finding import Confidence, Place
from dbreview.link.injection.noting import CallSite, SqlCall
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.transactions.steps import Step
from dbreview.link.values import (
    ClientNumber,
    Entity,
    Fetch,
    Made,
    PythonTest,
    Session,
    SessionKind,
    Statement,
    Use,
    Value,
)
from dbreview.project import Relationship, Route, SplitTransaction

Hidden: TypeAlias = tuple[Place | None, ClassRef, str, FunctionRef | None]
"""An attribute that is taken out of objects: of which query and class, its name, and the function that does it."""

EffectKind: TypeAlias = Literal[
    "read", "write", "commit", "flush", "refresh", "merge", "rollback", "add", "add_all", "delete", "change", "engine",
    "schema", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop that is being followed. Only one over ``rows`` repeats a query per row.

    An ``exit`` is no loop but a block that ends the loop around it: it runs once at most.

    ``names`` are the variables whose values change from pass to pass, ``searching`` the places of the calls whose
    result ends the loop, ``carried`` of those that need the result of the pass before, ``kept`` of those whose result
    lives until the next pass, ``needed`` of flushes whose keys the same pass uses.
    One that ``opens_session`` gives each pass a session of its own; one that ``is_fed`` adds to what it runs over.
    """

    at: Place
    kind: Literal["rows", "other", "exit"]
    names: frozenset[str]
    variable: str | None
    confidence: Confidence
    searching: frozenset[Span] = frozenset()
    carried: frozenset[Span] = frozenset()
    kept: frozenset[Span] = frozenset()
    opens_session: bool = False
    is_fed: bool = False
    needed: frozenset[Span] = frozenset()


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that running a function does to the database, and the calls that lead there.

    ``calls`` starts in the function whose effect it is and ends before ``at``. ``is_once`` says that
    the result is kept, so that a repeated call does not repeat the effect; ``is_isolated`` that a call on
    the way commits, so that each pass is a transaction of its own. ``needs`` are the names (of an outcome: the
    parameters) whose values decide what the effect does, None where that is not known.

    ``model`` is the class of the objects that it is done to, ``on`` the place where the session was opened. An effect
    ``is_shielded`` if a savepoint or transaction block rolls its failure back, ``is_guarded`` if a handler lets the
    code go on after it, ``is_own`` if the code that does it has opened the session itself,
    ``is_undone`` if a handler beside it rolls back, ``is_safe`` if it may run at the same time as others like it,
    ``is_repeated`` if a loop on the way repeats it already. What the connection of a ``driver`` does has that; it
    ``is_alone`` if the code has opened the connection for nothing else.
    """

    kind: EffectKind
    session: SessionKind | None
    at: Place
    what: str
    statement: Statement | None = None
    calls: tuple[Place, ...] = ()
    is_blocking: bool = False
    is_once: bool = False
    is_isolated: bool = False
    needs: frozenset[str] | None = None
    model: ClassRef | None = None
    on: Place | None = None
    is_shielded: bool = False
    is_guarded: bool = False
    is_own: bool = False
    is_undone: bool = False
    is_safe: bool = False
    is_repeated: bool = False
    is_tolerated: bool = False
    is_checked: bool = False
    driver: str = ""
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class LoadEvent:
    """A relationship that is read per row. ``calls`` lead from the loop to ``at``."""

    entity: Entity
    relationship: Relationship
    at: Place
    loop: Place
    is_request: bool
    is_awaited: bool = False
    calls: tuple[Place, ...] = ()
    option: str = ""


@dataclass(frozen=True, slots=True)
class RepeatEvent:
    at: Place
    loop: Loop
    effect: Effect
    depends_on_loop: bool
    is_request: bool
    changing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BlockEvent:
    at: Place
    function: FunctionRef
    effect: Effect
    is_request: bool


@dataclass(frozen=True, slots=True)
class ResponseEvent:
    """A relationship that a schema's field asks of rows which came without it."""

    entity: Entity
    relationship: Relationship
    schema: str
    field: str
    field_at: Place
    asked_at: Place
    route: Route | None
    is_per_row: bool


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """Rows of a result that are read by one of its methods, or by a loop (``iteration``)."""

    at: Place
    fetch: Fetch
    method: str
    is_unique: bool
    is_request: bool


@dataclass(frozen=True, slots=True)
class CountEvent:
    """Rows of which only the number is asked, or whether there is one."""

    at: Place
    fetch: Fetch
    purpose: Literal["count", "exists"]
    function: FunctionRef | None
    is_request: bool


@dataclass(frozen=True, slots=True)
class UpdateEvent:
    """An attribute of a loaded row (``target``, as it is written) is set to something computed from its own value."""

    at: Place
    entity: Entity
    attribute: str
    target: str | None
    operator: str | None
    is_request: bool
    route: Route | None


@dataclass(frozen=True, slots=True)
class RewriteEvent:
    """SQL text writes a column that was computed from its value in the row which ``fetch`` brought."""

    at: Place
    fetch: Fetch
    table: str
    column: str
    is_request: bool
    route: Route | None


@dataclass(frozen=True, slots=True)
class InsertEvent:
    """A row is inserted (at ``insert_at``, by way of ``at``) on a path on which ``fetch`` found none."""

    at: Place
    fetch: Fetch
    model: ClassRef
    insert_at: Place
    is_request: bool
    route: Route | None


@dataclass(frozen=True, slots=True)
class AwaitEvent:
    """A coroutine that is dropped, kept in a variable for nothing, or taken for its result."""

    use: Use
    how: Literal["dropped", "taken for its result", "kept"]
    name: str | None
    is_request: bool


@dataclass(frozen=True, slots=True)
class ShareEvent:
    """Coroutines that run at the same time and use one session."""

    at: Place
    how: str
    uses: tuple[Use, ...]
    is_request: bool
    route: Route | None


@dataclass(frozen=True, slots=True)
class MissingEvent:
    """An attribute of an asynchronous session's object is read that has expired or was never loaded."""

    at: Place
    entity: Entity
    name: str
    why: Literal["lazy", "commit", "rollback"]
    relationship: Relationship | None
    asked_by: str | None
    since: Place | None = None
    is_request: bool = False
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class PythonTestEvent:
    test: PythonTest
    filter_at: Place


@dataclass(frozen=True, slots=True)
class PageEvent:
    """A statement that runs as a page. ``paginator`` is the library function that makes it one, if one does."""

    at: Place
    statement: Statement
    route: Route | None
    is_request: bool
    paginator: str | None = None


@dataclass(frozen=True, slots=True)
class OwnedSession:
    """A session (or connection) that a function opened and bound to a local name, not by a ``with``.

    ``opened_at`` is the call that opens it, which may stand in a function that ``at`` calls. A connection of a
    ``driver`` that ``is_block`` has a ``with`` block, which does not close it.
    """

    at: Place
    ref: FunctionRef
    name: str
    kind: SessionKind | None
    is_from_generator: bool = False
    is_injected: bool = False
    opened_at: Place | None = None
    is_connection: bool = False
    driver: str = ""
    is_block: bool = False
    is_request: bool = False


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session, or an object that holds one, that an assignment in a function keeps on ``owner``.

    ``target`` is what is assigned to, as it is written; without ``owner`` it is a variable. ``at`` is what is assigned.
    """

    at: Place
    ref: FunctionRef
    target: str
    owner: Value
    value: Value
    is_request: bool


@dataclass(frozen=True, slots=True)
class LentSession:
    """A session that is opened as an argument of ``call``, which gives it to ``taker`` and keeps no name for it."""

    at: Place
    ref: FunctionRef
    call: Call
    taker: Value
    kind: SessionKind | None


@dataclass(frozen=True, slots=True)
class Maker:
    """A call that makes a session factory, or a session without one. What differs from reading to reading is None.

    ``bind`` tells engines apart: the module and the name of the variable that holds it.
    """

    node: Call
    kind: SessionKind | None
    expires: bool | None
    is_factory: bool
    function: FunctionRef | None
    bind: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class HandedEvent:
    """A session, or what needs one, that is given to a task: one that runs later, beside the request, or elsewhere.

    ``at`` is what is given. A ``holder`` is an object with a session in it. Of an ``entity`` the task reads or changes
    ``attribute``, at ``used_at``.
    """

    at: Place
    how: Literal["background", "beside", "thread", "queue"]
    task: str
    what: Literal["session", "holder", "entity"]
    name: str
    session: Session
    used_at: Place | None
    is_request: bool
    route: Route | None
    model: ClassRef | None = None
    attribute: str | None = None
    use: Literal["reads", "changes", "expired"] | None = None


@dataclass(frozen=True, slots=True)
class EngineMaker:
    """A call of ``maker`` that makes an engine. A keyword's value is None where it is not known for sure.

    One that ``is_open`` may have other keywords as well. ``is_request`` says that a request leads to it, ``is_called``
    that the parameters of its function hold what a call gives.
    """

    node: Call
    maker: str
    kind: SessionKind
    function: FunctionRef | None
    keywords: tuple[tuple[str, Value], ...]
    is_open: bool
    is_request: bool
    is_called: bool

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.keywords)

    def keyword(self, name: str) -> Value:
        return next((value for key, value in self.keywords if key == name), None)


@dataclass(frozen=True, slots=True)
class Held:
    """An object with a session behind it, or a session, a result or a query itself, somewhere in a value.

    ``lazy`` are the relationships that it came without, ``is_sure`` says that it is there on every path.
    """

    what: Literal["entity", "session", "result", "query"]
    session: Session
    model: ClassRef | None = None
    loaded_at: Place | None = None
    lazy: tuple[Relationship, ...] = ()
    is_many: bool = False
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """A function puts what needs a session into ``holder``, as it is written in ``ref``: an attribute of ``owner``.

    ``at`` is where it is given to the code that keeps it, ``stored_at`` where that keeps it, ``key`` (if it is an item)
    and ``variable`` how they are written there.
    """

    at: Place
    stored_at: Place
    ref: FunctionRef
    holder: Expression
    owner: Value
    key: Expression | None
    variable: str | None
    held: Held
    is_item: bool
    is_request: bool


@dataclass(frozen=True, slots=True)
class Creating:
    """What makes tables from models: ``maker`` as it is written, and the names of the metadata that it may be of.

    Without metadata, they are Tortoise's. One that ``is_partial`` chooses among the tables.
    """

    at: Place
    maker: str
    metadata: frozenset[str | None]
    node: Call
    function: FunctionRef | None
    is_partial: bool = False


@dataclass(slots=True)
class Events:
    """Each event once per place, the first reading that shows it winning."""

    loads: dict[tuple[Place, str], LoadEvent] = field(default_factory=dict)
    repeats: dict[Place, RepeatEvent] = field(default_factory=dict)
    blocks: dict[tuple[FunctionRef, Place], BlockEvent] = field(default_factory=dict)
    sessions_at: dict[Place, SessionKind | None] = field(default_factory=dict)
    queries_at: dict[Place, bool] = field(default_factory=dict)
    loops_at: dict[Place, bool] = field(default_factory=dict)
    opened: dict[Place, SessionKind | None] = field(default_factory=dict)
    owned: dict[Place, OwnedSession] = field(default_factory=dict)
    stored: dict[Place, StoredSession] = field(default_factory=dict)
    lent: dict[Place, LentSession] = field(default_factory=dict)
    takers: dict[Place, Value] = field(default_factory=dict)
    engines: dict[Place, EngineMaker] = field(default_factory=dict)
    pools: dict[Place, EngineMaker] = field(default_factory=dict)
    handed_out: set[Place] = field(default_factory=set)
    written_on: set[Place | None] = field(default_factory=set)
    dedicated: set[Place | None] = field(default_factory=set)
    committed_at_once: set[Place] = field(default_factory=set)
    makers: dict[Place, Maker] = field(default_factory=dict)
    opened_by: dict[Place, Place | None] = field(default_factory=dict)
    own_terms: set[Place] = field(default_factory=set)
    configured: set[Place | None] = field(default_factory=set)
    commits: dict[Place | None, Place] = field(default_factory=dict)
    filled: set[tuple[Place, tuple[str, ...], str]] = field(default_factory=set)
    looked_up: set[tuple[ClassRef, str]] = field(default_factory=set)
    deleted: set[ClassRef] = field(default_factory=set)
    searched: dict[tuple[ClassRef, str], set[frozenset[str]]] = field(default_factory=dict)
    selected: set[ClassRef] = field(default_factory=set)
    swept: set[ClassRef] = field(default_factory=set)
    reads: set[tuple[str, str]] = field(default_factory=set)
    untyped_reads: set[str] = field(default_factory=set)
    deleted_objects: set[ClassRef] = field(default_factory=set)
    created: set[ClassRef] = field(default_factory=set)
    changed: set[ClassRef] = field(default_factory=set)
    responses: dict[tuple[Place, tuple[str, ...], str], ResponseEvent] = field(default_factory=dict)
    row_reads: dict[tuple[Place, str, Statement | None], ReadEvent] = field(default_factory=dict)
    refreshed: set[tuple[Place, tuple[str, ...], str]] = field(default_factory=set)
    positions: set[Place] = field(default_factory=set)
    kept: set[Place] = field(default_factory=set)
    counts: dict[Place, CountEvent] = field(default_factory=dict)
    python_tests: dict[Place, PythonTestEvent] = field(default_factory=dict)
    pages: dict[Place, PageEvent] = field(default_factory=dict)
    page_sizes: dict[Place, tuple[ClientNumber, PageEvent]] = field(default_factory=dict)
    statements: dict[tuple[Place, Statement], Route | None] = field(default_factory=dict)
    secrets: dict[tuple[Place, ClassRef, str], bool | None] = field(default_factory=dict)
    tables_made: dict[Made, None] = field(default_factory=dict)
    awaits: dict[Place, AwaitEvent] = field(default_factory=dict)
    shares: dict[Place, ShareEvent] = field(default_factory=dict)
    missing: dict[tuple[Place, ClassRef], MissingEvent] = field(default_factory=dict)
    ended: set[Place] = field(default_factory=set)
    updates: dict[Place, UpdateEvent] = field(default_factory=dict)
    inserts: dict[Place, InsertEvent] = field(default_factory=dict)
    rewrites: dict[Place, RewriteEvent] = field(default_factory=dict)
    first_rows: dict[Place, ReadEvent] = field(default_factory=dict)
    writes: dict[tuple[Place, str], RepeatEvent] = field(default_factory=dict)
    committing: set[Place] = field(default_factory=set)
    queried: dict[Place, dict[Place, Place | None]] = field(default_factory=dict)
    may_flush_by_hand: bool = False
    is_serializable: bool = False
    wraps_requests: bool = False
    split_by: dict[Place, FunctionRef] = field(default_factory=dict)
    ran: set[Place] = field(default_factory=set)
    transactional: set[FunctionRef] = field(default_factory=set)
    splits: dict[Place, SplitTransaction] = field(default_factory=dict)
    missed_rollbacks: dict[Place, tuple[Step, Step, bool, bool]] = field(default_factory=dict)
    handed: dict[Place, HandedEvent] = field(default_factory=dict)
    sql_calls: dict[Place, SqlCall] = field(default_factory=dict)
    call_sites: dict[FunctionRef | ClassRef, dict[Place, CallSite]] = field(default_factory=dict)
    targets: dict[Place, dict[FunctionRef | ClassRef, None]] = field(default_factory=dict)
    creating: dict[Place, Creating] = field(default_factory=dict)
    leading: dict[tuple[str, FunctionRef | None, Place], Effect] = field(default_factory=dict)
    held: dict[tuple[Place, Place], KeptEvent] = field(default_factory=dict)
    answers: dict[FunctionRef, dict[Place, Value]] = field(default_factory=dict)
    hidden: set[Hidden] = field(default_factory=set)
    mistakes: dict[Place, Exception] = field(default_factory=dict)

    def saw_session_call(self, at: Place, kind: SessionKind | None) -> None:
        self.sessions_at[at] = kind or self.sessions_at.get(at)

    def saw_query(self, at: Place, is_known: bool) -> None:
        self.queries_at[at] = is_known or self.queries_at.get(at, False)

    def saw_secret(self, at: Place, ref: ClassRef, name: str, is_plain: bool | None) -> None:
        """A write to a password's column. What one reading knows, another may not."""
        known = self.secrets.get((at, ref, name))
        self.secrets[at, ref, name] = is_plain if known is None else known and is_plain is not False

    def saw_row_loop(self, at: Place, is_known: bool) -> None:
        self.loops_at[at] = is_known or self.loops_at.get(at, False)
