"""What calls give, as text: methods of texts and collections, the project's functions, some of Python's library."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import injection
from dbreview.link.injection import expressions, guards, reading
from dbreview.link.injection.binding import Bound
from dbreview.link.injection.texts import (
    DICT,
    KEY,
    VALUE,
    Answer,
    Built,
    Changed,
    Function,
    Group,
    Parameter,
    Text,
    Textual,
    Verdict,
    alternatives,
    answer,
    built,
    concatenated,
    constant,
    either,
    element,
    has_leaves,
    put,
    reached,
    scrubbed,
)
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import dotted_name, last_name

if TYPE_CHECKING:
    from dbreview.link.injection.reading import Reading

_DOLLAR = re.compile(r"\$(?:(?P<name>[a-zA-Z_]\w*)|\{(?P<braced>[a-zA-Z_]\w*)\})")


def call(frame: Reading, node: facts.Call) -> Textual:
    """What a call gives; what its arguments are is remembered, for the function that it means."""
    receiver: Textual = None
    if isinstance(node.func, facts.Attribute):
        receiver = frame.evaluate(node.func.value)
        frame.receivers[node.at] = either((frame.receivers.get(node.at), receiver))
    values = tuple(_argument(frame, argument.value) for argument in node.arguments)
    before = frame.arguments.get(node.at)
    frame.arguments[node.at] = (
        values if before is None else tuple(either(pair) for pair in zip(before, values, strict=True))
    )
    if isinstance(node.func, facts.Name) and isinstance(function := frame.lookup(node.func.id), Function):
        return _called(frame, function.facts, values)
    targets = frame.reader.targets(frame.place(node.at))
    if targets:
        return _of_project(frame, node, receiver, values, targets)
    if isinstance(node.func, facts.Attribute) and guards.asks(frame, node.func):
        return guards.verdict(frame, node)
    if isinstance(node.func, facts.Attribute) and (receiver is not None or node.func.attr in ("join", "append")):
        found = either(_method(frame, each, node, node.func, values) for each in alternatives(receiver))
        if found is not None or receiver is not None:
            return found
    return _of_library(frame, node, values)


def _argument(frame: Reading, value: facts.Expression) -> Textual:
    if isinstance(value, facts.Lambda):
        _called(frame, value, (None,) * len(value.parameters))  # whatever it is called with
    return frame.evaluate(value)


def _called(frame: Reading, function: facts.Lambda, values: tuple[Textual, ...]) -> Textual:
    """What a lambda gives, here."""
    outer = frame.env
    names = (parameter.name for parameter in function.parameters)
    frame.env = outer | dict(zip_longest(names, values[: len(function.parameters)]))
    found = frame.evaluate(function.body)
    frame.env = outer
    return found


def _of_project(
    frame: Reading,
    node: facts.Call,
    receiver: Textual,
    values: tuple[Textual, ...],
    targets: tuple[FunctionRef | ClassRef, ...],
) -> Textual:
    found: list[Textual] = []
    for target in targets:
        site = frame.reader.site(target, frame.place(node.at))
        arguments = frame.reader.bound(target, site, receiver, values)
        if isinstance(target, ClassRef) and frame.reader.is_enum(target):
            frame.clean(guards.leaves_of(Group(values)))  # `Sorting(sort)` raises where it is none of them
        elif isinstance(target, FunctionRef):
            frame.clean(guards.refused(frame, target, arguments))
            found.append(_of_method(frame, node, target, arguments, receiver))
        elif not frame.reader.interpreter.classes.is_mapped(target):
            found.append(built(target, arguments))
    return either(scrubbed(each, frame.harmless) for each in found)


def _of_method(frame: Reading, node: facts.Call, target: FunctionRef, arguments: Bound, receiver: Textual) -> Textual:
    """What a function gives. A method of an object that was built here may set its attributes, and give itself."""
    given = answer(target, arguments)
    if not isinstance(receiver, Built | Changed) or not isinstance(node.func, facts.Attribute):
        return given
    path = dotted_name(node.func.value)
    if path is not None and path in frame.env:
        frame.env[path] = frame.reader.after(target, arguments, receiver)
    itself = frame.reader.returned(given) if isinstance(given, Answer) else None
    return itself if isinstance(itself, Built | Changed) else given


# --- methods ------------------------------------------------------------------------------


def _method(
    frame: Reading, receiver: Textual, node: facts.Call, func: facts.Attribute, values: tuple[Textual, ...]
) -> Textual:
    name = func.attr
    first = values[0] if values else None
    if name == "join" and isinstance(receiver, Text | None):
        return expressions.joined(frame, receiver, first, node)
    if name in ("append", "add", "insert", "extend", "update", "appendleft"):
        _fill(frame, receiver, name, func.value, node, values)
        return None
    if name in ("substitute", "safe_substitute") and isinstance(receiver, Text):
        return substituted(frame, receiver, node, values)
    if name in ("format", "format_map") and isinstance(receiver, Text):
        return expressions.formatted(frame, receiver, node, values)
    if name == "replace" and len(values) >= 2:
        return _replaced(frame, receiver, node, values)
    if name in injection.KEEPS_TEXT | {"format", "format_map"}:
        return receiver
    if name in injection.CUTS_TEXT:
        return receiver if isinstance(receiver, Parameter) else Group((receiver,))
    return _of_collection(receiver, name, node, values)


def _of_collection(receiver: Textual, name: str, node: facts.Call, values: tuple[Textual, ...]) -> Textual:
    key = node.arguments[0].value if node.arguments else None
    match name:
        case "get" | "pop" | "getlist" | "setdefault" if isinstance(key, facts.Constant):
            default = values[1] if len(values) > 1 else None
            return either((reached(receiver, str(key.value)), default))
        case "get" | "pop" if node.arguments:
            return either((reached(receiver, VALUE) if has_leaves(receiver) else None, *values[1:]))
        case "pop" | "popleft":
            return reached(receiver, VALUE)
        case "items" | "multi_items":
            return expressions.pairs_of(receiver)
        case "values":
            return Group((reached(receiver, VALUE),))
        case "keys":
            return Group((reached(receiver, KEY),))
        case "model_dump" | "dict" | "_asdict":
            return reached(receiver, DICT)
        case "copy" | "model_copy":
            return receiver
    return reached(receiver, f"{name}()") if isinstance(receiver, Parameter) else None


def _replaced(frame: Reading, receiver: Textual, node: facts.Call, values: tuple[Textual, ...]) -> Textual:
    """``name.replace("'", "''")`` makes it harmless; ``sql.replace(":table", table)`` puts something in."""
    searched = values[0]
    old = "".join(part for part in searched.parts if isinstance(part, str)) if isinstance(searched, Text) else ""
    if not isinstance(receiver, Text):
        return None if injection.QUOTES.search(old) else receiver
    added = put(values[1], frame.place(node.at), reading.shown(node.arguments[1].value))
    pieces: list[Textual] = []
    for part in receiver.parts:
        if not isinstance(part, str) or not old or old not in part:
            pieces.append(Text((part,)))
            continue
        for index, piece in enumerate(part.split(old)):
            pieces += [added, constant(piece)] if index else [constant(piece)]
    return concatenated(pieces)


def _fill(
    frame: Reading,
    receiver: Textual,
    name: str,
    holder: facts.Expression,
    node: facts.Call,
    values: tuple[Textual, ...],
) -> None:
    """``conditions.append(f"...")``: from here on the list has this, too."""
    path = dotted_name(holder)
    if path is None or not (isinstance(receiver, Group) or "." in path) or not values:
        return
    keywords = tuple((a.keyword, v) for a, v in zip(node.arguments, values, strict=True) if a.keyword)
    before = receiver if receiver is not None else Group()
    if name in ("extend", "update"):
        added = Group(keys=keywords) if keywords else values[0]
        frame.env[path] = expressions.extended(before, added)
    else:
        frame.env[path] = expressions.extended(before, Group((values[-1],)))


# --- libraries ----------------------------------------------------------------------------


def _of_library(frame: Reading, node: facts.Call, values: tuple[Textual, ...]) -> Textual:
    dotted = frame.reader.dotted(frame, node.func)
    first = values[0] if values else None
    if dotted is None:
        return None
    if dotted in ("builtins.getattr", "builtins.hasattr") and len(node.arguments) > 1:
        return _named_attribute(frame, dotted, node, values)
    if dotted in injection.CONVERTS:
        frame.clean(guards.leaves_of(first))
        return None
    if dotted in injection.ASKS_ABOUT:
        return guards.verdict(frame, node)
    if dotted in injection.CASTS:
        return values[1] if len(values) > 1 else None
    if dotted == "builtins.dict" and any(argument.keyword for argument in node.arguments):
        keys = tuple((a.keyword, v) for a, v in zip(node.arguments, values, strict=True) if a.keyword)
        return expressions.extended(Group(keys=keys), first if not node.arguments[0].keyword else None)
    if dotted in injection.PARSES:
        return reached(first, injection.PARSED)
    if dotted in injection.PASSES:
        return values[-1] if dotted in injection.LAST_ARGUMENT and values else first
    return _of_iterable(frame, dotted, node, values)


def _of_iterable(frame: Reading, dotted: str, node: facts.Call, values: tuple[Textual, ...]) -> Textual:
    first = values[0] if values else None
    match dotted:
        case "builtins.next" | "builtins.max" | "builtins.min":
            return either((element(first), *values[1:]))
        case "builtins.enumerate":
            return Group((Group((None, element(first)), is_row=True),))
        case "builtins.zip":
            return Group((Group(tuple(element(value) for value in values), is_row=True),))
        case "builtins.map" if len(values) > 1:
            return Group((_applied(frame, node.arguments[0].value, element(values[1])),))
        case "builtins.filter" if len(values) > 1:
            kept = _applied(frame, node.arguments[0].value, element(values[1]))
            return scrubbed(values[1], kept.if_true) if isinstance(kept, Verdict) else values[1]
        case "string.Template":
            return first
        case "itertools.chain":
            return either(values)
    return None


def _applied(frame: Reading, function: facts.Expression, item: Textual) -> Textual:
    """What ``map`` gets of each item."""
    named = frame.evaluate(function) if isinstance(function, facts.Name | facts.Lambda) else None
    if isinstance(named, Function):
        return _called(frame, named.facts, (item,))
    if isinstance(function, facts.Attribute) and function.attr == "format":  # `map("'{}'".format, names)`
        template = frame.evaluate(function.value)
        given = facts.Call(function, (facts.Argument(function),), function.at)
        return expressions.formatted(frame, template, given, (item,)) if isinstance(template, Text) else None
    dotted = frame.reader.dotted(frame, function)
    if dotted in injection.PASSES or last_name(function) in injection.KEEPS_TEXT:
        return item
    return None


def _named_attribute(frame: Reading, dotted: str, node: facts.Call, values: tuple[Textual, ...]) -> Textual:
    """``getattr(User, sort)`` raises where there is no such column; ``hasattr`` asks whether there is."""
    if dotted == "builtins.hasattr":
        return Verdict(guards.leaves_of(values[1]), frozenset())
    name = node.arguments[1].value
    if isinstance(name, facts.Constant):
        return frame.reader.attribute(values[0], str(name.value))
    if len(values) == 2:
        frame.clean(guards.leaves_of(values[1]))
    return None


def substituted(frame: Reading, template: Text, node: facts.Call, values: tuple[Textual, ...]) -> Textual:
    """``Template("... $name").substitute(name=name)``."""
    named = {a.keyword: v for a, v in zip(node.arguments, values, strict=True) if a.keyword}
    pieces: list[Textual] = []
    for part in template.parts:
        if not isinstance(part, str):
            pieces.append(Text((part,)))
            continue
        start = 0
        for mark in _DOLLAR.finditer(part):
            name = mark["name"] or mark["braced"]
            pieces += [constant(part[start : mark.start()]), put(named.get(name), frame.place(node.at), name)]
            start = mark.end()
        pieces.append(constant(part[start:]))
    return concatenated(pieces)
