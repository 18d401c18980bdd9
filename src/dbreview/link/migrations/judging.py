"""What is wrong with a history: columns that cannot be added, downgrades that undo nothing, broken chains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dbreview import facts
from dbreview.finding import Confidence, Place
from dbreview.link.migrations import chains
from dbreview.link.migrations.chains import Chain, Script
from dbreview.link.migrations.operations import (
    AddColumn,
    AlterColumn,
    ChangeRows,
    CreateTable,
    Operation,
    RenameTable,
    Unread,
)
from dbreview.link.migrations.tables import TableState
from dbreview.link.names import FunctionRef, Names
from dbreview.link.syntax import walk
from dbreview.project import BrokenChain, Column, IrreversibleMigration, RequiredColumn

_FILLS_BY_ITSELF = frozenset({"mysql", "mariadb"})
"""Databases that give such columns an implicit value, zero or an empty text."""


_OF_PYTHON = frozenset({"default", "default_factory", "insert_default"})
"""Defaults that SQLAlchemy gives, and the database never sees."""


_DECIDED = re.compile(
    r"\b(no|not|never|nothing|cannot|irreversible|one.way|intentional\w*|deliberate\w*)\b|n't\b", re.I
)
_FEWEST_WORDS = 5
"""What a docstring says of a downgrade that is empty on purpose, and how much of it is a reason."""


@dataclass(slots=True)
class Step:
    """One revision, replayed: the tables before it, after it, and after its downgrade.

    ``untaken`` counts what is done on ways that were not taken, though they could be; ``refuses`` says that the
    downgrade raises.
    """

    script: Script
    before: Mapping[str, TableState]
    after: Mapping[str, TableState]
    done: tuple[Operation, ...]
    unread: tuple[Unread, ...] = ()
    untaken: int = 0
    undone: Mapping[str, TableState] = field(default_factory=dict)
    is_undoing_unread: bool = False
    refuses: bool = False


# --- columns without a value --------------------------------------------------------------


def required_columns(steps: list[Step], dialects: frozenset[str]) -> Iterator[RequiredColumn]:
    """The NOT NULL columns that are added to tables which may have rows, without a value for these."""
    is_filled = bool(dialects) and dialects <= _FILLS_BY_ITSELF
    for step in steps:
        told: set[tuple[str, str]] = set()
        for operation, added in _required(step):
            table, column = operation.table, added.column
            if (table, column.name) in told:
                continue
            told.add((table, column.name))
            is_altered = isinstance(operation, AlterColumn)
            confidence: Confidence = "low" if is_filled else "medium" if is_altered or step.unread else "high"
            has_own_default = any(each.keyword in _OF_PYTHON for each in column.defaults)
            known = step.before.get(table)
            created_at = known.at if known is not None and known.is_whole else None
            yield RequiredColumn(operation.at, table, column.name, confidence, is_altered, has_own_default, created_at)


def _required(step: Step) -> Iterator[tuple[AddColumn | AlterColumn, AddColumn]]:
    """What makes a column NOT NULL, with what has added the column."""
    fresh: set[str] = set()
    empty: dict[tuple[str, str], AddColumn] = {}
    for operation in step.done:
        match operation:
            case CreateTable(table=table):
                fresh.add(table)
            case RenameTable(table=table, new_name=name) if table in fresh:
                fresh.add(name)
            case ChangeRows(table=table):
                empty = {key: added for key, added in empty.items() if not _may_fill(operation, *key)}
                fresh |= {table} if operation.empties and table is not None else set()
                fresh -= {table} if operation.inserts else set()
            case AddColumn(table=table, column=column) if table not in fresh and not operation.is_filled:
                if column.is_nullable is False and not column.is_primary_key:
                    yield operation, operation
                elif column.is_nullable:
                    empty[table, column.name] = operation
            case AlterColumn(table=table, column=name, is_nullable=False) if (table, name) in empty:
                if not step.unread:
                    yield operation, empty[table, name]


def _may_fill(change: ChangeRows, table: str, column: str) -> bool:
    """Whether a statement on rows gives those of a table a value in a column, or leaves none without."""
    if change.table is not None and change.table.lower() != table.rpartition(".")[2].lower():
        return False
    return change.columns is None or column.lower() in {each.lower() for each in change.columns}


# --- downgrades ---------------------------------------------------------------------------


def irreversible_migrations(steps: list[Step]) -> Iterator[IrreversibleMigration]:
    """The revisions after whose downgrade the tables are not what they were."""
    for step in steps:
        script = step.script
        has_downgrade = chains.has_steps(script.downgrade)
        if step.refuses or script.upgrade is None or _is_explained(script.downgrade):
            continue
        if has_downgrade and (step.is_undoing_unread or step.unread):
            continue
        left = tuple(_left(step))
        if left:
            function = script.downgrade or script.upgrade
            confidence: Confidence = "medium" if step.untaken else "high"
            at = Place(function.path, *function.facts.at)
            yield IrreversibleMigration(
                at, script.id, left, confidence, not has_downgrade, is_missing=script.downgrade is None
            )


def _is_explained(function: FunctionRef | None) -> bool:
    """Whether a docstring alone says why there is nothing to undo: somebody has thought about it."""
    if function is None or len(function.facts.body) > 2:
        return False
    match function.facts.body[0]:
        case facts.ExpressionStatement(facts.Constant(str() as text)):
            return bool(_DECIDED.search(text)) and len(text.split()) >= _FEWEST_WORDS
    return False


def _left(step: Step) -> Iterator[str]:
    """What a downgrade leaves as the upgrade made it."""
    for name, table in step.after.items():
        before, now = step.before.get(name), step.undone.get(name)
        if before is table or before is now:
            continue
        if now is not None and before is None and table.is_whole:
            yield f"the table `{name}`"
        elif now is not None:
            yield from _left_in(before or TableState(name, table.at), table, now)
    for name in step.before:
        if name not in step.after and name not in step.undone:
            yield f"the loss of the table `{name}`"


def _left_in(before: TableState, after: TableState, now: TableState) -> Iterator[str]:
    for column in after.columns:
        known, left = before.column(column.name), now.column(column.name)
        if left is None:
            continue
        if known is None:
            yield f"the column `{after.name}.{column.name}`"
        elif known.is_primary_key is column.is_primary_key and _is_changed(known, column, left):
            yield f"the change of `{after.name}.{column.name}`"
    for column in before.columns:
        if after.column(column.name) is None and now.column(column.name) is None:
            yield f"the loss of the column `{before.name}.{column.name}`"
    yield from _parts_left(before, after, now)


def _is_changed(before: Column, after: Column, now: Column) -> bool:
    """Whether a column is still as the upgrade made it."""
    kinds = [(column.is_nullable, column.type) for column in (before, after, now)]
    return kinds[0] != kinds[1] == kinds[2]


def _parts_left(before: TableState, after: TableState, now: TableState) -> Iterator[str]:
    def known(table: TableState) -> dict[tuple[str, tuple[str, ...]], str]:
        return {
            (part.kind, part.columns): part.name or ", ".join(part.columns)
            for part in table.parts
            if part.kind != "check constraint"
        }

    first, second, third = known(before), known(after), known(now)
    for key, name in second.items():
        own = all(after.column(column) is not None and before.column(column) is None for column in key[1] if column)
        if key not in first and key in third and not (own and any(key[1])):
            yield f"the {key[0]} `{name}`"
    for key, name in first.items():
        gone = any(after.column(column) is None for column in key[1] if column)
        if key not in second and key not in third and not gone:
            yield f"the loss of the {key[0]} `{name}`"


# --- chains -------------------------------------------------------------------------------


def broken_chains(names: Names, chain: Chain) -> Iterator[BrokenChain]:
    """What keeps the revisions of a history from running one after the other."""
    yield from _repeated(chain)
    yield from _missing(chain)
    cycle = chain.on_cycles()
    missing = {name for script in chain.scripts for name in _absent(chain, script)}
    if cycle and not missing:
        first, *others = cycle
        places = tuple(script.follows_at for script in others)
        ids = tuple(script.id for script in cycle)
        yield BrokenChain(first.follows_at, chain.folder, "cycle", ids, places, "high")
    heads = chain.heads
    if len(heads) > 1 and not cycle and not missing and not _is_meant(chain):
        *others, last = heads
        ids = tuple(script.id for script in heads)
        confidence: Confidence = "low" if _upgrades_all_heads(names) else "high" if chain.is_whole else "medium"
        yield BrokenChain(last.at, chain.folder, "heads", ids, tuple(each.at for each in others), confidence)


def _repeated(chain: Chain) -> Iterator[BrokenChain]:
    seen: dict[str, Script] = {}
    for script in chain.scripts:
        first = seen.setdefault(script.id, script)
        if first is not script:
            yield BrokenChain(script.at, chain.folder, "repeated", (script.id,), (first.at,), "high")


def _absent(chain: Chain, script: Script) -> list[str]:
    known = {each for other in chain.scripts for each in (other.id, *other.labels)}
    return [name for name in (*script.parents, *script.dependencies) if name not in known and "@" not in name]


def _missing(chain: Chain) -> Iterator[BrokenChain]:
    """Parents that no file has, where all files were seen."""
    if not chain.is_whole:
        return
    for script in chain.scripts:
        for name in _absent(chain, script):
            yield BrokenChain(script.follows_at, chain.folder, "missing parent", (name, script.id), (), "high")


def _is_meant(chain: Chain) -> bool:
    """Whether several heads are several branches, each with a name or a folder of its own."""
    return chain.has_several_places or any(script.labels for script in chain.scripts)


def _upgrades_all_heads(names: Names) -> bool:
    """Whether code of the project runs all heads: ``command.upgrade(config, "heads")``."""
    for path, module in names.modules.items():
        if any(library.startswith("alembic") for library in names.imported_libraries(path)):
            for node in walk(module.body, into_functions=True):
                if isinstance(node, facts.Constant) and node.value == "heads":
                    return True
    return False
