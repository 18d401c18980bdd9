"""What the parameters of a function hold in a call, and what its texts are with that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from dbreview import facts
from dbreview.link.injection.texts import (
    Answer,
    Built,
    Changed,
    Group,
    Parameter,
    Put,
    Several,
    Text,
    Textual,
    answer,
    built,
    changed,
    concatenated,
    either,
    put,
    reached,
)
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import calls_in, walk

if TYPE_CHECKING:
    from dbreview.link.injection.reader import Reader

Bound: TypeAlias = tuple[tuple[str, Textual], ...]


def leading(decorator: facts.Function) -> int:
    """How many arguments a decorator puts in front of those that callers give: ``function(connection, *arguments)``."""
    for inner in walk(decorator.body, into_functions=True):
        if isinstance(inner, facts.Function) and any(each.kind == "*" for each in inner.parameters):
            own = sum(each.kind in ("positional", "normal") for each in inner.parameters)
            for call in calls_in(inner.body):
                stars = [index for index, each in enumerate(call.arguments) if each.stars == "*"]
                if stars and isinstance(call.func, facts.Name):
                    return max(stars[0] - own, 0)
    return 0


def to_function(
    ref: FunctionRef,
    is_bound: bool,
    leading: int,
    receiver: Textual,
    arguments: tuple[facts.Argument, ...],
    values: tuple[Textual, ...],
) -> Bound:
    parameters = list(ref.facts.parameters)
    found: dict[str, Textual] = {}
    if is_bound and parameters:
        found[parameters.pop(0).name] = receiver
    parameters = parameters[leading:]
    names = [p.name for p in parameters if p.kind in ("positional", "normal")]
    found |= dict(to_names(names, arguments, values))
    rest = [v for a, v in zip(arguments, values, strict=True) if a.keyword is None and not a.stars][len(names) :]
    others = tuple((a.keyword, v) for a, v in zip(arguments, values, strict=True) if a.keyword)
    keywords = {p.name for p in parameters if not p.kind.startswith("*")}
    for parameter in parameters:
        if parameter.kind == "*":
            starred = [v for a, v in zip(arguments, values, strict=True) if a.stars == "*"]
            found[parameter.name] = Group(tuple(rest), is_row=True) if rest or not starred else starred[0]
        elif parameter.kind == "**":
            hidden = either(v for a, v in zip(arguments, values, strict=True) if a.stars == "**")
            named = tuple((key, value) for key, value in others if key not in keywords)
            found[parameter.name] = Group(keys=named) if named or hidden is None else hidden
        elif parameter.kind == "keyword":
            found |= {key: value for key, value in others if key == parameter.name}
    return tuple(found.items())


def to_names(names: list[str], arguments: tuple[facts.Argument, ...], values: tuple[Textual, ...]) -> Bound:
    found: dict[str, Textual] = {}
    position = 0
    for argument, value in zip(arguments, values, strict=True):
        if argument.stars == "*":
            for offset, name in enumerate(names[position:]):
                found[name] = reached(value, str(offset))
            position = len(names)
        elif argument.stars == "**":
            for name in names:
                if name not in found:
                    found[name] = reached(value, name)
        elif argument.keyword is not None:
            found[argument.keyword] = value
        elif position < len(names):
            found[names[position]] = value
            position += 1
    return tuple(found.items())


def substituted(reader: Reader, value: Textual, ref: FunctionRef, given: dict[str, Textual]) -> Textual:
    """A value in terms of a function's parameters, with what a call gives for them."""
    match value:
        case Parameter(owner, name, path):
            if owner is not ref:
                return value
            return reader.followed(given.get(name), path)
        case Answer(other, arguments, path):
            kept = tuple((name, substituted(reader, each, ref, given)) for name, each in arguments)
            return reader.followed(answer(other, kept), path)
        case Built(made, arguments, path):
            kept = tuple((name, substituted(reader, each, ref, given)) for name, each in arguments)
            return reader.followed(built(made, kept), path)
        case Changed(base, fields):
            kept = tuple((name, substituted(reader, each, ref, given)) for name, each in fields)
            return changed(substituted(reader, base, ref, given), kept)
        case Text(parts):
            pieces = [
                put(substituted(reader, part.value, ref, given), part.at, part.written)
                if isinstance(part, Put)
                else Text((part,))
                for part in parts
            ]
            return concatenated(pieces)
        case Group(items, keys, names):
            return replace(
                value,
                items=tuple(substituted(reader, each, ref, given) for each in items),
                keys=tuple((key, substituted(reader, each, ref, given)) for key, each in keys),
                names=substituted(reader, names, ref, given),
            )
        case Several(forms):
            return either(substituted(reader, each, ref, given) for each in forms)
    return None
