"""What a run leaves behind makes the next one faster, and never other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Command, Write
from dbreview import cache
from dbreview.cache import FOLDER, TAG, Cache
from dbreview.extract import extract
from dbreview.facts import Module, Unreadable

MODELS = """from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)


class Member(Base):
    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
"""
APP = {"pyproject.toml": "", "app/models.py": MODELS, "app/broken.py": "def (\n", "app/plain.py": "x = 1\n"}
JSON = ("app", "--output-format", "json", "--select", "ALL")


def entries(folder: Path) -> list[Path]:
    return sorted(each for each in (folder / FOLDER).rglob("*") if each.is_file())


@pytest.fixture
def project(write: Write) -> Path:
    return write(APP)


def test_the_second_run_says_the_same_and_reads_no_python(project: Path, dbreview: Command) -> None:
    first = dbreview(*JSON)
    assert {each["code"] for each in json.loads(first.out)} >= {"DBR001", "DBR201"}
    code = (
        "import sys; from dbreview.cli import main; sys.argv = ['dbreview', *sys.argv[1:]]\n"
        "try:\n    main()\nfinally:\n"
        "    loaded = {'libcst', 'sqlglot', 'rich', 'dbreview.link'} & sys.modules.keys()\n"
        "    sys.stderr.write(repr(sorted(loaded)))"
    )
    second = subprocess.run([sys.executable, "-c", code, *JSON], capture_output=True, text=True, check=False)
    assert (second.stdout, second.returncode, second.stderr) == (first.out, first.status, "[]")


@pytest.mark.parametrize("jobs", ["1", "2", "8"])
def test_jobs_and_cache_change_nothing(project: Path, dbreview: Command, jobs: str) -> None:
    without = dbreview(*JSON, "--no-cache")
    assert not (project / FOLDER).exists()
    cold, warm = dbreview(*JSON, "--jobs", jobs), dbreview(*JSON, "--jobs", jobs)
    assert without == cold == warm


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("app/plain.py", "def [\n", "DBR001"),
        ("app/plain.py", "x = 1  # dbreview: ignore[DBR101]\n", "DBR002"),
        ("pyproject.toml", '[tool.dbreview.severity]\nDBR201 = "error"\n', None),
    ],
)
def test_what_changes_is_seen(project: Path, dbreview: Command, path: str, text: str, code: str | None) -> None:
    before = dbreview(*JSON)
    (project / path).write_text(text, encoding="utf-8")
    after = dbreview(*JSON)
    assert after == dbreview(*JSON, "--no-cache")
    assert after.out != before.out
    assert code is None or code in after.out


def test_a_file_that_comes_or_goes_is_seen(project: Path, dbreview: Command) -> None:
    before = dbreview(*JSON)
    (project / "app/more.py").write_text("def {\n", encoding="utf-8")
    assert "app/more.py" in dbreview(*JSON).out
    (project / "app/more.py").unlink()
    assert dbreview(*JSON) == before


def test_equal_files_keep_their_own_names(write: Write, dbreview: Command) -> None:
    write({"pyproject.toml": "", "a.py": "def (\n", "b.py": "def (\n"})
    first = dbreview(".", "--output-format", "json")
    assert [each["filename"] for each in json.loads(first.out)] == ["a.py", "b.py"]
    for entry in (Path(FOLDER) / "reviews").iterdir():
        entry.unlink()
    assert dbreview(".", "--output-format", "json") == first


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "noise", "other code"])
def test_damage_costs_time_and_nothing_else(project: Path, dbreview: Command, damage: str) -> None:
    first = dbreview(*JSON)
    kept = [each for each in entries(project) if each.parent.name in ("facts", "reviews")]
    assert len(kept) == 2
    for entry in kept:
        content = bytearray(entry.read_bytes())
        match damage:
            case "empty":
                content.clear()
            case "cut":
                del content[len(content) // 2 :]
            case "flipped":
                content[len(content) // 2] ^= 1
            case "noise":
                content[20:] = os.urandom(200)
            case "other code":
                content[:20] = bytes(20)
        entry.write_bytes(content)
    assert dbreview(*JSON) == first


def test_body_that_is_sealed_and_yet_none_is_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Cache(tmp_path, tmp_path)
    store._write(f"facts/{store._root}", b"\xc1 no MessagePack")
    assert Cache(tmp_path, tmp_path).facts("a.py", b"x") is None
    store.keep_facts(b"x", b"\x01")
    store.save_facts()
    assert Cache(tmp_path, tmp_path).facts("a.py", b"x") is None


def test_facts_of_other_code_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    store = Cache(tmp_path, tmp_path)
    store.keep_facts(b"x = 1\n", msgspec.msgpack.encode(extract("a.py", b"x = 1\n")))
    store.save_facts()
    assert isinstance(Cache(tmp_path, tmp_path).facts("b.py", b"x = 1\n"), Module)
    monkeypatch.setattr(cache, "_version", [b"another"])
    assert Cache(tmp_path, tmp_path).facts("b.py", b"x = 1\n") is None


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everybody may write there")
def test_folder_that_cannot_be_written(project: Path, dbreview: Command) -> None:
    project.chmod(0o500)
    try:
        assert dbreview(*JSON) == dbreview(*JSON, "--no-cache")
    finally:
        project.chmod(0o700)


def test_file_where_the_folder_should_be(project: Path, dbreview: Command) -> None:
    (project / FOLDER).write_text("mine", encoding="utf-8")
    assert dbreview(*JSON) == dbreview(*JSON, "--no-cache")
    assert (project / FOLDER).read_text(encoding="utf-8") == "mine"


def test_folder_of_ones_own(project: Path, dbreview: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = dbreview(*JSON, "--cache-dir", str(tmp_path / "one"))
    monkeypatch.setenv("DBREVIEW_CACHE_DIR", str(tmp_path / "two"))
    assert dbreview(*JSON) == first
    assert (tmp_path / "one" / TAG).is_file()
    assert (tmp_path / "two" / TAG).is_file()
    assert not (project / FOLDER).exists()


def test_the_cache_says_what_it_is(project: Path, dbreview: Command) -> None:
    dbreview(*JSON)
    assert (
        (project / FOLDER / TAG).read_text(encoding="utf-8").startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )
    assert (project / FOLDER / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_clean_removes_what_is_ours(project: Path, dbreview: Command) -> None:
    dbreview(*JSON)
    (project / FOLDER / "notes.txt").write_text("mine", encoding="utf-8")
    told = dbreview("cache", "clean")
    assert told.status == 0
    assert told.out.startswith("Removed 4 files from ")
    assert [each.name for each in entries(project)] == ["notes.txt"]
    assert dbreview("cache", "clean").out.startswith("There is no cache in ")


def test_clean_leaves_folders_that_are_no_cache(project: Path, dbreview: Command) -> None:
    assert dbreview("cache", "clean", "--cache-dir", "app").out.startswith("There is no cache in ")
    assert (project / "app/models.py").is_file()


def test_the_cache_does_not_grow_for_ever(tmp_path: Path) -> None:
    for number in range(60):
        Cache(tmp_path, tmp_path).keep_review(number.to_bytes(20, "big"), b"review")
        store = Cache(tmp_path, tmp_path / str(number))
        store.keep_facts(b"x", b"y")
        store.save_facts()
    assert len(list((tmp_path / "reviews").iterdir())) <= 20
    assert len(list((tmp_path / "facts").iterdir())) <= 20


def test_facts_of_files_that_are_gone_do_not_stay_for_ever(tmp_path: Path) -> None:
    for number in range(20):
        store = Cache(tmp_path, tmp_path)
        for part in range(10):
            store.keep_facts(f"{number} {part}".encode(), b"facts")
        store.save_facts()
    assert len(Cache(tmp_path, tmp_path)._facts_of_before()) <= 20


def test_runs_at_the_same_time(project: Path) -> None:
    command = [sys.executable, "-m", "dbreview", *JSON]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    told = [run.communicate(timeout=60) for run in runs]
    assert len(set(told)) == 1
    assert {run.returncode for run in runs} == {1}
    assert not [each for each in entries(project) if each.name.startswith(".") and each.name != ".gitignore"]


def test_unreadable_files_are_kept_as_such(tmp_path: Path) -> None:
    import msgspec

    store = Cache(tmp_path, tmp_path)
    store.keep_facts(b"def (", msgspec.msgpack.encode(extract("a.py", b"def (")))
    store.save_facts()
    found = Cache(tmp_path, tmp_path).facts("elsewhere.py", b"def (")
    assert isinstance(found, Unreadable)
    assert found.path == "elsewhere.py"
