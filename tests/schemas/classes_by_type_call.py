"""Models without a class statement: ``type(...)`` in a function, in a loop, in a declared_attr."""

# misread: tables: classes that type(...) makes
# misread: columns: classes that type(...) makes
# misread: foreign keys: classes that type(...) makes
# misread: indexes: classes that type(...) makes
# misread: relationships: classes that type(...) makes
# misread: unknown: classes that type(...) makes

from sqlalchemy import Column, DateTime, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, declared_attr, relationship

Base = declarative_base()


class Event:
    id = Column(Integer, primary_key=True)
    at = Column(DateTime, index=True)


class HasEvents:
    """Every class gets a table of events beside its own."""

    @declared_attr
    def events(cls):
        cls.Event = type(
            f"{cls.__name__}Event",
            (Event, Base),
            {
                "__tablename__": f"{cls.__tablename__}_events",
                "source_id": Column(Integer, ForeignKey(f"{cls.__tablename__}.id"), nullable=False, index=True),
                "source": relationship(cls, viewonly=True),
            },
        )
        return relationship(cls.Event, cascade="all, delete-orphan")


class Project(HasEvents, Base):
    __tablename__ = "projects"

    id = Column(Integer, primary_key=True)


class File(HasEvents, Base):
    __tablename__ = "files"

    id = Column(Integer, primary_key=True)
    project_id = Column(ForeignKey("projects.id"))


Alone = type("Alone", (Base,), {"__tablename__": "alone", "id": Column(Integer, primary_key=True), "name": Column(String)})


def lookup_table(name: str, size: int = 10) -> type:
    return type(
        name.title(),
        (Base,),
        dict(__tablename__=name + "s", code=Column(String(size), primary_key=True), file_id=Column(ForeignKey(File.id))),
    )


Colour = lookup_table("colour")
Shape = lookup_table("shape", size=3)
