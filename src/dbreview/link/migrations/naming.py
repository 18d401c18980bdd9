"""How constraints without a name are called: by the naming convention of the metadata, or by the database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import alembic
from dbreview.link.migrations.operations import Part
from dbreview.link.names import Variable
from dbreview.link.values import Const, Entries, LibraryObject, Made, Value
from dbreview.project import ForeignKey

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_ABOVE = 3
"""How many folders above the revisions their `env.py` may be."""


def convention_of(interpreter: Interpreter, folder: str) -> Mapping[str, str]:
    """The patterns of ``target_metadata`` in the `env.py` of a history."""
    here = PurePosixPath(folder)
    for each in (here, *list(here.parents)[:_ABOVE]):
        path = str(each / "env.py")
        if path in interpreter.names.modules:
            return _patterns(interpreter, path)
    return {}


def _patterns(interpreter: Interpreter, path: str) -> Mapping[str, str]:
    frame = interpreter.module_frame(path)
    for statement in interpreter.names.modules[path].body:
        match statement:
            case facts.Assign((facts.Attribute(facts.Name("target_metadata"), "naming_convention"),), value):
                return _texts(frame.evaluate(value))
    definition = interpreter.names.resolve(path, "target_metadata")
    metadata = frame.evaluate(definition.value) if isinstance(definition, Variable) and definition.value else None
    if isinstance(metadata, Made):
        return _texts(metadata.keyword("naming_convention"))
    if isinstance(metadata, LibraryObject):
        return _texts(next((value for key, value in metadata.keywords if key == "naming_convention"), None))
    return {}


def _texts(value: Value) -> Mapping[str, str]:
    if not isinstance(value, Entries):
        return {}
    return {key: each.value for key, each in value.items if isinstance(each, Const) and isinstance(each.value, str)}


def shortened(name: str, dialect: str) -> str:
    """What SQLAlchemy makes of a name that the database finds too long."""
    longest = alembic.LONGEST_NAMES.get(dialect)
    if longest is None or len(name) <= longest:
        return name
    mark = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]
    return f"{name[: longest - 8]}_{mark}"


def automatic_name(part: Part, table: str, number: int, dialect: str, convention: Mapping[str, str]) -> str | None:
    """The name of the ``number``-th constraint of its kind in a table, which has none of its own."""
    schema, _, title = table.rpartition(".")
    pattern = convention.get(alembic.CONVENTION_KEYS[part.kind])
    if pattern is not None or part.kind == "index":
        return _by_convention(pattern or "ix_%(column_0_label)s", part, title, schema)
    pattern = alembic.AUTOMATIC_NAMES.get(dialect, {}).get(part.kind)
    if pattern is None:
        return None
    first = part.columns[0] if part.columns else ""
    return pattern.format(table=title, columns="_".join(part.columns), first=first, number=number)


def _by_convention(pattern: str, part: Part, table: str, schema: str) -> str | None:
    first = part.columns[0] if part.columns else ""
    label = f"{schema}_{table}" if schema else table
    referred = part.element.target_table if isinstance(part.element, ForeignKey) else None
    words = {
        "table_name": table,
        "column_0_name": first,
        "column_0_key": first,
        "column_0_label": f"{label}_{first}",
        "column_0N_name": "".join(part.columns),
        "column_0_N_name": "_".join(part.columns),
        "column_0_N_key": "_".join(part.columns),
        "column_0_N_label": "_".join(f"{label}_{each}" for each in part.columns),
        "referred_table_name": (referred or "").rpartition(".")[2],
    }
    try:
        return pattern % words
    except (KeyError, ValueError, TypeError):
        return None
