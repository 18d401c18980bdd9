"""Python files as they grow: imports on one side, lines on the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


class File:
    def __init__(self, path: str) -> None:
        self.path = path
        self._imports: dict[str, set[str]] = defaultdict(set)
        self._lines: list[str] = []

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")

    def uses(self, module: str, *names: str) -> None:
        """Import names; without any, the module itself. A file need not import from itself."""
        if module != self.module:
            self._imports[module].update(names)

    def add(self, *lines: str) -> None:
        self._lines += lines

    def add_block(self, head: str, body: Iterable[str]) -> None:
        self.add("", "", head, *indented(body))

    @property
    def text(self) -> str:
        imports = [
            f"from {module} import {', '.join(sorted(names))}" if names else f"import {module}"
            for module, names in sorted(self._imports.items())
        ]
        lines = [line.rstrip() for line in self._lines]
        return "\n".join((*imports, *lines)).strip() + "\n"


class Files:
    """The files of an application, each made when it is first asked for."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def __getitem__(self, path: str) -> File:
        return self._files.setdefault(path, File(path))

    def texts(self) -> dict[str, str]:
        return {path: file.text for path, file in self._files.items()}


def indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    return ["    " * levels + line for line in lines]
