"""How a report is to look; plain data, so that choosing it costs no import of rich."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """``has_summary`` is false where only the findings themselves are wanted.

    ``width`` is that of the terminal, None where nobody reads the lines on one.
    """

    has_colour: bool = False
    has_summary: bool = True
    width: int | None = None
