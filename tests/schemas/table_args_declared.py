"""``__table_args__`` as a function: on the base, in mixins, added to what the parents say."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class ByTenant:
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))

    @declared_attr.directive
    def __table_args__(cls):
        return (Index(f"ix_{cls.__tablename__}_tenant", "tenant_id"),)


class Coded:
    code: Mapped[str]

    @declared_attr.directive
    def __table_args__(cls) -> tuple:
        return (UniqueConstraint("code", name=f"uq_{cls.__tablename__}_code"), {"schema": None})


class Tenant(Coded, Base):
    __tablename__ = "tenants"


class Flat(ByTenant, Base):
    __tablename__ = "flats"


class House(ByTenant, Base):
    __tablename__ = "houses"

    street: Mapped[str] = mapped_column()

    @declared_attr.directive
    def __table_args__(cls):
        return (*super().__table_args__, Index("ix_houses_street", cls.street))


class Cellar(ByTenant, Base):
    """Its own arguments replace those of the mixin: nothing starts with the tenant."""

    __tablename__ = "cellars"
    __table_args__ = (Index("ix_cellars_depth", "depth"),)

    depth: Mapped[int]


class Attic(ByTenant, Coded, Base):
    """Of two mixins only the first is asked."""

    __tablename__ = "attics"


class Parent(Base):
    __abstract__ = True
    __table_args__ = (UniqueConstraint("size", "colour"),)

    size: Mapped[int]
    colour: Mapped[str]


class Garage(Parent):
    __tablename__ = "garages"


class Carport(Parent):
    __tablename__ = "carports"
    __table_args__ = Parent.__table_args__ + (Index("ix_carports_colour", "colour"),)
