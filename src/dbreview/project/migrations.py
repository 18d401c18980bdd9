"""What the migrations say: revisions, what they do, and the schema that they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dbreview.finding import Confidence, Place
from dbreview.project.schema import Orm, Table


@dataclass(frozen=True, slots=True)
class Revision:
    """One file of a migration history. ``parents`` are the revisions that it follows, ``labels`` those of its branch.

    ``dependencies`` are revisions, or labels of branches, that must have run before it although it follows others.
    """

    id: str
    at: Place
    parents: tuple[str, ...]
    labels: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The revisions of one folder of migrations, oldest first, and the schema after all of them, on ``dialect``.

    ``read`` and ``unread`` are the numbers of operations that could and could not be replayed, ``reasons`` say why.
    """

    tool: Literal["alembic", "aerich"]
    folder: str
    revisions: tuple[Revision, ...]
    heads: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    read: int = 0
    unread: int = 0
    dialect: str = ""
    reasons: tuple[tuple[Place, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RequiredColumn:
    """A migration adds a column that must not be NULL to a table that may have rows, and gives them no value.

    One that ``is_altered`` is added as nullable first, and then altered without being filled. ``has_own_default`` says
    that it has a ``default=``, which the database never sees. ``created_at`` is where the table is made, if known.
    """

    at: Place
    table: str
    column: str
    confidence: Confidence
    is_altered: bool = False
    has_own_default: bool = False
    created_at: Place | None = None


@dataclass(frozen=True, slots=True)
class IrreversibleMigration:
    """A revision's ``downgrade`` does not undo its ``upgrade``; ``left`` says what is left.

    One that ``is_empty`` does nothing at all, one that ``is_missing`` is not even there.
    """

    at: Place
    revision: str
    left: tuple[str, ...]
    confidence: Confidence
    is_empty: bool = False
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """The revisions of a folder make no chain: ``problem`` says why, ``others`` are the places of the rest of it."""

    at: Place
    folder: str
    problem: Literal["heads", "missing parent", "repeated", "cycle"]
    names: tuple[str, ...]
    others: tuple[Place, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class SchemaCreation:
    """Application code makes the tables itself, by ``maker``, as it is written: ``Base.metadata.create_all``.

    ``when`` says what runs it: an import, the start of the server, or a request; ``by`` is the function that does, at
    ``by_at``, and ``calls`` lead from there. ``example`` is one of the models. ``folder`` holds the migrations that are
    there to make the tables, if any; ``is_begun`` if one of them is written. ``others`` are the further places.
    """

    at: Place
    maker: str
    orm: Orm
    when: Literal["import", "startup", "request"]
    by: str | None
    by_at: Place | None
    calls: tuple[Place, ...]
    example: str
    table: str
    folder: str | None
    is_begun: bool
    others: tuple[Place, ...]
    confidence: Confidence
