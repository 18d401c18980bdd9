"""Tells how much dbreview understands of the migrations below some folders, and whether what it understands is so.

python scripts/migrations.py ROOT...                        operations read and not read, per history, and why not
python scripts/migrations.py ROOT --show                    each operation that was not read
python scripts/migrations.py ROOT --compare ALEMBIC.INI     runs `alembic upgrade heads` with this configuration, on an
                                                            empty SQLite file or `--url`, and compares the schemas

Only the files of the migrations, and what they import, are read. Nothing of the root is run, unless `--compare` is
given: then Alembic runs it, in a process of its own, with `--python`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from dbreview import facts
from dbreview.conventions import conventions_of
from dbreview.extract import extract
from dbreview.facts import Module
from dbreview.link import link_schema
from dbreview.link.syntax import walk
from dbreview.project import Column, History, Project, Table
from dbreview.room import with_room
from dbreview.settings import Settings

_MARKS = (b"down_revision", b"BaseDBAsyncClient")
_DEEPEST = 3
_MOST_REASONS = 12


# --- reading ------------------------------------------------------------------------------


def read(root: Path, dialect: str | None) -> Project:
    """The project as far as its migrations tell."""
    settings = Settings(dialect=dialect)
    modules = list(_modules(root))
    paths = tuple(module.path for module in modules)
    conventions = replace(conventions_of(settings, root, paths), dependencies=())
    return link_schema(modules, (), conventions)


def _modules(root: Path) -> Iterator[Module]:
    """The migrations, their `env.py`, and what they import."""
    sources = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.py"))}
    waiting = [name for name, path in sources.items() if _is_wanted(path)]
    seen = set(waiting)
    for _ in range(_DEEPEST):
        found = [extract(name, sources[name].read_bytes()) for name in waiting]
        modules = [each for each in found if isinstance(each, Module)]
        yield from modules
        wanted = {name for module in modules for name in _imported(module, sources)}
        wanted |= {
            name
            for module in modules
            for folder in Path(module.path).parents
            if (name := (folder / "__init__.py").as_posix()) in sources
        }
        waiting = sorted(wanted - seen)
        seen |= wanted


def _is_wanted(path: Path) -> bool:
    text = path.read_bytes()
    return any(mark in text for mark in _MARKS) or (path.name == "env.py" and b"alembic" in text)


def _imported(module: Module, sources: Iterable[str]) -> Iterator[str]:
    for node in walk(module.body, into_functions=True):
        dotted: list[str] = []
        match node:
            case facts.Import(names):
                dotted = [name.name for name in names]
            case facts.ImportFrom(name, 0, names):
                dotted = [name, *(f"{name}.{each.name}" for each in names)]
            case facts.ImportFrom(name, level, names):
                package = Path(module.path).parts[:-level]
                dotted = [".".join((*package, name))] + [".".join((*package, name, each.name)) for each in names]
        for each in dotted:
            path = each.strip(".").replace(".", "/")
            for end in (f"{path}.py", f"{path}/__init__.py"):
                yield from (known for known in sources if known == end or known.endswith(f"/{end}"))


# --- telling ------------------------------------------------------------------------------


def tell(root: Path, project: Project, seconds: float, *, shows: bool) -> tuple[int, int]:
    """Print what was read of the histories of one root; how many operations were read, and how many not."""
    print(f"{root.name}: {len(project.histories)} histories, {seconds:.2f} s")
    for history in project.histories:
        total = history.read + history.unread
        share = f"{history.read / total:6.1%}" if total else "     -"
        print(
            f"  {history.folder} ({history.tool}, {history.dialect}): {len(history.revisions)} revisions, "
            f"{len(history.tables)} tables, {history.read} of {total} operations read {share}"
        )
        reasons = Counter(reason for _, reason in history.reasons)
        for reason, count in reasons.most_common(_MOST_REASONS):
            print(f"    {count:5} {reason}")
        for at, reason in history.reasons if shows else ():
            print(f"      {at.filename}:{at.line}: {reason}")
    for event in project.required_columns:
        print(f"  DBR603 {event.at.filename}:{event.at.line} {event.table}.{event.column} ({event.confidence})")
    for broken in project.broken_chains:
        print(f"  DBR606 {broken.at.filename}:{broken.at.line} {broken.problem} {broken.names} ({broken.confidence})")
    for left in project.irreversible_migrations if shows else ():
        print(f"  DBR605 {left.at.filename}:{left.at.line} {', '.join(left.left[:4])}")
    print(f"  DBR605: {len(project.irreversible_migrations)} revisions")
    for at, error in project.mistakes:
        print(f"  mistake at {at.filename}:{at.line}: {error!r}")
    return sum(h.read for h in project.histories), sum(h.unread for h in project.histories)


# --- comparing ----------------------------------------------------------------------------

_UPGRADE = """
import json, sys
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect
config = Config(sys.argv[1])
config.set_main_option("sqlalchemy.url", sys.argv[2].replace("%", "%%"))
command.upgrade(config, "heads")
print("\\n@@" + json.dumps(describe(create_engine(sys.argv[3]))))
"""

DESCRIBE = """
def describe(engine):
    from sqlalchemy import inspect
    found = {}
    inspector = inspect(engine)
    for name in inspector.get_table_names():
        if name.startswith("alembic_version"):
            continue
        found[name] = {
            "columns": {c["name"]: [bool(c["nullable"]), str(c["type"])] for c in inspector.get_columns(name)},
            "primary key": inspector.get_pk_constraint(name)["constrained_columns"],
            "indexes": sorted([i["column_names"], bool(i["unique"])] for i in inspector.get_indexes(name)
                              if None not in i["column_names"] and not i.get("duplicates_constraint")),
            "uniques": sorted(u["column_names"] for u in inspector.get_unique_constraints(name)),
            "keys": sorted([k["constrained_columns"], k["referred_table"], k["referred_columns"]]
                           for k in inspector.get_foreign_keys(name)),
        }
    return found
