"""For programs: an array in ruff's shape where ruff has one. Holds the suppressed findings too."""

from __future__ import annotations

import json

from dbreview.finding import Note
from dbreview.report.style import Style
from dbreview.review import Diagnostic, Review


def render(review: Review, style: Style) -> str:
    """One object per finding. Only ASCII, so that no pipe's encoding can spoil it."""
    return json.dumps([_object(each, review) for each in review.diagnostics], indent=2) + "\n"


def _object(diagnostic: Diagnostic, review: Review) -> dict[str, object]:
    finding, rule = diagnostic.finding, diagnostic.rule
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": diagnostic.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "filename": review.name(finding.at.filename),
        "location": {"row": finding.at.line, "column": finding.at.column},
        "end_location": {"row": finding.at.end_line, "column": finding.at.end_column},
        "notes": [_note(note, review) for note in finding.notes],
        "help": finding.help,
        "url": None,
        "fix": None,
        "suppressed": diagnostic.suppressed,
    }


def _note(note: Note, review: Review) -> dict[str, object]:
    return {
        "message": note.message,
        "filename": review.name(note.at.filename),
        "location": {"row": note.at.line, "column": note.at.column},
    }
