"""What kind of loop a loop is. Only one over rows, or over a client's list, repeats per row."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Confidence
from dbreview.frameworks import python
from dbreview.link.syntax import last_name, names_in, walk
from dbreview.link.values import (
    ClassValue,
    Const,
    Either,
    Entries,
    Fetch,
    Items,
    Record,
    Result,
    Value,
)

_GROUP = re.compile(
    r"(^|_)(chunk|batch|page|partition|window|bucket|segment|slice|shard|tenant|database|engine|bind|session|connection)(e?s)?$"
)
"""Names of things that hold many rows each, or a database of their own."""

_NO_ROW = re.compile(
    r"(^|_)(attempt|retr(y|ies)|try|tries|schema|table|model|model_class|migration|revision|statement|stmt|sql|"
    r"quer(y|ies)|column|col|field|backoff|range|step|delay|interval|month|day|date|dialect)(e?s)?$"
)
"""Names of things that are no rows, where nothing else tells what they are."""

_MESSAGES = re.compile(r"(^|_|[a-z])(consumer|subscriber|subscription|listener|pubsub|watcher)$", re.IGNORECASE)
"""Names of things that give one message after the other as they come in."""

_FEW = 20
_CONSTANT = re.compile(r"^_*[A-Z][A-Z0-9_]+$")


def classify(target: Expression, iterable: Expression, values: Value) -> tuple[Literal["rows", "other"], Confidence]:
    """Whether a loop runs once per row (or item of unknown number), and how sure that is."""
    if _is_named(target, _GROUP) or _is_named(iterable, _GROUP) or is_constant(iterable, values):
        return ("other", "low")
    if _is_counter(iterable) or _is_short_slice(iterable):
        return ("other", "low")
    if isinstance(values, Items) and isinstance(values.element, ClassValue):
        return ("other", "low")
    if fetch_of(values) is not None:
        return ("rows", "high")
    if _MESSAGES.search(last_name(iterable) or ""):
        return ("other", "low")
    is_known = isinstance(values, Items) and values.element is not None
    if not is_known and (_is_named(target, _NO_ROW) or _is_named(iterable, _NO_ROW)):
        return ("other", "low")
    return ("rows", "high" if isinstance(values, Items) else "medium")


def fetch_of(values: Value) -> Fetch | None:
    """The statement that filled a collection."""
    match values:
        case Items(_, fetch):
            return fetch
        case Result(fetch):
            return fetch
        case Entries(_, _, fetch):
            return fetch
        case Either(options):
            return next((found for found in map(fetch_of, options) if found is not None), None)
    return None


def _is_named(expression: Expression, names: re.Pattern[str]) -> bool:
    if isinstance(expression, facts.Await):
        return _is_named(expression.value, names)
    if isinstance(expression, facts.Display):
        return any(_is_named(item, names) for item in expression.items)
    if isinstance(expression, facts.Call):
        name = last_name(expression.func) or ""
        if name in python.CHUNKERS or any(word in name for word in ("chunk", "batch", "partition")):
            return True
        if name in ("enumerate", "sorted", "list", "reversed", "set", "zip", "tqdm", "tuple"):
            return any(_is_named(argument.value, names) for argument in expression.arguments)
        return False
    word = last_name(expression)
    return word is not None and names.search(word.lower()) is not None


def _is_short_slice(iterable: Expression) -> bool:
    """``rows[:10]``: at most as many passes as somebody wrote down."""
    if not isinstance(iterable, facts.Subscript) or not isinstance(iterable.index, facts.Slice):
        return False
    upper = iterable.index.upper
    return isinstance(upper, facts.Constant) and isinstance(upper.value, int) and 0 < upper.value <= _FEW


def is_constant(iterable: Expression, values: Value) -> bool:
    """Whether what is iterated over is written in the source: a literal, a constant, an enumeration."""
    if isinstance(iterable, facts.Display):
        return not any(isinstance(item, facts.Starred) for item in iterable.items)
    if isinstance(iterable, (facts.Constant, facts.DictDisplay)):
        return True
    if isinstance(iterable, facts.Call):
        name = last_name(iterable.func)
        if name == "get_args" or (name == "range" and all(is_constant(a.value, None) for a in iterable.arguments)):
            return True
        if name in ("enumerate", "sorted", "list", "reversed", "set", "tuple", "zip", "items", "values", "keys"):
            inner = [a.value for a in iterable.arguments]
            if name in ("items", "values", "keys") and isinstance(iterable.func, facts.Attribute):
                inner = [iterable.func.value]
            return bool(inner) and all(is_constant(part, None) for part in inner)
    name = last_name(iterable) if isinstance(iterable, (facts.Name, facts.Attribute)) else None
    if name is not None and _CONSTANT.match(name):
        return True
    match values:
        case Items(is_literal=True) | Record() | Entries(others=(), fetch=None) | Const() | ClassValue():
            return True
    return False


def _is_counter(iterable: Expression) -> bool:
    if not isinstance(iterable, facts.Call) or last_name(iterable.func) not in ("range", "count", "repeat", "cycle"):
        return False
    first = iterable.arguments[0].value if len(iterable.arguments) == 1 else None
    return not (isinstance(first, facts.Call) and last_name(first.func) == "len")


def leaves(body: Block) -> bool:
    """Whether a ``break`` or ``return`` can end the loop with this body."""
    for statement in body:
        match statement:
            case facts.Jump("break") | facts.Return():
                return True
            case facts.If(_, then, orelse):
                if leaves(then) or leaves(orelse):
                    return True
            case facts.With(_, inner):
                if leaves(inner):
                    return True
            case facts.Try(inner, handlers, orelse, final):
                if any(leaves(b) for b in (inner, orelse, final, *(h.body for h in handlers))):
                    return True
            case facts.Match(_, cases):
                if any(leaves(case.body) for case in cases):
                    return True
            case facts.For(_, _, inner) | facts.While(_, inner):
                if any(isinstance(node, facts.Return) for node in walk(inner)):
                    return True
    return False


def may_end(body: Block) -> bool:
    """Whether a path can reach the end of a block."""
    if not body:
        return True
    match body[-1]:
        case facts.Return() | facts.Raise():
            return False
        case facts.Jump(kind):
            return kind == "pass"
        case facts.If(_, then, orelse):
            return may_end(then) or may_end(orelse)
        case facts.With(_, inner):
            return may_end(inner)
        case facts.Try(inner, handlers, orelse, final):
            if final and not may_end(final):
                return False
            return may_end((*inner, *orelse)) or any(may_end(handler.body) for handler in handlers)
    return True


@lru_cache(maxsize=20_000)
def ends_at_once(body: Block) -> bool:
    """Whether a loop's first pass is its last."""
    if any(isinstance(s, facts.Return) or (isinstance(s, facts.Jump) and s.kind == "break") for s in body):
        return True
    goes_on = any(isinstance(node, facts.Jump) and node.kind == "continue" for node in walk(body))
    return bool(body) and not goes_on and not all(may_end((statement,)) for statement in body)


