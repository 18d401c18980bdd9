"""A base of one's own that is called SQLModel: names by declared_attr, a metadata of its own."""

# misread: tables: the metadata of a registry given to a base
# misread: columns: the metadata of a registry given to a base
# misread: foreign keys: the metadata of a registry given to a base
# misread: indexes: the metadata of a registry given to a base

import re

from sqlalchemy import MetaData
from sqlalchemy.orm import declared_attr, registry
from sqlmodel import Field
from sqlmodel import SQLModel as _SQLModel


class SQLModel(_SQLModel):
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class CircusTent(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    director_id: int = Field(foreign_key="circus_director.id")


class CircusDirector(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


class Archive(_SQLModel, registry=registry(metadata=MetaData(schema="archive"))):
    pass


class OldTent(Archive, table=True):
    __tablename__ = "tents"

    id: int = Field(primary_key=True)
    next_id: int | None = Field(default=None, foreign_key="archive.tents.id", index=True)


class InCellar(_SQLModel):
    metadata = MetaData(schema="cellar")


class Rope(InCellar, table=True):
    id: int = Field(primary_key=True)
