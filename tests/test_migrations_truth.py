"""The replay of small histories, held against what Alembic makes of them on SQLite."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from dbreview.project import History
from migration_histories import ENVIRONMENT, HISTORIES, Written
from migration_histories_more import MORE
from replaying import project_in, replayed

SCRIPTS = Path(__file__).parent.parent / "scripts"


@pytest.fixture(name="comparing")
def comparing_fixture(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The command that compares real applications."""
    # Under a name of its own: examples have packages that are called `migrations`.
    spec = importlib.util.spec_from_file_location("comparing_migrations", SCRIPTS / "migrations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


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


FIXTURES = Path(__file__).parent / "fixtures"
APPLICATIONS = sorted(folder.parents[1] for folder in FIXTURES.glob("*/migrations/versions"))


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda folder: folder.name)
def test_the_tables_of_an_application_are_those_that_alembic_makes(
    application: Path, tmp_path: Path, comparing: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / application.name
    shutil.copytree(application, folder, ignore=shutil.ignore_patterns("__pycache__", ".dbreview_cache"))
    environment = folder / "migrations" / "env.py"
    if not environment.exists():
        environment.write_text(ENVIRONMENT.format(convention={}), encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder / "src"))
    namespace: dict[str, object] = {}
    exec(comparing.DESCRIBE, namespace)
    truth = upgraded(folder, namespace["describe"])
    (history,) = project_in(folder, "sqlite").histories
    assert history.tables
    assert not history.unread
    assert list(comparing.differences(truth, comparing.described(history))) == []
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        monkeypatch.delitem(sys.modules, name)