@lru_cache(maxsize=20_000)
def searching_calls(body: Block) -> frozenset[facts.Span]:
    """The places of the calls whose result ends the loop: ``found = query(); if found: return found``.

    ``if not found: return`` is no search: as long as rows are found, the loop goes on.
    """
    found: set[facts.Span] = set()
    for index, statement in enumerate(body):
        match statement:
            case facts.If(test, then, orelse):
                ends = _ends_loop(orelse) if _is_negative(test) else _ends_loop(then)
                if ends:
                    names = names_in(test)
                    before = (s for s in body[:index] if isinstance(s, facts.Assign) and names & names_in(s.targets))
                    found |= {
                        call.at for part in (test, *before) for call in walk(part) if isinstance(call, facts.Call)
                    }
            case facts.With(_, inner) | facts.Try(inner):
                found |= searching_calls(inner)
    return frozenset(found)


@lru_cache(maxsize=20_000)
def carried_calls(body: Block) -> frozenset[facts.Span]:
    """The calls that need the answer of the pass before: ``key = query(key)``. No batch can replace them."""
    assigned: dict[str, list[facts.Assign]] = {}
    for node in walk(body):
        if isinstance(node, facts.Assign):
            for target in node.targets:
                for name in names_in(target) if isinstance(target, facts.Name | facts.Display) else ():
                    assigned.setdefault(name, []).append(node)
    found: set[facts.Span] = set()
    for name, statements in assigned.items():
        for call in (call for s in statements for call in walk(s.value) if isinstance(call, facts.Call)):
            read = names_in(call)
            for inner in read & assigned.keys() - {name}:
                read |= frozenset().union(*(names_in(s.value) for s in assigned[inner] if call not in walk(s.value)))
            if name in read:
                found.add(call.at)
    return frozenset(found)


@lru_cache(maxsize=20_000)
def kept_calls(body: Block) -> frozenset[facts.Span]:
    """The calls whose result a variable keeps until the next pass: ``user = session.get(...)``."""
    found: set[facts.Span] = set()
    for node in walk(body):
        if isinstance(node, facts.Assign) and all(isinstance(target, facts.Name) for target in node.targets):
            value = node.value.value if isinstance(node.value, facts.Await) else node.value
            found |= {value.at} if isinstance(value, facts.Call) else set()
    return frozenset(found)


