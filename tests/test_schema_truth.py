"""dbreview reads the schema of an example as the ORM itself sees it once the example is imported.

The examples are ``tests/schemas`` (one idiom each), the applications under ``tests/fixtures``, and those of the
rules' pages. Comments in a schema say what is known to be wrong, and what nobody could know by reading:

    # misread: <aspect>: <reason>            turns red the day that the aspect is read right
    # unknown: <table or class>: <reason>    where dbreview says so, something may be missing, but not invented
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dbreview import run
from dbreview.report.schema import render
from dbreview.report.style import Style
from dbreview.rulebook import Rulebook
from dbreview.settings import find_settings
from metadata import Schema, truth_of
from pages import ROOT, Example, rule_pages
from schema_aspects import ASPECTS, UNKNOWN, Differences, differences

SCHEMAS = ROOT / "tests" / "schemas"
FIXTURES = ROOT / "tests" / "fixtures"
VARIABLES = ("DATABASE_URL", "ARCHIVE_URL", "ASYNC_DATABASE_URL")

_MARK = re.compile(r"^# (?P<kind>misread|unknown): (?P<what>[^:\n]+): (?P<reason>.+)$", re.MULTILINE)
_DECLARES = re.compile(
    r"DeclarativeBase|declarative_base|SQLModel|registry\(|MetaData\(|tortoise|Mapped\[|Column\(|table=True|__tablename__"
)

# What pages do to sessions and engines is none of this test's business.
pytestmark = pytest.mark.filterwarnings("ignore")


@dataclass(frozen=True)
class Declared:
    """Files that declare a schema. ``truth`` is what another environment's library said of them."""

    name: str
    files: tuple[tuple[str, str], ...]
    truth: str = ""

    def __str__(self) -> str:
        return self.name

    def marks(self, kind: str) -> dict[str, str]:
        found = (mark for _, text in self.files for mark in _MARK.finditer(text))
        return {mark["what"]: mark["reason"] for mark in found if mark["kind"] == kind}


def _schemas() -> Iterator[Declared]:
    for path in sorted(SCHEMAS.iterdir()):
        if path.name.startswith(("_", ".")) or path.suffix == ".json":
            continue
        kept = path.with_suffix(".json")
        yield Declared(path.stem, _files(path, SCHEMAS), kept.read_text(encoding="utf-8") if kept.exists() else "")


def _fixtures() -> Iterator[Declared]:
    for path in sorted(FIXTURES.iterdir()):
        if path.is_dir():
            yield Declared(path.name, _files(path, path))


def _files(path: Path, root: Path) -> tuple[tuple[str, str], ...]:
    found = [path] if path.is_file() else sorted(path.rglob("*.py")) + sorted(path.glob("pyproject.toml"))
    return tuple((each.relative_to(root).as_posix(), each.read_text(encoding="utf-8")) for each in found)


def _pages() -> Iterator[Declared]:
    """Examples of pages, of those with the same schema the first one."""
    seen = set()
    for page in rule_pages():
        for example in page.examples:
            declaring = frozenset(item for item in example.files.items() if _DECLARES.search(item[1]))
            if declaring and declaring not in seen and _can_be_imported(example):
                seen.add(declaring)
                yield Declared(str(example), tuple(example.files.items()))


def _can_be_imported(example: Example) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return all(compile(text, path, "exec") for path, text in example.files.items() if path.endswith(".py"))
        except SyntaxError:
            return False


EXAMPLES = [*_schemas(), *_fixtures(), *_pages()]
MISREAD = [
    pytest.param(
        example,
        aspect,
        marks=pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True),
        id=f"{example}-{aspect}",
    )
    for example in EXAMPLES
    for aspect, reason in example.marks("misread").items()
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_is_read_as_the_library_sees_it(example: Declared, tmp_path: Path) -> None:
    known = example.marks("misread")
    wrong = {aspect: each for aspect, each in _compared(example, tmp_path).items() if aspect not in known}
    assert not wrong, "\n".join(f"\n{aspect}:\n{each}" for aspect, each in wrong.items())


@pytest.mark.parametrize(("example", "aspect"), MISREAD)
def test_is_known_to_be_misread(example: Declared, aspect: str, tmp_path: Path) -> None:
    assert aspect not in _compared(example, tmp_path)


def test_every_mark_names_an_aspect() -> None:
    assert {aspect for example in EXAMPLES for aspect in example.marks("misread")} <= {*ASPECTS, UNKNOWN}


# --- both sides ---------------------------------------------------------------------------

_found: dict[Declared, dict[str, Differences]] = {}


def _compared(example: Declared, folder: Path) -> dict[str, Differences]:
    if example not in _found:
        _write(example, folder)
        _found[example] = differences(_truth(example, folder), read_schema(folder), example.marks("unknown"))
    return _found[example]


def _write(example: Declared, folder: Path) -> None:
    for path, text in example.files:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if not (folder / "pyproject.toml").exists():
        (folder / "dbreview.toml").touch()  # the project ends here, not somewhere above


def _truth(example: Declared, folder: Path) -> Schema:
    if example.truth:
        kept: Schema = json.loads(example.truth)
        return kept
    source = folder / "src" if (folder / "src").is_dir() else folder
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            scheme = "sqlite+aiosqlite" if name.startswith("ASYNC") or "async" in example.name else "sqlite"
            patch.setenv(name, f"{scheme}:///{folder / 'test.db'}")
        return truth_of(source, _declaring(example, folder, source))


def _declaring(example: Declared, folder: Path, source: Path) -> list[str]:
    """The files that declare something, as seen from where they are imported."""
    others = {"migrations", "alembic", "tests"}
    return [
        (folder / path).relative_to(source).as_posix()
        for path, text in example.files
        if path.endswith(".py") and _DECLARES.search(text) and not others.intersection(Path(path).parts)
    ]


def read_schema(folder: Path) -> Schema:
    """What dbreview reads in a folder: what ``dbreview schema --format json`` prints."""
    found = run.schema([str(folder)], find_settings(folder, Rulebook.read()))
    assert not [problem for problem in found.problems if problem.is_fatal], found.problems
    schema: Schema = json.loads(render(found, "json", Style()))
    return schema
