"""What a body does to the database, and where a loop repeats it or the event loop waits for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression, Span
from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link import loops
from dbreview.link.events import BlockEvent, Effect, Loop, RepeatEvent
from dbreview.link.syntax import names_in
from dbreview.link.transactions import inserting, paths
from dbreview.link.transactions.steps import OPENING, Step, StepKind
from dbreview.link.values import Const, Made

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.values import FunctionValue, SessionKind, Statement


def note(frame: Frame, effect: Effect, at: Place, node: facts.Call) -> None:
    """Remember an effect of this body; tell of it where a loop repeats it or the event loop waits."""
    needs = names_in(node) if effect.needs is None else effect.needs
    given = effect
    needs |= origins(frame, needs) if frame.sources else frozenset()
    effect = replace(
        effect,
        needs=needs,
        is_isolated=effect.is_isolated or _follows_insert(frame, effect),
        is_shielded=effect.is_shielded or bool(frame.shields),
        is_own=effect.is_own or effect.on in frame.opened,
        is_safe=effect.is_safe or frame.interpreter.locks > 0,
        is_checked=effect.is_checked or _is_checked(frame, effect, node),
    )
    if not effect.calls:
        _note_step(frame, effect)
    loop = row_loop(frame, node.at)
    if loop is not None and effect.kind in WRITES:
        effect = replace(effect, is_repeated=True)
    if effect.kind in ("add", "write"):
        inserting.note_insert(frame, effect, at)
    key = (effect.kind, effect.at)
    known = frame.effects.get(key)
    if known is None or len(known.calls) > len(effect.calls):
        frame.effects[key] = effect
    if effect.kind == "schema":
        frame.interpreter.events.leading.setdefault((frame.path, frame.ref, effect.at), effect)
    if effect.is_blocking and not effect.is_once and frame.ref is not None and frame.ref.facts.is_async:
        event = BlockEvent(at, frame.ref, effect, frame.interpreter.is_request)
        blocks = frame.interpreter.events.blocks
        if event.is_request or (frame.ref, at) not in blocks:
            blocks[(frame.ref, at)] = event
    if effect.kind == "read" and loop is not None and not effect.is_once and not _is_batch(effect):
        _note_repeat(frame, effect, at, loop)
    if effect.kind == "commit" and loop is not None and not effect.is_once:
        frame.interpreter.events.committing.add(loop.at)
    if effect.kind == "read" and loop is not None and not effect.is_once and not frame.unflushed:
        frame.interpreter.events.queried.setdefault(loop.at, {}).setdefault(effect.at, effect.on)
    if effect.kind == "write":
        frame.interpreter.events.written_on.add(effect.on)
    if effect.kind in ("commit", "flush"):
        frame.interpreter.events.ended |= {each.at for each in frame.loops}
    if effect.kind in WRITES and loop is not None and not effect.is_once:
        _note_repeated_write(frame, effect, given, at, node, loop)


def _is_checked(frame: Frame, effect: Effect, node: facts.Call) -> bool:
    """Whether code asks what a statement has written, before it goes on: ``if not session.execute(...).rowcount:``."""
    if effect.kind != "write" or effect.calls or frame.ref is None or effect.statement is None:
        return False
    kind = effect.statement.sql.kind if effect.statement.sql is not None else effect.statement.kind
    kept, asked = loops.answering_calls(frame.ref.facts.body)
    return node.at in asked or (kind in ("update", "delete") and node.at in kept)


WRITES = frozenset({"commit", "flush", "refresh", "merge", "write", "delete", "add"})


def _note_repeated_write(frame: Frame, effect: Effect, given: Effect, at: Place, node: facts.Call, loop: Loop) -> None:
    """A write, or the end of a transaction, in each pass of a loop.

    What is around the loop does not make its passes independent: ``given`` is the effect without that.
    """
    is_lock = effect.statement is not None and effect.statement.is_locking
    if node.at in loop.needed or (effect.kind == "flush" and effect.calls) or _is_batch(effect) or is_lock:
        return
    if given.is_repeated:
        return  # told at the inner loop
    position = next(index for index, each in enumerate(frame.loops) if each is loop)
    is_guarded = given.is_guarded or any(depth > position for depth in frame.tries)
    is_shielded = given.is_shielded or any(depth > position for depth in frame.shields)
    is_entered = any(frame.entered.get(name, 0) > position for name in names_in(node))
    is_own = given.is_own or is_entered or frame.opened.get(effect.on, 0) > position
    changed = changing(frame)
    depends = bool((effect.needs or frozenset()) & changed)
    effect = replace(effect, is_guarded=is_guarded, is_shielded=is_shielded, is_own=is_own)
    key = (at, effect.kind)
    known = frame.interpreter.events.writes.get(key)
    if known is None or (frame.interpreter.is_request and not known.is_request):
        request = frame.interpreter.is_request
        frame.interpreter.events.writes[key] = RepeatEvent(at, loop, effect, depends, request, changed)


def note_opened(frame: Frame, at: Place, kind: SessionKind | None) -> None:
    """A session is opened: what was done to one that was opened here before does not concern it."""
    frame.interpreter.events.opened.setdefault(at, kind)
    frame.interpreter.openers.setdefault(at, frame.ref)
    note_entered(frame, at)


def note_entered(frame: Frame, opened_at: Place | None) -> None:
    """From here on the body has a fresh session of its own."""
    if opened_at is not None:
        frame.opened[opened_at] = len(frame.loops)
        paths.add(frame, Step("rollback", opened_at, opened_at, OPENING))


_SENT = frozenset({"write", "merge"})


def _note_step(frame: Frame, effect: Effect) -> None:
    """What the effect is on the paths that are being followed."""
    kind: StepKind
    match effect.kind:
        case "write" | "merge" | "add" | "add_all" | "delete" | "change":
            kind = "write"
        case "commit" | "rollback":
            kind = effect.kind
        case "engine" | "schema":
            return
        case _:
            kind = _kind_of_text(effect.statement)
    statement = effect.statement
    sql = statement.sql if statement is not None else None
    is_new = effect.kind in ("add", "add_all") or (statement is not None and statement.kind == "insert")
    model = effect.model or (statement.model if statement is not None else None)
    is_sent = kind != "write" or effect.kind in _SENT
    step = Step(kind, effect.on, effect.at, effect.what, model, is_new, is_sent, is_async=effect.session == "async")
    if sql is not None and kind == "write":
        is_new, is_relative = sql.kind == "insert", sql.is_relative
        step = replace(step, is_new=is_new, table=sql.table, is_relative=is_relative)
    elif kind == "write" and model is None:
        step = replace(step, table=_table_of(statement))
    paths.add(frame, replace(step, driver=effect.driver) if effect.driver else step)


def _table_of(statement: Statement | None) -> str | None:
    """The core table that a statement writes: ``notes.insert()``."""
    first = statement.selected[0] if statement is not None and statement.selected else None
    name = first.arguments[0] if isinstance(first, Made) and first.arguments else None
    return str(name.value) if isinstance(name, Const) else None


def _kind_of_text(statement: Statement | None) -> StepKind:
    """``execute("ROLLBACK")`` ends a transaction; any other statement uses the session."""
    text = statement.selected[0] if statement is not None and statement.kind == "text" and statement.selected else None
    first = str(text.value).split()[:1] if isinstance(text, Const) else []
    return sqlalchemy.ENDING_TEXTS.get(first[0].upper().rstrip(";"), "use") if first else "use"


def _follows_insert(frame: Frame, effect: Effect) -> bool:
    """Whether the rows of a read may be what the same code has just inserted, or failed to insert."""
    model = effect.statement.model if effect.statement is not None and effect.kind == "read" else None
    return model is not None and any(
        other.kind == "write"
        and other.statement is not None
        and other.statement.kind == "insert"
        and other.statement.model is model
        for other in frame.effects.values()
    )


def _is_batch(effect: Effect) -> bool:
    """Whether the statement asks for a group of keys at once, which is how a loop over groups should be."""
    statement = effect.statement
    operators = {c.operator for c in statement.conditions} if statement is not None else set()
    is_for_many = statement is not None and statement.asks_for_many
    return ("in" in operators or is_for_many) and "==" not in operators


def _note_repeat(frame: Frame, effect: Effect, at: Place, loop: Loop) -> None:
    events = frame.interpreter.events
    changed = changing(frame)
    depends = bool((effect.needs or frozenset()) & changed)
    known = events.repeats.get(at)
    if known is not None and (len(known.effect.calls) <= len(effect.calls)) and (known.depends_on_loop or not depends):
        return
    events.repeats[at] = RepeatEvent(at, loop, effect, depends, frame.interpreter.is_request, changed)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function: its place, and the names that its arguments are made of (None where stars hide them)."""

    at: Place
    names: dict[str, frozenset[str]] | None
    is_awaitable: bool
    is_isolated: bool
    has_closure: bool

    def effect(self, effect: Effect) -> Effect:
        """An effect of the function as one of the call."""
        needs: frozenset[str] | None = None
        if effect.needs is not None and self.names is not None:
            found = [self.names[name] for name in effect.needs if name in self.names]
            needs = (effect.needs if self.has_closure else frozenset()).union(*found)
        return Effect(
            effect.kind,
            effect.session,
            effect.at,
            effect.what,
            effect.statement,
            (self.at, *effect.calls),
            effect.is_blocking and not self.is_awaitable,
            effect.is_once,
            effect.is_isolated or self.is_isolated,
            needs,
            effect.model,
            effect.on,
            effect.is_shielded,
            effect.is_guarded,
            effect.is_own,
            effect.is_undone,
            effect.is_safe,
            effect.is_repeated,
            is_tolerated=effect.is_tolerated,
            is_checked=effect.is_checked,
            driver=effect.driver,
            is_alone=effect.is_alone,
        )


