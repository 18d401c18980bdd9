"""What dbreview says of an application, next to what running it showed."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dbreview import run
from dbreview.rulebook import Rulebook
from dbreview.settings import Selectors, Settings
from invented.application import Application, invent
from invented.execution import Truth, truth_of, write

AGREEING = ("agreed", "agreed in part", "advised", "outside of loops")
"""The first of several relationships may be all that is named, and a query that never changes is advice."""

RULES = ("DBR101", "DBR102", "DBR103")
_RELATIONSHIP = {"DBR101": re.compile(r"`(\w+\.\w+)`"), "DBR103": re.compile(r"reads `(\w+\.\w+)`")}
_rulebook = lru_cache(maxsize=None)(Rulebook.read)


@dataclass(frozen=True)
class Verdict:
    """The relationships (or ``a query``) that dbreview names, and those that only advice would name."""

    named: frozenset[str]
    advised: frozenset[str]

    def __str__(self) -> str:
        told = ", ".join(sorted(self.named)) or "nothing"
        return f"{told} (advice: {', '.join(sorted(self.advised))})" if self.advised else told


@dataclass(frozen=True)
class Compared:
    application: Application
    truth: Truth
    verdict: Verdict

    @property
    def agrees(self) -> bool:
        return self.outcome in AGREEING

    @property
    def outcome(self) -> str:
        """``agreed``, or what kind of disagreement it is, or ``fails`` where the application is at fault."""
        if self.truth.failure:
            return "fails"
        if self.truth.raises:
            if self._raises_outside_a_loop:
                return "outside of loops"
            return "agreed" if self.truth.raises in self.verdict.named else self._unlike()
        if self.truth.refused is not None:
            return "agreed" if self.verdict.named <= self.truth.refused else "false alarm"
        if not self.truth.grows:
            return "false alarm" if self.verdict.named else "agreed"
        return "agreed" if self.truth.grows == self.verdict.named else self._unlike()

    def _unlike(self) -> str:
        truth = self.truth.grows or {self.truth.raises}
        if not self.verdict.named:
            return "advised" if truth & self.verdict.advised else "missed"
        if truth < self.verdict.named:
            return "named more"
        return "agreed in part" if self.verdict.named < truth else "named another"

    @property
    def _raises_outside_a_loop(self) -> bool:
        """One row without its relationship is an error, too, but no matter of loops."""
        path = self.application.path
        names = [str(side) for side in path]
        if not self.application.is_single or self.application.kind == "response" or self.truth.raises not in names:
            return False
        return not any(side.is_collection for side in path[: names.index(self.truth.raises)])

    @property
    def told(self) -> str:
        lines = [f"{self.application}: {self.outcome}", f"  truth:    {self.truth}", f"  dbreview: {self.verdict}"]
        return "\n".join((*lines, *(f"    {thrown}" for thrown in self.application.shape)))

    @property
    def sources(self) -> str:
        boring = ("app/__init__.py", "app/db.py")
        shown = [f"# {path}\n{text}" for path, text in self.application.files.items() if path not in boring]
        return "\n".join(shown)


def compare(seed: int, index: int) -> Compared:
    application = invent(seed, index)
    with tempfile.TemporaryDirectory() as folder:
        truth = truth_of(application, Path(folder))
        return Compared(application, truth, verdict_of(Path(folder)))


def verdict_of(folder: Path) -> Verdict:
    known = {rule.code for rule in _rulebook().rules}
    selectors = Selectors(select=tuple(code for code in RULES if code in known))
    reviewed = run.review([str(folder)], Settings((selectors,), advice=True, folder=folder), _rulebook())
    if reviewed.problems:
        raise RuntimeError(reviewed.problems)
    named: set[str] = set()
    advised: set[str] = set()
    for each in reviewed.shown:
        pattern = _RELATIONSHIP.get(each.rule.code)
        relationship = pattern.search(each.finding.message) if pattern else None
        name = relationship[1] if relationship else "a query"
        (advised if each.finding.confidence == "low" else named).add(name)
    return Verdict(frozenset(named), frozenset(advised - named))


def keep(compared: Compared, folder: Path) -> None:
    """Write a disagreement down, to be looked at."""
    application = compared.application
    home = folder / f"{application.seed}-{application.index}"
    write(application, home)
    (home / "README.txt").write_text(compared.told + "\n", encoding="utf-8")


def common(compared: Iterable[Compared], everything: Iterable[Compared]) -> list[tuple[str, int, int]]:
    """What disagreements have in common more than agreements have: the decision, how often here, how often in all."""
    here = Counter(thrown for each in compared for thrown in set(each.application.shape))
    in_all = Counter(thrown for each in everything for thrown in set(each.application.shape))
    return sorted(((thrown, count, in_all[thrown]) for thrown, count in here.items()), key=_telling, reverse=True)


def _telling(row: tuple[str, int, int]) -> tuple[float, int]:
    """A decision that is always wrong tells more than one that is so sometimes, and more so the more often."""
    _, here, in_all = row
    return (here / (in_all + 2), here)
