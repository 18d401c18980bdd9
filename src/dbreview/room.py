"""Gives a run the room that it needs: a deep stack, and nobody who looks for garbage."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from dbreview.extract.stack import with_deep_stack

_Result = TypeVar("_Result")


def with_room(work: Callable[[], _Result]) -> _Result:
    """Do the work in a thread of its own. Raises what the work raises."""
    with _without_collecting():
        return with_deep_stack(work)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Facts are many, live to the end and hold no cycles: looking for garbage among them is slow."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
