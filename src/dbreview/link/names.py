"""What a name means: modules, packages, imports, re-exports, classes and their bases.

Only Python's own rules live here; a name that leads out of the project becomes the dotted
name of a library's symbol.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeAlias

from dbreview import facts
from dbreview.facts import Block, Class, Expression, Function, Module
from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.frameworks.homes import HOMES
from dbreview.link.syntax import dotted_name, walk

_NEVER_SHADOWED = frozenset({"alembic"})
"""Libraries after which people call a folder of theirs; what they import is the library."""


@dataclass(frozen=True, slots=True)
class External:
    """A symbol of a library, by its dotted name."""

    dotted: str


@dataclass(frozen=True, slots=True)
class ModuleRef:
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class FunctionRef:
    """A function statement of the project; ``owner`` is the class whose body holds it."""

    path: str
    facts: Function
    owner: ClassRef | None = None

    @property
    def name(self) -> str:
        return f"{self.owner.name}.{self.facts.name}" if self.owner else self.facts.name


@dataclass(frozen=True, slots=True, eq=False)
class ClassRef:
    """A class statement of the project; ``dotted`` is unique among the project's classes."""

    path: str
    facts: Class
    dotted: str
    members: Mapping[str, Definition] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.facts.name


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A name bound by an assignment (``value``), an annotation, or otherwise (neither)."""

    path: str
    name: str
    value: Expression | None
    annotation: Expression | None
    at: facts.Span


Definition: TypeAlias = External | ModuleRef | FunctionRef | ClassRef | Variable


@dataclass(frozen=True, slots=True)
class _Imported:
    """A binding made by an import: ``name`` of ``module``, or the module itself."""

    module: str
    name: str | None
    at: facts.Span


_Binding: TypeAlias = FunctionRef | ClassRef | Variable | _Imported


@dataclass(slots=True)
class _Scope:
    """The names of one module. A binding on a side path (``except``, ``else``) is a spare one."""

    bindings: dict[str, _Binding] = field(default_factory=dict)
    spares: dict[str, _Binding] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)


class Names:
    """The names of all modules of the project, resolved on demand."""

    def __init__(self, modules: Sequence[Module], roots: Sequence[str] = ()) -> None:
        self.modules: dict[str, Module] = {module.path: module for module in modules}
        self.classes: list[ClassRef] = []
        self.functions: list[FunctionRef] = []
        self._roots = frozenset(root.strip("/") for root in roots)
        self._packages = {str(PurePosixPath(p).parent) for p in self.modules if p.endswith("__init__.py")}
        self._by_suffix: dict[str, list[str]] = {}
        self._scopes: dict[str, _Scope] = {}
        self._found: dict[tuple[str, str], Definition | None] = {}
        self._located: dict[tuple[str, str], str | None] = {}
        for path in sorted(self.modules):
            for suffix in _dotted_suffixes(path):
                self._by_suffix.setdefault(suffix, []).append(path)
        for path in sorted(self.modules):
            self._scopes[path] = self._read_scope(self.modules[path])

    # --- questions

    def resolve(self, path: str, name: str) -> Definition | None:
        """What ``name`` means at the top level of the module ``path``; None when unknown."""
        key = (path, name)
        if key not in self._found:
            self._found[key] = None
            self._found[key] = self._resolve(path, name)
        return self._found[key]

    def module(self, dotted: str, importer: str) -> str | None:
        """The project file that ``import dotted`` reads in the file ``importer``."""
        key = (dotted, str(PurePosixPath(importer).parent))
        if key not in self._located:
            self._located[key] = self._locate(dotted, importer)
        return self._located[key]

    def top_level(self, path: str) -> Iterator[tuple[str, Definition]]:
        """The names that the module itself binds, with what they mean."""
        for name in self._scopes[path].bindings:
            if (definition := self.resolve(path, name)) is not None:
                yield name, definition

    def importer_of(self, path: str, name: str) -> Place | None:
        """Where another module imports ``name`` from the module ``path``, the first such place."""
        for other in sorted(self._scopes):
            if other == path:
                continue
            for binding in self._scopes[other].bindings.values():
                if isinstance(binding, _Imported) and binding.name == name:
                    if self.module(binding.module, other) == path:
                        return Place(other, *binding.at)
        return None

    def imported_libraries(self, path: str) -> set[str]:
        """The dotted names of everything that the module imports from outside the project."""
        scope = self._scopes[path]
        found = {dotted for dotted in scope.stars if self.module(dotted, path) is None}
        for binding in (*scope.bindings.values(), *scope.spares.values()):
            if isinstance(binding, _Imported) and self.module(binding.module, path) is None:
                found.add(f"{binding.module}.{binding.name}" if binding.name else binding.module)
        return found

    def local_imports(self, path: str, statement: facts.Import | facts.ImportFrom) -> Iterator[tuple[str, Definition]]:
        """The names that an import inside a function binds."""
        for name, binding, _ in self._bindings(self.modules[path], (statement,), False):
            if isinstance(binding, _Imported) and (found := self._follow(path, binding)) is not None:
                yield name, found

    def imports(self, path: str) -> Iterator[str]:
        """The project files that the module's imports read, those inside functions too."""
        for statement in walk(self.modules[path].body, into_functions=True):
            match statement:
                case facts.Import(names):
                    targets = [name.name for name in names]
                case facts.ImportFrom(target, level, names):
                    source = self._absolute(path, target, level)
                    targets = [source, *(_join(source, name.name) for name in names)]
                case _:
                    continue
            for dotted in targets:
                found = self.module(dotted, path)
                if found is not None:
                    yield found
                    packages = (str(parent / "__init__.py") for parent in PurePosixPath(found).parents)
                    yield from (package for package in packages if package in self.modules)

    def submodule(self, package: str, name: str) -> ModuleRef | None:
        """The module ``name`` inside the package whose ``__init__`` is ``package``."""
        return self._submodule(package, name) if package.endswith("__init__.py") else None

    # --- reading scopes

    def _read_scope(self, module: Module) -> _Scope:
        scope = _Scope()
        for name, binding, is_spare in self._bindings(module, module.body, False):
            if name == "*":
                assert isinstance(binding, _Imported)
                scope.stars.append(binding.module)
            elif is_spare:
                scope.spares.setdefault(name, binding)
            else:
                scope.bindings[name] = binding
        return scope

    def _bindings(
        self, module: Module, body: Block, is_spare: bool, owner: ClassRef | None = None
    ) -> Iterator[tuple[str, _Binding, bool]]:
        path = module.path
        for statement in body:
            match statement:
                case Function():
                    function = FunctionRef(path, statement, owner)
                    self.functions.append(function)
                    yield statement.name, function, is_spare
                case Class():
                    yield statement.name, self._class(module, statement, owner), is_spare
                case facts.Assign(targets, value, at):
                    for target in targets:
                        yield from ((n, Variable(path, n, v, None, at), is_spare) for n, v in _targets(target, value))
                case facts.AnnotatedAssign(facts.Name(name), annotation, value, at):
                    yield name, Variable(path, name, value, annotation, at), is_spare
                case facts.AliasStatement(name, value, at):
                    yield name, Variable(path, name, value, None, at), is_spare
                case facts.Import(names):
                    for imported in names:
                        if imported.alias is not None:
                            yield imported.alias, _Imported(imported.name, None, imported.at), is_spare
                        else:
                            first = imported.name.partition(".")[0]
                            yield first, _Imported(first, None, imported.at), is_spare
                case facts.ImportFrom(target, level, names):
                    source = self._absolute(path, target, level)
                    for imported in names:
                        yield imported.alias or imported.name, _Imported(source, imported.name, imported.at), is_spare
                case facts.If(test, then, orelse):
                    is_for_types = dotted_name(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
                    yield from self._bindings(module, then, is_spare or is_for_types, owner)
                    yield from self._bindings(module, orelse, is_spare if is_for_types else True, owner)
                case facts.Try(tried, handlers, orelse, final):
                    yield from self._bindings(module, (*tried, *orelse, *final), is_spare, owner)
                    for handler in handlers:
                        yield from self._bindings(module, handler.body, True, owner)
                case facts.With(items, inner):
                    for item in items:
                        if isinstance(item.target, facts.Name):
                            name = item.target.id
                            yield name, Variable(path, name, None, None, item.target.at), is_spare
                    yield from self._bindings(module, inner, is_spare, owner)
                case facts.For(target, _, inner, orelse):
                    for name, _value in _targets(target, None):
                        yield name, Variable(path, name, None, None, target.at), True
                    yield from self._bindings(module, (*inner, *orelse), True, owner)
                case facts.While(_, inner, orelse):
                    yield from self._bindings(module, (*inner, *orelse), True, owner)
                case facts.Match(_, cases):
                    for case in cases:
                        yield from self._bindings(module, case.body, True, owner)

    def _class(self, module: Module, statement: Class, owner: ClassRef | None) -> ClassRef:
        scope = owner.dotted if owner is not None else _dotted_path(module.path)
        members: dict[str, Definition] = {}
        ref = ClassRef(module.path, statement, f"{scope}.{statement.name}", members)
        self.classes.append(ref)
        for name, binding, is_spare in self._bindings(module, statement.body, False, ref):
            if not isinstance(binding, _Imported) and not (is_spare and name in members):
                members[name] = binding
        return ref

    def _absolute(self, path: str, target: str, level: int) -> str:
        if level == 0:
            return target
        package = PurePosixPath(path).parent
        for _ in range(level - 1):
            package = package.parent
        return "./" + str(package / target.replace(".", "/") if target else package)

    # --- resolving

    def _resolve(self, path: str, name: str) -> Definition | None:
        scope = self._scopes[path]
        for bindings in (scope.bindings, scope.spares):
            if name in bindings and (found := self._follow(path, bindings[name])) is not None:
                return found
        for dotted in reversed(scope.stars):
            target = self.module(dotted, path)
            if target is None:
                if canonical(f"{dotted}.{name}") in sqlalchemy.STARRED:
                    return External(canonical(f"{dotted}.{name}"))
                continue
            if self._is_public(target, name) and (found := self.resolve(target, name)) is not None:
                return found
        if path.endswith("__init__.py"):
            return self._submodule(path, name)
        return None

    def _is_public(self, path: str, name: str) -> bool:
        """Whether a star import brings the name: by ``__all__``, else by its first letter."""
        listed = self._scopes[path].bindings.get("__all__")
        if isinstance(listed, Variable) and isinstance(listed.value, facts.Display):
            items = listed.value.items
            if all(isinstance(item, facts.Constant) for item in items):
                return any(isinstance(item, facts.Constant) and item.value == name for item in items)
        return not name.startswith("_")

    def _follow(self, path: str, binding: _Binding) -> Definition | None:
        if not isinstance(binding, _Imported):
            return binding
        if binding.name is None:
            target = self.module(binding.module, path)
            return ModuleRef(target) if target is not None else External(binding.module)
        target = self.module(binding.module, path)
        if target is not None:
            if target == path:
                return self._submodule(path, binding.name)
            found = self.resolve(target, binding.name)
            return found if found is not None else self._submodule(target, binding.name)
        inner = self.module(_join(binding.module, binding.name), path)
        if inner is not None:
            return ModuleRef(inner)
        if binding.module.startswith("./"):
            return None
        return External(canonical(f"{binding.module}.{binding.name}"))

    def _submodule(self, package: str, name: str) -> ModuleRef | None:
        folder = PurePosixPath(package).parent
        for candidate in (folder / f"{name}.py", folder / name / "__init__.py"):
            if str(candidate) in self.modules:
                return ModuleRef(str(candidate))
        return None

    def _locate(self, dotted: str, importer: str) -> str | None:
        if dotted.startswith("./"):
            place = PurePosixPath(dotted)
            candidates = (str(place) + ".py" if place.name else "", str(place / "__init__.py"))
            return next((candidate for candidate in candidates if candidate in self.modules), None)
        top = dotted.partition(".")[0]
        if top in sys.stdlib_module_names or top in _NEVER_SHADOWED:
            return None
        best: tuple[int, int, str] | None = None
        for path in self._by_suffix.get(dotted, ()):
            root = _root_of(path, dotted)
            if root != "." and root in self._packages:
                continue
            rank = self._rank(root, importer)
            if rank is not None and (best is None or (rank, -len(path), path) > best):
                best = (rank, -len(path), path)
        return best[2] if best else None

    def _rank(self, root: str, importer: str) -> int | None:
        """How near an import root is to the importing file; None when it cannot be one."""
        if root in self._roots:
            return 10_000
        if root == "." or importer.startswith(f"{root}/"):
            return 1_000 + len(root)
        common = 0
        for mine, theirs in zip(PurePosixPath(root).parts, PurePosixPath(importer).parts, strict=False):
            if mine != theirs:
                break
            common += 1
        return common


def canonical(dotted: str) -> str:
    """The name under which the tables know a symbol."""
    for prefix, home in HOMES:
        if dotted.startswith(prefix):
            return home + dotted[len(prefix) :]
    return dotted


def _targets(target: Expression, value: Expression | None) -> Iterator[tuple[str, Expression | None]]:
    match target:
        case facts.Name(name):
            yield name, value
        case facts.Display(_, items):
            values: tuple[Expression | None, ...] = (None,) * len(items)
            if isinstance(value, facts.Display) and len(value.items) == len(items):
                values = value.items
            for item, part in zip(items, values, strict=True):
                yield from _targets(item, part)
        case facts.Starred(inner):
            yield from _targets(inner, None)


def _module_parts(path: str) -> tuple[str, ...]:
    pure = PurePosixPath(path)
    return pure.parts[:-1] if pure.name == "__init__.py" else (*pure.parts[:-1], pure.stem)


def _dotted_path(path: str) -> str:
    return ".".join(_module_parts(path))


def _dotted_suffixes(path: str) -> Iterator[str]:
    parts = _module_parts(path)
    for start in range(len(parts)):
        yield ".".join(parts[start:])


def _join(module: str, name: str) -> str:
    return f"{module}/{name}" if module.startswith("./") else f"{module}.{name}"


def _root_of(path: str, dotted: str) -> str:
    parts = _module_parts(path)
    return "/".join(parts[: len(parts) - dotted.count(".") - 1]) or "."
