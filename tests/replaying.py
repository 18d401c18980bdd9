"""Reads the migrations below a folder, as the command line does."""

from __future__ import annotations

from pathlib import Path

from dbreview.conventions import conventions_of
from dbreview.extract import extract
from dbreview.facts import Module
from dbreview.link import link_schema
from dbreview.project import History, Project
from dbreview.settings import Settings


def project_in(folder: Path, dialect: str | None = None) -> Project:
    """The project in a folder, without what its functions do."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    modules = [extract(path, (folder / path).read_bytes()) for path in paths]
    conventions = conventions_of(Settings(dialect=dialect), folder, paths)
    project = link_schema([each for each in modules if isinstance(each, Module)], (), conventions)
    assert not project.mistakes, project.mistakes
    return project


def replayed(folder: Path, dialect: str | None = None) -> History:
    """The one history in a folder."""
    (history,) = project_in(folder, dialect).histories
    return history
