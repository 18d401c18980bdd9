"""Which files make a history of migrations, in which order they run, and what breaks the chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.link import constants
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.roles import is_revision
from dbreview.link.values import Const, Value
from dbreview.project import Conventions, Revision, Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter


@dataclass(frozen=True, slots=True)
class Script:
    """One file of a history, as it declares itself. ``follows_at`` is where ``down_revision`` stands."""

    path: str
    id: str
    at: Place
    parents: tuple[str, ...]
    follows_at: Place
    labels: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    upgrade: FunctionRef | None = None
    downgrade: FunctionRef | None = None

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.path).parent)

    @property
    def revision(self) -> Revision:
        return Revision(self.id, self.at, self.parents, self.labels, self.dependencies)


@dataclass(frozen=True, slots=True)
class Chain:
    """The files of one history. ``is_whole`` says that all of them could be read, and none can be elsewhere."""

    folder: str
    scripts: tuple[Script, ...]
    is_whole: bool = True
    has_several_places: bool = False

    @property
    def by_id(self) -> dict[str, Script]:
        """Of two with the same id Alembic keeps the last."""
        return {script.id: script for script in self.scripts}

    @property
    def heads(self) -> tuple[Script, ...]:
        """The revisions that none follows."""
        followed = {parent for script in self.scripts for parent in script.parents}
        return tuple(script for script in self.by_id.values() if script.id not in followed)

    def ordered(self) -> list[Script]:
        """Parents first; whatever lies on a cycle comes last."""
        scripts = self.by_id
        labels = {label: script.id for script in self.scripts for label in script.labels}
        waiting = {
            script.id: {
                labels.get(each, each)
                for each in (*script.parents, *script.dependencies)
                if labels.get(each, each) in scripts
            }
            for script in scripts.values()
        }
        followers: dict[str, list[str]] = {}
        for name, parents in waiting.items():
            for parent in parents:
                followers.setdefault(parent, []).append(name)
        ready = [name for name, parents in waiting.items() if not parents]
        found: list[Script] = []
        while ready:
            name = ready.pop(0)
            found.append(scripts[name])
            for follower in followers.get(name, ()):
                waiting[follower].discard(name)
                if not waiting[follower]:
                    ready.append(follower)
        return found

    def on_cycles(self) -> list[Script]:
        """The revisions that can never run: they lead to themselves."""
        runs = {script.id for script in self.ordered()}
        return [script for script in self.by_id.values() if script.id not in runs]


def find_chains(
    interpreter: Interpreter, roles: Mapping[str, Role], conventions: Conventions, hidden: set[str]
) -> list[Chain]:
    """The Alembic histories of the project. ``hidden`` are the folders that hold files nobody could read."""
    scripts: list[Script] = []
    broken = set(hidden)
    for path, module in sorted(interpreter.names.modules.items()):
        if roles.get(path) != "migration":
            continue
        script = _script(interpreter, path) if is_revision(module) else None
        if script is not None:
            scripts.append(script)
        elif is_revision(module):
            broken.add(str(PurePosixPath(path).parent))
    groups = _groups(scripts, conventions)
    return [_chain(group, conventions, broken) for group in groups]


def _chain(scripts: list[Script], conventions: Conventions, broken: set[str]) -> Chain:
    folders = sorted({script.folder for script in scripts})
    common = folders[0]
    for folder in folders[1:]:
        common = _common(common, folder)
    configured = [each for each in conventions.migrations if any(_is_in(f, each.folders) for f in folders)]
    is_whole = not any(_is_in(each, folders) for each in broken) and all(each.is_complete for each in configured)
    return Chain(common, tuple(scripts), is_whole, any(len(each.folders) > 1 for each in configured))


def _is_in(folder: str, folders: tuple[str, ...] | list[str]) -> bool:
    return any(folder == each or folder.startswith(f"{each}/") for each in folders)


def _common(first: str, second: str) -> str:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(first.split("/"), second.split("/"), strict=False))
    return "/".join(part for part, _ in pairs) or "."


# --- one file -----------------------------------------------------------------------------


def _script(interpreter: Interpreter, path: str) -> Script | None:
    """What a file says of itself; None where that cannot be read."""
    frame = interpreter.module_frame(path)
    values: dict[str, Value] = {}
    places: dict[str, Place] = {}
    for name in ("revision", "down_revision", "branch_labels", "depends_on"):
        definition = interpreter.names.resolve(path, name)
        if isinstance(definition, Variable) and definition.path == path and definition.value is not None:
            values[name] = frame.evaluate(definition.value)
            places[name] = Place(path, *definition.at)
    identity = values.get("revision")
    parents = _texts(values.get("down_revision"))
    if not isinstance(identity, Const) or not isinstance(identity.value, str) or parents is None:
        return None
    functions = {
        name: found if isinstance(found := interpreter.names.resolve(path, name), FunctionRef) else None
        for name in ("upgrade", "downgrade")
    }
    return Script(
        path,
        identity.value,
        places["revision"],
        parents,
        places["down_revision"],
        _texts(values.get("branch_labels")) or (),
        _texts(values.get("depends_on")) or (),
        functions["upgrade"],
        functions["downgrade"],
    )


def _texts(value: Value) -> tuple[str, ...] | None:
    """One text, several or none; None where that is not known."""
    if value == Const(None):
        return ()
    items = (value,) if isinstance(value, Const) else constants.exact_items(value)
    texts = [item.value for item in items or () if isinstance(item, Const) and isinstance(item.value, str)]
    return tuple(texts) if items is not None and len(texts) == len(items) else None


# --- which belong together ----------------------------------------------------------------


def _groups(scripts: list[Script], conventions: Conventions) -> list[list[Script]]:
    """Those of one folder, those that follow each other, and those that a configuration puts together."""
    parent = {script.path: script.path for script in scripts}

    def root(path: str) -> str:
        while parent[path] != path:
            parent[path] = parent[parent[path]]
            path = parent[path]
        return path

    def unite(first: str, second: str) -> None:
        parent[max(root(first), root(second))] = min(root(first), root(second))

    by_folder: dict[str, list[Script]] = {}
    by_id: dict[str, list[Script]] = {}
    for script in scripts:
        by_folder.setdefault(script.folder, []).append(script)
        by_id.setdefault(script.id, []).append(script)
    for together in by_folder.values():
        for script in together:
            unite(together[0].path, script.path)
    for script in scripts:
        for name in (*script.parents, *script.dependencies):
            nearest = _nearest(script, by_id.get(name, []))
            if nearest is not None:
                unite(script.path, nearest.path)
    for settings in conventions.migrations:
        inside = [
            s
            for s in scripts
            if s.folder in settings.folders or (settings.is_recursive and _is_in(s.folder, settings.folders))
        ]
        for script in inside:
            unite(inside[0].path, script.path)
    groups: dict[str, list[Script]] = {}
    for script in scripts:
        groups.setdefault(root(script.path), []).append(script)
    return [groups[key] for key in sorted(groups)]


def _nearest(script: Script, others: list[Script]) -> Script | None:
    """That one of the revisions with some id which a revision in another folder means, if that is clear."""
    ranked = sorted((len(_common(script.folder, each.folder)), each.path, each) for each in others)
    if not ranked or (len(ranked) > 1 and ranked[-1][0] == ranked[-2][0]):
        return None
    return ranked[-1][2]


def has_steps(function: FunctionRef | None) -> bool:
    """Whether a body does anything: more than a docstring, ``pass`` or ``...``."""
    return function is not None and any(
        not isinstance(each, facts.Jump)
        and not (isinstance(each, facts.ExpressionStatement) and isinstance(each.value, facts.Constant))
        for each in function.facts.body
    )


def folders_of(paths: Iterator[str]) -> set[str]:
    return {str(PurePosixPath(path).parent) for path in paths}
