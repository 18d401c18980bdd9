"""What is decided by constants alone, while models are read: comparisons, texts, loops over known items.

Class bodies are code, and the names of tables and indexes are often computed. Elsewhere a constant is but a
default that the environment may replace, so nothing here applies to the bodies of ordinary functions.
"""

from __future__ import annotations

import re

from dbreview.frameworks import python
from dbreview.link.drivers import texts
from dbreview.link.values import Const, Entries, Items, Record, Value

_MOST_ITEMS = 200
_LONGEST_TEXT = 200
_MAY_EXPLODE = re.compile(r"\)[*+{]")
"""A repeated group: searching with such a pattern may take for ever."""


def exact_items(value: Value) -> tuple[Value, ...] | None:
    """All items of something that is iterated over, where they are known."""
    found: tuple[Value, ...] | None = None
    match value:
        case Const(str() as text):
            found = tuple(Const(letter) for letter in text)
        case Record(items):
            found = items
        case Items(fetch=None, exact=items) if items:
            found = items
        case Items(fetch=None, others=(), is_closed=True):
            found = ()
        case Entries(items, ()):
            found = tuple(Const(key) for key, _ in items)
    return found if found is not None and len(found) <= _MOST_ITEMS else None


def compare(left: Value, operator: str, right: Value) -> Const | None:
    """``left operator right`` where both are constants, or the right side holds known keys."""
    if operator in ("in", "not in") and isinstance(left, Const):
        items = exact_items(right)
        if isinstance(right, Const) and isinstance(right.value, str) and isinstance(left.value, str):
            return Const((left.value in right.value) is (operator == "in"))
        if items is None or not all(isinstance(item, Const) for item in items):
            return None
        return Const((left in items) is (operator == "in"))
    if operator in ("==", "!=") and isinstance(left, (Items, Record)) and isinstance(right, (Items, Record)):
        return _compare_lists(exact_items(left), operator, exact_items(right))
    if not isinstance(left, Const) or not isinstance(right, Const):
        return None
    first, second = left.value, right.value
    match operator:
        case "==" | "is":
            return Const(first == second)
        case "!=" | "is not":
            return Const(first != second)
    if isinstance(first, bool | int | float) and isinstance(second, bool | int | float):
        match operator:
            case "<":
                return Const(first < second)
            case "<=":
                return Const(first <= second)
            case ">":
                return Const(first > second)
            case ">=":
                return Const(first >= second)
    return None


def _compare_lists(left: tuple[Value, ...] | None, operator: str, right: tuple[Value, ...] | None) -> Const | None:
    """Two lists of constants; of sets nobody knows the order."""
    if left is None or right is None or not all(isinstance(each, Const) for each in (*left, *right)):
        return None
    if left != right and set(left) == set(right):
        return None
    return Const((left == right) is (operator == "=="))


def call_text(text: str, name: str, positional: tuple[Value, ...], keywords: tuple[tuple[str, Value], ...]) -> Value:
    """A method of ``str`` on constants."""
    if name == "join" and positional:
        parts = exact_items(positional[0])
        if parts is None or not all(isinstance(part, Const) for part in parts):
            return texts.joined(text, parts)
        return Const(text.join(str(part.value) for part in parts if isinstance(part, Const)))
    given = [value.value for value in positional if isinstance(value, Const)]
    named = {key: value.value for key, value in keywords if isinstance(value, Const)}
    if name == "format" and len(given) + len(named) != len(positional) + len(keywords):
        return texts.formatted(text, positional, dict(keywords))
    if name not in python.TEXT_METHODS or len(given) + len(named) != len(positional) + len(keywords):
        return None
    try:
        found = getattr(text, name)(*given, **named)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        return None
    if isinstance(found, list):
        return Items(None, is_literal=True, exact=tuple(Const(part) for part in found))
    return Const(found) if isinstance(found, str | bool) and len(str(found)) <= 10 * _LONGEST_TEXT else None


def substitute(arguments: tuple[Value, ...]) -> Const | None:
    """``re.sub(pattern, replacement, text)`` of constants."""
    given = [value.value for value in arguments if isinstance(value, Const)]
    if len(given) != 3 or not all(isinstance(value, str) and len(value) <= _LONGEST_TEXT for value in given):
        return None
    pattern, replacement, text = map(str, given)
    if _MAY_EXPLODE.search(pattern):
        return None
    try:
        return Const(re.sub(pattern, replacement, text))
    except (re.error, IndexError):
        return None


def cut(function: str, arguments: tuple[Value, ...]) -> Items | None:
    """``re.split(pattern, text)`` and ``re.findall(pattern, text)`` of constants."""
    match arguments:
        case (Const(str() as pattern), Const(str() as text)) if max(len(pattern), len(text)) <= _LONGEST_TEXT:
            if _MAY_EXPLODE.search(pattern):
                return None
            try:
                found = re.split(pattern, text) if function == "split" else re.findall(pattern, text)
            except re.error:
                return None
            if all(isinstance(part, str) for part in found):
                return Items(None, is_literal=True, exact=tuple(Const(part) for part in found))
    return None
