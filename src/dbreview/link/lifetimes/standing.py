"""Which names stand for a session in a body: its own, and those of what holds it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression, Span
from dbreview.finding import Place
from dbreview.frameworks import lifetimes
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import dotted_name, last_name, names_in, walk
from dbreview.link.values import ClassValue

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_REQUESTS = frozenset({"request", "req", "scope"})
"""Names of what lives as long as a request: who puts a session there still owns it."""


class Standing:
    """One session in one body. ``opened`` is the call that opens it there; without, it is open from the start.

    For an attribute of an object (``self.session``) ``owner`` is the object's class, whose own methods are followed.
    A driver's connection has a ``driver``: it is open from the start to the end, whatever it commits.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        ref: FunctionRef,
        name: str,
        opened: Span | None = None,
        *,
        owner: ClassRef | None = None,
        depth: int = 0,
        driver: str = "",
    ) -> None:
        self.interpreter = interpreter
        self.ref = ref
        self.name = name
        self.opened = opened
        self.owner = owner
        self.depth = depth
        self.driver = driver
        self.body = ref.facts.body
        self.receiver = name.partition(".")[0] if owner is not None else None

    @cached_property
    def names(self) -> frozenset[str]:
        """The name that the session is given, and others that stand for the same."""
        found = {self.name}
        for node in walk(self.body):
            match node:
                case facts.Assign((facts.Name(alias),), value) if self.assigned.count(alias) == 1:
                    if dotted_name(value) in found:
                        found.add(alias)
        return frozenset(found)

    @cached_property
    def assigned(self) -> tuple[str, ...]:
        """The local variables, as often as they are assigned to."""
        found: list[str] = []
        for node in walk(self.body):
            match node:
                case facts.Assign(targets):
                    found += [target.id for target in targets if isinstance(target, facts.Name)]
                case facts.AnnotatedAssign(facts.Name(name)) | facts.NamedExpression(facts.Name(name)):
                    found.append(name)
        found += [p.name for p in self.ref.facts.parameters if p.kind in ("*", "**")]
        return tuple(found)

    @cached_property
    def holders(self) -> frozenset[str]:
        """Local variables and functions that hold the session: ``repository = Repository(session)``."""
        found: set[str] = set()
        for node in walk(self.body):
            if isinstance(node, facts.Function) and self.is_captured(node):
                found.add(node.name)
        while more := {name for name in self._kept_in(frozenset(found)) if name not in found | self.names}:
            found |= more
        return frozenset(found)

    def _kept_in(self, holders: frozenset[str]) -> Iterator[str]:
        for node in walk(self.body):
            match node:
                case facts.Assign(targets, value) if self.gives(value, holders) or self.opens(value):
                    for target in targets:
                        root = root_of(target)
                        is_whole = isinstance(target, facts.Name)
                        if root in self.assigned and not (is_whole and self.opens(value)):
                            yield root
                case facts.AnnotatedAssign(facts.Name(name), _, value) if value is not None:
                    if self.gives(value, holders):
                        yield name
                case facts.Call(facts.Attribute(facts.Name(holder), method), arguments):
                    if method in lifetimes.COLLECTING and holder in self.assigned:
                        if any(self.gives(argument.value, holders) for argument in arguments):
                            yield holder
                case facts.WithItem(context, facts.Name(name)) if self.gives(context, holders):
                    yield name

    @cached_property
    def carriers(self) -> frozenset[str]:
        """Variables by which others reach the session: who gets one may use it."""
        found = set(self.holders)
        for node in walk(self.body):
            if isinstance(node, facts.Assign) and (self.gives(node.value) or self.opens(node.value)):
                found |= {root for target in node.targets if (root := root_of(target)) in _REQUESTS}
        if "." in self.name and self.owner is None:
            found.add(self.name.partition(".")[0])
        return frozenset(found)

    def is_named(self, target: Expression) -> bool:
        return dotted_name(target) == self.name

    def mentions(self, node: object) -> bool:
        """Whether the session's own name stands anywhere in it."""
        if names_in(node) & self.names:
            return True
        dotted = {name for name in self.names if "." in name}
        return bool(dotted) and any(
            isinstance(inner, facts.Attribute) and dotted_name(inner) in dotted
            for inner in walk(node, into_functions=True)
        )

    def opens(self, value: Expression) -> bool:
        """Whether this is the call that opens the session."""
        return self.opened is not None and isinstance(call := awaited(value), facts.Call) and call.at == self.opened

    def is_captured(self, function: facts.Function) -> bool:
        is_own = any(parameter.name in self.names for parameter in function.parameters)
        return not is_own and self.mentions(function.body)

    def gives(self, value: Expression, holders: frozenset[str] | None = None) -> bool:
        """Whether an expression is the session, or an object that holds it."""
        known = self.holders if holders is None else holders
        match value:
            case facts.Name(name):
                return name in self.names or name in known
            case facts.Attribute():
                return dotted_name(value) in self.names
            case facts.Display(_, items):
                return any(self.gives(item, known) for item in items)
            case facts.DictDisplay(items):
                return any(self.gives(item.value, known) for item in items)
            case facts.Call(facts.Attribute(holder, "cursor")) if self.driver:
                return dotted_name(holder) in self.names
            case facts.Call(func, arguments):
                is_object = self.is_class(value) or last_name(func) == "partial"
                return is_object and any(self.gives(argument.value, known) for argument in arguments)
            case facts.Await(inner) | facts.Starred(inner):
                return self.gives(inner, known)
            case facts.Conditional(_, body, orelse):
                return self.gives(body, known) or self.gives(orelse, known)
            case facts.BooleanOperation(left, _, right):
                return self.gives(left, known) or self.gives(right, known)
            case facts.Lambda(_, body):
                return self.mentions(body)
        return False

    def is_class(self, call: facts.Call) -> bool:
        """Whether a call makes an object."""
        taker = self.interpreter.events.takers.get(self.place(call))
        name = (last_name(call.func) or "").lstrip("_") if not isinstance(call.func, facts.Call) else ""
        return isinstance(taker, ClassValue) or name[:1].isupper() or name == "cls"

    def place(self, call: facts.Call) -> Place:
        return Place(self.ref.path, *call.at)

    def is_elsewhere(self, target: Expression) -> bool:
        if isinstance(target, facts.Name):
            return False
        root = root_of(target)
        return self.owner is None and root not in _REQUESTS and root not in self.assigned


def awaited(value: Expression) -> Expression:
    return value.value if isinstance(value, facts.Await) else value


def name_of(value: Expression) -> str | None:
    return value.id if isinstance(value, facts.Name) else None


def root_of(value: Expression) -> str:
    """The name that an expression of attributes, calls and items starts with."""
    while True:
        match value:
            case facts.Name(name):
                return name
            case facts.Attribute(inner) | facts.Subscript(inner) | facts.Call(inner) | facts.Await(inner):
                value = inner
            case _:
                return ""
