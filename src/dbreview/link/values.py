"""What an expression can stand for while a function is followed. Unknown is ``None``.

Values are immutable and comparable, so that one reading of a function serves every call
with the same arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.transactions.steps import NOTHING, Paths

SessionKind: TypeAlias = Literal["sync", "async"]


@dataclass(frozen=True, slots=True)
class Const:
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Given:
    """An argument that a caller passed: what it is is not known, but it is not the default."""


@dataclass(frozen=True, slots=True)
class ClientNumber:
    """A number that a request's client chooses: the parameter ``name`` of ``function``, declared at ``at``.

    ``is_capped`` says that something bounds it from above, ``is_optional`` that it is None unless the client gives it.
    """

    name: str
    function: str
    at: Place
    is_capped: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A piece of SQL that is not known. One that ``is_list`` has conditions or columns in it, and no other clause."""

    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """SQL that is put together while the program runs, piece by piece."""

    pieces: tuple[str | ClientNumber | Gap, ...]


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something of a library, by its dotted name: ``sqlalchemy.select``."""

    dotted: str


@dataclass(frozen=True, slots=True)
class LibraryObject:
    """What calling (or annotating with) a library's symbol gives, where no other value says more.

    A keyword ``**`` stands for those that cannot be seen.
    """

    dotted: str
    arguments: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleValue:
    path: str


@dataclass(frozen=True, slots=True)
class FunctionValue:
    ref: FunctionRef
    receiver: Value = None
    closure: Closure | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """The variables that a nested function or lambda sees. The same only when identical."""

    names: dict[str, Value]


@dataclass(frozen=True, slots=True)
class LambdaValue:
    facts: object
    path: str
    closure: Closure


@dataclass(frozen=True, slots=True)
class ClassValue:
    ref: ClassRef


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a project class that is no model; ``fields`` are what its ``__init__`` set."""

    ref: ClassRef
    fields: tuple[tuple[str, Value], ...] = ()

    def field(self, name: str) -> Value:
        return next((value for key, value in self.fields if key == name), None)


@dataclass(frozen=True, slots=True)
class Engine:
    kind: SessionKind | None


@dataclass(frozen=True, slots=True)
class SessionFactory:
    """``sessionmaker`` and its kin; a scoped one hands out one session per thread or task.

    ``expires`` is ``expire_on_commit``, None where nobody can tell. ``at`` is where it was made, if that is known.
    """

    kind: SessionKind | None
    is_scoped: bool = False
    expires: bool | None = None
    at: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A session, connection or cursor. ``kind`` is None where only the name says that it is one.

    ``ran`` is the statement whose rows a cursor holds. ``opened_at`` tells two sessions apart, where it is known.
    ``expires`` says whether a commit expires the objects that it holds. One that ``is_pool`` runs each statement on a
    connection of its own. ``given`` stands for one that a parameter brings, of which nothing else is known. ``driver``
    is the package of a driver's own connection, pool or cursor; those of SQLAlchemy have none.
    """

    kind: SessionKind | None
    is_connection: bool = False
    is_scoped: bool = False
    opened_at: Place | None = None
    ran: Fetch | None = None
    expires: bool | None = None
    is_pool: bool = False
    given: Place | None = None
    driver: str = ""
    is_cursor: bool = False

    @property
    def identity(self) -> Place | None:
        """What tells two sessions apart; None where this may be any."""
        return self.opened_at or self.given


TORTOISE = Session("async", is_pool=True, given=Place("<tortoise>", 0, 0, 0, 0))
"""What stands for the connections of Tortoise ORM: each statement commits by itself, unless a block says otherwise."""

ENTERED = Place("<entered>", 0, 0, 0, 0)
"""Identity of a session that a ``with`` block gets from somewhere: its own, until the block ends."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a model class: ``User.posts``."""

    model: ClassRef
    name: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a model's attribute: operator ``==``, ``in`` or another. ``other`` is an attribute too.

    ``names`` are the variables that it is compared with, in the code that builds it.
    """

    operator: str
    attribute: Attribute
    other: Attribute | None = None
    names: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Several conditions that all hold."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class PythonTest:
    """``and``, ``or``, ``not``, ``in`` or ``is`` of Python on columns, which SQL never sees."""

    operator: str
    columns: tuple[Attribute, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Load:
    """A loader option: the relationship path from ``model``, each of whose steps it loads. ``name`` is its function."""

    model: ClassRef | None
    path: tuple[str, ...]
    strategy: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Loader:
    """One or more loader options; the last one is what a chained method continues."""

    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An SQL function or expression that is no plain column: ``func.count()``.

    ``conditions`` are those of a query inside ``exists()``.
    """

    name: str
    arguments: tuple[Value, ...] = ()
    conditions: frozenset[Condition] = frozenset()


