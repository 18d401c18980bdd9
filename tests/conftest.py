"""What several test files need: a way to run the command, and a way to write a small project."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from dbreview.cli import main
from pages import Example
from postgres import Database, Server, Unavailable, running_server
from running import Import, running

ENVIRONMENT = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "DBREVIEW_TRACEBACK")


@dataclass(frozen=True)
class Outcome:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


Command = Callable[..., Outcome]
Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes files into a new folder and makes that the current one.

    The folder is the home, so that nothing above it counts.
    """
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.chdir(folder)

    def write_files(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        return folder

    return write_files


@pytest.fixture
def dbreview(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command in this process."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str | os.PathLike[str]) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["dbreview", *(os.fspath(each) for each in arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, told.out, told.err)

    return run


@pytest.fixture
def module(example: Example, tmp_path: Path) -> Iterator[Import]:
    """The modules of an example's application, which can be imported meanwhile."""
    with running(example, tmp_path) as import_module:
        yield import_module


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server for this process; skips the test where none can be started."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
        except Unavailable as reason:
            pytest.skip(str(reason))
        yield server


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[Database]:
    """An empty PostgreSQL database for one test."""
    with postgres_server.database(f"test_{uuid4().hex}") as database:
        yield database


@pytest.fixture
def module_on_postgres(example: Example, tmp_path: Path, postgres: Database) -> Iterator[Import]:
    """Like ``module``, with an application that talks to PostgreSQL."""
    with running(example, tmp_path, postgres.variables) as import_module:
        yield import_module
