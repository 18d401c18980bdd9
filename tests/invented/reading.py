"""Reads a path of relationships from rows, in many ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from invented.draft import MODELS, Draft, Wanted
from invented.schema import Side, plural, snake
from invented.source import indented

TEMPLATES = {
    "for": (
        8,
        """
result = []
for {row} in {rows}:
    result.append({whole})
""",
    ),
    "comprehension": (8, "result = [{whole} for {row} in {rows}]"),
    "generator": (6, "result = sum(1 for {row} in {rows} if {whole} is not None)"),
    "dict": (5, "result = {{{row}.id: {whole} for {row} in {rows}}}"),
    "set": (3, "result = len({{str({whole}) for {row} in {rows}}})"),
    "map": (4, "result = list(map(lambda {row}: {whole}, {rows}))"),
    "sorted": (4, "result = [{row}.id for {row} in sorted({rows}, key=lambda {row}: str({whole}))]"),
    "max": (2, "result = max({rows}, key=lambda {row}: str({whole})).id"),
    "filter": (2, "result = [{row}.id for {row} in {rows} if {whole}]"),
    "enumerate": (
        3,
        """
result = []
for position, {row} in enumerate({rows}, start=1):
    result.append((position, {whole}))
""",
    ),
    "zip": (2, "result = [{whole} for {row}, _ in zip({rows}, range(1000))]"),
    "reversed": (
        2,
        """
result = []
for {row} in reversed(list({rows})):
    result.append({whole})
""",
    ),
    "queue": (
        3,
        """
queue = list({rows})
result = []
while queue:
    {row} = queue.pop()
    result.append({whole})
""",
    ),
    "while": (
        2,
        """
items = list({rows})
position = 0
result = []
while position < len(items):
    {row} = items[position]
    result.append({whole})
    position += 1
""",
    ),
    "index": (
        3,
        """
items = list({rows})
result = []
for position in range(len(items)):
    {row} = items[position]
    result.append({whole})
""",
    ),
    "dict of rows": (
        3,
        """
by_id = {{{row}.id: {row} for {row} in {rows}}}
result = {{}}
for key, {row} in by_id.items():
    result[key] = {whole}
""",
    ),
    "inner function": (
        3,
        """
def digest(one):
    return {whole_of_one}
