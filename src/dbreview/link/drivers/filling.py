"""Variables of modules that are None until a function makes the pool or connection that they are for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import drivers
from dbreview.link.drivers import opening
from dbreview.link.syntax import walk
from dbreview.link.values import Value

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_MAKERS = drivers.POOL_MAKERS.keys() | drivers.CONNECTS | drivers.CONNECTS_ASYNC


def filled(interpreter: Interpreter, path: str, name: str) -> Value:
    """``global pool; pool = await asyncpg.create_pool(...)``, seen from outside of the function."""
    for function in interpreter.names.modules[path].body:
        if not isinstance(function, facts.Function) or name not in _globals(function):
            continue
        for node in walk(function.body):
            match node:
                case facts.Assign((facts.Name(target),), value) if target == name:
                    call = value.value if isinstance(value, facts.Await) else value
                    dotted = _maker(interpreter, path, call)
                    if dotted is not None:
                        kind = drivers.POOL_MAKERS.get(dotted) or ("sync" if dotted in drivers.CONNECTS else "async")
                        at = interpreter.module_frame(path).place(call.at)
                        return replace(opening.of_type(dotted, kind), given=at)
    return None


def _globals(function: facts.Function) -> set[str]:
    declared = (node for node in walk(function.body) if isinstance(node, facts.ScopeDeclaration))
    return {name for each in declared if each.kind == "global" for name in each.names}


def _maker(interpreter: Interpreter, path: str, call: facts.Expression) -> str | None:
    if not isinstance(call, facts.Call):
        return None
    dotted = interpreter.module_frame(path).symbol_of(call.func)
    return dotted if dotted in _MAKERS else None
