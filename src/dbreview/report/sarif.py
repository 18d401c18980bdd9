"""SARIF 2.1.0, for code scanning. The rules' pages travel inside, as nothing links to them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

import dbreview
from dbreview.finding import Note, Place
from dbreview.report.style import Style
from dbreview.review import Diagnostic, Review
from dbreview.rulebook import Rule

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(review: Review, style: Style) -> str:
    """One log with one run; suppressed findings are in it, as such."""
    rules = sorted({each.rule for each in review.diagnostics}, key=lambda rule: rule.code)
    index = {rule.code: position for position, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "dbreview",
                "version": dbreview.__version__,
                "semanticVersion": dbreview.__version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [_invocation(review)],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(each, index[each.rule.code], mark, review)
            for each, mark in zip(review.diagnostics, review.fingerprints, strict=True)
        ],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": " ".join(filter(None, (rule.summary, rule.cost)))},
        "help": {"text": rule.prose, "markdown": rule.prose},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["database"], "problem.severity": _problem_severity(rule)},
    }


def _problem_severity(rule: Rule) -> str:
    """Code scanning's own word for advice."""
    return "recommendation" if rule.severity == "info" else rule.severity


def _invocation(review: Review) -> dict[str, object]:
    told = [
        {"level": "error" if each.is_fatal else "warning", "message": {"text": each.message}}
        for each in review.problems
    ]
    is_complete = not any(each.is_fatal for each in review.problems)
    return {"executionSuccessful": is_complete, "toolExecutionNotifications": told}


def _result(diagnostic: Diagnostic, rule_index: int, mark: str, review: Review) -> dict[str, object]:
    finding = diagnostic.finding
    result: dict[str, object] = {
        "ruleId": diagnostic.rule.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": "\n".join(filter(None, (finding.message, finding.help)))},
        "locations": [{"physicalLocation": _physical(finding.at, review)}],
        "partialFingerprints": {"dbreview/v1": mark},
        "properties": {"confidence": finding.confidence},
    }
    if finding.notes:
        result["relatedLocations"] = [
            _related(number, note, review) for number, note in enumerate(finding.notes, start=1)
        ]
    if diagnostic.suppressed:
        result["suppressions"] = [{"kind": "inSource"}]
    return result


def _related(number: int, note: Note, review: Review) -> dict[str, object]:
    return {
        "id": number,
        "message": {"text": note.message},
        "physicalLocation": _physical(note.at, review),
    }


def _physical(at: Place, review: Review) -> dict[str, object]:
    return {
        "artifactLocation": _artifact(review.name(at.filename)),
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        },
    }


def _artifact(name: str) -> dict[str, object]:
    """Relative to the current folder, which in CI is the repository, where that is possible."""
    if not os.path.isabs(name) and not name.startswith("../"):
        return {"uri": quote(os.fsencode(name)), "uriBaseId": "%SRCROOT%"}
    return {"uri": Path(os.path.abspath(name)).as_uri()}
