"""What a body does to the database, and where a loop repeats it or the event loop waits for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression, Span
from dbreview.finding import Place
from dbreview.link.events import BlockEvent, Effect, Loop, RepeatEvent
from dbreview.link.syntax import names_in

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def note(frame: Frame, effect: Effect, at: Place, node: facts.Call) -> None:
    """Remember an effect of this body; tell of it where a loop repeats it or the event loop waits."""
    key = (effect.kind, effect.at)
    known = frame.effects.get(key)
    if known is None or len(known.calls) > len(effect.calls):
        frame.effects[key] = effect
    if effect.is_blocking and not effect.is_once and frame.ref is not None and frame.ref.facts.is_async:
        event = BlockEvent(at, frame.ref, effect, frame.interpreter.is_request)
        blocks = frame.interpreter.events.blocks
        if event.is_request or (frame.ref, at) not in blocks:
            blocks[(frame.ref, at)] = event
    loop = row_loop(frame, node.at)
    if effect.kind == "read" and loop is not None and not effect.is_once and not _is_batch(effect):
        _note_repeat(frame, effect, at, node, loop)


def _is_batch(effect: Effect) -> bool:
    """Whether the statement asks for a group of keys at once, which is how a loop over groups should be."""
    operators = {c.operator for c in effect.statement.conditions} if effect.statement is not None else set()
    return "in" in operators and "==" not in operators


def _note_repeat(frame: Frame, effect: Effect, at: Place, node: facts.Call, loop: Loop) -> None:
    events = frame.interpreter.events
    depends = _depends(frame, node, loop)
    known = events.repeats.get(at)
    if known is not None and (len(known.effect.calls) <= len(effect.calls)) and (known.depends_on_loop or not depends):
        return
    events.repeats[at] = RepeatEvent(at, loop, effect, depends, frame.interpreter.is_request)


def _depends(frame: Frame, node: facts.Call, loop: Loop) -> bool:
    names = names_in(node)
    return bool(names & changing(frame))


def changing(frame: Frame) -> frozenset[str]:
    """The variables whose values change from pass to pass of the loops being followed."""
    found: frozenset[str] = frozenset()
    for loop in frame.loops:
        found |= loop.names
    return found


def note_dependence(frame: Frame, target: Expression, value: Expression) -> None:
    """A name assigned from something that changes per pass changes per pass itself."""
    if frame.loops and names_in(value) & changing(frame):
        loop = frame.loops[-1]
        frame.loops[-1] = replace(loop, names=loop.names | names_in(target))


def loop_of(frame: Frame, index: Expression) -> Place | None:
    """The loop over rows whose variable an index has: ``rows[position]``."""
    names = names_in(index)
    return next((loop.at for loop in reversed(frame.loops) if loop.kind == "rows" and names & loop.names), None)


def row_loop(frame: Frame, call: Span) -> Loop | None:
    """The innermost loop over rows, unless what runs now runs in its last pass only."""
    for loop in reversed(frame.loops):
        if loop.kind == "exit" or call in loop.searching or call in loop.carried:
            return None
        if loop.kind == "rows":
            return loop
    return None
