"""Calls of which the interpreter could not tell what they mean, by the name of what they call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.link.injection.noting import CallSite
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import calls_in, dotted_name, last_name
from dbreview.link.values import Symbol
from dbreview.project import Role

if TYPE_CHECKING:
    from dbreview.link.injection.reader import Reader


class Guesses:
    """The calls that may mean a function of which no caller is known."""

    def __init__(self, reader: Reader, roles: dict[str, Role]) -> None:
        self._reader = reader
        self._roles = roles
        self._by_name: dict[str, list[CallSite]] | None = None

    def sites(self, ref: FunctionRef) -> list[CallSite]:
        """The calls by the name of a function, of nobody knows what."""
        if self._by_name is None:
            self._by_name = self._read()
        name = ref.owner.name if ref.owner is not None and ref.facts.name == "__init__" else ref.facts.name
        return [site for site in self._by_name.get(name, []) if not self._is_of_library(site)]

    def is_telling(self, ref: FunctionRef) -> bool:
        """Whether a name is one that hardly anything else has: of two words."""
        return "_" in ref.facts.name.strip("_")

    def _read(self) -> dict[str, list[CallSite]]:
        interpreter = self._reader.interpreter
        found: dict[str, list[CallSite]] = {}
        for ref in interpreter.names.functions:
            if self._roles.get(ref.path) in ("application", "script"):
                for call in calls_in(ref.facts.body):
                    at = Place(ref.path, *call.at)
                    name = last_name(call.func)
                    if name is not None and at not in interpreter.events.targets:
                        site = CallSite(at, ref, call, 0, isinstance(call.func, facts.Attribute))
                        found.setdefault(name, []).append(site)
        return found

    def _is_of_library(self, site: CallSite) -> bool:
        if dotted_name(site.node.func) is None:
            return False
        return isinstance(self._reader.value(site.at.filename, site.node.func), Symbol)
