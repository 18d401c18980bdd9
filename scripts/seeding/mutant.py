"""One defect that an application does not have, and by what a finding shows it."""

from __future__ import annotations

from dataclasses import dataclass

from seeding.source import Edit


@dataclass(frozen=True)
class Mutant:
    """One defect. ``why`` is the evidence that it is one, or with ``is_clear`` False what is in doubt.

    ``codes`` are the rules that may report it, ``named`` the words of which the finding's message must have one,
    ``within`` the stretches of files that it must touch. ``marker`` is where the edit begins whose line it must name,
    ``read_at`` where the evidence is: what dbreview tells of that place already, it does not tell twice.
    Mutants that own the same thing, or of which one provides what the other reads, cannot share a run.
    """

    kind: str
    path: str
    line: int
    what: str
    why: str
    is_clear: bool
    edits: tuple[tuple[str, Edit], ...] = ()
    codes: frozenset[str] = frozenset()
    owns: frozenset[str] = frozenset()
    provides: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    within: tuple[tuple[str, int, int], ...] = ()
    named: tuple[str, ...] = ()
    marker: int | None = None
    read_at: tuple[str, int] | None = None
