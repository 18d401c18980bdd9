"""Reviews an application with defects in it, many at a time, and tells which of them are found."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dbreview.conventions import conventions_of
from dbreview.discover import discover
from dbreview.extract import extract
from dbreview.facts import Module, Unreadable
from dbreview.finding import Finding, Place
from dbreview.link import link
from dbreview.project import Project
from dbreview.rulebook import Rulebook
from dbreview.settings import Settings
from seeding.mutant import Mutant
from seeding.source import Edit, applied, changed_lines, original

LINE = 10_000
"""Places become numbers: line times this, plus column."""

CODES = frozenset({"DBR101", "DBR102", "DBR103", "DBR104"})


@dataclass(frozen=True)
class Outcome:
    """``by`` says which findings show the mutant: those of a default run, those that are advice, or none.

    ``told`` is one that would be found where the application without it has the same finding.
    """

    mutant: Mutant
    by: str
    diff: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """A finding, its places led back to the text without defects."""

    code: str
    message: str
    is_advice: bool
    places: tuple[tuple[str, int | None], ...]
    lines: frozenset[tuple[str, int]]

    @property
    def key(self) -> tuple[object, ...]:
        return self.code, self.message, self.places[0]


class Application:
    """The facts of all files of a folder, read once."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings()
        found = discover([str(folder)], self.settings)
        self.root = found.root
        self.texts: dict[str, str] = {}
        self.facts: dict[str, Module | Unreadable] = {}
        for path in found.analysed:
            content = (found.root / path).read_bytes()
            self.facts[path] = extract(path, content)
            try:
                self.texts[path] = content.decode()
            except UnicodeDecodeError:
                continue
        self.checks = {rule.code: rule for rule in Rulebook.read().rules if rule.code in CODES}
        self.unchanged = self.review({})
        self.before = frozenset((each.key, each.is_advice) for each in self.unchanged)

    def difference(self, mutant: Mutant) -> Iterator[str]:
        """The lines that a defect changes, before and after."""
        for path in sorted({path for path, _ in mutant.edits}):
            edits = [edit for each, edit in mutant.edits if each == path]
            yield from changed_lines(self.texts[path], edits)

    def tells_already(self, mutant: Mutant) -> bool:
        """Whether a finding of the application as it is stands where the mutant's would stand."""
        return any(
            mutant.read_at is not None
            and seen.code in mutant.codes
            and any(f".{name}`" in seen.message for name in mutant.named)
            and seen.places[0] == (mutant.read_at[0], seen.places[0][1])
            and (seen.places[0][1] or 0) // LINE == mutant.read_at[1]
            for seen in self.unchanged
        )

    def review(self, edits: dict[str, list[Edit]]) -> list[Seen]:
        """The findings with some files changed."""
        facts = dict(self.facts)
        changed = {path: applied(self.texts[path], some) for path, some in edits.items()}
        for path, text in changed.items():
            facts[path] = extract(path, text.encode())
            if isinstance(facts[path], Unreadable):
                raise ValueError(f"{path}: the text with a defect cannot be read: {facts[path]}")
        modules = [each for each in facts.values() if isinstance(each, Module)]
        unreadable = [each for each in facts.values() if isinstance(each, Unreadable)]
        project = link(modules, unreadable, conventions_of(self.settings, self.root))
        starts = {path: _line_starts(text) for path, text in changed.items()}
        places = Places(starts, {path: _line_starts(self.texts[path]) for path in edits}, edits)
        return [places.seen(code, finding) for code, finding in self._findings(project)]

    def _findings(self, project: Project) -> Iterator[tuple[str, Finding]]:
        for code, rule in self.checks.items():
            module = importlib.import_module(f"dbreview.checks.{rule.name.replace('-', '_')}")
            check: Callable[[Project], Iterable[Finding]] = module.check
            for finding in check(project):
                role = project.roles.get(finding.at.filename)
                if role is None or role in rule.applies_to:
                    yield code, finding


