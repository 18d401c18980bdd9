"""Turns a schema into text. One file per format; no analysis here, and no writing to anywhere."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from dbreview.report.style import Style
from dbreview.schema import Schema


class _Format(Protocol):
    """What a format's file of this package offers."""

    def render(self, schema: Schema, style: Style) -> str:
        """The whole schema, as it is to be written."""


def render(schema: Schema, output_format: str, style: Style) -> str:
    """The schema in a format, which has the name of a file of this package."""
    module = importlib.import_module(f"dbreview.report.schema.{output_format}")
    return cast("_Format", module).render(schema, style)
