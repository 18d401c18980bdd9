"""What a check yields: where, what, why. Plain data that any report can print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
Confidence = Literal["high", "medium", "low"]


SURENESS: dict[Confidence, int] = {"high": 0, "medium": 1, "low": 2}
"""The order of confidences, the surest first."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A stretch of one file. Lines and columns start at 1; the end column is the first one after it.

    ``filename`` is relative to the project root, with forward slashes.
    """

    filename: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Note:
    """One link of a finding's evidence chain, at another place."""

    message: str
    at: Place


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach of one rule.

    ``help`` says what to write instead, in the user's own names. ``severity`` is given only
    where this very finding is graver or lighter than its rule's page says.
    """

    at: Place
    message: str
    help: str = ""
    notes: tuple[Note, ...] = ()
    confidence: Confidence = "high"
    severity: Severity | None = None