def call_of(frame: Frame, function: FunctionValue, node: facts.Call, effects: tuple[Effect, ...]) -> Call:
    """What callers of a function with these effects must know to tell of them."""
    is_isolated = any(effect.kind == "commit" for effect in effects)
    facts_of = function.ref.facts
    names = _argument_names(function, node)
    return Call(frame.place(node.at), names, facts_of.is_async, is_isolated, function.closure is not None)


def _argument_names(function: FunctionValue, node: facts.Call) -> dict[str, frozenset[str]] | None:
    """The names that the argument of each parameter is made of."""
    if any(argument.stars for argument in node.arguments):
        return None
    parameters = list(function.ref.facts.parameters)
    given: dict[str, frozenset[str]] = {}
    if function.receiver is not None and parameters and isinstance(node.func, facts.Attribute):
        given[parameters.pop(0).name] = names_in(node.func.value)
    named = {parameter.name for parameter in parameters if not parameter.kind.startswith("*")}
    rest = {parameter.kind: parameter.name for parameter in parameters if parameter.kind.startswith("*")}
    in_order = [parameter.name for parameter in parameters if parameter.kind in ("positional", "normal")]
    for position, argument in enumerate(node.arguments):
        if argument.keyword is None:
            name = in_order[position] if position < len(in_order) else rest.get("*", "")
        else:
            name = argument.keyword if argument.keyword in named else rest.get("**", "")
        given[name] = given.get(name, frozenset()) | names_in(argument.value)
    return given


