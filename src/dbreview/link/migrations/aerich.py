"""The migrations that Aerich writes for Tortoise ORM: numbered files whose functions return SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.link.migrations import ddl
from dbreview.link.migrations.chains import Chain, Script
from dbreview.link.migrations.judging import Step
from dbreview.link.migrations.operations import Unread
from dbreview.link.migrations.replay import Replay
from dbreview.link.names import FunctionRef
from dbreview.link.roles import is_of_aerich
from dbreview.link.values import Const, Coroutine, FunctionValue
from dbreview.project import Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_NUMBER = re.compile(r"^(\d+)_")
_MYSQL = re.compile(r"`\w+`|\bENGINE\s*=|AUTO_INCREMENT\b|CHARACTER SET", re.IGNORECASE)
_SQLITE = re.compile(r"\bAUTOINCREMENT\b")


def chains_of(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[Chain]:
    """One history for each folder, which is one for each app."""
    folders: dict[str, list[str]] = {}
    for path, module in interpreter.names.modules.items():
        if roles.get(path) == "migration" and is_of_aerich(module) and _NUMBER.match(PurePosixPath(path).name):
            folders.setdefault(str(PurePosixPath(path).parent), []).append(path)
    for folder in sorted(folders):
        scripts = _scripts(interpreter, sorted(folders[folder], key=_number))
        if scripts:
            yield Chain(folder, tuple(scripts))


def steps(interpreter: Interpreter, chain: Chain, dialect: str) -> Iterator[Step]:
    """What each migration does, and what its downgrade does after it."""
    replay = Replay(dialect)
    for script in chain.scripts:
        yield _step(interpreter, replay, script)


def _number(path: str) -> tuple[int, str]:
    found = _NUMBER.match(PurePosixPath(path).name)
    return int(found[1]) if found is not None else 0, path


def _scripts(interpreter: Interpreter, paths: list[str]) -> list[Script]:
    found: list[Script] = []
    for path in paths:
        upgrade, downgrade = (interpreter.names.resolve(path, name) for name in ("upgrade", "downgrade"))
        if isinstance(upgrade, FunctionRef):
            at = Place(path, *upgrade.facts.at)
            parents = (found[-1].id,) if found else ()
            undo = downgrade if isinstance(downgrade, FunctionRef) else None
            found.append(Script(path, PurePosixPath(path).stem, at, parents, at, upgrade=upgrade, downgrade=undo))
    return found


def _text(interpreter: Interpreter, function: FunctionRef | None) -> tuple[str | None, Place | None]:
    """The SQL that a function returns, and where it stands."""
    if function is None:
        return "", None
    outcome = interpreter.read(FunctionValue(function), {p.name: None for p in function.facts.parameters})
    value = outcome.value.value if isinstance(outcome.value, Coroutine) else outcome.value
    text = value.value if isinstance(value, Const) else None
    return text if isinstance(text, str) else None, outcome.returned_at


def dialect_of(interpreter: Interpreter, chain: Chain, dialects: frozenset[str]) -> str:
    """The database for which the SQL is written."""
    texts = [text for script in chain.scripts for text, _ in [_text(interpreter, script.upgrade)] if text]
    if any(_MYSQL.search(text) for text in texts):
        return "mysql"
    if any(_SQLITE.search(text) for text in texts) or dialects == {"sqlite"}:
        return "sqlite"
    return "postgresql"


def _step(interpreter: Interpreter, replay: Replay, script: Script) -> Step:
    before = dict(replay.schema.tables)
    _run(interpreter, replay, script, script.upgrade)
    step = Step(script, before, dict(replay.schema.tables), tuple(replay.operations), tuple(replay.unread))
    _run(interpreter, replay, script, script.downgrade)
    step.undone = dict(replay.schema.tables)
    step.is_undoing_unread = bool(replay.unread)
    replay.schema.tables = dict(step.after)
    return step


def _run(interpreter: Interpreter, replay: Replay, script: Script, function: FunctionRef | None) -> None:
    replay.begin(script.path)
    text, at = _text(interpreter, function)
    place = at or script.at
    if text is None:
        replay.note([Unread(place, "SQL that is not constant")])
    else:
        replay.note(ddl.read(text, replay.schema.dialect, place))
