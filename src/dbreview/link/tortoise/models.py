"""Which classes are Tortoise models, and the fields that each one ends up with, own and inherited."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.frameworks import tortoise
from dbreview.link.names import ClassRef
from dbreview.link.tortoise.fields import Field, FieldReader
from dbreview.link.tortoise.options import OptionReader, Options
from dbreview.link.values import Const
from dbreview.project import Unknown

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_ROOTS = {tortoise.MODEL} | tortoise.LIBRARY_MODELS
_MOST_ANCESTORS = 12


class TortoiseModels:
    """Answers about models, each found once."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._reader = FieldReader(interpreter)
        self._options = OptionReader(interpreter)
        self._fields: dict[ClassRef, dict[str, Field]] = {}

    def concrete(self) -> list[ClassRef]:
        """The models that have a table."""
        return [ref for ref in self._interpreter.names.classes if self._is_concrete(ref)]

    def _is_concrete(self, ref: ClassRef) -> bool:
        at = Place(ref.path, *ref.facts.at)
        return self.is_model(ref) and self._interpreter.guarded(at, partial(self.is_abstract, ref)) is False

    def is_model(self, ref: ClassRef) -> bool:
        return not _ROOTS.isdisjoint(self._interpreter.classes.library_ancestors(ref))

    def is_abstract(self, ref: ClassRef) -> bool:
        return self.options(ref).is_abstract or not self.fields(ref)

    def options(self, ref: ClassRef) -> Options:
        return self._options.options(ref)

    def is_ordered(self, ref: ClassRef) -> bool:
        """Whether its Meta, or that of an abstract base, says in which order its rows come."""
        bases = (each for each in self._interpreter.classes.ancestors(ref) if isinstance(each, ClassRef))
        return any(self.options(each).is_ordered for each in bases)

    def table_name(self, ref: ClassRef) -> str:
        return self.options(ref).table or ref.name.lower()

    def primary_key(self, ref: ClassRef) -> Field | None:
        """The field that is the primary key; for a relation it is the key's column."""
        return next((field for field in self.fields(ref).values() if field.is_primary_key), None)

    def unknown(self, ref: ClassRef) -> Iterator[Unknown]:
        """What of the class itself could not be read."""
        at = Place(ref.path, *ref.facts.at)
        for ancestor in self._interpreter.classes.ancestors(ref)[1:]:
            if ancestor is None:
                yield Unknown(at, "a base class that could not be found")
            elif isinstance(ancestor, str) and not _is_harmless(ancestor):
                yield Unknown(at, f"the base class {ancestor}")
        yield from self.options(ref).unknown

    def fields(self, ref: ClassRef) -> dict[str, Field]:
        """The fields of a model by name, in the order that Tortoise has them."""
        if ref not in self._fields:
            self._fields[ref] = {}
            self._fields[ref] = self._collect(ref)
        return self._fields[ref]

    def _collect(self, ref: ClassRef) -> dict[str, Field]:
        """As ``ModelMeta`` does it, peculiarities included."""
        attributes: dict[str, Field | None] = {}
        for base in self._interpreter.classes.bases(ref):
            if isinstance(base, ClassRef):
                self._inherit(base, attributes, (ref,))
        attributes |= self._reader.own(ref)
        is_abstract = self.options(ref).is_abstract
        has_key = any(field is not None and field.is_primary_key for field in attributes.values())
        if not (has_key or is_abstract or "id" in attributes or ref.name == "Model"):
            attributes = {"id": _own_key(ref), **attributes}
        found = {name: field for name, field in attributes.items() if field is not None}
        return {name: replace(field, holder=ref) for name, field in found.items()} if is_abstract else found

    def _inherit(self, base: ClassRef, attributes: dict[str, Field | None], heirs: tuple[ClassRef, ...]) -> None:
        """What a base brings: a model's fields replace what is there, a mixin's do not."""
        if base in heirs:
            return  # classes that derive from each other, as no program can have them
        order = [a for a in self._interpreter.classes.ancestors(base)[1:] if isinstance(a, ClassRef)]
        for parent in order if len(order) < _MOST_ANCESTORS else ():
            self._inherit(parent, attributes, (*heirs, base))
        if self.is_model(base):
            attributes |= self.fields(base)
            return
        for name, field in self._reader.own(base).items():
            if field is not None:
                attributes.setdefault(name, field)


def _own_key(ref: ClassRef) -> Field:
    """The primary key that Tortoise adds where none is declared."""
    at = Place(ref.path, *ref.facts.at)
    return Field("id", tortoise.DEFAULT_KEY, {"primary_key": Const(True)}, at, ref)


def _is_harmless(dotted: str) -> bool:
    package = dotted.partition(".")[0]
    return (
        dotted == tortoise.MODEL or package in sys.stdlib_module_names or package in ("builtins", "typing_extensions")
    )
