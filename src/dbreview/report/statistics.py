"""How often each rule is broken, instead of where."""

from __future__ import annotations

import json
from collections import Counter

from dbreview.report.style import Style
from dbreview.report.text import summary
from dbreview.review import Review


def render(review: Review, style: Style) -> str:
    """One line per rule, the most frequent first."""
    width = len(str(max((count for count, *_ in _counts(review)), default=0)))
    lines = [f"{count:>{width}}  {code}  {name} [{severity}]" for count, code, name, severity in _counts(review)]
    if style.has_summary:
        lines.append(summary(review))
    return "".join(f"{line}\n" for line in lines)


def render_json(review: Review) -> str:
    """The same as an array."""
    return json.dumps(
        [
            {"code": code, "name": name, "severity": severity, "count": count}
            for count, code, name, severity in _counts(review)
        ],
        indent=2,
    ) + "\n"  # fmt: skip


def _counts(review: Review) -> list[tuple[int, str, str, str]]:
    counted = Counter((each.rule.code, each.rule.name, each.severity) for each in review.shown)
    rows = ((count, code, name, severity) for (code, name, severity), count in counted.items())
    return sorted(rows, key=lambda row: (-row[0], *row[1:]))
