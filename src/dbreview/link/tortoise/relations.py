"""Relations between Tortoise models, forth and back, and the tables of those that are many to many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.frameworks import tortoise
from dbreview.link.names import ClassRef
from dbreview.link.tortoise import columns as tortoise_columns
from dbreview.link.tortoise.fields import Field
from dbreview.link.tortoise.indexes import generated_name
from dbreview.link.tortoise.models import TortoiseModels
from dbreview.link.values import ClassValue, Const, Symbol, Value
from dbreview.project import Column, ColumnType, ForeignKey, Index, Relationship, Table, Unknown

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


@dataclass(slots=True)
class TortoiseDraft:
    """A model while it is read. ``targets`` are the models that its relations refer to, where they are found."""

    ref: ClassRef
    at: Place
    name: str
    schema: str | None
    columns: dict[str, Column] = field(default_factory=dict)
    keys: list[ForeignKey] = field(default_factory=list)
    targets: dict[str, ClassRef] = field(default_factory=dict)
    relationships: dict[str, Relationship] = field(default_factory=dict)
    table: Table | None = None
    unknown: list[Unknown] = field(default_factory=list)
    unknown_relations: list[Unknown] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


class Relations:
    """Puts relationships on the drafts of all models, and makes the tables between them."""

    def __init__(
        self, interpreter: Interpreter, models: TortoiseModels, drafts: Mapping[ClassRef, TortoiseDraft]
    ) -> None:
        self._interpreter = interpreter
        self._models = models
        self._drafts = drafts
        self._tables = {draft.name: draft for draft in drafts.values()}
        self.through: dict[str, Table] = {}

    def read(self, draft: TortoiseDraft) -> None:
        """Read the relations of a model. The columns and keys of all models are known."""
        for each in self._models.fields(draft.ref).values():
            if each.maker in tortoise.RELATIONS:
                target = self._drafts[draft.targets[each.name]] if each.name in draft.targets else None
                if each.is_many_to_many:
                    self._read_many(draft, each, target)
                else:
                    self._read_key(draft, each, target)

    def _read_key(self, draft: TortoiseDraft, key: Field, target: TortoiseDraft | None) -> None:
        attribute = f"{key.name}_id"
        column = draft.columns.get(attribute)
        used = tuple(each for each in draft.keys if column is not None and each.columns == (column.name,))
        there = _relationship(draft, key, key.name, target)
        self._add(draft, key, target, replace(there, local_columns=(attribute,), foreign_keys=used))

    def _read_many(self, draft: TortoiseDraft, many: Field, target: TortoiseDraft | None) -> None:
        there = replace(_relationship(draft, many, many.name, target), is_collection=True, direction="MANYTOMANY")
        if target is None or not many.is_read or many.is_unclear("through", "forward_key", "backward_key"):
            draft.unknown_relations.append(Unknown(many.at, f"how {many.name} is declared"))
            self._add(draft, many, target, replace(there, secondary=many.text("through")))
            return
        name = many.text("through") or f"{draft.name}_{target.name}"
        columns = _key_names(draft, many)
        if name in self._tables:
            keys = [key for key in self._tables[name].keys if set(key.columns) <= set(columns)]
        else:
            table = self.through.setdefault(name, self._table(name, draft, many, target, columns))
            keys = list(table.foreign_keys)
        self._add(draft, many, target, replace(there, secondary=name, foreign_keys=tuple(keys)))

    def _add(self, draft: TortoiseDraft, field_: Field, target: TortoiseDraft | None, there: Relationship) -> None:
        """The relation on its own model, and the one back that Tortoise puts on the other."""
        back = _name_back(draft, field_)
        draft.relationships[there.name] = replace(there, inverse=back or None)
        if target is None:
            return
        if back is None:
            target.unknown_relations.append(Unknown(there.at, f"what leads back from {draft.ref.name}.{there.name}"))
        elif back:
            is_many = there.direction == "MANYTOMANY"
            reverse = replace(
                _relationship(target, field_, back, draft),
                is_collection=field_.maker != tortoise.ONE_TO_ONE,
                direction="MANYTOMANY" if is_many else "ONETOMANY",
                inverse=there.name,
                is_backref=True,
                secondary=there.secondary,
                foreign_keys=there.foreign_keys,
            )
            target.relationships.setdefault(back, reverse)

    # --- tables between models

    def _table(
        self, name: str, draft: TortoiseDraft, many: Field, target: TortoiseDraft, columns: tuple[str, str]
    ) -> Table:
        """The table that ``generate_schemas`` makes: two columns, no primary key, one unique index."""
        unknown: list[Unknown] = []
        keys: list[ForeignKey] = []
        on_delete = on_delete_of(many)
        if on_delete is None or None in (many.flag("db_constraint", True), many.flag("unique", True)):
            unknown.append(Unknown(many.at, f"how {many.name} is declared"))
        found: list[Column] = []
        for column, side in zip(columns, (draft, target), strict=True):
            key = self._models.primary_key(side.ref)
            stored = key_column_of(key) if key is not None else None
            found.append(Column(column, column, many.at, self._type(side), is_nullable=False))
            if stored is None:
                unknown.append(Unknown(many.at, f"the primary key of {side.ref.name}"))
            elif many.flag("db_constraint", True) is True:
                keys.append(ForeignKey((column,), (f"{side.full_name}.{stored}",), many.at, on_delete))
        index = Index(generated_name("uidx", name, columns), columns, True, many.at, columns)
        return Table(
            name,
            None,
            None,
            many.at,
            tuple(found),
            (),
            tuple(keys),
            (index,) if many.flag("unique", True) is True else (),
            (),
            draft.schema,
            orm="tortoise",
            unknown=tuple(unknown),
        )

    def _type(self, draft: TortoiseDraft) -> ColumnType | None:
        """The type of a model's primary key, which may be that of another model."""
        seen: set[ClassRef] = set()
        while draft.ref not in seen:
            seen.add(draft.ref)
            key = self._models.primary_key(draft.ref)
            if key is None or not key.is_key:
                return tortoise_columns.column_type(self._interpreter, key) if key is not None else None
            if key.name not in draft.targets:
                return None
            draft = self._drafts[draft.targets[key.name]]
        return None


