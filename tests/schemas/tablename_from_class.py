"""Table names that a base or a mixin works out of the class's name."""

import re

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

_BOUNDARY = re.compile(r"(?<!^)(?=[A-Z])")


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class LowerName:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower()


class SnakeName:
    @declared_attr
    @classmethod
    def __tablename__(cls):
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class PluralSnakeName:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        name = _BOUNDARY.sub("_", cls.__name__).lower()
        return f"{name}s"


class CamelName:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        first = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", cls.__name__)
        return re.sub("([a-z0-9])([A-Z])", r"\1_\2", first).lower()


class WithoutSuffix:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.removesuffix("Model").lower() if cls.__name__.endswith("Model") else cls.__name__


class Joined:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "".join("_" + letter.lower() if letter.isupper() else letter for letter in cls.__name__).lstrip("_")


class HayBale(LowerName, Base):
    pass


class HayStack(SnakeName, Base):
    bale_id: Mapped[int] = mapped_column(ForeignKey("haybale.id"))


class HayLoft(PluralSnakeName, Base):
    stack_id: Mapped[int] = mapped_column(ForeignKey("hay_stack.id"), index=True)


class HTTPLogLine(CamelName, Base):
    loft_id: Mapped[int] = mapped_column(ForeignKey("hay_lofts.id"))


class BarnModel(WithoutSuffix, Base):
    pass


class Gate(WithoutSuffix, Base):
    __tablename__ = "main_gate"

    barn_id: Mapped[int] = mapped_column(ForeignKey("barn.id"))


class FieldGate(Joined, Base):
    gate_id: Mapped[int] = mapped_column(ForeignKey("main_gate.id"))
