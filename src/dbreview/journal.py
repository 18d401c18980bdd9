"""What a run tells on its way: the step it is at, and what it could not do. Prints nothing."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from dbreview.review import Problem

_Item = TypeVar("_Item")

# Told which step the run is at, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


def nobody(step: str, done: int, total: int) -> None:
    """Whom a run tells its progress where nobody looks."""


class Journal:
    """Keeps the problems of one run, and passes its progress on."""

    def __init__(self, progress: Progress = nobody, problems: Iterable[Problem] = ()) -> None:
        self.progress = progress
        self.problems = list(problems)

    def each(self, step: str, items: Sequence[_Item]) -> Iterator[_Item]:
        """The items, one after the other, each of which is a stretch of the step."""
        for done, item in enumerate(items):
            self.progress(step, done, len(items))
            yield item

    @contextmanager
    def going_on(self, doing: str) -> Iterator[None]:
        """A mistake of our own in here is written down, and ends nothing but the ``with`` block."""
        try:
            yield
        except Exception as error:
            self.mistake(doing, error)

    def mistake(self, doing: str, error: Exception) -> None:
        """A mistake of our own, in words that help to report it."""
        last = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"a mistake in dbreview itself, while {doing}: "
            f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno}). "
            "Please report it. Everything else was reviewed."
        )
        self.problems.append(Problem(message, detail="".join(traceback.format_exception(error))))
