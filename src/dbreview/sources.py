"""The lines of the reviewed files, for reports that show them. A file that is gone has no lines."""

from __future__ import annotations

import io
import re
import tokenize
from functools import lru_cache
from pathlib import Path

_LINE_END = re.compile(r"\r\n|\r|\n")


class Sources:
    """Reads each file at most once, when its first line is asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines = lru_cache(maxsize=256)(self._read)

    def line(self, filename: str, number: int) -> str:
        """One line without its end, counted from 1; empty where the file has no such line."""
        lines = self._lines(filename)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def _read(self, filename: str) -> tuple[str, ...]:
        try:
            source = (self._root / filename).read_bytes()
        except OSError:
            return ()
        return tuple(_LINE_END.split(decode(source)))


def decode(source: bytes) -> str:
    """The text of a Python file, by its own declaration of an encoding, whatever it takes."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding, errors="replace")
    except (SyntaxError, LookupError, UnicodeError):
        return source.decode("utf-8", errors="replace")
