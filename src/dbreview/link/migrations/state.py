"""The schema while migrations are replayed: tables by name, and what each operation makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from dbreview.finding import Place
from dbreview.link.migrations import naming
from dbreview.link.migrations.operations import (
    AddColumn,
    AddPart,
    AlterColumn,
    ChangeRows,
    CreateTable,
    DropColumn,
    DropPart,
    DropTable,
    Kind,
    Operation,
    Part,
    RenamePart,
    RenameTable,
)
from dbreview.link.migrations.tables import TableState
from dbreview.project import Column, ForeignKey, Index


class SchemaState:
    """The tables, and what changes them. A copy of ``tables`` is a snapshot: what is in it never changes."""

    def __init__(self, dialect: str, convention: Mapping[str, str] | None = None) -> None:
        self.dialect = dialect
        self.convention = convention or {}
        self.tables: dict[str, TableState] = {}

    def find(self, name: str) -> TableState | None:
        """A table, whatever the case in which it is written."""
        if name in self.tables:
            return self.tables[name]
        return next((table for known, table in self.tables.items() if known.lower() == name.lower()), None)

    def apply(self, operation: Operation) -> None:
        """Change the tables as the database would. What refers to nothing changes nothing."""
        match operation:
            case CreateTable():
                self._create(operation)
            case DropTable(table=name):
                self._drop(operation, name)
            case RenameTable(table=name, new_name=new_name):
                self._rename(self._known(name, operation.at), new_name)
            case AddColumn(table=name, column=column, parts=parts):
                table = self._known(name, operation.at)
                if not (operation.is_guarded and table.column(column.name)):
                    others = tuple(known for known in table.columns if known.name != column.name)
                    self._keep(replace(table, columns=(*others, column)))
                    for part in parts:
                        self._add(name, part)
            case DropColumn(table=name, column=dropped):
                table = self._known(name, operation.at)
                columns = tuple(column for column in table.columns if column.name != dropped)
                parts = tuple(part for part in table.parts if dropped not in part.columns)
                self._keep(replace(table, columns=columns, parts=parts))
            case AlterColumn(table=name):
                self._alter(self._known(name, operation.at), operation)
            case AddPart(table=name, part=part):
                self._known(name, operation.at)
                self._add(name, part)
            case DropPart():
                self._drop_part(operation)
            case RenamePart():
                self._rename_part(operation)
            case ChangeRows():
                pass

    # --- tables

    def _keep(self, table: TableState) -> None:
        self.tables[table.name] = table

    def _known(self, name: str, at: Place) -> TableState:
        """The table, or one that must have been there before."""
        found = self.find(name)
        if found is None:
            found = TableState(name, at, is_whole=False)
            self._keep(found)
        return found

    def _create(self, operation: CreateTable) -> None:
        if operation.is_guarded and self.find(operation.table) is not None:
            return
        primary = next((part.columns for part in operation.parts if part.kind == "primary key"), ())
        columns = tuple(_as_key(column) if column.name in primary else column for column in operation.columns)
        self._keep(TableState(operation.table, operation.at, columns, (), operation.is_whole))
        for part in operation.parts:
            is_key = part.kind == "unique constraint" and part.columns == primary
            if not (is_key and self.dialect == "postgresql"):  # which makes one of the two
                self._add(operation.table, part)

    def _drop(self, operation: DropTable, name: str) -> None:
        table = self.find(name)
        if table is not None:
            del self.tables[table.name]
            if operation.cascades:
                self._each_key(lambda key: None if key.target_table == table.name else key)

    def _rename(self, table: TableState, name: str) -> None:
        before = table.name
        self.tables = {
            name if known == before else known: replace(each, name=name) if known == before else each
            for known, each in self.tables.items()
            if known == before or known != name
        }
        self._each_key(lambda key: _with_target(key, before, name))

    def _each_key(self, change: Callable[[ForeignKey], ForeignKey | None]) -> None:
        for table in list(self.tables.values()):
            if any(isinstance(part.element, ForeignKey) for part in table.parts):
                self._keep(replace(table, parts=tuple(_changed(table.parts, change))))

    # --- columns

    def _alter(self, table: TableState, operation: AlterColumn) -> None:
        column = table.column(operation.column)
        if column is None:
            if not operation.new_name:
                return
            column = Column(operation.column, operation.column, operation.at)
            table = replace(table, columns=(*table.columns, column))
        defaults = tuple(d for d in column.defaults if d.keyword != "server_default")
        if not operation.drops_default:
            defaults = column.defaults if operation.default is None else (*defaults, operation.default)
        name = operation.new_name or column.name
        changed = replace(
            column,
            name=name,
            attribute=name,
            type=operation.type or column.type,
            is_nullable=column.is_nullable if operation.is_nullable is None else operation.is_nullable,
            defaults=defaults,
        )
        columns = tuple(changed if known is column else known for known in table.columns)
        parts = tuple(_with_column(part, column.name, name) for part in table.parts)
        self._keep(replace(table, columns=columns, parts=parts))
        if name != column.name:
            before, after = f"{table.name}.{column.name}", f"{table.name}.{name}"
            self._each_key(
                lambda key: replace(key, target=tuple(after if each == before else each for each in key.target))
            )

    # --- keys, constraints, indexes

    def _add(self, name: str, part: Part) -> None:
        table = self.find(name)
        assert table is not None
        kept = table.parts
        if part.kind == "primary key":
            kept = tuple(known for known in kept if known.kind != "primary key")
            columns = tuple(_as_key(column) if column.name in part.columns else column for column in table.columns)
            table = replace(table, columns=columns)
        elif part.name is not None:
            kept = tuple(known for known in kept if known.name != part.name or known.kind != part.kind)
        if isinstance(part.element, ForeignKey):
            part = replace(part, element=self._aimed(part.element))
        named = self._named(table, part) if part.name is None else part
        if named.name is not None:
            named = replace(named, name=naming.shortened(named.name, self.dialect))
        self._keep(replace(table, parts=(*kept, named)))

    def _aimed(self, key: ForeignKey) -> ForeignKey:
        """The key with the columns that it refers to, which are the primary key's where SQL names none."""
        if not key.target or not key.target[0].endswith("."):
            return key
        referred = self.find(key.target_table or "")
        columns = referred.primary_key if referred is not None else ()
        return replace(key, target=tuple(f"{key.target_table}.{column}" for column in columns))

    def _named(self, table: TableState, part: Part) -> Part:
        """The name that a constraint without one gets."""
        number = sum(1 for _ in table.of_kind(part.kind)) + 1
        name = naming.automatic_name(part, table.name, number, self.dialect, self.convention)
        return replace(part, name=name, is_automatic=True)

    def matching(self, operation: DropPart) -> tuple[TableState, Part] | None:
        """The part that a drop means: of this name, or the one that may have it."""
        tables = list(self.tables.values())
        if operation.table is not None:
            named = self.find(operation.table)
            tables = [named] if named is not None else []
        if operation.name is None:
            return next(((t, p) for t in tables for p in t.parts if p.kind == operation.kind), None)
        wanted = naming.shortened(operation.name, self.dialect).lower()
        for table in tables:
            for part in table.parts:
                if part.name is not None and part.name.lower() == wanted:
                    if _may_be(part, operation.kind):
                        return table, part
        for table in tables if operation.table is not None or len(tables) == 1 else ():
            nameless = [p for p in table.parts if p.is_automatic and _may_be(p, operation.kind, is_sure=False)]
            fitting = [p for p in nameless if all(c and c in operation.name for c in p.columns)]
            for choice in (fitting, nameless if operation.kind is not None else []):
                if len(choice) == 1:
                    return table, choice[0]
            if fitting:
                return table, max(fitting, key=lambda part: len(part.columns))
        return None

    def _drop_part(self, operation: DropPart) -> None:
        found = self.matching(operation)
        if found is not None:
            table, dropped = found
            columns = table.columns
            if dropped.kind == "primary key":
                columns = tuple(replace(column, is_primary_key=False) for column in columns)
            self._keep(
                replace(table, columns=columns, parts=tuple(each for each in table.parts if each is not dropped))
            )

    def _rename_part(self, operation: RenamePart) -> None:
        kind: Kind | None = "index" if operation.becomes is not None or operation.table is None else None
        found = self.matching(DropPart(operation.at, operation.table, operation.name, kind))
        if found is not None:
            table, renamed = found
            part = replace(renamed, name=operation.new_name, is_automatic=False)
            if operation.becomes is not None:
                part = replace(part, kind=operation.becomes, element=None)
            self._keep(replace(table, parts=tuple(part if each is renamed else each for each in table.parts)))


