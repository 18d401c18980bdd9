"""All histories of migrations in the project, each replayed revision by revision, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from dbreview.facts import Unreadable
from dbreview.finding import Place
from dbreview.link.interpret import Interpreter
from dbreview.link.migrations import aerich, chains, judging
from dbreview.link.migrations.chains import Chain, Script
from dbreview.link.migrations.judging import Step
from dbreview.link.migrations.naming import convention_of
from dbreview.link.migrations.operations import ChangeRows, Unread
from dbreview.link.migrations.replay import Replay
from dbreview.link.migrations.tables import as_table
from dbreview.link.names import FunctionRef
from dbreview.link.values import FunctionValue
from dbreview.project import (
    BrokenChain,
    Conventions,
    History,
    IrreversibleMigration,
    RequiredColumn,
    Role,
)

_PREFERRED = ("postgresql", "mysql", "mariadb", "sqlite", "oracle", "mssql")
_MOST_READINGS = 1_000_000
_DEEPEST_CALL = 6
"""Helpers of migrations call few others; deeper down is the application, which migrates nothing."""


@dataclass(slots=True)
class Migrations:
    """What the migrations of a project say."""

    histories: list[History] = field(default_factory=list)
    required: list[RequiredColumn] = field(default_factory=list)
    irreversible: list[IrreversibleMigration] = field(default_factory=list)
    broken: list[BrokenChain] = field(default_factory=list)


def read_migrations(
    interpreter: Interpreter,
    roles: Mapping[str, Role],
    conventions: Conventions,
    unreadable: Iterable[Unreadable],
    dialects: frozenset[str],
) -> Migrations:
    """Replay all histories. The interpreter stays as it is: what migrations do is nothing that the application does."""
    own = Interpreter(interpreter.names)
    own.models = interpreter.models
    own.reads_schema = True
    own.most_contexts = _MOST_READINGS
    own.deepest_call = _DEEPEST_CALL
    found = Migrations()
    hidden = chains.folders_of(each.path for each in unreadable)
    for chain in chains.find_chains(own, roles, conventions, hidden):
        own.guarded(chain.scripts[0].at, partial(_read_alembic, own, chain, dialects, found))
    for chain in aerich.chains_of(own, roles):
        own.guarded(chain.scripts[0].at, partial(_read_aerich, own, chain, dialects, found))
    interpreter.events.mistakes.update(own.events.mistakes)
    return found


def _read_alembic(interpreter: Interpreter, chain: Chain, dialects: frozenset[str], found: Migrations) -> None:
    dialect = _dialect(chain.folder, dialects)
    found.broken += judging.broken_chains(interpreter.names, chain)
    _judge("alembic", chain, list(_steps(interpreter, chain, dialect)), dialect, dialects, found)


def _read_aerich(interpreter: Interpreter, chain: Chain, dialects: frozenset[str], found: Migrations) -> None:
    dialect = aerich.dialect_of(interpreter, chain, dialects)
    _judge("aerich", chain, list(aerich.steps(interpreter, chain, dialect)), dialect, dialects, found)


def _judge(
    tool: Literal["alembic", "aerich"],
    chain: Chain,
    steps: list[Step],
    dialect: str,
    dialects: frozenset[str],
    found: Migrations,
) -> None:
    found.histories.append(_history(tool, chain, steps, dialect))
    found.required += judging.required_columns(steps, dialects)
    found.irreversible += judging.irreversible_migrations(steps)


def _dialect(folder: str, dialects: frozenset[str]) -> str:
    """The database that a history is for: what its folder says, or the one that serves."""
    named = [part for part in folder.split("/") if part in _PREFERRED or part == "postgres"]
    if named:
        return "postgresql" if named[-1] == "postgres" else named[-1]
    return next((each for each in _PREFERRED if each in dialects), "postgresql")


def _history(tool: Literal["alembic", "aerich"], chain: Chain, steps: list[Step], dialect: str) -> History:
    last = steps[-1].after if steps else {}
    return History(
        tool,
        chain.folder,
        tuple(step.script.revision for step in steps),
        tuple(script.id for script in chain.heads),
        tuple(as_table(table) for _, table in sorted(last.items())),
        sum(1 for step in steps for each in step.done if not isinstance(each, ChangeRows)),
        sum(len(step.unread) + step.untaken for step in steps),
        dialect,
        tuple((each.at, each.reason) for step in steps for each in step.unread),
    )


def _steps(interpreter: Interpreter, chain: Chain, dialect: str) -> Iterator[Step]:
    """What each revision does, and what its downgrade does after it."""
    replay = Replay(dialect, convention_of(interpreter, chain.folder))
    interpreter.replay = replay
    try:
        for script in chain.ordered():
            yield _step(interpreter, replay, script)
    finally:
        interpreter.replay = None


def _step(interpreter: Interpreter, replay: Replay, script: Script) -> Step:
    before = dict(replay.schema.tables)
    replay.begin(script.path)
    _run(interpreter, replay, script, script.upgrade)
    step = Step(
        script, before, dict(replay.schema.tables), tuple(replay.operations), tuple(replay.unread), replay.untaken
    )
    replay.begin(script.path)
    _run(interpreter, replay, script, script.downgrade)
    step.undone = dict(replay.schema.tables)
    step.is_undoing_unread = bool(replay.unread or replay.untaken)
    step.refuses = replay.left_by == "raise"
    replay.schema.tables = dict(step.after)
    return step


def _run(interpreter: Interpreter, replay: Replay, script: Script, function: FunctionRef | None) -> None:
    """Follow ``upgrade``; with several databases, what it calls for each of them."""
    if function is None:
        return
    functions = [function]
    if function.facts.parameters:
        names = interpreter.names.top_level(script.path)
        prefix = f"{function.facts.name}_"
        functions += [found for name, found in names if isinstance(found, FunctionRef) and name.startswith(prefix)]
    for each in functions:
        at = Place(each.path, *each.facts.at)
        known = len(interpreter.events.mistakes)
        bound = {parameter.name: None for parameter in each.facts.parameters}
        interpreter.guarded(at, partial(interpreter.read, FunctionValue(each), bound))
        if len(interpreter.events.mistakes) > known:
            replay.note([Unread(at, "a mistake of dbreview")])
