"""Decides which rules run and which of their findings are shown. Knows no rule by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePath

from pathspec import GitIgnoreSpec

from dbreview.finding import Finding, Severity
from dbreview.rulebook import ALL, Rule, Rulebook
from dbreview.settings import Settings


@dataclass(frozen=True)
class Selection:
    """The rules of one run.

    ``asked`` holds the codes that somebody asked for by name; the findings of the other
    rules in ``rules`` are shown as far as they are more than advice.
    """

    rules: tuple[Rule, ...]
    asked: frozenset[str]
    is_whole: bool
    settings: Settings
    rulebook: Rulebook
    root: Path
    wants_doubtful: bool = False

    def severity(self, rule: Rule, finding: Finding | None = None) -> Severity:
        """The user's word counts most, then the finding's own, then the page's."""
        own = finding.severity if finding else None
        return self.settings.severity.get(rule.code) or own or rule.severity

    def shows(self, rule: Rule, severity: Severity) -> bool:
        """Whether findings of this rule with this severity are shown."""
        if rule not in self.rules:
            return False
        return rule.code in self.asked or severity != "info" or self.settings.advice

    def shows_finding(self, rule: Rule, finding: Finding) -> bool:
        """As ``shows``; moreover doubtful findings are for those who want all there is."""
        if finding.confidence == "low" and not self.wants_doubtful:
            return False
        return self.shows(rule, self.severity(rule, finding))

    def ignores(self, rule: Rule, filename: str) -> bool:
        """Whether ``per-file-ignores`` takes this rule away from this file of the project."""
        folder, file = self.settings.folder, self.root / filename
        return any(rule.code in codes and _matches(pattern, file, folder) for pattern, codes in self._ignored_by_file)

    @cached_property
    def _ignored_by_file(self) -> tuple[tuple[str, frozenset[str]], ...]:
        return tuple(
            (pattern, _codes(self.rulebook, selectors)) for pattern, selectors in self.settings.per_file_ignores.items()
        )


def select(settings: Settings, rulebook: Rulebook, root: Path = Path()) -> Selection:
    """Start with every rule, then let each source of settings add and take away.

    A ``select`` starts anew. Within one source the narrower selector wins
    (`--select DBR201 --ignore DBR2` leaves DBR201), and ``ignore`` wins among equals.
    """
    running = {rule.code for rule in rulebook.rules}
    asked: set[str] = set()
    everything = set(running)
    wants_all = False
    for source in settings.selectors:
        if source.select is not None:
            running, asked = set(), set()
            wants_all = False
        added = [*(source.select or ()), *source.extend_select]
        wants_all |= any(selector.strip().upper() == ALL for selector in added)
        for level in sorted({rulebook.specificity(each) for each in [*added, *source.ignore]}):
            plus = _codes(rulebook, added, level)
            minus = _codes(rulebook, source.ignore, level)
            running = (running | plus) - minus
            asked = (asked | plus) - minus
    return Selection(
        rules=tuple(rule for rule in rulebook.rules if rule.code in running),
        asked=frozenset(asked),
        is_whole=running == everything,
        settings=settings,
        rulebook=rulebook,
        root=root,
        wants_doubtful=settings.advice or wants_all,
    )


def _codes(rulebook: Rulebook, selectors: Iterable[str], specificity: int | None = None) -> frozenset[str]:
    """The codes that selectors stand for, if need be only those of one specificity."""
    return frozenset(
        rule.code
        for selector in selectors
        if specificity in (None, rulebook.specificity(selector))
        for rule in rulebook.matching(selector)
    )


def _matches(pattern: str, file: Path, folder: Path | None) -> bool:
    """Patterns are relative to the folder of the settings file; outside it, only names count.

    `"!src/**" = [...]` stands for every file that is not in ``src``.
    """
    name: PurePath = PurePath(file.name)
    if folder is not None and file.is_relative_to(folder):
        name = file.relative_to(folder)
    wanted = not pattern.startswith("!")
    return _spec(pattern.removeprefix("!")).match_file(name.as_posix()) is wanted


@lru_cache
def _spec(pattern: str) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines([pattern])
