"""Writes the models of a schema, in the style that it asks for."""

from __future__ import annotations

from collections.abc import Iterator

from invented.schema import Link, Schema, Side, snake
from invented.source import File, Files

MODELS = "app/models.py"


def write_models(files: Files, schema: Schema, extra: dict[str, list[str]]) -> None:
    """``extra`` are lines for the bodies of some classes: methods that read their relationships."""
    file = files[MODELS]
    write = {"mapped": _Mapped, "column": _Column, "sqlmodel": _SQLModel}[schema.style](file, schema)
    write.base()
    for link in schema.links:
        if link.kind == "many to many":
            write.secondary(link)
    for model in schema.models:
        lines = [*write.columns(model), *write.relationships(model)]
        for link in schema.keys_of(model):
            lines.insert(write.first_key, write.key(link))
        file.add_block(write.head(model), [*lines, *extra.get(model, ())])


class _Writer:
    first_key = 3

    def __init__(self, file: File, schema: Schema) -> None:
        self.file = file
        self.schema = schema

    def base(self) -> None:
        raise NotImplementedError

    def head(self, model: str) -> str:
        return f"class {model}(Base):"

    def secondary(self, link: Link) -> None:
        self.file.uses("sqlalchemy", "Column", "ForeignKey", "Table")
        self.file.add("", "")
        self.file.add(f"{_secondary(link)} = Table(", f'    "{_secondary(link)}",', "    Base.metadata,")
        for model in (link.parent, link.child):
            target = f'ForeignKey("{self.schema.table(model)}.id")'
            self.file.add(f'    Column("{snake(model)}_id", {target}, primary_key=True),')
        self.file.add(")")

    def columns(self, model: str) -> list[str]:
        raise NotImplementedError

    def key(self, link: Link) -> str:
        raise NotImplementedError

    def relationships(self, model: str) -> Iterator[str]:
        for side in self.schema.sides_of(model):
            if side.link.declared != ("backref by child" if side.is_parent else "backref by parent"):
                yield self.relationship(side)

    def relationship(self, side: Side) -> str:
        raise NotImplementedError

    def _settings(self, side: Side) -> dict[str, str]:
        """What the relationship is told, apart from its other side."""
        settings: dict[str, str] = {}
        if side.link.kind == "tree" and not side.is_collection:
            settings["remote_side"] = f'"{side.owner}.id"'
        if side.lazy:
            settings["lazy"] = f'"{side.lazy}"'
        return settings

    def _other_side(self, side: Side) -> dict[str, str]:
        other = side.link.child_side if side.is_parent else side.link.parent_side
        if other is None:
            return {}
        if side.link.declared == "both":
            return {"back_populates": f'"{other.name}"'}
        settings = self._settings(other)
        if other.link.kind == "one to one" and other.is_parent:
            settings["uselist"] = "False"
        if not settings:
            return {"backref": f'"{other.name}"'}
        self.file.uses("sqlalchemy.orm", "backref")
        return {"backref": f'backref("{other.name}", {_arguments(settings)})'}


class _Mapped(_Writer):
    def base(self) -> None:
        self.file.uses("sqlalchemy", "ForeignKey", "String")
        self.file.uses("sqlalchemy.ext.asyncio", "AsyncAttrs")
        self.file.uses("sqlalchemy.orm", "DeclarativeBase", "Mapped", "mapped_column", "relationship")
        self.file.add("", "", "class Base(AsyncAttrs, DeclarativeBase):", "    pass")

    def columns(self, model: str) -> list[str]:
        return [
            f'__tablename__ = "{self.schema.table(model)}"',
            "id: Mapped[int] = mapped_column(primary_key=True)",
            "name: Mapped[str] = mapped_column(String(50))",
        ]

    def key(self, link: Link) -> str:
        unique = ", unique=True" if link.kind == "one to one" else ", index=True"
        target = f'ForeignKey("{self.schema.table(link.parent)}.id")'
        return f"{link.key}: Mapped[int] = mapped_column({target}{unique})"

    def relationship(self, side: Side) -> str:
        settings = self._other_side(side) | self._settings(side)
        if side.link.kind == "many to many":
            settings = {"secondary": _secondary(side.link)} | settings
        what = f'list["{side.target}"]' if side.is_collection else f'"{side.target}"'
        if side.lazy == "dynamic":
            self.file.uses("sqlalchemy.orm", "DynamicMapped")
            del settings["lazy"]
            return f'{side.name}: DynamicMapped["{side.target}"] = relationship({_arguments(settings)})'
        return f"{side.name}: Mapped[{what}] = relationship({_arguments(settings)})"


class _Column(_Writer):
    def base(self) -> None:
        self.file.uses("sqlalchemy", "Column", "ForeignKey", "Integer", "String")
        self.file.uses("sqlalchemy.ext.asyncio", "AsyncAttrs")
        self.file.uses("sqlalchemy.orm", "declarative_base", "relationship")
        self.file.add("", "Base = declarative_base(cls=AsyncAttrs)")

    def columns(self, model: str) -> list[str]:
        return [
            f'__tablename__ = "{self.schema.table(model)}"',
            "id = Column(Integer, primary_key=True)",
            "name = Column(String(50), nullable=False)",
        ]

    def key(self, link: Link) -> str:
        unique = ", unique=True" if link.kind == "one to one" else ", index=True"
        return f'{link.key} = Column(Integer, ForeignKey("{self.schema.table(link.parent)}.id"){unique})'

    def relationship(self, side: Side) -> str:
        settings = self._other_side(side) | self._settings(side)
        if side.link.kind == "many to many":
            settings = {"secondary": f'"{_secondary(side.link)}"'} | settings
        if side.link.kind == "one to one" and side.is_parent:
            settings["uselist"] = "False"
        rest = f", {_arguments(settings)}" if settings else ""
        return f'{side.name} = relationship("{side.target}"{rest})'


class _SQLModel(_Writer):
    first_key = 2

    def base(self) -> None:
        self.file.uses("sqlmodel", "Field", "Relationship", "SQLModel")

    def head(self, model: str) -> str:
        return f"class {model}(SQLModel, table=True):"

    def secondary(self, link: Link) -> None:
        self.file.add_block(
            f"class {link.parent}{link.child}(SQLModel, table=True):",
            [
                f'{name}_id: int | None = Field(default=None, foreign_key="{name}.id", primary_key=True)'
                for name in (snake(link.parent), snake(link.child))
            ],
        )

    def columns(self, model: str) -> list[str]:
        return ["id: int | None = Field(default=None, primary_key=True)", "name: str = Field(max_length=50)"]

    def key(self, link: Link) -> str:
        unique = "unique" if link.kind == "one to one" else "index"
        return f'{link.key}: int = Field(foreign_key="{snake(link.parent)}.id", {unique}=True)'

    def relationship(self, side: Side) -> str:
        settings = self._other_side(side)
        inner = self._settings(side)
        if side.link.kind == "one to one" and side.is_parent:
            inner["uselist"] = "False"
        if side.link.kind == "many to many":
            settings["link_model"] = f"{side.link.parent}{side.link.child}"
        if inner:
            pairs = ", ".join(f'"{name}": {value}' for name, value in inner.items())
            settings["sa_relationship_kwargs"] = f"{{{pairs}}}"
        what = f'list["{side.target}"]' if side.is_collection else f'"{side.target}"'
        return f"{side.name}: {what} = Relationship({_arguments(settings)})"


def _secondary(link: Link) -> str:
    return f"{snake(link.parent)}_{snake(link.child)}"


def _arguments(settings: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())
