"""Facts to project: names, models, sessions, routes, and what the code does to the database."""

from __future__ import annotations

from collections.abc import Sequence

from dbreview.facts import Module, Unreadable
from dbreview.link.assemble import assemble, assemble_schema
from dbreview.link.interpret import Interpreter
from dbreview.link.names import Names
from dbreview.link.roles import role_of
from dbreview.link.schema.models import Models
from dbreview.project import Conventions, Project, Role


def link(modules: Sequence[Module], unreadable: Sequence[Unreadable], conventions: Conventions) -> Project:
    """Link the facts of all files of a project. The order of ``modules`` does not matter."""
    interpreter, roles = _with_models(modules, conventions)
    return assemble(interpreter, roles, _sorted(unreadable), conventions)


def link_schema(modules: Sequence[Module], unreadable: Sequence[Unreadable], conventions: Conventions) -> Project:
    """Link no more than the schema: models and tables, but not what functions do with them."""
    interpreter, roles = _with_models(modules, conventions)
    return assemble_schema(interpreter, roles, _sorted(unreadable), conventions)


def _with_models(modules: Sequence[Module], conventions: Conventions) -> tuple[Interpreter, dict[str, Role]]:
    ordered = sorted(modules, key=lambda module: module.path)
    interpreter = Interpreter(Names(ordered, conventions.src))
    interpreter.models = Models(interpreter)
    interpreter.models.read()
    interpreter.forget()
    return interpreter, {module.path: role_of(module) for module in ordered}


def _sorted(unreadable: Sequence[Unreadable]) -> tuple[Unreadable, ...]:
    return tuple(sorted(unreadable, key=lambda each: each.path))
