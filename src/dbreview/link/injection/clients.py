"""Which parameters hold text that a client sends, or that whoever calls may choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import fastapi, injection
from dbreview.link.annotations import parse_annotation
from dbreview.link.injection.texts import ANY, KEY, VALUE, Built, Parameter, Textual
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import ClassValue, FunctionValue, Instance, LibraryObject, Symbol, Value

if TYPE_CHECKING:
    from dbreview.link.injection.reader import Reader

_DEEPEST = 8
Holds: TypeAlias = Literal["text", "anything"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where text comes from that anybody may choose: a parameter, or a field of one, declared ``at``.

    One ``is_many`` is a list of texts, or the keys of a dict.
    """

    name: str
    ref: FunctionRef
    at: Place
    holds: Holds
    is_many: bool = False


class Clients:
    """Answers about parameters. ``asked`` are the functions that FastAPI calls with what a request brings."""

    def __init__(self, reader: Reader, asked: frozenset[FunctionRef]) -> None:
        self._reader = reader
        self._asked = asked

    def is_asked(self, ref: FunctionRef) -> bool:
        return ref in self._asked or any(last_name(each) == injection.WEBSOCKET for each in ref.facts.decorators)

    def source(self, found: Parameter) -> Source | None:
        """What a client puts there, as far as nothing says what it may be."""
        parameter = _parameter(found)
        if parameter is None:
            return None
        named = self._type_of(found.ref.path, parameter.annotation)
        if isinstance(named, Symbol) and named.dotted in injection.REQUESTS:
            is_sent = bool(set(found.path) & injection.FROM_REQUEST) and not _is_worked(found)
            return self._source(found, parameter, "anything") if is_sent else None
        if not self.is_asked(found.ref) or parameter.kind.startswith("*"):
            return None
        depends = self._dependency(found.ref.path, parameter)
        if depends is not None:
            target = depends.arguments[0] if depends.arguments else None
            is_header = isinstance(target, LibraryObject) and target.dotted.startswith(injection.SENT_BY_CLIENT)
            is_form = target is None or isinstance(target, Symbol)
            if is_header:
                return self._source(found, parameter, "text")
            return self._declared(found, parameter) if is_form or self._is_filled(target) else None
        return self._declared(found, parameter)

    def given(self, found: Parameter) -> Source | None:
        """What whoever calls the function may put there."""
        parameter = _parameter(found)
        if parameter is None or parameter.kind.startswith("*"):
            return None
        return self._declared(found, parameter)

    def provided(self, found: Parameter) -> Textual:
        """What a dependency gives for a parameter, in terms of the dependency's own parameters."""
        parameter = _parameter(found)
        depends = self._dependency(found.ref.path, parameter) if parameter is not None else None
        if depends is None or parameter is None or not self.is_asked(found.ref):
            return None
        target = depends.arguments[0] if depends.arguments else self._type_of(found.ref.path, parameter.annotation)
        classes = self._reader.interpreter.classes
        match target:
            case FunctionValue(ref):
                return self._reader.followed(self._reader.reading(ref).returned, found.path)
            case ClassValue(ref) if found.path and isinstance(init := classes.member(ref, "__init__"), FunctionRef):
                value = dict(self._reader.reading(init).fields()).get(found.path[0])
                return self._reader.followed(value, found.path[1:])
            case ClassValue(ref) if found.path:
                method = self._reader.attribute(Built(ref, ()), found.path[0])
                return method if not isinstance(method, Built) else None
            case Instance(ref) if isinstance(call := classes.member(ref, "__call__"), FunctionRef):
                return self._reader.followed(self._reader.reading(call).returned, found.path)
        return None

    def _is_filled(self, target: Value) -> bool:
        """``Depends(Params)`` of a class whose fields FastAPI fills: one without a constructor of its own."""
        classes = self._reader.interpreter.classes
        return isinstance(target, ClassValue) and not isinstance(classes.member(target.ref, "__init__"), FunctionRef)

    def _source(self, found: Parameter, parameter: facts.Parameter, holds: Holds) -> Source:
        at = Place(found.ref.path, *parameter.at)
        return Source(_shown(found), found.ref, at, holds, ANY in found.path or KEY in found.path)

    def _declared(self, found: Parameter, parameter: facts.Parameter) -> Source | None:
        if _is_worked(found):
            return None
        if parameter.annotation is None:
            is_plain = not found.path or found.path[0] in (ANY, VALUE, "0", "1", "2")
            return self._source(found, parameter, "anything") if is_plain else None
        holds = self._held(found.ref.path, parameter.annotation, parameter.default, found.path, 0)
        return self._source(found, parameter, holds) if holds is not None else None

    # --- dependencies

    def _dependency(self, path: str, parameter: facts.Parameter) -> LibraryObject | None:
        markers = [(path, parameter.default)] if parameter.default is not None else []
        for where, written in (*markers, *self._extras(path, parameter.annotation, 0)):
            if isinstance(written, facts.Call):
                value = self._reader.value(where, written)
                if isinstance(value, LibraryObject) and value.dotted in fastapi.DEPENDS:
                    return value
        return None

    def _extras(self, path: str, annotation: Expression | None, depth: int) -> Iterator[tuple[str, Expression]]:
        """What stands beside the type in ``Annotated[...]``, here or behind a name, and in which file."""
        match annotation:
            case facts.Subscript(base, facts.Display(_, items)) if last_name(base) == "Annotated":
                yield from ((path, item) for item in items[1:])
            case facts.Name(name) if depth < _DEEPEST:
                definition = self._reader.interpreter.names.resolve(path, name)
                if isinstance(definition, Variable) and definition.value is not None:
                    yield from self._extras(definition.path, definition.value, depth + 1)

    def _type_of(self, path: str, annotation: Expression | None) -> Value:
        return self._reader.interpreter.declared.type_of(path, annotation) if annotation is not None else None

    # --- types

    def _held(
        self, path: str, annotation: Expression | None, default: Expression | None, steps: tuple[str, ...], depth: int
    ) -> Holds | None:
        """Whether something annotated like this has text at ``steps`` that nothing restricts."""
        if depth > _DEEPEST or annotation is None or self._is_default_restricting(path, default):
            return None
        match annotation:
            case facts.Constant(str() as text, at):
                return self._held(path, parse_annotation(text, at), default, steps, depth + 1)
            case facts.BinaryOperation(left, "|", right):
                return self._any_of(path, (left, right), default, steps, depth)
            case facts.Subscript():
                return self._of_generic(path, annotation, default, steps, depth)
            case facts.Name(name):
                definition = self._reader.interpreter.names.resolve(path, name)
                if isinstance(definition, Variable) and definition.value is not None:
                    return self._held(definition.path, definition.value, default, steps, depth + 1)
            case facts.Call(func) if last_name(func) == "constr" and not _is_restricted(annotation):
                return "text" if not steps else None
        match self._reader.value(path, annotation):
            case Symbol(dotted):
                return _of_symbol(dotted, steps)
            case ClassValue(ref) if steps:
                return self._of_field(ref, steps, depth)
        return None

    def _is_default_restricting(self, path: str, default: Expression | None) -> bool:
        """Whether a default is no default but a marker, such as ``Query(pattern=...)``, that restricts the text."""
        if isinstance(default, facts.Name):
            definition = self._reader.interpreter.names.resolve(path, default.id)
            default = definition.value if isinstance(definition, Variable) else None
        is_marker = isinstance(default, facts.Call) and last_name(default.func) in injection.MARKERS
        return is_marker and _is_restricted(default)

    def _any_of(
        self,
        path: str,
        sides: tuple[Expression, ...],
        default: Expression | None,
        steps: tuple[str, ...],
        depth: int,
    ) -> Holds | None:
        found = [self._held(path, side, default, steps, depth + 1) for side in sides]
        return next((each for each in found if each is not None), None)

    def _of_generic(
        self, path: str, annotation: facts.Subscript, default: Expression | None, steps: tuple[str, ...], depth: int
    ) -> Holds | None:
        index = annotation.index
        parts = index.items if isinstance(index, facts.Display) and index.items else (index,)
        name = last_name(annotation.value) or ""
        if name == "Annotated":
            is_open = not any(_is_restricted(extra) for extra in parts[1:])
            return self._held(path, parts[0], default, steps, depth + 1) if is_open else None
        if name in ("Optional", "Union"):
            return self._any_of(path, parts, default, steps, depth)
        if name in injection.LIST_TYPES:
            is_of_element = bool(steps) and (steps[0] in (ANY, VALUE) or steps[0].isdecimal())
            return self._held(path, parts[0], default, steps[1:] if is_of_element else steps, depth + 1)
        if name in ("dict", "Dict", "Mapping", "MutableMapping") and len(parts) == 2 and steps:
            return self._held(path, parts[0 if steps[0] in (KEY, ANY) else 1], default, steps[1:], depth + 1)
        if name in ("dict", "Dict"):
            return "anything"
        base = self._reader.value(path, annotation.value)
        return self._of_field(base.ref, steps, depth) if isinstance(base, ClassValue) and steps else None

    def _of_field(self, ref: ClassRef, steps: tuple[str, ...], depth: int) -> Holds | None:
        """What a field of a class holds that is filled from outside."""
        classes = self._reader.interpreter.classes
        if classes.is_enum(ClassValue(ref)) or isinstance(classes.member(ref, "__init__"), FunctionRef):
            return None
        if steps[0] in (KEY, ANY):
            return None
        member = classes.member(ref, steps[0])
        if steps[0] == VALUE:
            names = [n for a in classes.ancestors(ref) if isinstance(a, ClassRef) for n in a.members]
            found = [self._of_field(ref, (name, *steps[1:]), depth + 1) for name in names] if depth < _DEEPEST else []
            return next((each for each in found if each is not None), None)
        if not isinstance(member, Variable) or member.annotation is None or self._is_validated(ref, steps[0]):
            return None
        return self._held(member.path, member.annotation, member.value, steps[1:], depth + 1)

    def _is_validated(self, ref: ClassRef, name: str) -> bool:
        """Whether code of the project looks at a field, and may refuse what is in it."""
        for ancestor in self._reader.interpreter.classes.ancestors(ref):
            for member in ancestor.members.values() if isinstance(ancestor, ClassRef) else ():
                if isinstance(member, FunctionRef) and _validates(member.facts, name) and _refuses(member.facts):
                    return True
        return False


