"""What text is made of, in terms of the parameters of the function that makes it. Unknown is ``None``, and harmless.

``None`` also stands for what cannot carry SQL: numbers, what an allow-list has let pass, what a library gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TypeAlias

from dbreview.facts import Lambda
from dbreview.finding import Place
from dbreview.link.names import ClassRef, FunctionRef

_MOST_OPTIONS = 6
_MOST_PARTS = 80
_LONGEST_PATH = 6
_DEEPEST = 4

ANY = "*"
"""The step from a collection to what a loop over it takes: an item of a list, a key of a dict."""
VALUE = "<value>"
"""The step to what stands at a place that is not known: an item of a list, a value of a dict."""
KEY = "<key>"
"""The step from a dict to one of its keys."""
DICT = "<dict>"
"""The step from an object to a dict of its fields."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter of ``ref`` holds, or what is reached from it by attributes and keys."""

    ref: FunctionRef
    name: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call of ``ref`` gives, or what is reached from that."""

    ref: FunctionRef
    arguments: tuple[tuple[str, Textual], ...]
    path: tuple[str, ...] = ()
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Built:
    """An object of a project's class, made with these arguments, or what is reached from it."""

    ref: ClassRef
    arguments: tuple[tuple[str, Textual], ...]
    path: tuple[str, ...] = ()
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """An object some of whose attributes were set since it was made."""

    value: Textual
    fields: tuple[tuple[str, Textual], ...]


@dataclass(frozen=True, slots=True)
class Put:
    """Something put into a text, at ``at``, where it is ``written`` like this."""

    value: Textual
    at: Place
    written: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text, piece by piece."""

    parts: tuple[str | Put, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A collection, or a dict: one that ``is_dict``, has ``keys``, or ``names``, which is what other keys of it are.

    One ``is_row`` has its items at known positions.
    """

    items: tuple[Textual, ...] = ()
    keys: tuple[tuple[str, Textual], ...] = ()
    names: Textual = None
    is_row: bool = False
    is_dict: bool = False

    @property
    def has_keys(self) -> bool:
        return self.is_dict or bool(self.keys) or self.names is not None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a test: what is harmless where it is true, and where it is false."""

    if_true: frozenset[Parameter | Answer | Built]
    if_false: frozenset[Parameter | Answer | Built]


@dataclass(frozen=True, slots=True)
class Several:
    """One of these, by the path taken."""

    options: tuple[Textual, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A lambda, which sees the variables around it."""

    facts: Lambda


Reached: TypeAlias = Parameter | Answer | Built
Textual: TypeAlias = Text | Reached | Changed | Group | Verdict | Several | Function | None


def answer(ref: FunctionRef, arguments: tuple[tuple[str, Textual], ...]) -> Textual:
    """What a call gives. Of what was made by many calls, each of what the one before gave, nothing is known."""
    depth = 1 + max((_depth(value) for _, value in arguments), default=0)
    return Answer(ref, arguments, depth=depth) if depth <= _DEEPEST else None


def built(ref: ClassRef, arguments: tuple[tuple[str, Textual], ...]) -> Textual:
    depth = 1 + max((_depth(value) for _, value in arguments), default=0)
    return Built(ref, arguments, depth=depth) if depth <= _DEEPEST else None


def changed(value: Textual, fields: Iterable[tuple[str, Textual]]) -> Textual:
    """An object with these attributes set, besides those that were set before."""
    known = dict(value.fields) if isinstance(value, Changed) else {}
    known |= dict(fields)
    base = value.value if isinstance(value, Changed) else value
    found = Changed(base, tuple(known.items()))
    return found if _depth(found) <= _DEEPEST else None


def _depth(value: Textual) -> int:
    match value:
        case Changed(base, fields):
            return max(map(_depth, (base, *(each for _, each in fields))))
        case Answer() | Built():
            return value.depth
        case Text(parts):
            return max((_depth(part.value) for part in parts if isinstance(part, Put)), default=0)
        case Group(items, keys, names):
            return max(map(_depth, (*items, *(each for _, each in keys), names)))
        case Several(forms):
            return max(map(_depth, forms))
    return 0


def alternatives(value: Textual) -> tuple[Textual, ...]:
    return value.options if isinstance(value, Several) else (value,)


def either(values: Iterable[Textual]) -> Textual:
    """What something is that is one of these. Of two texts, one of which goes on with the other, the longer is kept."""
    found: list[Textual] = []
    for value in values:
        for each in alternatives(value):
            if each is None or any(_is_start(each, other) for other in found):
                continue
            found = [other for other in found if not _is_start(other, each)]
            found.append(each)
    if len(found) > _MOST_OPTIONS:
        found = sorted(found, key=lambda each: not has_leaves(each))[:_MOST_OPTIONS]
    return Several(tuple(found)) if len(found) > 1 else found[0] if found else None


