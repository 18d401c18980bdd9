"""Turns styled lines into a string, with the escape sequences of a terminal or without."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text


def painted(lines: Iterable[Text], *, has_colour: bool) -> str:
    """The lines as they are: nothing in them is markup, none is wrapped."""
    if not has_colour:
        return "".join(f"{line.plain}\n" for line in lines)
    console = console_on_paper(has_colour=True)
    for line in lines:
        console.print(line, soft_wrap=True)
    return written(console)


def console_on_paper(*, has_colour: bool, width: int = 100) -> Console:
    """A console that keeps what is printed and asks the environment nothing."""
    return Console(
        file=io.StringIO(),
        force_terminal=has_colour,
        color_system="standard" if has_colour else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        width=width,
        _environ={},
    )


def written(console: Console) -> str:
    """What was printed on a console on paper."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
