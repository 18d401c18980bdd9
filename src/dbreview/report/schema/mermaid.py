"""An entity relationship diagram in Mermaid's language, which Markdown on the large forges shows as a picture.

Its lexer knows no escapes, so what it would not take becomes an underscore, and stands in a comment as far
as it can.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.project import Column, Table
from dbreview.report.schema import words
from dbreview.report.schema.drawing import Arrow, Box, draw, word
from dbreview.report.style import Style
from dbreview.schema import Schema

_MARKS = frozenset({"pk", "fk", "uk"})


def render(schema: Schema, style: Style) -> str:
    """An `erDiagram`: entities with their columns, then one line per foreign key."""
    drawing = draw(schema)
    lines = ["erDiagram"]
    for box in drawing.boxes:
        lines += _entity(box)
    lines += [_line(arrow) for arrow in drawing.arrows]
    return "".join(f"{line}\n" for line in lines)


def _entity(box: Box) -> Iterator[str]:
    if box.table is None or not box.table.columns:
        yield f'    "{box.key}"'
        return
    yield f'    "{box.key}" {{'
    for column in box.table.columns:
        yield f"        {_attribute(box.table, column)}"
    yield "    }"


def _attribute(table: Table, column: Column) -> str:
    keys = [key.replace("unique", "UK") for key in words.of_keys(table, column) if key != "index"]
    name = _name(column.name)
    comment = "".join(c if c in " ,()" else word(c) for c in column.name)
    parts = [_name(words.of_type(column.type) or "unknown"), name, ", ".join(keys)]
    if comment != name:
        parts.append(f'"{comment}"')
    return " ".join(filter(None, parts))


def _line(arrow: Arrow) -> str:
    parent = "|o" if arrow.is_optional else "||"
    child = "o|" if arrow.is_unique else "o{"
    label = ", ".join(map(word, [arrow.name] if arrow.name else arrow.foreign_key.columns))
    return f'    "{arrow.parent.key}" {parent}--{child} "{arrow.child.key}" : "{label}"'


def _name(text: str) -> str:
    """A type or a column. It starts with a letter, and is not called like the mark of a key."""
    clean = "".join(c if c in "()" else word(c).replace(".", "_") for c in text)
    if not (clean[:1].isalpha() or clean[:1] == "_"):
        clean = f"_{clean}"
    return f"{clean}_" if clean.lower() in _MARKS else clean.replace("-", "_")
