"""The ways out of a body, and what has become of a session on each of them.

Knows Python's statements, not what a session is: a ``Watch`` tells what each call does to it. The paths are those that
Python can take; which of them data will take is not asked, save where a test is about the session itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Block, Expression, Span
from dbreview.frameworks import lifetimes
from dbreview.link.lifetimes.asking import holds_if_open
from dbreview.link.syntax import last_name, walk

if TYPE_CHECKING:
    from dbreview.link.lifetimes.ownership import Watch

State: TypeAlias = Literal["closed", "fresh", "busy", "idle"]
"""``closed`` is also one that is not opened yet; ``fresh`` has not been used, ``idle`` gave its connection back."""

States: TypeAlias = frozenset[State]
NOWHERE: States = frozenset()
_CLOSED: States = frozenset({"closed"})
_CAUSES = {"use": "database", "lend": "call", "yield": "yield"}


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out. ``again`` is none: there the session is opened a second time.

    ``cause`` tells of an error whether the ``database``, another ``call`` or a ``yield`` raises it, of what is raised
    its class.
    """

    kind: Literal["end", "return", "raise", "error", "break", "continue", "again"]
    state: State
    at: Span
    cause: str = ""


def ways_out(watch: Watch, body: Block, start: State) -> tuple[Exit, ...]:
    """Where paths leave a body, each kind and state once, the first in the source."""
    follower = _Follower(watch)
    end = follower.block(body, frozenset({start}))
    follower.leave("end", end, body[-1].at)
    return tuple(follower.exits.values())