@dataclass(frozen=True, slots=True)
class SqlText:
    """What a statement that is written as SQL says.

    ``table`` is the one that it starts from, None where that is no table. ``fixed`` are the columns that must equal one
    value each. ``is_one_row`` means that only aggregates are selected, ``reads_table`` that there is a table somewhere.
    ``columns`` are what is selected, nameless where that is no plain column; ``written`` the columns that a placeholder
    fills, with its name. The placeholder ``limit_by`` is the LIMIT. A change ``is_relative`` that computes a column
    from itself. Of one that ``is_partial`` some pieces are not known.
    """

    kind: Literal["select", "insert", "update", "delete"]
    table: str | None
    is_limited: bool = False
    is_one_row: bool = False
    fixed: frozenset[str] = frozenset()
    has_in: bool = False
    reads_table: bool = True
    is_ordered: bool = False
    has_offset: bool = False
    is_locking: bool = False
    is_relative: bool = False
    is_partial: bool = False
    is_upsert: bool = False
    limit_by: str | None = None
    columns: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement being built. ``session`` is set for the legacy ``Query``, which can run itself.

    ``is_narrowed`` says that more than ``conditions`` may leave rows out: a join, an ``or_``, a filter that only
    some paths add; ``has_unknown_filter`` that nothing is known of one, ``asks_for_many`` that one has ``in_``.
    ``is_opaque`` says that nobody knows what was done to it. ``page_size`` is the LIMIT where a client chooses it,
    ``sql`` what the text of a textual one says.
    """

    kind: Literal["select", "insert", "update", "delete", "text", "unknown"]
    selected: tuple[Value, ...]
    at: Place
    session: Session | None = None
    loads: frozenset[Load] = frozenset()
    conditions: frozenset[Condition] = frozenset()
    is_limited: bool = False
    is_single: bool = False
    page_size: ClientNumber | None = None
    has_offset: bool = False
    ordered_by: tuple[Attribute, ...] = ()
    is_ordered: bool = False
    is_grouped: bool = False
    is_narrowed: bool = False
    has_unknown_filter: bool = False
    is_locking: bool = False
    is_upsert: bool = False
    asks_for_many: bool = False
    is_opaque: bool = False
    sql: SqlText | None = None

    @property
    def model(self) -> ClassRef | None:
        first = self.selected[0] if self.selected else None
        return first.ref if isinstance(first, ClassValue) else None


@dataclass(frozen=True, slots=True)
class QuerySet:
    """A query of Tortoise ORM, which runs where it is awaited or iterated over; ``gives`` is what comes then.

    ``result`` is what a write gives, ``call`` how the query is written. ``relation`` is the one of ``owner`` that it
    asks for, as it is if it ``is_plain``.
    """

    statement: Statement
    gives: Literal["rows", "row", "answer", "columns", "by key", "result"]
    call: str
    owner: Entity | None = None
    relation: str | None = None
    is_plain: bool = True
    result: Value = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """A statement that ran, at a place, on a session. For a lazy load ``statement`` is None.

    That one has ``loads``, and is of the relationships ``behind`` rows of the class ``root``.
    """

    at: Place
    session: Session
    statement: Statement | None
    loads: frozenset[Load] = frozenset()
    root: ClassRef | None = None
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What ``execute`` gives; ``scalars`` and ``mappings`` change its shape, ``unique`` merges its rows."""

    fetch: Fetch
    shape: Literal["rows", "scalars", "mappings"]
    is_unique: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """An object of a mapped class.

    ``fetch`` says which statement loaded it (None: unknown), ``path`` by which relationships it
    was reached from that statement's own rows, ``loop`` which loop runs over it and its like, ``known`` which
    relationships were loaded since. ``added_to`` is the session to which a new one was added, ``is_stored`` says that
    it was flushed; one that ``is_locked`` nobody else can change. What it holds is gone since ``expired_at``, where a
    commit or rollback expired it.
    """

    model: ClassRef
    fetch: Fetch | None = None
    path: tuple[str, ...] = ()
    loop: Place | None = None
    came_from: Attribute | None = None
    known: frozenset[str] = frozenset()
    added_to: Session | None = None
    is_locked: bool = False
    is_stored: bool = False
    expired_by: Literal["commit", "rollback"] | None = None
    expired_at: Place | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One column's value, a number of rows or a yes or no, as a query gave it; a whole row, if that is SQL text.

    One that ``is_absent`` is a yes if the query found nothing.
    """

    fetch: Fetch
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A column's value in a row that SQL text asked for, or what Python computed from it."""

    fetch: Fetch
    column: str
    is_computed: bool = False


@dataclass(frozen=True, slots=True)
class KeyOf:
    """The primary key of an object that the session holds."""

    model: ClassRef


