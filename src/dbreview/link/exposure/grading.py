"""How sure it is that a column must not leave: an accident, a schema's choice, or what the route is there for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview.finding import SURENESS, Confidence
from dbreview.frameworks import sensitive
from dbreview.link.exposure import columns
from dbreview.link.exposure.leaks import Leak

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.routes import FoundRoute

__all__ = ["SURENESS", "confidence"]

_ACCIDENTS = frozenset({"entity", "dump"})


def confidence(interpreter: Interpreter, found: FoundRoute, leak: Leak) -> Confidence:
    """High for passwords and accidents, medium for what a schema shows to readers, low for what is handed out."""
    if leak.column.kind == "password":
        if columns.is_of_another_system(interpreter, leak.model):
            return "medium" if leak.how in _ACCIDENTS else "low"
        return "medium" if leak.is_unsure or leak.how == "written" else "high"
    if hands_out(found, leak):
        return "low"
    if leak.how in _ACCIDENTS:
        is_table = leak.schema is not None
        return "medium" if leak.is_unsure or is_table else "high"
    is_read = "GET" in found.route.methods
    return "medium" if is_read and leak.how != "written" else "low"


def hands_out(found: FoundRoute, leak: Leak) -> bool:
    """Whether the path operation is there to give a key or token to somebody who may have it."""
    route = found.route
    if sensitive.HANDS_OUT.search(f"{route.path} {route.function}"):
        return True
    return "GET" not in route.methods and sensitive.is_key(leak.model.name)
