"""What Python's own functions give for values that are known to the last item."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.link import constants
from dbreview.link.migrations.following import truth
from dbreview.link.migrations.inspecting import known
from dbreview.link.values import Const, Entries, Items, Record, Value

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame

_COPIES = frozenset({"builtins.set", "builtins.list", "builtins.tuple", "builtins.frozenset", "builtins.sorted"})
_SET_METHODS: dict[str, Callable[[list[Value], list[Value]], list[Value]]] = {
    "difference": lambda first, second: [each for each in first if each not in second],
    "intersection": lambda first, second: [each for each in first if each in second],
    "union": lambda first, second: [*first, *(each for each in second if each not in first)],
}
SET_METHODS = _SET_METHODS.keys() | {"issubset", "issuperset", "isdisjoint"}
_OPERATORS = {"-": "difference", "&": "intersection", "|": "union"}


def call(dotted: str, arguments: Arguments) -> tuple[Value, ...]:
    """What a function of Python gives; empty where that is not known here."""
    if not dotted.startswith("builtins.") or arguments.is_open:
        return ()
    if dotted in _COPIES and not arguments.positional:
        return (known([]),)
    if dotted == "builtins.zip":
        return _zipped([constants.exact_items(value) for value in arguments.positional])
    first = arguments.positional[0] if arguments.positional else None
    items = constants.exact_items(first)
    if items is None:
        return ()
    if dotted in _COPIES and None not in items:
        is_set = dotted.endswith("set")
        kept = list(dict.fromkeys(items)) if is_set else list(items)
        if dotted == "builtins.sorted":
            if not all(isinstance(each, Const) and isinstance(each.value, str) for each in kept):
                return ()
            kept.sort(key=lambda each: str(each.value) if isinstance(each, Const) else "")
        return (known(kept),)
    if dotted in ("builtins.any", "builtins.all"):
        return (_of_each(dotted == "builtins.any", items),)
    if dotted == "builtins.len":
        return (Const(len(items)),)
    if dotted == "builtins.next":
        default = arguments.positional[1:2]
        return (items[0],) if items else default
    if dotted == "builtins.bool":
        return (Const(bool(items)),)
    return ()


def _zipped(columns: list[tuple[Value, ...] | None]) -> tuple[Value, ...]:
    given = [column for column in columns if column is not None]
    if not given or len(given) < len(columns):
        return ()
    return (known([Record(row) for row in zip(*given, strict=False)]),)


def _of_each(is_any: bool, items: tuple[Value, ...]) -> Value:
    answers = [truth(each) for each in items]
    if is_any in answers:
        return Const(is_any)
    return None if None in answers else Const(not is_any)


def of_sets(receiver: Value, name: str, arguments: Arguments) -> tuple[Value, ...]:
    """``existing.difference(wanted)``, ``wanted.issubset(existing)``."""
    mine = constants.exact_items(receiver) if isinstance(receiver, (Items, Record)) else None
    theirs = constants.exact_items(arguments.positional[0]) if len(arguments.positional) == 1 else None
    if mine is None or theirs is None or None in mine or None in theirs:
        return ()
    if name in _SET_METHODS:
        return (known(_SET_METHODS[name](list(mine), list(theirs))),)
    if name == "issubset":
        return (Const(all(each in theirs for each in mine)),)
    if name == "issuperset":
        return (Const(all(each in mine for each in theirs)),)
    if name == "isdisjoint":
        return (Const(not any(each in theirs for each in mine)),)
    return ()


def item(frame: Frame, holder: Value, index: Expression, key: Value) -> tuple[Value, ...]:
    """``names[0]``, ``names[1:]``."""
    items = constants.exact_items(holder) if isinstance(holder, (Items, Record)) else None
    if items is None:
        return ()
    if isinstance(index, facts.Slice):
        ends = [
            frame.evaluate(each) if each is not None else Const(None) for each in (index.lower, index.upper, index.step)
        ]
        numbers = [
            end.value for end in ends if isinstance(end, Const) and (end.value is None or isinstance(end.value, int))
        ]
        return (known(list(items[slice(*numbers)])),) if len(numbers) == len(ends) else (None,)
    if isinstance(key, Const) and isinstance(key.value, int) and -len(items) <= key.value < len(items):
        return (items[key.value],)
    return ()


def operate(left: Value, operator: str, right: Value) -> tuple[Value, ...]:
    """``wanted - existing`` of sets."""
    method = _OPERATORS.get(operator)
    if method is None or isinstance(left, (Const, Entries)) or isinstance(right, Const):
        return ()
    mine, theirs = constants.exact_items(left), constants.exact_items(right)
    if mine is None or theirs is None or None in mine or None in theirs:
        return ()
    return (known(_SET_METHODS[method](list(mine), list(theirs))),)
