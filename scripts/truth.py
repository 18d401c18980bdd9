"""Compares the schemas that dbreview reads in published applications with what their ORM says of them.

python scripts/truth.py --truth FOLDER    FOLDER holds one file per application, such as `zenml.json`, in the
                                          shape of `dbreview schema --format json`, written by importing it

Exit status 0 when nothing is invented and at least 99 % of every aspect is found. The applications are
downloaded and unpacked, never installed and never run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

APPLICATIONS = {
    "airflow": ("apache-airflow-core", "3.3.2"),
    "phoenix": ("arize-phoenix", "20.26.1"),
    "langflow": ("langflow-base", "1.13.0"),
    "open-webui": ("open-webui", "0.12.4"),
    "zenml": ("zenml", "0.98.0"),
}
"""What the truth's files are called, and which distribution of which version each of them describes."""

ENOUGH = 0.99

Fact = tuple[object, ...]
Schema = dict[str, list[dict[str, Any]]]


# --- aspects: a schema as facts that two readings have in common, or not -------------------


def tables(schema: Schema) -> Iterator[Fact]:
    yield from ((table["table"],) for table in schema["tables"])


def columns(schema: Schema) -> Iterator[Fact]:
    for table in schema["tables"]:
        for column in table["columns"]:
            yield table["table"], column["name"] if isinstance(column, dict) else column


def primary_keys(schema: Schema) -> Iterator[Fact]:
    yield from ((table["table"], *sorted(table["pk"])) for table in schema["tables"])


def foreign_keys(schema: Schema, *, only_bare: bool = False) -> Iterator[Fact]:
    for table in schema["tables"]:
        for key in table["fks"]:
            target = key["target"] if isinstance(key["target"], list) else [key["target"]]
            if not (only_bare and key["indexed"]):
                yield table["table"], tuple(key["columns"]), tuple(target)


def unindexed_foreign_keys(schema: Schema) -> Iterator[Fact]:
    return foreign_keys(schema, only_bare=True)


def indexes(schema: Schema) -> Iterator[Fact]:
    """Those of plain columns: there is more than one way to write an expression down."""
    for table in schema["tables"]:
        for index in table.get("indexes", ()):
            if not any(sign in str(column) for column in index["columns"] for sign in "( "):
                yield table["table"], *index["columns"]


def relationships(schema: Schema) -> Iterator[Fact]:
    for each in schema.get("relationships", ()):
        yield _class(each["class"]), each["attr"], _class(each["target"]), "many" if each["uselist"] else "one"


def loading(schema: Schema) -> Iterator[Fact]:
    for each in schema.get("relationships", ()):
        yield _class(each["class"]), each["attr"], str(each["lazy"])


ASPECTS: dict[str, Callable[[Schema], Iterable[Fact]]] = {
    "table": tables,
    "column": columns,
    "primary key": primary_keys,
    "foreign key": foreign_keys,
    "unindexed foreign key": unindexed_foreign_keys,
    "index": indexes,
    "relationship": relationships,
    "eager or lazy": loading,
}


def _class(dotted: str | None) -> str | None:
    """A class may be known under several modules."""
    return dotted.rpartition(".")[2] if dotted else None


# --- comparing ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """One aspect of one application: what both readings say, and what only one of them does."""

    application: str
    aspect: str
    both: int
    missing: tuple[Fact, ...]
    invented: tuple[Fact, ...]

    @property
    def found(self) -> float:
        """The share of the truth."""
        total = self.both + len(self.missing)
        return self.both / total if total else 1.0

    @property
    def is_good(self) -> bool:
        return self.found >= ENOUGH and not self.invented


def compare(application: str, truth: Schema, answer: Schema) -> Iterator[Comparison]:
    for aspect, facts_of in ASPECTS.items():
        true, told = set(facts_of(truth)), set(facts_of(answer))
        missing, invented = sorted(true - told, key=str), sorted(told - true, key=str)
        yield Comparison(application, aspect, len(true & told), tuple(missing), tuple(invented))


def show(compared: Iterable[Comparison], seconds: float, most: int) -> None:
    """The rows of one application, the time that it took in the first of them."""
    took = f"{seconds:8.1f}"
    for each in compared:
        counted = f"{each.found:9.2%}{len(each.missing):9}{len(each.invented):10}"
        print(f"{each.application:<12}{each.aspect:<24}{counted}{took}".rstrip(), flush=True)
        took = ""
        for sign, facts in (("-", each.missing), ("+", each.invented)):
            for fact in facts[:most]:
                print(f"    {sign}", *fact)


# --- applications -------------------------------------------------------------------------


def unpacked(distribution: str, version: str, cache: Path) -> Path:
    """The folder with the files of a wheel, which is fetched the first time."""
    folder = cache / f"{distribution}-{version}"
    if folder.is_dir():
        return folder
    wheels = cache / "wheels" / folder.name
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    only = ["--no-deps", "--ignore-requires-python", "--only-binary=:all:"]
    subprocess.run([*pip, *only, "--dest", str(wheels), f"{distribution}=={version}"], check=True)
    (wheel,) = wheels.glob("*.whl")
    half = cache / f".{folder.name}.{os.getpid()}"
    zipfile.ZipFile(wheel).extractall(half)
    half.rename(folder)
    return folder


def schema_of(folder: Path) -> tuple[Schema, float]:
    """What dbreview reads, and how many seconds it takes."""
    start = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-m", "dbreview", "schema", str(folder), "--isolated", "--format", "json"],
        stdout=subprocess.PIPE,
        check=False,
    )
    if told.returncode:
        sys.exit(f"dbreview could not read {folder}: exit status {told.returncode}")
    schema: Schema = json.loads(told.stdout)
    return schema, time.monotonic() - start


def cache_of_user() -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(caches) / "dbreview" / "applications"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"by default all: {', '.join(APPLICATIONS)}")
    parser.add_argument("--truth", type=Path, required=True, help="folder with what is true")
    parser.add_argument("--cache", type=Path, default=cache_of_user(), help="where to unpack applications")
    parser.add_argument("--apps", type=Path, help="where they are unpacked already, in folders named as on PyPI")
    parser.add_argument("--show", type=int, default=5, metavar="N", help="differences shown per row (default: 5)")
    given = parser.parse_args()
    if unknown := set(given.names) - APPLICATIONS.keys():
        parser.error(f"no such application: {', '.join(sorted(unknown))}")
    is_good = True
    print(f"{'application':<12}{'aspect':<24}{'found':>9}{'missing':>9}{'invented':>10}{'seconds':>8}")
    for name in given.names or APPLICATIONS:
        distribution, version = APPLICATIONS[name]
        folder = given.apps / distribution if given.apps else unpacked(distribution, version, given.cache)
        truth: Schema = json.loads((given.truth / f"{name}.json").read_text(encoding="utf-8"))
        answer, seconds = schema_of(folder)
        compared = list(compare(name, truth, answer))
        show(compared, seconds, given.show)
        is_good &= all(each.is_good for each in compared)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
