"""All files of an application, with what can be told from names alone: functions, classes, calls, routes."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seeding.names import name_of
from seeding.source import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
VERBS = frozenset({"get", "post", "put", "patch", "delete"})
_ASIDE = re.compile(
    r"(^|/)(tests?|testing|fixtures|migrations?|alembic|versions|docs?|docs_src|examples?|samples?|tutorials|benchmarks|"
    r"scripts?|cli|commands|management|seed(s|ers)?|conftest\.py|test_[^/]*)(/|$)"
)
"""Files on which rules about queries do not report: those that no request runs."""

_BUILT_IN = frozenset(name for kind in (dict, list, set, str, bytes, tuple) for name in dir(kind))
_COLUMNS = frozenset({"mapped_column", "Column", "relationship"})


@dataclass(frozen=True, eq=False)
class Defined:
    """A function, and the class that it is a method of. ``outer`` is a function that it stands in."""

    source: Source
    node: Function
    owner: ast.ClassDef | None
    outer: Defined | None = None

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def key(self) -> str:
        return f"{self.source.path}:{self.node.lineno}"

    @property
    def parameters(self) -> list[str]:
        """Names by position, without ``self``."""
        names = [each.arg for each in (*self.node.args.posonlyargs, *self.node.args.args)]
        is_static = any(name_of(each) == "staticmethod" for each in self.node.decorator_list)
        return names[1:] if self.owner is not None and not is_static else names

    @property
    def lists(self) -> bool:
        """Whether a path operation is one that answers with a list."""
        written = " ".join([self.name, *(ast.unparse(each) for each in self.node.decorator_list)]).lower()
        words = ("list", "search", "query", "filter", "export", "find")
        return self.route == "get" or (self.route == "post" and any(word in written for word in words))

    @property
    def route(self) -> str | None:
        """The verb of a path operation."""
        for each in self.node.decorator_list:
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in VERBS:
                paths = [*each.args[:1], *(k.value for k in each.keywords if k.arg == "path")]
                if any(isinstance(path, ast.Constant) and isinstance(path.value, str) for path in paths):
                    return each.func.attr
        return None


class Program:
    """Files that requests may run, indexed by the names in them."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self.sources: list[Source] = []
        self.functions: dict[str, list[Defined]] = defaultdict(list)
        self.classes: dict[str, list[tuple[Source, ast.ClassDef]]] = defaultdict(list)
        self.calls: dict[str, list[tuple[Defined, ast.Call]]] = defaultdict(list)
        self.instances: dict[str, set[str]] = defaultdict(set)
        for path, text in texts:
            if _ASIDE.search(path) or "\r" in text or "\f" in text or text.startswith("\ufeff"):
                continue
            try:
                source = Source(path, text)
            except (SyntaxError, ValueError, RecursionError):
                continue
            self.sources.append(source)
            self._read(source, source.tree, None, None)
        for source in self.sources:
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    made = name_of(node.value.func)
                    if made in self.classes and (name := name_of(node.targets[0])) is not None:
                        self.instances[name].add(str(made))

    def _read(self, source: Source, node: ast.AST, owner: ast.ClassDef | None, inside: Defined | None) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                self.classes[child.name].append((source, child))
                self._read(source, child, child, inside)
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                defined = Defined(source, child, owner, inside)
                self.functions[child.name].append(defined)
                self._read(source, child, None, defined)
            else:
                if isinstance(child, ast.Call) and inside is not None and (name := name_of(child.func)):
                    self.calls[name].append((inside, child))
                self._read(source, child, owner, inside)

    def all_functions(self) -> Iterator[Defined]:
        for named in self.functions.values():
            yield from named

    def lineage(self, name: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[Source, ast.ClassDef]]:
        """A class and its bases, as far as their names are those of one class each: of one that has columns, if any."""
        found = self.classes.get(name, [])
        if len(found) > 1:
            found = [each for each in found if _has_columns(each[1])]
        if len(found) != 1 or name in seen:
            return
        yield found[0]
        for base in found[0][1].bases:
            above = name_of(base.value if isinstance(base, ast.Subscript) else base)
            if above is not None:
                yield from self.lineage(above, seen | {name})

    def member(self, class_name: str, name: str) -> tuple[Source, ast.stmt] | None:
        """What a class or the nearest of its bases says of an attribute."""
        for source, node in self.lineage(class_name):
            for statement in node.body:
                if isinstance(statement, ast.Assign):
                    names = [each.id for each in statement.targets if isinstance(each, ast.Name)]
                elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    names = [statement.target.id]
                elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    names = [statement.name]
                else:
                    names = []
                if name in names:
                    return source, statement
        return None

    def method(self, class_name: str, name: str) -> Defined | None:
        for _, node in self.lineage(class_name):
            for each in self.functions.get(name, ()):
                if each.owner is node:
                    return each
        return None

    def is_mapped(self, class_name: str) -> bool:
        return any(_has_columns(node) for _, node in self.lineage(class_name))

    def field(self, class_name: str, name: str, depth: int = 0) -> ast.AnnAssign | None:
        """A field of the only class of this name that is no model, or of its bases."""
        found = [node for _, node in self.classes.get(class_name, ()) if not _has_columns(node)]
        if len(found) != 1 or len(self.classes[class_name]) > 1 or depth > 6:
            return None
        for each in found[0].body:
            if isinstance(each, ast.AnnAssign) and name_of(each.target) == name:
                return each
        above = (self.field(word, name, depth + 1) for base in found[0].bases if (word := name_of(base)))
        return next((each for each in above if each is not None), None)

    def called(self, source: Source, call: ast.Call, inside: Defined) -> Defined | None:
        """The one function that a call can mean, by its name: in the same class, in the same file, or anywhere."""
        name = name_of(call.func)
        found = self.functions.get(name, []) if name else []
        if isinstance(call.func, ast.Name):
            found = [each for each in found if each.owner is None]
            return _only([each for each in found if each.source is source]) or self._imported(
                source, call.func.id, found
            )
        if not isinstance(call.func, ast.Attribute):
            return None
        receiver = name_of(call.func.value)
        if receiver in ("self", "cls") and inside.owner is not None:
            return self.method(inside.owner.name, call.func.attr)
        if receiver is None or (isinstance(call.func.value, ast.Name) and self.is_library(source, receiver)):
            return _only(found) if receiver is None and call.func.attr not in _BUILT_IN else None
        if (kind := self._kind_of(receiver, inside)) is not None:
            return self.method(kind, call.func.attr)
        beside = [each for each in found if each.owner is None and each.source.path.endswith(f"/{receiver}.py")]
        return _only(beside) or (None if call.func.attr in _BUILT_IN else _only(found))

    def _kind_of(self, receiver: str, inside: Defined) -> str | None:
        """The class that a name stands for or is an object of: by its annotation, or by what is made and named so."""
        arguments = inside.node.args
        for each in (*arguments.args, *arguments.kwonlyargs):
            if each.arg == receiver and each.annotation is not None:
                words = {n.id for n in ast.walk(each.annotation) if isinstance(n, ast.Name)} & self.classes.keys()
                return words.pop() if len(words) == 1 else None
        if receiver in self.classes:
            return receiver
        made = self.instances.get(receiver, set())
        return next(iter(made)) if len(made) == 1 else None

    def _imported(self, source: Source, name: str, found: list[Defined]) -> Defined | None:
        """Of functions of one name, that of the module that it is imported from."""
        for node in ast.walk(source.tree) if len(found) > 1 else ():
            if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
                path = (node.module or "").replace(".", "/")
                return _only(
                    [each for each in found if each.source.path.endswith((f"{path}.py", f"{path}/__init__.py"))]
                )
        return _only(found)

    def is_library(self, source: Source, name: str) -> bool:
        """Whether a name is imported with ``import name``."""
        for node in source.tree.body:
            if isinstance(node, ast.Import) and any((a.asname or a.name) == name for a in node.names):
                return True
        return False

    def callers(self, function: Defined) -> list[tuple[Defined, ast.Call]]:
        """The calls that can mean no other function than this one."""
        return [
            (inside, call)
            for inside, call in self.calls.get(function.name, ())
            if self.called(inside.source, call, inside) is function
        ]


def _only(found: list[Defined]) -> Defined | None:
    return found[0] if len(found) == 1 else None


def _has_columns(node: ast.ClassDef) -> bool:
    """Whether a class is mapped, by what stands in it."""
    if any(keyword.arg == "table" for keyword in node.keywords):
        return True
    for each in node.body:
        if isinstance(each, (ast.Assign, ast.AnnAssign)):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            if any(name_of(target) in ("__tablename__", "__table__") for target in targets):
                return True
            if isinstance(each.value, ast.Call) and name_of(each.value.func) in _COLUMNS:
                return True
    return False


def function_around(program: Program, source: Source, node: ast.AST) -> Defined | None:
    for above in source.above(node):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return next((d for d in program.functions[above.name] if d.node is above), None)
        if isinstance(above, ast.Lambda):
            return None
    return None
