"""A class statement inside a function that runs several times."""

# misread: tables: a class statement in a function makes a class for each call
# misread: columns: a class statement in a function makes a class for each call
# misread: foreign keys: a class statement in a function makes a class for each call
# misread: indexes: a class statement in a function makes a class for each call
# misread: unknown: a class statement in a function makes a class for each call

from sqlalchemy import Column, ForeignKey, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, mapped_column


class Base(DeclarativeBase):
    pass


def make_translation(of: type, *, indexed: bool):
    class Translation(Base):
        __tablename__ = f"{of.__tablename__}_translations"

        id: Mapped[int] = mapped_column(primary_key=True)
        language: Mapped[str] = mapped_column(String(5))
        parent_id: Mapped[int] = mapped_column(ForeignKey(of.id, ondelete="CASCADE"), index=indexed)

    Translation.__name__ = of.__name__ + "Translation"
    return Translation


def versioned(name: str):
    """A mixin, made to order."""

    class Versioned:
        version: Mapped[int] = mapped_column(name, default=1)

    return Versioned


class Page(versioned("revision"), Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)


class Menu(Base):
    __tablename__ = "menus"

    id: Mapped[int] = mapped_column(primary_key=True)


PageTranslation = make_translation(Page, indexed=True)
MenuTranslation = make_translation(Menu, indexed=False)


def setup(base):
    class Setting(base):
        __tablename__ = "settings"

        key = Column(String(20), primary_key=True)

    return Setting


OtherBase = declarative_base()
Setting = setup(OtherBase)
