"""Which model a Tortoise reference such as ``"models.User"`` names. Reads the configuration where names repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import tortoise
from dbreview.link.names import ClassRef
from dbreview.link.syntax import walk
from dbreview.link.values import ClassValue, Const, Entries, Items, ModuleValue, Record, Value

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

Config = Mapping[str, tuple[str, ...]]
"""The files whose models belong to each app label."""


class Apps:
    """All concrete models, found by reference."""

    def __init__(self, interpreter: Interpreter, labels: Mapping[ClassRef, str | None]) -> None:
        self._interpreter = interpreter
        self._labels = labels
        self._by_name: dict[str, list[ClassRef]] = {}
        for ref in labels:
            self._by_name.setdefault(ref.name, []).append(ref)
        self._configs: list[Config] | None = None

    def find(self, reference: Value, near: ClassRef) -> ClassRef | None:
        """The model that a field of ``near`` refers to; None where that is not sure."""
        match reference:
            case ClassValue(ref):
                return ref if ref in self._labels else None
            case Const(str() as text) if text.count(".") == 1:
                label, _, name = text.partition(".")
                return self._named(label, name, near)
        return None

    def _named(self, label: str, name: str, near: ClassRef) -> ClassRef | None:
        candidates = self._by_name.get(name, [])
        if len(candidates) > 1:
            candidates = [c for c in candidates if self._labels[c] in (None, label)]
        if len(candidates) > 1:
            found = {self._in_app(config, label, name) for config in self._known_to(near)}
            candidates = [c for c in candidates if c in found]
        return candidates[0] if len(candidates) == 1 else None

    def _known_to(self, near: ClassRef) -> Iterator[Config]:
        """The configurations that the referring model itself is part of."""
        if self._configs is None:
            self._configs = list(_configs(self._interpreter))
        for config in self._configs:
            if any(self._in_app(config, label, near.name) is near for label in config):
                yield config

    def _in_app(self, config: Config, label: str, name: str) -> ClassRef | None:
        """The model of this name in an app: the last one where several modules have one."""
        found: ClassRef | None = None
        for path in config.get(label, ()):
            definition = self._interpreter.names.resolve(path, name)
            if isinstance(definition, ClassRef) and self._labels.get(definition, "") in (None, label):
                found = definition
        return found


def names_tables(interpreter: Interpreter) -> bool:
    """Whether the project gives Tortoise a function of its own that names tables."""
    return any(
        argument.keyword == tortoise.TABLE_NAMER and not _is_none(argument.value)
        for path, module in interpreter.names.modules.items()
        if any(name.startswith("tortoise") for name in interpreter.names.imported_libraries(path))
        for node in walk(module.body, into_functions=True)
        if isinstance(node, facts.Call)
        for argument in node.arguments
    )


def _is_none(node: facts.Expression) -> bool:
    return isinstance(node, facts.Constant) and node.value is None


def _configs(interpreter: Interpreter) -> Iterator[Config]:
    """What ``Tortoise.init(modules=...)`` and ``{"apps": {...}}`` say, wherever they stand."""
    for path, module in sorted(interpreter.names.modules.items()):
        for node in walk(module.body, into_functions=True):
            match node:
                case facts.Call(_, arguments):
                    for argument in arguments:
                        if argument.keyword == tortoise.MODULES:
                            yield _config(interpreter, path, interpreter.module_frame(path).evaluate(argument.value))
                case facts.DictItem(facts.Constant(tortoise.APPS), facts.DictDisplay() as value):
                    yield _config(interpreter, path, interpreter.module_frame(path).evaluate(value))


def _config(interpreter: Interpreter, path: str, value: Value) -> Config:
    """The files of each app; modules that are not of the project have none."""
    labels = value.items if isinstance(value, Entries) else ()
    return {label: tuple(_files(interpreter, path, modules)) for label, modules in labels}


def _files(interpreter: Interpreter, path: str, value: Value) -> Iterator[str]:
    match value:
        case Entries(items):
            yield from _files(interpreter, path, dict(items).get("models"))
        case Record(items) | Items(exact=items):
            for item in items:
                yield from _files(interpreter, path, item)
        case Const(str() as dotted):
            found = interpreter.names.module(dotted, path)
            if found is not None:
                yield found
        case ModuleValue(found_path):
            yield found_path
