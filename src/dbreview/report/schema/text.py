"""For people: each table with its columns, keys and indexes, and what leads from its class to others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.text import Text

from dbreview.finding import Place
from dbreview.project import Column, ForeignKey, Index, Relationship, Table, UniqueConstraint, Unknown
from dbreview.report.excerpt import printable
from dbreview.report.paint import painted
from dbreview.report.schema import words
from dbreview.report.schema.rows import Row, aligned
from dbreview.report.style import Style
from dbreview.schema import Schema


def render(schema: Schema, style: Style) -> str:
    """One block per table, then one per class whose table is not shown, then what is unknown."""
    lines: list[Text] = []
    for title, sections in _blocks(schema):
        lines.append(title)
        for name, rows in sections:
            if rows:
                lines += [Text(f"  {name}", "blue"), *aligned(rows, style.width)]
        lines.append(Text())
    if style.has_summary:
        lines.append(Text(_summary(schema)))
    return painted(lines, has_colour=style.has_colour)


Section = tuple[str, Sequence[Row]]


def _blocks(schema: Schema) -> Iterator[tuple[Text, Sequence[Section]]]:
    by_model: dict[str, list[Relationship]] = {}
    for each in schema.relationships:
        by_model.setdefault(each.model, []).append(each)
    for table in schema.tables:
        led = by_model.pop(table.model, []) if table.model else []
        yield _title(table.full_name, table.class_name, schema, table.at), _sections(table, led)
    for led in by_model.values():
        title = _title(led[0].class_name, None, schema, led[0].at)
        yield title, [("relationships", [_relationship(each) for each in led])]
    if schema.unknown:
        yield Text("unknown", "bold yellow"), [(file, [*rows]) for file, rows in _unknown(schema)]


def _title(name: str, class_name: str | None, schema: Schema, at: Place) -> Text:
    place = f"  {printable(schema.name(at.filename))}:{at.line}"
    return Text.assemble((_said(name), "bold"), f"  {_said(class_name)}" if class_name else "", (place, "dim"))


def _sections(table: Table, led: Iterable[Relationship]) -> list[Section]:
    return [
        ("columns", [_column(table, each) for each in table.columns]),
        ("foreign keys", [_foreign_key(table, each) for each in table.foreign_keys]),
        ("indexes", [_index(each) for each in table.indexes]),
        ("unique", [_unique(each) for each in table.uniques]),
        ("checks", [(Text(_said(each)),) for each in table.checks]),
        ("relationships", [_relationship(each) for each in led]),
    ]


def _column(table: Table, column: Column) -> Row:
    notes = [Text(key, "green") for key in words.of_keys(table, column)]
    notes += [Text(_said(words.of_default(each))) for each in column.defaults]
    if column.attribute != column.name:
        notes.append(Text(f"as {_said(column.attribute)}"))
    return (
        Text(_said(column.name)),
        Text(_said(words.of_type(column.type)) or "?", "cyan"),
        Text(words.of_null(column)),
        _listed(notes),
    )


def _foreign_key(table: Table, key: ForeignKey) -> Row:
    partial = table.partial_index(key.columns)
    if table.is_indexed(key.columns):
        found = Text("indexed")
    else:
        found = Text("indexed in part" if partial else "not indexed", "yellow")
    return (
        Text(_said(", ".join(key.columns))),
        Text(f"-> {_said(', '.join(key.target)) or '?'}", "cyan"),
        Text(f"on delete {_said(key.on_delete)}" if key.on_delete else ""),
        found,
    )


def _index(index: Index) -> Row:
    notes = [Text("unique", "green")] if index.is_unique else []
    notes += [Text(_said(each)) for each in (index.method, index.dialect) if each]
    if index.where is not None:
        notes.append(Text(f"where {_said(index.where)}"))
    return Text(f"({_said(', '.join(words.of_index(index)))})"), Text(_said(index.name or "")), _listed(notes)


def _unique(unique: UniqueConstraint) -> Row:
    return Text(f"({_said(', '.join(unique.columns))})"), Text(_said(unique.name or ""))


def _relationship(each: Relationship) -> Row:
    target = each.target_name or (each.target or "?").rpartition(".")[2]
    notes = [f"lazy={each.lazy or '?'}"]
    if each.secondary:
        notes.append(f"secondary={each.secondary}")
    if each.cascade is None:
        notes.append("cascade=?")
    elif each.has_cascade:
        notes.append(f"cascade={words.of_cascade(each.cascade)}")
    if each.passive_deletes is not False:
        notes.append(f"passive_deletes={'?' if each.passive_deletes is None else each.passive_deletes}")
    if each.inverse:
        notes.append(f"back_populates={each.inverse}")
    notes += [note for note, holds in (("viewonly", each.is_view_only), ("by backref", each.is_backref)) if holds]
    return (
        Text(_said(each.name)),
        Text(f"{'->>' if each.is_collection else '->'} {_said(target)}", "cyan"),
        Text(_cardinality(each)),
        _listed(Text(_said(note)) for note in notes),
    )


def _cardinality(each: Relationship) -> str:
    if each.direction == "ONETOMANY" and each.is_collection is False:
        return "one to one"
    return words.CARDINALITY[each.direction] if each.direction else "?"


def _unknown(schema: Schema) -> Iterator[tuple[str, Iterator[Row]]]:
    for filename, each in groupby(schema.unknown, key=lambda unknown: unknown.at.filename):
        yield _said(schema.name(filename)), (_reason(unknown) for unknown in each)


def _reason(unknown: Unknown) -> Row:
    return Text(f"line {unknown.at.line}"), Text(_said(unknown.reason))


def _listed(notes: Iterable[Text]) -> Text:
    return Text(", ").join(notes)


def _said(text: str) -> str:
    """On one line, and without what would move the cursor."""
    return " ".join(printable(text).split())


def _summary(schema: Schema) -> str:
    """All of it in one sentence."""
    keys = [(table, key) for table in schema.tables for key in table.foreign_keys]
    bare = sum(not table.is_indexed(key.columns) for table, key in keys)
    counted = [
        _count(len(schema.tables), "table"),
        _count(len(keys), "foreign key") + (f" ({bare} not indexed)" if bare else ""),
        _count(len(schema.relationships), "relationship"),
    ]
    if schema.unknown:
        counted.append(f"{_count(len(schema.unknown), 'thing')} unknown")
    return f"Found {', '.join(counted)}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
