"""The project's own decorators that keep what a function returns, and give it to later callers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Place
from dbreview.frameworks import caches
from dbreview.link.lifetimes.closures import has_own
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import dotted_name, last_name, names_in, walk
from dbreview.link.values import ClassValue, Entries, FunctionValue, Instance, Items, LibraryObject

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


@dataclass(frozen=True, slots=True)
class Memo:
    """Where a decorator keeps results, and how a session among the arguments is in its keys."""

    made_at: Place
    key: Literal["session", "text"] | None


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """A function that a decorator puts in the place of the one that it is given, and the functions around it."""

    function: facts.Function
    around: tuple[facts.Function, ...]
    given: str


def memo_of(interpreter: Interpreter, outer: FunctionRef) -> Memo | None:
    """What a function that decorates keeps, if it keeps results as they are."""
    for wrapper in _wrappers(outer.facts):
        for holder, key in _stores(interpreter, outer, wrapper):
            made_at = _home(interpreter, outer, wrapper, holder)
            if made_at is not None and _is_read(wrapper, holder):
                return Memo(made_at, _kind_of_key(wrapper, key))
    return None


def function_of(interpreter: Interpreter, path: str, decorator: Expression) -> FunctionRef | None:
    """The function of the project that decorates: itself, or ``__call__`` of an object."""
    frame = interpreter.module_frame(path)
    is_call = isinstance(decorator, facts.Call)
    match frame.evaluate(decorator.func if isinstance(decorator, facts.Call) else decorator):
        case FunctionValue(ref):
            return ref
        case ClassValue(ref):
            member = interpreter.classes.member(ref, "__call__")
        case Instance(ref) if not is_call:
            member = interpreter.classes.member(ref, "__call__")
        case _:
            return None
    return member if isinstance(member, FunctionRef) else None


def _wrappers(outer: facts.Function, around: tuple[facts.Function, ...] = ()) -> Iterator[_Wrapper]:
    """The functions inside that call a parameter of a function around them."""
    here = (*around, outer)
    given = {parameter.name for each in around for parameter in each.parameters}
    for node in walk(outer.body):
        if isinstance(node, facts.Call):
            name = dotted_name(node.func) or ""
            if name in given and not any(parameter.name == name for parameter in outer.parameters):
                yield _Wrapper(outer, around, name)
            elif not around and outer.name == "__call__" and name.startswith("self.") and _is_star(node):
                yield _Wrapper(outer, around, name)  # a class that decorates: `self.function(*args)`
    for node in walk(outer.body):
        if isinstance(node, facts.Function):
            yield from _wrappers(node, here)


def _is_star(call: facts.Call) -> bool:
    return any(argument.stars == "*" for argument in call.arguments)


# --- what is stored -----------------------------------------------------------------------


def _stores(interpreter: Interpreter, outer: FunctionRef, wrapper: _Wrapper) -> Iterator[tuple[Expression, Expression]]:
    """What the wrapper keeps results in, as it is written, with the keys."""
    body = wrapper.function.body
    results = _results(wrapper)
    for node in walk(body):
        match node:
            case facts.Assign(targets, value) if _has_result(interpreter, outer, wrapper, value, results):
                yield from ((t.value, t.index) for t in targets if isinstance(t, facts.Subscript))
            case facts.Call(facts.Attribute(holder, method), arguments) if len(arguments) > 1:
                value = arguments[1].value
                if method == "setdefault" and _has_result(interpreter, outer, wrapper, value, results):
                    yield holder, arguments[0].value


def _results(wrapper: _Wrapper) -> frozenset[str]:
    """The variables that hold what the function returned, and nothing that was made of it."""
    found: set[str] = set()
    other: set[str] = set()
    for node in walk(wrapper.function.body):
        match node:
            case facts.Assign((facts.Name(name),), value) | facts.NamedExpression(facts.Name(name), value):
                if _is_result(wrapper, value):
                    found.add(name)
                elif not _is_lookup(value):
                    other.add(name)
    return frozenset(found - other)


def _is_result(wrapper: _Wrapper, value: Expression) -> bool:
    call = value.value if isinstance(value, facts.Await) else value
    return isinstance(call, facts.Call) and dotted_name(call.func) == wrapper.given


def _is_lookup(value: Expression) -> bool:
    """``_cache[key]``, ``_cache.get(key)``, or nothing yet."""
    match value:
        case facts.Subscript() | facts.Constant(None) | facts.Call(facts.Attribute(_, "get")):
            return True
    return False


def _has_result(
    interpreter: Interpreter, outer: FunctionRef, wrapper: _Wrapper, value: Expression, results: frozenset[str]
) -> bool:
    """Whether a value is the result, or a tuple, dict or object of the project that it is put into."""
    match value:
        case facts.Name(name):
            return name in results
        case facts.Display(_, items):
            return any(_has_result(interpreter, outer, wrapper, each, results) for each in items)
        case facts.DictDisplay(items):
            return any(_has_result(interpreter, outer, wrapper, each.value, results) for each in items)
        case facts.Call(func, arguments) if not _is_result(wrapper, value):
            made = interpreter.module_frame(outer.path).evaluate(func)
            is_holder = isinstance(made, ClassValue) and not interpreter.schemas.is_schema(made.ref)
            return is_holder and any(_has_result(interpreter, outer, wrapper, a.value, results) for a in arguments)
    return _is_result(wrapper, value)


# --- where, and by which key --------------------------------------------------------------


def _home(interpreter: Interpreter, outer: FunctionRef, wrapper: _Wrapper, holder: Expression) -> Place | None:
    """Where a collection is made that lives as long as the decorated function."""
    name = dotted_name(holder)
    if name is None:
        return None
    first, *rest = name.split(".")
    if first == "self" and len(rest) == 1 and outer.owner is not None:
        return _made_by_init(interpreter, outer, rest[0])
    if rest:
        functions = {each.name for each in (wrapper.function, *wrapper.around)} | {wrapper.given}
        return Place(outer.path, *outer.facts.at) if first in functions and len(rest) == 1 else None
    if has_own(wrapper.function, first):
        return None
    for function in reversed(wrapper.around):
        made = _made_in(function.body, first)
        if made is not None:
            return Place(outer.path, *made.at)
        if has_own(function, first):
            return None
    definition = interpreter.names.resolve(outer.path, first)
    if not isinstance(definition, Variable):
        return None
    value = interpreter.module_value(outer.path, first)
    is_container = isinstance(value, (Entries, Items)) or (
        isinstance(value, LibraryObject) and value.dotted in caches.CONTAINERS
    )
    return Place(definition.path, *definition.at) if is_container else None


def _made_in(body: Block, name: str) -> Expression | None:
    """Where a variable, or an attribute, is given a collection."""
    for node in walk(body):
        match node:
            case facts.Assign((target, *_), value) | facts.AnnotatedAssign(target, _, value):
                is_made = isinstance(value, (facts.DictDisplay, facts.Display)) or (
                    isinstance(value, facts.Call) and last_name(value) in caches.MAKERS
                )
                if is_made and dotted_name(target) == name:
                    return target
    return None


def _made_by_init(interpreter: Interpreter, outer: FunctionRef, name: str) -> Place | None:
    init = interpreter.classes.member(outer.owner, "__init__") if outer.owner is not None else None
    made = _made_in(init.facts.body, f"self.{name}") if isinstance(init, FunctionRef) else None
    return Place(init.path, *made.at) if made is not None and isinstance(init, FunctionRef) else None


def _is_read(wrapper: _Wrapper, holder: Expression) -> bool:
    """Whether the wrapper looks into the collection, and does more than fill it."""
    name = dotted_name(holder)
    nodes = walk(wrapper.function.body)
    return sum(isinstance(n, (facts.Name, facts.Attribute)) and dotted_name(n) == name for n in nodes) > 1


def _kind_of_key(wrapper: _Wrapper, key: Expression) -> Literal["session", "text"] | None:
    """How the arguments of a call are in the key: as they are, as text, or not all of them."""
    stars = {parameter.name for parameter in wrapper.function.parameters if parameter.kind in ("*", "**")}
    parts: list[Expression] = [key]
    seen: set[str] = set()
    for part in parts:  # grows meanwhile
        for name in names_in(part) - seen:
            seen.add(name)
            parts += _assigned(wrapper.function.body, name)
    if not stars & seen:
        return None
    nodes = [node for part in parts for node in walk(part)]
    if any(_leaves_out(node, stars) for node in nodes):
        return None
    is_text = any(
        isinstance(node, facts.FormattedString)
        or (isinstance(node, facts.Call) and last_name(node) in ("str", "repr", "hash", "format", "dumps", "join"))
        for node in nodes
    )
    return "text" if is_text else "session"


def _leaves_out(node: object, stars: set[str]) -> bool:
    """``args[1:]`` and ``{k: v for k, v in kwargs.items() if k != "session"}``."""
    match node:
        case facts.Subscript(facts.Name(name)):
            return name in stars
        case facts.Comprehension(clauses=clauses):
            return any(clause.conditions for clause in clauses)
    return False


def _assigned(body: Block, name: str) -> Iterator[Expression]:
    for node in walk(body):
        if isinstance(node, facts.Assign) and any(isinstance(t, facts.Name) and t.id == name for t in node.targets):
            yield node.value