def _may_be(part: Part, kind: str | None, *, is_sure: bool = True) -> bool:
    """Whether a drop of this kind can mean the part: an index may stand behind what is unique."""
    if kind is None:
        return part.kind != "index"
    if part.kind == kind:
        return True
    is_unique = part.kind == "unique constraint" or (isinstance(part.element, Index) and part.element.is_unique)
    return is_sure and is_unique and kind in ("unique constraint", "index")


def _as_key(column: Column) -> Column:
    return replace(column, is_primary_key=True, is_nullable=False)


def _with_target(key: ForeignKey, before: str, name: str) -> ForeignKey:
    """The key after the table that it refers to was renamed."""
    if key.target_table != before:
        return key
    return replace(key, target=tuple(f"{name}.{each.rpartition('.')[2]}" for each in key.target))


def _changed(parts: tuple[Part, ...], change: Callable[[ForeignKey], ForeignKey | None]) -> Iterator[Part]:
    for part in parts:
        if not isinstance(part.element, ForeignKey):
            yield part
        elif (key := change(part.element)) is not None:
            yield replace(part, element=key)


def _with_column(part: Part, before: str, name: str) -> Part:
    """The part after a column of its table was renamed."""
    if before not in part.columns or before == name:
        return part
    columns = tuple(name if each == before else each for each in part.columns)
    element = part.element
    if isinstance(element, Index):
        written = tuple(name if each == before else each for each in element.written)
        element = replace(element, columns=columns, written=written)
    elif isinstance(element, ForeignKey):
        element = replace(element, columns=columns)
    return replace(part, columns=columns, element=element)
