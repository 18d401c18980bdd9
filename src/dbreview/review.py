"""What a run found, as plain data that any report can print. No analysis, no output."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dbreview.finding import Finding, Severity
from dbreview.rulebook import Rule
from dbreview.sources import Sources

if TYPE_CHECKING:
    from dbreview.project import Understanding


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding paired with its rule, the severity it has here, and whether a comment silences it."""

    finding: Finding
    rule: Rule
    severity: Severity
    suppressed: bool = False

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts by place first; the rest makes the order of a report independent of the run."""
        finding = self.finding
        notes = tuple((note.at, note.message) for note in finding.notes)
        return (finding.at, self.rule.code, finding.message, finding.help, notes)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the run could not do. ``detail`` holds the traceback of a mistake of our own."""

    message: str
    detail: str = ""
    is_fatal: bool = True


@dataclass(frozen=True)
class Review:
    """The result of a run: what was found in the files asked for, and what could not be done.

    ``names`` maps a file, relative to the root, to its name as the user would type it.
    """

    root: Path
    diagnostics: tuple[Diagnostic, ...]
    problems: tuple[Problem, ...] = ()
    understanding: tuple[Understanding, ...] = ()
    analysed: int = 0
    reported: int = 0
    names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def sources(self) -> Sources:
        """The text of the files, read again only where a report shows it."""
        return Sources(self.root)

    @property
    def shown(self) -> Iterator[Diagnostic]:
        """The diagnostics that no comment silences."""
        return (each for each in self.diagnostics if not each.suppressed)

    @property
    def suppressed(self) -> int:
        """How many findings a comment silences."""
        return sum(each.suppressed for each in self.diagnostics)

    def name(self, filename: str) -> str:
        """The name under which a report shows a file."""
        return self.names.get(filename, filename)

    @cached_property
    def fingerprints(self) -> tuple[str, ...]:
        """For each diagnostic a mark that stays when lines above it come or go.

        Made of rule, file and the text of the line; equal ones are told apart by their order.
        """
        seen: Counter[str] = Counter()
        marks: list[str] = []
        for each in self.diagnostics:
            at = each.finding.at
            text = " ".join(self.sources.line(at.filename, at.line).split())
            same = "\0".join((each.rule.code, at.filename, text))
            mark = hashlib.sha256(f"{same}\0{seen[same]}".encode("utf-8", "surrogateescape"))
            seen[same] += 1
            marks.append(mark.hexdigest()[:32])
        return tuple(marks)
