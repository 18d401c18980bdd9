"""The whole run of a command, from the paths typed to what a report prints; knows no rule and prints nothing."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dbreview.conventions import conventions_of
from dbreview.discover import Discovery, discover
from dbreview.extract import extract
from dbreview.facts import Module, Unreadable
from dbreview.finding import Finding
from dbreview.journal import Journal, Progress, nobody
from dbreview.link import link, link_schema
from dbreview.project import Conventions, Project
from dbreview.review import Diagnostic, Review
from dbreview.room import with_room
from dbreview.rulebook import Rule, Rulebook
from dbreview.schema import Schema, schema_of
from dbreview.selection import Selection, select
from dbreview.settings import Settings
from dbreview.suppress import suppress

Linking = Callable[[Sequence[Module], Sequence[Unreadable], Conventions], Project]


def review(
    paths: Sequence[str], settings: Settings, rulebook: Rulebook | None = None, progress: Progress = nobody
) -> Review:
    """Review the files that the paths lead to, each seen in the light of its whole project."""
    return with_room(lambda: _review(paths, settings, rulebook or Rulebook.read(), progress))


def schema(paths: Sequence[str], settings: Settings, progress: Progress = nobody) -> Schema:
    """What the files that the paths lead to declare of the schema, linked with their whole project."""
    return with_room(lambda: _schema(paths, settings, progress))


def _review(paths: Sequence[str], settings: Settings, rulebook: Rulebook, progress: Progress) -> Review:
    found = discover(paths, settings)
    selection = select(settings, rulebook, found.root)
    journal = Journal(progress, found.problems)
    modules, project = _understand(found, settings, journal, link)
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


def _schema(paths: Sequence[str], settings: Settings, progress: Progress) -> Schema:
    found = discover(paths, settings)
    journal = Journal(progress, found.problems)
    _, project = _understand(found, settings, journal, link_schema)
    return schema_of(project, found.reported, found.names, journal.problems)


def _understand(
    found: Discovery, settings: Settings, journal: Journal, linking: Linking
) -> tuple[list[Module], Project]:
    """What every command begins with: all files become facts, and the facts a project."""
    facts = list(_extract(found, journal))
    modules = [each for each in facts if isinstance(each, Module)]
    unreadable = [each for each in facts if isinstance(each, Unreadable)]
    journal.progress("Linking", 0, 1)
    project = linking(modules, unreadable, conventions_of(settings, found.root))
    for at, error in project.mistakes:
        journal.mistake(f"following {found.names[at.filename]}:{at.line}", error)
    return modules, project


def _extract(found: Discovery, journal: Journal) -> Iterator[Module | Unreadable]:
    """The facts of every file. Files do not know each other here: the place for more processes."""
    for path in journal.each("Reading", found.analysed):
        with journal.going_on(f"reading {found.names[path]}"):
            try:
                facts = extract(path, (found.root / path).read_bytes())
            except OSError as error:
                facts = Unreadable(path=path, line=1, column=1, reason=error.strerror or str(error))
            yield facts


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
