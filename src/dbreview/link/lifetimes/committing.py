"""Dependencies that commit behind their ``yield``, and the path operations that leave it to them.

Must not tell of a dependency before it has seen a path operation that relies on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import fastapi
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.transactions import paths
from dbreview.link.transactions.steps import Path, Step
from dbreview.project import CommitAfterResponse, Role, Versions

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter, Outcome
    from dbreview.link.routes import FoundRoute

_FUNCTION_SCOPE = "function"


def exit_comes_after(versions: Versions | None) -> tuple[bool, bool]:
    """Whether FastAPI runs what is behind a ``yield`` after the response was sent, and whether that is certain.

    Where several versions may be there, a fresh installation gets the newest.
    """
    possible = versions or Versions()
    found: list[bool] = []  # of the versions that are possible, the newest first
    for since, comes_after in fastapi.EXIT_CODE:
        found += [comes_after] if possible.may_reach(since) else []
        if possible.always_reaches(since):
            break
    return found[0], len(set(found)) == 1


def commits_after_response(
    interpreter: Interpreter,
    found: list[FoundRoute],
    outcomes: Mapping[FunctionRef, Outcome],
    roles: Mapping[str, Role],
    versions: Versions | None,
) -> Iterator[CommitAfterResponse]:
    """The dependencies that commit what routes have written, when the client has its answer already."""
    comes_after, is_certain = exit_comes_after(versions)
    if not comes_after:
        return
    wrapping = _Wrapping(interpreter)
    for ref, outcome in sorted(interpreter.declared.generators.items(), key=lambda item: _place(item[0])):
        if roles.get(ref.path) != "application":
            continue
        for commit in _commits(interpreter, ref, outcome):
            reliant = list(_reliant(interpreter, found, outcomes, ref, commit, wrapping))
            if reliant:
                yield _told(ref, commit, reliant, is_certain=is_certain)
                break


@dataclass(frozen=True, slots=True)
class _Commit:
    """A commit behind the ``yield`` of a dependency, of the session opened at ``session``."""

    step: Step
    session: Place
    at: Place
    yield_at: Place
    is_block: bool
    name: str


def _place(ref: FunctionRef) -> Place:
    return Place(ref.path, *ref.facts.at)


def _told(
    ref: FunctionRef, commit: _Commit, reliant: list[tuple[FoundRoute, Step]], *, is_certain: bool
) -> CommitAfterResponse:
    (route, write), *others = sorted(reliant, key=_sureness)
    return CommitAfterResponse(
        commit.at,
        ref.name,
        commit.name,
        commit.is_block,
        commit.step.at if not _is_shown(commit) else None,
        commit.yield_at,
        route.route,
        (write.at, write.model.dotted if write.model is not None else None),
        write.calls,
        len(others),
        commit.step.is_async,
        is_certain,
        "high" if is_certain else "medium",
    )


def _is_shown(commit: _Commit) -> bool:
    """Whether the place that is told shows the commit itself."""
    at, whole = commit.step.at, commit.at
    return at.filename == whole.filename and whole.line <= at.line <= whole.end_line


def _sureness(reliant: tuple[FoundRoute, Step]) -> tuple[object, ...]:
    """The route whose write is plainest comes first: of a known model, not sent yet, a few calls away."""
    route, write = reliant
    return (write.model is None, write.is_sent, not write.is_new, len(write.calls), route.route.at)


# --- the dependency -----------------------------------------------------------------------


def _commits(interpreter: Interpreter, ref: FunctionRef, outcome: Outcome) -> Iterator[_Commit]:
    """What a dependency commits behind its ``yield``, of sessions that the project is seen to open."""
    yields = [node for node in walk(ref.facts.body) if isinstance(node, facts.Yield)]
    if not yields:
        return
    seen: set[Place] = set()
    for path in outcome.leaving:
        for step in path:
            if step.kind != "commit" or step.session is None or step.session in seen:
                continue
            if step.session.filename not in interpreter.names.modules:
                continue
            block = _block_around(ref, step, yields)
            if block is not None or step.first > Place(ref.path, *yields[0].at):
                seen.add(step.session)
                at = Place(ref.path, *block.at) if block is not None else step.first
                yield _Commit(
                    step, step.session, at, Place(ref.path, *yields[0].at), block is not None, _name(yields[0])
                )


def _block_around(ref: FunctionRef, step: Step, yields: list[facts.Yield]) -> facts.With | facts.For | None:
    """The block whose end commits, and in which the dependency yields: a ``with``, or a loop over a generator."""
    for node in walk(ref.facts.body):
        if isinstance(node, facts.With | facts.For) and Place(ref.path, *node.at) == step.first:
            inner = {each.at for each in walk(node.body) if isinstance(each, facts.Yield)}
            return node if any(each.at in inner for each in yields) else None
    return None


def _name(node: facts.Yield) -> str:
    name = dotted_name(node.value) if node.value is not None else None
    return name if name is not None and "." not in name else "session"


# --- the routes ---------------------------------------------------------------------------


def _reliant(
    interpreter: Interpreter,
    found: list[FoundRoute],
    outcomes: Mapping[FunctionRef, Outcome],
    dependency: FunctionRef,
    commit: _Commit,
    wrapping: _Wrapping,
) -> Iterator[tuple[FoundRoute, Step]]:
    """The routes that write on the dependency's session and leave the commit to it, each with such a write."""
    for route in found:
        outcome = outcomes.get(route.ref)
        if outcome is None or wrapping.wraps(route.ref):
            continue
        if not _waits_for_response(interpreter, route.ref, dependency):
            continue
        left = [write for path in outcome.paths if (write := _left_open(path, commit.session)) is not None]
        plain = (write for write in left if not wrapping.is_on_the_way_to(write))
        surest = min(plain, key=lambda write: _sureness((route, write)), default=None)
        if surest is not None:
            yield route, surest


