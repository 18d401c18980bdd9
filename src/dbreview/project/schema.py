"""Tables, columns, keys, indexes and relationships, as the models declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dbreview.finding import Place

Orm: TypeAlias = Literal["sqlalchemy", "sqlmodel", "tortoise"]
KeyUse: TypeAlias = Literal["searched", "followed", "deleted"]
"""What looks rows up by a foreign key: a statement, a collection of the parent that is read, a parent's delete."""
Direction: TypeAlias = Literal["MANYTOONE", "ONETOMANY", "MANYTOMANY"]


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column. ``name`` is the last part of its class's name: ``String``, ``DateTime``.

    ``is_standard`` tells a type of the ORM's own from one that the project or another library defines, of
    which only the name is known. ``length`` is None for a string without one. ``has_zone`` is what
    ``timezone=`` says, None for types that keep no time. Both are meaningless unless ``is_fully_read``.
    """

    name: str
    is_standard: bool = False
    length: int | None = None
    has_zone: bool | None = None
    is_fully_read: bool = True


@dataclass(frozen=True, slots=True)
class Default:
    """What fills a column. ``keyword`` is how it is given: ``default``, ``server_default``, ``onupdate``...

    ``called`` names the function whose result changes with every call, such as ``datetime.utcnow``. With
    ``is_evaluated_once`` it was called while the class was read, and every row gets that one result.
    ``is_constant`` tells a value in the source.
    """

    keyword: str
    called: str | None = None
    is_evaluated_once: bool = False
    is_constant: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``name`` is its name in the database, ``attribute`` the one on the class.

    ``at`` is where it is written, which for an inherited column is in the mixin. ``is_nullable`` is None
    where nobody says. ``declines_index`` means a written ``index=False``.
    """

    name: str
    attribute: str
    at: Place
    type: ColumnType | None = None
    is_primary_key: bool = False
    is_nullable: bool | None = None
    is_unique: bool = False
    is_indexed: bool = False
    declines_index: bool = False
    defaults: tuple[Default, ...] = ()

    @property
    def has_update(self) -> bool:
        """Whether something writes the column whenever its row changes."""
        return any(default.keyword in UPDATING for default in self.defaults)


UPDATING = frozenset({"onupdate", "server_onupdate", "auto_now"})
"""Keywords that write a column whenever its row changes."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``target`` names the columns referred to as ``table.column``, as far as they are known.

    An empty ``on_delete`` is one that cannot be read. ``uses`` says what looks rows up by it, in code that could be
    followed; None where no code of the project queries anything.
    """

    columns: tuple[str, ...]
    target: tuple[str, ...]
    at: Place
    on_delete: str | None = None
    uses: frozenset[KeyUse] | None = None

    @property
    def target_table(self) -> str | None:
        """The table referred to, where it is known."""
        return self.target[0].rpartition(".")[0] if self.target else None


@dataclass(frozen=True, slots=True)
class Index:
    """An index. ``columns`` has an empty string for each expression that is no plain column.

    ``written`` has for each of them what the database is told: a column, ``id DESC``, ``(lower(name))``.
    ``where`` is the condition of a partial index. ``method`` and ``dialect`` are what binds it to one
    database: ``postgresql_using="gin"``, ``ddl_if(dialect="sqlite")``. ``is_plain`` has no operator
    classes, included columns or other options.
    """

    name: str | None
    columns: tuple[str, ...]
    is_unique: bool
    at: Place
    written: tuple[str, ...] = ()
    where: str | None = None
    method: str | None = None
    dialect: str | None = None
    is_plain: bool = True
    is_of_column: bool = False

    @property
    def terms(self) -> tuple[str, ...]:
        """For each column its name, for each expression its text in parentheses."""
        return tuple(w if w.startswith("(") else c for c, w in zip(self.columns, self.written, strict=True))

    @property
    def is_partial(self) -> bool:
        return self.where is not None

    @property
    def is_ordered(self) -> bool:
        """Whether it finds rows by the values that it starts with: a B-tree."""
        return self.method in (None, "btree")