class _Follower:
    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._inside: list[facts.Function] = []
        self.exits: dict[tuple[str, State, str], Exit] = {}

    def block(self, body: Block, states: States) -> States:
        """The states at the end of a block; none where no path reaches it."""
        for statement in body:
            if not states:
                break
            states = self._statement(statement, states)
        return states

    def leave(
        self, kind: Literal["end", "return", "raise", "error", "again"], states: States, at: Span, cause: str = ""
    ) -> None:
        self._add(Exit(kind, state, at, cause) for state in sorted(states))

    def _add(self, exits: Iterable[Exit]) -> None:
        for each in exits:
            self.exits.setdefault((each.kind, each.state, each.cause), each)

    def _apart(self, body: Block, states: States) -> tuple[States, list[Exit]]:
        """A block by itself: the states at its end, and its other ways out."""
        outer, self.exits = self.exits, {}
        end = self.block(body, states)
        exits, self.exits = list(self.exits.values()), outer
        return end, exits

    # --- statements

    def _statement(self, statement: facts.Statement, states: States) -> States:
        match statement:
            case facts.ExpressionStatement(value) | facts.AugmentedAssign(_, _, value):
                return self._evaluate(value, states)
            case facts.Assign(targets, value, at):
                return self._bind(targets, value, self._evaluate(value, states), at)
            case facts.AnnotatedAssign(target, _, value, at) if value is not None:
                return self._bind((target,), value, self._evaluate(value, states), at)
            case facts.Assert(test):
                return self._evaluate(test, states)
            case facts.Return(value, at):
                self.leave("return", self._evaluate(value, states) if value is not None else states, at)
                return NOWHERE
            case facts.Raise(value, at):
                left = self._evaluate(value, states) if value is not None else states
                self.leave("raise", left, at, last_name(value) or "" if value is not None else "")
                return NOWHERE
            case facts.Jump("break" | "continue" as kind, at):
                self._add(Exit(kind, state, at) for state in sorted(states))
                return NOWHERE
            case facts.If():
                return self._if(statement, states)
            case facts.For(_, iterable, body, orelse):
                return self._loop(body, orelse, self._evaluate(iterable, states), test=None)
            case facts.While(test, body, orelse):
                return self._loop(body, orelse, self._evaluate(test, states), test)
            case facts.With(items, body):
                return self._with(items, body, states)
            case facts.Try():
                return self._try(statement, states)
            case facts.Match():
                return self._match(statement, states)
        return states

    def _bind(self, targets: tuple[Expression, ...], value: Expression, states: States, at: Span) -> States:
        """``session = other()`` forgets the one before."""
        if not any(self._watch.is_named(target) for target in targets) or self._watch.opens(value):
            return states
        if self._watch.mentions(value):
            return states
        if any(isinstance(node, facts.Call) for node in walk(value)):
            self.leave("again", states - {"closed", "fresh"}, at)
        return _CLOSED

    def _if(self, statement: facts.If, states: States) -> States:
        states = self._evaluate(statement.test, states)
        if isinstance(statement.test, facts.Constant) and not statement.test.is_opaque:
            return self.block(statement.body if statement.test.value else statement.orelse, states)
        holds = holds_if_open(self._watch, statement)
        then = states & _CLOSED if holds is False else states
        other = states & _CLOSED if holds is True else states
        return self.block(statement.body, then) | self.block(statement.orelse, other)

    def _loop(self, body: Block, orelse: Block, states: States, test: Expression | None) -> States:
        broken: States = NOWHERE
        while True:
            end, exits = self._apart(body, states)
            again = end | {each.state for each in exits if each.kind == "continue"}
            again = self._evaluate(test, again) if test is not None and again else again
            broken |= {each.state for each in exits if each.kind == "break"}
            self._add(each for each in exits if each.kind not in ("break", "continue"))
            if again <= states:
                break
            states |= again
        is_endless = isinstance(test, facts.Constant) and bool(test.value)
        return broken if is_endless else self.block(orelse, states) | broken

    def _with(self, items: tuple[facts.WithItem, ...], body: Block, states: States) -> States:
        """``with a, b:`` is ``with a: with b:``."""
        if not items:
            return self.block(body, states)
        item, *rest = items
        mode = self._watch.manages(item.context)
        if not mode:
            states = self._evaluate(item.context, states)
        is_opened = self._watch.opens(item.context)
        if item.target is not None and self._watch.is_named(item.target) and mode != "closes" and not is_opened:
            states = _CLOSED
        outer, self.exits = self.exits, {}
        end = self._with(tuple(rest), body, states)
        exits, self.exits = list(self.exits.values()), outer
        match mode:
            case "closes":
                end, exits = end and _CLOSED, [replace(each, state="closed") for each in exits]
            case "releases":
                end, exits = _released(end), [replace(e, state=_after_release(e.state)) for e in exits]
            case "swallows":
                end |= {each.state for each in exits if each.kind in ("error", "raise")}
                exits = [each for each in exits if each.kind not in ("error", "raise")]
        self._add(exits)
        return end

    def _try(self, statement: facts.Try, states: States) -> States:
        end, exits = self._apart(statement.body, states)
        errors = [each for each in exits if each.kind in ("error", "raise")]
        leaving = [each for each in exits if each.kind not in ("error", "raise")]
        if statement.orelse and end:
            end, exits = self._apart(statement.orelse, end)
            leaving += exits
        for handler in statement.handlers:
            caught = {each.state for each in errors if _catches(handler, each) is not False}
            errors = [each for each in errors if _catches(handler, each) is not True]
            if caught:
                handled, exits = self._apart(handler.body, frozenset(caught))
                end |= handled
                leaving += exits
        leaving += errors
        if not statement.finalbody:
            self._add(leaving)
            return end
        for state in sorted({each.state for each in leaving}):
            after, exits = self._apart(statement.finalbody, frozenset({state}))
            self._add(exits)
            self._add(replace(each, state=s) for each in leaving if each.state == state for s in sorted(after))
        return self.block(statement.finalbody, end) if end else end

    def _match(self, statement: facts.Match, states: States) -> States:
        states = self._evaluate(statement.subject, states)
        ends: States = NOWHERE
        for case in statement.cases:
            ends |= self.block(case.body, states)
        is_decided = "closed" in ends and "closed" not in states
        return ends if is_decided else ends | states

    # --- expressions

    def _evaluate(self, node: Expression, states: States) -> States:
        steps = [step for step in walk(node) if isinstance(step, (facts.Call, facts.Yield))]
        for step in sorted(steps, key=lambda step: (step.at[2], step.at[3], -step.at[0], -step.at[1])):
            if not states:
                break
            states = self._step(step, states)
        return states

    def _step(self, step: facts.Call | facts.Yield, states: States) -> States:
        match self._watch.touch(step):
            case "open":
                self.leave("again", states - {"closed", "fresh"}, step.at)
                return frozenset({"busy" if self._watch.driver else "fresh"})
            case "close":
                return _CLOSED
            case "release":
                return _released(states)
            case "commit":
                self.leave("error", _used(states), step.at, "database")
                return frozenset("closed" if state == "closed" else "idle" for state in states)
            case "use" | "lend" | "yield" as touch:
                self.leave("error", _used(states), step.at, _CAUSES[touch])
                return _used(states)
            case "pause":
                self.leave("error", states, step.at, "yield")
            case "call":
                self.leave("error", states, step.at, "call")
            case "quit":
                return NOWHERE
            case "method":
                return self._method(step, states)
        return states

    def _method(self, step: facts.Call | facts.Yield, states: States) -> States:
        """A method of the own object is followed in its place."""
        method = self._watch.method(step, self._inside[-1] if self._inside else None)
        if method is None or method in self._inside:
            return _CLOSED  # unknown
        self._inside.append(method)
        end, exits = self._apart(method.body, states)
        self._inside.pop()
        self._add(replace(each, at=step.at) for each in exits if each.kind in ("error", "raise"))
        return end | {each.state for each in exits if each.kind == "return"}


def _used(states: States) -> States:
    return frozenset("closed" if state == "closed" else "busy" for state in states)


def _released(states: States) -> States:
    return frozenset(_after_release(state) for state in states)


def _after_release(state: State) -> State:
    return "idle" if state == "busy" else state


def _catches(handler: facts.Handler, error: Exit) -> bool | None:
    """Whether a handler catches an error: for sure, never, or perhaps (None)."""
    if handler.exception is None:
        return True
    kinds = handler.exception.items if isinstance(handler.exception, facts.Display) else (handler.exception,)
    names = {last_name(kind) or "" for kind in kinds}
    if names & lifetimes.CATCHING_ALL:
        return True
    if error.kind == "raise":
        return True if error.cause in names else None
    return True if error.cause == "database" and names & lifetimes.CATCHING_DATABASE else None
