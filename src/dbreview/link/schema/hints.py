"""What the annotations of mapped attributes say: ``Mapped[list["Post"]]``, ``Mapped[int_pk]``, ``datetime | None``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import python, sqlalchemy
from dbreview.link.annotations import parse_annotation
from dbreview.link.names import Variable
from dbreview.link.schema.types import variable_name
from dbreview.link.syntax import last_name
from dbreview.link.values import ClassValue, Made, Symbol, Value

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotation says about a column: its type, a schema object inside, Optional.

    ``names`` are all the names that lead to the type, aliases first; ``type`` is the last one's last word.
    """

    type: str | None = None
    made: Made | None = None
    is_optional: bool = False
    is_collection: bool = False
    wrapper: str | None = None
    target: Expression | None = None
    names: tuple[str, ...] = ()
    value: Value = None


def read_annotation(frame: Frame, annotation: Expression) -> Annotation:
    """What ``Mapped[list["Post"]]``, ``Mapped[int_pk]`` or ``datetime | None`` say."""
    return _read(frame, annotation, Annotation(), 0)


def _read(frame: Frame, node: Expression, so_far: Annotation, depth: int) -> Annotation:
    if depth > 10:
        return so_far
    match node:
        case facts.Constant(str() as text, at):
            parsed = parse_annotation(text, at)
            return _read(frame, parsed, so_far, depth + 1) if parsed is not None else replace(so_far, target=node)
        case facts.BinaryOperation(left, "|", right):
            for part, other in ((left, right), (right, left)):
                if isinstance(part, facts.Constant) and part.value is None:
                    return _read(frame, other, replace(so_far, is_optional=True), depth + 1)
            return _read(frame, left, so_far, depth + 1)
        case facts.Subscript(base, index):
            return _read_generic(frame, node, base, index, so_far, depth)
        case facts.Name() | facts.Attribute():
            return _read_name(frame, node, so_far, depth)
    return so_far


def _read_generic(
    frame: Frame, node: facts.Subscript, base: Expression, index: Expression, so_far: Annotation, depth: int
) -> Annotation:
    arguments = index.items if isinstance(index, facts.Display) and index.items else (index,)
    dotted = frame.symbol_of(base) or last_name(base) or ""
    name = dotted.rpartition(".")[2]
    first = arguments[0]
    if dotted in sqlalchemy.MAPPED_WRAPPERS or name in ("Mapped", "DynamicMapped", "WriteOnlyMapped"):
        wrapper = {"DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}.get(name)
        return _read(
            frame, first, replace(so_far, wrapper=wrapper or "mapped", is_collection=wrapper is not None), depth + 1
        )
    if name == "Annotated":
        made = next((v for v in (frame.evaluate(a) for a in arguments[1:]) if isinstance(v, Made)), None)
        inner = _read(frame, first, so_far, depth + 1)
        return replace(inner, made=inner.made or made)  # of nested ones SQLAlchemy takes the innermost
    if name == "Optional":
        return _read(frame, first, replace(so_far, is_optional=True), depth + 1)
    if name == "Union":
        others = [a for a in arguments if not (isinstance(a, facts.Constant) and a.value is None)]
        return (
            _read(frame, others[0], replace(so_far, is_optional=len(others) < len(arguments)), depth + 1)
            if others
            else so_far
        )
    if name in ("ClassVar", "PrivateAttr"):
        return replace(so_far, wrapper="ClassVar")
    if name in python.COLLECTIONS:
        return _read(frame, first, replace(so_far, is_collection=True), depth + 1)
    if name in ("dict", "Dict") and len(arguments) == 2:
        return replace(_read(frame, arguments[1], replace(so_far, is_collection=True), depth + 1), type="dict")
    names = (*so_far.names, dotted) if dotted else so_far.names
    return replace(so_far, type=so_far.type or name, target=node, names=names)


def _read_name(frame: Frame, node: Expression, so_far: Annotation, depth: int) -> Annotation:
    """A name is a type, or an alias such as ``int_pk = Annotated[int, mapped_column(...)]``."""
    holder = frame.evaluate(node.value) if isinstance(node, facts.Attribute) else None
    definition = (
        frame.interpreter.names.resolve(frame.path, node.id)
        if isinstance(node, facts.Name)
        else frame.definition_in(holder, node.attr)
        if isinstance(node, facts.Attribute)
        else None
    )
    if isinstance(definition, Variable) and definition.value is not None:
        so_far = replace(so_far, names=(*so_far.names, variable_name(definition)))
        return _read(frame.interpreter.module_frame(definition.path), definition.value, so_far, depth + 1)
    value = frame.evaluate(node)
    dotted = value.dotted if isinstance(value, Symbol) else value.ref.dotted if isinstance(value, ClassValue) else None
    names = (*so_far.names, dotted) if dotted is not None else so_far.names
    return replace(so_far, type=so_far.type or last_name(node), target=node, names=names, value=value)
