"""Writes finished text to where it belongs: whole, or not at all, and never with a traceback."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TextIO


class OutputError(Exception):
    """The report could not be written."""


def prepare_streams() -> None:
    """A file name or a source line must not stop the report because a terminal cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """To standard output. Whoever reads it may stop reading (`dbreview | head`)."""
    if sys.stdout is None or not text:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise OutputError(f"standard output: {error.strerror or error}") from error


def write_to(path: Path | None, text: str) -> None:
    """To a file if there is one, else to standard output."""
    if path is None:
        write(text)
    else:
        write_file(path, text)


def write_file(path: Path, text: str) -> None:
    """To a file, which holds either its old content or all of the new one."""
    data = text.encode("utf-8", errors="backslashreplace")
    try:
        if path.exists() and not path.is_file():  # a device or a pipe cannot be replaced
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """The permissions that the file has, or would have if it had been opened in the usual way."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads the stream as it is written."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def wants_colour(stream: TextIO | None) -> bool:
    """NO_COLOR and FORCE_COLOR, where set to anything, decide; else whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def _silence(stream: TextIO) -> None:
    """What is still buffered must not fail again when the interpreter closes the stream."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass
