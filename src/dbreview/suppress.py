"""Lets comments silence findings, and tells which of these comments silence nothing.

    users = session.scalars(query)  # dbreview: ignore[query-in-loop] three rows at most

Knows comments and lines, not code: why a finding was made is nothing to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from dbreview.facts import Comment, Module
from dbreview.finding import Finding, Place
from dbreview.review import Diagnostic
from dbreview.rulebook import Rule, Rulebook, UnknownRule, did_you_mean, nearest
from dbreview.selection import Selection

_OURS = re.compile(r"#\s*dbreview\s*:\s*(?P<word>[\w-]+)(?P<list>\s*\[[^\]#]*\])?(?P<rest>[^#]*)")
_NOQA = re.compile(r"#\s*noqa\b(?P<colon>\s*:)?", re.IGNORECASE)
_NOQA_CODE = re.compile(r"[\s,]*(?P<code>[A-Z]+[0-9]+)\b", re.IGNORECASE)
_ITEM = re.compile(r"[^\s,\[\]]+")
_WORDS = ("ignore", "ignore-file")
_OTHER_TOOLS_WORDS = ("disable", "disable-file", "noqa", "nosec", "off", "skip", "skip-file")
_REMOVE = "remove the comment, or the part of it that is not needed"


@dataclass(slots=True, eq=False)
class Suppression:
    """One code in one comment, or a comment without codes, which silences everything.

    ``line`` is None where the whole file is meant. ``problem`` says why it can silence nothing.
    """

    text: str
    at: Place
    line: int | None = None
    rule: Rule | None = None
    problem: str = ""
    is_used: bool = False

    def silences(self, diagnostic: Diagnostic, lines: Collection[int]) -> bool:
        """Whether this diagnostic, whose statement has these lines, is meant."""
        if self.problem or not (self.line is None or self.line in lines):
            return False
        return self.rule is None or self.rule == diagnostic.rule


def suppress(
    diagnostics: Iterable[Diagnostic],
    modules: Iterable[Module],
    selection: Selection,
    ran: Collection[Rule],
) -> Iterator[Diagnostic]:
    """All diagnostics, the silenced ones marked, and new ones for comments that silence nothing.

    A comment about a rule that did not run, or is not shown, may well be needed in another run.
    """
    by_file: dict[str, list[Diagnostic]] = {}
    for each in diagnostics:
        by_file.setdefault(each.finding.at.filename, []).append(each)
    for module in modules:
        found = by_file.pop(module.path, [])
        suppressions = list(read(module, selection.rulebook))
        yield from list(_marked(found, suppressions, module))
        if suppressions:
            here = [rule for rule in ran if not selection.ignores(rule, module.path)]
            yield from _unused(suppressions, module, selection, here)
    for rest in by_file.values():
        yield from rest


def read(module: Module, rulebook: Rulebook) -> Iterator[Suppression]:
    """What the comments of a file ask for."""
    for comment in module.comments:
        for ours in _OURS.finditer(comment.text):
            yield from _ours(comment, ours, module.path, rulebook)
        for noqa in _NOQA.finditer(comment.text):
            yield from _noqa(comment, noqa, module.path, rulebook)


def _ours(comment: Comment, found: re.Match[str], path: str, rulebook: Rulebook) -> Iterator[Suppression]:
    word, rest = found["word"], found["rest"].strip()
    whole = _place(comment, path, found.start(), found.start() + len(found[0].rstrip()))
    text = comment.text[found.start() : found.end()].rstrip()
    line = comment.line if word == "ignore" else None
    if word not in _WORDS:
        meant = "ignore" if word.lower() in _OTHER_TOOLS_WORDS else nearest(word, _WORDS)
        if meant:
            yield Suppression(text, whole, problem=f"unknown word `{word}`{did_you_mean(meant)}")
    elif found["list"] is None:
        yield Suppression(text, whole, line, problem=_misplaced_codes(word, rest, rulebook))
    elif not _ITEM.search(found["list"]):
        yield Suppression(text, whole, problem="it names no rule between its brackets")
    else:
        for item in _ITEM.finditer(comment.text, found.start("list"), found.end("list")):
            at = _place(comment, path, *item.span())
            yield _named(item[0], at, line, rulebook)


def _misplaced_codes(word: str, rest: str, rulebook: Rulebook) -> str:
    """`ignore DBR101` looks like one rule and would silence all."""
    first = rest.lstrip(":=( ").split(" ")[0].rstrip(",)")
    if rest.startswith("["):
        return "its bracket is not closed"
    if first.lower() in rulebook.by_name:
        return f"the codes belong in brackets: `{word}[{first}]`"
    return ""


def _noqa(comment: Comment, found: re.Match[str], path: str, rulebook: Rulebook) -> Iterator[Suppression]:
    """Other tools own this comment too: only our codes in it can be wrong."""
    if found["colon"] is None:
        at = _place(comment, path, *found.span())
        yield Suppression(found[0], at, comment.line, is_used=True)
        return
    ours = {rule.code.rstrip("0123456789") for rule in rulebook.rules}
    code = _NOQA_CODE.match(comment.text, found.end())
    while code:
        if code["code"].upper().rstrip("0123456789") in ours:
            at = _place(comment, path, *code.span("code"))
            yield _named(code["code"], at, comment.line, rulebook)
        code = _NOQA_CODE.match(comment.text, code.end())


def _named(text: str, at: Place, line: int | None, rulebook: Rulebook) -> Suppression:
    try:
        return Suppression(text, at, line, rulebook.rule(text))
    except UnknownRule as error:
        return Suppression(text, at, line, problem=str(error))


def _place(comment: Comment, path: str, start: int, end: int) -> Place:
    line, column = comment.line, comment.column
    return Place(path, line, column + start, line, column + end)


def _marked(
    diagnostics: Iterable[Diagnostic], suppressions: Iterable[Suppression], module: Module
) -> Iterator[Diagnostic]:
    for each in diagnostics:
        lines = _lines(each.finding, module)
        silencing = [one for one in suppressions if one.silences(each, lines)]
        for one in silencing:
            one.is_used = True
        yield replace(each, suppressed=bool(silencing))


def _lines(finding: Finding, module: Module) -> frozenset[int]:
    """The lines where a comment counts: the finding's, and the ends of its statement.

    Formatters move a comment that stood on the first line of a long statement to its last.
    """
    line = finding.at.line
    around = (ends for ends in module.statements if ends[0] <= line <= ends[1])
    return frozenset({line}).union(*around)


def _unused(
    suppressions: list[Suppression], module: Module, selection: Selection, ran: Collection[Rule]
) -> Iterator[Diagnostic]:
    reporting = next((rule for rule in selection.rules if rule.made_by == "suppress"), None)
    if reporting is None:
        return
    of_others = [one for one in suppressions if one.rule != reporting]
    of_unused = [one for one in suppressions if one.rule == reporting]
    unneeded = [one for one in of_others if _is_unneeded(one, selection, ran)]
    made = [_diagnostic(one, reporting, selection) for one in unneeded]
    named = [one for one in of_unused if one.rule is not None and not one.problem]
    yield from _marked(made, named, module)
    for one in named:
        if not one.is_used:
            yield _diagnostic(one, reporting, selection)


def _is_unneeded(one: Suppression, selection: Selection, ran: Collection[Rule]) -> bool:
    if one.problem:
        return True
    if one.is_used:
        return False
    if one.rule is None:
        return selection.is_whole and {r for r in selection.rules if r.made_by is None} <= set(ran)
    return one.rule in ran and selection.shows(one.rule, selection.severity(one.rule))


def _diagnostic(one: Suppression, rule: Rule, selection: Selection) -> Diagnostic:
    message = f"`{one.text}` silences nothing"
    if one.problem:
        message = f"`{one.text}` silences nothing: {one.problem}"
    finding = Finding(one.at, message, help=_REMOVE)
    return Diagnostic(finding, rule, selection.severity(rule, finding))
