"""Tortoise models to tables, models and relationships, as ``generate_schemas`` makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.frameworks import tortoise
from dbreview.link.names import ClassRef
from dbreview.link.tortoise import columns as tortoise_columns
from dbreview.link.tortoise import indexes as tortoise_indexes
from dbreview.link.tortoise.apps import Apps, names_tables
from dbreview.link.tortoise.fields import Field
from dbreview.link.tortoise.models import TortoiseModels
from dbreview.link.tortoise.relations import Relations, TortoiseDraft, on_delete_of
from dbreview.project import Column, ForeignKey, Model, Table, Unknown

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


@dataclass(frozen=True, slots=True)
class TortoiseSchema:
    """The concrete models with their tables, those between models that are many to many, and what has an order."""

    models: Mapping[ClassRef, Model]
    through: tuple[Table, ...]
    ordered: frozenset[ClassRef] = frozenset()


class TortoiseReader:
    """Reads all Tortoise models of the project."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self.models = TortoiseModels(interpreter)
        self.drafts: dict[ClassRef, TortoiseDraft] = {}
        self._apps = Apps(interpreter, {})
        self._sharers: Counter[tuple[ClassRef, str]] = Counter()

    def read(self) -> TortoiseSchema:
        """Read every model. Call once."""
        concrete = self.models.concrete()
        if not concrete:
            return TortoiseSchema({}, ())
        self._apps = Apps(self._interpreter, {ref: self.models.options(ref).app for ref in concrete})
        self._sharers.update((f.holder, f.name) for ref in concrete for f in self.models.fields(ref).values())
        has_namer = names_tables(self._interpreter)
        for ref in concrete:
            self.drafts[ref] = self._draft(ref, has_namer)
        relations = Relations(self._interpreter, self.models, self.drafts)
        for step in (self._read_columns, self._build_table, relations.read):
            for draft in self.drafts.values():
                self._guarded(step, draft)
        models = {ref: self._model(draft) for ref, draft in self.drafts.items()}
        ordered = frozenset(ref for ref in models if self.models.is_ordered(ref))
        return TortoiseSchema(models, tuple(relations.through.values()), ordered)

    def _draft(self, ref: ClassRef, has_namer: bool) -> TortoiseDraft:
        at = Place(ref.path, *ref.facts.at)
        options = self.models.options(ref)
        draft = TortoiseDraft(ref, at, self.models.table_name(ref), options.schema)
        draft.unknown += self.models.unknown(ref)
        if has_namer and options.table is None:
            draft.unknown.append(Unknown(at, "the name of its table"))
        return draft

    def _guarded(self, step: Callable[[TortoiseDraft], None], draft: TortoiseDraft) -> None:
        """Take a step. A mistake of ours in it costs this model, not the run."""

        def work() -> bool:
            step(draft)
            return True

        if not self._interpreter.guarded(draft.at, work):
            draft.unknown.append(Unknown(draft.at, "how it is declared"))

    # --- columns

    def _read_columns(self, draft: TortoiseDraft) -> None:
        fields = self.models.fields(draft.ref).values()
        keys = [each for each in fields if each.is_key]
        for each in fields:
            if not each.is_key and not each.is_many_to_many:
                draft.columns[each.name] = tortoise_columns.plain_column(self._interpreter, each)
            if not tortoise_columns.is_clear(each) and not each.is_many_to_many:
                draft.unknown.append(Unknown(each.at, f"how {each.name} is declared"))
            if each.maker in tortoise.RELATIONS:
                target = self._apps.find(each.options.get("to"), draft.ref)
                if target is not None:
                    draft.targets[each.name] = target
        for maker in (tortoise.FOREIGN_KEY, tortoise.ONE_TO_ONE):
            for each in sorted((key for key in keys if key.maker == maker), key=lambda key: key.name):
                self._read_key(draft, each)

    def _read_key(self, draft: TortoiseDraft, key: Field) -> None:
        target = draft.targets.get(key.name)
        if target is None:
            draft.unknown.append(Unknown(key.at, f"the class that `{draft.ref.name}.{key.name}` leads to"))
        related = self._related(key, target) if target is not None else None
        if target is not None and related is None:
            draft.unknown.append(Unknown(key.at, f"which column {key.name} refers to"))
            return
        if key.text("source_field") and self._sharers[(key.holder, key.name)] > 1:
            draft.unknown.append(Unknown(key.at, f"the column of {key.name}, which several models share"))
        column = self._key_column(key, related)
        draft.columns[column.attribute] = column
        on_delete = on_delete_of(key)
        if on_delete is None or key.flag("db_constraint", True) is None:
            draft.unknown.append(Unknown(key.at, f"how {key.name} is declared"))
        if related is not None and target is not None and key.flag("db_constraint", True) is True:
            remote = f"{self.drafts[target].full_name}.{related.text('source_field') or related.name}"
            draft.keys.append(ForeignKey((column.name,), (remote,), key.at, on_delete))

    def _related(self, key: Field, target: ClassRef) -> Field | None:
        """The field of the other model that a key refers to. Tortoise makes no column for a key to a relation."""
        if key.is_unclear("to_field"):
            return None
        name = key.text("to_field")
        found = self.models.fields(target).get(name) if name else self.models.primary_key(target)
        return found if found is not None and found.maker not in tortoise.RELATIONS else None

    def _key_column(self, key: Field, related: Field | None) -> Column:
        is_single = key.maker == tortoise.ONE_TO_ONE
        is_primary = is_single and key.is_primary_key
        attribute = f"{key.name}_id"
        return Column(
            key.text("source_field") or attribute,
            attribute,
            key.at,
            tortoise_columns.column_type(self._interpreter, related) if related is not None else None,
            is_primary,
            False if key.is_primary_key else key.flag("null"),
            is_single and not is_primary,
            key.is_indexed and not is_primary,
            key.flag("db_index", True) is False,
            tuple(tortoise_columns.defaults(key)),
        )

    # --- tables

    def _build_table(self, draft: TortoiseDraft) -> None:
        columns = tuple(draft.columns.values())
        options = self.models.options(draft.ref)
        draft.table = Table(
            draft.name,
            draft.ref.dotted,
            draft.ref.name,
            draft.at,
            columns,
            tuple(column.name for column in columns if column.is_primary_key),
            tuple(draft.keys),
            tuple(tortoise_indexes.indexes(draft.name, draft.columns, options)),
            tuple(tortoise_indexes.uniques(draft.name, draft.columns, options)),
            draft.schema,
            orm="tortoise",
            unknown=tuple(draft.unknown),
            checks=tuple(options.checks),
        )

    def _model(self, draft: TortoiseDraft) -> Model:
        unknown = (*draft.unknown, *draft.unknown_relations)
        return Model(
            draft.ref.dotted,
            draft.ref.name,
            draft.at,
            draft.table,
            draft.columns,
            draft.relationships,
            not unknown,
            unknown,
        )
