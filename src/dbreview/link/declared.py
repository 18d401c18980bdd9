"""What annotations and FastAPI's dependencies say that a parameter or variable holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression, Parameter
from dbreview.frameworks import fastapi, injector, python, sqlalchemy
from dbreview.link import calling, client
from dbreview.link.annotations import parse_annotation
from dbreview.link.drivers import opening
from dbreview.link.events import OwnedSession
from dbreview.link.joining import join
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.values import (
    ClassValue,
    Const,
    Context,
    Coroutine,
    Engine,
    Entity,
    FunctionValue,
    Instance,
    Items,
    LambdaValue,
    LibraryObject,
    Record,
    Session,
    SessionFactory,
    Symbol,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter, Outcome

_DEEPEST = 12


class Declared:
    """Reads annotations and dependencies into values, each parameter once."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._parameters: dict[int, Value] = {}
        self._busy: set[int] = set()
        self.dependencies: dict[FunctionRef, None] = {}
        self.generators: dict[FunctionRef, Outcome] = {}
        self.asked: dict[FunctionRef | ClassRef, dict[FunctionRef, frozenset[str]]] = {}
        self._asking: list[FunctionRef] = []
        self._depth = 0

    def forget(self) -> None:
        self._parameters.clear()
        self.dependencies.clear()
        self.generators.clear()
        self.asked.clear()

    def parameter(self, ref: FunctionRef, parameter: Parameter) -> Value:
        """What a parameter holds as far as the signature tells; None when it does not."""
        key = id(parameter)
        if key not in self._parameters:
            if key in self._busy:
                return None
            self._busy.add(key)
            self._asking.append(ref)
            self._parameters[key] = self._parameter(ref, parameter)
            self._asking.pop()
            self._busy.discard(key)
        return self._parameters[key]

    def _parameter(self, ref: FunctionRef, parameter: Parameter) -> Value:
        frame = self._interpreter.module_frame(ref.path)
        value: Value = None
        if parameter.default is not None:
            default = frame.evaluate(parameter.default)
            if isinstance(default, LibraryObject) and default.dotted in fastapi.DEPENDS:
                value = self._dependency(default, ref.path, parameter.annotation)
            elif isinstance(default, (SessionFactory, ClassValue, FunctionValue, Engine)):
                value = default
        if value is None and parameter.annotation is not None:
            value = self.value(ref.path, parameter.annotation, owner=ref.owner)
            if parameter.kind == "*":
                value = Items(value)
            elif parameter.kind == "**":
                value = None
        if value is None and parameter.name in sqlalchemy.SESSION_NAMES and parameter.annotation is None:
            if _is_used_as_session(ref.facts, parameter.name):
                return Session(None)
        return value

    def _dependency(
        self, depends: LibraryObject, path: str, annotation: Expression | None, owner: ClassRef | None = None
    ) -> Value:
        target = depends.arguments[0] if depends.arguments else None
        if target is None and annotation is not None:
            target = self.type_of(path, annotation)
        asking = self._asking[-1] if self._asking else None
        if asking is not None:
            self.note_asked(asking, target, depends)
        if owner is not None and (asking is None or asking.owner is not owner):  # of a class of path operations
            self.note_asked(owner, target, depends)
        return self.provided_by(target)

    def note_asked(self, ref: FunctionRef | ClassRef, target: Value, depends: LibraryObject) -> None:
        """A function (or all of a class) asks for what ``target`` gives, in the scope that its ``Depends`` names."""
        match target:
            case ClassValue(owner):
                member = self._interpreter.classes.member(owner, "__init__")
            case Instance(owner):
                member = self._interpreter.classes.member(owner, "__call__")
            case FunctionValue(function):
                member = function
            case _:
                return
        if isinstance(member, FunctionRef):
            scope = next((value for name, value in depends.keywords if name == "scope"), Const("request"))
            named = str(scope.value) if isinstance(scope, Const) else "function"  # unknown: it may be
            known = self.asked.setdefault(ref, {})
            known[member] = known.get(member, frozenset()) | {named}

    def provided_by(self, target: Value) -> Value:
        """What FastAPI injects for ``Depends(target)``."""
        interpreter = self._interpreter
        match target:
            case FunctionValue(ref):
                self.dependencies.setdefault(ref)
                receiver = target
                outcome = interpreter.read(receiver, client.parameters(interpreter, ref))
                given = interpreter.result_of(receiver, outcome)
                self._note_injected(ref, given)
                if ref.facts.has_yield:
                    self.generators[ref] = outcome
                if isinstance(given, Items) and ref.facts.has_yield:
                    given = given.element
                if isinstance(given, Context):
                    given = given.value
                if isinstance(given, Coroutine):
                    given = given.value
                return given
            case ClassValue(ref):
                if interpreter.classes.is_mapped(ref) or interpreter.models.is_tortoise(ref):
                    return Entity(ref)
                return client.provided(interpreter, ref)
            case Instance(ref):
                call = interpreter.classes.member(ref, "__call__")
                if isinstance(call, FunctionRef):
                    return self.provided_by(FunctionValue(call, target))
            case SessionFactory(kind, expires=expires):
                return Session(kind, expires=expires)
            case LibraryObject(injector.PROVIDER, (given, *_)):
                return given
            case LambdaValue():
                return calling.call_lambda(interpreter.module_frame(target.path), target)
        return None

    def _note_injected(self, ref: FunctionRef, given: Value) -> None:
        """A dependency that returns a session, instead of yielding it, leaves nobody to close it."""
        session = given.value if isinstance(given, Coroutine) else given
        if ref.facts.has_yield or not isinstance(session, Session) or session.opened_at is None or session.is_scoped:
            return
        at = session.opened_at
        if at.filename == ref.path:
            self._interpreter.events.owned[at] = OwnedSession(at, ref, "", session.kind, is_injected=True)

    def type_of(self, path: str, annotation: Expression) -> Value:
        """The class or symbol that an annotation names, without its wrappers."""
        frame = self._interpreter.module_frame(path)
        if isinstance(annotation, facts.Constant) and isinstance(annotation.value, str):
            parsed = parse_annotation(annotation.value, annotation.at)
            return self.type_of(path, parsed) if parsed is not None else None
        if isinstance(annotation, facts.Subscript):
            base = frame.symbol_of(annotation.value) or ""
            if base.endswith("Annotated") or base.rpartition(".")[2] in python.TRANSPARENT:
                return self.type_of(path, _arguments(annotation)[0])
        return frame.evaluate(annotation)

    def value(
        self, path: str, annotation: Expression, *, owner: ClassRef | None = None, frame: Frame | None = None
    ) -> Value:
        """What something annotated like this holds. ``owner`` is the class whose body it stands in."""
        if self._depth >= _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._value(path, annotation, owner, frame or self._interpreter.module_frame(path))
        finally:
            self._depth -= 1

    def _value(self, path: str, annotation: Expression, owner: ClassRef | None, frame: Frame) -> Value:
        match annotation:
            case facts.Constant(str() as text, at):
                parsed = parse_annotation(text, at)
                return self.value(path, parsed, owner=owner) if parsed is not None else None
            case facts.Name("Self") if owner is not None:
                return self._of_type(ClassValue(owner))
            case facts.Name(name):
                definition = self._interpreter.names.resolve(path, name)
                if isinstance(definition, Variable) and definition.value is not None:
                    return self.value(definition.path, definition.value, owner=owner) or self._of_type(
                        frame.evaluate(annotation)
                    )
                return self._of_type(frame.evaluate(annotation))
            case facts.Attribute(inner, attr):
                holder = frame.evaluate(inner)
                definition = frame.definition_in(holder, attr)
                if isinstance(definition, Variable) and definition.value is not None:
                    return self.value(definition.path, definition.value, owner=owner)
                return self._of_type(frame.evaluate(annotation))
            case facts.BinaryOperation(left, "|", right):
                return join(
                    self.value(path, left, owner=owner, frame=frame), self.value(path, right, owner=owner, frame=frame)
                )
            case facts.Subscript():
                return self._generic(path, annotation, owner, frame)
        return None

    def _generic(self, path: str, annotation: facts.Subscript, owner: ClassRef | None, frame: Frame) -> Value:
        arguments = _arguments(annotation)
        base = frame.evaluate(annotation.value)
        if not isinstance(base, Symbol):
            return self._of_type(base)
        if base.dotted in sqlalchemy.FACTORY_MAKERS:
            return SessionFactory(sqlalchemy.FACTORY_MAKERS[base.dotted])
        if base.dotted in sqlalchemy.SCOPED_MAKERS:
            return Session(sqlalchemy.SCOPED_MAKERS[base.dotted], is_scoped=True)
        name = base.dotted.rpartition(".")[2]
        first = arguments[0]
        if name == "Annotated":
            return self._annotated(path, arguments, owner, frame)
        if name in python.COLLECTIONS:
            if name == "tuple" and len(arguments) > 1 and not _is_ellipsis(arguments[-1]):
                return Record(tuple(self.value(path, a, owner=owner, frame=frame) for a in arguments))
            return Items(self.value(path, first, owner=owner, frame=frame))
        if name in python.TRANSPARENT:
            last = arguments[-1] if name == "Coroutine" else first
            return self.value(path, last, owner=owner, frame=frame)
        if name == "Union":
            joined: Value = None
            for argument in arguments:
                joined = join(joined, self.value(path, argument, owner=owner, frame=frame))
            return joined
        if name in python.CLASS_OF:
            found = self.type_of(path, first)
            return found if isinstance(found, (ClassValue, Symbol)) else None
        if name in python.CALLABLES:
            made = self.value(path, arguments[-1], owner=owner, frame=frame)
            return SessionFactory(made.kind) if isinstance(made, Session) else None
        if base.dotted in sqlalchemy.MAPPED_WRAPPERS:
            return self.value(path, first, owner=owner, frame=frame)
        return LibraryObject(base.dotted, tuple(self.value(path, a, owner=owner, frame=frame) for a in arguments))

    def _annotated(self, path: str, arguments: tuple[Expression, ...], owner: ClassRef | None, frame: Frame) -> Value:
        for extra in arguments[1:]:
            marker = frame.evaluate(extra)
            if isinstance(marker, LibraryObject) and marker.dotted in fastapi.DEPENDS:
                found = self._dependency(marker, path, arguments[0], owner)
                if found is not None:
                    return found
        return self.value(path, arguments[0], owner=owner, frame=frame)

    def _of_type(self, type_value: Value) -> Value:
        """An object of the type that this value is."""
        match type_value:
            case ClassValue(ref):
                return self._of_class(ref)
            case Symbol(dotted):
                return library_object(dotted)
            case Const(None):
                return None
        return type_value if isinstance(type_value, (Session, SessionFactory)) else None

    def _of_class(self, ref: ClassRef) -> Value:
        classes = self._interpreter.classes
        if classes.is_mapped(ref) or self._interpreter.models.is_tortoise(ref):
            return Entity(ref)
        kind = classes.session_kind(ref)
        if kind is not None:
            return Session(kind)
        return classes.instance(classes.implementation(ref))