@lru_cache(maxsize=20_000)
def needed_flushes(body: Block) -> frozenset[facts.Span]:
    """The places of the flushes after which the same pass reads an object that it added: its key, mostly."""
    found: set[facts.Span] = set()
    added: set[str] = set()
    pending: set[facts.Span] = set()
    for node in walk(body):
        match node:
            case facts.Call(facts.Attribute(_, "add" | "add_all" | "merge"), arguments):
                added |= {name for argument in arguments for name in names_in(argument.value)}
            case facts.Call(facts.Attribute(_, "flush")):
                pending.add(node.at)
            case facts.Attribute(facts.Name(name)) if name in added and pending:
                found |= pending
            case facts.Argument(value=facts.Name(name)) if name in added and pending:
                found |= pending
    return frozenset(found)


@lru_cache(maxsize=20_000)
def answering_calls(body: Block) -> tuple[frozenset[facts.Span], frozenset[facts.Span]]:
    """The calls whose result is kept or returned, and those whose result a condition asks for."""
    kept = [node for node in walk(body) if isinstance(node, facts.Assign)]
    returned = [node.value for node in walk(body) if isinstance(node, facts.Return) and node.value is not None]
    tests = [node.test for node in walk(body) if isinstance(node, facts.If | facts.While | facts.Conditional)]
    names = frozenset().union(*map(names_in, tests))
    asked = [*tests, *(node.value for node in kept if names & names_in(node.targets))]
    return _calls_in((*(node.value for node in kept), *returned, *tests)), _calls_in(tuple(asked))


def _calls_in(parts: tuple[Expression, ...]) -> frozenset[facts.Span]:
    return frozenset(node.at for each in parts for node in walk(each) if isinstance(node, facts.Call))


def taken_by(test: Expression, body: Block) -> frozenset[str]:
    """The names by which a ``while`` loop takes the items of a collection one by one; none where it does not.

    ``while queue:`` with ``queue.pop()`` in it, ``while position < len(rows):``, ``while (row := next(rows)):``.
    """
    match test:
        case facts.Name(name) | facts.Comparison(facts.Call(facts.Name("len"), (facts.Argument(facts.Name(name)),))):
            takes = any(
                isinstance(call, facts.Call)
                and isinstance(call.func, facts.Attribute)
                and call.func.attr in ("pop", "popleft")
                and names_in(call.func.value) == {name}
                for call in walk(body)
            )
            return frozenset({name}) if takes else frozenset()
        case facts.Comparison(facts.Name(position), ("<",), (facts.Call(facts.Name("len")),)):
            return frozenset({position})
        case facts.Comparison(facts.NamedExpression(facts.Name(row), facts.Call(facts.Name("next" | "anext")))):
            return frozenset({row})
    return frozenset()


@lru_cache(maxsize=20_000)
def feeds(names: frozenset[str], body: Block) -> bool:
    """Whether a loop over one of these collections adds to it: it walks a tree or graph."""
    return any(
        isinstance(call, facts.Call)
        and isinstance(call.func, facts.Attribute)
        and call.func.attr in ("append", "extend", "add", "appendleft", "update", "insert")
        and isinstance(call.func.value, facts.Name)
        and call.func.value.id in names
        for call in walk(body)
    )


def is_batch_test(test: Expression) -> bool:
    """Whether a condition lets only each so many passes through: ``index % 500 == 0``, ``len(buffer) >= 1000``."""
    if any(isinstance(node, facts.BinaryOperation) and node.operator == "%" for node in walk(test)):
        return True
    match test:
        case facts.Comparison(facts.Name() | facts.Call(facts.Name("len")), (">=" | ">" | "==",), (limit,)):
            is_number = isinstance(limit, facts.Constant) and isinstance(limit.value, int) and limit.value > 1
            name = last_name(limit) if isinstance(limit, facts.Name | facts.Attribute) else None
            return is_number or any(
                word in (name or "").lower() for word in ("batch", "chunk", "size", "limit", "every")
            )
    return False


def continues(block: Block) -> bool:
    """Whether a block ends by going on to the next pass."""
    return bool(block) and isinstance(block[-1], facts.Jump) and block[-1].kind == "continue"


def ends_loop(block: Block) -> bool:
    """Whether a block ends by leaving the loop around it: ``return``, ``raise`` or ``break``."""
    return _ends_loop(block) or (bool(block) and isinstance(block[-1], facts.Raise))


def _ends_loop(block: Block) -> bool:
    return bool(block) and (
        isinstance(block[-1], facts.Return) or (isinstance(block[-1], facts.Jump) and block[-1].kind == "break")
    )


def _is_negative(test: Expression) -> bool:
    match test:
        case facts.UnaryOperation("not"):
            return True
        case facts.Comparison(_, ("is" | "==",), (facts.Constant(None),)):
            return True
        case facts.BooleanOperation(left, "or", _):
            return _is_negative(left)
    return False


def changing_names(target: Expression) -> frozenset[str]:
    """The names that a loop's target binds."""
    return names_in(target)