@dataclass(frozen=True)
class Places:
    """Leads places of changed files back."""

    starts: dict[str, list[int]]
    original_starts: dict[str, list[int]]
    edits: dict[str, list[Edit]]

    def seen(self, code: str, finding: Finding) -> Seen:
        everywhere = [finding.at, *(note.at for note in finding.notes)]
        return Seen(
            code,
            finding.message,
            finding.confidence == "low",
            tuple((place.filename, self.back(place)) for place in everywhere),
            frozenset((place.filename, place.line) for place in everywhere),
        )

    def back(self, place: Place) -> int | None:
        """A number for the place in the original text that is the same whatever was changed elsewhere."""
        if place.filename not in self.edits:
            return place.line * LINE + place.column
        offset = original(self.starts[place.filename][place.line - 1] + place.column - 1, self.edits[place.filename])
        if offset is None:
            return None
        starts = self.original_starts[place.filename]
        line = next(n for n in range(len(starts), 0, -1) if starts[n - 1] <= offset)
        return line * LINE + offset - starts[line - 1] + 1


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


# --- batches --------------------------------------------------------------------------------


@dataclass
class Batch:
    mutants: list[Mutant] = field(default_factory=list)
    owned: set[str] = field(default_factory=set)
    provided: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    edits: dict[str, list[Edit]] = field(default_factory=lambda: defaultdict(list))

    def takes(self, mutant: Mutant, most: int) -> bool:
        """Whether the mutant does not get into the way of those that are here; then it is here, too."""
        if len(self.mutants) >= most or self.owned & mutant.owns:
            return False
        if self.provided & mutant.reads or self.read & mutant.provides:
            return False
        new = [(path, edit) for path, edit in mutant.edits if edit not in self.edits.get(path, ())]
        if any(_overlap(edit, other) for path, edit in new for other in self.edits.get(path, ())):
            return False
        self.mutants.append(mutant)
        self.owned |= mutant.owns
        self.provided |= mutant.provides
        self.read |= mutant.reads
        for path, edit in new:
            self.edits[path].append(edit)
        return True


def _overlap(one: Edit, other: Edit) -> bool:
    return one.start <= other.end and other.start <= one.end


def batches(mutants: Sequence[Mutant], most: int) -> list[Batch]:
    """As few as a simple choice gives. Kinds are kept apart."""
    made: list[tuple[str, Batch]] = []
    for mutant in mutants:
        if not any(kind == mutant.kind and batch.takes(mutant, most) for kind, batch in made):
            batch = Batch()
            batch.takes(mutant, most)
            made.append((mutant.kind, batch))
    return [batch for _, batch in made]


def outcomes(application: Application, batch: Batch) -> Iterator[Outcome]:
    """Which mutants of one run have a finding that was not there before."""
    new = [each for each in application.review(batch.edits) if (each.key, each.is_advice) not in application.before]
    for mutant in batch.mutants:
        shown = [each for each in new if _shows(each, mutant, batch, application.texts[mutant.path])]
        missed = "told" if application.tells_already(mutant) else "none"
        by = "default" if any(not each.is_advice for each in shown) else "advice" if shown else missed
        yield Outcome(mutant, by, tuple(application.difference(mutant)))


def _shows(seen: Seen, mutant: Mutant, batch: Batch, text: str) -> bool:
    """By the loop that the mutant added, or by what the message names and a place in one of its functions."""
    if seen.code not in mutant.codes:
        return False
    if mutant.marker is not None:
        return (mutant.path, _line_of_marker(text, mutant.marker, batch.edits[mutant.path])) in seen.lines
    if mutant.named and not any(f".{name}`" in seen.message for name in mutant.named):
        return False
    return not mutant.within or any(_touches(place, mutant) for place in seen.places)


def _touches(place: tuple[str, int | None], mutant: Mutant) -> bool:
    path, number = place
    if number is None:
        return False
    return any(path == each and first <= number // LINE <= last for each, first, last in mutant.within)


def _line_of_marker(text: str, marker: int, edits: Sequence[Edit]) -> int:
    """The line of the changed file on which a mutant's loop begins."""
    before = [edit for edit in edits if edit.start < marker]
    added = sum(edit.text.count("\n") - text.count("\n", edit.start, edit.end) for edit in before)
    return text.count("\n", 0, marker) + 1 + added
