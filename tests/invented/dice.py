"""Chance that can be repeated, and that remembers what it decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice")


class Dice:
    """Every decision about one application; ``thrown`` says what each was about and how it went."""

    def __init__(self, seed: int, index: int) -> None:
        self._random = Random(f"{seed}:{index}")
        self.thrown: list[str] = []

    def pick(self, what: str, weights: Mapping[str, int]) -> str:
        """One of the names, as often as their weights say."""
        possible = {name: weight for name, weight in weights.items() if weight}
        chosen = self._random.choices(list(possible), list(possible.values()))[0]
        self.note(what, chosen)
        return chosen

    def happens(self, what: str, percent: int) -> bool:
        happened = self._random.random() * 100 < percent
        if happened:
            self.note(what, "yes")
        return happened

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """A choice that says nothing about the application's shape."""
        return self._random.choice(choices)

    def shuffled(self, choices: Sequence[Choice]) -> list[Choice]:
        return self._random.sample(choices, len(choices))

    def note(self, what: str, chosen: str) -> None:
        self.thrown.append(f"{what}: {chosen}")
