"""The whole run of a command, from the paths typed to what a report prints; knows no rule and prints nothing."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dbreview import recall
from dbreview.cache import FOLDER, Cache
from dbreview.conventions import conventions_of
from dbreview.discover import Discovery, discover
from dbreview.extract import workers
from dbreview.facts import Module, Unreadable, decoded
from dbreview.finding import Finding
from dbreview.journal import Journal, Progress, nobody
from dbreview.project import Conventions, Project
from dbreview.review import Diagnostic, Review
from dbreview.room import with_room
from dbreview.rulebook import Rule, Rulebook
from dbreview.schema import Schema, schema_of
from dbreview.selection import Selection, select
from dbreview.settings import Settings
from dbreview.suppress import suppress

Facts = Module | Unreadable
Linking = Callable[[Sequence[Module], Sequence[Unreadable], Conventions], Project]


@dataclass(frozen=True, slots=True)
class Means:
    """What a run may use: processes (as many as there are processors, if None), and what earlier runs left behind."""

    jobs: int | None = 1
    uses_cache: bool = False
    cache_dir: Path | None = None

    def cache(self, root: Path) -> Cache:
        """The cache of the project at ``root``."""
        return Cache((self.cache_dir or root / FOLDER) if self.uses_cache else None, root)


_ALONE = Means()


def review(
    paths: Sequence[str],
    settings: Settings,
    rulebook: Rulebook | None = None,
    progress: Progress = nobody,
    means: Means = _ALONE,
) -> Review:
    """Review the files that the paths lead to, each seen in the light of its whole project."""
    return with_room(lambda: _review(paths, settings, rulebook or Rulebook.read(), progress, means))


def schema(paths: Sequence[str], settings: Settings, progress: Progress = nobody, means: Means = _ALONE) -> Schema:
    """What the files that the paths lead to declare of the schema, linked with their whole project."""
    return with_room(lambda: _schema(paths, settings, progress, means))


@dataclass(frozen=True, slots=True)
class _Material:
    """What every command begins with: the files that the paths lead to, and what is known of the project besides."""

    found: Discovery
    sources: Mapping[str, bytes]
    unreadable: tuple[Unreadable, ...]
    conventions: Conventions
    journal: Journal
    cache: Cache
    jobs: int


def _gather(paths: Sequence[str], settings: Settings, progress: Progress, means: Means) -> _Material:
    found = discover(paths, settings)
    sources: dict[str, bytes] = {}
    unreadable: list[Unreadable] = []
    for path in found.analysed:
        try:
            sources[path] = (found.root / path).read_bytes()
        except OSError as error:
            unreadable.append(Unreadable(path=path, line=1, column=1, reason=error.strerror or str(error)))
    return _Material(
        found,
        sources,
        tuple(unreadable),
        conventions_of(settings, found.root),
        Journal(progress, found.problems),
        means.cache(found.root),
        means.jobs or workers.usual_jobs(),
    )


def _review(paths: Sequence[str], settings: Settings, rulebook: Rulebook, progress: Progress, means: Means) -> Review:
    material = _gather(paths, settings, progress, means)
    key = recall.key_for(material.found, settings, material.conventions, material.sources)
    kept = material.cache.review(key)
    if kept is not None and (known := recall.decode(kept, rulebook)) is not None:
        return known
    made = _reviewed(material, select(settings, rulebook, material.found.root))
    if (data := recall.encode(made)) is not None:
        material.cache.keep_review(key, data)
    return made


def _reviewed(material: _Material, selection: Selection) -> Review:
    from dbreview.link import link

    found, journal = material.found, material.journal
    modules, project = _understand(material, link)
    findings = dict(_check(project, selection, journal))
    asked = [module for module in modules if module.path in found.reported]
    marked = suppress(_judge(findings, found, selection), asked, selection, findings.keys())
    return Review(
        root=found.root,
        diagnostics=tuple(sorted(_shown(marked, project, selection), key=lambda each: each.order)),
        problems=tuple(journal.problems),
        understanding=project.understanding,
        analysed=len(found.analysed),
        reported=len(found.reported),
        names=found.names,
    )


def _schema(paths: Sequence[str], settings: Settings, progress: Progress, means: Means) -> Schema:
    from dbreview.link import link_schema

    material = _gather(paths, settings, progress, means)
    _, project = _understand(material, link_schema)
    return schema_of(project, material.found.reported, material.found.names, material.journal.problems)


def _understand(material: _Material, linking: Linking) -> tuple[list[Module], Project]:
    """All files become facts, and the facts a project."""
    facts = _extract(material)
    modules = [each for each in facts if isinstance(each, Module)]
    unreadable = [each for each in facts if isinstance(each, Unreadable)]
    journal = material.journal
    journal.progress("Linking", 0, 1)
    project = linking(modules, unreadable, material.conventions)
    for at, error in project.mistakes:
        journal.mistake(f"following {material.found.names[at.filename]}:{at.line}", error)
    return modules, project


def _extract(material: _Material) -> list[Facts]:
    """The facts of all files, from the cache or from as many processes as there may be."""
    facts: dict[str, Facts] = {each.path: each for each in material.unreadable}
    for path, source in material.sources.items():
        if (known := material.cache.facts(path, source)) is not None:
            facts[path] = known
    new = [(path, source) for path, source in material.sources.items() if path not in facts]
    read = workers.extract_all(new, material.jobs, _Reading(material, len(new)))
    for (path, source), data in zip(new, read, strict=True):
        if data is not None:
            facts[path] = decoded(data)
            material.cache.keep_facts(source, data)
    material.cache.save_facts()
    return [facts[path] for path in material.found.analysed if path in facts]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Passes on how far the reading of files is."""

    material: _Material
    total: int

    def done(self, number: int) -> None:
        self.material.journal.progress("Reading", number, self.total)

    def failed(self, path: str, error: Exception) -> None:
        self.material.journal.mistake(f"reading {self.material.found.names[path]}", error)


def _check(project: Project, selection: Selection, journal: Journal) -> Iterator[tuple[Rule, list[Finding]]]:
    """What each rule's check finds. A rule whose check fails is left out, and said to be."""
    for rule in journal.each("Checking", [rule for rule in selection.rules if rule.made_by is None]):
        with journal.going_on(f"checking {rule.code} {rule.name}"):
            module = importlib.import_module(f"dbreview.checks.{rule.name.replace('-', '_')}")
            check: Callable[[Project], Iterable[Finding]] = module.check
            yield rule, list(check(project))


def _judge(findings: Mapping[Rule, list[Finding]], found: Discovery, selection: Selection) -> Iterator[Diagnostic]:
    """The findings in the files asked for, each with its rule and how grave it is here."""
    for rule, made in findings.items():
        for finding in made:
            if finding.at.filename in found.reported:
                yield Diagnostic(finding, rule, selection.severity(rule, finding))


def _shown(diagnostics: Iterable[Diagnostic], project: Project, selection: Selection) -> Iterator[Diagnostic]:
    """Those that concern their file, by the part that it plays, and that the settings do not leave out."""
    for each in diagnostics:
        filename = each.finding.at.filename
        role = project.roles.get(filename)
        if role is not None and role not in each.rule.applies_to:
            continue
        if not selection.ignores(each.rule, filename) and selection.shows_finding(each.rule, each.finding):
            yield each
