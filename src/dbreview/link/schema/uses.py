"""What looks rows up by a foreign key: what an index on it would be for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dbreview.link.names import Variable
from dbreview.project import ForeignKey, KeyUse, Relationship, Table

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


class Uses:
    """Answers from what the functions of the project were seen to do."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._events = interpreter.events
        self._models = interpreter.models
        self._has_code = bool(self._events.queries_at)
        self._searched = {(ref.dotted, name): beside for (ref, name), beside in self._events.searched.items()}
        self._built = {(ref.dotted, name) for ref, name in self._events.looked_up}
        self._selected = {ref.dotted for ref in self._events.selected}
        self._fields = {
            name
            for ref in interpreter.names.classes
            if not interpreter.classes.is_declarative(ref)
            for name, member in ref.members.items()
            if isinstance(member, Variable) and member.annotation is not None
        }
        self._followed = {
            (relationship.target, model.table.full_name)
            for model in self._models.models.values()
            for relationship in model.relationships.values()
            if model.table is not None and relationship.is_collection is not False and self._is_read(relationship)
        }
        # Reading `Post.tags` looks the rows between them up by the key to the post.
        self._followed |= {
            (between.model, model.table.full_name)
            for model in self._models.models.values()
            for relationship in model.relationships.values()
            if model.table is not None and relationship.secondary is not None and self._is_read(relationship)
            for between in self._tables_named(relationship.secondary)
        }
        self._deleted = set(self._deleted_tables())

    def of(self, table: Table, key: ForeignKey) -> frozenset[KeyUse] | None:
        """What looks rows of the table up by this key; None where there is no code to tell."""
        if not self._has_code or table.model is None or table.orm == "tortoise":
            return None
        uses: set[KeyUse] = set()
        attributes = {column.attribute for column in table.columns if column.name in key.columns}
        if any(self._is_searched(table, name, attributes) for name in attributes):
            uses.add("searched")
        if key.target_table in self._deleted:
            uses.add("deleted")
        if (table.model, key.target_table) in self._followed:
            uses.add("followed")
        return frozenset(uses)

    def _tables_named(self, name: str) -> Iterator[Table]:
        for model in self._models.models.values():
            if model.table is not None and name in (model.table.name, model.table.full_name):
                yield model.table

    def _is_searched(self, table: Table, name: str, attributes: set[str]) -> bool:
        """Whether a statement compares the attribute and no index serves that statement already."""
        assert table.model is not None
        found = self._searched.get((table.model, name))
        if found is None:
            return (table.model, name) in self._built
        names = {column.attribute: column.name for column in table.columns}
        starts = [start for start in table.starts() if start]
        for beside in found:
            others = {names.get(each, each) for each in beside - attributes}
            if not any(start[0] in others for start in starts):
                return True
        return False

    def _is_read(self, relationship: Relationship) -> bool:
        """Whether code loads the relationship: it reads it, a response has a field of its name, or it always comes."""
        if relationship.lazy in ("joined", "selectin", "subquery", "immediate"):
            return relationship.model in self._selected
        read = self._events.reads
        return (
            (relationship.model, relationship.name) in read
            or relationship.name in self._events.untyped_reads
            or relationship.name in self._fields
        )

    def _deleted_tables(self) -> Iterator[str]:
        """The tables of which rows are deleted, also by a cascade from another."""
        tables = [model.table for model in self._models.models.values() if model.table is not None]
        found = {t.full_name for ref in self._events.deleted if (t := self._models.table(ref)) is not None}
        while True:
            more = {
                table.full_name
                for table in tables
                for key in table.foreign_keys
                if (key.on_delete or "").upper() == "CASCADE" and key.target_table in found
            } - found
            if not more:
                yield from found
                return
            found |= more
