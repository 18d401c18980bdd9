"""Calls that make engines: what is known for sure of their arguments, and what surrounds them.

A value that only one path gives, or that an object, the environment or a library holds, is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Place
from dbreview.frameworks import python, sqlalchemy
from dbreview.link import effects
from dbreview.link.engines import addresses
from dbreview.link.events import Effect, EngineMaker
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import calls_in, dotted_name, last_name, names_in, walk
from dbreview.link.values import ClassValue, FunctionValue, ModuleValue, SessionKind, Symbol, Value
from dbreview.project import Role

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter

_LOOKING = frozenset({"get", "items", "keys", "values", "copy"})
_FILLING = frozenset({"update", "setdefault"})
_COPYING = frozenset({"dict", "len", "copy", "deepcopy", "bool", "isinstance"})
_DEEPEST = 6
_Keys: TypeAlias = frozenset[str] | None
"""The keys that code may have set or removed; None where that may be any."""


# --- while functions are read -------------------------------------------------------------


def note(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> None:
    """``create_engine(...)``, wherever it stands."""
    at = frame.place(node.at)
    effects.note(frame, Effect("engine", None, at, dotted.rpartition(".")[2]), at, node)
    keywords, is_open = _keywords(frame, arguments, node)
    is_request = frame.interpreter.is_request
    kind = sqlalchemy.ENGINE_MAKERS[dotted]
    found = EngineMaker(node, dotted, kind, frame.ref, tuple(keywords.items()), is_open, is_request, _is_called(frame))
    makers = frame.interpreter.events.engines
    makers[at] = _either(makers[at], found) if at in makers else found


def note_pool(frame: Frame, dotted: str, kind: SessionKind, arguments: Arguments, node: facts.Call) -> None:
    """``asyncpg.create_pool(...)``: a pool of connections by itself, without an engine."""
    at = frame.place(node.at)
    effects.note(frame, Effect("engine", None, at, dotted.rpartition(".")[2]), at, node)
    keywords, is_open = _keywords(frame, arguments, node)
    request = frame.interpreter.is_request
    found = EngineMaker(node, dotted, kind, frame.ref, tuple(keywords.items()), is_open, request, _is_called(frame))
    frame.interpreter.events.pools.setdefault(at, found)


def _is_called(frame: Frame) -> bool:
    """Whether a call decides what the function's parameters hold; else it is what anybody may give."""
    parameters = frame.interpreter.declared_parameters(frame.ref) if frame.ref is not None else {}
    return not parameters or any(frame.env.get(name) != value for name, value in parameters.items())


def _either(first: EngineMaker, second: EngineMaker) -> EngineMaker:
    """What two readings agree on. A call of the function says more than the function alone."""
    is_request = first.is_request or second.is_request
    if first.is_called is not second.is_called:
        return replace(first if first.is_called else second, is_request=is_request)
    given, other = dict(first.keywords), dict(second.keywords)
    keywords = {name: given.get(name) if given.get(name) == other.get(name) else None for name in given | other}
    return replace(
        first,
        keywords=tuple(keywords.items()),
        is_open=first.is_open or second.is_open,
        is_request=is_request,
    )


def _keywords(frame: Frame, arguments: Arguments, node: facts.Call) -> tuple[dict[str, Value], bool]:
    """The keywords of a call, with the values that are sure, and whether there may be others."""
    found = dict(arguments.keywords)
    unsure: _Keys = arguments.doubtful
    for argument in node.arguments:
        if argument.stars == "**":
            hidden = _hidden(frame, argument.value)
            unsure = None if unsure is None or hidden is None else unsure | hidden
        elif argument.keyword is not None and not is_sure(frame, argument.value):
            found[argument.keyword] = None
    direct = {argument.keyword for argument in node.arguments}
    for name in found:
        if name not in direct and (unsure is None or name in unsure):
            found[name] = None
    return {**found, **dict.fromkeys((unsure or frozenset()) - found.keys())}, arguments.is_open or unsure is None


