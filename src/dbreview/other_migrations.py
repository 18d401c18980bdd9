"""Looks for signs of tools that migrate databases by files which are no Python. Reads names, hardly any contents."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

_NAMES = {
    "alembic.ini": "Alembic",
    "aerich.ini": "Aerich",
    "atlas.hcl": "Atlas",
    "flyway.conf": "Flyway",
    "flyway.toml": "Flyway",
    "flyway.properties": "Flyway",
    "liquibase.properties": "Liquibase",
    "schema.prisma": "Prisma",
    "sqitch.plan": "Sqitch",
    "yoyo.ini": "yoyo",
}
_PATTERNS = (
    (re.compile(r"V\d[\w.]*__.+\.sql"), "Flyway"),
    (re.compile(r"(db\.)?changelog.*\.(xml|ya?ml|json|sql)"), "Liquibase"),
)
_FOLDERS = frozenset({"migrations", "migration", "migrate", "versions", "revisions"})
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages", "venv", "env", "build", "dist"})
_DEEPEST = 6
_MOST_FOLDERS = 4_000


def other_migrators(root: Path) -> tuple[str, ...]:
    """The names of the tools whose files are there, and `SQL` for folders of migrations in SQL."""
    found = {tool for folder, files in islice(_folders(root), _MOST_FOLDERS) for tool in _tools(folder, files)}
    if _mentions_aerich(root / "pyproject.toml"):
        found.add("Aerich")
    return tuple(sorted(found))


def _folders(root: Path) -> Iterator[tuple[Path, list[str]]]:
    for name, folders, files in os.walk(root):
        folder = Path(name)
        depth = len(folder.relative_to(root).parts)
        kept = (each for each in folders if not each.startswith(".") and each not in _SKIPPED)
        folders[:] = [each for each in sorted(kept) if depth < _DEEPEST and not (folder / each / "pyvenv.cfg").exists()]
        yield folder, files


def _tools(folder: Path, files: list[str]) -> Iterator[str]:
    for name in files:
        if name in _NAMES:
            yield _NAMES[name]
        yield from (tool for pattern, tool in _PATTERNS if pattern.fullmatch(name))
        if name.endswith(".sql") and not _FOLDERS.isdisjoint({folder.name, folder.parent.name}):
            yield "SQL"


def _mentions_aerich(file: Path) -> bool:
    try:
        return "[tool.aerich]" in file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
