"""What of the application runs without being asked: when its modules are imported, and when the server starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from dbreview import facts
from dbreview.facts import Block, Expression, Span
from dbreview.frameworks import creating, python
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import last_name, names_in, walk
from dbreview.link.values import FunctionValue
from dbreview.project import Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

Chain: TypeAlias = tuple[facts.Function, ...]
"""A function and those around it, the innermost first."""


@dataclass(frozen=True, slots=True)
class Start:
    """A function that runs when the server starts, and the places that see to it where it is given to somebody.

    ``around`` are the functions in which it is defined; each place comes with those around it.
    """

    ref: FunctionRef
    around: Chain
    places: tuple[tuple[str, Span, Chain], ...]


def served_files(interpreter: Interpreter, roles: dict[str, Role]) -> set[str]:
    """The files that are imported where the server runs. Others are run by themselves, by hand."""
    names = interpreter.names
    waiting = [
        path
        for path in names.modules
        if roles.get(path) == "application"
        and any(library.partition(".")[0] in creating.SERVERS for library in names.imported_libraries(path))
    ]
    found = set(waiting)
    while waiting:
        new = {path for path in names.imports(waiting.pop()) if path not in found}
        found |= new
        waiting += sorted(new)
    return found


def imported_calls(body: Block) -> Iterator[facts.Call]:
    """The calls that importing a module makes, not those of `if __name__ == "__main__":`."""
    for statement in body:
        match statement:
            case facts.If(test) if "__name__" in names_in(test):
                continue
            case facts.Class(_, _, _, inner):
                yield from imported_calls(inner)
            case facts.Function():
                continue
            case _:
                yield from (node for node in walk(statement) if isinstance(node, facts.Call))


def functions_in(interpreter: Interpreter, path: str) -> Iterator[tuple[FunctionRef, Chain]]:
    """All functions of a file, nested ones too."""
    known = {ref.facts: ref for ref in interpreter.names.functions if ref.path == path}
    for chain in _chains(interpreter.names.modules[path].body, ()):
        yield known.get(chain[0]) or interpreter.local_ref(path, chain[0]), chain


def _chains(body: Block, around: Chain) -> Iterator[Chain]:
    for node in walk(body):
        if isinstance(node, facts.Function):
            yield (node, *around)
            yield from _chains(node.body, (node, *around))
        elif isinstance(node, facts.Class):
            yield from _chains(node.body, around)


def starting_functions(interpreter: Interpreter, paths: list[str]) -> Iterator[Start]:
    """The functions of these files that run when the server starts, and those that make its application."""
    chains: dict[FunctionRef, Chain] = {}
    named: dict[FunctionRef, list[tuple[str, Span, Chain]]] = {}
    mentioned: set[str] = set()
    for path in paths:
        chains |= dict(functions_in(interpreter, path))
        mentioned |= _mentioned(interpreter.names.modules[path].body)
        for expression, around in _registered(interpreter.names.modules[path].body, ()):
            for ref in _meant(interpreter, path, expression, around):
                named.setdefault(ref, []).append((path, expression.at, around))
    for ref, chain in chains.items():
        is_lifespan = _is_lifespan(interpreter, ref) and ref.facts.name in mentioned
        if ref in named or is_lifespan or _is_started(ref) or _makes_application(interpreter, ref):
            yield Start(ref, chain[1:], tuple(named.get(ref, ())))


def _mentioned(body: Block) -> set[str]:
    nodes = (node for node in walk(body, into_functions=True) if isinstance(node, facts.Name | facts.Attribute))
    return {node.id if isinstance(node, facts.Name) else node.attr for node in nodes}


def _is_started(ref: FunctionRef) -> bool:
    """``@app.on_event("startup")``."""
    return any(
        isinstance(decorator, facts.Call)
        and last_name(decorator.func) == creating.ON_EVENT
        and any(_is_startup(argument.value) for argument in decorator.arguments)
        for decorator in ref.facts.decorators
    )


def _is_startup(expression: Expression) -> bool:
    return isinstance(expression, facts.Constant) and expression.value == creating.STARTING


def _is_lifespan(interpreter: Interpreter, ref: FunctionRef) -> bool:
    """``@asynccontextmanager async def lifespan(app: FastAPI)``."""
    return interpreter.is_a(ref, python.CONTEXT_DECORATORS) and any(
        parameter.annotation is not None and last_name(parameter.annotation) in creating.APPLICATIONS
        for parameter in ref.facts.parameters
    )


def _makes_application(interpreter: Interpreter, ref: FunctionRef) -> bool:
    """``def create_app() -> FastAPI:``, which the server calls where nothing else does."""
    body = ref.facts.body
    makes = any(
        isinstance(node, facts.Call)
        and last_name(node.func) in creating.APPLICATIONS
        and interpreter.module_frame(ref.path).symbol_of(node.func) is not None
        for node in walk(body)
    )
    return makes and any(isinstance(node, facts.Return) and node.value is not None for node in walk(body))


def _registered(body: Block, chain: Chain) -> Iterator[tuple[Expression, Chain]]:
    """What is given to ``FastAPI(lifespan=...)``, ``app.add_event_handler("startup", ...)`` and the like."""
    for node in walk(body):
        match node:
            case facts.Function():
                yield from _registered(node.body, (node, *chain))
            case facts.Class():
                yield from _registered(node.body, chain)
            case facts.Call(facts.Attribute(_, creating.ADD_HANDLER), arguments):
                if any(_is_startup(argument.value) for argument in arguments):
                    yield from ((argument.value, chain) for argument in arguments)
            case facts.Call(facts.Attribute(facts.Attribute(_, kept), "append"), arguments):
                if kept in creating.STARTING_ATTRIBUTES:
                    yield from ((argument.value, chain) for argument in arguments)
            case facts.Call(_, arguments):
                yield from ((a.value, chain) for a in arguments if a.keyword in creating.STARTS)
            case facts.Assign((facts.Attribute(_, kept),), value) if kept in creating.STARTING_ATTRIBUTES:
                yield value, chain


def _meant(interpreter: Interpreter, path: str, expression: Expression, chain: Chain) -> Iterator[FunctionRef]:
    """The functions that an expression names: of the module, of the object, or defined around it."""
    for node in walk(expression):
        if isinstance(node, facts.Lambda):
            continue
        if isinstance(node, facts.Name):
            local = next((f for f in _nested(chain) if f.name == node.id), None)
            if local is not None:
                yield interpreter.local_ref(path, local)
                continue
        if isinstance(node, facts.Name | facts.Attribute | facts.Call):
            value = interpreter.module_frame(path).evaluate(node)
            if isinstance(value, FunctionValue):
                yield value.ref
        if isinstance(node, facts.Attribute) and isinstance(node.value, facts.Name) and node.value.id == "self":
            yield from _methods(interpreter, path, node.attr, chain)


def _nested(chain: Chain) -> Iterator[facts.Function]:
    for function in chain:
        yield from (node for node in walk(function.body) if isinstance(node, facts.Function))


def _methods(interpreter: Interpreter, path: str, name: str, chain: Chain) -> Iterator[FunctionRef]:
    """``self.start`` in a method: the method of this name beside it."""
    for ref in interpreter.names.functions:
        if ref.path == path and ref.owner is not None and ref.facts in chain:
            member = interpreter.classes.member(ref.owner, name)
            if isinstance(member, FunctionRef):
                yield member
