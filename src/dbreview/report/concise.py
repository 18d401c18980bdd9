"""One line per finding, for editors and for grep."""

from __future__ import annotations

from rich.text import Text

from dbreview.report.excerpt import printable
from dbreview.report.paint import painted
from dbreview.report.style import Style
from dbreview.report.text import COLOURS, summary
from dbreview.review import Diagnostic, Review


def render(review: Review, style: Style) -> str:
    """`file:line:column: severity[CODE] name: message`, a summary at the end."""
    lines = [_line(each, review) for each in review.shown]
    if style.has_summary:
        lines.append(Text(summary(review)))
    return painted(lines, has_colour=style.has_colour)


def _line(diagnostic: Diagnostic, review: Review) -> Text:
    at, rule = diagnostic.finding.at, diagnostic.rule
    message = " ".join(printable(diagnostic.finding.message).split())
    return Text.assemble(
        (f"{printable(review.name(at.filename))}:{at.line}:{at.column}: ", "bold"),
        (f"{diagnostic.severity}[{rule.code}]", COLOURS[diagnostic.severity]),
        f" {rule.name}: {message}",
    )
