"""The paths through a body: how its steps follow each other, where paths part and meet.

A path that raises is dropped: what it wrote is rolled back. Their number and length are bounded; what does not fit is
left out, so that a rule may miss something but never sees a path that is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.link.transactions.steps import NOTHING, Path, Paths, Step

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

_MOST_PATHS = 12
_MOST_STEPS = 14


def is_whole(path: Path) -> bool:
    """Whether nothing was left out at the end of a path."""
    return len(path) < _MOST_STEPS


def add(frame: Frame, step: Step) -> None:
    """A step that all living paths take now; what is done to an unknown session follows nothing."""
    if step.session is None:
        return
    frame.paths = unite(_extended(frame, path, step) for path in frame.paths)


def follow(frame: Frame, called: Paths, call: Place | None) -> None:
    """What a called function does, on each of its paths, at ``call``."""
    if called == NOTHING:
        return
    found: dict[Path, None] = {}
    for path in frame.paths:
        for steps in called:
            longer = path
            for step in steps:
                inner = replace(step, calls=(call, *step.calls)) if call is not None else step
                longer = _extended(frame, longer, inner)
            found.setdefault(longer)
            if len(found) >= _MOST_PATHS:
                break
    frame.paths = tuple(found)


@contextmanager
def apart(frame: Frame, before: Paths) -> Iterator[None]:
    """Follow a block from nothing, to see what it does by itself: its paths are in ``frame.paths`` at the end.

    Those that leave the function in it come behind what was ``before``.
    """
    frame.paths = NOTHING
    ended, frame.ended = frame.ended, ()
    try:
        yield
    finally:
        frame.ended = unite((*ended, *(path for each in before for path in _joined(frame, each, frame.ended))))


def _joined(frame: Frame, before: Path, others: Paths) -> Iterator[Path]:
    for other in others:
        path = before
        for step in other:
            path = _extended(frame, path, step)
        yield path


def behind(frame: Frame, before: Paths, block: Paths) -> Paths:
    """The paths of a block as those of what came before it, too."""
    return unite(path for each in before for path in _joined(frame, each, block))


def repeat(frame: Frame, one_pass: Paths) -> None:
    """See what a second pass of a loop does behind the first."""
    frame.is_repeating = True
    behind(frame, one_pass, one_pass)
    frame.is_repeating = False


def undone(frame: Frame, start: Paths, done: Paths) -> Paths:
    """Paths on which a block failed: nothing of what it did lasts but its rollbacks."""
    rollbacks = dict.fromkeys(step for path in done for step in path if step.kind == "rollback")
    return unite(path for each in start for path in _joined(frame, each, (tuple(rollbacks),)))


def without(paths: Paths, sessions: AbstractSet[Place | None]) -> Paths:
    """The paths without what they do to these sessions."""
    return unite(tuple(step for step in path if step.session not in sessions) for path in paths)


def unite(paths: Iterable[Path]) -> Paths:
    """Different paths, no more than anybody will follow."""
    return tuple(dict.fromkeys(paths))[:_MOST_PATHS]


def end(frame: Frame) -> None:
    """The living paths leave the body."""
    frame.ended = unite((*frame.ended, *frame.paths))
    frame.paths = ()


def pause(frame: Frame) -> None:
    """The living paths reach a ``yield``: what comes before it is done on entering, what comes after on leaving."""
    frame.entering = unite((*frame.entering, *frame.paths))
    frame.is_shield = bool(frame.shields)
    frame.paths = NOTHING


def jump(frame: Frame) -> None:
    """The living paths leave the loop, or its pass."""
    frame.jumped = unite((*frame.jumped, *frame.paths))
    frame.paths = ()


def _extended(frame: Frame, path: Path, step: Step) -> Path:
    before = [each for each in path if each.session == step.session]
    sent = next((each for each in reversed(before) if each.is_sent), None)
    if sent is not None and sent.kind == "failed" and step.kind not in ("rollback", "failed"):
        if step.is_sent:
            events = frame.interpreter.events
            event = (sent, step, frame.interpreter.is_request, frame.is_repeating)
            events.missed_rollbacks.setdefault(sent.at, event)
        elif step.kind == "commit":
            step = replace(step, kind="rollback", is_sent=True)  # the end of a block whose transaction has failed
    if step.kind == "commit":
        frame.interpreter.events.commits.setdefault(step.session, step.at)
    if not _tells_more(path, step, before[-1] if before else None, sent) or len(path) >= _MOST_STEPS:
        return path
    return (*path, step)


def _tells_more(path: Path, step: Step, last: Step | None, sent: Step | None) -> bool:
    """Whether a step says anything that the path has not said before it: ``last``, or ``sent`` to the database."""
    if step in path and step.kind != "rollback":  # read a second time
        return False
    match step.kind:
        case "use":
            return sent is None or sent.kind == "failed"
        case "write":
            is_same = last is not None and last.kind == "write"
            return not is_same or not _is_written(path, step)
        case "commit":
            return last is None or last.kind in ("write", "use", "failed")
        case "rollback":
            return last is None or last.kind != "rollback"
        case "failed":
            return True


def _is_written(path: Path, step: Step) -> bool:
    """Whether the same transaction writes such a row already."""
    for each in reversed(path):
        if each.session == step.session:
            if each.kind != "write":
                return False
            if (each.model, each.table, each.is_new) == (step.model, step.table, step.is_new):
                return True
    return False
