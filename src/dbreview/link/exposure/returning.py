"""What a path operation returns, at each of its returns, and how much of it is left behind a commit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.link.coroutines import expiry
from dbreview.link.syntax import names_in, walk
from dbreview.link.transactions import writing
from dbreview.link.values import Entity, Value

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def note_return(frame: Frame, value: Value, node: Expression) -> None:
    """What a path operation returns, at each of its returns."""
    interpreter = frame.interpreter
    if interpreter.route is not None and frame.ref is not None and interpreter.frames[:1] == [frame]:
        given = expiry.changed(value, lambda entity: _as_committed(frame, entity, node))
        interpreter.events.answers.setdefault(frame.ref, {})[frame.place(node.at)] = given


def _as_committed(frame: Frame, entity: Entity, node: Expression) -> Entity:
    """The object as it is returned: right behind a commit that has emptied it, nothing of it is sent."""
    session = writing.session_of(entity)
    if session is None or session.kind == "async" or session.expires is not True or session.identity is None:
        return entity
    lasts = [next((s for s in reversed(path) if s.session == session.identity), None) for path in frame.paths]
    commits = [step for step in lasts if step is not None and step.kind == "commit"]
    if not commits or len(commits) < len(lasts):
        return entity
    commit = max(step.first for step in commits)
    if _is_loaded_since(frame, entity, commit) or _is_read_since(frame, node, commit):
        return entity
    return replace(entity, expired_by="commit", expired_at=commits[0].first)


def _is_loaded_since(frame: Frame, entity: Entity, commit: Place) -> bool:
    """Whether the object is refreshed behind a commit, or fetched again with others of its class."""
    for effect in frame.effects.values():
        model = effect.statement.model if effect.statement is not None else effect.model
        if model is entity.model and effect.kind in ("refresh", "read", "other"):
            if (effect.calls[0] if effect.calls else effect.at) >= commit:
                return True
    return False


def _is_read_since(frame: Frame, node: Expression, commit: Place) -> bool:
    """Whether an attribute of the variable is read behind a commit, which loads all of them again."""
    reads = walk(frame.ref.facts.body) if frame.ref is not None else ()
    return any(
        isinstance(read.value, facts.Name) and read.value.id in names_in(node) and frame.place(read.at) > commit
        for read in reads
        if isinstance(read, facts.Attribute)
    )
