"""What one path through a body does to sessions, step by step, in the order in which it does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dbreview.finding import Place
from dbreview.link.names import ClassRef

StepKind: TypeAlias = Literal["use", "write", "commit", "rollback", "failed"]


OPENING = "open"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done to a session.

    ``session`` is the place where the session was opened, None where that is not known. A ``write`` is what a commit
    makes lasting; ``is_sent`` says that the database hears of it at once. ``rollback`` is whatever makes a session
    fresh: closing it, opening it. After ``failed`` an error of the database, by ``cause``, was caught and nothing else
    done. ``is_new`` tells rows that are added from those that are changed. ``calls`` lead from the path to ``at``.
    SQL text writes a ``table``, and ``is_relative`` if it computes a column from itself. What a ``driver`` does has it.
    """

    kind: StepKind
    session: Place | None
    at: Place
    what: str
    model: ClassRef | None = None
    is_new: bool = False
    is_sent: bool = True
    calls: tuple[Place, ...] = ()
    cause: Place | None = None
    is_async: bool = False
    table: str | None = None
    is_relative: bool = False
    driver: str = ""

    @property
    def opens(self) -> bool:
        """Whether it makes a session fresh by opening it: objects of one before know nothing of that."""
        return self.kind == "rollback" and self.what == OPENING

    @property
    def first(self) -> Place:
        """Where the path itself does it, or calls what does it."""
        return self.calls[0] if self.calls else self.at


Path: TypeAlias = tuple[Step, ...]
Paths: TypeAlias = tuple[Path, ...]

NOTHING: Paths = ((),)
"""One path that does nothing. No path at all is ``()``: the end is never reached."""
