"""What a body does with a session that it opened: which names stand for it, who else gets it, what closes it.

Looks at one body at a time, and into the functions that it gives the session to as far as they are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.facts import Expression, Span
from dbreview.finding import Place
from dbreview.frameworks import fastapi, lifetimes
from dbreview.frameworks.lifetimes import Touch
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import calls_in, dotted_name, last_name, names_in, walk
from dbreview.link.values import ClassValue, FunctionValue, Symbol

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_DEEPEST = 3
_REQUESTS = frozenset({"request", "req", "scope"})
"""Names of what lives as long as a request: who puts a session there still owns it."""

_OWN_LIBRARIES = (
    "builtins.",
    "typing.",
    "logging.",
    "sqlalchemy.",
    "sqlmodel.",
    "asyncio.",
    "inspect.",
    "contextvars.",
)
"""Libraries whose functions close nothing that they are given."""


class Watch:
    """One session in one body. ``opened`` is the call that opens it there; without, it is open from the start.

    For an attribute of an object (``self.session``) ``owner`` is the object's class, whose own methods are followed.
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
    ) -> None:
        self._interpreter = interpreter
        self.ref = ref
        self.name = name
        self._opened = opened
        self._owner = owner
        self._depth = depth
        self._body = ref.facts.body
        self._receiver = name.partition(".")[0] if owner is not None else None

    # --- names

    @cached_property
    def names(self) -> frozenset[str]:
        """The name that the session is given, and others that stand for the same."""
        found = {self.name}
        for node in walk(self._body):
            match node:
                case facts.Assign((facts.Name(alias),), value) if self._assigned.count(alias) == 1:
                    if dotted_name(value) in found:
                        found.add(alias)
        return frozenset(found)

    @cached_property
    def _assigned(self) -> tuple[str, ...]:
        """The local variables, as often as they are assigned to."""
        found: list[str] = []
        for node in walk(self._body):
            match node:
                case facts.Assign(targets):
                    found += [target.id for target in targets if isinstance(target, facts.Name)]
                case facts.AnnotatedAssign(facts.Name(name)) | facts.NamedExpression(facts.Name(name)):
                    found.append(name)
        found += [p.name for p in self.ref.facts.parameters if p.kind in ("*", "**")]
        return tuple(found)

    @cached_property
    def _holders(self) -> frozenset[str]:
        """Local variables and functions that hold the session: ``repository = Repository(session)``."""
        found: set[str] = set()
        for node in walk(self._body):
            if isinstance(node, facts.Function) and self._is_captured(node):
                found.add(node.name)
        while more := {name for name in self._kept_in(frozenset(found)) if name not in found | self.names}:
            found |= more
        return frozenset(found)

    def _kept_in(self, holders: frozenset[str]) -> Iterator[str]:
        for node in walk(self._body):
            match node:
                case facts.Assign(targets, value) if self._gives(value, holders) or self.opens(value):
                    for target in targets:
                        root = _root(target)
                        is_whole = isinstance(target, facts.Name)
                        if root in self._assigned and not (is_whole and self.opens(value)):
                            yield root
                case facts.AnnotatedAssign(facts.Name(name), _, value) if value is not None:
                    if self._gives(value, holders):
                        yield name
                case facts.Call(facts.Attribute(facts.Name(holder), method), arguments):
                    if method in lifetimes.COLLECTING and holder in self._assigned:
                        if any(self._gives(argument.value, holders) for argument in arguments):
                            yield holder
                case facts.WithItem(context, facts.Name(name)) if self._gives(context, holders):
                    yield name

    @cached_property
    def _carriers(self) -> frozenset[str]:
        """Variables by which others reach the session: who gets one may use it."""
        found = set(self._holders)
        for node in walk(self._body):
            if isinstance(node, facts.Assign) and (self._gives(node.value) or self.opens(node.value)):
                found |= {root for target in node.targets if (root := _root(target)) in _REQUESTS}
        if "." in self.name and self._owner is None:
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
        return self._opened is not None and isinstance(call := _awaited(value), facts.Call) and call.at == self._opened

    def _is_captured(self, function: facts.Function) -> bool:
        is_own = any(parameter.name in self.names for parameter in function.parameters)
        return not is_own and self.mentions(function.body)

    def _gives(self, value: Expression, holders: frozenset[str] | None = None) -> bool:
        """Whether an expression is the session, or an object that holds it."""
        known = self._holders if holders is None else holders
        match value:
            case facts.Name(name):
                return name in self.names or name in known
            case facts.Attribute():
                return dotted_name(value) in self.names
            case facts.Display(_, items):
                return any(self._gives(item, known) for item in items)
            case facts.DictDisplay(items):
                return any(self._gives(item.value, known) for item in items)
            case facts.Call(func, arguments):
                is_object = self._is_class(value) or last_name(func) == "partial"
                return is_object and any(self._gives(argument.value, known) for argument in arguments)
            case facts.Await(inner) | facts.Starred(inner):
                return self._gives(inner, known)
            case facts.Conditional(_, body, orelse):
                return self._gives(body, known) or self._gives(orelse, known)
            case facts.BooleanOperation(left, _, right):
                return self._gives(left, known) or self._gives(right, known)
            case facts.Lambda(_, body):
                return self.mentions(body)
        return False

    def _is_class(self, call: facts.Call) -> bool:
        """Whether a call makes an object."""
        taker = self._interpreter.events.takers.get(self._place(call))
        name = (last_name(call.func) or "").lstrip("_") if not isinstance(call.func, facts.Call) else ""
        return isinstance(taker, ClassValue) or name[:1].isupper() or name == "cls"

    def _place(self, call: facts.Call) -> Place:
        return Place(self.ref.path, *call.at)

    # --- what a call does

    def touch(self, node: facts.Call | facts.Yield) -> Touch:
        """What a call or ``yield`` does to the session."""
        if isinstance(node, facts.Yield):
            is_given = node.value is not None and (self._gives(node.value) or self.mentions(node.value))
            return "yield" if is_given else "pause"
        if node.at == self._opened:
            return "open"
        func = node.func
        if isinstance(func, facts.Attribute) and dotted_name(func.value) in self.names:
            return lifetimes.SESSION_METHODS.get(func.attr, "use")
        word = last_name(func) if not isinstance(func, facts.Call) else ""
        if dotted_name(func) in lifetimes.QUITTING:
            return "quit"
        if self._owner is not None and (own := self._own_touch(node)) is not None:
            return own
        if self._is_closed_by(node):
            return "close"
        if self._is_class(node):
            is_harmless = (word or "").endswith(lifetimes.HARMLESS_ENDINGS)
            return "nothing" if is_harmless else "call"
        if word in lifetimes.HARMLESS:
            return "nothing"
        root = _root(func)
        if root in self.names:
            return "use"
        is_given = any(self._gives(each.value) or _name(each.value) in self._carriers for each in node.arguments)
        return "lend" if is_given or root in self._carriers else "call"

    def _own_touch(self, call: facts.Call) -> Touch | None:
        """What a call of the object's own methods does, or one that gets the object."""
        func = call.func
        if isinstance(func, facts.Attribute) and (_is_super(func.value) or _name(func.value) == self._receiver):
            return "method"
        if isinstance(func, facts.Attribute) and _root(func) == self._receiver:
            if func.attr in lifetimes.CLOSING:
                return "close"  # of something else that may hold the session
            return "release" if func.attr == "rollback" else None
        gets = (argument.value for argument in call.arguments)
        if any(_name(value) == self._receiver or self._gives(value) for value in gets):
            return "close"  # nobody knows
        return None

    def method(self, call: facts.Call | facts.Yield, inside: facts.Function | None) -> facts.Function | None:
        """The function behind ``self.method()`` or ``super().method()``."""
        func = call.func if isinstance(call, facts.Call) else None
        if self._owner is None or not isinstance(func, facts.Attribute):
            return None
        classes = self._interpreter.classes
        found = classes.member(self._owner, func.attr)
        if _is_super(func.value):
            current = inside or self.ref.facts
            owner = next((m.owner for m in self._interpreter.names.functions if m.facts is current), None)
            found = classes.after(self._owner, owner, func.attr) if owner is not None else None
        if not isinstance(found, FunctionRef) or not found.facts.parameters:
            return None
        return found.facts if found.facts.parameters[0].name == self._receiver else None

    def _is_closed_by(self, call: facts.Call) -> bool:
        """``run_in_threadpool(session.close)``, ``cleanup()`` of a local function, ``close_quietly(session)``."""
        word = last_name(call.func) or ""
        if isinstance(call.func, facts.Name) and call.func.id in self._closers:
            return True
        if any(self._is_closer(argument.value) for argument in call.arguments):
            return word in lifetimes.THREADS
        if not any(self._gives(argument.value) for argument in call.arguments):
            return False
        if any(part in word.lower() for part in lifetimes.CLOSING_WORDS):
            return True
        inner = self._given_to(call)
        return inner is not None and inner.has_close

    @cached_property
    def _closers(self) -> frozenset[str]:
        """Local functions that close the session."""
        return frozenset(
            node.name
            for node in walk(self._body)
            if isinstance(node, facts.Function) and self._is_captured(node) and self._has_close_in(node.body)
        )

    def _is_closer(self, value: Expression) -> bool:
        """``session.close``, not called, or a function that calls it."""
        match value:
            case facts.Attribute(holder, attr):
                return attr in lifetimes.CLOSING and dotted_name(holder) in self.names
            case facts.Name(name):
                return name in self._closers
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
    def has_own_close(self) -> bool:
        """Whether the body itself calls a method that closes the session."""
        return self._has_close_in(self._body)

    @cached_property
    def has_close(self) -> bool:
        """Whether anything in the body closes the session."""
        if self._has_close_in(self._body):
            return True
        for node in walk(self._body):
            match node:
                case facts.With(items) if any(self.manages(item.context) == "closes" for item in items):
                    return True
                case facts.Call() if self.touch(node) == "close":
                    return True
        return False

    def manages(self, context: Expression) -> Literal["closes", "releases", "swallows", ""]:
        """What the end of a ``with`` block does to the session."""
        context = _awaited(context)
        if dotted_name(context) in self.names:
            return "closes"
        if not isinstance(context, facts.Call):
            return ""
        func, word = context.func, last_name(context.func) or ""
        if isinstance(func, facts.Attribute) and func.attr == "begin" and dotted_name(func.value) in self.names:
            return "releases"
        if word in lifetimes.SWALLOWING_CONTEXTS:
            return "swallows"
        if not any(self._gives(argument.value) for argument in context.arguments):
            return ""
        is_unknown = self._given_to(context) is None
        return "closes" if is_unknown or word in lifetimes.CLOSING_CONTEXTS or self._is_closed_by(context) else ""

    # --- tests

    def holds_if_open(self, statement: facts.If) -> bool | None:
        """Whether a test holds (True) or fails (False) whenever the session is open; None where that is not known."""
        is_end = self._only_closes(statement)
        about = self._about(statement.test, is_end)
        if about is None and is_end and self._is_flag(statement.test):
            return True
        return self._as_when_opened(statement.test) if about is None else about

    def _as_when_opened(self, test: Expression) -> bool | None:
        """``if verbose: session = open_session()``, and later ``if verbose:`` again."""
        for other, holds in self._opening_tests:
            if (asked := _asked(test)) is not None and asked == _asked(other):
                return holds
            if isinstance(test, facts.UnaryOperation) and test.operator == "not":
                if (asked := _asked(test.operand)) is not None and asked == _asked(other):
                    return not holds
        return None

    @cached_property
    def _opening_tests(self) -> tuple[tuple[Expression, bool], ...]:
        """The tests that decide whether the session is opened, each with whether it must hold."""
        found: list[tuple[Expression, bool]] = []
        for node in walk(self._body):
            if isinstance(node, facts.If) and self._opened is not None and _contains(node.at, self._opened):
                names = names_in(node.test)
                is_lasting = not any(self._assigned.count(name) > 1 for name in names)
                if is_lasting and any(_contains(each.at, self._opened) for each in node.body):
                    found.append((node.test, True))
                elif is_lasting and any(_contains(each.at, self._opened) for each in node.orelse):
                    found.append((node.test, False))
        return tuple(found)

    def _about(self, test: Expression, is_end: bool) -> bool | None:
        match test:
            case facts.Name() | facts.Attribute() if dotted_name(test) in self.names:
                return True
            case facts.Attribute(holder) | facts.Call(facts.Attribute(holder)) if dotted_name(holder) in self.names:
                return True if is_end else None  # session.is_active
            case facts.UnaryOperation("not", operand):
                inner = self._about(operand, False)
                return None if inner is None else not inner
            case facts.Comparison(left, ("is" | "==",), (facts.Constant(None),)) if dotted_name(left) in self.names:
                return False
            case facts.Comparison(left, ("is not" | "!=",), (facts.Constant(None),)) if dotted_name(left) in self.names:
                return True
            case facts.Comparison(facts.Constant(str() as name), ("in",)) if name in self.names:
                return True
            case facts.Call(facts.Name("hasattr"), (facts.Argument(holder), facts.Argument(facts.Constant(name)))):
                return True if f"{dotted_name(holder)}.{name}" in self.names else None
            case facts.BooleanOperation(left, operator, right):
                first, second = self._about(left, is_end), self._about(right, is_end)
                if operator == "and" and is_end:
                    is_other = (first is True and self._is_flag(right)) or (second is True and self._is_flag(left))
                    return True if is_other or (first is True and second is True) else None
                return True if operator == "or" and True in (first, second) else None
        return None

    def _only_closes(self, statement: facts.If) -> bool:
        """``if own: session.close()``, and nothing else."""
        calls = tuple(calls_in(statement.body))
        is_plain = not statement.orelse and all(
            isinstance(each, (facts.ExpressionStatement, facts.Try, facts.With)) for each in statement.body
        )
        return is_plain and any(self.touch(c) in ("close", "method") for c in calls)

    def _is_flag(self, test: Expression) -> bool:
        """Whether a test asks what decided about the session's opening: a parameter, ``self.owns``, a constant."""
        if any(isinstance(node, facts.Call) for node in walk(test)):
            return False
        return bool(names_in(test) & self._flags)

    @cached_property
    def _flags(self) -> frozenset[str]:
        found = {parameter.name for parameter in self.ref.facts.parameters}
        for node in walk(self._body):
            match node:
                case facts.If(test, _, _, at) if self._opened is not None and _contains(at, self._opened):
                    found |= names_in(test)
                case facts.Assign(targets, facts.Constant(bool()) | facts.Comparison()):
                    found |= {target.id for target in targets if isinstance(target, facts.Name)}
        return frozenset(found)

    # --- others

    @cached_property
    def is_handed_on(self) -> bool:
        """Whether somebody else gets the session to keep: it is returned, kept on an object, registered."""
        return any(self._hands_on(node) for node in walk(self._body))

    @cached_property
    def is_kept_besides(self) -> bool:
        """Whether a function that returns the session keeps it somewhere, too."""
        return any(self._hands_on(node) for node in walk(self._body) if not isinstance(node, facts.Return))

    def _hands_on(self, node: object) -> bool:
        match node:
            case facts.Return(value) if value is not None:
                return self._gives(value)
            case facts.Assign(targets, value) if self._gives(value) or self.opens(value):
                return any(self._is_elsewhere(target) for target in targets)
            case facts.AnnotatedAssign(target, _, value) if value is not None and self._gives(value):
                return self._is_elsewhere(target)
            case facts.ScopeDeclaration(_, names):
                return bool(self.names & set(names))
            case facts.Function(decorators=decorators):
                return bool(decorators) and self._is_captured(node)
            case facts.Call(func, arguments):
                word = last_name(func) or ""
                if word not in lifetimes.THREADS and any(self._is_closer(a.value) for a in arguments):
                    return True
                if not isinstance(func, facts.Attribute) or not any(self._gives(a.value) for a in arguments):
                    return False
                is_collected = word in lifetimes.COLLECTING and _root(func) not in {*self._assigned, *self.names}
                return is_collected or (word in lifetimes.HANDING_ON and dotted_name(func.value) not in self.names)
        return False

    def _is_elsewhere(self, target: Expression) -> bool:
        if isinstance(target, facts.Name):
            return False
        root = _root(target)
        return self._owner is None and root not in _REQUESTS and root not in self._assigned

    @cached_property
    def may_be_closed_elsewhere(self) -> bool:
        """Whether code that is not known, or keeps what it is given, gets the session."""
        return any(self._is_lent_out(call) for call in calls_in(self._body))

    def _is_lent_out(self, call: facts.Call) -> bool:
        if not any(self._gives(argument.value) for argument in call.arguments):
            return False
        if isinstance(call.func, facts.Attribute) and dotted_name(call.func.value) in self.names:
            return False
        word = last_name(call.func)
        if isinstance(call.func, facts.Attribute) and word in lifetimes.COLLECTING:
            return True
        if word in lifetimes.HARMLESS or _root(call.func) in self._holders:
            return False
        if word in lifetimes.THREADS and _name(call.arguments[0].value) in self._holders:
            return False
        match self._interpreter.events.takers.get(self._place(call)):
            case ClassValue(ref):
                return self._closes_something(ref)
            case Symbol(dotted) if dotted in fastapi.TO_THREAD:
                return self._function_of(call.arguments[0].value) is None
            case Symbol(dotted):
                return not dotted.startswith(_OWN_LIBRARIES)
        inner = self._given_to(call)
        return inner is None or inner.is_handed_on or inner.may_be_closed_elsewhere

    def _closes_something(self, ref: ClassRef) -> bool:
        ancestors = [a for a in self._interpreter.classes.ancestors(ref) if a is None or isinstance(a, ClassRef)]
        return any(
            ancestor is None
            or any(
                isinstance(node, facts.Attribute) and node.attr in lifetimes.CLOSING
                for node in walk(ancestor.facts.body, into_functions=True)
            )
            for ancestor in ancestors
        )

    def _function_of(self, value: Expression) -> FunctionRef | None:
        return self._interpreter.function_named(self.ref, value)

    def _given_to(self, call: facts.Call) -> Watch | None:
        """The session as the function that a call gives it to sees it; None where that is not known."""
        taker = self._interpreter.events.takers.get(self._place(call))
        ref = taker.ref if isinstance(taker, FunctionValue) else self._function_of(call.func)
        if ref is None or self._depth >= _DEEPEST:
            return None
        is_bound = isinstance(call.func, facts.Attribute) and ref.owner is not None
        name = parameter_given(
            ref, call, [self._gives(argument.value) for argument in call.arguments], is_bound=is_bound
        )
        return Watch(self._interpreter, ref, name, depth=self._depth + 1) if name is not None else None


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