def _is_worked(found: Parameter) -> bool:
    """Whether a method has made something else of it, nobody knows what."""
    return any(step.endswith("()") and step not in injection.FROM_REQUEST for step in found.path)


def _shown(found: Parameter) -> str:
    """A parameter, or what is reached from it, as its author would name it."""
    steps = [step for step in found.path if step not in (ANY, KEY, VALUE) and not step.isdecimal()]
    if not steps or steps[0] not in injection.FROM_REQUEST:
        return ".".join((found.name, *(step for step in steps if "()" not in step)))
    return f"{found.name}.{steps[0]}" + "".join(f'["{step}"]' for step in steps[1:2] if "()" not in step)


def _parameter(found: Parameter) -> facts.Parameter | None:
    return next((each for each in found.ref.facts.parameters if each.name == found.name), None)


def _of_symbol(dotted: str, steps: tuple[str, ...]) -> Holds | None:
    """What an object of a library's type has at these steps."""
    if dotted in injection.ANY_TYPES or dotted in injection.DICT_TYPES:
        return "anything"
    if dotted in injection.FORMS:
        return "text" if steps and steps[0] in injection.FORMS[dotted] else None
    if dotted in injection.TEXT_TYPES and steps[:1] == (injection.PARSED,):
        return "anything"
    if dotted in injection.TEXT_TYPES:
        return "text" if all(step in (ANY, VALUE) or step.isdecimal() for step in steps) else None
    name = dotted.rpartition(".")[2]
    return "anything" if name in injection.LIST_TYPES and steps else None


