"""The API boundary: what clients may put into SQL, what of a row leaves, and what outlives a request in a cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dbreview.finding import Confidence, Place
from dbreview.project.events import Route
from dbreview.project.schema import Orm, Relationship

SqlPosition: TypeAlias = Literal["value", "identifier", "sql"]
"""Where in a statement something stands: as a value, as the name of something, or as a piece of SQL itself."""

PlaceholderStyle: TypeAlias = Literal["text", ":name", "?", "%s", "$1"]
"""How what runs a statement wants its parameters; ``text`` is SQLAlchemy's, by name inside of ``text()``."""


@dataclass(frozen=True, slots=True)
class InjectedSql:
    """Text that is not constant becomes part of a statement at ``at``, where ``method`` takes it.

    ``parameter`` is what it is made of, one of ``function``'s, declared at ``declared_at``, and ``others`` are more of
    them. ``route`` is the path operation that takes it; one that is no path operation may still have it from a request:
    ``is_client`` tells. It is put into the text at ``put_at``, between ``before`` and ``after``, ``written`` like this.
    ``calls`` lead from the function to ``at``. Where ``at`` is a call of the project's own code, SQL takes the text at
    ``runs_at``. ``style`` is None where nobody knows how to bind a value, or nothing can be bound: ``is_text_only``.
    What ``is_many`` is a list of texts, or the keys of a dict.
    """

    at: Place
    method: str
    parameter: str
    others: tuple[str, ...]
    function: str
    declared_at: Place
    route: Route | None
    is_client: bool
    position: SqlPosition
    put_at: Place
    before: str
    after: str
    written: str
    calls: tuple[Place, ...]
    runs_at: Place
    style: PlaceholderStyle | None
    is_text_only: bool
    is_many: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class ExposedColumn:
    """A column that nobody outside may read, declared at ``at``. Of a ``field`` that names it, its own place."""

    name: str
    at: Place
    is_password: bool
    field: str | None = None
    field_at: Place | None = None


@dataclass(frozen=True, slots=True)
class ExposedColumns:
    """Answers carry sensitive columns of ``model``, of the library ``orm``.

    ``how`` is what is sent: the ``entity`` itself, with no response model or with one that is a ``table``; its columns
    as a ``dump``, made at ``made_at``; columns that the code has ``written`` into a dict; the fields of a ``schema``;
    or those of one that was ``created`` from the model. ``routes`` are the path operations, ``at`` is where the first
    returns it, or where the schema is. ``through`` is the relationship that led to the object. One that ``is_whole`` is
    the answer, not a part of it. ``is_excluded_in_vain`` says that ``response_model_exclude`` does not reach it.
    """

    at: Place
    routes: tuple[Route, ...]
    model: str
    orm: Orm
    columns: tuple[ExposedColumn, ...]
    how: Literal["entity", "table", "dump", "written", "schema", "created"]
    schema: str | None
    made_at: Place | None
    through: str | None
    is_many: bool
    is_whole: bool
    is_excluded_in_vain: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class EntityResponse:
    """A mapped class is what ``route`` answers with: its response model says so, or it has none and returns one.

    ``at`` is where. ``others`` is the number of path operations that answer with schemas.
    """

    at: Place
    route: Route
    model: str
    model_at: Place
    orm: Orm
    is_declared: bool
    others: int
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class CachedObject:
    """What needs a session is kept beyond it by ``cache``, made at ``declared_at``; ``at`` is where it goes in.

    It is an object of ``model`` (or ``is_many`` of them, a collection), a session, a result, a query, or a coroutine
    that gives one of these; one that ``is_item`` goes into a collection beside others.

    With ``function``, ``cache`` is a decorator that keeps what it returns: ``key`` says how a session is part of a key
    that results are found by, if it is, ``size`` how many are kept where that is known. ``stored_at`` is where the code
    keeps it that it is given to, ``others`` are places where more goes in.

    ``lazy`` is a relationship that it came without. ``schema`` shows such objects, ``columns`` are the model's first.
    """

    at: Place
    cache: str
    holds: Literal["entity", "session", "result", "query", "coroutine"]
    model: str | None
    is_many: bool
    loaded_at: Place | None
    lazy: Relationship | None
    schema: str | None
    columns: tuple[str, ...]
    orm: Orm
    confidence: Confidence
    declared_at: Place | None = None
    function: str | None = None
    key: Literal["session", "text"] | None = None
    size: int | None = None
    stored_at: Place | None = None
    variable: str | None = None
    is_item: bool = False
    others: tuple[Place, ...] = ()
