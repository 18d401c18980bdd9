"""Which files belong to the project, and which of them the report is about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import Write
from dbreview.discover import Discovery, discover
from dbreview.settings import Settings

EMPTY = ""


def found(*paths: str, settings: Settings | None = None) -> Discovery:
    return discover(paths, settings or Settings())


def test_whole_project_is_analysed_and_what_was_asked_reported(write: Write) -> None:
    folder = write({"shop/pyproject.toml": EMPTY, "shop/app/a.py": EMPTY, "shop/app/b.py": EMPTY, "shop/c.py": EMPTY})
    result = found("shop/app")
    assert result.root == folder / "shop"
    assert result.analysed == ("app/a.py", "app/b.py", "c.py")
    assert result.reported == {"app/a.py", "app/b.py"}


@pytest.mark.parametrize("marker", ["dbreview.toml", "pyproject.toml", "setup.py", "setup.cfg", ".git/HEAD"])
def test_root_is_the_nearest_marked_folder(write: Write, marker: str) -> None:
    folder = write({"pyproject.toml": EMPTY, f"shop/{marker}": EMPTY, "shop/app/core/a.py": EMPTY, "other.py": EMPTY})
    result = found("shop/app/core")
    assert result.root == folder / "shop"
    assert "app/core/a.py" in result.analysed
    assert not any("other" in name for name in result.analysed)


def test_root_of_several_paths_is_above_all_of_them(write: Write) -> None:
    folder = write({"pyproject.toml": EMPTY, "a/pyproject.toml": EMPTY, "a/x.py": EMPTY, "b/y.py": EMPTY})
    result = found("a/x.py", "b")
    assert result.root == folder
    assert result.reported == {"a/x.py", "b/y.py"}


def test_a_repository_at_home_is_not_a_project(write: Write) -> None:
    folder = write({".git/HEAD": EMPTY, "app/a.py": EMPTY, "other/b.py": EMPTY})
    result = found("app")
    assert result.root == folder / "app"
    assert result.analysed == ("a.py",)


def test_home_can_be_a_project(write: Write) -> None:
    """In containers it often is."""
    folder = write({"pyproject.toml": EMPTY, "app/a.py": EMPTY})
    assert found("app").root == folder


def test_nothing_above_home_counts(write: Write) -> None:
    folder = write({"app/a.py": EMPTY})
    (folder.parent / "pyproject.toml").touch()
    assert found("app").root == folder / "app"


def test_folder_without_marker_is_its_own_root(write: Write) -> None:
    folder = write({"app/a.py": EMPTY, "b.py": EMPTY})
    result = found("app")
    assert result.root == folder / "app"
    assert result.analysed == ("a.py",)


def test_folder_without_marker_that_its_files_import_lies_in_the_root(write: Write) -> None:
    folder = write({"app/models.py": EMPTY, "app/main.py": "from app.models import User\n", "b.py": EMPTY})
    result = found("app")
    assert result.root == folder
    assert result.analysed == ("app/main.py", "app/models.py")


def test_several_folders_without_marker_are_analysed_and_nothing_beside_them(write: Write) -> None:
    folder = write({"a/x.py": EMPTY, "b/y.py": EMPTY, "c/z.py": EMPTY})
    result = found("a", "b")
    assert result.root == folder
    assert result.analysed == ("a/x.py", "b/y.py")


def test_lone_file_brings_its_package_and_what_lies_beside_that(write: Write) -> None:
    folder = write(
        {
            "in/shop/__init__.py": EMPTY,
            "in/shop/api/__init__.py": EMPTY,
            "in/shop/api/routes.py": EMPTY,
            "in/shop/models.py": EMPTY,
            "in/beside.py": EMPTY,
            "in/downloads/stray.py": EMPTY,
        }
    )
    result = found("in/shop/api/routes.py")
    assert result.root == folder / "in"
    assert result.analysed == (
        "beside.py",
        "shop/__init__.py",
        "shop/api/__init__.py",
        "shop/api/routes.py",
        "shop/models.py",
    )
    assert result.reported == {"shop/api/routes.py"}


def test_only_python_sources(write: Write) -> None:
    write({"pyproject.toml": EMPTY, "a.py": EMPTY, "b.pyi": EMPTY, "c.pyw": EMPTY, "d.txt": EMPTY, "e.py.bak": EMPTY})
    assert found(".").analysed == ("a.py",)


@pytest.mark.parametrize(
    "name",
    [
        ".git/hooks/x.py",
        ".hidden/x.py",
        ".x.py",
        "__pycache__/x.py",
        "node_modules/x.py",
        "venv/x.py",
        "lib/python3/site-packages/x.py",
        ".tox/py/x.py",
        ".nox/py/x.py",
        "build/lib/x.py",
        "dist/x.py",
    ],
)
def test_what_nobody_wrote_here_is_skipped(write: Write, name: str) -> None:
    write({"pyproject.toml": EMPTY, "a.py": EMPTY, name: EMPTY})
    assert found(".").analysed == ("a.py",)


def test_virtual_environment_of_any_name_is_skipped(write: Write) -> None:
    write({"pyproject.toml": EMPTY, "a.py": EMPTY, "my-env/pyvenv.cfg": EMPTY, "my-env/lib/x.py": EMPTY})
    assert found(".").analysed == ("a.py",)


@pytest.mark.parametrize("name", ["build", "dist"])
def test_package_called_build_is_a_package(write: Write, name: str) -> None:
    write({"pyproject.toml": EMPTY, f"{name}/__init__.py": EMPTY})
    assert found(".").analysed == (f"{name}/__init__.py",)


@pytest.mark.parametrize("inside", ["venv/lib/python3/site-packages/shop", ".hidden/shop", "build/lib/shop", "ignored"])
def test_folder_named_explicitly_is_reviewed_wherever_it_is(write: Write, inside: str) -> None:
    write(
        {
            "pyproject.toml": EMPTY,
            ".gitignore": "ignored\n/build\nvenv/\n",
            ".git/HEAD": EMPTY,
            "venv/pyvenv.cfg": EMPTY,
            f"{inside}/a.py": EMPTY,
            f"{inside}/sub/b.py": EMPTY,
            f"{inside}/__pycache__/c.py": EMPTY,
        }
    )
    result = found(inside)
    assert result.reported == {f"{inside}/a.py", f"{inside}/sub/b.py"}
    assert set(result.analysed) == result.reported


def test_file_named_explicitly_is_reviewed_though_ignored(write: Write) -> None:
    write({"pyproject.toml": EMPTY, ".gitignore": "gen.py\n", "gen.py": EMPTY, "a.py": EMPTY, "script": EMPTY})
    assert found("gen.py").reported == {"gen.py"}
    assert found("script").reported == {"script"}


def test_force_exclude_leaves_out_even_what_is_named(write: Write) -> None:
    folder = write({"pyproject.toml": EMPTY, "old/a.py": EMPTY, "b.py": EMPTY})
    settings = Settings(exclude=("old",), folder=folder, force_exclude=True)
    assert found("old/a.py", "b.py", settings=settings).reported == {"b.py"}
    assert found("old", settings=settings).reported == frozenset()


def test_exclude_replaces_the_usual_and_extend_exclude_adds(write: Write) -> None:
    folder = write({"pyproject.toml": EMPTY, "a.py": EMPTY, "venv/b.py": EMPTY, "old/c.py": EMPTY})
    replaced = Settings(exclude=("old",), folder=folder)
    added = Settings(extend_exclude=("old/*.py",), folder=folder)
    assert found(".", settings=replaced).analysed == ("a.py", "venv/b.py")
    assert found(".", settings=added).analysed == ("a.py",)


def test_ignore_files_count_where_they_lie(write: Write) -> None:
    write(
        {
            "pyproject.toml": EMPTY,
            ".gitignore": "# generated\n*_pb2.py\n/top.py\n",
            "a_pb2.py": EMPTY,
            "top.py": EMPTY,
            "sub/top.py": EMPTY,
            "sub/.gitignore": "!keep_pb2.py\nlocal.py\n",
            "sub/keep_pb2.py": EMPTY,
            "sub/local.py": EMPTY,
            "local.py": EMPTY,
        }
    )
    assert found(".").analysed == ("local.py", "sub/keep_pb2.py", "sub/top.py")


def test_ignore_files_above_the_root_count_up_to_the_repository(write: Write) -> None:
    write(
        {
            ".gitignore": "b.py\n",
            "repo/.git/info/exclude": "c.py\n",
            "repo/.gitignore": "a.py\n",
            "repo/app/pyproject.toml": EMPTY,
            **{f"repo/app/{name}.py": EMPTY for name in "abcd"},
        }
    )
    assert found("repo/app").analysed == ("b.py", "d.py")


def test_broken_ignore_file_is_read_as_far_as_possible(write: Write) -> None:
    folder = write({"pyproject.toml": EMPTY, "a.py": EMPTY, "b.py": EMPTY})
    (folder / ".gitignore").write_bytes(b"\xff\xfe\n!\n/\nb.py\n")
    assert found(".").analysed == ("a.py",)


def test_missing_path_is_named_and_the_rest_reviewed(write: Write) -> None:
    write({"pyproject.toml": EMPTY, "a.py": EMPTY})
    result = found("nope", "a.py", "")
    assert [problem.message for problem in result.problems] == [
        "nope: no such file or folder",
        ": no such file or folder",
    ]
    assert result.reported == {"a.py"}


def test_only_missing_paths(write: Write) -> None:
    write({"pyproject.toml": EMPTY, "a.py": EMPTY})
    result = found("nope/x.py")
    assert result.analysed == ()
    assert [problem.is_fatal for problem in result.problems] == [True]


def test_names_are_as_typed(write: Write) -> None:
    folder = write({"pyproject.toml": EMPTY, "app/a.py": EMPTY, "b.py": EMPTY})
    assert found("./app/").names == {"app/a.py": "app/a.py", "b.py": "b.py"}
    assert found(str(folder / "app")).names["app/a.py"] == str(folder / "app" / "a.py")
    mixed = found("b.py", str(folder / "app")).names
    assert mixed == {"b.py": "b.py", "app/a.py": str(folder / "app" / "a.py")}


def test_names_lead_out_of_the_current_folder(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"pyproject.toml": EMPTY, "app/a.py": EMPTY, "deep/b.py": EMPTY})
    monkeypatch.chdir(folder / "deep")
    assert found("../app").names["app/a.py"] == "../app/a.py"


def test_order_does_not_depend_on_the_paths(write: Write) -> None:
    write({"pyproject.toml": EMPTY, "b.py": EMPTY, "a/z.py": EMPTY, "a.py": EMPTY})
    one, other = found("b.py", "a"), found("a", "b.py")
    assert one.analysed == other.analysed == ("a.py", "a/z.py", "b.py")


@pytest.mark.skipif(os.name == "nt", reason="needs links")
class TestLinks:
    def test_loop_ends(self, write: Write) -> None:
        folder = write({"pyproject.toml": EMPTY, "app/a.py": EMPTY})
        (folder / "app" / "loop").symlink_to(folder, target_is_directory=True)
        assert found(".").analysed == ("app/a.py",)

    def test_linked_folder_named_explicitly_is_reviewed(self, write: Write) -> None:
        folder = write({"pyproject.toml": EMPTY, "real/a.py": EMPTY})
        (folder / "link").symlink_to(folder / "real", target_is_directory=True)
        assert found("link").reported == {"link/a.py"}

    def test_dangling_link_is_kept_for_the_report(self, write: Write) -> None:
        folder = write({"pyproject.toml": EMPTY})
        (folder / "gone.py").symlink_to(folder / "nowhere.py")
        assert found(".").analysed == ("gone.py",)
        assert found("gone.py").reported == {"gone.py"}

    def test_pipe_is_not_read(self, write: Write) -> None:
        folder = write({"pyproject.toml": EMPTY})
        os.mkfifo(folder / "pipe.py")
        assert found(".").analysed == ()

    def test_folder_called_like_a_file_is_a_folder(self, write: Write) -> None:
        write({"pyproject.toml": EMPTY, "x.py/a.py": EMPTY})
        assert found(".").analysed == ("x.py/a.py",)

    def test_folder_that_cannot_be_listed_is_no_end(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = write({"pyproject.toml": EMPTY, "a.py": EMPTY, "data/b.py": EMPTY})
        listing = os.scandir

        def refuse(path: Path) -> object:  # the superuser may list everything
            if Path(path).name == "data":
                raise PermissionError(13, "Permission denied")
            return listing(path)

        monkeypatch.setattr("dbreview.walk.os.scandir", refuse)
        result = found(".")
        assert result.analysed == ("a.py",)
        assert [(p.message, p.is_fatal) for p in result.problems] == [
            ("data: cannot be read: Permission denied", False)
        ]
        named = found("data")
        assert [problem.is_fatal for problem in named.problems] == [True]
        assert named.root == folder
