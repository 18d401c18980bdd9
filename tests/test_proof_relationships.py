"""Proof by execution, for the rules about what the two sides of a foreign key have to agree on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine, ForeignKey, create_engine, event, func, select
from sqlalchemy.exc import ArgumentError, IntegrityError, SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, configure_mappers, foreign, mapped_column, relationship

from dbreview import run
from dbreview.rulebook import Rulebook
from dbreview.settings import find_settings
from pages import Example, cases
from running import EXAMPLES, Import, ask, metadata_of, seed, shown

pytestmark = pytest.mark.filterwarnings("ignore")

CHILDREN = 200


@contextmanager
def enforcing() -> Iterator[list[str]]:
    """SQLite enforces foreign keys meanwhile; the statements that it is sent, one for each row of a batch."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, rows: Any, _context: Any, is_batch: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            sent.extend([statement] * (len(rows) if is_batch else 1))

    def enforce(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=ON")

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Engine, "connect", enforce)
    try:
        yield sent
    finally:
        event.remove(Engine, "connect", enforce)
        event.remove(Engine, "before_cursor_execute", note)


def named(rule: str, *titles: str) -> pytest.MarkDecorator:
    """Run a test for the examples of a rule with these titles, each of which must exist."""
    examples = {example.title: example for example in EXAMPLES[rule]}
    return pytest.mark.parametrize("example", [examples[title] for title in titles], ids=lambda each: each.title)


class Family:
    """A parent with children in a database, and what deleting it does."""

    def __init__(self, module: Import, example: Example, children: int = CHILDREN) -> None:
        is_order = "app/orders.py" in example.files
        models = module("app.orders" if is_order else "app.tasks")
        self.parent: Any = models.Order if is_order else models.Person
        self.child: Any = models.OrderLine if is_order else models.Task
        self.children = "lines" if is_order else "tasks"
        parent = self.parent(number="1") if is_order else self.parent(name="Ada")
        rows = [self.child(product="Spade") if is_order else self.child(title="Dig") for _ in range(children)]
        configure_mappers()
        setattr(parent, self.children, rows)
        self.engine = create_engine("sqlite://")
        metadata_of(module("app.base")).create_all(self.engine)
        with Session(self.engine) as session:
            session.add(parent)
            session.commit()

    def delete(self, *, loaded: bool = False) -> None:
        with Session(self.engine) as session:
            parent = session.get_one(self.parent, 1)
            if loaded:
                assert getattr(parent, self.children)
            session.delete(parent)
            session.commit()

    def left(self) -> tuple[int, int, int]:
        """How many parents are left, how many children, and how many of these have no parent."""
        key = next(key.parent for key in self.child.__table__.foreign_keys)
        with Session(self.engine) as session:
            parents = session.scalar(select(func.count()).select_from(self.parent)) or 0
            children, with_parent = session.execute(select(func.count(), func.count(key)).select_from(self.child)).one()
        return parents, children, children - with_parent


# DBR207

UNAWARE = "Bad: The relationship does not know of the key's rule"
ORPHANING = "Bad: A backref does not know of it either, SQLAlchemy 1.4"
SLOW = ("Bad: The session deletes one by one", "Bad: SQLModel deletes one by one")
TORN = "Bad: The session deletes what the database keeps"
RULELESS = "Bad: Left to a database that has no rule"
UPSIDE_DOWN = "Bad: A cascade on the wrong side"
NEVER_NULL = "Bad: SET NULL for a column that is NOT NULL"
FAST = (
    "Good: The children go with their parent",
    "Good: The same with a backref, SQLAlchemy 1.4",
    "Good: The same with SQLModel",
)
KEEPING = "Good: The children stay"
REFUSING = "Good: The database refuses to delete a parent with children"


@named("cascade-mismatch", UNAWARE)
@pytest.mark.parametrize("loaded", [False, True])
def test_a_required_key_is_set_to_null_and_that_raises(example: Example, module: Import, loaded: bool) -> None:
    with enforcing() as sent:
        family = Family(module, example)
        sent.clear()
        with pytest.raises(IntegrityError, match=r"NOT NULL constraint failed: order_lines\.order_id"):
            family.delete(loaded=loaded)
        assert not [statement for statement in sent if statement.startswith("DELETE")]
        assert family.left() == (1, CHILDREN, 0)


