"""What each call does to a session that a body opened, and what closes it.

Looks at one body at a time, and into the functions that it gives the session to as far as they are known.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import drivers, lifetimes
from dbreview.frameworks.lifetimes import Touch
from dbreview.link.lifetimes.standing import Standing, awaited, name_of, root_of
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import FunctionValue

_DEEPEST = 3


class Watch(Standing):
    """One session in one body, with what happens to it there."""

    def touch(self, node: facts.Call | facts.Yield) -> Touch:
        """What a call or ``yield`` does to the session."""
        if isinstance(node, facts.Yield):
            is_given = node.value is not None and (self.gives(node.value) or self.mentions(node.value))
            return "yield" if is_given else "pause"
        if node.at == self.opened:
            return "open"
        func = node.func
        if isinstance(func, facts.Attribute) and dotted_name(func.value) in self.names:
            if self.driver:
                return _touch_of_driver(func.attr, node)
            return lifetimes.SESSION_METHODS.get(func.attr, "use")
        word = last_name(func) if not isinstance(func, facts.Call) else ""
        if dotted_name(func) in lifetimes.QUITTING:
            return "quit"
        if self.owner is not None and (own := self._own_touch(node)) is not None:
            return own
        if self._is_closed_by(node):
            return "close"
        if self.is_class(node):
            is_harmless = (word or "").endswith(lifetimes.HARMLESS_ENDINGS)
            return "nothing" if is_harmless else "call"
        if word in lifetimes.HARMLESS or (isinstance(func, facts.Attribute) and word in lifetimes.CLOSING):
            return "nothing"
        root = root_of(func)
        if root in self.names:
            return "use"
        is_given = any(self.gives(each.value) or name_of(each.value) in self.carriers for each in node.arguments)
        if root in self.carriers or self._is_of_holder(func):
            return "lend"
        if not is_given:
            return "call"
        inner = self.given_to(node)
        return "call" if inner is not None and not inner.is_used else "lend"

    def _is_of_holder(self, func: Expression) -> bool:
        """``Repository(session).count``."""
        while isinstance(func, (facts.Attribute, facts.Call, facts.Await, facts.Subscript)):
            func = func.func if isinstance(func, facts.Call) else func.value
            if isinstance(func, facts.Call) and self.gives(func):
                return True
        return False

    def _own_touch(self, call: facts.Call) -> Touch | None:
        """What a call of the object's own methods does, or one that gets the object."""
        func = call.func
        if isinstance(func, facts.Attribute) and (_is_super(func.value) or name_of(func.value) == self.receiver):
            return "method"
        if isinstance(func, facts.Attribute) and root_of(func) == self.receiver:
            if func.attr in lifetimes.CLOSING:
                return "close"  # of something else that may hold the session
            return "release" if func.attr == "rollback" else None
        gets = (argument.value for argument in call.arguments)
        if any(name_of(value) == self.receiver or self.gives(value) for value in gets):
            return "close"  # nobody knows
        return None

    def method(self, call: facts.Call | facts.Yield, inside: facts.Function | None) -> facts.Function | None:
        """The function behind ``self.method()`` or ``super().method()``."""
        func = call.func if isinstance(call, facts.Call) else None
        if self.owner is None or not isinstance(func, facts.Attribute):
            return None
        classes = self.interpreter.classes
        found = classes.member(self.owner, func.attr)
        if _is_super(func.value):
            current = inside or self.ref.facts
            owner = next((m.owner for m in self.interpreter.names.functions if m.facts is current), None)
            found = classes.after(self.owner, owner, func.attr) if owner is not None else None
        if not isinstance(found, FunctionRef) or not found.facts.parameters:
            return None
        return found.facts if found.facts.parameters[0].name == self.receiver else None

    def _is_closed_by(self, call: facts.Call) -> bool:
        """``run_in_threadpool(session.close)``, ``cleanup()`` of a local function, ``close_quietly(session)``."""
        word = last_name(call.func) or ""
        if isinstance(call.func, facts.Name) and call.func.id in self.closers:
            return True
        if any(self.is_closer(argument.value) for argument in call.arguments):
            return word in lifetimes.THREADS
        if not any(self.gives(argument.value) for argument in call.arguments):
            return False
        if any(part in word.lower() for part in lifetimes.CLOSING_WORDS):
            return True
        inner = self.given_to(call)
        return inner is not None and inner.has_close

    @cached_property
    def closers(self) -> frozenset[str]:
        """Local functions that close the session."""
        return frozenset(
            node.name
            for node in walk(self.body)
            if isinstance(node, facts.Function) and self.is_captured(node) and self._has_close_in(node.body)
        )

    def is_closer(self, value: Expression) -> bool:
        """``session.close``, not called, or a function that calls it."""
        match value:
            case facts.Attribute(holder, attr):
                return attr in lifetimes.CLOSING and dotted_name(holder) in self.names
            case facts.Name(name):
                return name in self.closers
            case facts.Lambda(_, body):
                return self._has_close_in(body)
        return False

    def _has_close_in(self, node: object) -> bool:
        return any(
            isinstance(inner, facts.Attribute)
            and inner.attr in lifetimes.CLOSING
            and dotted_name(inner.value) in self.names
            for inner in walk(node, into_functions=True)
        )

    @cached_property
    def is_used(self) -> bool:
        """Whether the body sends anything to the database, as far as is known."""
        touches = {self.touch(node) for node in walk(self.body) if isinstance(node, facts.Call)}
        return bool(touches & {"use", "lend", "commit"}) or self.ref.facts.has_yield

    @cached_property
    def has_own_close(self) -> bool:
        """Whether the body itself calls a method that closes the session."""
        return self._has_close_in(self.body)

    @cached_property
    def has_close(self) -> bool:
        """Whether anything in the body closes the session."""
        if self._has_close_in(self.body):
            return True
        for node in walk(self.body):
            match node:
                case facts.With(items) if any(self.manages(item.context) == "closes" for item in items):
                    return True
                case facts.Call() if self.touch(node) == "close":
                    return True
        return False

    def manages(self, context: Expression) -> Literal["closes", "releases", "swallows", ""]:
        """What the end of a ``with`` block does to the session."""
        context = awaited(context)
        if dotted_name(context) in self.names:
            return "closes" if self.driver not in drivers.STAYS_OPEN else ""
        if not isinstance(context, facts.Call):
            return ""
        func, word = context.func, last_name(context.func) or ""
        if isinstance(func, facts.Attribute) and func.attr == "begin" and dotted_name(func.value) in self.names:
            return "releases"
        if word in lifetimes.SWALLOWING_CONTEXTS:
            return "swallows"
        if not any(self.gives(argument.value) for argument in context.arguments):
            return ""
        is_unknown = self.given_to(context) is None
        return "closes" if is_unknown or word in lifetimes.CLOSING_CONTEXTS or self._is_closed_by(context) else ""

    def function_of(self, value: Expression) -> FunctionRef | None:
        return self.interpreter.function_named(self.ref, value)

    def given_to(self, call: facts.Call) -> Watch | None:
        """The session as the function that a call gives it to sees it; None where that is not known."""
        taker = self.interpreter.events.takers.get(self.place(call))
        ref = taker.ref if isinstance(taker, FunctionValue) else self.function_of(call.func)
        if ref is None or self.depth >= _DEEPEST:
            return None
        is_bound = isinstance(call.func, facts.Attribute) and ref.owner is not None
        name = parameter_given(
            ref, call, [self.gives(argument.value) for argument in call.arguments], is_bound=is_bound
        )
        if name is None:
            return None
        return Watch(self.interpreter, ref, name, depth=self.depth + 1, driver=self.driver)