@dataclass(frozen=True, slots=True)
class UniqueConstraint:
    """``is_of_column`` tells ``unique=True`` on a column from a constraint of the table."""

    name: str | None
    columns: tuple[str, ...]
    at: Place
    is_of_column: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that could not be read: where, and what it was."""

    at: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the database. ``is_fully_known`` asks for every base, column and argument read.

    ``model`` is the dotted name of the class that is mapped to it, None for a core ``Table``. ``metadata``
    tells tables of several databases apart. ``checks`` are the texts of check constraints, ``parent`` is the
    model of the table that joined inheritance extends. ``is_only_added_to`` says that the code makes rows
    and changes none, ``is_short_lived`` that it deletes what has expired. Where ``has_known_name`` is false, ``name``
    is the class's.
    """

    name: str
    model: str | None
    class_name: str | None
    at: Place
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    uniques: tuple[UniqueConstraint, ...]
    schema: str | None = None
    metadata: str | None = None
    orm: Orm = "sqlalchemy"
    unknown: tuple[Unknown, ...] = ()
    checks: tuple[str, ...] = ()
    parent: str | None = None
    is_only_added_to: bool = False
    is_short_lived: bool = False
    has_known_name: bool = True

    @property
    def full_name(self) -> str:
        """The name as foreign keys write it, with the schema that it is in."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def title(self) -> str:
        """What a message calls it: its class, or its name."""
        return self.class_name or self.name

    @property
    def is_fully_known(self) -> bool:
        return not self.unknown

    def column(self, name: str) -> Column | None:
        """The column of this name in the database."""
        return next((column for column in self.columns if column.name == name), None)

    def unique_keys(self) -> tuple[frozenset[str], ...]:
        """The column sets of which each value occurs at most once."""
        keys = [frozenset(self.primary_key)] if self.primary_key else []
        keys += [frozenset(unique.columns) for unique in self.uniques]
        keys += [
            frozenset(c) for c in (i.columns for i in self.indexes if i.is_unique and not i.is_partial) if "" not in c
        ]
        return tuple(keys)

    def starts(self) -> Iterator[tuple[str, ...]]:
        """The columns of everything by whose first columns all rows can be found."""
        yield self.primary_key
        yield from (unique.columns for unique in self.uniques)
        yield from (i.columns for i in self.indexes if not i.is_partial and (i.is_ordered or i.method == "hash"))

    def is_indexed(self, columns: tuple[str, ...]) -> bool:
        """Whether a full index, unique constraint or primary key starts with exactly these columns."""
        wanted = frozenset(columns)
        return any(frozenset(start[: len(columns)]) == wanted for start in self.starts())

    def is_covered(self, columns: tuple[str, ...]) -> bool:
        """Whether rows with given values of these columns are found without reading the whole table.

        A unique key made of some of the columns serves too: at most one row is left to look at.
        """
        wanted = frozenset(columns)
        return self.is_indexed(columns) or any(key <= wanted for key in self.unique_keys())

    def partial_index(self, columns: tuple[str, ...]) -> Index | None:
        """An index over some rows only that starts with these columns."""
        return next((i for i in self.indexes if i.is_partial and i.columns[: len(columns)] == columns), None)


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a mapped class. ``lazy`` is its loading strategy, None when unknown.

    ``direction`` and ``is_collection`` are as SQLAlchemy finds them from the join. ``local_columns`` are the
    foreign key's attributes that a many-to-one relationship follows. ``foreign_keys`` are those that the
    join uses, of whichever of the two tables. ``cascade`` is None when unknown, ``has_cascade`` tells whether
    it is written. ``inverse`` is the name that ``back_populates`` or ``backref`` gives, and ``is_backref``
    marks one that exists only through the other side's ``backref``. ``has_overlaps`` says that somebody knows
    that another relationship writes the same columns. An empty ``inverse`` cannot be read.
    ``declines_passive_deletes`` means a written ``passive_deletes=False``, ``has_join_depth`` a written ``join_depth``.
    """

    model: str
    class_name: str
    name: str
    at: Place
    target: str | None
    target_name: str | None
    is_collection: bool | None
    lazy: str | None
    inverse: str | None = None
    local_columns: tuple[str, ...] = ()
    is_view_only: bool = False
    direction: Direction | None = None
    cascade: frozenset[str] | None = frozenset()
    has_cascade: bool = False
    passive_deletes: bool | Literal["all"] | None = False
    is_backref: bool = False
    is_single_parent: bool = False
    secondary: str | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    has_own_join: bool = False
    has_overlaps: bool = False
    declines_passive_deletes: bool = False
    has_join_depth: bool = False

    @property
    def orm(self) -> Orm:
        """The library that it is a relationship of."""
        return "tortoise" if self.lazy == "tortoise" else "sqlalchemy"


@dataclass(frozen=True, slots=True)
class Model:
    """A mapped class: its attributes by name, own and inherited."""

    dotted: str
    name: str
    at: Place
    table: Table | None
    columns: Mapping[str, Column]
    relationships: Mapping[str, Relationship]
    is_fully_known: bool
    unknown: tuple[Unknown, ...] = ()
