"""A graph in Graphviz's language: one table of columns per box, arrows from column to column."""

from __future__ import annotations

import html
from collections.abc import Iterator

from dbreview.project import Column, Table
from dbreview.report.excerpt import printable
from dbreview.report.schema import words
from dbreview.report.schema.drawing import Arrow, Box, draw
from dbreview.report.style import Style
from dbreview.schema import Schema

_HEAD = """\
digraph schema {
    graph [rankdir=LR, ranksep=1.5]
    node [shape=plain, fontname="Helvetica", fontsize=10]
    edge [dir=both, fontname="Helvetica", fontsize=9]
"""
_TABLE = '<table border="0" cellborder="1" cellspacing="0" cellpadding="3">'


def render(schema: Schema, style: Style) -> str:
    """A `digraph`: nodes with their columns, then the edges of the foreign keys, with crow's feet."""
    drawing = draw(schema)
    lines = [line for box in drawing.boxes for line in _node(box)]
    lines += [line for arrow in drawing.arrows for line in _edges(arrow)]
    return _HEAD + "".join(f"    {line}\n" for line in lines) + "}\n"


def _node(box: Box) -> Iterator[str]:
    if box.table is None:
        yield f'"{box.key}" [shape=box, style=dashed, label=<{_text(box.title)}>]'
        return
    yield f'"{box.key}" [label=<{_TABLE}'
    named = f'<br/><font point-size="8">{_text(box.table.class_name)}</font>' if box.table.class_name else ""
    yield f'    <tr><td colspan="3" bgcolor="#dbe7f3"><b>{_text(box.title)}</b>{named}</td></tr>'
    for number, column in enumerate(box.table.columns):
        yield f"    {_row(box.table, column, number)}"
    yield "</table>>]"


def _row(table: Table, column: Column, number: int) -> str:
    """Arrows come in on the left and leave on the right."""
    marks = ", ".join([*words.of_keys(table, column), *(["null"] if column.is_nullable else [])])
    return (
        f'<tr><td align="left" port="in{number}">{_text(column.name)}</td>'
        f'<td align="left">{_text(words.of_type(column.type))}</td>'
        f'<td align="left" port="out{number}">{_text(marks)}</td></tr>'
    )


def _edges(arrow: Arrow) -> Iterator[str]:
    """One per column of the key; what there is to say stands at the first."""
    foreign_key = arrow.foreign_key
    feet = f"arrowtail={'teeodot' if arrow.is_unique else 'crowodot'}, "
    feet += f"arrowhead={'teeodot' if arrow.is_optional else 'teetee'}"
    label = f", label=<{_text(arrow.name or ', '.join(foreign_key.columns))}>"
    for column, target in zip(foreign_key.columns, foreign_key.target, strict=False):
        start = _port(arrow.child, column, "out", "e")
        end = _port(arrow.parent, target.rpartition(".")[2], "in", "w")
        yield f"{start} -> {end} [{feet}{label}]"
        label = ""


def _port(box: Box, column: str, side: str, compass: str) -> str:
    """The row of a column; the whole box where the column is not known."""
    names = [each.name for each in box.table.columns] if box.table else []
    return f'"{box.key}":{side}{names.index(column)}:{compass}' if column in names else f'"{box.key}"'


def _text(text: str) -> str:
    """Text between the tags. Graphviz takes no empty label, and XML no control characters."""
    return html.escape(printable(text).replace("\n", " ")) or " "
