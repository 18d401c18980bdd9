"""Facts of many files, from several processes at once: facts travel, trees do not.

A worker that dies costs the file that it died of, not the run.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from dbreview.extract import extract
from dbreview.extract.worker import receive, send
from dbreview.facts import Unreadable

Source = tuple[str, bytes]
"""A file's path, relative to the root, and its content."""

_BATCH_BYTES = 192_000
_WORTH_A_WORKER = 400_000
"""Bytes of source for which starting one more process pays."""

_START = "import sys; sys.path[:] = {path!r}; from dbreview.extract.worker import main; main()"
_FACTS = msgspec.msgpack.Decoder(list[bytes])
_ENCODER = msgspec.msgpack.Encoder()


def usual_jobs() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


class Watcher(Protocol):
    """Who wants to know how far the reading is, and what went wrong in it."""

    def done(self, number: int) -> None:
        """So many files have been read."""

    def failed(self, path: str, error: Exception) -> None:
        """A mistake of our own in reading a file."""


def extract_all(sources: Sequence[Source], jobs: int, watcher: Watcher) -> list[bytes | None]:
    """The encoded facts of all sources, in their order; None where the watcher was told that it failed.

    Call it inside `with_deep_stack`.
    """
    jobs = min(jobs, 1 + sum(len(source) for _, source in sources) // _WORTH_A_WORKER)
    if jobs > 1:
        return _Pool(sources, jobs, watcher).run()
    found: list[bytes | None] = []
    for source in sources:
        watcher.done(len(found))
        found.append(_encoded(source, watcher))
    return found


def _encoded(source: Source, watcher: Watcher) -> bytes | None:
    """The facts of one file, read in this process."""
    path, content = source
    try:
        return _ENCODER.encode(extract(path, content))
    except Exception as error:
        watcher.failed(path, error)
        return None


class _Pool:
    """Workers, each with a thread that feeds it."""

    def __init__(self, sources: Sequence[Source], jobs: int, watcher: Watcher) -> None:
        self._sources = sources
        self._jobs = jobs
        self._watcher = watcher
        self._batches = list(_batches(sources))[::-1]
        self._found: dict[int, bytes | None] = {}
        self._lock = threading.Lock()

    def run(self) -> list[bytes | None]:
        threads = [threading.Thread(target=self._feed, name="dbreview-worker", daemon=True) for _ in range(self._jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.1)
                self._watcher.done(len(self._found))
        for index, source in enumerate(self._sources):  # of batches that no worker could take
            if index not in self._found:
                self._found[index] = _encoded(source, self._watcher)
        return [self._found[index] for index in range(len(self._sources))]

    def _next(self) -> range | None:
        with self._lock:
            return self._batches.pop() if self._batches else None

    def _feed(self) -> None:
        worker: _Worker | None = None
        try:
            while (batch := self._next()) is not None:
                worker = worker or _Worker()
                facts = worker.ask([self._sources[index] for index in batch])
                if facts is None:
                    worker.stop()
                    worker = None
                    facts = [self._alone(self._sources[index]) for index in batch]
                self._found.update(zip(batch, facts, strict=True))
        except OSError:
            return  # no process can be started: what is left is read in this one
        finally:
            if worker is not None:
                worker.stop()

    def _alone(self, source: Source) -> bytes:
        """The facts of a file of a batch that killed its worker: it may be the one."""
        worker = _Worker()
        try:
            facts = worker.ask([source])
        finally:
            status = worker.stop()
        if facts is not None:
            return facts[0]
        reason = f"the parser ended its process (status {status})"
        return _ENCODER.encode(Unreadable(source[0], 1, 1, reason))


class _Worker:
    """One process of `dbreview.extract.worker`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, batch: Sequence[Source]) -> list[bytes] | None:
        """The encoded facts of a batch, None where the process died of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            send(self._process.stdin, _ENCODER.encode(batch))  # type: ignore[arg-type]
            message = receive(self._process.stdout)  # type: ignore[arg-type]
        except OSError:
            return None
        return _FACTS.decode(message) if message is not None else None

    def stop(self) -> int:
        """End the process, and say how it ended."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            return self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _batches(sources: Sequence[Source]) -> Iterator[range]:
    """The indexes of sources that are read together: enough for the way to be short against the work."""
    start, size = 0, 0
    for index, (_, source) in enumerate(sources):
        size += len(source)
        if size >= _BATCH_BYTES:
            yield range(start, index + 1)
            start, size = index + 1, 0
    if start < len(sources):
        yield range(start, len(sources))
