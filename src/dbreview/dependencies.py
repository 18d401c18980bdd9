"""Reads which packages a project says it needs, from the files where projects say so.

A file that is missing or broken says nothing: these are hints, not settings.
"""

from __future__ import annotations

import configparser
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def declared_dependencies(root: Path) -> tuple[str, ...]:
    """The names of the requirements, as package indexes write them: `psycopg2-binary`."""
    stated = [*_pyproject(root / "pyproject.toml"), *_setup_cfg(root / "setup.cfg")]
    for pattern in ("*requirements*.txt", "requirements/*.txt"):
        for file in sorted(root.glob(pattern)):
            stated += _text(file).splitlines()
    names = (found[1] for found in map(_NAME.match, stated) if found)
    return tuple(sorted({re.sub(r"[-_.]+", "-", name).lower() for name in names}))


def _pyproject(file: Path) -> Iterator[str]:
    try:
        table: object = tomllib.loads(_text(file))
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    project = _inside(table, "project")
    yield from _strings(_inside(project, "dependencies"))
    groups = (_inside(project, "optional-dependencies"), _inside(table, "dependency-groups"))
    for group in groups:
        for requirements in _values(group):
            yield from _strings(requirements)
    poetry = _inside(table, "tool", "poetry")
    for packages in (
        _inside(poetry, "dependencies"),
        _inside(poetry, "dev-dependencies"),
        *(_inside(group, "dependencies") for group in _values(_inside(poetry, "group"))),
    ):
        if isinstance(packages, dict):
            yield from map(str, packages)


def _setup_cfg(file: Path) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(_text(file))
    except configparser.Error:
        return
    yield from parser.get("options", "install_requires", fallback="").splitlines()
    if parser.has_section("options.extras_require"):
        for _, requirements in parser.items("options.extras_require"):
            yield from requirements.splitlines()


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def _inside(table: object, *keys: str) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _values(table: object) -> Iterable[object]:
    return table.values() if isinstance(table, dict) else ()


def _strings(values: object) -> Iterator[str]:
    yield from (each for each in values if isinstance(each, str)) if isinstance(values, list) else ()