def _awaited(value: Expression) -> Expression:
    return value.value if isinstance(value, facts.Await) else value


def _name(value: Expression) -> str | None:
    return value.id if isinstance(value, facts.Name) else None


def _is_super(value: Expression) -> bool:
    return isinstance(value, facts.Call) and isinstance(value.func, facts.Name) and value.func.id == "super"


def _root(value: Expression) -> str:
    """The name that an expression of attributes, calls and items starts with."""
    while True:
        match value:
            case facts.Name(name):
                return name
            case facts.Attribute(inner) | facts.Subscript(inner) | facts.Call(inner) | facts.Await(inner):
                value = inner
            case _:
                return ""


def _asked(test: Expression) -> tuple[object, ...] | None:
    """What a test asks, wherever it stands; None for one whose answer may change by itself."""
    match test:
        case facts.Name(name):
            return ("name", name)
        case facts.Attribute() if (path := dotted_name(test)) is not None:
            return ("name", path)
        case facts.Constant(value, _, False):
            return ("constant", value)
        case facts.UnaryOperation(operator, operand):
            inner = _asked(operand)
            return (operator, inner) if inner is not None else None
        case facts.Comparison(left, operators, comparators):
            parts = [_asked(part) for part in (left, *comparators)]
            return (operators, *parts) if None not in parts else None
        case facts.BooleanOperation(left, boolean, right):
            first, second = _asked(left), _asked(right)
            return (boolean, first, second) if first is not None and second is not None else None
    return None


def _contains(outer: Span, inner: Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]