@dataclass(frozen=True, slots=True)
class Items:
    """A list, set, iterator or other collection; ``fetch`` is the statement that filled it.

    ``is_literal`` tells a short collection written in the source from one of unknown length, and
    ``exact`` has its items; ``is_lazy`` marks a generator, which does ``leaving`` when it goes on behind its ``yield``.
    One ``is_part`` may hold some only of what was fetched. ``others`` are items that only some paths add; in one
    ``is_closed`` there is nothing besides these two.
    """

    element: Value
    fetch: Fetch | None = None
    is_literal: bool = False
    is_lazy: bool = False
    exact: tuple[Value, ...] = ()
    is_part: bool = False
    others: tuple[Value, ...] = ()
    is_closed: bool = False
    leaving: Paths = NOTHING


@dataclass(frozen=True, slots=True)
class Record:
    """A tuple or row of known width."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A dict with known keys, and what else may be in it; ``fetch`` is the statement whose rows fill it.

    The ``doubtful`` keys are those that only some paths set, or set so; None where a path may have set any.
    """

    items: tuple[tuple[str, Value], ...]
    others: tuple[Value, ...] = ()
    fetch: Fetch | None = None
    doubtful: frozenset[str] | None = frozenset()


@dataclass(frozen=True, slots=True)
class Dump:
    """The columns of an object as plain data: ``vars(user)``, ``user.model_dump()``, made ``at`` a place.

    ``left_out`` are not in it, ``only`` is all that is, None for everything. One that ``is_raw`` has what SQLAlchemy
    keeps beside the columns, too, which only FastAPI's encoder leaves out.
    """

    entity: Entity
    left_out: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    is_raw: bool = False
    at: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Secret:
    """A column that nobody outside may read, put into a dict or schema by its name: ``"hash": user.password_hash``."""

    entity: Entity
    name: str
    at: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An object of unknown kind that carries these values: ``JSONResponse(content=rows)``.

    ``by`` is what has taken them, where that is known: a schema, or a callable of a library with its keywords.
    """

    inner: tuple[Value, ...]
    by: Value = None


@dataclass(frozen=True, slots=True)
class Adapter:
    """``TypeAdapter(list[UserOut])``: a type that is filled from objects. ``annotation`` stands in file ``path``."""

    annotation: Expression
    path: str


@dataclass(frozen=True, slots=True)
class Use:
    """What a coroutine does with a database, made at ``at`` by the call of ``call``.

    ``sessions`` are those that it uses and has not opened itself, by where they were opened; ``name`` is the variable
    that holds one. ``leads_to`` is where the database is called. One that ``is_plain`` is what it looks like: no
    decorator has made something else of it.
    """

    call: str
    at: Place
    leads_to: Place | None
    sessions: frozenset[Place | None]
    is_connection: bool
    name: str | None
    is_plain: bool = True
    is_query: bool = False


@dataclass(frozen=True, slots=True)
class Coroutine:
    """A call of a coroutine function that has not been awaited. One that ``is_started`` is a task."""

    value: Value
    use: Use | None = None
    is_started: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """A context manager or generator that gives ``value``.

    ``leaving`` is what it does when its block ends well. One that ``is_shield`` rolls back what fails in it.
    """

    value: Value
    leaving: Paths = NOTHING
    is_shield: bool = False


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a core table: ``table.c.name``."""

    table: Made
    name: str


@dataclass(frozen=True, slots=True)
class TableColumns:
    """``table.c``."""

    table: Made


@dataclass(frozen=True, slots=True)
class Partial:
    """A function with some of its arguments given: ``partial(mapped_column, nullable=False)``."""

    function: Value
    positional: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class ColumnsOf:
    """``User.__table__.c``."""

    model: ClassRef


@dataclass(frozen=True, slots=True)
class Ordered:
    """A column with a direction: ``User.created_at.desc()``."""

    column: Value
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Join:
    """Two columns of tables that must be equal, written with columns that are no attributes yet."""

    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Either:
    """One of several values, by the path taken."""

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A schema object of a library, with its arguments: ``Column(...)``, ``Index(...)``."""

    dotted: str
    arguments: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    at: Place

    def keyword(self, name: str) -> Value:
        return next((value for key, value in self.keywords if key == name), None)

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.keywords)


Value: TypeAlias = (
    Const
    | Given
    | ClientNumber
    | Composed
    | PythonTest
    | Symbol
    | LibraryObject
    | ModuleValue
    | FunctionValue
    | LambdaValue
    | ClassValue
    | Instance
    | Engine
    | SessionFactory
    | Session
    | Attribute
    | Condition
    | Conditions
    | Load
    | Loader
    | Aggregate
    | Statement
    | QuerySet
    | Result
    | Entity
    | Answer
    | Cell
    | KeyOf
    | Items
    | Record
    | Entries
    | Dump
    | Secret
    | Wrapped
    | Adapter
    | Coroutine
    | Context
    | Either
    | Made
    | Ordered
    | Partial
    | ColumnsOf
    | Join
    | TableColumn
    | TableColumns
    | None
)
