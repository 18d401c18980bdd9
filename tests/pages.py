"""Reads the examples out of rules/*.md and tests/cases/*.md; must not know any rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"
CASES = ROOT / "tests" / "cases"
HEADINGS = ("Why it matters", "Setup", "Bad", "Good", "When to ignore it", "Limits", "See also")

# What a reader of the page is promised: a file, a line (from 1), a code.
Expectation = tuple[str, int, str]

_HEADING = re.compile(r"(?P<level>#{1,3}) (?P<title>.+)")
_FILE = re.compile(r"`(?P<path>[^`]+)`:")
_EXPECTED = re.compile(r"# (?P<kind>expect|missed|false alarm): (?P<codes>DBR\d{3}(?:, DBR\d{3})*)\b")
_SHIFT = "\n# A line that means nothing.\n\n"


@dataclass(frozen=True)
class Example:
    """A small application, and what a review of it must say."""

    page: str
    title: str
    files: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.page}: {self.title}"

    def expected(self) -> list[Expectation]:
        """What the review says today: known false alarms are in it, known misses are not."""
        return self._marked("expect", "false alarm")

    def missed(self) -> list[Expectation]:
        return self._marked("missed")

    def false_alarms(self) -> list[Expectation]:
        return self._marked("false alarm")

    def in_reverse(self) -> Example:
        return replace(self, files=dict(reversed(list(self.files.items()))))

    def shifted(self) -> Example:
        """The same application with every line of every Python file three lines further down."""
        moved = {path: _SHIFT + text if path.endswith(".py") else text for path, text in self.files.items()}
        return replace(self, files=moved)

    def _marked(self, *kinds: str) -> list[Expectation]:
        return sorted(
            (path, number, code)
            for path, text in self.files.items()
            for number, line in enumerate(text.splitlines(), start=1)
            for mark in _EXPECTED.finditer(line)
            if mark["kind"] in kinds
            for code in mark["codes"].split(", ")
        )


@dataclass(frozen=True)
class Page:
    """One rule as its reader sees it."""

    name: str
    toml: str
    headings: tuple[str, ...]
    examples: tuple[Example, ...]

    def under(self, heading: str) -> list[Example]:
        return [example for example in self.examples if example.title.split(": ")[0] == heading]


@dataclass(frozen=True)
class _Section:
    level: int
    title: str
    files: dict[str, str]
    settings: str


def rule_pages() -> list[Page]:
    return [_page(path) for path in sorted(RULES.glob("*.md"))]


def cases(folder: Path = CASES) -> list[Example]:
    """Every case: its own files, laid over those under ``## Setup`` of its page."""
    return [case for path in sorted(folder.glob("*.md")) for case in _cases(path)]


def _page(path: Path) -> Page:
    sections = list(_sections(path.read_text(encoding="utf-8")))
    setup = next((section.files for section in sections if section.title == "Setup"), {})
    headings = tuple(section.title for section in sections if section.level == 2)
    return Page(path.stem, sections[0].settings, headings, tuple(_shown(path.stem, sections, setup)))


def _shown(page: str, sections: list[_Section], setup: dict[str, str]) -> Iterator[Example]:
    heading = ""
    for section in sections:
        if section.level == 2:
            heading = section.title
        if heading not in ("Bad", "Good") or not section.files:
            continue
        title = heading if section.level == 2 else f"{heading}: {section.title}"
        yield Example(page, title, setup | section.files)


def _cases(path: Path) -> Iterator[Example]:
    setup: dict[str, str] = {}
    for section in _sections(path.read_text(encoding="utf-8")):
        if section.title == "Setup":
            setup = section.files
        elif section.level == 2:
            yield Example(path.stem, section.title, setup | section.files)


def _sections(text: str) -> Iterator[_Section]:
    """Cut a page at its headings; fenced blocks are files where a path stands above them."""
    section = _Section(1, "", {}, "")
    path = ""
    fence = ""
    block: list[str] = []
    for line in text.splitlines():
        if fence and line.rstrip() != fence:
            block.append(line)
        elif fence:
            section = _with_block(section, path, "\n".join(block) + "\n")
            fence, path, block = "", "", []
        elif line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        elif heading := _HEADING.fullmatch(line):
            if section.title:
                yield section
            section = _Section(len(heading["level"]), heading["title"], {}, "")
            path = ""
        elif file := _FILE.fullmatch(line):
            path = file["path"]
        elif line:
            path = ""
    yield section


def _with_block(section: _Section, path: str, text: str) -> _Section:
    if path:
        return replace(section, files=section.files | {path: text})
    return replace(section, settings=section.settings or text)