def is_sure(frame: Frame, expression: Expression, depth: int = 0) -> bool:
    """Whether an expression has the same value in every process: the source alone decides it."""
    match expression:
        case facts.Constant() | facts.DictDisplay() | facts.Display():
            return True
        case facts.Conditional(_, body, orelse):
            return is_sure(frame, body, depth) and is_sure(frame, orelse, depth)
        case facts.Attribute(holder):
            return isinstance(frame.evaluate(holder), (Symbol, ModuleValue))
        case facts.Name(name) if depth < _DEEPEST:
            if frame.closure is not None and name in frame.closure.names:
                return False
            if name in frame.env and frame.ref is not None:
                values = addresses.values_of(frame.ref.facts.body, name)
                is_given = any(parameter.name == name for parameter in frame.ref.facts.parameters)
                if not values or is_given:
                    return is_given and values == []
                return all(is_sure(frame, value, depth + 1) for value in values)
            definition = frame.interpreter.names.resolve(frame.path, name)
            return not isinstance(definition, Variable) or _is_constant(frame.interpreter, definition)
    return False


def _is_constant(interpreter: Interpreter, definition: Variable) -> bool:
    """Whether a module binds a variable once."""
    body = interpreter.names.modules[definition.path].body
    values = addresses.values_of(body, definition.name)
    return values is not None and len(values) == 1 and not addresses.is_assigned_later(body, definition.name)


def _hidden(frame: Frame, expression: Expression) -> _Keys:
    """The keys of a dict that may be others than those which following the code has found."""
    match expression:
        case facts.DictDisplay() | facts.Call():
            return frozenset()
        case facts.Name(name) if name in frame.env and frame.ref is not None:
            return _touched(frame.ref.facts.body, name, is_followed=True)
        case facts.Name(name):
            definition = frame.interpreter.names.resolve(frame.path, name)
            if isinstance(definition, Variable) and _is_constant(frame.interpreter, definition):
                body = frame.interpreter.names.modules[definition.path].body
                return _touched(body, definition.name, is_followed=False)
    return None


def _touched(body: Block, name: str, *, is_followed: bool) -> _Keys:
    """The keys that a body sets or removes in a dict, apart from what is followed anyway."""
    keys: set[str] = set()
    for node in walk(body, into_functions=not is_followed):
        touched: _Keys = frozenset()
        match node:
            case facts.Assign(targets) if not is_followed:
                touched = _set_by(targets, name)
            case facts.Delete(facts.Subscript(facts.Name(found), key)) if found == name:
                touched = _key(key)
            case facts.AugmentedAssign(facts.Name(found)) if found == name:
                touched = None
            case facts.Call(facts.Attribute(facts.Name(found), method), arguments) if found == name:
                touched = _set_by_method(method, arguments, is_followed=is_followed)
            case facts.Call(func, arguments) if last_name(func) not in _COPYING | python.TELLS_ONLY:
                is_handed_on = any(not a.stars and dotted_name(a.value) == name for a in arguments)
                touched = None if is_handed_on else frozenset()
        if touched is None:
            return None
        keys |= touched
    return frozenset(keys)


def _set_by(targets: tuple[Expression, ...], name: str) -> _Keys:
    for target in targets:
        match target:
            case facts.Subscript(facts.Name(found), key) if found == name:
                return _key(key)
    return frozenset()


def _set_by_method(method: str, arguments: tuple[facts.Argument, ...], *, is_followed: bool) -> _Keys:
    if method in _LOOKING or (is_followed and method in _FILLING):
        return frozenset()
    first = arguments[0].value if arguments else None
    if method in ("setdefault", "pop") and first is not None:
        return _key(first)
    if method == "update" and all(argument.keyword is not None for argument in arguments):
        return frozenset(argument.keyword for argument in arguments if argument.keyword is not None)
    return None


def _key(expression: Expression) -> _Keys:
    is_known = isinstance(expression, facts.Constant) and isinstance(expression.value, str)
    return frozenset({str(expression.value)}) if is_known and isinstance(expression, facts.Constant) else None


