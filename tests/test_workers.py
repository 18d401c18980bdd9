"""Files that several processes read at once, and processes that die of them."""

from __future__ import annotations

import msgspec
import pytest

from dbreview.extract import extract, workers
from dbreview.facts import Unreadable, decoded

SOURCES = [(f"a{number}.py", f"x = {number}\n{'# filler' * 9_000}\n".encode()) for number in range(40)]
DEADLY = """import os, sys; sys.path[:] = {path!r}
from dbreview.extract import worker
usual = worker.extract
worker.extract = lambda path, source: os._exit(7) if b"deadly" in source else usual(path, source)
worker.main()
"""


class Watcher:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.mistakes: list[tuple[str, str]] = []

    def done(self, number: int) -> None:
        self.told.append(number)

    def failed(self, path: str, error: Exception) -> None:
        self.mistakes.append((path, str(error)))


def expected(sources: list[workers.Source]) -> list[bytes]:
    return [msgspec.msgpack.encode(extract(path, source)) for path, source in sources]


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_facts_come_in_the_order_of_the_files(jobs: int) -> None:
    watcher = Watcher()
    assert workers.extract_all(SOURCES, jobs, watcher) == expected(SOURCES)
    assert watcher.told == sorted(watcher.told)
    assert watcher.told[-1] <= len(SOURCES)


def test_mistake_of_ours_costs_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(path: str, source: bytes) -> object:
        return 1 // 0 if path == "a1.py" else extract(path, source)

    monkeypatch.setattr(workers, "extract", mistaken)
    watcher = Watcher()
    first, second, third = workers.extract_all(SOURCES[:3], 1, watcher)
    assert second is None
    assert [first, third] == [expected(SOURCES)[0], expected(SOURCES)[2]]
    assert [path for path, _ in watcher.mistakes] == ["a1.py"]


def test_few_files_need_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_Worker", None)
    few = SOURCES[:2]
    assert workers.extract_all(few, 8, Watcher()) == expected(few)
    assert workers.extract_all([], 8, Watcher()) == []


def test_worker_that_dies_costs_the_file_that_it_died_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_START", DEADLY)
    sources = [*SOURCES[:17], ("bad.py", b"deadly = 1\n"), *SOURCES[17:]]
    found = workers.extract_all(sources, 2, Watcher())
    assert found[17] is not None
    dead = decoded(found[17])
    assert isinstance(dead, Unreadable)
    assert (dead.path, dead.reason) == ("bad.py", "the parser ended its process (status 7)")
    assert [*found[:17], *found[18:]] == expected(SOURCES)


def test_where_no_process_can_be_started_this_one_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert workers.extract_all(SOURCES, 2, Watcher()) == expected(SOURCES)