@named("cascade-mismatch", ORPHANING)
def test_a_nullable_key_is_set_to_null_and_the_children_stay(example: Example, module: Import) -> None:
    with enforcing() as sent:
        family = Family(module, example)
        sent.clear()
        family.delete()
        assert len([statement for statement in sent if statement.startswith("UPDATE")]) == CHILDREN
        assert family.left() == (0, CHILDREN, CHILDREN)


@named("cascade-mismatch", *SLOW)
def test_the_session_deletes_one_by_one(example: Example, module: Import) -> None:
    with enforcing() as sent:
        family = Family(module, example)
        sent.clear()
        family.delete()
        assert len(sent) == 203
        assert family.left() == (0, 0, 0)


@named("cascade-mismatch", *FAST)
def test_the_database_deletes_all_at_once(example: Example, module: Import) -> None:
    with enforcing() as sent:
        family = Family(module, example)
        sent.clear()
        family.delete()
        assert len(sent) == 2
        assert family.left() == (0, 0, 0)


@named("cascade-mismatch", TORN)
@pytest.mark.parametrize(("loaded", "left"), [(False, (0, CHILDREN, CHILDREN)), (True, (0, 0, 0))])
def test_what_is_loaded_decides_who_survives(
    example: Example, module: Import, loaded: bool, left: tuple[int, int, int]
) -> None:
    with enforcing():
        family = Family(module, example)
        family.delete(loaded=loaded)
        assert family.left() == left


@named("cascade-mismatch", RULELESS)
def test_a_database_without_a_rule_refuses(example: Example, module: Import) -> None:
    with enforcing():
        family = Family(module, example)
        with pytest.raises(IntegrityError, match="FOREIGN KEY constraint failed"):
            family.delete()
        family.delete(loaded=True)
        assert family.left() == (0, 0, 0)


@named("cascade-mismatch", UPSIDE_DOWN)
def test_one_child_takes_its_parent_and_all_the_others_with_it(example: Example, module: Import) -> None:
    with enforcing():
        family = Family(module, example)
        with Session(family.engine) as session:
            session.delete(session.get_one(family.child, 1))
            session.commit()
        assert family.left() == (0, 0, 0)


@named("cascade-mismatch", NEVER_NULL)
def test_a_column_that_is_not_null_cannot_be_set_to_null(example: Example, module: Import) -> None:
    with enforcing():
        family = Family(module, example)
        with pytest.raises(IntegrityError, match=r"NOT NULL constraint failed: tasks\.person_id"):
            family.delete()


@named("cascade-mismatch", KEEPING)
def test_the_database_keeps_the_children_at_once(example: Example, module: Import) -> None:
    with enforcing() as sent:
        family = Family(module, example)
        sent.clear()
        family.delete()
        assert len(sent) == 2
        assert family.left() == (0, CHILDREN, CHILDREN)


@named("cascade-mismatch", REFUSING)
@pytest.mark.parametrize("loaded", [False, True])
def test_the_database_refuses(example: Example, module: Import, loaded: bool) -> None:
    with enforcing():
        family = Family(module, example)
        with pytest.raises(IntegrityError, match="FOREIGN KEY constraint failed"):
            family.delete(loaded=loaded)
        assert family.left() == (1, CHILDREN, 0)


@named("cascade-mismatch", FAST[0])
def test_sqlite_cascades_only_if_told_to(example: Example, module: Import) -> None:
    family = Family(module, example)
    family.delete()
    assert family.left() == (0, CHILDREN, 0)


def test_the_proof_runs_every_example_of_the_page() -> None:
    proved = {UNAWARE, ORPHANING, *SLOW, TORN, RULELESS, UPSIDE_DOWN, NEVER_NULL, *FAST, KEEPING, REFUSING}
    assert proved == {example.title for example in EXAMPLES["cascade-mismatch"]}


