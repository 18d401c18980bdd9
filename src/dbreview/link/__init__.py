"""Facts to project: names, models, sessions, routes, and what the code does to the database."""

from __future__ import annotations

from collections.abc import Sequence

from dbreview.facts import Module, Unreadable
from dbreview.link.assemble import assemble
from dbreview.link.interpret import Interpreter
from dbreview.link.names import Names
from dbreview.link.roles import role_of
from dbreview.link.schema.models import Models
from dbreview.project import Conventions, Project


def link(modules: Sequence[Module], unreadable: Sequence[Unreadable], conventions: Conventions) -> Project:
    """Link the facts of all files of a project. The order of ``modules`` does not matter."""
    ordered = sorted(modules, key=lambda module: module.path)
    names = Names(ordered, conventions.src)
    roles = {module.path: role_of(module) for module in ordered}
    interpreter = Interpreter(names)
    interpreter.models = Models(interpreter)
    interpreter.models.read()
    interpreter.forget()
    return assemble(interpreter, roles, tuple(sorted(unreadable, key=lambda u: u.path)), conventions)
