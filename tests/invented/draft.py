"""An application while it is being written, and what its handler wants from the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from invented.dice import Dice
from invented.loaders import Options
from invented.schema import Schema, Side, snake
from invented.source import File, Files

HANDLER = "app/routes.py"
MODELS = "app.models"


@dataclass(frozen=True)
class Draft:
    dice: Dice
    schema: Schema
    is_async: bool
    files: Files = field(default_factory=Files)

    @property
    def handler(self) -> File:
        return self.files[HANDLER]

    @property
    def define(self) -> str:
        return "async def" if self.is_async else "def"

    @property
    def is_sqlmodel(self) -> bool:
        return self.schema.style == "sqlmodel"

    def awaited(self, call: str) -> str:
        return f"await {call}" if self.is_async else call

    def awaited_inside(self, call: str) -> str:
        """The same where more follows."""
        return f"(await {call})" if self.is_async else call

    def session_type(self, file: File) -> str:
        """The class of the sessions, imported into a file."""
        homes = {
            (True, True): "sqlmodel.ext.asyncio.session",
            (True, False): "sqlalchemy.ext.asyncio",
            (False, True): "sqlmodel",
            (False, False): "sqlalchemy.orm",
        }
        name = "AsyncSession" if self.is_async else "Session"
        file.uses(homes[self.is_async, self.is_sqlmodel], name)
        return name

    def session(self, file: File) -> str:
        """A parameter."""
        return f"session: {self.session_type(file)}"


@dataclass(frozen=True)
class Wanted:
    """The rows to fetch, or the only one, and the path that will be read from them."""

    path: Sequence[Side]
    options: Options
    is_single: bool

    @property
    def root(self) -> str:
        return self.path[0].owner

    @property
    def row(self) -> str:
        return snake(self.root)

    def uses_options(self, file: File, schema: Schema) -> None:
        """Import what the options are made of."""
        for name in self.options.functions:
            file.uses("sqlalchemy.orm", name)
        for model in schema.models:
            if any(f"{model}." in expression for expression in self.options.expressions):
                file.uses(MODELS, model)