def library_object(dotted: str) -> Value:
    """An object of a library's type."""
    if dotted in sqlalchemy.SESSION_TYPES:
        return Session(sqlalchemy.SESSION_TYPES[dotted])
    if dotted in sqlalchemy.CONNECTION_TYPES:
        return opening.of_type(dotted, sqlalchemy.CONNECTION_TYPES[dotted])
    if dotted in sqlalchemy.ENGINE_TYPES:
        return Engine(sqlalchemy.ENGINE_TYPES[dotted])
    if dotted in sqlalchemy.FACTORY_MAKERS:
        return SessionFactory(sqlalchemy.FACTORY_MAKERS[dotted])
    if dotted in sqlalchemy.SCOPED_MAKERS:
        return Session(sqlalchemy.SCOPED_MAKERS[dotted], is_scoped=True)
    if dotted.rpartition(".")[2] in python.COLLECTIONS:
        return Items(None)
    if dotted == "typing.Any":
        return None
    return LibraryObject(dotted)


def _arguments(annotation: facts.Subscript) -> tuple[Expression, ...]:
    index = annotation.index
    return index.items if isinstance(index, facts.Display) and index.kind == "tuple" and index.items else (index,)


def _is_ellipsis(expression: Expression) -> bool:
    return isinstance(expression, facts.Constant) and expression.is_opaque


def _is_used_as_session(function: facts.Function, name: str) -> bool:
    from dbreview.link.syntax import calls_in

    return any(
        isinstance(call.func, facts.Attribute)
        and isinstance(call.func.value, facts.Name)
        and call.func.value.id == name
        and call.func.attr in sqlalchemy.TELLING_SESSION_METHODS
        for call in calls_in(function.body)
    )
