"""The replay of small histories, held against what Alembic makes of them on SQLite."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from dbreview.project import History
from migration_histories import HISTORIES, Written
from migration_histories_more import MORE
from replaying import replayed

SCRIPTS = Path(__file__).parent.parent / "scripts"


@pytest.fixture(name="comparing")
def comparing_fixture(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The command that compares real applications."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("migrations")


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("written", [*HISTORIES, *MORE], ids=lambda each: each.name)
def test_the_tables_are_those_that_alembic_makes(
    written: Written, tmp_path: Path, comparing: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.write(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    namespace: dict[str, object] = {}
    exec(comparing.DESCRIBE, namespace)
    truth = upgraded(tmp_path, namespace["describe"])
    history = replayed(tmp_path, "sqlite")
    assert not history.unread
    assert list(comparing.differences(truth, comparing.described(history))) == []


def upgraded(folder: Path, describe: object) -> object:
    """The schema after Alembic's own upgrade."""
    config = Config()
    config.set_main_option("script_location", str(folder / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        connection.commit()
        found = describe(connection)  # type: ignore[operator]
    engine.dispose()
    return found


def test_every_history_is_read_whole(tmp_path: Path) -> None:
    for number, written in enumerate([*HISTORIES, *MORE]):
        folder = tmp_path / str(number)
        written.write(folder)
        history = replayed(folder, "postgresql")
        assert isinstance(history, History)
        assert (written.name, history.reasons) == (written.name, ())
