"""The arguments of a call."""

from __future__ import annotations

from dataclasses import dataclass

from dbreview.link.values import Value


@dataclass(frozen=True, slots=True)
class Arguments:
    """The values at a call: positional ones, keywords, and whether a ``*`` or ``**`` hides more.

    ``others`` is what it may hide, where all of that is known. The ``doubtful`` keywords come from a dict that only
    some paths fill with them, or fill so; None where a path may have filled it with any.
    """

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    is_open: bool = False
    others: tuple[Value, ...] | None = None
    doubtful: frozenset[str] | None = frozenset()

    def get(self, index: int, name: str) -> Value:
        """The argument at this position or with this keyword."""
        if index < len(self.positional):
            return self.positional[index]
        return self.keyword(name)

    def keyword(self, name: str) -> Value:
        return next((value for key, value in self.keywords if key == name), None)

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.keywords)

    def values(self) -> tuple[Value, ...]:
        return (*self.positional, *(value for _, value in self.keywords))
