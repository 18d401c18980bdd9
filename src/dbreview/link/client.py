"""What a request's client may choose: the numbers among the parameters of path operations and dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import fastapi, naming, python
from dbreview.link.annotations import parse_annotation
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import ClientNumber, Const, FunctionValue, Instance, LibraryObject, Symbol, Value

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter


@dataclass(frozen=True, slots=True)
class _Number:
    """What a declaration says of a number: an upper bound, or None among its values."""

    is_capped: bool = False
    is_optional: bool = False


def parameters(interpreter: Interpreter, ref: FunctionRef, path: str = "") -> dict[str, Value]:
    """The values of a function's parameters where FastAPI calls it; ``path`` is the route's."""
    bound = interpreter.declared_parameters(ref)
    frame = interpreter.module_frame(ref.path)
    for parameter in ref.facts.parameters:
        value = bound.get(parameter.name)
        if parameter.name not in bound or f"{{{parameter.name}" in path or parameter.annotation is None:
            continue
        if isinstance(value, Instance) and not value.fields:
            bound[parameter.name] = filled(interpreter, value)
        elif (value is None or isinstance(value, LibraryObject)) and (
            number := _number(frame, parameter.annotation, parameter.default)
        ) is not None:
            at = Place(ref.path, *parameter.at)
            bound[parameter.name] = ClientNumber(parameter.name, ref.name, at, number.is_capped, number.is_optional)
    return bound


def provided(interpreter: Interpreter, ref: ClassRef) -> Instance:
    """The object that ``Depends(SomeClass)`` gives, with what clients choose in its fields."""
    init = interpreter.classes.member(ref, "__init__")
    if not isinstance(init, FunctionRef):
        return filled(interpreter, interpreter.classes.instance(ref))
    outcome = interpreter.read(FunctionValue(init, Instance(ref)), parameters(interpreter, init))
    return Instance(ref, outcome.fields) if outcome.fields else interpreter.classes.instance(ref)


def filled(interpreter: Interpreter, instance: Instance) -> Instance:
    """An object that a client fills field by field: a Pydantic model or dataclass as parameter."""
    ref = instance.ref
    if interpreter.classes.member(ref, "__init__") is not None or _is_validated(interpreter, ref):
        return instance
    numbers = tuple(_fields(interpreter, ref))
    return replace(instance, fields=(*instance.fields, *numbers)) if numbers else instance


def _fields(interpreter: Interpreter, ref: ClassRef) -> Iterator[tuple[str, ClientNumber]]:
    seen: set[str] = set()
    for ancestor in interpreter.classes.ancestors(ref):
        for name, member in ancestor.members.items() if isinstance(ancestor, ClassRef) else ():
            if name in seen or not isinstance(member, Variable) or member.annotation is None:
                continue
            seen.add(name)
            number = _number(interpreter.module_frame(member.path), member.annotation, member.value)
            if number is not None:
                at = Place(member.path, *member.annotation.at)
                yield name, ClientNumber(name, ref.name, at, number.is_capped, number.is_optional)


def _is_validated(interpreter: Interpreter, ref: ClassRef) -> bool:
    """Whether code of the project looks at the fields, and may bound them."""
    if any(interpreter.classes.member(ref, name) is not None for name in ("__post_init__", "model_post_init")):
        return True
    return any(
        "validator" in (last_name(decorator) or "")
        for ancestor in interpreter.classes.ancestors(ref)
        if isinstance(ancestor, ClassRef)
        for member in ancestor.members.values()
        if isinstance(member, FunctionRef)
        for decorator in member.facts.decorators
    )


# --- declarations -------------------------------------------------------------------------


def _number(frame: Frame, annotation: Expression, default: Expression | None) -> _Number | None:
    """What annotation and default say of an integer; None where it is none, or nothing is left to choose."""
    number = _annotated(frame, annotation, 0)
    if number is None:
        return None
    if isinstance(default, facts.Call):
        number = replace(number, is_capped=number.is_capped or _caps(frame, default))
        given = [a.value for a in default.arguments if a.keyword in (None, "default")]
        default = given[0] if given else None
    number = replace(number, is_optional=isinstance(default, facts.Constant) and _is_none(default))
    return None if number.is_capped and not number.is_optional else number


def _is_none(constant: facts.Constant) -> bool:
    return constant.value is None and not constant.is_opaque


def _annotated(frame: Frame, annotation: Expression, depth: int) -> _Number | None:
    """An integer, possibly capped or None, that an annotation describes."""
    if depth > 6:
        return None
    match annotation:
        case facts.Constant(str() as text, at):
            parsed = parse_annotation(text, at)
            return _annotated(frame, parsed, depth + 1) if parsed is not None else None
        case facts.BinaryOperation(left, "|", right):
            sides = [side for side in (left, right) if not (isinstance(side, facts.Constant) and _is_none(side))]
            return _annotated(frame, sides[0], depth + 1) if len(sides) == 1 else None
        case facts.Subscript(base, index):
            name = last_name(base)
            inner = index.items if isinstance(index, facts.Display) else (index,)
            if name in ("Optional", "Union"):
                sides = [side for side in inner if not (isinstance(side, facts.Constant) and _is_none(side))]
                return _annotated(frame, sides[0], depth + 1) if len(sides) == 1 else None
            if name == "Annotated":
                number = _annotated(frame, inner[0], depth + 1)
                capped = any(_caps(frame, extra) for extra in inner[1:])
                return replace(number, is_capped=number.is_capped or capped) if number is not None else None
            return None
        case facts.Call(func):
            return _Number(_caps(frame, annotation)) if last_name(func) == "conint" else None
        case facts.Name(name):
            definition = frame.interpreter.names.resolve(frame.path, name)
            if isinstance(definition, Variable) and definition.value is not None:
                return _annotated(frame.interpreter.module_frame(definition.path), definition.value, depth + 1)
    value = frame.evaluate(annotation)
    return _Number() if isinstance(value, Symbol) and value.dotted in fastapi.INTEGERS else None


def _caps(frame: Frame, marker: Expression) -> bool:
    """Whether ``Query(le=100)`` and the like bound a number from above; whatever is not known may do so."""
    if isinstance(marker, facts.Name):
        definition = frame.interpreter.names.resolve(frame.path, marker.id)
        if isinstance(definition, Variable) and isinstance(definition.value, facts.Call):
            return _caps(frame.interpreter.module_frame(definition.path), definition.value)
        return True
    if isinstance(marker, facts.Constant):
        return False  # documentation
    if not isinstance(marker, facts.Call) or last_name(marker.func) not in fastapi.NUMBER_MARKERS:
        return True
    return any(argument.stars or argument.keyword in ("le", "lt") for argument in marker.arguments)


# --- what code does with the numbers ------------------------------------------------------


def note_bounds(frame: Frame, test: Expression) -> None:
    """``if limit > 100:`` looks after the number: whatever follows, it is capped."""
    for sides in _bounds_in(test):
        _cap(frame, sides)


@lru_cache(maxsize=20_000)
def _bounds_in(test: Expression) -> tuple[tuple[Expression, Expression], ...]:
    """The pairs that a condition compares by their size, leaving out what is compared with 0 or 1."""
    return tuple(
        sides
        for node in walk(test)
        if isinstance(node, facts.Comparison)
        for sides in _compared(node)
        if not any(isinstance(side, facts.Constant) and side.value in (0, 1) for side in sides)
    )


def _compared(comparison: facts.Comparison) -> Iterator[tuple[Expression, Expression]]:
    """The pairs of sides between which there is an order, or which are in one another."""
    operands = (comparison.left, *comparison.comparators)
    for left, operator, right in zip(operands, comparison.operators, operands[1:], strict=False):
        if operator in ("<", "<=", ">", ">=", "in", "not in"):
            yield left, right


def note_choice(frame: Frame, subject: Expression) -> None:
    """``match limit:`` looks after the number."""
    _cap(frame, (subject,))


def note_check(frame: Frame, statement: Expression) -> None:
    """``check(limit)``: a call whose result nobody wants looks at its arguments, and may refuse them."""
    call = statement.value if isinstance(statement, facts.Await) else statement
    if isinstance(call, facts.Call) and last_name(call.func) not in python.TELLS_ONLY:
        _cap(frame, tuple(argument.value for argument in call.arguments))


def _cap(frame: Frame, sides: tuple[Expression, ...]) -> None:
    for side in sides:
        path = dotted_name(side.target if isinstance(side, facts.NamedExpression) else side)
        value = frame.env.get(path) if path is not None else None
        if path is not None and isinstance(value, ClientNumber):
            frame.env[path] = replace(value, is_capped=True)


def note_position(frame: Frame, node: facts.Call) -> None:
    """``offset(start)`` and ``slice(start, stop)``: a number that says where, not how many."""
    for argument in node.arguments:
        value = frame.evaluate(argument.value) if dotted_name(argument.value) is not None else None
        if isinstance(value, ClientNumber):
            frame.interpreter.events.positions.add(value.at)


def note_given(frame: Frame, test: Expression, *, is_left_when: bool) -> None:
    """Where None has left the function, the number is there: ``if limit is None: return []``.

    ``is_left_when`` is the outcome of the test with which the function is left.
    """
    match test:
        case facts.UnaryOperation("not", subject) | facts.Comparison(subject, ("is" | "==",), (facts.Constant(None),)):
            leaves_none = is_left_when
        case facts.Comparison(subject, ("is not" | "!=",), (facts.Constant(None),)):
            leaves_none = not is_left_when
        case facts.Name():
            subject, leaves_none = test, not is_left_when
        case _:
            return
    path = dotted_name(subject)
    value = frame.env.get(path) if path is not None else None
    if leaves_none and path is not None and isinstance(value, ClientNumber):
        frame.env[path] = replace(value, is_optional=False)


def number_in(left: Value, operator: str, right: Value) -> ClientNumber | None:
    """The client's number in ``limit + 1`` and ``skip + limit``; what else is added may be anything."""
    numbers = [side for side in (left, right) if isinstance(side, ClientNumber)]
    if len(numbers) == 2 and operator == "+":
        return next((number for number in numbers if not naming.PAGE_START.search(number.name)), numbers[0])
    other = right if isinstance(left, ClientNumber) else left
    return numbers[0] if len(numbers) == 1 and isinstance(other, Const) else None


def chosen(values: tuple[Value, ...]) -> ClientNumber | None:
    """The number that a client chooses among what a value may be; not optional where something else replaces None."""
    number = next((value for value in values if isinstance(value, ClientNumber)), None)
    has_other = any(isinstance(value, Const) and value.value is not None for value in values)
    return replace(number, is_optional=False) if number is not None and has_other else number