"""

_FAMILIES = {
    "time": ("interval", "date", "time"),
    "integer": ("bool", "int", "serial"),
    "number": ("numeric", "decimal", "float", "double", "real"),
    "json": ("json",),
    "binary": ("blob", "binary", "bytea"),
}


def family(type_: str) -> str:
    """What two names of types have in common where they mean the same; texts are whatever is nothing else."""
    return next((kind for kind, parts in _FAMILIES.items() if any(part in type_.lower() for part in parts)), "text")


def upgraded(config: Path, url: str, python: str, environment: dict[str, str]) -> dict[str, Any]:
    """The schema after Alembic's own `upgrade heads`, by table."""
    sync = url.replace("+aiosqlite", "").replace("+asyncpg", "+psycopg")
    ran = subprocess.run(
        [python, "-c", DESCRIBE + _UPGRADE, str(config), url, sync],
        cwd=config.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    told = ran.stdout.rpartition("@@")[2]
    if ran.returncode != 0 or not told:
        raise SystemExit(f"alembic failed:\n{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}")
    result: dict[str, Any] = json.loads(told)
    return result


def described(history: History) -> dict[str, Any]:
    """The same of what was replayed."""
    return {table.full_name: _described(table) for table in history.tables if not table.unknown or table.columns}


def _type(column: Column) -> str | None:
    """The name of a type that the library or SQL defines; what others stand for, only they know."""
    known = column.type is not None and (column.type.is_standard or column.type.name.isupper())
    return column.type.name if column.type is not None and known else None


def _described(table: Table) -> dict[str, Any]:
    indexes = ([list(i.columns), i.is_unique] for i in table.indexes if "" not in i.columns)
    keys = (
        [list(key.columns), (key.target_table or "?"), [each.rpartition(".")[2] for each in key.target]]
        for key in table.foreign_keys
    )
    return {
        "columns": {c.name: [c.is_nullable, _type(c)] for c in table.columns},
        "primary key": list(table.primary_key),
        "indexes": sorted(indexes),
        "uniques": sorted(list(unique.columns) for unique in table.uniques),
        "keys": sorted(keys),
    }


def differences(truth: dict[str, Any], replayed: dict[str, Any]) -> Iterator[str]:
    """What the two schemas do not agree on."""
    for name in sorted(truth.keys() - replayed.keys()):
        yield f"table {name} is missing"
    for name in sorted(replayed.keys() - truth.keys()):
        yield f"table {name} is invented"
    for name in sorted(truth.keys() & replayed.keys()):
        yield from _differences_in(name, replayed[name], truth[name])


def _differences_in(name: str, mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    for column in sorted(theirs["columns"].keys() ^ mine["columns"].keys()):
        yield f"{name}.{column} is {'missing' if column in theirs['columns'] else 'invented'}"
    for column in sorted(theirs["columns"].keys() & mine["columns"].keys()):
        (null, type_), (my_null, my_type) = theirs["columns"][column], mine["columns"][column]
        if my_null is not None and null is not my_null:
            yield f"{name}.{column} is {'nullable' if null else 'NOT NULL'}, not {my_null}"
        if my_type is not None and family(type_) != family(my_type):
            yield f"{name}.{column} is {type_}, not {my_type}"
    for aspect in ("primary key", "indexes", "uniques", "keys"):
        wanted, got = Counter(map(repr, theirs[aspect])), Counter(map(repr, mine[aspect]))
        for each in wanted - got:
            yield f"{name}: {aspect} {each} is missing"
        for each in got - wanted:
            yield f"{name}: {aspect} {each} is invented"


def compare(project: Project, arguments: argparse.Namespace) -> int:
    """Print the differences between the replay and what Alembic does; how many there are."""
    config = Path(arguments.compare).resolve()
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.url or f"sqlite:///{folder}/compared.db"
        environment = dict(each.partition("=")[::2] for each in arguments.env)
        environment = {name: value.replace("{url}", url) for name, value in environment.items()}
        truth = upgraded(config, url, arguments.python, environment)
    histories = [h for h in project.histories if arguments.history in h.folder]
    replayed: dict[str, Any] = {}
    for history in histories:
        replayed |= described(history)
    found = list(differences(truth, replayed))
    print(f"  {len(truth)} tables after `alembic upgrade heads`, {len(found)} differences")
    for each in found:
        print(f"    {each}")
    return len(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--dialect", help="the database to replay for")
    parser.add_argument("--show", action="store_true", help="list what was not read")
    parser.add_argument("--compare", metavar="ALEMBIC.INI", help="run Alembic with this configuration and compare")
    parser.add_argument("--url", help="the database that Alembic runs on, if not an empty SQLite file")
    parser.add_argument("--python", default=sys.executable, help="the Python that runs Alembic")
    parser.add_argument("--env", action="append", default=[], help="NAME=VALUE for Alembic; {url} is the database")
    parser.add_argument("--history", default="", help="compare histories only whose folder contains this")
    arguments = parser.parse_args()
    read_all = unread_all = wrong = 0
    for root in arguments.roots:
        start = time.perf_counter()
        dialect = arguments.dialect or ("sqlite" if arguments.compare and not arguments.url else None)
        project = with_room(lambda root=root, dialect=dialect: read(root.resolve(), dialect))  # type: ignore[misc]
        done, missed = tell(root, project, time.perf_counter() - start, shows=arguments.show)
        read_all += done
        unread_all += missed
        if arguments.compare:
            wrong += compare(project, arguments)
    total = read_all + unread_all
    print(f"{read_all} of {total} operations read, {read_all / total:.1%}" if total else "no operations")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
