"""What is kept while a statement's rows are followed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from seeding.program import Defined


@dataclass(frozen=True, slots=True)
class Mark:
    """What a value carries: rows, or what leads to them. ``depth`` counts the relationships read on the way.

    ``in_loop`` marks one item of a loop, ``is_one`` a single row. ``doubt`` says why this may be wrong.
    """

    depth: int = 0
    in_loop: bool = False
    is_one: bool = False
    doubt: str = ""


Marks = frozenset[Mark]
NOTHING: Marks = frozenset()


@dataclass(frozen=True)
class Reading:
    """A relationship is read, or an answer carries the rows: where, and what is doubtful about it."""

    function: Defined
    line: int
    in_loop: bool
    doubt: str = ""
    is_response: bool = False


@dataclass
class Frame:
    """One reading of one function."""

    function: Defined
    names: dict[str, Marks]
    seeds: Mapping[ast.expr, Marks]
    level: int
    undecided: frozenset[str] = frozenset()
    guards: list[str] = field(default_factory=list)
    returned: set[Mark] = field(default_factory=set)


@dataclass(frozen=True)
class Given:
    """The arguments of a call, evaluated."""

    frame: Frame
    values: Mapping[ast.expr, Marks]

    @property
    def marks(self) -> Marks:
        return frozenset().union(*self.values.values())