def _left_open(path: Path, session: Place) -> Step | None:
    """The write with which a path leaves a transaction to be committed by somebody else."""
    left: Step | None = None
    for step in path:
        if step.session == session:
            match step.kind:
                case "write":
                    left = left or step
                case "commit" | "rollback" | "failed":
                    left = None
    return left if paths.is_whole(path) else None


def scopes_of(interpreter: Interpreter, dependency: FunctionRef) -> set[str]:
    """The scopes in which a dependency is asked for: ``request``, ``function``."""
    asked = (targets.get(dependency, frozenset()) for targets in interpreter.declared.asked.values())
    return set().union(*asked)


def _waits_for_response(interpreter: Interpreter, route: FunctionRef, dependency: FunctionRef) -> bool:
    """Whether a route gets something of the dependency in the scope of the whole request."""
    asked = interpreter.declared.asked
    pending: list[FunctionRef | ClassRef] = [route]
    if route.owner is not None:
        pending.append(route.owner)
    seen: set[FunctionRef | ClassRef] = set()
    while pending:
        ref = pending.pop()
        if ref in seen:
            continue
        seen.add(ref)
        for target, scopes in asked.get(ref, {}).items():
            if target is dependency and scopes != {_FUNCTION_SCOPE}:
                return True
            pending.append(target)
    return False


# --- decorators that commit ---------------------------------------------------------------


class _Wrapping:
    """The functions whose decorators commit for them."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._modules = interpreter.names.modules
        functions = interpreter.names.functions
        self._decorators = {ref.facts.name for ref in functions if _is_committing_decorator(ref)}
        self._names = {ref.facts.name for ref in functions if self.wraps(ref)}
        self._calls: dict[str, frozenset[Place]] = {}

    def wraps(self, ref: FunctionRef) -> bool:
        return any(last_name(decorator) in self._decorators for decorator in ref.facts.decorators)

    def is_on_the_way_to(self, write: Step) -> bool:
        """Whether a call that leads to the write is of such a function."""
        return bool(self._names) and any(place in self._calls_in(place.filename) for place in write.calls)

    def _calls_in(self, path: str) -> frozenset[Place]:
        if path not in self._calls:
            nodes = walk(self._modules[path].body, into_functions=True)
            calls = (node for node in nodes if isinstance(node, facts.Call) and last_name(node.func) in self._names)
            self._calls[path] = frozenset(Place(path, *call.at) for call in calls)
        return self._calls[path]


def _is_committing_decorator(ref: FunctionRef) -> bool:
    """``def transactional(function): def wrapper(...): ... session.commit()``."""
    return any(isinstance(node, facts.Function) for node in ref.facts.body) and any(
        isinstance(node, facts.Attribute) and node.attr in ("commit", "begin")
        for node in walk(ref.facts.body, into_functions=True)
    )
