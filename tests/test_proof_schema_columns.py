"""Proof by execution: what the pages about indexes, strings, times and primary keys say is true."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Unicode,
    create_engine,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import ArgumentError, CompileError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel
from sqlmodel.sql import sqltypes

from pages import Example
from running import Import, metadata_of, shown

# Bad code is told so by the libraries too.
pytestmark = pytest.mark.filterwarnings("ignore")

DIALECTS: dict[str, Dialect] = {
    "mysql": mysql.dialect(),
    "mariadb": MariaDBDialect(),
    "mssql": mssql.dialect(),  # type: ignore[no-untyped-call]
    "oracle": oracle.dialect(),  # type: ignore[no-untyped-call]
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]
    "sqlite": sqlite.dialect(),
}

KEEPS_PLAIN_ZONES = hasattr(sqltypes, "UTCDateTime")


def schema(example: Example, module: Import) -> MetaData:
    for path in example.files:
        if path.startswith("app/"):
            module(path.removesuffix(".py").replace("/", "."))
    return metadata_of(module("app.base"))


def ddl(table: Table, dialect: str) -> str:
    """All that creates the table, in one line."""
    statements: list[ExecutableDDLElement] = [CreateTable(table), *map(CreateIndex, table.indexes)]
    return "; ".join(" ".join(str(each.compile(dialect=DIALECTS[dialect])).split()) for each in statements)


def column_ddl(kind: TypeEngine[Any] | type[TypeEngine[Any]], dialect: str) -> str:
    written = ddl(Table("t", MetaData(), Column("c", kind)), dialect)
    return written.removeprefix("CREATE TABLE t ( c ").removesuffix(" )").removesuffix(" NULL")


# DBR205


def dispensable(connection: Connection, metadata: MetaData) -> set[Index]:
    """The indexes without which SQLite still finds rows by all of their columns."""
    found = set()
    indexes = [index for table in metadata.sorted_tables for index in table.indexes]
    special = [index for index in indexes if is_special(index)]
    for index in special:
        index.drop(connection)
    for index in indexes:
        if index in special:
            continue
        index.drop(connection)
        names = [column.name for column in index.columns]
        where = " AND ".join(f"{name} = 1" for name in names)
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN SELECT * FROM {index.table} WHERE {where}")).all()
        steps = " ".join(step.detail for step in plan).replace("rowid=?", "id=?")
        if all(f"{name}=?" in steps for name in names):
            found.add(index)
        index.create(connection)
    return found


def is_special(index: Index) -> bool:
    options = index.dialect_options["postgresql"]
    return bool(options["where"] is not None or options["ops"])


def is_tortoise(example: Example) -> bool:
    return "from tortoise" in example.files.get("app/models.py", "")


def tortoise_ddl(module: Import) -> str:
    """All that Tortoise ORM sends to SQLite to create the tables of the models."""
    tortoise = pytest.importorskip("tortoise")
    module("app.models")

    async def generate() -> str:
        await tortoise.Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["app.models"]})
        try:
            written = importlib.import_module("tortoise.utils").get_schema_sql(
                tortoise.connections.get("default"), safe=False
            )
            return str(written)
        finally:
            await tortoise.Tortoise.close_connections()

    return asyncio.run(generate())


@shown("redundant-index", "Bad")
def test_without_the_index_rows_are_found_as_before(example: Example, module: Import) -> None:
    if is_tortoise(example):
        assert '"email" VARCHAR(320) NOT NULL UNIQUE' in (written := tortoise_ddl(module))
        assert re.findall(r"CREATE INDEX .* \((.*)\);", written) == ['"email"']
        return
    metadata = schema(example, module)
    with create_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        assert len(dispensable(connection, metadata)) >= len(example.expected())


@shown("redundant-index", "Good")
def test_each_index_finds_rows_that_nothing_else_finds(example: Example, module: Import) -> None:
    if is_tortoise(example):
        assert '"email" VARCHAR(320) NOT NULL UNIQUE' in (written := tortoise_ddl(module))
        assert re.findall(r"CREATE INDEX .* \((.*)\);", written) == ['"created_at"']
        return
    metadata = schema(example, module)
    with create_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        assert not dispensable(connection, metadata)


def test_an_indexed_primary_key_is_two_indexes() -> None:
    table = Table("users", MetaData(), Column("id", Integer, primary_key=True, index=True))
    assert ddl(table, "postgresql") == (
        "CREATE TABLE users ( id SERIAL NOT NULL, PRIMARY KEY (id) ); CREATE INDEX ix_users_id ON users (id)"
    )


def test_unique_and_index_are_one_unique_index() -> None:
    table = Table("users", MetaData(), Column("email", String(320), unique=True, index=True))
    assert ddl(table, "postgresql") == (
        "CREATE TABLE users ( email VARCHAR(320) ); CREATE UNIQUE INDEX ix_users_email ON users (email)"
    )


def test_a_mixin_s_half_of_the_primary_key_comes_last() -> None:
    class Base(DeclarativeBase):
        pass

    class OfTenant:
        tenant_id: Mapped[int] = mapped_column(primary_key=True)

    class Song(OfTenant, Base):
        __tablename__ = "songs"
        number: Mapped[int] = mapped_column(primary_key=True)

    assert [column.name for column in Song.__table__.primary_key] == ["number", "tenant_id"]


# DBR206


def dialect_of(example: Example) -> str | None:
    """The database that an example names, in its settings or by its driver."""
    told = example.files.get("dbreview.toml", "") + example.files.get("pyproject.toml", "")
    names = {"asyncmy": "mysql", "pymysql": "mysql", "mysql": "mysql", "mariadb": "mariadb", "asyncpg": "postgresql"}
    return next((dialect for name, dialect in names.items() if f'"{name}"' in told), None)


def endless(table: Table) -> list[str]:
    return [column.name for column in table.columns if getattr(column.type, "length", 0) is None]


@shown("string-without-length", "Bad", having="app/models.py")
def test_without_a_length_mysql_refuses_the_table(example: Example, module: Import) -> None:
    dialect = dialect_of(example)
    for table in schema(example, module).sorted_tables:
        if dialect is None:  # a deviation from the project's habit
            assert endless(table) == ["city"]
            continue
        assert endless(table)
        with pytest.raises(CompileError, match=f"VARCHAR requires a length on dialect {dialect}"):
            ddl(table, dialect)


@shown("string-without-length", "Good")
def test_with_a_length_every_database_takes_the_table(example: Example, module: Import) -> None:
    for table in schema(example, module).sorted_tables:
        assert ddl(table, dialect_of(example) or "postgresql")


@pytest.mark.parametrize(
    ("dialect", "without", "with_length"),
    [
        ("mssql", "VARCHAR(max)", "VARCHAR(100)"),
        ("oracle", "VARCHAR2", "VARCHAR2(100 CHAR)"),
        ("postgresql", "VARCHAR", "VARCHAR(100)"),
        ("sqlite", "VARCHAR", "VARCHAR(100)"),
    ],
)
def test_what_a_string_becomes(dialect: str, without: str, with_length: str) -> None:
    assert column_ddl(String, dialect) == without
    assert column_ddl(String(100), dialect) == with_length


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_mysql_refuses_all_strings_without_a_length_but_no_text(dialect: str) -> None:
    for kind in (String, Unicode):
        with pytest.raises(CompileError, match="VARCHAR requires a length"):
            column_ddl(kind, dialect)
    assert column_ddl(String(100), dialect) == "VARCHAR(100)"
    assert column_ddl(Text, dialect) == "TEXT"


def test_sqlite_does_not_enforce_a_length() -> None:
    table = Table("t", metadata := MetaData(), Column("c", String(3)))
    with create_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        connection.execute(table.insert().values(c="x" * 100))
        assert connection.scalar(select(table.c.c)) == "x" * 100


def test_sqlmodel_gives_mysql_a_length() -> None:
    metadata_ = MetaData()

    class Animal(SQLModel, table=True):
        metadata = metadata_
        id: int | None = Field(default=None, primary_key=True)
        name: str

    table = metadata_.tables["animal"]
    assert "name VARCHAR(255)" in ddl(table, "mysql")
    assert "name VARCHAR(255)" in ddl(table, "mariadb")
    assert "name VARCHAR NOT NULL" in ddl(table, "postgresql")
    assert "name VARCHAR(max)" in ddl(table, "mssql")


def test_a_string_of_tortoise_has_a_length() -> None:
    fields = pytest.importorskip("tortoise.fields")
    with pytest.raises(TypeError, match="max_length"):
        fields.CharField()


# DBR210


@shown("naive-datetime", "Bad")
def test_postgresql_keeps_no_zone_or_gets_none(example: Example, module: Import) -> None:
    metadata = schema(example, module)
    written = "; ".join(ddl(table, "postgresql") for table in metadata.sorted_tables)
    if "timezone=True), default=datetime.utcnow" not in example.files["app/models.py"]:
        assert "TIMESTAMP WITHOUT TIME ZONE" in written
        return
    assert "TIMESTAMP WITHOUT TIME ZONE" not in written
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with Session(engine) as session:
        session.add(patient := module("app.models").Patient(name="Ada"))
        session.flush()
        with pytest.raises(TypeError, match="can't compare offset-naive and offset-aware datetimes"):
            assert patient.admitted_at < datetime.now(timezone.utc)


@shown("naive-datetime", "Good")
def test_postgresql_keeps_the_zone(example: Example, module: Import) -> None:
    for table in schema(example, module).sorted_tables:
        if not KEEPS_PLAIN_ZONES and "Field(default_factory=utc_now)" in example.files["app/base.py"]:
            pytest.skip("an older SQLModel keeps no zone of a plain datetime, as the page says")
        if "aiosqlite" in example.files["pyproject.toml"]:
            assert "DATETIME" in ddl(table, "sqlite")
        else:
            assert "TIMESTAMP WITH TIME ZONE" in ddl(table, "postgresql")
            assert "WITHOUT" not in ddl(table, "postgresql")


@pytest.mark.parametrize(
    ("dialect", "naive", "aware"),
    [
        ("postgresql", "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("mssql", "DATETIME", "DATETIMEOFFSET"),
        ("oracle", "DATE", "DATE"),
        ("mysql", "DATETIME", "DATETIME"),
        ("mariadb", "DATETIME", "DATETIME"),
        ("sqlite", "DATETIME", "DATETIME"),
    ],
)
def test_what_a_time_becomes(dialect: str, naive: str, aware: str) -> None:
    assert column_ddl(DateTime, dialect) == naive
    assert column_ddl(DateTime(timezone=True), dialect) == aware


def test_utcnow_is_naive_and_deprecated() -> None:
    assert datetime.utcnow().tzinfo is None
    if sys.version_info >= (3, 12):
        with pytest.warns(DeprecationWarning, match="utcnow"):
            datetime.utcnow()


# DBR212


def tag_a_book_in_two_requests(metadata: MetaData, books: Any, tags: Any, folder: Path) -> Session:
    """Both requests see a book without the tag, and add it."""
    engine = create_engine(f"sqlite:///{folder / 'library.db'}")
    metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([books.Book(id=1, title="Dune"), tags.Tag(id=1, name="desert")])
        session.commit()
    with Session(engine) as first, Session(engine) as second:
        seen = [(session, session.get_one(books.Book, 1)) for session in (first, second)]
        assert all(book.tags == [] for _, book in seen)
        for session, book in seen:
            book.tags.append(session.get(tags.Tag, 1))
            session.commit()
    return Session(engine)


@shown("table-without-primary-key", "Bad")
def test_without_a_key_a_link_is_stored_twice_and_cannot_be_removed(
    example: Example, module: Import, tmp_path: Path
) -> None:
    metadata = schema(example, module)
    books, tags = module("app.books"), module("app.tags")
    assert not books.book_tags.primary_key.columns
    session = tag_a_book_in_two_requests(metadata, books, tags, tmp_path)
    with session:
        assert session.execute(select(books.book_tags)).all() == [(1, 1), (1, 1)]
        assert len(session.execute(select(books.Book.id).join(books.Book.tags)).all()) == 2
        book = session.get_one(books.Book, 1)
        assert len(book.tags) == 1
        book.tags.clear()
        with pytest.raises(StaleDataError, match=r"expected to delete 1 row\(s\); Only 2 were matched"):
            session.commit()
        session.rollback()
        session.delete(book)
        with pytest.raises(StaleDataError, match=r"expected to delete 1 row\(s\); Only 2 were matched"):
            session.commit()


@shown("table-without-primary-key", "Good")
def test_with_a_key_the_second_request_fails(example: Example, module: Import, tmp_path: Path) -> None:
    metadata = schema(example, module)
    assert all(table.primary_key.columns for table in metadata.tables.values())
    books, tags = module("app.books"), module("app.tags")
    if "tags" not in inspect(books.Book).relationships:
        return
    with pytest.raises(IntegrityError, match="UNIQUE constraint failed"):
        tag_a_book_in_two_requests(metadata, books, tags, tmp_path)


def test_a_class_without_a_primary_key_cannot_be_mapped() -> None:
    class Base(DeclarativeBase):
        pass

    with pytest.raises(ArgumentError, match="could not assemble any primary key"):

        class Seat(Base):
            __tablename__ = "seats"
            row: Mapped[int]
