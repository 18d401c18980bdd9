"""What a file is for: application, test, migration, script or example. Most rules report on some only."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from dbreview import facts
from dbreview.facts import Module
from dbreview.link.syntax import walk
from dbreview.project import Role

_TEST_FOLDERS = frozenset(
    {"test", "tests", "testing", "e2e", "integration_tests", "unit_tests", "test_utils", "fixtures"}
)
_EXAMPLE_FOLDERS = frozenset(
    {"docs", "doc", "docs_src", "examples", "example", "samples", "sample", "tutorials", "benchmarks"}
)
_SCRIPT_FOLDERS = frozenset(
    {"scripts", "script", "cli", "commands", "management", "seeds", "seed", "seeders", "fixtures_data"}
)
_MIGRATION_FOLDERS = frozenset({"alembic", "migrations", "migration", "versions", "alembic_migrations"})
_SCRIPT_FILE = re.compile(r"(^|_)(seed|seeds|seeder|init_db|initial_data|init_data|seed_data)$")
_TEST_FILE = re.compile(r"^(test_.*|conftest)$")
_PERHAPS_TEST_FILE = re.compile(r"^.*_tests?$")


def role_of(module: Module) -> Role:
    """The role of a file, from its path and, for migrations, from what it declares."""
    path = PurePosixPath(module.path)
    folders = set(path.parts[:-1])
    if folders & _TEST_FOLDERS or _TEST_FILE.match(path.stem):
        return "test"
    if _PERHAPS_TEST_FILE.match(path.stem) and _has_tests(module):
        return "test"
    if is_revision(module) or is_of_aerich(module) or (folders & _MIGRATION_FOLDERS and _imports_alembic(module)):
        return "migration"
    if folders & _EXAMPLE_FOLDERS:
        return "example"
    if folders & _SCRIPT_FOLDERS or _SCRIPT_FILE.search(path.stem) or path.parts == ("setup.py",):
        return "script"
    return "application"


def _has_tests(module: Module) -> bool:
    return any(
        (isinstance(statement, facts.Function) and statement.name.startswith("test"))
        or (isinstance(statement, facts.Class) and statement.name.startswith("Test"))
        for statement in module.body
    )


def is_revision(module: Module) -> bool:
    """Whether this is an Alembic revision: it binds ``revision`` and ``down_revision`` at its top level."""
    bound = set()
    for statement in module.body:
        match statement:
            case facts.Assign((facts.Name(name),)) | facts.AnnotatedAssign(facts.Name(name)):
                bound.add(name)
    return {"revision", "down_revision"} <= bound


def is_of_aerich(module: Module) -> bool:
    """Whether this is a migration of Aerich: its functions are given a client of Tortoise ORM."""
    functions = {each.name for each in module.body if isinstance(each, facts.Function) and each.is_async}
    return {"upgrade", "downgrade"} <= functions and any(
        isinstance(each, facts.ImportFrom) and each.module.partition(".")[0] == "tortoise" for each in module.body
    )


def _imports_alembic(module: Module) -> bool:
    return any(
        (isinstance(node, facts.ImportFrom) and node.module.partition(".")[0] == "alembic")
        or (isinstance(node, facts.Import) and any(n.name.partition(".")[0] == "alembic" for n in node.names))
        for node in walk(module.body)
    )
