"""Reads `[tool.dbreview]` of pyproject.toml, or dbreview.toml.

Whatever is not understood is an error that names the file and the key: a misspelt setting that
silently does nothing would be worse than none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from pathspec import GitIgnoreSpec

from dbreview.finding import Severity
from dbreview.rulebook import (
    SEVERITIES,
    Rulebook,
    UnknownRule,
    did_you_mean,
    is_severity,
    nearest,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Format = Literal["text", "concise", "json", "github", "sarif"]
FORMATS: tuple[Format, ...] = get_args(Format)
FAIL_ON = (*SEVERITIES, "never")
DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite", "oracle", "mssql")
OWN_FILE = "dbreview.toml"


class SettingsError(Exception):
    """Settings that cannot be used, with the file and the key at fault."""


@dataclass(frozen=True, slots=True)
class Selectors:
    """Which rules one source of settings (the file, the command line) adds and takes away.

    ``select`` is None where that source does not say.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user decided. Patterns and import roots of ``file`` are relative to ``folder``."""

    selectors: tuple[Selectors, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, Severity] = field(default_factory=dict)
    advice: bool = False
    fail_on: str = "warning"
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    src: tuple[str, ...] = ()
    dialect: str | None = None
    created_columns: tuple[str, ...] = ()
    updated_columns: tuple[str, ...] = ()
    output_format: str = "text"
    file: Path | None = None
    folder: Path | None = None

    def with_selectors(self, selectors: Selectors) -> Settings:
        """These settings with one more source, which overrides the earlier ones."""
        return replace(self, selectors=(*self.selectors, selectors))


def find_settings(start: Path, rulebook: Rulebook) -> Settings:
    """The settings of the nearest folder, from ``start`` upwards, that has some.

    The climb ends at the top of the repository, at the home folder or at the file system's root.
    """
    home = Path.home()
    for folder in (start, *start.parents):
        for name in (OWN_FILE, "pyproject.toml"):
            file = folder / name
            if file.is_file() and (name == OWN_FILE or _table(file) is not None):
                return read_settings(file, rulebook)
        if folder == home or (folder / ".git").exists():
            break
    return Settings()


def read_settings(file: Path, rulebook: Rulebook, folder: Path | None = None) -> Settings:
    """The settings of one file, whose patterns are relative to ``folder`` or else to its own.

    Raises SettingsError.
    """
    table = _table(file)
    if table is None:
        return Settings(file=file, folder=folder or file.parent)
    return replace(_Reader(file, rulebook).settings(table), folder=folder or file.parent)


def _table(file: Path) -> Mapping[str, object] | None:
    """The settings' own table: in pyproject.toml it is one of many, and may be missing."""
    try:
        values: object = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{file}: nested too deeply") from error
    if file.name != "pyproject.toml":
        return values if isinstance(values, dict) else None
    for key in ("tool", "dbreview"):
        values = values.get(key) if isinstance(values, dict) else None
    if values is not None and not isinstance(values, dict):
        raise SettingsError(f"{file}: `tool.dbreview` must be a table")
    return values


class _Reader:
    """Turns a table into Settings; keeps file and key at hand for its messages."""

    def __init__(self, file: Path, rulebook: Rulebook) -> None:
        self._file = file
        self._rulebook = rulebook

    def settings(self, table: Mapping[str, object]) -> Settings:
        keys: Mapping[str, Callable[[str, object], object]] = {
            "select": self._codes,
            "extend-select": self._codes,
            "ignore": self._codes,
            "per-file-ignores": self._per_file_ignores,
            "severity": self._severities,
            "advice": self._flag,
            "fail-on": self._one_of(FAIL_ON),
            "exclude": self._patterns,
            "extend-exclude": self._patterns,
            "src": self._texts,
            "dialect": self._one_of(DIALECTS),
            "created-columns": self._texts,
            "updated-columns": self._texts,
            "output-format": self._one_of(FORMATS),
        }
        read: dict[str, object] = {}
        for key, value in table.items():
            if key not in keys:
                raise self._error(f"unknown key `{key}`{did_you_mean(nearest(key, keys))}")
            read[key.replace("-", "_")] = keys[key](key, value)
        chosen = {key: read.pop(key) for key in _SELECTOR_KEYS if key in read}
        selectors = Selectors(**chosen)  # type: ignore[arg-type]  # each key has its own reader
        return Settings(selectors=(selectors,), file=self._file, **read)  # type: ignore[arg-type]

    def _error(self, message: str) -> SettingsError:
        return SettingsError(f"{self._file}: {message}")

    def _flag(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self._error(f"`{key}` must be true or false")
        return value

    def _texts(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._error(f"`{key}` must be a list of strings")
        return tuple(value)

    def _patterns(self, key: str, value: object) -> tuple[str, ...]:
        patterns = self._texts(key, value)
        for pattern in patterns:
            try:
                GitIgnoreSpec.from_lines([pattern])
            except ValueError as error:
                raise self._error(f"`{key}`: `{pattern}` is not a pattern") from error
        return patterns

    def _one_of(self, allowed: tuple[str, ...]) -> Callable[[str, object], str]:
        def read(key: str, value: object) -> str:
            if isinstance(value, str) and value in allowed:
                return value
            hint = did_you_mean(nearest(value, allowed)) if isinstance(value, str) else ""
            raise self._error(f"`{key}` must be one of {', '.join(allowed)}{hint}")

        return read

    def _codes(self, key: str, value: object) -> tuple[str, ...]:
        selectors = self._texts(key, value)
        for selector in selectors:
            try:
                self._rulebook.matching(selector)
            except UnknownRule as error:
                raise self._error(f"`{key}`: {error}") from error
        return selectors

    def _per_file_ignores(self, key: str, value: object) -> Mapping[str, tuple[str, ...]]:
        return {
            pattern: self._codes(f"{key}.{pattern}", codes)
            for pattern, codes in self._pairs(key, value)
            if self._patterns(key, [pattern.removeprefix("!")])
        }

    def _severities(self, key: str, value: object) -> Mapping[str, Severity]:
        """Severities by code; a prefix counts for all its rules, the narrowest selector wins."""
        chosen: dict[str, Severity] = {}
        for selector, severity in sorted(self._pairs(key, value), key=lambda pair: self._rulebook.specificity(pair[0])):
            (known,) = self._codes(key, [selector])
            if not is_severity(severity):
                hint = did_you_mean(nearest(str(severity), SEVERITIES))
                allowed = ", ".join(SEVERITIES)
                raise self._error(f"`{key}.{selector}` must be one of {allowed}{hint}")
            chosen |= {rule.code: severity for rule in self._rulebook.matching(known)}
        return chosen

    def _pairs(self, key: str, value: object) -> Iterable[tuple[str, object]]:
        if not isinstance(value, dict):
            raise self._error(f"`{key}` must be a table")
        return value.items()


_SELECTOR_KEYS = ("select", "extend_select", "ignore")
