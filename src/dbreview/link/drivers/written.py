"""Where a text is written that a helper of the project runs: in the code that gives it to the helper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import walk

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

_MOST_CALLS = 4


def place_of(frame: Frame, argument: Expression | None, at: Place) -> Place:
    """The innermost call on the way to ``at`` whose text is its function's own, not a parameter."""
    frames, trail = frame.interpreter.frames, list(frame.interpreter.trail)
    for index in range(len(frames) - 1, max(0, len(frames) - 1 - _MOST_CALLS), -1):
        ref = frames[index].ref
        name = _parameter(ref, argument) if ref is not None else None
        if ref is None or name is None or not trail:
            break
        call_at = trail.pop()
        call = _call_at(frames[index - 1].ref, call_at)
        if call is None:
            break
        at, argument = call_at, _given(ref, call, name)
    return at


def _parameter(ref: FunctionRef, argument: Expression | None) -> str | None:
    """The parameter that an argument is, as it is or in ``text(...)``."""
    if isinstance(argument, facts.Call) and len(argument.arguments) == 1:
        argument = argument.arguments[0].value
    if not isinstance(argument, facts.Name):
        return None
    names = {parameter.name for parameter in ref.facts.parameters}
    return argument.id if argument.id in names else None


def _call_at(ref: FunctionRef | None, at: Place) -> facts.Call | None:
    if ref is None or ref.path != at.filename:
        return None
    span = (at.line, at.column, at.end_line, at.end_column)
    calls = (node for node in walk(ref.facts.body) if isinstance(node, facts.Call))
    return next((call for call in calls if call.at == span), None)


def _given(ref: FunctionRef, call: facts.Call, name: str) -> Expression | None:
    """What a call gives for a parameter."""
    in_order = [p.name for p in ref.facts.parameters if p.kind in ("positional", "normal")]
    if ref.owner is not None and isinstance(call.func, facts.Attribute) and in_order:
        in_order = in_order[1:]
    for position, argument in enumerate(call.arguments):
        if argument.stars:
            return None
        if argument.keyword == name or (
            argument.keyword is None and position < len(in_order) and in_order[position] == name
        ):
            return argument.value
    return None
