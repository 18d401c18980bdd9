"""Reads the rule pages: everything the tool knows about a rule apart from its check.

The page is the only home of a rule's code, severity and prose; nothing here names a rule.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TypeGuard, get_args

from dbreview.finding import Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
ROLES = ("application", "test", "migration", "script", "example")
ALL = "ALL"

_HEADER = re.compile(r"^```toml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FAMILY = re.compile(r"^([A-Z]+\d).*")


class PageError(Exception):
    """A rule page that does not say what a page must say."""


class UnknownRule(LookupError):
    """A code, name or prefix that no rule has."""

    def __init__(self, given: str, nearest: str | None) -> None:
        self.given = given
        self.nearest = nearest
        super().__init__(f"unknown rule `{given}`" + did_you_mean(nearest))


@dataclass(frozen=True, slots=True)
class Rule:
    """One item of the checklist, as its page states it.

    ``applies_to`` names the roles of the files on which the rule reports. ``made_by`` names the
    part of the tool that reports it where that is not a check.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    since: str
    cost: str = ""
    fixable: bool = False
    sources: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ("application",)
    made_by: str | None = None
    page: str = ""

    @property
    def prose(self) -> str:
        """The page for reading: its first block in one line."""
        head = f"**{self.code}** `{self.name}`, {self.severity}, since {self.since}. {self.summary} {self.cost}"
        return _HEADER.sub(lambda _: head.rstrip(), self.page, count=1)


_TYPES: Mapping[str, type] = {
    "code": str,
    "severity": str,
    "summary": str,
    "since": str,
    "cost": str,
    "fixable": bool,
    "sources": list,
    "applies_to": list,
    "made_by": str,
}
_REQUIRED = ("code", "severity", "summary", "since")


def read_page(path: Path) -> Rule:
    """The rule of one page. Raises PageError where the page is not as it should be."""
    page = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    header = _HEADER.search(page)
    if header is None:
        raise PageError(f"{path.name}: no toml block")
    try:
        values: dict[str, object] = tomllib.loads(header[1])
    except tomllib.TOMLDecodeError as error:
        raise PageError(f"{path.name}: {error}") from error
    for problem in _problems(values):
        raise PageError(f"{path.name}: {problem}")
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    given = {key: value for key, value in values.items() if key in _RULE_FIELDS} | lists
    return Rule(**given, name=path.stem, page=page)  # type: ignore[arg-type]  # _problems saw the types


_RULE_FIELDS = frozenset(field.name for field in fields(Rule)) - {"name", "page"}


def _problems(values: Mapping[str, object]) -> Iterator[str]:
    for key in _REQUIRED:
        if key not in values:
            yield f"`{key}` is missing"
    for key, value in values.items():
        if key not in _TYPES:
            yield f"unknown key `{key}`{did_you_mean(nearest(key, _TYPES))}"
        elif not isinstance(value, _TYPES[key]):
            yield f"`{key}` must be of type {_TYPES[key].__name__}"
        elif isinstance(value, list) and not all(isinstance(item, str) for item in value):
            yield f"`{key}` must hold strings"
    if not is_severity(values.get("severity")):
        yield f"`severity` must be one of {', '.join(SEVERITIES)}"
    roles = values.get("applies_to", [])
    for role in roles if isinstance(roles, list) else []:
        if role not in ROLES:
            yield f"unknown role `{role}`{did_you_mean(nearest(str(role), ROLES))}"


@dataclass(frozen=True)
class Rulebook:
    """All rules, in the order of their codes, and the ways to name them."""

    rules: tuple[Rule, ...]

    @classmethod
    def read(cls, folder: Path | None = None) -> Rulebook:
        """The rules of a folder of pages, by default the folder that came with this package."""
        pages = sorted((folder or _pages_folder()).glob("*.md"))
        rules = [read_page(page) for page in pages if page.stem.lower() != "readme"]
        if not rules:
            raise PageError(f"no pages of rules in {folder or _pages_folder()}: the installation is not complete")
        codes = [rule.code for rule in rules]
        for repeated in {code for code in codes if codes.count(code) > 1}:
            raise PageError(f"two pages have the code {repeated}")
        return cls(tuple(sorted(rules, key=lambda rule: rule.code)))

    @cached_property
    def by_name(self) -> Mapping[str, Rule]:
        """Rules by their code and by their name, both in lower case."""
        codes = {rule.code.lower(): rule for rule in self.rules}
        return codes | {rule.name.lower(): rule for rule in self.rules}

    def rule(self, code_or_name: str) -> Rule:
        """The one rule with this code or name."""
        found = self.by_name.get(code_or_name.strip().lower())
        if found is None:
            raise UnknownRule(code_or_name, self._nearest(code_or_name))
        return found

    def matching(self, selector: str) -> tuple[Rule, ...]:
        """The rules that a code, a prefix of codes, a name or ``ALL`` stands for."""
        wanted = selector.strip()
        if wanted.upper() == ALL:
            return self.rules
        one = self.by_name.get(wanted.lower())
        if one is not None:
            return (one,)
        family = tuple(r for r in self.rules if wanted and r.code.startswith(wanted.upper()))
        if not family:
            families = sorted({_FAMILY.sub(r"\1", rule.code) for rule in self.rules})
            raise UnknownRule(selector, self._nearest(selector, [*families, ALL]))
        return family

    def specificity(self, selector: str) -> int:
        """How narrow a selector is: a code or a name beats ``DBR20``, which beats ``DBR2``."""
        wanted = selector.strip()
        if wanted.upper() == ALL:
            return 0
        return 99 if wanted.lower() in self.by_name else len(wanted)

    def _nearest(self, given: str, others: Iterable[str] = ()) -> str | None:
        """The code, the name or the other word most like the given one."""
        own = (word for rule in self.rules for word in (rule.code, rule.name))
        return nearest(given, [*own, *others])


def is_severity(value: object) -> TypeGuard[Severity]:
    """Whether a value read from a file is one of the three severities."""
    return value in SEVERITIES


def nearest(given: str, known: Mapping[str, object] | list[str] | tuple[str, ...]) -> str | None:
    """The known word most like the given one, whatever its case; none if nothing is like it."""
    by_lower = {word.lower(): word for word in known}
    matches = difflib.get_close_matches(given.strip().lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str | None) -> str:
    """The end of a message about something unknown."""
    return f"; did you mean `{word}`?" if word else ""


def _pages_folder() -> Path:
    """In an installed package the pages lie inside it, in a checkout beside ``src``."""
    inside = Path(__file__).parent / "rules"
    beside = Path(__file__).parents[2] / "rules"
    return inside if inside.is_dir() else beside
