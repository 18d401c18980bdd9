"""The declarative base is called like Pydantic's, and there is a mixin of its name too."""

# misread: tables: __all__ limits what a star import brings
# misread: columns: __all__ limits what a star import brings
# misread: foreign keys: __all__ limits what a star import brings
# misread: indexes: __all__ limits what a star import brings
# misread: relationships: __all__ limits what a star import brings
# misread: direction: __all__ limits what a star import brings
# misread: unknown: __all__ limits what a star import brings

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class BaseModel(DeclarativeBase):
    metadata = MetaData()


class Model(BaseModel):
    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)


class PipelineModelMixin:
    stage: Mapped[str]