def as_seen_by_callers(frame: Frame) -> tuple[Effect, ...]:
    """The effects of a body, with the parameters that they need; of a nested function also what it sees outside."""
    parameters = frozenset(p.name for p in frame.ref.facts.parameters) if frame.ref is not None else frozenset()
    effects = [replace(each, is_alone=True) if _is_alone(frame, each) else each for each in frame.effects.values()]
    if frame.closure is not None:
        return tuple(effects)
    return tuple(
        each if each.needs is None or each.needs <= parameters else replace(each, needs=each.needs & parameters)
        for each in effects
    )


def _is_alone(frame: Frame, effect: Effect) -> bool:
    """Whether a body opens a driver's connection for one statement: a helper that runs what it is given."""
    if not effect.driver or effect.kind != "write" or effect.calls or effect.on not in frame.opened:
        return False
    return not any(each.kind in ("read", "write") and each is not effect for each in frame.effects.values())


def origins(frame: Frame, names: frozenset[str]) -> frozenset[str]:
    """The names that the values of these names were made from."""
    return frozenset().union(*(frame.sources.get(name, frozenset((name,))) for name in names))


def changing(frame: Frame) -> frozenset[str]:
    """The variables whose values change from pass to pass of the loops being followed."""
    found: frozenset[str] = frozenset()
    for loop in frame.loops:
        found |= loop.names
    return found


def note_dependence(frame: Frame, target: Expression, value: Expression) -> None:
    """What is made from something depends on it; what changes per pass changes what is made from it, too."""
    made_from = origins(frame, names_in(value))
    for name in names_in(target):
        is_whole = isinstance(target, facts.Name | facts.Display)
        frame.sources[name] = made_from if is_whole else made_from | origins(frame, frozenset((name,)))
    if frame.loops and names_in(value) & changing(frame):
        loop = frame.loops[-1]
        frame.loops[-1] = replace(loop, names=loop.names | names_in(target))


def note_filling(frame: Frame, statement: Expression) -> None:
    """``filters.append(User.id == user_id)``: from here on the list depends on the argument, too."""
    match statement:
        case facts.Call(facts.Attribute(facts.Name(name)), arguments):
            given = frozenset().union(*(names_in(argument.value) for argument in arguments))
            frame.sources[name] = origins(frame, frozenset((name,))) | origins(frame, given)


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