@pytest.mark.parametrize(
    ("options", "loaded", "is_kept"),
    [
        ({"passive_deletes": True}, False, False),
        ({"passive_deletes": True}, True, True),
        ({"passive_deletes": True, "lazy": "selectin"}, False, True),
        ({"passive_deletes": "all"}, True, False),
        ({"lazy": "noload"}, False, False),
        ({"lazy": "raise"}, False, True),
        ({"lazy": "dynamic"}, False, True),
    ],
    ids=str,
)
def test_when_children_lose_a_key_that_cascades(options: dict[str, Any], loaded: bool, is_kept: bool) -> None:
    """The guards of the rule: `passive_deletes` counts as long as nothing is loaded, `"all"` always."""

    class Base(DeclarativeBase):
        pass

    class Bed(Base):
        __tablename__ = "beds"
        id: Mapped[int] = mapped_column(primary_key=True)
        garden_id: Mapped[int | None] = mapped_column(ForeignKey("gardens.id", ondelete="CASCADE"))

    class Garden(Base):
        __tablename__ = "gardens"
        id: Mapped[int] = mapped_column(primary_key=True)
        beds = relationship(Bed, **options)

    with enforcing():
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all([Garden(id=1), Bed(garden_id=1)])
            session.commit()
            garden = session.get_one(Garden, 1)
            if loaded:
                assert garden.beds
            session.delete(garden)
            session.commit()
            assert len(session.scalars(select(Bed)).all()) == int(is_kept)
    Base.registry.dispose()


def test_a_key_that_is_a_part_of_the_primary_key_fails_in_another_way() -> None:
    class Base(DeclarativeBase):
        pass

    class Bed(Base):
        __tablename__ = "beds"
        garden_id: Mapped[int] = mapped_column(ForeignKey("gardens.id", ondelete="CASCADE"), primary_key=True)
        number: Mapped[int] = mapped_column(primary_key=True)

    class Garden(Base):
        __tablename__ = "gardens"
        id: Mapped[int] = mapped_column(primary_key=True)
        beds = relationship(Bed)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Garden(id=1), Bed(garden_id=1, number=1)])
        session.commit()
        session.delete(session.get_one(Garden, 1))
        with pytest.raises(AssertionError, match="tried to blank-out primary key column"):
            session.commit()
    Base.registry.dispose()


@pytest.mark.parametrize(("cascade", "is_kept"), [("all", True), ("all, delete-orphan", False)])
def test_delete_orphan_deletes_a_child_that_is_only_taken_from_its_parent(cascade: str, is_kept: bool) -> None:
    class Base(DeclarativeBase):
        pass

    class Bed(Base):
        __tablename__ = "beds"
        id: Mapped[int] = mapped_column(primary_key=True)
        garden_id: Mapped[int | None] = mapped_column(ForeignKey("gardens.id", ondelete="CASCADE"))
        garden = relationship("Garden", back_populates="beds")

    class Garden(Base):
        __tablename__ = "gardens"
        id: Mapped[int] = mapped_column(primary_key=True)
        beds = relationship(Bed, back_populates="garden", cascade=cascade, passive_deletes=True)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Garden(id=1), Bed(id=1, garden_id=1)])
        session.commit()
        garden = session.get_one(Garden, 1)
        garden.beds.remove(session.get_one(Bed, 1))
        session.commit()
        assert len(session.scalars(select(Bed)).all()) == int(is_kept)
    Base.registry.dispose()


