"""What earlier runs have found out, on disk: the facts of files by content, and whole reviews by all their inputs.

Nothing in it is needed: what is missing, damaged or of another version is made again, and what cannot be written is
left out. Writes are atomic, so runs at the same time do not disturb each other. Never pickle: a cache is only data.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import msgspec

from dbreview.facts import Module, Unreadable, decoded

FOLDER = ".dbreview_cache"
TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder holds what dbreview can make again.\n"
"""What backup programs look for. Source: the Cache Directory Tagging Specification."""

_DAYS = 30
"""How long the facts of a project that nobody reviews, and reviews that nobody asks for again, are kept."""
_MOST_REVIEWS = 20

_Pack = dict[bytes, msgspec.Raw]
_PACK = msgspec.msgpack.Decoder(_Pack)
_ENCODER = msgspec.msgpack.Encoder()


def key_of(*parts: bytes) -> bytes:
    """A key for parts that must all be the same."""
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


class Cache:
    """The cache of one project. Without a ``folder`` it is always empty."""

    def __init__(self, folder: Path | None, root: Path) -> None:
        self._folder = folder
        self._root = key_of(os.fsencode(root)).hex()[:16]
        self._known: _Pack | None = None
        self._used: dict[bytes, msgspec.Raw | bytes] = {}

    # --- facts of files

    def facts(self, path: str, content: bytes) -> Module | Unreadable | None:
        """The facts of a file with this content, as those of the file at ``path``."""
        if self._folder is None:
            return None
        key = key_of(content)
        entry = self._facts_of_before().get(key)
        if entry is None:
            return None
        try:
            found = decoded(entry)
        except (msgspec.DecodeError, RecursionError):
            return None
        self._used[key] = entry
        return found if found.path == path else msgspec.structs.replace(found, path=path)

    def keep_facts(self, content: bytes, encoded: bytes) -> None:
        """Remember the facts of a file with this content."""
        if self._folder is not None:
            self._used[key_of(content)] = encoded

    def save_facts(self) -> None:
        """Write what is new. What was not used this time stays as long as it is no more than what was."""
        known = self._facts_of_before() if self._folder is not None else {}
        if self._folder is None or self._used.keys() <= known.keys():
            return
        spare = [key for key in known if key not in self._used][: len(self._used)]
        entries = {key: msgspec.Raw(entry) for key, entry in self._used.items()} | {key: known[key] for key in spare}
        self._write(f"facts/{self._root}", _ENCODER.encode(entries))
        self._forget("facts", keep=_MOST_REVIEWS)

    def _facts_of_before(self) -> _Pack:
        if self._known is None:
            content = self._read(f"facts/{self._root}")
            try:
                self._known = _PACK.decode(content) if content is not None else {}
            except (msgspec.DecodeError, RecursionError):
                self._known = {}
        return self._known

    # --- whole reviews

    def review(self, key: bytes) -> bytes | None:
        """What a run with the same inputs has given."""
        return self._read(f"reviews/{key.hex()}")

    def keep_review(self, key: bytes, encoded: bytes) -> None:
        """Remember what a run has given."""
        if self._folder is not None:
            self._write(f"reviews/{key.hex()}", encoded)
            self._forget("reviews", keep=_MOST_REVIEWS)

    # --- files

    def _read(self, name: str) -> bytes | None:
        """The content of a file, if it is what was written and by code of this version."""
        if self._folder is None:
            return None
        try:
            content = (self._folder / name).read_bytes()
        except OSError:
            return None
        seal, body = content[:20], content[20:]
        return body if seal == _seal(body) else None

    def _write(self, name: str, body: bytes) -> None:
        if self._folder is None:
            return
        target = self._folder / name
        try:
            _prepare(self._folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
                try:
                    file.write(_seal(body))
                    file.write(body)
                    file.close()
                    os.replace(file.name, target)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
        except OSError:
            return  # the next run makes it again

    def _forget(self, kind: str, *, keep: int) -> None:
        """Remove the files of a kind that nobody has used for long, and all beyond the newest ``keep``."""
        assert self._folder is not None
        oldest = time.time() - _DAYS * 86_400
        try:
            files = sorted(((each.stat().st_mtime, each) for each in (self._folder / kind).iterdir()), reverse=True)
            for number, (used, file) in enumerate(files):
                if number >= keep or used < oldest:
                    file.unlink(missing_ok=True)
        except OSError:
            return


def clean(folder: Path) -> int:
    """Remove a cache, and nothing else that may be in its folder. How many files were removed.

    Raises OSError where a file cannot be removed.
    """
    if not (folder / TAG).is_file():
        return 0
    files = [each for kind in ("facts", "reviews") for each in _listed(folder / kind)]
    files += [folder / TAG, folder / ".gitignore"]
    removed = 0
    for file in files:
        if file.exists():
            file.unlink()
            removed += 1
    for each in (folder / "facts", folder / "reviews", folder):
        if each.is_dir() and not any(each.iterdir()):
            each.rmdir()
    return removed


def _listed(folder: Path) -> Iterable[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else ()


def _prepare(folder: Path) -> None:
    if not (folder / TAG).exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        (folder / TAG).write_text(_SIGNATURE, encoding="utf-8")


_version: list[bytes] = []


def _seal(body: bytes) -> bytes:
    """What stands before the body of a file: it is whole, and made by the code that reads it."""
    if not _version:
        _version.append(_code_version())
    return key_of(_version[0], body)


def _code_version() -> bytes:
    """A mark of all code that decides what a run gives: dbreview with its rules, the parsers, and Python."""
    package = Path(__file__).parent
    marks = [sys.version.encode()]
    for folder in (package, package.parents[1] / "rules"):
        marks += _marks_in(folder)
    for name in ("libcst", "sqlglot"):
        spec = find_spec(name)
        marks += _marks_of(Path(spec.origin).parent) if spec is not None and spec.origin is not None else [b"?"]
    return key_of(*marks)


def _marks_of(package: Path) -> list[bytes]:
    """The version of an installed package, by the file that says it."""
    for name in ("_version.py", "version.py", "__init__.py"):
        try:
            return [(package / name).read_bytes()]
        except OSError:
            continue
    return [b"?"]


def _marks_in(folder: Path) -> list[bytes]:
    """Name, size and time of each source file below a folder."""
    marks: list[bytes] = []
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return marks
    for entry in entries:
        if entry.is_dir():
            marks += _marks_in(Path(entry.path)) if entry.name != "__pycache__" else []
        elif entry.name.endswith((".py", ".md")):
            status = entry.stat()
            marks.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}".encode("utf-8", "surrogateescape"))
    return marks
