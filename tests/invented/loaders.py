"""Loader options for a path of relationships, written in many ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from invented.dice import Dice
from invented.schema import Schema, Side

STRATEGIES = {"selectinload": 10, "joinedload": 6, "subqueryload": 3, "immediateload": 1}
_FUNCTION = re.compile(r"\b(\w+load|load_only|contains_eager|Load)\(")


@dataclass(frozen=True)
class Options:
    """The options as expressions, and what they ask of the statement around them.

    ``steps`` names the option for each step of the path, as far as they go; ``beside`` is loaded besides.
    """

    expressions: tuple[str, ...] = ()
    join: str | None = None
    joins_collection: bool = False
    steps: tuple[str, ...] = ()
    beside: Side | None = None

    @property
    def functions(self) -> set[str]:
        """What has to be imported for them."""
        return {name for expression in self.expressions for name in _FUNCTION.findall(expression)}


def invent_options(dice: Dice, schema: Schema, path: Sequence[Side]) -> Options:
    """Options that load a part of the path, all of it, or something else."""
    shape = dice.pick("options", {"none": 30, "path": 50, "wildcard": 5, "join": 7, "decoy": 8})
    if shape == "none" or any(side.lazy == "dynamic" for side in path):
        return Options()
    options = Options()
    if shape == "path":
        options = _path(dice, path)
    elif shape == "join":
        options = _joined(dice, path)
    elif shape == "wildcard" and not _has_dynamic(schema):
        options = _wildcard(dice, path)
    if shape == "decoy" or dice.happens("decoy", 10):
        return _with_decoy(dice, schema, path, options)
    return options


def _has_dynamic(schema: Schema) -> bool:
    return any(side.lazy == "dynamic" for link in schema.links for side in link.sides)


def _path(dice: Dice, path: Sequence[Side]) -> Options:
    """A strategy for each step; a step that is left alone is passed through by ``defaultload``."""
    reach = dice.one_of((1, len(path), len(path), len(path)))
    steps = [(side, _strategy(dice, side)) for side in path[:reach]]
    lazy = next((number for number, (_, strategy) in enumerate(steps) if strategy == "lazyload"), len(steps))
    steps = steps[: lazy + 1]  # SQLAlchemy refuses some of the options that stand behind a lazy one
    while steps and steps[-1][1] == "defaultload":
        steps.pop()
    if not steps:
        return Options()
    for side, strategy in steps:
        dice.note("loader", f"{strategy}({'many' if side.is_collection else 'one'})")
    collection = any(strategy == "joinedload" and side.is_collection for side, strategy in steps)
    names = tuple(strategy for _, strategy in steps)
    return Options(tuple(_written(dice, steps)), joins_collection=collection, steps=names)


def _strategy(dice: Dice, side: Side) -> str:
    if side.lazy not in ("", "select") and dice.one_of((True, False)):
        return dice.one_of(("defaultload", "defaultload", "lazyload"))
    if dice.one_of((True, *[False] * 14)):
        return dice.one_of(("lazyload", "raiseload", "defaultload"))
    return dice.one_of([name for name, weight in STRATEGIES.items() for _ in range(weight)])


def _written(dice: Dice, steps: Sequence[tuple[Side, str]]) -> list[str]:
    calls = [f"{strategy}({side})" for side, strategy in steps]
    if len(steps) == 1:
        return calls
    match dice.pick("written", {"chain": 6, "nested": 2, "separate": 2, "Load": 1}):
        case "nested":
            whole = calls[-1]
            for call in reversed(calls[:-1]):
                whole = f"{call}.options({whole})"
            return [whole]
        case "separate":
            again = f"defaultload({steps[0][0]})" if dice.one_of((True, False)) else calls[0]
            return dice.shuffled([calls[0], ".".join((again, *calls[1:]))])
        case "Load":
            return [".".join((f"Load({steps[0][0].owner})", *calls))]
    return [".".join(calls)]


def _wildcard(dice: Dice, path: Sequence[Side]) -> Options:
    strategy = dice.pick("wildcard", {"selectinload": 4, "joinedload": 1, "lazyload": 2, "raiseload": 1})
    whole = f'{strategy}("*")'
    if len(path) > 1 and dice.happens("wildcard below", 40):
        whole = f"selectinload({path[0]}).{whole}"
    return Options((whole,), joins_collection=strategy == "joinedload")


def _joined(dice: Dice, path: Sequence[Side]) -> Options:
    """The first step is joined to, and its rows are taken, or not."""
    first = path[0]
    if first.link.kind == "tree":
        return Options()
    if not dice.happens("contains_eager", 70):
        return Options(join=str(first), joins_collection=first.is_collection)
    whole, steps = f"contains_eager({first})", ["contains_eager"]
    if len(path) > 1 and dice.happens("below contains_eager", 60):
        steps.append(dice.one_of(("selectinload", "joinedload")))
        whole += f".{steps[-1]}({path[1]})"
    return Options((whole,), join=str(first), joins_collection=True, steps=tuple(steps))


def _with_decoy(dice: Dice, schema: Schema, path: Sequence[Side], options: Options) -> Options:
    """Something beside the path: another relationship, or columns."""
    root = path[0].owner
    others = [side for side in schema.sides_of(root) if side != path[0] and side.lazy != "dynamic"]
    columns = [f"{root}.{link.key}" for link in schema.keys_of(root)]
    decoy = f"load_only({', '.join((f'{root}.name', *columns))})"
    beside = others[0] if others and dice.happens("another relationship", 60) else None
    if beside is not None:
        decoy = f"selectinload({beside})"
    return replace(options, expressions=(*options.expressions, decoy), beside=beside)
