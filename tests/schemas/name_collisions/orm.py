"""The declarative base is called like Pydantic's, and there is a mixin of its name too."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class BaseModel(DeclarativeBase):
    metadata = MetaData()


class Model(BaseModel):
    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)


class PipelineModelMixin:
    stage: Mapped[str]
