"""Who else makes the tables: the histories of migrations in the project, and the tables that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Module
from dbreview.frameworks import creating
from dbreview.link.names import Names
from dbreview.project import Conventions, History, Table

Tool: TypeAlias = Literal["alembic", "aerich", "tortoise", "other"]


@dataclass(frozen=True, slots=True)
class Migrator:
    """The migrations in one folder, if any are there yet, and the names of the tables that they visibly make."""

    tool: Tool
    folder: str
    has_revisions: bool
    tables: frozenset[str] = frozenset()


def migrators_of(names: Names, histories: Iterable[History]) -> list[Migrator]:
    """The histories of the project, also those that are not begun, and those of tools that nothing replays."""
    found = [Migrator(h.tool, h.folder, True, frozenset(table.name for table in h.tables)) for h in histories]
    for module in names.modules.values():
        folder = str(PurePosixPath(module.path).parent)
        if _is_environment(names, module) and not any(_is_below(each.folder, folder) for each in found):
            found.append(Migrator("alembic", folder, False))
        elif (tool := _tool(names, module)) is not None:
            found.append(Migrator(tool, folder, True))
    return found


def _is_below(folder: str, top: str) -> bool:
    return top in (".", folder) or folder.startswith(f"{top}/")


def _is_environment(names: Names, module: Module) -> bool:
    """``env.py``, which runs Alembic's migrations."""
    libraries = names.imported_libraries(module.path)
    return PurePosixPath(module.path).stem == "env" and not libraries.isdisjoint({"alembic.context", "alembic"})


def _tool(names: Names, module: Module) -> Tool | None:
    libraries = names.imported_libraries(module.path)
    if any(library.startswith(creating.OTHER_MIGRATORS) for library in libraries):
        return "other"
    is_migration = any(isinstance(each, facts.Class) and each.name == "Migration" for each in module.body)
    return "tortoise" if is_migration and any(each.startswith("tortoise.migrations") for each in libraries) else None


def responsible(found: list[Migrator], tables: list[Table], path: str) -> Migrator | None:
    """The history that is there to make these tables. ``path`` is the file that makes them, too."""
    names = {table.name for table in tables}
    tools = {"aerich", "tortoise"} if all(table.orm == "tortoise" for table in tables) else {"alembic"}
    fitting = [each for each in found if each.tool in tools]
    overlapping = [each for each in fitting if each.tables & names]
    unknown = [each for each in fitting if not each.tables]
    return max(overlapping or unknown, key=lambda each: _nearness(each.folder, path), default=None)


def _nearness(folder: str, path: str) -> int:
    """How many folders two places have in common."""
    return sum(1 for _ in _common(PurePosixPath(folder).parts, PurePosixPath(path).parts))


def _common(first: tuple[str, ...], second: tuple[str, ...]) -> Iterator[str]:
    for mine, theirs in zip(first, second, strict=False):
        if mine != theirs:
            return
        yield mine


def may_be_elsewhere(found: list[Migrator], conventions: Conventions) -> bool:
    """Whether another tool, whose migrations are no Python, may be what makes the tables."""
    if any(each.tool == "other" for each in found) or conventions.other_migrators:
        return True
    return not creating.OTHER_PACKAGES.isdisjoint(conventions.dependencies)