def _is_restricted(marker: Expression | None) -> bool:
    """Whether what stands beside a type may refuse text; whatever is not known may."""
    match marker:
        case None | facts.Constant():
            return False
        case facts.Call(func, arguments):
            if last_name(func) not in injection.MARKERS:
                return True
            return any(a.keyword in injection.CONSTRAINTS or a.stars for a in arguments)
        case facts.Display() | facts.DictDisplay():
            return False
    return True


def _validates(function: facts.Function, name: str) -> bool:
    if function.name in ("__post_init__", "model_post_init"):
        return True
    for decorator in function.decorators:
        kind = last_name(decorator) or ""
        if kind in injection.WHOLE_VALIDATORS:
            return True
        if kind in injection.VALIDATORS and isinstance(decorator, facts.Call):
            written = {a.value.value for a in decorator.arguments if isinstance(a.value, facts.Constant)}
            if written & {name, "*"}:
                return True
    return False


def _refuses(function: facts.Function) -> bool:
    """Whether a validator does more than to trim what it is given."""
    for node in walk(function.body):
        match node:
            case facts.Raise() | facts.Assert() | facts.Subscript():
                return True
            case facts.Call(facts.Attribute(_, name)) if name in injection.KEEPS_TEXT:
                continue
            case facts.Call(facts.Name("isinstance" | "len" | "str")):
                continue
            case facts.Call():
                return True
    return False