def parameter_given(ref: FunctionRef, call: facts.Call, gives: list[bool], *, is_bound: bool) -> str | None:
    """The parameter of a function that gets the argument that is meant."""
    parameters = [p for p in ref.facts.parameters if p.kind in ("positional", "normal", "keyword")]
    is_static = any(last_name(decorator) == "staticmethod" for decorator in ref.facts.decorators)
    in_order = [p.name for p in parameters if p.kind != "keyword"][1 if is_bound and not is_static else 0 :]
    for index, argument in enumerate(call.arguments):
        if not gives[index] or argument.stars:
            continue
        if argument.keyword is not None:
            return argument.keyword if argument.keyword in {p.name for p in parameters} else None
        return in_order[index] if index < len(in_order) else None
    return None


def _touch_of_driver(method: str, node: facts.Call) -> Touch:
    """What a method does to a driver's connection. It keeps its place in the database until it is closed."""
    first = node.arguments[0].value if node.arguments else None
    if isinstance(first, facts.Constant) and isinstance(first.value, str) and lifetimes.SETTING.match(first.value):
        return "nothing"
    if method in lifetimes.HARMLESS_OF_DRIVERS:
        return "nothing"
    return "close" if method in lifetimes.CLOSING else "use"


def _is_super(value: Expression) -> bool:
    return isinstance(value, facts.Call) and isinstance(value.func, facts.Name) and value.func.id == "super"
