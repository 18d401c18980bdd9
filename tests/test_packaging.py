"""What is shipped is whole, and what the README promises is what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import dbreview
from dbreview.cli import SCHEMA_FORMATS, check, schema
from dbreview.rulebook import Rulebook
from dbreview.settings import FORMATS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True)
    return folder


def test_wheel_holds_the_package_and_the_pages(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    pages = {f"dbreview/rules/{page.name}" for page in (ROOT / "rules").glob("*.md")}
    assert pages <= names
    assert {"dbreview/py.typed", "dbreview/cli.py", "dbreview/report/sarif.py"} <= names
    assert {name.split("/")[0] for name in names} == {"dbreview", f"dbreview-{dbreview.__version__}.dist-info"}


def test_wheel_can_be_built_from_the_source_distribution(built: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data") if sys.version_info >= (3, 12) else archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    for name in ("rules", "tests", "LICENSE", "README.md", "CHANGELOG.md", ".pre-commit-hooks.yaml"):
        assert (folder / name).exists()
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"], cwd=folder, check=True)
    (again,) = (folder / "out").glob("*.whl")
    (first,) = built.glob("*.whl")
    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(first).namelist()


def test_installed_pages_are_those_of_the_checkout() -> None:
    assert Rulebook.read() == Rulebook.read(ROOT / "rules")


def test_version_is_one() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", dbreview.__version__)


def test_hook_gets_all_changed_files_at_once() -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    told = dict(re.findall(r"^[ -] (\w+): (.+)$", hooks, re.MULTILINE))
    assert told == {
        "id": "dbreview",
        "name": "dbreview",
        "description": "Review the data layer of FastAPI applications",
        "entry": "dbreview check --force-exclude",
        "language": "python",
        "types": "[python]",
        "pass_filenames": "true",
        "require_serial": "true",
    }


class TestReadme:
    def script(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "scripts/readme.py", *arguments],
            cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip

    def test_rule_table_is_fresh(self) -> None:
        told = self.script("check")
        assert (told.returncode, told.stderr) == (0, "")

    def test_commands_can_be_run(self) -> None:
        assert "dbreview tests/fixtures/" in self.script("run", "try").stdout
        assert ".venv/bin/pytest" in self.script("run", "test").stdout
        assert self.script("run", "other").returncode == 1

    def test_example_application_is_there(self) -> None:
        (example,) = re.findall(r"^\.venv/bin/dbreview (tests/fixtures/\S+)$", README, re.MULTILINE)
        assert (ROOT / example).is_dir()

    def test_every_setting_is_told(self) -> None:
        section = README.split("## Settings")[1].split("\n## ")[0]
        told = set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE))
        source = (ROOT / "src/dbreview/settings.py").read_text(encoding="utf-8")
        assert told == set(re.findall(r'^ {12}"([a-z-]+)": self', source, re.MULTILINE))

    def test_every_format_is_told(self) -> None:
        told = set(re.findall(r"^\| `(\w+)` \| ", README.split("`--output-format` |")[1].split("## ")[0], re.MULTILINE))
        assert told == set(FORMATS)
        told = set(re.findall(r"^\| `(\w+)` \| ", README.split("| `--format` |")[1].split("\n\n")[0], re.MULTILINE))
        assert told == set(SCHEMA_FORMATS)

    def test_every_option_told_exists(self) -> None:
        options = {name for option in (*check.params, *schema.params) for name in option.opts}
        assert set(re.findall(r"`(--[a-z-]+)", README)) <= options | {"--version"}

    def test_example_settings_are_valid(self, tmp_path: Path) -> None:
        from dbreview.settings import read_settings

        (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
        (tmp_path / "pyproject.toml").write_text(example)
        assert read_settings(tmp_path / "pyproject.toml", Rulebook.read()).created_columns == ("born_at",)


def test_nothing_speaks_of_the_machine_it_was_written_on() -> None:
    machine = re.compile(r"(?:^|[^A-Za-z0-9_.])/(?:work|root|farm|home/\w+)/")
    for file in (*ROOT.glob("*.md"), *ROOT.glob("rules/*.md"), ROOT / "pyproject.toml", ROOT / ".ci" / "run"):
        assert not machine.search(file.read_text(encoding="utf-8")), file.name
