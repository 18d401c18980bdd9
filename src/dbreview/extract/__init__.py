"""Text to facts, one file at a time. Knows Python, not libraries.

LibCST waits until there is something to parse: a run that finds all facts in the cache does not load it.
"""

from __future__ import annotations

from dbreview.extract.stack import with_deep_stack
from dbreview.facts import Module, Unreadable

__all__ = ["extract", "with_deep_stack"]


def extract(path: str, source: bytes) -> Module | Unreadable:
    """The facts of one file, or why it has none. Never raises for any ``source``.

    Call it inside `with_deep_stack`: deeply nested sources need room.
    """
    from dbreview.extract.reading import read

    return read(path, source)
