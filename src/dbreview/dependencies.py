"""Reads which packages a project says it needs, and in which versions, from the files where projects say so.

A file that is missing or broken says nothing: these are hints, not settings.
"""

from __future__ import annotations

import configparser
import json
import re
import sys
from collections.abc import Iterable, Iterator
from functools import reduce
from pathlib import Path

from dbreview.project import Versions
from dbreview.project.whole import trimmed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_REST = re.compile(r"\s#.*|\s--.*|\\\s*$")
"""What follows a requirement on its line in a requirements file: a comment, options, the sign that the line goes on."""
_REQUIREMENTS = ("*requirements*.txt", "requirements/*.txt")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_SOMETIMES = " ; python_version > '0'"
"""Marks one of several requirements between which the platform decides."""


def declared_dependencies(root: Path) -> tuple[str, ...]:
    """The names of the requirements, as package indexes write them: `psycopg2-binary`."""
    names = (found[1] for found in map(_NAME.match, _requirements(root)) if found)
    return tuple(sorted(set(map(_normal, names))))


def declared_versions(root: Path) -> dict[str, Versions]:
    """The versions that a project may run with, by package; what a lock file says counts more than a range.

    What the root says nothing of, its folders may: a server often lives in one of them, beside its web client.
    """
    inner: dict[str, list[Versions]] = {}
    for folder in sorted(_folders(root)):
        for name, versions in _versions_in(folder).items():
            inner.setdefault(name, []).append(versions)
    return {name: reduce(_either, found) for name, found in inner.items()} | _versions_in(root)


