"""Sets rows of cells one below the other, and breaks lines that are wider than the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from dbreview.report.paint import console_on_paper

Row = tuple[Text, ...]
"""The cells of one row; the last one goes on below its own beginning where the line is too short."""

_INDENT = 4
_GAP = 2
_NARROWEST = 20


def aligned(rows: Sequence[Row], width: int | None) -> Iterator[Text]:
    """The rows as lines: as long as they are where no width is given."""
    widths = [max(cell.cell_len for cell in cells) for cells in zip(*(row[:-1] for row in rows), strict=True)]
    widths = [width and width + _GAP for width in widths]  # a column without any text takes no room
    indent = _INDENT + sum(widths)
    for row in rows:
        line = Text(" " * _INDENT)
        for cell, taken in zip(row[:-1], widths, strict=True):
            line += cell
            line += Text(" " * (taken - cell.cell_len))
        yield from _with_last(line, row[-1], indent, width)


def _with_last(line: Text, last: Text, indent: int, width: int | None) -> Iterator[Text]:
    if width is None or indent + last.cell_len <= width:
        line += last
        line.rstrip()
        yield line
        return
    if width - indent < _NARROWEST:  # no room beside the other cells: below them
        line.rstrip()
        yield line
        indent = 2 * _INDENT
        line = Text(" " * indent)
    room = max(width - indent, _NARROWEST)
    for part in last.wrap(console_on_paper(has_colour=False, width=room), room):
        part.rstrip()
        line += part
        yield line
        line = Text(" " * indent)
