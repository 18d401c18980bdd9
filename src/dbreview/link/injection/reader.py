"""Reads functions for the text in them, each once, and answers what the names and calls in them mean."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import python
from dbreview.link.injection import binding
from dbreview.link.injection.binding import Bound
from dbreview.link.injection.reading import Reading, Snapshot, textual_of
from dbreview.link.injection.texts import (
    Answer,
    Built,
    Changed,
    Parameter,
    Textual,
    alternatives,
    answer,
    changed,
    either,
    reached,
)
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.syntax import dotted_name, walk
from dbreview.link.values import ClassValue, FunctionValue, Instance, LibraryObject, Symbol, Value

if TYPE_CHECKING:
    from dbreview.link.injection.noting import CallSite
    from dbreview.link.interpret import Interpreter

_DEEPEST = 40


class Reader:
    """The readings of one project."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self._readings: dict[FunctionRef, Reading] = {}
        self._modules: dict[str, Reading] = {}
        self._outer: dict[str, dict[int, facts.Function]] = {}
        self._busy: list[FunctionRef] = []
        self._of_names: dict[tuple[str, str], Textual] = {}

    # --- readings

    def reading(self, ref: FunctionRef) -> Reading:
        """What a function does with text. One that is being read already has done nothing so far."""
        if ref not in self._readings:
            found = Reading(self, ref.path, ref, self._snapshot(ref))
            self._readings[ref] = found
            if len(self._busy) < _DEEPEST:
                self._busy.append(ref)
                self.interpreter.guarded(Place(ref.path, *ref.facts.at), lambda: found.run(ref.facts.body))
                self._busy.pop()
        return self._readings[ref]

    def site_reading(self, site: CallSite) -> Reading:
        """The reading in which a call was made: of a function, or of a module's top level."""
        if site.ref is not None:
            return self.reading(site.ref)
        if site.at.filename not in self._modules:
            found = Reading(self, site.at.filename, None)
            self._modules[site.at.filename] = found
            body = self.interpreter.names.modules[site.at.filename].body
            self.interpreter.guarded(Place(site.at.filename, 1, 1, 1, 1), lambda: found.run(body))
        return self._modules[site.at.filename]

    def _snapshot(self, ref: FunctionRef) -> Snapshot | None:
        """The variables around a nested function, as they are where it is defined."""
        outer = self._enclosing(ref)
        return self.reading(outer).snapshots.get(id(ref.facts)) if outer is not None else None

    def _enclosing(self, ref: FunctionRef) -> FunctionRef | None:
        names = self.interpreter.names
        if ref.owner is not None or ref.path not in names.modules:
            return None
        if ref.path not in self._outer:
            self._outer[ref.path] = dict(_nesting(names.modules[ref.path].body, None))
        outer = self._outer[ref.path].get(id(ref.facts))
        if outer is None:
            return None
        known = (each for each in names.functions if each.path == ref.path and each.facts is outer)
        return next(known, None) or self.interpreter.local_ref(ref.path, outer)

    # --- names

    def of_module(self, path: str, expression: Expression) -> Textual:
        """What a name of the module, or an attribute of one, is: a constant, or a few."""
        written = dotted_name(expression)
        if written is None:
            return None
        key = (path, written)
        if key not in self._of_names:
            self._of_names[key] = None
            self._of_names[key] = textual_of(self.value(path, expression))
        return self._of_names[key]

    def value(self, path: str, expression: Expression) -> Value:
        """What the interpreter takes an expression for, by the names of its module alone."""
        at = Place(path, *expression.at)
        return self.interpreter.guarded(at, lambda: self.interpreter.module_frame(path).evaluate(expression))

    def dotted(self, frame: Reading, func: Expression) -> str | None:
        """The library's symbol that a call names."""
        written = dotted_name(func)
        if written is None or frame.is_local(written.partition(".")[0]):
            return None
        match self.value(frame.path, func):
            case Symbol(dotted):
                return dotted
            case LibraryObject(dotted) if dotted.startswith("re.compile()"):
                return dotted
        return None

    def attribute(self, value: Textual, name: str) -> Textual:
        """``value.name``: what a class sets for all of its objects, what a property gives, or what one object has."""
        ref = self.class_of(value)
        member = self.interpreter.classes.member(ref, name) if ref is not None else None
        if isinstance(member, FunctionRef) and self.interpreter.is_a(member, python.PROPERTIES):
            return answer(member, ((member.facts.parameters[0].name, value),)) if member.facts.parameters else None
        if isinstance(value, Changed):
            return dict(value.fields)[name] if name in dict(value.fields) else self.attribute(value.value, name)
        if isinstance(member, Variable) and member.value is not None and ref is not None:
            found = textual_of(self.interpreter.classes.value_of_member(ref, name))
            is_constant = member.annotation is None and not self._is_assigned(ref, name)
            return found if is_constant else either((found, reached(value, name)))
        return reached(value, name)

    def class_of(self, value: Textual) -> ClassRef | None:
        """The project's class of whose objects a value is one."""
        match value:
            case Built(ref, _, ()):
                return ref
            case Changed(base):
                return self.class_of(base)
            case Parameter(ref, name, ()):
                if ref.owner is not None and ref.facts.parameters and ref.facts.parameters[0].name == name:
                    return ref.owner
                declared = self.declared(ref, name)
                return declared.ref if isinstance(declared, Instance) else None
        return None

    def declared(self, ref: FunctionRef, name: str) -> Value:
        """What the signature says of a parameter."""
        parameter = next((each for each in ref.facts.parameters if each.name == name), None)
        if parameter is None or parameter.kind.startswith("*"):
            return None
        return self.interpreter.declared.parameter(ref, parameter)

    # --- calls

    def targets(self, at: Place) -> tuple[FunctionRef | ClassRef, ...]:
        """What a call means, as the interpreter has found."""
        return tuple(self.interpreter.events.targets.get(at, ()))

    def site(self, target: FunctionRef | ClassRef, at: Place) -> CallSite:
        return self.interpreter.events.call_sites[target][at]

    def is_enum(self, ref: ClassRef) -> bool:
        return self.interpreter.classes.is_enum(ClassValue(ref))

    def bound(
        self, target: FunctionRef | ClassRef, site: CallSite, receiver: Textual, values: tuple[Textual, ...]
    ) -> Bound:
        """What the parameters of a function, or the fields of a class, hold in a call."""
        arguments = site.node.arguments[site.skipped :]
        given = values[site.skipped :]
        if isinstance(target, ClassRef):
            init = self.interpreter.classes.member(target, "__init__")
            if not isinstance(init, FunctionRef):
                return binding.to_names(list(self._field_names(target)), arguments, given)
            return binding.to_function(init, True, 0, None, arguments, given)
        is_bound = site.is_bound and self._has_receiver(target)
        return binding.to_function(target, is_bound, self._leading(target), receiver, arguments, given)

    def _leading(self, ref: FunctionRef) -> int:
        """How many of a function's first arguments its decorators give."""
        found = 0
        for decorator in ref.facts.decorators:
            value = self.value(ref.path, decorator.func if isinstance(decorator, facts.Call) else decorator)
            found += binding.leading(value.ref.facts) if isinstance(value, FunctionValue) else 0
        return found

    def _has_receiver(self, ref: FunctionRef) -> bool:
        return ref.owner is not None and "builtins.staticmethod" not in self.interpreter.decorations(ref)

    def _field_names(self, ref: ClassRef) -> list[str]:
        ancestors = reversed(self.interpreter.classes.ancestors(ref))
        members = (member for each in ancestors if isinstance(each, ClassRef) for member in each.members.items())
        return list(dict.fromkeys(n for n, m in members if isinstance(m, Variable) and m.annotation is not None))

    def fields(self, ref: ClassRef, name: str) -> list[tuple[FunctionRef, Textual]]:
        """What methods of a class, its parents and its children assign to an attribute of their object."""
        found: list[tuple[FunctionRef, Textual]] = []
        for member in self._assigning(ref, name):
            value = dict(self.reading(member).fields()).get(name)
            if value is not None:
                found.append((member, value))
        return found

    def _is_assigned(self, ref: ClassRef, name: str) -> bool:
        return next(self._assigning(ref, name), None) is not None

    def _assigning(self, ref: ClassRef, name: str) -> Iterator[FunctionRef]:
        classes = self.interpreter.classes
        related = [each for each in classes.ancestors(ref) if isinstance(each, ClassRef)]
        related += [each for each in classes.children(ref) if each not in related]
        for member in (member for each in related for member in each.members.values()):
            if isinstance(member, FunctionRef) and name in _assigned(member.facts):
                yield member

    # --- answers

    def returned(self, given: Answer) -> Textual:
        """What a call gives, in terms of what it was given."""
        found = binding.substituted(self, self.reading(given.ref).returned, given.ref, dict(given.arguments))
        return self.followed(found, given.path)

    def after(self, ref: FunctionRef, arguments: Bound, receiver: Textual) -> Textual:
        """An object behind a call of one of its methods, which may have set some of its attributes."""
        fields = [
            (name, binding.substituted(self, value, ref, dict(arguments))) for name, value in self.reading(ref).fields()
        ]
        return changed(receiver, fields) if fields else receiver

    def followed(self, value: Textual, path: tuple[str, ...]) -> Textual:
        """What is reached from a value step by step, into the fields of objects that were built."""
        for step in path:
            value = either(self._step(each, step) for each in alternatives(value))
        return value

    def _step(self, value: Textual, step: str) -> Textual:
        if isinstance(value, Changed) and step not in dict(value.fields):
            found = self._step(value.value, step)
            return found if not isinstance(found, Answer) else self.attribute(value, step)
        if not isinstance(value, Built) or value.path:
            return self.attribute(value, step)
        init = self.interpreter.classes.member(value.ref, "__init__")
        given = dict(value.arguments)
        if isinstance(init, FunctionRef):
            set_there = dict(self.reading(init).fields())
            if step in set_there:
                return binding.substituted(self, set_there[step], init, given)
        return given[step] if step in given else self.attribute(value, step)


def _nesting(node: object, outer: facts.Function | None) -> list[tuple[int, facts.Function]]:
    """Which function each nested one stands in."""
    found: list[tuple[int, facts.Function]] = []
    stack: list[tuple[object, facts.Function | None]] = [(node, outer)]
    while stack:
        block, around = stack.pop()
        for each in walk(block):
            if isinstance(each, facts.Function):
                if around is not None:
                    found.append((id(each), around))
                stack.append((each.body, each))
            elif isinstance(each, facts.Class):
                stack.append((each.body, None))
    return found


@lru_cache(maxsize=20_000)
def _assigned(function: facts.Function) -> frozenset[str]:
    """The attributes of its first parameter that a function assigns, or calls a method of."""
    found = set()
    for node in walk(function.body):
        match node:
            case facts.Assign(targets):
                found |= {each.attr for each in targets if isinstance(each, facts.Attribute)}
            case facts.AnnotatedAssign(facts.Attribute(_, name)) | facts.AugmentedAssign(facts.Attribute(_, name)):
                found.add(name)
            case facts.Call(facts.Attribute(facts.Attribute() as holder)):
                found.add(holder.attr)
    return frozenset(found)
