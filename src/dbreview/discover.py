"""Finds the files: all of the project for the analysis, and which of them the report is about.

Reads folder entries and ignore files; sources only where nothing marks the project, to see what they import.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dbreview.review import Problem
from dbreview.settings import Settings
from dbreview.walk import Walk, is_excluded

_MARKERS = ("dbreview.toml", "pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files of one run, relative to ``root``, with forward slashes, sorted.

    ``names`` says how the report calls each of them: as the user typed the path.
    """

    root: Path
    analysed: tuple[str, ...]
    reported: frozenset[str]
    names: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


def common_folder(paths: Sequence[str]) -> Path:
    """The innermost folder that holds all paths; where settings and root are looked for."""
    folders = [path if path.is_dir() else path.parent for path in map(_absolute, paths)]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:  # none given, or on several drives
        return folders[0] if folders else Path.cwd()


def discover(paths: Sequence[str], settings: Settings) -> Discovery:
    """The files that the paths, the ignore files and the settings lead to."""
    problems = [Problem(f"{path}: no such file or folder") for path in paths if not _exists(path)]
    given = [path for path in paths if _exists(path)]
    marked = _marked(common_folder(given)) if given else None
    starts = _starts(given)
    root = marked or common_folder([str(start) for start in starts] or ["."])
    walk = Walk(settings)
    analysed: set[Path] = set()
    for start, is_shallow in {marked: False}.items() if marked else starts.items():
        analysed |= set(walk.files(start, packages_only=is_shallow))
    reported: dict[Path, str] = {}
    for path in given:
        for file in _asked(path, walk, settings):
            reported.setdefault(file, path)
    analysed |= set(reported)
    problems += [
        Problem(f"{_shown(folder, paths)}: cannot be read: {reason}", is_fatal=folder in starts)
        for folder, reason in sorted(walk.unreadable.items())
    ]
    if marked is None and _imports_itself(root, analysed):
        root = root.parent
    relative = {file: _relative(file, root) for file in analysed}
    return Discovery(
        root=root,
        analysed=tuple(sorted(relative.values())),
        reported=frozenset(relative[file] for file in reported),
        names={name: _shown(file, [reported[file]] if file in reported else paths) for file, name in relative.items()},
        problems=tuple(problems),
    )


def _imports_itself(folder: Path, files: Iterable[Path]) -> bool:
    """Whether files in a folder import it by its name: it is a package, though it has no ``__init__.py``."""
    statement = re.compile(rb"^[ \t]*(?:from|import)[ \t]+" + re.escape(folder.name.encode()) + rb"\b", re.MULTILINE)
    return folder.name.isidentifier() and any(statement.search(_content(file)) for file in sorted(files))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _asked(path: str, walk: Walk, settings: Settings) -> Iterator[Path]:
    """The files to report on for one path. What is named explicitly is reviewed though ignored."""
    absolute = _absolute(path)
    if settings.force_exclude and is_excluded(absolute, settings):
        return
    if not absolute.is_dir():
        yield absolute
        return
    yield from walk.files(absolute)


def _marked(folder: Path) -> Path | None:
    """The nearest folder that looks like the top of a project."""
    home = Path.home()
    for candidate in (folder, *folder.parents):
        if candidate.parent == candidate:
            return None
        if any((candidate / marker).is_file() for marker in _MARKERS):
            return candidate
        if candidate == home:  # people keep their settings in a repository there
            return None
        if (candidate / ".git").exists():
            return candidate
    return None


def _starts(paths: Iterable[str]) -> dict[Path, bool]:
    """Where to look for files if nothing marks a project; whether only packages are looked into.

    A folder is taken whole. A lone file brings its package and what lies beside that, but not
    every folder: the file may lie in a folder of downloads.
    """
    starts: dict[Path, bool] = {}
    for path in map(_absolute, paths):
        if path.is_dir():
            starts[path] = False
        else:
            starts.setdefault(_above_package(path.parent), True)
    return starts


def _above_package(folder: Path) -> Path:
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
    return folder


def _absolute(path: str | os.PathLike[str]) -> Path:
    """Without following links: the report shows what was typed."""
    return Path(os.path.abspath(path))


def _exists(path: str) -> bool:
    """A dangling link exists: its name is there, and that it cannot be read is a finding."""
    try:
        return os.path.lexists(path)
    except ValueError:  # an embedded null
        return False


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def _shown(file: Path, paths: Sequence[str]) -> str:
    """Relative to the current folder if the path typed was relative."""
    if paths and all(os.path.isabs(path) for path in paths):
        return str(file)
    try:
        return Path(os.path.relpath(file)).as_posix()
    except ValueError:  # another drive
        return str(file)
