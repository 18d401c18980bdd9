"""What ``exclude`` and ``include`` take out of an answer, as Pydantic and FastAPI's encoder read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dbreview.link import constants
from dbreview.link.values import Const, Entries, Value

Names: TypeAlias = "Mapping[str, Names] | bool"
"""Names with what is meant of what is behind them: True for all of it, False for nothing."""

_EACH = "__all__"
"""Stands for each item of a list."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``included`` is True where nobody has asked for some only.

    One that ``goes_through_lists`` holds for the items of a list as for an object: the encoder's, and Pydantic 1's.
    """

    excluded: Names = False
    included: Names = True
    goes_through_lists: bool = False

    def hides(self, name: str) -> bool:
        """Whether a field of the object at hand is left out, whole."""
        return _of(self.excluded, name) is True or _of(self.included, name) is False

    def within(self, name: str) -> Filter:
        """What is left out of a field's value."""
        return Filter(_of(self.excluded, name), _of(self.included, name), self.goes_through_lists)

    def of_each(self) -> Filter:
        """What is left out of each item of a list."""
        if self.goes_through_lists:
            return self
        included = _of(self.included, _EACH)  # names alone name no items: Pydantic raises
        return Filter(_of(self.excluded, _EACH), included, self.goes_through_lists)

    def is_about(self, name: str) -> bool:
        """Whether somebody wanted a field of this name to be left out, wherever it is."""
        return _names_it(self.excluded, name) or self.included is not True


NO_FILTER = Filter()


def read_filter(keywords: Mapping[str, Value], prefix: str = "", *, goes_through_lists: bool = False) -> Filter:
    """The filter that a call's keywords ask for. What cannot be read may leave out anything."""
    excluded, included = f"{prefix}exclude", f"{prefix}include"
    return Filter(
        _names(keywords[excluded], unknown=True) if excluded in keywords else False,
        _names(keywords[included], unknown=False) if included in keywords else True,
        goes_through_lists,
    )


def _names(value: Value, *, unknown: bool) -> Names:
    if value == Const(None):
        return not unknown
    if isinstance(value, Entries):
        return {name: _names(inner, unknown=True) for name, inner in value.items} if not value.others else unknown
    found = constants.exact_items(value) if not isinstance(value, Const) else None
    if found is None:
        return True if value == Const(True) else unknown
    return {str(each.value): True for each in found if isinstance(each, Const)}


def _names_it(names: Names, name: str) -> bool:
    return not isinstance(names, bool) and (name in names or any(_names_it(inner, name) for inner in names.values()))


def _of(names: Names, name: str) -> Names:
    return names if isinstance(names, bool) else names.get(name, False)
