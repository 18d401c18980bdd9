"""Turns a review into text. One file per format; no analysis here, and no writing to anywhere."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from dbreview.report.style import Style
from dbreview.review import Review


class _Format(Protocol):
    """What a file of this package offers."""

    def render(self, review: Review, style: Style) -> str:
        """The whole report, as it is to be written."""


def render(review: Review, output_format: str, style: Style) -> str:
    """The review in a format, which has the name of a file of this package."""
    module = importlib.import_module(f"dbreview.report.{output_format}")
    return cast("_Format", module).render(review, style)
