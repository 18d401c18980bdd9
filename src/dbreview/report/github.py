"""Workflow commands that GitHub Actions shows as annotations of the changed lines."""

from __future__ import annotations

from dbreview.report.style import Style
from dbreview.review import Diagnostic, Review

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def render(review: Review, style: Style) -> str:
    """One command per finding."""
    return "".join(_command(each, review) for each in review.shown)


def _command(diagnostic: Diagnostic, review: Review) -> str:
    finding, rule = diagnostic.finding, diagnostic.rule
    at = finding.at
    properties = {"title": f"{rule.code} {rule.name}", "file": review.name(at.filename)}
    properties |= {"line": str(at.line), "endLine": str(at.end_line)}
    if at.line == at.end_line:  # GitHub refuses columns of a place with several lines
        properties |= {"col": str(at.column), "endColumn": str(at.end_column)}
    notes = (f"note: {note.message} ({review.name(note.at.filename)}:{note.at.line})" for note in finding.notes)
    advice = (f"{title}: {text}" for title, text in (("cost", rule.cost), ("help", finding.help)) if text)
    said = (finding.message, *notes, *advice)
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_LEVELS[diagnostic.severity]} {listed}::{_data(chr(10).join(said))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
