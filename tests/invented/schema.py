"""Which models an application has, and how they are related. No Python is written here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from invented.dice import Dice

NAMES = ("Author", "Book", "Review", "Shelf", "Reader", "Loan", "Branch", "Topic")
PLURALS = {"Shelf": "shelves", "Branch": "branches"}

Style = Literal["mapped", "column", "sqlmodel"]
Kind = Literal["one to many", "one to one", "many to many", "tree"]

LAZY = {
    "": 60,
    "select": 6,
    "selectin": 9,
    "joined": 8,
    "subquery": 4,
    "immediate": 3,
    "raise": 3,
    "dynamic": 3,
}
EAGER = frozenset({"selectin", "joined", "subquery", "immediate"})


@dataclass(frozen=True)
class Side:
    """A relationship as an attribute of one of its two models. ``inverse`` names the attribute that leads back."""

    owner: str
    name: str
    target: str
    is_collection: bool
    lazy: str
    link: Link

    @property
    def is_parent(self) -> bool:
        return self.link.parent_side == self

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"


@dataclass(frozen=True)
class Link:
    """Two models that know of each other: the child has the key, where one of them has."""

    kind: Kind
    parent: str
    child: str
    declared: Literal["both", "backref by parent", "backref by child", "parent", "child"]
    parent_lazy: str
    child_lazy: str

    @property
    def key(self) -> str:
        return "parent_id" if self.kind == "tree" else f"{snake(self.parent)}_id"

    @property
    def parent_side(self) -> Side | None:
        """The attribute of the parent."""
        if self.declared == "child":
            return None
        is_one = self.kind == "one to one"
        name = "children" if self.kind == "tree" else snake(self.child) if is_one else plural(self.child)
        return Side(self.parent, name, self.child, not is_one, self.parent_lazy, self)

    @property
    def child_side(self) -> Side | None:
        if self.declared == "parent":
            return None
        is_many = self.kind == "many to many"
        name = "parent" if self.kind == "tree" else plural(self.parent) if is_many else snake(self.parent)
        return Side(self.child, name, self.parent, is_many, self.child_lazy, self)

    @property
    def sides(self) -> Iterator[Side]:
        yield from (side for side in (self.parent_side, self.child_side) if side is not None)


@dataclass(frozen=True)
class Schema:
    style: Style
    models: tuple[str, ...]
    links: tuple[Link, ...]

    @property
    def sides(self) -> list[Side]:
        return [side for model in self.models for side in self.sides_of(model)]

    def sides_of(self, model: str) -> list[Side]:
        return [side for link in self.links for side in link.sides if side.owner == model]

    def table(self, model: str) -> str:
        return model.lower() if self.style == "sqlmodel" else plural(model)

    def keys_of(self, model: str) -> list[Link]:
        """The links whose foreign key stands in this model."""
        return [link for link in self.links if link.child == model and link.kind != "many to many"]

    def brought_with(self, models: Iterable[str], without: Collection[str] = ()) -> set[str]:
        """The models whose rows are loaded eagerly with those of others, if not by some of the relationships."""
        eager = [(side.owner, side.target) for side in self.sides if side.lazy in EAGER and str(side) not in without]
        begins, brought = set(models), set[str]()
        while more := {target for owner, target in eager if owner in begins | brought} - brought:
            brought |= more
        return brought


def invent(dice: Dice, *, is_async: bool) -> Schema:
    """Three or four models in a row, with a few more links between them."""
    style: Style = dice.one_of(("mapped", "mapped", "column", "sqlmodel"))
    dice.note("style", style)
    models = tuple(dice.shuffled(NAMES)[: dice.one_of((3, 3, 4))])
    pairs = [pair if dice.one_of((True, False)) else pair[::-1] for pair in pairwise(models)]
    if dice.one_of((True, False, False)):
        pairs.append((models[0], models[2]))
    links = [_link(dice, parent, child, style, is_async=is_async) for parent, child in pairs]
    if dice.one_of((True, *[False] * 7)):
        tree = dice.one_of(models)
        links.append(_link(dice, tree, tree, style, is_async=is_async))
    if _is_circular(links):
        links = [_without_subqueries(link) for link in links]
    return Schema(style, models, tuple(links))


def _is_circular(links: list[Link]) -> bool:
    """Whether eager loading leads back to where it began."""
    eager = {(side.owner, side.target) for link in links for side in link.sides if side.lazy in EAGER}
    while ends := {pair for pair in eager if pair[1] not in {owner for owner, _ in eager}}:
        eager -= ends
    return bool(eager)


def _without_subqueries(link: Link) -> Link:
    """SQLAlchemy follows a circle with a subquery in it until the stack ends."""
    lazy = [each.replace("subquery", "selectin") for each in (link.parent_lazy, link.child_lazy)]
    return replace(link, parent_lazy=lazy[0], child_lazy=lazy[1])


def _link(dice: Dice, parent: str, child: str, style: Style, *, is_async: bool) -> Link:
    kinds: tuple[Kind, ...] = ("one to many", "one to many", "one to many", "one to one", "many to many")
    kind = "tree" if parent == child else dice.one_of(kinds)
    ways: list[Literal["both", "backref by parent", "backref by child", "parent", "child"]] = ["both"] * 5
    ways += ["parent", "child"] if kind != "tree" else []
    ways += ["backref by parent", "backref by child"] if style != "sqlmodel" else []
    parent_lazy = _lazy(dice, is_collection=kind != "one to one", is_async=is_async)
    child_lazy = _lazy(dice, is_collection=kind == "many to many", is_async=is_async)
    return Link(kind, parent, child, dice.one_of(ways), parent_lazy, child_lazy)


def _lazy(dice: Dice, *, is_collection: bool, is_async: bool) -> str:
    weights = dict(LAZY)
    if is_async or not is_collection:
        del weights["dynamic"]
    return dice.one_of([lazy for lazy, weight in weights.items() for _ in range(weight)])


def snake(model: str) -> str:
    return model.lower()


def plural(model: str) -> str:
    return PLURALS.get(model, f"{model.lower()}s")
