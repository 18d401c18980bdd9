"""Reads where Alembic's configuration says that revisions are, from `alembic.ini` and its like and `pyproject.toml`.

A file that is missing or broken says nothing.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from dbreview.project import MigrationSettings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HERE = re.compile(r"%\(here\)s")
_SEPARATORS = {"space": " ", "newline": "\n", "os": ":", ":": ":", ";": ";"}
_LEGACY = re.compile(r",\s*|\s+")
_DEEPEST = 4
"""How far above an `env.py` its configuration may be."""

Options = Mapping[str, object]


def migration_settings(root: Path, analysed: Iterable[str]) -> tuple[MigrationSettings, ...]:
    """What the configurations near the files called `env.py` say."""
    homes = sorted({PurePosixPath(each).parent for each in analysed if PurePosixPath(each).name == "env.py"})
    nearby = {folder for home in homes for folder in (home, *list(home.parents)[:_DEEPEST])}
    found = [
        _settings(root, folder, name, options, homes)
        for folder in sorted(nearby)
        for name, options in _options(root / folder)
    ]
    return tuple(each for each in found if each.folders)


def _options(folder: Path) -> Iterator[tuple[str, Options]]:
    """The sections of a folder's files that say where migrations are."""
    for file in sorted(folder.glob("*.ini")):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(file.read_text(encoding="utf-8-sig", errors="replace"))
        except (OSError, configparser.Error):
            continue
        sections = (dict(parser.items(name)) for name in parser.sections())
        yield from ((file.name, options) for options in sections if "script_location" in options)
    try:
        table: object = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8-sig", errors="replace"))
    except (OSError, tomllib.TOMLDecodeError, RecursionError):
        return
    for key in ("tool", "alembic"):
        table = table.get(key) if isinstance(table, dict) else None
    if isinstance(table, dict) and "script_location" in table:
        yield "pyproject.toml", table


def _settings(
    root: Path, folder: PurePosixPath, name: str, options: Options, homes: list[PurePosixPath]
) -> MigrationSettings:
    home = _located(root, folder, str(options["script_location"]), homes)
    given = options.get("version_locations")
    texts = [str(each) for each in given] if isinstance(given, list) else _split(str(given or ""), options)
    places = [_located(root, folder, text, homes, home) for text in texts]
    if not texts:
        places = [f"{home}/versions"] if home is not None else []
    return MigrationSettings(
        str(folder / name),
        tuple(place for place in places if place is not None),
        None not in places,
        str(options.get("recursive_version_locations", "")).lower() == "true",
    )


def _split(text: str, options: Options) -> list[str]:
    separator = options.get("path_separator", options.get("version_path_separator"))
    known = _SEPARATORS.get(str(separator)) if separator is not None else None
    parts = text.split(known) if known is not None else _LEGACY.split(text)
    return [part.strip() for part in parts if part.strip()]


def _located(
    root: Path, folder: PurePosixPath, text: str, homes: list[PurePosixPath], script: str | None = None
) -> str | None:
    """The folder that a location means, relative to the root; None where it is not to be found there."""
    text = _HERE.sub(".", text).replace("%(script_location)s", f"/{script}" if script else ".")
    package, colon, inner = text.rpartition(":")
    if colon:
        text = f"{package.replace('.', '/')}/{inner}"
    tried = [folder / text, PurePosixPath(text.lstrip("/")), PurePosixPath("src") / text]
    for each in tried:
        plain = os.path.normpath(each)
        if not plain.startswith(("..", "/")) and (root / plain).is_dir():
            return Path(plain).as_posix()
    parts = PurePosixPath(os.path.normpath(text)).parts
    ends = (home for home in homes if home.parts[-len(parts) :] == parts)
    found = next(ends, None)
    return str(found) if found is not None else None
