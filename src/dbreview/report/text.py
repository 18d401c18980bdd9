"""For people: every finding with its source line, its evidence, its cost and what to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from dbreview.finding import Place
from dbreview.report.excerpt import Excerpt, printable
from dbreview.report.paint import painted
from dbreview.report.style import Style
from dbreview.review import Diagnostic, Review

COLOURS = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}


def render(review: Review, style: Style) -> str:
    """One block per finding, a summary at the end."""
    lines: list[Text] = []
    for each in review.shown:
        lines += [*_block(each, review), Text()]
    if style.has_summary:
        lines.append(Text(summary(review)))
        if any(review.shown):
            lines.append(Text("`dbreview explain CODE` shows the page of a rule.", style="dim"))
    return painted(lines, has_colour=style.has_colour)


def summary(review: Review) -> str:
    """The result in one sentence."""
    shown = list(review.shown)
    if shown:
        by_severity = Counter[str](each.severity for each in shown)
        kinds = [
            _count(by_severity[severity], noun)
            for severity, noun in (("error", "error"), ("warning", "warning"), ("info", "advice"))
            if by_severity[severity]
        ]
        files = len({each.finding.at.filename for each in shown})
        found = f"Found {_count(len(shown), 'finding')} ({', '.join(kinds)}) in {_count(files, 'file')}"
    else:
        found = f"Found nothing to report in {_count(review.reported, 'file')}"
    hidden = f"; {review.suppressed} suppressed" if review.suppressed else ""
    return f"{found}{hidden}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 or noun == "advice" else f"{number} {noun}s"


def _block(diagnostic: Diagnostic, review: Review) -> Iterator[Text]:
    finding, rule, colour = diagnostic.finding, diagnostic.rule, COLOURS[diagnostic.severity]
    places = (finding.at, *(note.at for note in finding.notes))
    gutter = max(len(str(place.line)) for place in places)
    bar = Text(" " * gutter + " |", style="blue")
    yield Text.assemble(
        (f"{diagnostic.severity}[{rule.code}]", colour),
        (f" {rule.name}: ", "bold"),
        printable(finding.message),
    )
    yield from _place(finding.at, review, gutter, ("^", colour))
    yield bar
    for note in finding.notes:
        yield Text.assemble(" " * gutter, (" = note: ", "bold"), printable(note.message))
        yield from _place(note.at, review, gutter, ("-", "blue"))
    for title, said in (("cost", rule.cost), ("help", finding.help)):
        if said:
            first, *rest = printable(said).splitlines()
            yield Text.assemble(" " * gutter, (f" = {title}: ", "bold"), first)
            yield from (Text(" " * (gutter + 9) + line) for line in rest)


def _place(at: Place, review: Review, gutter: int, pen: tuple[str, str]) -> Iterator[Text]:
    """Where it is, and the line with the place underlined, if the line can be read."""
    mark, colour = pen
    name = printable(review.name(at.filename))
    yield Text.assemble(" " * gutter, ("--> ", "blue"), f"{name}:{at.line}:{at.column}")
    excerpt = Excerpt.of(review.sources.line(at.filename, at.line), at)
    if excerpt is None:
        return
    yield Text.assemble((f"{at.line:>{gutter}} | ", "blue"), excerpt.text)
    under = " " * excerpt.start + mark * excerpt.width
    yield Text.assemble((" " * gutter + " | ", "blue"), (under, colour))