def _folders(root: Path) -> Iterator[Path]:
    try:
        yield from (each for each in root.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError:
        return


def _versions_in(folder: Path) -> dict[str, Versions]:
    locked: dict[str, Versions] = {}
    for name, text in _locked(folder):
        version = _bound("==", text)
        if version is not None:
            locked[name] = _either(locked.get(name, version), version)
    return _ranges(folder) | locked


# --- requirements -------------------------------------------------------------------------


def _requirements(root: Path) -> Iterator[str]:
    """Each requirement as a line of text: ``SQLAlchemy[asyncio] >= 2.0``."""
    yield from _pyproject(root / "pyproject.toml")
    yield from _setup_cfg(root / "setup.cfg")
    for pattern in _REQUIREMENTS:
        for file in sorted(root.glob(pattern)):
            yield from _text(file).splitlines()


def _pyproject(file: Path) -> Iterator[str]:
    table = _toml(file)
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
        for name, stated in packages.items() if isinstance(packages, dict) else ():
            yield from _poetry(str(name), stated)


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


def _poetry(name: str, stated: object) -> Iterator[str]:
    """Poetry's own way to write a requirement: ``^2.0``, a table with a ``version``, or a list of them."""
    if isinstance(stated, list):
        yield from (line + _SOMETIMES for each in stated for line in _poetry(name, each))
        return
    version = _inside(stated, "version") if isinstance(stated, dict) else stated
    choices = re.split(r"\s*\|\|?\s*", version) if isinstance(version, str) else [""]
    for choice in choices:
        parts = re.findall(r"(\^|~(?!=)|[~<>=!]=|[<>])?\s*([0-9][\w.*+!-]*)", choice)
        yield name + ",".join(map(_translated, parts)) + (_SOMETIMES if len(choices) > 1 else "")


def _translated(part: tuple[str, str]) -> str:
    """``^0.115`` as everybody else writes it: ``>=0.115,<0.116``."""
    operator, version = part
    if operator not in ("^", "~"):
        return f"{operator or '=='}{version}"
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    kept = 2 if operator == "~" else next((i for i, number in enumerate(numbers, 1) if number), len(numbers))
    last = _next(tuple(numbers[:kept]))
    return f">={version},<{'.'.join(map(str, last))}"


# --- ranges of versions -------------------------------------------------------------------


def _ranges(folder: Path) -> dict[str, Versions]:
    """What requirements say together: all of them hold, and one of those that depend on the platform."""
    always: dict[str, Versions | None] = {}
    sometimes: dict[str, Versions] = {}
    for line in _requirements(folder):
        name, versions, is_conditional = _range(_REST.sub("", line))
        if not name or versions is None:
            continue
        if is_conditional:
            sometimes[name] = _either(sometimes.get(name, versions), versions)
        else:
            always[name] = _both(always.get(name, versions), versions)
    for name, versions in sometimes.items():
        always[name] = _both(always.get(name, versions), versions)
    return {name: versions for name, versions in always.items() if versions is not None}


def _range(line: str) -> tuple[str, Versions | None, bool]:
    """What one requirement says: of which package, in which versions, and whether that depends on the platform."""
    from packaging.requirements import InvalidRequirement, Requirement

    found = _NAME.match(line)
    if found is None:
        return "", None, False
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return "", None, False
    versions: Versions | None = Versions()
    for each in requirement.specifier:
        versions = _both(versions, _bound(each.operator, each.version))
    return _normal(requirement.name), versions, requirement.marker is not None


def _bound(operator: str, text: str) -> Versions | None:
    """The versions that one comparison lets through; None if its version is none."""
    from packaging.version import InvalidVersion, Version

    try:
        release = Version(text.removesuffix(".*")).release
    except InvalidVersion:
        return None
    version = trimmed(release)
    match operator:
        case "==" | "===" if text.endswith(".*"):
            return Versions(version, _next(release), is_open=True)
        case "==" | "===":
            return Versions(version, version)
        case ">=" | ">":
            return Versions(lowest=version)
        case "<=" | "<":
            return Versions(highest=version, is_open=operator == "<")
        case "~=":
            return Versions(version, _next(release[:-1]), is_open=True)
    return Versions()


def _next(release: tuple[int, ...]) -> tuple[int, ...]:
    """The first version behind all those that start like this one."""
    return (*release[:-1], release[-1] + 1) if release else (1,)


def _both(first: Versions | None, second: Versions | None) -> Versions | None:
    """The versions that two statements let through; None where they contradict each other."""
    if first is None or second is None:
        return None
    lowest = max((each for each in (first.lowest, second.lowest) if each is not None), default=None)
    ends = [(each.highest, not each.is_open) for each in (first, second) if each.highest is not None]
    highest, is_closed = min(ends, default=(None, True))
    if lowest is not None and highest is not None and (lowest, True) > (highest, is_closed):
        return None
    return Versions(lowest, highest, is_open=not is_closed)


def _either(first: Versions, second: Versions) -> Versions:
    """The versions that one of two statements lets through, and those between."""
    lowest = None if first.lowest is None or second.lowest is None else min(first.lowest, second.lowest)
    if first.highest is None or second.highest is None:
        return Versions(lowest)
    highest, is_closed = max((each.highest or (), not each.is_open) for each in (first, second))
    return Versions(lowest, highest, is_open=not is_closed)


# --- lock files ---------------------------------------------------------------------------


def _locked(folder: Path) -> Iterator[tuple[str, str]]:
    """The packages in lock files, each with its version."""
    for lock in _LOCKS:
        table = _toml(folder / lock)
        for key in ("package", "packages"):
            packages = _inside(table, key)
            for package in packages if isinstance(packages, list) else ():
                name, version = _inside(package, "name"), _inside(package, "version")
                if isinstance(name, str) and isinstance(version, str):
                    yield _normal(name), version
    for group in ("default", "develop"):
        packages = _inside(_json(folder / "Pipfile.lock"), group)
        for name, package in packages.items() if isinstance(packages, dict) else ():
            version = _inside(package, "version")
            if isinstance(version, str):
                yield _normal(str(name)), version.removeprefix("==")


def _json(file: Path) -> object:
    try:
        table: object = json.loads(_text(file) or "null")
    except (json.JSONDecodeError, RecursionError):
        return None
    return table


def _toml(file: Path) -> object:
    try:
        table: object = tomllib.loads(_text(file))
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    return table


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _inside(table: object, *keys: str) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _values(table: object) -> Iterable[object]:
    return table.values() if isinstance(table, dict) else ()


def _strings(values: object) -> Iterator[str]:
    yield from (each for each in values if isinstance(each, str)) if isinstance(values, list) else ()