# --- afterwards ---------------------------------------------------------------------------


def read_modules(interpreter: Interpreter, roles: dict[str, Role]) -> None:
    """Follow the calls that make engines while modules are imported, whether or not anybody uses the engines."""
    makers = {maker.function for maker in interpreter.events.engines.values() if maker.function is not None}
    names = {ref.owner.name if ref.owner and ref.facts.name == "__init__" else ref.facts.name for ref in makers}
    for path, module in sorted(interpreter.names.modules.items()):
        if roles.get(path) not in ("application", "script"):
            continue
        frame = interpreter.module_frame(path)
        may_rename = any(map(_is_sqlalchemy, interpreter.names.imported_libraries(path)))
        for node in _at_import(module.body):
            if dotted_name(node.func) is not None and (may_rename or last_name(node.func) in names):
                interpreter.guarded(Place(path, *node.at), partial(_follow, frame, node, makers))


def _is_sqlalchemy(library: str) -> bool:
    return library.startswith(("sqlalchemy", "sqlmodel"))


def _follow(frame: Frame, node: facts.Call, makers: set[FunctionRef]) -> None:
    match frame.evaluate(node.func):
        case Symbol(dotted) if dotted in sqlalchemy.ENGINE_MAKERS:
            frame.evaluate(node)
        case FunctionValue(ref) if ref in makers:
            frame.evaluate(node)
        case ClassValue(owner) if frame.interpreter.classes.member(owner, "__init__") in makers:
            frame.evaluate(node)


def _at_import(body: Block) -> Iterator[facts.Call]:
    for statement in body:
        if isinstance(statement, facts.Class):
            yield from _at_import(statement.body)
        elif not isinstance(statement, facts.Function):
            yield from calls_in((statement,))


def asks_for_main(test: Expression) -> bool:
    """``if __name__ == "__main__":``."""
    return "__name__" in names_in(test)


def body_of(interpreter: Interpreter, at: Place, maker: EngineMaker) -> Block:
    """The body in which an engine is made: a function's, or the module's."""
    return maker.function.facts.body if maker.function is not None else interpreter.names.modules[at.filename].body


def choices(body: Block, node: object) -> Iterator[tuple[Expression, bool]]:
    """The conditions under which a body comes to ``node``, each with whether it must hold.

    Those that only ask whether something is there already, to make it if not, are no choice.
    """
    for outer in walk(body):
        match outer:
            case facts.If(test, then, orelse):
                parts: tuple[tuple[object, bool], ...] = ((then, True), (orelse, False))
                if _is_lazy(outer):
                    continue
            case facts.Conditional(test, first, second):
                parts = ((first, True), (second, False))
            case facts.Match(test, cases):
                parts = ((cases, True),)
            case _:
                continue
        for part, holds in parts:
            if any(inner is node for inner in walk(part)):
                yield test, holds


def _is_lazy(statement: facts.If) -> bool:
    """``if _engine is None: _engine = create_engine(url)``, ``if key not in engines: engines[key] = ...``."""
    match statement.test:
        case facts.Comparison(subject, ("is" | "==",), (facts.Constant(None),)) | facts.UnaryOperation("not", subject):
            path = dotted_name(subject)
        case facts.Comparison(_, ("not in",), (holder,)):
            path = dotted_name(holder)
        case _:
            return False
    targets = (t for node in walk(statement.body) if isinstance(node, facts.Assign) for t in node.targets)
    return path is not None and any(
        dotted_name(target.value if isinstance(target, facts.Subscript) else target) == path for target in targets
    )


def other_makers(interpreter: Interpreter, at: Place, maker: EngineMaker) -> list[EngineMaker]:
    """What makes engines in the same body."""
    spans = {node.at for node in calls_in(body_of(interpreter, at, maker))}
    others = ((o, m) for o, m in interpreter.events.engines.items() if o.filename == at.filename and o != at)
    return [each for o, each in others if (o.line, o.column, o.end_line, o.end_column) in spans]
