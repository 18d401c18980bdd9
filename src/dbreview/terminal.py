"""Speaks with the one who typed a command: how far a run is, what it could not do, how a report is to look."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import TypeVar

from dbreview.journal import Progress, nobody
from dbreview.output import is_terminal, wants_colour
from dbreview.report.progress import ProgressBar
from dbreview.report.style import Style
from dbreview.review import Problem

_Result = TypeVar("_Result")


def watched(run: Callable[[Progress], _Result], *, quiet: bool) -> _Result:
    """What the run gives, with a bar on a terminal while it takes its time."""
    if quiet or not is_terminal(sys.stderr):
        return run(nobody)
    with closing(ProgressBar()) as bar:
        return run(bar)


def style(*, quiet: bool, to_file: bool) -> Style:
    """How a report is to look where it is going to."""
    return Style(
        has_colour=not to_file and wants_colour(sys.stdout),
        has_summary=not quiet,
        width=width() if not to_file and is_terminal(sys.stdout) else None,
    )


def width() -> int:
    """How many characters a line of the terminal holds."""
    return shutil.get_terminal_size().columns


def tell(problems: Iterable[Problem], *, verbose: bool = False) -> None:
    """To standard error: what could not be done."""
    for problem in problems:
        say(problem.message)
        if problem.detail and (verbose or shows_tracebacks()):
            say_as_it_is(f"{problem.detail}\n")


def shows_tracebacks() -> bool:
    """Whether somebody looks for a mistake in dbreview."""
    return bool(os.environ.get("DBREVIEW_TRACEBACK"))


def say(message: str) -> None:
    """A message of dbreview's own, to standard error."""
    say_as_it_is(f"dbreview: {message}\n")


def say_as_it_is(text: str) -> None:
    """To standard error, where there is one."""
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()
