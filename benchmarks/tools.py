"""What is measured: the parser alone, dbreview, and other linters."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

Command = Sequence[str]

_PARSE = """
import sys, pathlib, libcst
for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    try:
        libcst.parse_module(file.read_bytes())
    except Exception:
        pass
"""


def parser(root: Path) -> Command:
    """LibCST's parser over all Python files, and nothing else."""
    return (sys.executable, "-c", _PARSE, str(root))


def dbreview(root: Path, *, jobs: int = 1, cache: str | None = None) -> Command:
    """A review of everything; without a folder for it, no cache is used."""
    caching = ("--cache-dir", cache) if cache is not None else ("--no-cache",)
    options = ("--isolated", "--quiet", "--exit-zero", "--output-format", "json", "--jobs", str(jobs))
    return (sys.executable, "-m", "dbreview", str(root), *options, *caching)


@dataclass(frozen=True)
class Tool:
    """Another linter. ``module`` is what must be installed for it."""

    name: str
    module: str
    command: Callable[[Path], Command]

    def is_installed(self) -> bool:
        """Whether it can be run here."""
        return find_spec(self.module) is not None or shutil.which(self.module) is not None


def _module(name: str, *options: str) -> Callable[[Path], Command]:
    return lambda root: (sys.executable, "-m", name, *options, str(root))


PEERS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool("ruff", "ruff", _module("ruff", "check", "--no-cache", "--isolated", "--select", "ALL", "--quiet")),
        Tool("flake8, two jobs", "flake8", _module("flake8", "--isolated", "--jobs", "2", "--quiet")),
        Tool("bandit", "bandit", _module("bandit", "--quiet", "--recursive")),
        Tool("pylint", "pylint", _module("pylint", "--rcfile=", "--recursive=y", "--jobs", "1", "--score=n")),
        Tool("fixit", "fixit", lambda root: (sys.executable, "-m", "fixit", "--quiet", "lint", str(root))),
        Tool("sqlalchemy-lsp", "sqlalchemy-lsp", lambda root: ("sqlalchemy-lsp", "check", str(root))),
    )
}