def _is_start(first: Textual, second: Textual) -> bool:
    """Whether a text is how another one begins, or the same."""
    if isinstance(first, Text) and isinstance(second, Text):
        return second.parts[: len(first.parts)] == first.parts
    return first == second


def constant(text: str) -> Text:
    return Text((text,))


def put(value: Textual, at: Place, written: str) -> Textual:
    """A value as part of a text: a text is taken over as it is, anything else is put in."""
    found: list[Textual] = []
    for each in alternatives(value):
        if isinstance(each, Text):
            found.append(each)
        elif isinstance(each, (Parameter, Answer, Built)):
            found.append(Text((Put(each, at, written),)))
        else:
            found.append(Text((Put(None, at, written),)))
    return Several(tuple(dict.fromkeys(found))) if len(set(found)) > 1 else found[0]


def concatenated(pieces: Iterable[Textual]) -> Textual:
    """Texts, one behind the other; where some have several forms, the first few of all combinations."""
    combined: list[tuple[str | Put, ...]] = [()]
    for piece in pieces:
        forms = [each.parts for each in alternatives(piece) if isinstance(each, Text)]
        if not forms:
            continue
        pairs = product(combined, sorted(forms, key=lambda parts: not any(map(_is_leaf, parts))))
        combined = [_glued(before, after) for before, after in pairs][:_MOST_OPTIONS]
    return either(Text(parts[:_MOST_PARTS]) for parts in combined)


def _glued(before: tuple[str | Put, ...], after: tuple[str | Put, ...]) -> tuple[str | Put, ...]:
    return (*before, *after)


def _is_leaf(part: str | Put) -> bool:
    return isinstance(part, Put) and part.value is not None


def leaves(value: Textual) -> Iterator[Reached]:
    """What comes from somewhere else, and may hold anything."""
    match value:
        case Parameter() | Answer() | Built():
            yield value
        case Text(parts):
            for part in parts:
                if isinstance(part, Put):
                    yield from leaves(part.value)
        case Group(items, keys, names):
            for each in (*items, *(inner for _, inner in keys), names):
                yield from leaves(each)
        case Changed(base, fields):
            for each in (base, *(inner for _, inner in fields)):
                yield from leaves(each)
        case Several(forms):
            for each in forms:
                yield from leaves(each)


def has_leaves(value: Textual) -> bool:
    return next(leaves(value), None) is not None


def reached(value: Textual, step: str) -> Textual:
    """What an attribute, a key or a position of a value holds."""
    match value:
        case Parameter() | Answer() | Built():
            path = value.path[:-1] if value.path[-1:] == (DICT,) else value.path
            return replace(value, path=(*path, step)) if len(path) < _LONGEST_PATH else None
        case Several(forms):
            return either(reached(each, step) for each in forms)
        case Changed(base, fields):
            return dict(fields)[step] if step in dict(fields) else reached(base, step)
        case Group(items, keys, names, is_row):
            if step == KEY or (step == ANY and value.has_keys):
                return names
            if step in dict(keys):
                return dict(keys)[step]
            if is_row and step.isdecimal() and int(step) < len(items):
                return items[int(step)]
            return either((*items, *(inner for _, inner in keys)) if step == VALUE else items)
    return None


def element(value: Textual) -> Textual:
    """One of what a loop runs over: an item of a list, a key of a dict."""
    match value:
        case Parameter() | Answer() | Built() if value.path[-1:] == (DICT,):
            return reached(value, KEY)
        case Several(forms):
            return either(element(each) for each in forms)
    return reached(value, ANY)


def scrubbed(value: Textual, harmless: frozenset[Reached]) -> Textual:
    """A value of which some parts have been found to be harmless."""
    if not harmless or value is None:
        return value
    match value:
        case Parameter() | Answer() | Built():
            return None if _is_among(value, harmless) else value
        case Text(parts):
            return Text(
                tuple(replace(p, value=scrubbed(p.value, harmless)) if isinstance(p, Put) else p for p in parts)
            )
        case Group(items, keys, names):
            return replace(
                value,
                items=tuple(scrubbed(each, harmless) for each in items),
                keys=tuple((key, scrubbed(each, harmless)) for key, each in keys),
                names=scrubbed(names, harmless),
            )
        case Changed(base, fields):
            return Changed(scrubbed(base, harmless), tuple((name, scrubbed(each, harmless)) for name, each in fields))
        case Several(forms):
            return either(scrubbed(each, harmless) for each in forms)
    return value


def _is_among(value: Reached, harmless: frozenset[Reached]) -> bool:
    """Whether a value, or what it was reached from, is among the harmless; a whole is where all its elements are."""
    if replace(value, path=(*value.path, ANY)) in harmless:
        return True
    return any(replace(value, path=value.path[:length]) in harmless for length in range(len(value.path) + 1))
