"""Cuts the part of a source line that a terminal can show, and measures where the place is in it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rich.cells import cell_len

from dbreview.finding import Place

_PASSWORD = re.compile(
    r"""(://[^:/@\s"']*:)([^@/\s"'{]+)(@)"""
    r"""|((?:password|passwd|pwd)["']?\s*[:=]\s*["'])([^"'{]+)(["'])""",
    re.IGNORECASE,
)
_LONGEST = 160
_BEFORE = 60
_TAB = "    "


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line as shown. ``start`` and ``width`` of the place are in terminal cells, not characters."""

    text: str
    start: int
    width: int

    @classmethod
    def of(cls, line: str, at: Place) -> Excerpt | None:
        """The first line of a place; none where there is nothing to show."""
        line = _without_passwords(line.rstrip())
        if not line:
            return None
        start = min(at.column - 1, len(line))
        end = min(at.end_column - 1, len(line)) if at.end_line == at.line else len(line)
        left = max(0, start - _BEFORE) if len(line) > _LONGEST else 0
        right = left + _LONGEST
        before, dots = line[left:start], "..." if left else ""
        after = "..." if right < len(line) else ""
        shown = printable(line[left:right].replace("\t", _TAB))
        return cls(
            text=f"{dots}{shown}{after}",
            start=len(dots) + _cells(before),
            width=max(1, _cells(line[start : min(max(end, start), right)])),
        )


def _without_passwords(line: str) -> str:
    """The line with stars for the passwords in it, as many as they have characters: reports end up in logs."""
    return _PASSWORD.sub(_starred, line)


def _starred(found: re.Match[str]) -> str:
    before, password, after = (part for part in found.groups() if part is not None)
    return f"{before}{'*' * len(password)}{after}"


def printable(text: str) -> str:
    """The text without what would move the cursor, colour the screen or reorder the line."""
    if text.isprintable():
        return text
    return "".join(character if _is_harmless(character) else "\N{REPLACEMENT CHARACTER}" for character in text)


def _is_harmless(character: str) -> bool:
    return character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")


def _cells(text: str) -> int:
    return cell_len(printable(text.replace("\t", _TAB)))
