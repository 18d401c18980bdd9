"""How long the thing lives in which something is kept: as long as the process, or no longer than a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import caches, python
from dbreview.link.events import KeptEvent
from dbreview.link.lifetimes import shared
from dbreview.link.lifetimes.closures import has_own
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import ClassValue, FunctionValue, Instance, LibraryObject, ModuleValue, Session, Value
from dbreview.project import Role

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_DEEPEST = 3
_EMPTY = (facts.DictDisplay, facts.Display)


@dataclass(frozen=True, slots=True)
class Home:
    """Something that lives as long as the process: what a message calls it, and where it is made, if that is known."""

    name: str
    at: Place | None


@dataclass(slots=True)
class Homes:
    """Finds out what lives as long as the process."""

    interpreter: Interpreter
    roles: Mapping[str, Role]
    _objects: dict[ClassRef, Home] | None = field(default=None)

    def of(self, kept: KeptEvent) -> Home | None:
        """Where something is kept that outlives the request; None where it may not."""
        return self._find(kept.ref, kept.holder, kept.owner, is_item=kept.is_item)

    def _find(self, ref: FunctionRef, holder: Expression, owner: Value, *, is_item: bool) -> Home | None:
        name = dotted_name(holder)
        if name is None:
            return None
        first, *rest = name.split(".")
        if not rest:
            return self._variable(ref, first, is_item=is_item)
        if shared.is_application_state(owner, name):
            return Home(name, None)
        match owner:
            case ClassValue(of):
                return self._of_class(of, rest[-1], is_shown=True)
            case FunctionValue(function):
                return Home(name, Place(function.path, *function.facts.at))
            case ModuleValue(path):
                return self._of_module(path, rest[-1])
        parameters = ref.facts.parameters
        if ref.owner is not None and parameters and parameters[0].name == first:
            return self._of_receiver(ref.owner, rest[0], is_item=is_item) if len(rest) == 1 else None
        if isinstance(owner, Instance) and not has_own(ref.facts, first):
            found = self._of_module(ref.path, first)
            return Home(name, found.at) if found is not None else None
        return None

    # --- variables

    def _variable(self, ref: FunctionRef, name: str, *, is_item: bool) -> Home | None:
        """A variable of a module, a default that is made once, or another name of either."""
        for parameter in ref.facts.parameters:
            if parameter.name == name:
                is_made_once = is_item and _is_made(parameter.default)
                return Home(name, Place(ref.path, *parameter.at)) if is_made_once else None
        if not has_own(ref.facts, name):
            return self._imported(ref, name) or self._of_module(ref.path, name)
        values = [n.value for n in walk(ref.facts.body) if isinstance(n, facts.Assign) and _names(n, name)]
        if len(values) != 1 or not is_item or not isinstance(values[0], (facts.Name, facts.Attribute)):
            return None
        inner = values[0]
        owner = None
        if isinstance(inner, facts.Attribute) and not has_own(ref.facts, last_name(inner.value) or ""):
            owner = self.interpreter.module_frame(ref.path).evaluate(inner.value)
        return self._find(ref, inner, owner, is_item=True) if dotted_name(inner) != name else None

    def _imported(self, ref: FunctionRef, name: str) -> Home | None:
        """``from app.cache import users`` inside the function."""
        for node in walk(ref.facts.body):
            if isinstance(node, (facts.Import, facts.ImportFrom)):
                for known, definition in self.interpreter.names.local_imports(ref.path, node):
                    if known == name and isinstance(definition, Variable):
                        return Home(name, Place(definition.path, *definition.at))
        return None

    def _of_module(self, path: str, name: str) -> Home | None:
        definition = self.interpreter.names.resolve(path, name)
        if not isinstance(definition, Variable):
            return None
        return Home(definition.name, Place(definition.path, *definition.at))

    # --- classes and objects

    def _of_class(self, of: ClassRef, name: str, *, is_shown: bool = False) -> Home | None:
        """A dict or list that stands in a class body: all objects share it."""
        classes = self.interpreter.classes
        member = classes.member(of, name)
        if self.interpreter.schemas.is_schema(of) or not (isinstance(member, Variable) or is_shown):
            return None
        at = Place(member.path, *member.at) if isinstance(member, Variable) else None
        return Home(f"{of.name}.{name}", at)

    def _of_receiver(self, of: ClassRef, name: str, *, is_item: bool) -> Home | None:
        """``self.name``: of the class where only its body makes it, else of an object that lives as long."""
        classes = self.interpreter.classes
        member = classes.member(of, name)
        if is_item and isinstance(member, Variable) and _is_made(member.value) and not self._is_own(of, name):
            return self._of_class(of, name)
        home = self.of_object(of)
        if home is None or is_item:
            return home
        return Home(f"{home.name}.{name}", home.at)

    def of_object(self, of: ClassRef) -> Home | None:
        """What holds the objects of a class, if all of them live as long as the process."""
        found = (each for each in self.objects if of in self.interpreter.classes.ancestors(each))
        holder = next(found, None)
        return self.objects[holder] if holder is not None else None

    def _is_own(self, of: ClassRef, name: str) -> bool:
        """Whether each object makes the attribute itself."""
        ancestors = (each for each in self.interpreter.classes.ancestors(of) if isinstance(each, ClassRef))
        methods = (member for each in ancestors for member in each.members.values())
        return any(
            isinstance(target, facts.Attribute) and target.attr == name
            for method in methods
            if isinstance(method, FunctionRef)
            for node in walk(method.facts.body)
            if isinstance(node, (facts.Assign, facts.AnnotatedAssign))
            for target in (node.targets if isinstance(node, facts.Assign) else (node.target,))
        )

    @property
    def objects(self) -> Mapping[ClassRef, Home]:
        """The classes of which only objects are made that live as long as the process, with what holds one."""
        if self._objects is None:
            found: dict[ClassRef, Home] = {}
            for ref, home in self._made_once():
                found.setdefault(ref, home)
            others = self._made_per_call(found)
            self._objects = {ref: home for ref, home in found.items() if ref not in others}
        return self._objects

    def _made_once(self) -> Iterator[tuple[ClassRef, Home]]:
        interpreter = self.interpreter
        for path in sorted(interpreter.names.modules):
            for name, definition in interpreter.names.top_level(path):
                if isinstance(definition, Variable) and definition.path == path:
                    if isinstance(definition.value, facts.Call) and self.roles.get(path) == "application":
                        value = interpreter.module_value(path, name)
                        yield from _objects_in(value, Home(name, Place(path, *definition.at)))
        for stored in interpreter.events.stored.values():
            place = shared.place_of(interpreter, stored) if isinstance(stored.value, Instance) else None
            if place is not None:
                yield from _objects_in(stored.value, Home(place[1], stored.at))
        for ref in interpreter.names.functions:
            if interpreter.is_a(ref, caches.HASHING | python.CACHES) and not ref.facts.has_yield:
                home = Home(ref.facts.name, Place(ref.path, *ref.facts.at))
                yield from _objects_in(interpreter.run_standalone(ref).value, home)
        for of in interpreter.names.classes:
            if _is_singleton(of):
                yield of, Home(of.name, Place(of.path, *of.facts.at))

    def _made_per_call(self, once: Mapping[ClassRef, Home]) -> set[ClassRef]:
        """The classes of which some function makes an object for its own use, or FastAPI does."""
        classes, names = self.interpreter.classes, {of.name for of in once}
        asked = {member for each in self.interpreter.declared.asked.values() for member in each}
        found = {of for of in once if classes.member(of, "__init__") in asked}
        keeping = {home.at for home in once.values()}
        for ref in self.interpreter.names.functions if names else ():
            is_once = Place(ref.path, *ref.facts.at) in keeping or (ref.facts.name == "__init__" and ref.owner in once)
            if is_once or self.roles.get(ref.path) != "application":
                continue
            for node in walk(ref.facts.body, into_functions=True):
                if isinstance(node, facts.Call) and last_name(node.func) in names:
                    made = self.interpreter.module_frame(ref.path).evaluate(node.func)
                    if isinstance(made, ClassValue) and Place(ref.path, *node.at) not in keeping:
                        found.add(made.ref)
        return {of for of in found if not _is_singleton(of)}


def _names(node: facts.Assign, name: str) -> bool:
    return any(isinstance(target, facts.Name) and target.id == name for target in node.targets)


def _is_made(value: Expression | None) -> bool:
    """Whether an expression makes a collection."""
    return isinstance(value, _EMPTY) or (isinstance(value, facts.Call) and last_name(value) in caches.MAKERS)


def _objects_in(value: Value, home: Home, depth: int = 0) -> Iterator[tuple[ClassRef, Home]]:
    """The classes of an object and of those in it; none of one that has a session: that one is a request's."""
    if isinstance(value, Instance) and depth <= _DEEPEST:
        if not any(isinstance(inner, Session) for _, inner in value.fields):
            yield value.ref, home
        for name, inner in value.fields:
            yield from _objects_in(inner, Home(f"{home.name}.{name}", home.at), depth + 1)
    elif isinstance(value, LibraryObject) and depth <= _DEEPEST:
        for inner in value.arguments:
            yield from _objects_in(inner, home, depth + 1)


def _is_singleton(of: ClassRef) -> bool:
    """``cls._instance = super().__new__(cls)``."""
    new = of.members.get("__new__")
    return isinstance(new, FunctionRef) and any(
        isinstance(node, facts.Assign) and any((dotted_name(t) or "").startswith("cls.") for t in node.targets)
        for node in walk(new.facts.body)
    )