def on_delete_of(relation: Field) -> str | None:
    """What happens to a row whose parent is deleted, None where that is unknown."""
    given: Value = relation.options.get("on_delete", Const("CASCADE"))
    match given:
        case Symbol(dotted):
            return tortoise.ON_DELETE.get(dotted.rpartition(".")[2])
        case Const(str() as text) if text in tortoise.ON_DELETE.values():
            return text
    return None


def key_column_of(key: Field) -> str | None:
    """The column of a primary key. Tortoise knows none for a foreign key that is one."""
    if key.maker == tortoise.FOREIGN_KEY:
        return None
    return key.text("source_field") or (f"{key.name}_id" if key.maker == tortoise.ONE_TO_ONE else key.name)


def _relationship(owner: TortoiseDraft, field_: Field, name: str, other: TortoiseDraft | None) -> Relationship:
    return Relationship(
        owner.ref.dotted,
        owner.ref.name,
        name,
        field_.at,
        other.ref.dotted if other is not None else None,
        other.ref.name if other is not None else _class_name(field_),
        False,
        tortoise.LAZY,
        direction="MANYTOONE",
    )


def _name_back(draft: TortoiseDraft, relation: Field) -> str | None:
    """The name of the relation back: empty where there is none, None where it is unknown."""
    if relation.is_unclear("related_name") or not relation.is_read:
        return None
    if relation.options.get("related_name") == Const(False) and not relation.is_many_to_many:
        return ""
    return relation.text("related_name") or f"{draft.name}s"


def _class_name(relation: Field) -> str | None:
    match relation.options.get("to"):
        case ClassValue(ref):
            return ref.name
        case Const(str() as text):
            return text.rpartition(".")[2]
    return None


def _key_names(draft: TortoiseDraft, many: Field) -> tuple[str, str]:
    """The columns of the table between: of the model that declares it, then of the other."""
    forward = many.text("forward_key") or f"{(_class_name(many) or '').lower()}_id"
    backward = many.text("backward_key")
    if backward is None:
        backward = f"{draft.name}_id" if f"{draft.name}_id" != forward else f"{draft.name}_rel_id"
    return backward, forward
