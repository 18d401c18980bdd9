"""Names that come from a settings object with constant defaults."""

from dataclasses import dataclass

from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column


@dataclass(frozen=True)
class Names:
    prefix: str = "app_"
    schema: str | None = "core"


class Config:
    TABLES = {"user": "people"}
    INDEX_KEYS = True

    @classmethod
    def key(cls, table: str) -> str:
        return f"{cls.TABLES[table]}.id"


names = Names()
config = Config()


class Base(DeclarativeBase):
    metadata = MetaData(schema=names.schema)

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return f"{names.prefix}{cls.__name__.lower()}"


class User(Base):
    __tablename__ = Config.TABLES["user"]

    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(f"{names.schema}.{Config.key('user')}"), index=config.INDEX_KEYS)
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("core.app_note.id"))
