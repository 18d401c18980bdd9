"""Things in a class body that are columns in disguise, and things that only look like columns."""

from sqlalchemy import Column, Computed, ForeignKey, Identity, Integer, LargeBinary, Numeric, String, Table, Text, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    declared_attr,
    deferred,
    mapped_column,
    query_expression,
    reconstructor,
    synonym,
    validates,
)


class Base(DeclarativeBase):
    pass


sales = Table(
    "sales",
    Base.metadata,
    Column("id", Integer, Identity(start=100), primary_key=True),
    Column("print_id", Integer, ForeignKey("prints.id"), nullable=False),
)


class Print(Base):
    __tablename__ = "prints"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    artist: Mapped[str] = mapped_column(String(60))
    title = column_property(Column("print_title", String(90), nullable=False), active_history=True)
    label = column_property(artist + ": " + title)
    score: Mapped[int] = query_expression()
    scan = deferred(Column(LargeBinary))
    text = deferred(Column("full_text", Text), group="large")
    notes: Mapped[str] = mapped_column(Text, deferred=True, deferred_group="large")
    width: Mapped[float]
    height: Mapped[float]
    area: Mapped[float] = mapped_column(Numeric, Computed("width * height"))
    parent_id = deferred(Column(ForeignKey("prints.id", ondelete="SET NULL"), index=True))
    name = synonym("artist")

    @hybrid_property
    def ratio(self) -> float:
        return self.width / self.height

    @ratio.expression
    def ratio(cls):
        return cls.width / cls.height

    @validates("artist")
    def check_artist(self, _key: str, value: str) -> str:
        return value

    @reconstructor
    def wake(self) -> None:
        self.is_awake = True

    @declared_attr
    def copies(cls) -> Mapped[int]:
        return column_property(select(func.count(sales.c.id)).where(sales.c.print_id == cls.id).scalar_subquery())
