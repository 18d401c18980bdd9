"""Whether rows are looked up by a foreign key: what an index on it would be for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview.project import ForeignKey, Table

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


class Uses:
    """Answers from what the functions of the project were seen to do."""

    def __init__(self, interpreter: Interpreter) -> None:
        events = interpreter.events
        self._has_code = bool(events.queries_at)
        self._looked_up = {(ref.dotted, name) for ref, name in events.looked_up}
        self._related = {
            (relationship.target, model.table.name)
            for model in interpreter.models.models.values()
            for relationship in model.relationships.values()
            if model.table is not None and relationship.is_collection is not False
        }
        self._followed = {
            (model.dotted, column)
            for model in interpreter.models.models.values()
            for relationship in model.relationships.values()
            if relationship.inverse is not None or (model.dotted, relationship.name) in self._looked_up
            for column in relationship.local_columns
        }
        tables = interpreter.models.table
        self._deleted = {table.name for ref in events.deleted if (table := tables(ref)) is not None}

    def is_used(self, table: Table, key: ForeignKey) -> bool | None:
        """Whether anything looks rows of the table up by this key; None where there is no code to tell."""
        if not self._has_code or table.model is None or table.orm == "tortoise":
            return None
        attributes = [column.attribute for column in table.columns if column.name in key.columns]
        if any((table.model, name) in self._looked_up | self._followed for name in attributes):
            return True
        parents = {target.rpartition(".")[0] for target in key.target}
        return bool(parents & self._deleted) or any((table.model, parent) in self._related for parent in parents)