result = [digest({row}) for {row} in {rows}]
""",
    ),
}
WEIGHTS = {name: weight for name, (weight, _) in TEMPLATES.items()} | {
    "nested for": 12,
    "steps": 6,
    "awaitable": 8,
    "flat comprehension": 8,
    "helper": 10,
    "chain of helpers": 6,
    "map of helper": 3,
    "method": 4,
    "property": 4,
}


@dataclass(frozen=True)
class Reading:
    """Lines that leave what they read in ``result``, and lines for the bodies of models."""

    lines: list[str]
    methods: dict[str, list[str]] = field(default_factory=dict)


def invent_reading(draft: Draft, wanted: Wanted, rows: str) -> Reading:
    """A loop over the rows that reads the path from each."""
    can_await = draft.is_async and not draft.is_sqlmodel
    weights = {name: weight for name, weight in WEIGHTS.items() if name != "awaitable" or can_await}
    shape = draft.dice.pick("reading", weights)
    row, path = wanted.row, wanted.path
    match shape:
        case "nested for":
            return Reading(["result = []", *_nested(row, rows, path)])
        case "steps" | "awaitable":
            return Reading(["result = []", *_in_steps(row, rows, path, awaits=shape == "awaitable")])
        case "flat comprehension":
            return Reading([f"result = [{_flat(row, rows, path)}]"])
        case "method" | "property":
            head = ["", "def digest(self):"] if shape == "method" else ["", "@property", "def digest(self):"]
            methods = {wanted.root: [*head, f"    return {expression('self', path)}"]}
            return Reading([f"result = [{row}.digest{'()' if shape == 'method' else ''} for {row} in {rows}]"], methods)
        case "helper" | "chain of helpers" | "map of helper":
            return Reading(_through_helpers(draft, wanted, rows, shape))
    whole, of_one = expression(row, path, row), expression("one", path, "one")
    lines = TEMPLATES[shape][1].format(row=row, rows=rows, whole=whole, whole_of_one=of_one)
    return Reading(lines.strip().split("\n"))


def expression(row: str, path: Sequence[Side], taken: str = "") -> str:
    """Something that is computed from a row by following the path to its end."""
    if not path:
        return f"{row}.name"
    side, rest = path[0], path[1:]
    value = _read(row, side)
    if not side.is_collection:
        return expression(value, rest, taken)
    if not rest:
        return f"len({value})"
    item = _variable(side.target, taken)
    return f"[{expression(item, rest, f'{taken} {item}')} for {item} in {value}]"


def _read(row: str, side: Side) -> str:
    return f"{row}.{side.name}.all()" if side.lazy == "dynamic" else f"{row}.{side.name}"


def _variable(model: str, taken: str) -> str:
    name = snake(model)
    return f"inner_{name}" if name in taken.split() else name


def _through_helpers(draft: Draft, wanted: Wanted, rows: str, shape: str) -> list[str]:
    """Functions in another file: one for the whole path, or one for each step."""
    file, row, path = draft.files["app/helpers.py"], wanted.row, wanted.path
    annotated = draft.dice.happens("annotated helper", 60)
    count = len(path) if shape == "chain of helpers" else 1
    for number in reversed(range(count)):
        side = path[number]
        name = snake(side.owner)
        body = expression(name, path[number:], name)
        if number + 1 < count:
            value = _read(name, side)
            body = (
                f"[digest_{number + 1}(item) for item in {value}]"
                if side.is_collection
                else f"digest_{number + 1}({value})"
            )
        if annotated:
            file.uses(MODELS, side.owner)
        file.add_block(f"def digest_{number}({name}{f': {side.owner}' if annotated else ''}):", [f"return {body}"])
    draft.handler.uses("app.helpers", "digest_0")
    if shape == "map of helper":
        return [f"result = list(map(digest_0, {rows}))"]
    if draft.dice.one_of((True, False)):
        return [f"result = [digest_0({row}) for {row} in {rows}]"]
    return ["result = []", f"for {row} in {rows}:", f"    result.append(digest_0({row}))"]


def _nested(row: str, rows: str, path: Sequence[Side]) -> list[str]:
    """One ``for`` for each collection but the last."""
    lines, value, taken = [f"for {row} in {rows}:"], row, row
    for number, side in enumerate(path):
        value = _read(value, side)
        if side.is_collection and number + 1 == len(path):
            return [*lines, *indented([f"result.append(len({value}))"], len(lines))]
        if side.is_collection:
            item = _variable(side.target, taken)
            lines += indented([f"for {item} in {value}:"], len(lines))
            value, taken = item, f"{taken} {item}"
    return [*lines, *indented([f"result.append({value}.name)"], len(lines))]


def _in_steps(row: str, rows: str, path: Sequence[Side], *, awaits: bool) -> list[str]:
    """A line for each step: every object on the way gets a name of its own."""
    lines, depth, taken = [f"for {row} in {rows}:"], 1, row
    for side in path:
        value = f"await {row}.awaitable_attrs.{side.name}" if awaits else _read(row, side)
        row = _variable(side.target, taken)
        taken = f"{taken} {row}"
        lines += indented([f"for {row} in {value}:" if side.is_collection else f"{row} = {value}"], depth)
        depth += side.is_collection
    return [*lines, *indented([f"result.append({row}.name)"], depth)]


def _flat(row: str, rows: str, path: Sequence[Side]) -> str:
    """A comprehension with one ``for`` for each collection but the last."""
    lines = _nested(row, rows, path)
    value = lines[-1].strip().removeprefix("result.append(").removesuffix(")")
    return " ".join((value, *(line.strip().removesuffix(":") for line in lines[:-1])))


def read_one(draft: Draft, wanted: Wanted) -> list[str]:
    """Reads the path from a single row."""
    row, first, rest = wanted.row, wanted.path[0], wanted.path[1:]
    shape = draft.dice.pick("reading one", {"for": 4, "expression": 4, "collection in a variable": 3})
    if shape == "expression":
        return [f"result = {expression(row, wanted.path, row)}"]
    item, value = _variable(first.target, row), _read(row, first)
    body = f"    result.append({expression(item, rest, f'{row} {item}')})"
    if shape == "for":
        return ["result = []", f"for {item} in {value}:", body]
    return [f"{plural(first.target)} = {value}", "result = []", f"for {item} in {plural(first.target)}:", body]
