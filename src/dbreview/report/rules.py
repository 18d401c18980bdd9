"""The rules themselves: the table of all, and the page of one."""

from __future__ import annotations

import json
from dataclasses import asdict

from dbreview.rulebook import Rule, Rulebook


def as_json(rulebook: Rulebook) -> str:
    """What the pages say about their rules, without the prose."""
    return json.dumps([_head(rule) for rule in rulebook.rules], indent=2) + "\n"


def _head(rule: Rule) -> dict[str, object]:
    return {key: value for key, value in asdict(rule).items() if key not in ("page", "made_by")}


def as_lines(rulebook: Rulebook) -> str:
    """One line per rule, for a pipe."""
    widths = [max((len(cell) for cell in column), default=0) for column in zip(*_rows(rulebook), strict=True)]
    return "".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in _rows(rulebook)
    )


def as_table(rulebook: Rulebook, *, has_colour: bool, width: int) -> str:
    """A table for a terminal of this width."""
    from rich.table import Table
    from rich.text import Text

    from dbreview.report.paint import console_on_paper, written
    from dbreview.report.text import COLOURS

    table = Table("Code", "Name", "Severity", "What it finds", pad_edge=False)
    for code, name, severity, summary in _rows(rulebook):
        table.add_row(Text(code), Text(name), Text(severity, COLOURS[severity]), Text(summary))
    console = console_on_paper(has_colour=has_colour, width=width)
    console.print(table)
    return written(console)


def page(rule: Rule, *, has_colour: bool, width: int) -> str:
    """The page of a rule, set for a terminal."""
    from rich.markdown import Markdown

    from dbreview.report.paint import console_on_paper, written

    console = console_on_paper(has_colour=has_colour, width=width)
    console.print(Markdown(rule.prose, code_theme="ansi_dark"))
    return written(console)


def _rows(rulebook: Rulebook) -> list[tuple[str, str, str, str]]:
    return [(rule.code, rule.name, rule.severity, rule.summary) for rule in rulebook.rules]
