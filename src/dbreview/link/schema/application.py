"""The schema part of the project: its tables with what migrations and code add to what models say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dbreview.link.interpret import Interpreter
from dbreview.link.migrations.additions import Additions
from dbreview.link.roles import is_revision
from dbreview.link.schema.models import Models
from dbreview.link.schema.uses import Uses
from dbreview.project import History, Model, Role, Table, Unknown


def tables_of(interpreter: Interpreter, roles: Mapping[str, Role], histories: Iterable[History]) -> Iterator[Table]:
    """The tables that the application's models declare, with the indexes that only migrations create."""
    additions = Additions(histories)
    seen: set[tuple[str | None, str]] = set()
    models: Models = interpreter.models
    events = interpreter.events
    only_added = {ref.dotted for ref in events.created - events.changed}
    swept = {ref.dotted for ref in events.swept}
    uses = Uses(interpreter)
    every = [models.table(ref) for ref in models.models]
    for declared in sorted((t for t in (*every, *models.core_tables) if t is not None), key=lambda t: (t.at, t.name)):
        key = (declared.metadata, declared.full_name if declared.has_known_name else f"{declared.model}")
        if key not in seen and declares_schema(interpreter, roles, declared.at.filename):
            seen.add(key)
            table = additions.added_to(declared)
            keys = tuple(replace(key, uses=uses.of(table, key)) for key in table.foreign_keys)
            is_only_added_to = table.model in only_added
            yield replace(
                table,
                foreign_keys=keys,
                is_only_added_to=is_only_added_to,
                is_short_lived=table.model in swept,
            )


def models_of(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[Model]:
    """The mapped classes of the application."""
    for ref, model in interpreter.models.models.items():
        if declares_schema(interpreter, roles, ref.path):
            yield model


def unknown_of(tables: tuple[Table, ...], models: tuple[Model, ...]) -> tuple[Unknown, ...]:
    """What of the schema could not be read, each once."""
    found = {unknown for table in tables for unknown in table.unknown}
    found |= {unknown for model in models for unknown in model.unknown}
    for table in tables:
        if not table.has_known_name:
            found.add(Unknown(table.at, f"the name of the table of `{table.title}`"))
        for key in table.foreign_keys:
            if not key.target:
                found.add(Unknown(key.at, f"what `{table.title}.{', '.join(key.columns)}` refers to"))
    for model in models:
        for relationship in model.relationships.values():
            if relationship.model == model.dotted and relationship.target is None:
                name = f"{model.name}.{relationship.name}"
                found.add(Unknown(relationship.at, f"the class that `{name}` leads to"))
    return tuple(sorted(found, key=lambda unknown: (unknown.at, unknown.reason)))


def declares_schema(interpreter: Interpreter, roles: Mapping[str, Role], path: str) -> bool:
    """Whether models in this file are the application's: revisions hold frozen copies of them, tests have their own."""
    if roles.get(path) == "migration":
        module = interpreter.names.modules.get(path)
        return module is not None and not is_revision(module)
    return roles.get(path) == "application"
