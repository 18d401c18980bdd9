"""Where a literal stands: what holds it, and whether it is there for people to read rather than to be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.frameworks import credentials, python
from dbreview.link.syntax import dotted_name, last_name, walk

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


HomeKind: TypeAlias = Literal["variable", "field", "environment", "argument", "entry", "nothing"]


@dataclass(frozen=True, slots=True)
class Home:
    """What holds a literal: a variable, a settings class's field, a variable of the environment that it stands in for,
    an argument, the entry of a dict; or nothing that has a name."""

    kind: HomeKind
    name: str


def homes_of(interpreter: Interpreter, path: str, body: Block) -> dict[object, Home]:
    """What holds the literals of a module. The innermost one counts."""
    homes: dict[object, Home] = {}
    settings = _settings(interpreter, path)
    for node in walk(body, into_functions=True):
        match node:
            case facts.Assign((target, *_), value) | facts.AnnotatedAssign(target, _, value) if value is not None:
                kind: HomeKind = "field" if node in settings else "variable"
                homes |= {inner: Home(kind, dotted_name(target) or "") for inner in _held(value)}
            case facts.Parameter(name, _, default) if default is not None:
                homes |= {inner: Home("variable", name) for inner in _held(default)}
            case facts.Call(func, (facts.Argument(facts.Constant(str() as name)), *_)) if _reads_environment(
                func, name
            ):
                homes |= {inner: Home("environment", name) for inner in walk(node) if inner is not node}
            case facts.BooleanOperation(
                facts.Call(func, (facts.Argument(facts.Constant(str() as name)), *_)), "or", other
            ):
                if _reads_environment(func, name):
                    homes |= {inner: Home("environment", name) for inner in walk(other)}
    return homes


def _settings(interpreter: Interpreter, path: str) -> set[object]:
    """The assignments in the bodies of classes whose fields the environment fills."""
    found: set[object] = set()
    for ref in interpreter.names.classes:
        if ref.path == path and credentials.SETTINGS_BASES & set(interpreter.classes.library_ancestors(ref)):
            found |= set(ref.facts.body)
    return found


def _held(value: Expression) -> Iterator[object]:
    """The literals that an assignment gives its target: its value, or what stands in a field's declaration."""
    yield value
    match value:
        case facts.Call(func, arguments) if last_name(func) in credentials.FIELDS:
            yield from (argument.value for argument in arguments)
        case facts.Call(_, (facts.Argument(inner, None, ""),)):  # `PostgresDsn("...")`, `SecretStr("...")`
            yield inner
        case facts.Await(inner):
            yield from _held(inner)


def _reads_environment(func: Expression, name: str) -> bool:
    word = last_name(func)
    if word in ("get", "setdefault", "str"):
        word = last_name(func.value) if isinstance(func, facts.Attribute) else None
    return word in credentials.ENVIRONMENT_READERS and name.isupper()


def quiet_in(body: Block) -> set[object]:
    """The literals of a module that are compared, taken apart, explained or told, not used."""
    quiet: set[object] = set()
    for node in walk(body, into_functions=True):
        for part in _quiet_parts(node):
            quiet.update(walk(part, into_functions=True))
    return quiet


def _quiet_parts(node: object) -> Iterator[object]:
    match node:
        case facts.ExpressionStatement(facts.Constant() | facts.FormattedString()):
            yield node
        case facts.Comparison() | facts.Raise() | facts.Assert():
            yield node
        case facts.Call(func, arguments):
            word = last_name(func) or ""
            if word in credentials.QUIET_CALLS | python.TELLS_ONLY or word.endswith(("Error", "Exception", "Warning")):
                yield arguments
            yield from (argument.value for argument in arguments if argument.keyword in credentials.QUIET_KEYWORDS)
        case facts.DictItem(facts.Constant(str() as key), value) if key.lower() in credentials.QUIET_KEYWORDS:
            yield value
        case facts.Assign((target, *_), value) | facts.AnnotatedAssign(target, _, value) if value is not None:
            name = (last_name(target) or "").lower()
            if name in credentials.QUIET_KEYWORDS or credentials.QUIET_NAME.search(name):
                yield value
        case facts.Parameter(name, _, default) if default is not None and credentials.QUIET_NAME.search(name):
            yield default
