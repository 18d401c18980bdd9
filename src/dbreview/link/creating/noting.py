"""Calls that make tables from models, noted while functions are read, and whose tables they make."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression, Span
from dbreview.frameworks import creating
from dbreview.link import effects
from dbreview.link.creating.guards import Guards
from dbreview.link.events import Creating, Effect
from dbreview.link.names import Variable
from dbreview.link.syntax import dotted_name, last_name, walk
from dbreview.link.values import ClassValue, Const, FunctionValue, LibraryObject, Made, ModuleValue, Symbol, Value

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

_DEEPEST = 4
_GENERATING = {name.rpartition(".")[2] for name in creating.GENERATING}


def note(frame: Frame, node: facts.Call) -> None:
    """``Base.metadata.create_all(engine)``, ``run_sync(Base.metadata.create_all)``, ``generate_schemas=True``."""
    for holder, at in _creating_in(node):
        metadata = _metadata_of(frame, holder)
        if metadata:
            positional = [argument for argument in node.arguments if argument.keyword is None]
            is_partial = any(a.keyword == "tables" for a in node.arguments) or (at == node.at and len(positional) > 1)
            maker = f"{dotted_name(holder) or 'metadata'}.{creating.CREATING}"
            _note(frame, Creating(frame.place(at), maker, metadata, node, frame.ref, is_partial))
    if _generates(frame, node):
        maker = dotted_name(node.func) or creating.GENERATE
        _note(frame, Creating(frame.place(node.at), maker, frozenset(), node, frame.ref))
    if last_name(node.func) in creating.CALLING:
        for argument in node.arguments:
            _follow(frame, node, argument.value)


@lru_cache(maxsize=50_000)
def _creating_in(node: facts.Call) -> tuple[tuple[Expression, Span], ...]:
    """The metadata whose ``create_all`` a call calls or hands on, each with its place."""
    found = [(node.func, node.at), *((argument.value, argument.value.at) for argument in node.arguments)]
    for given in (argument.value for argument in node.arguments if isinstance(argument.value, facts.Lambda)):
        found += [(each.func, given.at) for each in walk(given.body) if isinstance(each, facts.Call)]
    return tuple(
        (each.value, at) for each, at in found if isinstance(each, facts.Attribute) and each.attr == creating.CREATING
    )


def _note(frame: Frame, found: Creating) -> None:
    known = frame.interpreter.events.creating
    if found.at in known:
        found = replace(found, metadata=found.metadata | known[found.at].metadata)
    known[found.at] = found
    effects.note(frame, Effect("schema", None, found.at, found.maker), found.at, found.node)


def _follow(frame: Frame, node: facts.Call, given: Expression) -> None:
    """``connection.run_sync(create_tables)``: what the function does, the call does."""
    value = frame.evaluate(given) if isinstance(given, facts.Name | facts.Attribute) else None
    if not isinstance(value, FunctionValue):
        return
    outcome = frame.interpreter.read(value, frame.interpreter.declared_parameters(value.ref))
    at = frame.place(node.at)
    for effect in outcome.effects:
        if effect.kind == "schema":
            effects.note(frame, replace(effect, calls=(at, *effect.calls), needs=None), at, node)


def may_create(node: facts.Call) -> bool:
    """Whether a call looks like one of those."""
    return bool(_creating_in(node)) or _may_generate(node)


def _may_generate(node: facts.Call) -> bool:
    return last_name(node.func) in _GENERATING or any(each.keyword == creating.GENERATE for each in node.arguments)


def _generates(frame: Frame, node: facts.Call) -> bool:
    """Whether a call makes the tables of Tortoise's models."""
    if not _may_generate(node):
        return False
    options = [argument.value for argument in node.arguments if argument.keyword == creating.GENERATE]
    symbol = frame.symbol_of(node.func)
    if symbol in creating.GENERATING:
        return True
    if symbol not in creating.REGISTERING or not options:
        return False
    usual = Guards(frame.interpreter, frame.path, (frame.ref.facts,) if frame.ref is not None else ()).usual(options[0])
    return usual == Const(True) or frame.evaluate(options[0]) == Const(True)


# --- whose tables -------------------------------------------------------------------------


def _metadata_of(frame: Frame, holder: Expression, depth: int = 0) -> frozenset[str | None]:
    """By which names tables know a metadata object; empty where it is none, or nobody knows."""
    value = frame.evaluate(holder)
    match value:
        case Made(creating.METADATA):
            return frozenset({f"{value.at.filename}:{value.at.line}"})
        case Symbol(dotted) if dotted.endswith(".metadata"):
            return _metadata_of_library(frame, dotted.removesuffix(".metadata"))
    if isinstance(holder, facts.Attribute) and holder.attr == "metadata":
        return _metadata_of_base(frame, holder.value, value)
    definition = _definition(frame, holder)
    if definition is not None and definition.value is not None and depth < _DEEPEST:
        return _metadata_of(frame.interpreter.module_frame(definition.path), definition.value, depth + 1)
    return frozenset()


def _metadata_of_library(frame: Frame, base: str) -> frozenset[str | None]:
    """``SQLModel.metadata``, ``UUIDBase.metadata``: that of a base which a library brings."""
    if base.startswith("sqlmodel."):
        return frozenset({creating.SQLMODEL})
    models, classes = frame.interpreter.models, frame.interpreter.classes
    is_base = any(base in classes.library_ancestors(ref) for ref in models.models)
    return frozenset({None}) if is_base else frozenset()


def _metadata_of_base(frame: Frame, base: Expression, metadata: Value) -> frozenset[str | None]:
    """``Base.metadata``, where ``Base`` is a class, or what ``declarative_base()`` or ``registry()`` gave."""
    owner = frame.evaluate(base)
    if isinstance(owner, ClassValue):
        models, classes = frame.interpreter.models, frame.interpreter.classes
        tables = (models.table(ref) for ref in models.models if classes.is_subclass(ref, owner.ref))
        return frozenset(table.metadata for table in tables if table is not None)
    if not isinstance(metadata, LibraryObject | None) or not isinstance(owner, LibraryObject):
        return frozenset()
    definition = _definition(frame, base)
    return frozenset({f"{definition.path}:{definition.name}", None}) if definition is not None else frozenset()


def _definition(frame: Frame, expression: Expression) -> Variable | None:
    match expression:
        case facts.Name(name):
            found = frame.interpreter.names.resolve(frame.path, name)
        case facts.Attribute(holder, name) if isinstance(module := frame.evaluate(holder), ModuleValue):
            found = frame.interpreter.names.resolve(module.path, name)
        case _:
            return None
    return found if isinstance(found, Variable) else None
