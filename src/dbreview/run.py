"""The whole run, from the paths typed to the diagnostics; knows no rule and prints nothing."""

from __future__ import annotations

import gc
import importlib
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dbreview.dependencies import declared_dependencies
from dbreview.discover import Discovery, discover
from dbreview.extract import extract, with_deep_stack
from dbreview.facts import Module, Unreadable
from dbreview.finding import Finding
from dbreview.link import link
from dbreview.project import Conventions, Project
from dbreview.review import Diagnostic, Problem, Review
from dbreview.rulebook import Rule, Rulebook
from dbreview.selection import Selection, select
from dbreview.settings import Settings
from dbreview.suppress import suppress

# Told which step the run is at, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


def review(
    paths: Sequence[str],
    settings: Settings,
    rulebook: Rulebook | None = None,
    progress: Progress = lambda step, done, total: None,
) -> Review:
    """Review the files that the paths lead to, each seen in the light of its whole project."""
    return with_deep_stack(lambda: _review(paths, settings, rulebook, progress))


def _review(paths: Sequence[str], settings: Settings, rulebook: Rulebook | None, progress: Progress) -> Review:
    found = discover(paths, settings)
    selection = select(settings, rulebook or Rulebook.read(), found.root)
    problems = list(found.problems)
    with _without_collecting():
        modules, unreadable = _extract(found, problems, progress)
        progress("Linking", 0, 1)
        project = link(modules, unreadable, _conventions(settings, found.root))
        problems += [
            _mistake(f"following {found.names[at.filename]}:{at.line}", error) for at, error in project.mistakes
        ]
        checked = list(_check(project, selection.rules, problems, progress))
    return Review(
        root=found.root,
        diagnostics=tuple(_judge(checked, project, modules, found, selection)),
        problems=tuple(problems),
        understanding=project.understanding,
        analysed=len(found.analysed),
        reported=len(found.reported),
        names=found.names,
    )


def _extract(found: Discovery, problems: list[Problem], progress: Progress) -> tuple[list[Module], list[Unreadable]]:
    """The facts of every file. Files do not know each other here: the place for more processes."""
    modules: list[Module] = []
    unreadable: list[Unreadable] = []
    for done, path in enumerate(found.analysed):
        progress("Reading", done, len(found.analysed))
        try:
            facts = extract(path, (found.root / path).read_bytes())
        except OSError as error:
            facts = Unreadable(path=path, line=1, column=1, reason=error.strerror or str(error))
        except Exception as error:
            problems.append(_mistake(f"reading {found.names[path]}", error))
            continue
        if isinstance(facts, Module):
            modules.append(facts)
        else:
            unreadable.append(facts)
    return modules, unreadable


def _check(
    project: Project, rules: Iterable[Rule], problems: list[Problem], progress: Progress
) -> Iterator[tuple[Rule, list[Finding]]]:
    """What each rule's check finds. A rule whose check fails is left out, and said to be."""
    rules = [rule for rule in rules if rule.made_by is None]
    for done, rule in enumerate(rules):
        progress("Checking", done, len(rules))
        try:
            module = importlib.import_module(f"dbreview.checks.{rule.name.replace('-', '_')}")
            check: Callable[[Project], Iterable[Finding]] = module.check
            yield rule, list(check(project))
        except Exception as error:
            problems.append(_mistake(f"checking {rule.code} {rule.name}", error))


def _judge(
    checked: Sequence[tuple[Rule, Sequence[Finding]]],
    project: Project,
    modules: Iterable[Module],
    found: Discovery,
    selection: Selection,
) -> list[Diagnostic]:
    """The findings to show, sorted: in the files asked for, with what comments say of them."""
    made = (
        Diagnostic(finding, rule, selection.severity(rule, finding))
        for rule, findings in checked
        for finding in findings
        if finding.at.filename in found.reported
    )
    asked = [module for module in modules if module.path in found.reported]
    ran = frozenset(rule for rule, _ in checked)
    marked = suppress(made, asked, selection, ran)
    return sorted(
        (each for each in marked if _is_shown(each, project, selection)),
        key=lambda each: each.order,
    )


def _is_shown(each: Diagnostic, project: Project, selection: Selection) -> bool:
    filename = each.finding.at.filename
    role = project.roles.get(filename)
    if role is not None and role not in each.rule.applies_to:
        return False
    if selection.ignores(each.rule, filename):
        return False
    return selection.shows_finding(each.rule, each.finding)


def _conventions(settings: Settings, root: Path) -> Conventions:
    folder = settings.folder or root
    return Conventions(
        src=tuple(Path(os.path.relpath(folder / each, root)).as_posix() for each in settings.src),
        dialect=settings.dialect,
        created_columns=settings.created_columns,
        updated_columns=settings.updated_columns,
        dependencies=declared_dependencies(root),
    )


def _mistake(doing: str, error: Exception) -> Problem:
    """A mistake of our own, in words that help to report it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    message = (
        f"a mistake in dbreview itself, while {doing}: "
        f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno}). "
        "Please report it. Everything else was reviewed."
    )
    return Problem(message, detail="".join(traceback.format_exception(error)))


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Facts are many, live to the end and hold no cycles: looking for garbage among them is slow."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