@pytest.mark.parametrize("passive", [False, True])
def test_what_the_children_own_stays_if_the_database_deletes_them(passive: bool) -> None:
    """A guard of the rule: below the children, only the session follows cascades that are no foreign key's."""

    class Base(DeclarativeBase):
        pass

    class Label(Base):
        __tablename__ = "labels"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Note(Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        about_id: Mapped[int]

    class Bed(Base):
        __tablename__ = "beds"
        id: Mapped[int] = mapped_column(primary_key=True)
        garden_id: Mapped[int] = mapped_column(ForeignKey("gardens.id", ondelete="CASCADE"))
        label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"))
        label = relationship(Label, cascade="all, delete-orphan", single_parent=True)
        notes = relationship(Note, primaryjoin=lambda: foreign(Note.about_id) == Bed.id, cascade="all, delete-orphan")

    class Garden(Base):
        __tablename__ = "gardens"
        id: Mapped[int] = mapped_column(primary_key=True)
        beds = relationship(Bed, cascade="all, delete-orphan", passive_deletes=passive)

    with enforcing():
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all([Garden(id=1, beds=[Bed(label=Label(), notes=[Note()])])])
            session.commit()
            session.delete(session.get_one(Garden, 1))
            session.commit()
            assert not session.scalars(select(Bed)).all()
            assert len(session.scalars(select(Label)).all()) == int(passive)
            assert len(session.scalars(select(Note)).all()) == int(passive)
    Base.registry.dispose()


@pytest.mark.parametrize("passive", [False, True])
def test_children_that_are_loaded_anyway_are_deleted_one_by_one(passive: bool) -> None:
    class Base(DeclarativeBase):
        pass

    class Bed(Base):
        __tablename__ = "beds"
        id: Mapped[int] = mapped_column(primary_key=True)
        garden_id: Mapped[int] = mapped_column(ForeignKey("gardens.id", ondelete="CASCADE"))

    class Garden(Base):
        __tablename__ = "gardens"
        id: Mapped[int] = mapped_column(primary_key=True)
        beds = relationship(Bed, lazy="selectin", cascade="all, delete-orphan", passive_deletes=passive)

    with enforcing() as sent:
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all([Garden(id=1), *(Bed(garden_id=1) for _ in range(CHILDREN))])
            session.commit()
            sent.clear()
            session.delete(session.get_one(Garden, 1))
            session.commit()
        assert len([statement for statement in sent if statement.startswith("DELETE")]) == CHILDREN + 1
    Base.registry.dispose()


def test_delete_orphan_on_the_side_of_the_many_is_refused() -> None:
    class Base(DeclarativeBase):
        pass

    class Address(Base):
        __tablename__ = "addresses"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Garden(Base):
        __tablename__ = "gardens"
        id: Mapped[int] = mapped_column(primary_key=True)
        address_id: Mapped[int] = mapped_column(ForeignKey("addresses.id"))
        address: Mapped[Address] = relationship(cascade="all, delete-orphan")

    with pytest.raises(ArgumentError, match="delete-orphan cascade is normally configured only on the"):
        Base.registry.configure()
    Base.registry.dispose()


# DBR208

RAISING = ("Bad: Deleting raises", "Bad: SQLModel")
ORPHANED = "Bad: Deleting leaves orphans, SQLAlchemy 1.4"
GOING = ("Good: The orders go with their customer", "Good: SQLModel")
STAYING = "Good: The orders stay, SQLAlchemy 1.4"
MARKED = "Good: Customers are only marked as deleted"
DELETE = ("DELETE", "/customers/1", dict[str, Any]())


def shop(module: Import, folder: Path, orders: int) -> ModuleType:
    """A customer with some orders, and a route that deletes customers."""
    models = module("app.models")
    customer = models.Customer(name="Ada")
    configure_mappers()
    customer.orders = [models.Order(number=str(number)) for number in range(orders)]
    seed(folder, metadata_of(module("app.base")), customer)
    return module("app.routes")


def orders_left(module: Import) -> tuple[int, int]:
    """How many orders are left, and how many of them have no customer."""
    order = module("app.models").Order
    with Session(module("app.db").engine) as session:
        row = session.execute(select(func.count(), func.count(order.customer_id)).select_from(order)).one()
    return row[0], row[0] - row[1]


@named("relationship-without-delete-rule", *RAISING)
def test_deleting_a_parent_with_a_child_raises(example: Example, module: Import, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="NOT NULL constraint failed"):
        ask(shop(module, tmp_path, orders=1), DELETE)


@named("relationship-without-delete-rule", *RAISING)
def test_deleting_a_parent_without_children_works(example: Example, module: Import, tmp_path: Path) -> None:
    assert ask(shop(module, tmp_path, orders=0), DELETE)[0].status_code == 204


@named("relationship-without-delete-rule", ORPHANED)
def test_deleting_a_parent_leaves_orphans(example: Example, module: Import, tmp_path: Path) -> None:
    with enforcing() as sent:
        routes = shop(module, tmp_path, orders=CHILDREN)
        sent.clear()
        assert ask(routes, DELETE)[0].status_code == 204
        assert len([statement for statement in sent if not statement.startswith("SELECT")]) == CHILDREN + 1
        assert orders_left(module) == (CHILDREN, CHILDREN)


@named("relationship-without-delete-rule", "Bad: One relationship says less than its siblings")
def test_only_the_silent_relationship_keeps_a_parent_from_being_deleted(
    example: Example, module: Import, tmp_path: Path
) -> None:
    with enforcing():
        shop(module, tmp_path, orders=1)
        models = module("app.models")
        with Session(module("app.db").engine) as session:
            kim = models.Customer(name="Kim")
            kim.addresses = [models.Address(street="Main Street")]
            order = session.get_one(models.Order, 1)
            order.lines = [models.OrderLine(product="Spade")]
            session.add(kim)
            session.commit()
            session.delete(kim)
            session.commit()
            session.delete(session.get_one(models.Customer, 1))
            with pytest.raises(IntegrityError, match=r"NOT NULL constraint failed: orders\.customer_id"):
                session.commit()


@named("relationship-without-delete-rule", *GOING)
def test_the_children_go(example: Example, module: Import, tmp_path: Path) -> None:
    with enforcing() as sent:
        routes = shop(module, tmp_path, orders=CHILDREN)
        sent.clear()
        assert ask(routes, DELETE)[0].status_code == 204
        assert len(sent) == 2
        assert orders_left(module) == (0, 0)


@named("relationship-without-delete-rule", STAYING)
def test_the_children_stay(example: Example, module: Import, tmp_path: Path) -> None:
    with enforcing() as sent:
        routes = shop(module, tmp_path, orders=CHILDREN)
        sent.clear()
        assert ask(routes, DELETE)[0].status_code == 204
        assert len(sent) == 2
        assert orders_left(module) == (CHILDREN, CHILDREN)


@named("relationship-without-delete-rule", MARKED)
def test_a_mark_touches_no_child(example: Example, module: Import, tmp_path: Path) -> None:
    routes = shop(module, tmp_path, orders=1)
    assert ask(routes, DELETE)[0].status_code == 204
    assert orders_left(module) == (1, 0)


# DBR213

HALF = "Bad: Only one side names the other, SQLAlchemy 1.4"
NEITHER = ("Bad: Neither side names the other", "Bad: SQLModel")
ASSOCIATION = "Two sides of an association table"
PAIRS = ("Good: Each side names the other", "Good: A backref makes the other side, SQLAlchemy 1.4", "Good: SQLModel")


def library(module: Import) -> ModuleType:
    books = module("app.books")
    configure_mappers()
    return books


@named("one-sided-relationship", *NEITHER, f"Bad: {ASSOCIATION}")
def test_sqlalchemy_warns_of_two_relationships_that_write_one_column(example: Example, module: Import) -> None:
    with pytest.warns(SAWarning, match=r"will copy column .* which conflicts with relationship\(s\)"):
        library(module)


@named("one-sided-relationship", HALF)
@pytest.mark.filterwarnings("error::sqlalchemy.exc.SAWarning")
def test_sqlalchemy_does_not_warn_if_one_side_names_the_other(example: Example, module: Import) -> None:
    library(module)


@shown("one-sided-relationship", "Good")
@pytest.mark.filterwarnings("error::sqlalchemy.exc.SAWarning")
def test_sqlalchemy_does_not_warn_of_a_pair(example: Example, module: Import) -> None:
    library(module)


def seen(books: ModuleType) -> tuple[int, bool]:
    """How many books an author has after one was written, and whether a book that they get has an author."""
    author, other = books.Author(name="Ada"), books.Author(name="Kim")
    books.Book(title="Notes", author=author)
    book = books.Book(title="Letters")
    other.books.append(book)
    return len(author.books), book.author is other


@named("one-sided-relationship", *NEITHER)
def test_neither_side_sees_the_other(example: Example, module: Import) -> None:
    assert seen(library(module)) == (0, False)


@named("one-sided-relationship", HALF)
def test_only_the_side_that_names_the_other_is_seen(example: Example, module: Import) -> None:
    assert seen(library(module)) == (0, True)


@named("one-sided-relationship", *PAIRS)
def test_each_side_sees_the_other(example: Example, module: Import) -> None:
    assert seen(library(module)) == (1, True)


@named("one-sided-relationship", *NEITHER, HALF)
def test_a_commit_and_a_load_mend_it(example: Example, module: Import) -> None:
    books = library(module)
    engine = create_engine("sqlite://")
    metadata_of(module("app.base")).create_all(engine)
    with Session(engine) as session:
        author = books.Author(name="Ada")
        session.add(author)
        session.flush()
        assert not author.books
        session.add(books.Book(title="Notes", author=author))
        session.flush()
        assert len(author.books) == 0
        session.commit()
        assert len(author.books) == 1


@named("one-sided-relationship", f"Bad: {ASSOCIATION}", f"Good: {ASSOCIATION}")
def test_a_pair_added_on_both_sides_is_inserted_twice(example: Example, module: Import) -> None:
    books = library(module)
    engine = create_engine("sqlite://")
    metadata_of(module("app.base")).create_all(engine)
    with Session(engine) as session:
        book, tag = books.Book(title="Notes"), books.Tag(name="maths")
        book.tags.append(tag)
        if book not in tag.books:
            tag.books.append(book)
        session.add(book)
        if example.title.startswith("Good"):
            session.commit()
            return
        with pytest.raises(IntegrityError, match="UNIQUE constraint failed"):
            session.commit()


WITHOUT_A_PRAGMA = "SQLite does not cascade, and the session sets the key to NULL, with high confidence"
NULLABLE = "A nullable key that cascades, with high confidence"
ORPHANS = "SQLite ignores foreign keys, and the key may be NULL, with low confidence"
DEVIATING = "Most say something, and one does not, with low confidence"


@pytest.mark.parametrize(
    ("page", "title", "said", "unsaid"),
    [
        ("cascade-mismatch", WITHOUT_A_PRAGMA, 'cascade="all, delete-orphan")`', "passive_deletes"),
        ("cascade-mismatch", NULLABLE, 'cascade="all", passive_deletes=True)`', "delete-orphan"),
        ("cascade-mismatch", NULLABLE, 'To keep them, write `ondelete="SET NULL"`', "delete-orphan"),
        ("cascade-mismatch", "A key of two columns", "cannot be NULL", "as it is NOT NULL"),
        ("cascade-mismatch", "One to one", "sets the key of the child to NULL", "children"),
        ("relationship-without-delete-rule", ORPHANS, 'cascade="all")`', "passive_deletes"),
        ("relationship-without-delete-rule", "One to one", "what becomes of the child when", "children"),
        ("relationship-without-delete-rule", DEVIATING, "fails while there is one", "unlike"),
    ],
)
def test_the_advice_does_no_harm(page: str, title: str, said: str, unsaid: str, tmp_path: Path) -> None:
    case = next(each for each in cases() if (each.page, each.title) == (page, title))
    for path, text in case.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    rulebook = Rulebook.read()
    reviewed = run.review([str(tmp_path)], replace(find_settings(tmp_path, rulebook), advice=True), rulebook)
    told = [f"{each.finding.message}. {each.finding.help}" for each in reviewed.shown]
    assert told
    assert all(said in text and unsaid not in text for text in told), told


def test_the_proofs_run_every_bad_example() -> None:
    proved = {*RAISING, ORPHANED, "Bad: One relationship says less than its siblings"}
    proved |= {*NEITHER, HALF, f"Bad: {ASSOCIATION}"}
    pages = ("relationship-without-delete-rule", "one-sided-relationship")
    shown_as_bad = {each.title for page in pages for each in EXAMPLES[page] if each.title.startswith("Bad")}
    assert proved == shown_as_bad
