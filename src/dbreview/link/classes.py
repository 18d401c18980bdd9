"""Classes of the project: their bases in any file, their members, what kind of class each is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from dbreview import facts
from dbreview.frameworks import python, sqlalchemy
from dbreview.link.names import ClassRef, Definition, FunctionRef, Variable
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import (
    ClassValue,
    Const,
    FunctionValue,
    Instance,
    LibraryObject,
    Made,
    SessionKind,
    Symbol,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

Ancestor: TypeAlias = ClassRef | str | None
"""A class of the project, the dotted name of a library's, or an unknown one."""

_ABSTRACT = frozenset({"abc.ABC", "typing.Protocol", "typing_extensions.Protocol", "abc.ABCMeta"})
_DEEPEST_INSTANCE = 6


class Classes:
    """Answers about classes, each found once."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._ancestors: dict[ClassRef, tuple[Ancestor, ...]] = {}
        self._bases: dict[ClassRef, tuple[Ancestor, ...]] = {}
        self._instances: dict[ClassRef, Instance] = {}
        self._children: dict[ClassRef, list[ClassRef]] | None = None
        self._late_fields: dict[tuple[ClassRef, str], Value] = {}
        self._later: dict[ClassRef, frozenset[str]] = {}
        self._depth = 0
        self._base_values: dict[ClassRef, list[LibraryObject]] = {}
        self.imperative: dict[ClassRef, tuple[Made, Value]] = {}

    def forget(self) -> None:
        self._instances.clear()
        self._late_fields.clear()

    # --- inheritance

    def bases(self, ref: ClassRef) -> tuple[Ancestor, ...]:
        """The direct bases, in order."""
        if ref not in self._bases:
            self._bases[ref] = ()
            frame = self._interpreter.module_frame(ref.path)
            found: list[Ancestor] = []
            for base in ref.facts.bases:
                if base.keyword is None and not base.stars:
                    value = frame.evaluate(base.value)
                    found += self._ancestors_of(ref, value)
            if any(frame.symbol_of(decorator) in sqlalchemy.BASE_DECORATORS for decorator in ref.facts.decorators):
                found.append("sqlalchemy.orm.DeclarativeBase")
            self._bases[ref] = tuple(found)
        return self._bases[ref]

    def _ancestors_of(self, ref: ClassRef, value: Value) -> list[Ancestor]:
        """What a base stands for. ``declarative_base(cls=PreBase)`` is both a base and a project's class."""
        if not isinstance(value, LibraryObject):
            return [ancestor(value)]
        self._base_values.setdefault(ref, []).append(value)
        given = next((inner for key, inner in value.keywords if key == "cls"), None)
        return [ancestor(given), value.dotted] if isinstance(given, ClassValue) else [value.dotted]

    def base_option(self, ref: ClassRef, name: str) -> Value:
        """What the call that made the declarative base was given by this keyword."""
        for each in self.ancestors(ref):
            for value in self._base_values.get(each, ()) if isinstance(each, ClassRef) else ():
                for key, given in value.keywords:
                    if key == name:
                        return given
        return None

    def root(self, ref: ClassRef) -> str | None:
        """A name for the declarative base that a class derives from: what its module calls it."""
        for each in reversed(self.ancestors(ref)):
            if not isinstance(each, ClassRef):
                continue
            if self.is_declarative_base(each) or each in self._base_values:
                names = [b.value for b in each.facts.bases if b.keyword is None]
                if self.is_declarative_base(each) or not names:
                    return each.dotted
                definition = self._interpreter.names.resolve(each.path, last_name(names[-1]) or "")
                return f"{definition.path}:{definition.name}" if isinstance(definition, Variable) else each.dotted
        return None

    def ancestors(self, ref: ClassRef) -> tuple[Ancestor, ...]:
        """The class and all its ancestors in method resolution order."""
        if ref not in self._ancestors:
            self._ancestors[ref] = (ref,)
            lists: list[list[Ancestor]] = [
                list(self.ancestors(b)) if isinstance(b, ClassRef) else [b] for b in self.bases(ref)
            ]
            self._ancestors[ref] = (ref, *_merge([*lists, list(self.bases(ref))]))
        return self._ancestors[ref]

    def library_ancestors(self, ref: ClassRef) -> Iterator[str]:
        return (a for a in self.ancestors(ref) if isinstance(a, str))

    def is_subclass(self, ref: ClassRef, other: ClassRef) -> bool:
        return other in self.ancestors(ref)

    def are_related(self, first: ClassRef, second: ClassRef) -> bool:
        return self.is_subclass(first, second) or self.is_subclass(second, first)

    def children(self, ref: ClassRef) -> list[ClassRef]:
        """The classes that name this one as a base."""
        if self._children is None:
            self._children = {}
            for child in self._interpreter.names.classes:
                for base in self.bases(child):
                    if isinstance(base, ClassRef):
                        self._children.setdefault(base, []).append(child)
        return self._children.get(ref, [])

    def keyword(self, ref: ClassRef, name: str) -> object:
        """The constant given as a class keyword (``table=True``), or None."""
        for base in ref.facts.bases:
            if base.keyword == name and isinstance(base.value, facts.Constant):
                return base.value.value
        return None

    # --- kinds

    def is_mapped(self, ref: ClassRef) -> bool:
        """Whether SQLAlchemy maps this class: a declarative class that is not abstract."""
        libraries = set(self.library_ancestors(ref))
        if libraries & sqlalchemy.SQLMODEL_BASE:
            return any(isinstance(a, ClassRef) and self.keyword(a, "table") is True for a in self.ancestors(ref)) and (
                self.keyword(ref, "table") is True
            )
        if ref in self.imperative or self._is_decorated_as_mapped(ref):
            return True
        if "sqlalchemy.ext.declarative.AbstractConcreteBase" in self.bases(ref):
            return False
        if not libraries & sqlalchemy.DECLARATIVE_BASES:
            return False
        return not (self.is_declarative_base(ref) or _own_flag(ref, "__abstract__"))

    def is_declarative_base(self, ref: ClassRef) -> bool:
        """Whether the class is the root that models derive from, not a model."""
        return any(
            base
            in (
                "sqlalchemy.orm.DeclarativeBase",
                "sqlalchemy.orm.DeclarativeBaseNoMeta",
                "sqlalchemy.orm.decl_api.DeclarativeBase",
            )
            for base in self.bases(ref)
        )

    def is_declarative(self, ref: ClassRef) -> bool:
        """Whether the class belongs to an ORM's hierarchy at all, mapped or abstract."""
        return bool(set(self.library_ancestors(ref)) & (sqlalchemy.DECLARATIVE_BASES | sqlalchemy.SQLMODEL_BASE))

    def is_enum(self, value: Value) -> bool:
        """Whether a value is a class of constants."""
        return isinstance(value, ClassValue) and any(name in python.ENUMS for name in self.library_ancestors(value.ref))

    def session_kind(self, ref: ClassRef) -> SessionKind | None:
        """The kind of session that a project's own session class is."""
        for name in self.library_ancestors(ref):
            if name in sqlalchemy.SESSION_TYPES:
                return sqlalchemy.SESSION_TYPES[name]
        return None

    def _is_decorated_as_mapped(self, ref: ClassRef) -> bool:
        if not ref.facts.decorators:
            return False
        frame = self._interpreter.module_frame(ref.path)
        for decorator in ref.facts.decorators:
            dotted = frame.symbol_of(decorator) or ""
            if dotted.startswith("sqlalchemy.orm.registry().mapped"):
                return True
        return False

    # --- members

    def member(self, ref: ClassRef, name: str) -> Definition | None:
        """The function, variable or class that ``name`` is on the class, own or inherited."""
        for ancestor_ in self.ancestors(ref):
            if isinstance(ancestor_, ClassRef) and name in ancestor_.members:
                return ancestor_.members[name]
        return None

    def after(self, ref: ClassRef, owner: ClassRef, name: str) -> Definition | None:
        """The member that ``super().name`` means in a method of ``owner`` on an object of ``ref``."""
        order = self.ancestors(ref)
        rest = order[order.index(owner) + 1 :] if owner in order else order
        for ancestor_ in rest:
            if isinstance(ancestor_, ClassRef) and name in ancestor_.members:
                return ancestor_.members[name]
        return None

    def value_of_member(self, ref: ClassRef, name: str) -> Value:
        """What a class-level variable stands for, read in the class's own module."""
        member = self.member(ref, name)
        if not isinstance(member, Variable):
            return None
        value: Value = None
        if member.value is not None:
            owner = next(
                (a for a in self.ancestors(ref) if isinstance(a, ClassRef) and a.members.get(name) is member), ref
            )
            value = self._interpreter.models.class_values(owner).get(name)
        if (value is None or value == Const(None)) and member.annotation is not None:
            value = self._interpreter.declared.value(member.path, member.annotation, owner=ref)
        return value

    def field(self, instance: Instance, name: str) -> Value:
        """What an attribute of an object holds; unknown where a constant may have been replaced since."""
        found = instance.field(name)
        return None if isinstance(found, Const) and self.is_reassigned(instance.ref, name) else found

    def late_field(self, ref: ClassRef, name: str) -> Value:
        """What a method other than ``__init__``, such as ``__aenter__``, assigns to an attribute."""
        key = (ref, name)
        if key not in self._late_fields:
            self._late_fields[key] = None
            for ancestor_ in self.ancestors(ref):
                if isinstance(ancestor_, ClassRef) and name in self._assigned_later(ancestor_):
                    self._late_fields[key] = self._run_setters(ancestor_, ref, name)
                    break
        return self._late_fields[key]

    def _run_setters(self, owner: ClassRef, ref: ClassRef, name: str) -> Value:
        for member in owner.members.values():
            if isinstance(member, FunctionRef) and member.facts.name != "__init__" and name in _assigned_in(member):
                bound = self._interpreter.declared_parameters(member)
                outcome = self._interpreter.read(FunctionValue(member, self.instance(ref)), bound)
                found = next((value for field, value in outcome.fields if field == name), None)
                if found is not None and not isinstance(found, Const):
                    return found
        return None

    def is_reassigned(self, ref: ClassRef, name: str) -> bool:
        """Whether a method other than ``__init__`` gives the attribute another value."""
        return any(
            name in self._assigned_later(ancestor_)
            for ancestor_ in self.ancestors(ref)
            if isinstance(ancestor_, ClassRef)
        )

    def _assigned_later(self, ref: ClassRef) -> frozenset[str]:
        if ref not in self._later:
            methods = [m for m in ref.members.values() if isinstance(m, FunctionRef) and m.facts.name != "__init__"]
            self._later[ref] = frozenset(name for method in methods for name in _assigned_in(method))
        return self._later[ref]

    # --- instances

    def implementation(self, ref: ClassRef) -> ClassRef:
        """The one concrete class behind an interface, or the class itself."""
        if _ABSTRACT & {a for a in self.bases(ref) if isinstance(a, str)}:
            concrete = list(self.children(ref)) or self._conforming(ref)
            if len(concrete) == 1:
                return concrete[0]
        return ref

    def _conforming(self, protocol: ClassRef) -> list[ClassRef]:
        """The classes that have every method of a protocol without naming it as a base."""
        wanted = {name for name, member in protocol.members.items() if isinstance(member, FunctionRef)}
        if not wanted:
            return []
        return [
            ref
            for ref in self._interpreter.names.classes
            if ref is not protocol and wanted <= ref.members.keys() and not _ABSTRACT & set(self.bases(ref))
        ]

    def instance(self, ref: ClassRef) -> Instance:
        """An object of the class as its own ``__init__`` signature and dependencies build it."""
        if ref not in self._instances:
            self._instances[ref] = Instance(ref)
            self._instances[ref] = self._make(ref)
        return self._instances[ref]

    def _make(self, ref: ClassRef) -> Instance:
        init = self.member(ref, "__init__")
        if not isinstance(init, FunctionRef) or self._depth >= _DEEPEST_INSTANCE:
            return Instance(ref)
        self._depth += 1
        try:
            bound = self._interpreter.declared_parameters(init)
            outcome = self._interpreter.read(FunctionValue(init, Instance(ref)), bound)
        finally:
            self._depth -= 1
        return Instance(ref, outcome.fields)


def _assigned_in(method: FunctionRef) -> Iterator[str]:
    for node in walk(method.facts.body):
        if isinstance(node, (facts.Assign, facts.AnnotatedAssign, facts.AugmentedAssign)):
            for target in node.targets if isinstance(node, facts.Assign) else (node.target,):
                if isinstance(target, facts.Attribute):
                    yield target.attr


def ancestor(value: Value) -> Ancestor:
    """The class that a base expression names."""
    match value:
        case ClassValue(ref):
            return ref
        case Symbol(dotted):
            return dotted
        case LibraryObject(dotted):
            return dotted
        case Instance(ref):
            return ref
    return None


def _own_flag(ref: ClassRef, name: str) -> bool:
    member = ref.members.get(name)
    return isinstance(member, Variable) and isinstance(member.value, facts.Constant) and member.value.value is True


def _merge(lists: list[list[Ancestor]]) -> Iterator[Ancestor]:
    """Python's linearization (C3); an impossible order degrades to depth first."""
    while lists := [items for items in lists if items]:
        head = next(
            (items[0] for items in lists if not any(items[0] in other[1:] for other in lists)),
            lists[0][0],
        )
        yield head
        lists = [[item for item in items if item is not head and item != head] for items in lists]
