"""What the text of an expression is made of."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.link.injection import calls, guards, reading
from dbreview.link.injection.texts import (
    KEY,
    VALUE,
    Function,
    Group,
    Parameter,
    Text,
    Textual,
    Verdict,
    alternatives,
    concatenated,
    constant,
    either,
    element,
    has_leaves,
    put,
    reached,
    scrubbed,
)
from dbreview.link.syntax import dotted_name

if TYPE_CHECKING:
    from dbreview.link.injection.reading import Reading

_MOST_JOINED = 12
_MOST_ITEMS = 40


def evaluate(frame: Reading, expression: Expression) -> Textual:
    """What an expression gives, as text. What it says about a text is noted on the way."""
    match expression:
        case facts.Name(name):
            return frame.lookup(name)
        case facts.Attribute():
            return scrubbed(_attribute(frame, expression), frame.harmless)
        case facts.Call():
            return scrubbed(calls.call(frame, expression), frame.harmless)
        case facts.Constant(value, _, is_opaque):
            is_text = not is_opaque and isinstance(value, str | int | float) and not isinstance(value, bool)
            return constant(str(value)) if is_text else None
        case facts.FormattedString(parts):
            return concatenated(_put(frame, part) for part in parts)
        case facts.BinaryOperation(left, operator, right):
            return _binary(frame, left, operator, right)
        case facts.Await(value) | facts.Starred(value):
            return frame.evaluate(value)
        case facts.Subscript(value, index):
            return scrubbed(_subscript(frame, value, index), frame.harmless)
        case facts.Conditional(test, body, orelse):
            return _either_way(frame, test, body, orelse)
        case facts.BooleanOperation(left, operator, right):
            return _boolean(frame, left, operator, right)
        case facts.Display(kind, items):
            return Group(tuple(frame.evaluate(item) for item in items[:_MOST_ITEMS]), is_row=kind != "set")
        case facts.DictDisplay(items):
            return _dict(frame, items)
        case facts.Comprehension():
            return _comprehension(frame, expression)
        case facts.Lambda():
            return Function(expression)
        case facts.NamedExpression(target, value):
            found = frame.evaluate(value)
            frame.bind(target, found)
            return found
        case facts.Comparison(left, _, others):
            for side in (left, *others):
                frame.evaluate(side)
            return guards.verdict(frame, expression)
        case facts.UnaryOperation("not", operand):
            frame.evaluate(operand)
            return guards.verdict(frame, expression)
        case facts.Yield(value) if value is not None:
            frame.returned = either((frame.returned, Group((frame.evaluate(value),))))
    return None


def _put(frame: Reading, part: Expression) -> Textual:
    """A piece of an f-string."""
    return put(frame.evaluate(part), frame.place(part.at), reading.shown(part))


def _attribute(frame: Reading, node: facts.Attribute) -> Textual:
    path = dotted_name(node)
    if path is not None and path in frame.env:
        return frame.lookup(path)
    if path is not None and not frame.is_local(path.partition(".")[0]):
        return frame.reader.of_module(frame.path, node)
    holder = frame.evaluate(node.value)
    return either(frame.reader.attribute(each, node.attr) for each in alternatives(holder))


def _binary(frame: Reading, left: Expression, operator: str, right: Expression) -> Textual:
    first, second = frame.evaluate(left), frame.evaluate(right)
    if operator == "%" and isinstance(first, Text):
        return _percent(frame, first, second, right)
    if operator == "+" and (isinstance(first, Group) or isinstance(second, Group)):
        return extended(first, second)
    if operator == "+" and (first is not None or second is not None):
        pairs = ((first, left), (second, right))
        return concatenated(put(value, frame.place(node.at), reading.shown(node)) for value, node in pairs)
    if operator == "|":
        return extended(first, second) if isinstance(first, Group) else either((first, second))
    if operator == "-" and has_leaves(first) and not isinstance(second, Text):
        return Verdict(frozenset(), guards.leaves_of(first))  # `set(columns) - ALLOWED` are those that are not allowed
    return None


def extended(first: Textual, second: Textual) -> Textual:
    """A collection or dict with what another one adds to it."""
    is_dict = any(isinstance(each, Group) and each.has_keys for each in (first, second))
    before, added = _as_group(first, is_dict=is_dict), _as_group(second, is_dict=is_dict)
    keys = {**dict(before.keys), **dict(added.keys)}
    items = (*before.items, *added.items)[:_MOST_ITEMS]
    return Group(items, tuple(keys.items()), either((before.names, added.names)), is_dict=is_dict)


def _as_group(value: Textual, *, is_dict: bool) -> Group:
    if isinstance(value, Group) or value is None:
        return value or Group()
    return Group((reached(value, VALUE),), names=reached(value, KEY)) if is_dict else Group((element(value),))


def _percent(frame: Reading, template: Text, given: Textual, node: Expression) -> Textual:
    """``"... %s" % name``, with one value, a tuple or a dict."""
    at = frame.place(node.at)
    written = node.items if isinstance(node, facts.Display) else (node,)
    items = given.items if isinstance(given, Group) and given.is_row else (given,)
    position = 0
    pieces: list[Textual] = []
    for part in template.parts:
        if not isinstance(part, str):
            pieces.append(Text((part,)))
            continue
        start = 0
        for mark in guards.PERCENT.finditer(part):
            pieces.append(constant(part[start : mark.start()]))
            start = mark.end()
            if mark["kind"] == "%":
                pieces.append(constant("%"))
                continue
            name = mark["name"]
            value = reached(given, name) if name else items[position] if position < len(items) else None
            node_of = written[position] if not name and position < len(written) else None
            position += not name
            shown = reading.shown(node_of) if node_of is not None else name or ""
            pieces.append(put(value if mark["kind"] in "sra" else None, at, shown))
        pieces.append(constant(part[start:]))
    return concatenated(pieces)


def formatted(frame: Reading, template: Text, node: facts.Call, values: tuple[Textual, ...]) -> Textual:
    """``"... {name}".format(name=name)``."""
    at = frame.place(node.at)
    positional = [v for a, v in zip(node.arguments, values, strict=True) if a.keyword is None and not a.stars]
    written = {a.keyword: reading.shown(a.value) for a in node.arguments if a.keyword}
    in_order = [reading.shown(a.value) for a in node.arguments if a.keyword is None]
    named = {a.keyword: v for a, v in zip(node.arguments, values, strict=True) if a.keyword}
    is_map = isinstance(node.func, facts.Attribute) and node.func.attr == "format_map"
    hidden = [v for a, v in zip(node.arguments, values, strict=True) if a.stars == "**" or is_map]
    pieces: list[Textual] = []
    position = 0
    for part in template.parts:
        if not isinstance(part, str):
            pieces.append(Text((part,)))
            continue
        try:
            fields = list(Formatter().parse(part))
        except ValueError:
            fields = [(part, None, None, None)]
        for literal, field, _, _ in fields:
            pieces.append(constant(literal))
            if field is None:
                continue
            name = field.partition(".")[0].partition("[")[0]
            index = int(name) if name.isdecimal() else position
            position += not name
            if name and not name.isdecimal():
                value = named[name] if name in named else either(reached(each, name) for each in hidden)
                pieces.append(put(value, at, written.get(name, "")))
            else:
                value = positional[index] if index < len(positional) else None
                pieces.append(put(value, at, in_order[index] if index < len(in_order) else ""))
    return concatenated(pieces)


def joined(frame: Reading, separator: Textual, given: Textual, node: facts.Call) -> Textual:
    """``", ".join(columns)``."""
    at = frame.place(node.at)
    written = reading.shown(node.arguments[0].value) if node.arguments else ""
    found: list[Textual] = []
    for each in alternatives(given):
        items = each.items if isinstance(each, Group) and each.items else (element(each),)
        shown = "" if isinstance(each, Group) else written
        pieces: list[Textual] = []
        for item in items[:_MOST_JOINED]:
            pieces += [separator, put(item, at, shown)] if pieces else [put(item, at, shown)]
        found.append(concatenated(pieces))
    return either(found)


def _subscript(frame: Reading, value: Expression, index: Expression) -> Textual:
    holder = frame.evaluate(value)
    if isinstance(index, facts.Slice):
        return holder
    key = frame.evaluate(index)
    if isinstance(index, facts.Constant) and isinstance(index.value, str | int):
        return reached(holder, str(index.value))
    if isinstance(index, facts.UnaryOperation):
        return reached(holder, VALUE)
    if has_leaves(key) and not has_leaves(holder):
        frame.clean(guards.leaves_of(key))  # `COLUMNS[sort]` raises where it is none of them
    return reached(holder, VALUE)


def _either_way(frame: Reading, test: Expression, body: Expression, orelse: Expression) -> Textual:
    frame.evaluate(test)
    asked = guards.verdict(frame, test)
    frame.asked |= asked.if_true | asked.if_false
    before = frame.harmless
    found = []
    for branch, harmless in ((body, asked.if_true), (orelse, asked.if_false)):
        frame.harmless = before | harmless
        found.append(frame.evaluate(branch))
    frame.harmless = before
    return either(found)


def _boolean(frame: Reading, left: Expression, operator: str, right: Expression) -> Textual:
    first = frame.evaluate(left)
    asked = first if isinstance(first, Verdict) else guards.verdict(frame, left)
    before = frame.harmless
    frame.harmless = before | (asked.if_true if operator == "and" else asked.if_false)
    second = frame.evaluate(right)
    frame.harmless = before
    if isinstance(first, Verdict) or isinstance(second, Verdict):
        return guards.combined(asked, operator, second if isinstance(second, Verdict) else guards.verdict(frame, right))
    return either((first, second)) if operator == "or" else second


def _dict(frame: Reading, items: tuple[facts.DictItem, ...]) -> Textual:
    known: dict[str, Textual] = {}
    others: list[Textual] = []
    names: list[Textual] = []
    merged: list[Textual] = []
    for item in items[:_MOST_ITEMS]:
        value = frame.evaluate(item.value)
        key = frame.evaluate(item.key) if item.key is not None else None
        if item.key is None:
            merged.append(value)
        elif isinstance(item.key, facts.Constant) and isinstance(item.key.value, str):
            known[item.key.value] = value
        else:
            others.append(value)
            names += [key] if has_leaves(key) else []
    found: Textual = Group(tuple(others), tuple(known.items()), either(names), is_dict=True)
    for each in merged:
        found = extended(each, found)
    return found


def _comprehension(frame: Reading, node: facts.Comprehension) -> Textual:
    outer, harmless = frame.env, frame.harmless
    frame.env = dict(outer)
    for clause in node.clauses:
        frame.bind(clause.target, element(frame.evaluate(clause.iterable)))
        for condition in clause.conditions:
            frame.evaluate(condition)
            asked = guards.verdict(frame, condition)
            frame.asked |= asked.if_true | asked.if_false
            frame.harmless |= asked.if_true
    key = frame.evaluate(node.key) if node.key is not None else None
    made = frame.evaluate(node.element)
    frame.env, frame.harmless = outer, harmless
    return Group((made,), names=key if has_leaves(key) else None, is_dict=node.kind == "dict")


def pairs_of(value: Textual) -> Textual:
    """``data.items()``."""
    match value:
        case Group(items, keys, names):
            values = either((*items, *(inner for _, inner in keys)))
            return Group((Group((names, values), is_row=True),))
        case Parameter():
            return Group((Group((reached(value, KEY), reached(value, VALUE)), is_row=True),))
    return None
