"""Objects turned into dicts of their columns, by a library or by hand, and what is taken out of them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import answers, sensitive
from dbreview.link import constants
from dbreview.link.exposure import columns, hiding
from dbreview.link.exposure.filters import read_filter
from dbreview.link.joining import options
from dbreview.link.names import ClassRef
from dbreview.link.syntax import last_name, names_in, walk
from dbreview.link.values import (
    Const,
    Dump,
    Entity,
    Entries,
    Items,
    LibraryObject,
    Load,
    Partial,
    Record,
    Secret,
    Symbol,
    Value,
    Wrapped,
)

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame

_DUMP = "sqlmodel.SQLModel.model_dump"
CALLS = frozenset({_DUMP, "builtins.vars", "builtins.dict"})
STATE = "_sa_instance_state"
"""What SQLAlchemy keeps in the ``__dict__`` of each object."""
_OF_COLUMNS = frozenset({"__table__", "__mapper__", "columns", "c", "column_attrs", "attrs", "__columns__"})

Filter: TypeAlias = tuple[frozenset[str], frozenset[str] | None]
"""The names that are left out, and those that alone are kept, None for all."""


# --- made by libraries --------------------------------------------------------------------


def attribute(frame: Frame, entity: Entity, name: str, node: facts.Attribute) -> Value:
    """``user.__dict__``, and the methods of SQLModel that turn an object into data."""
    if name == "__dict__":
        return Dump(entity, is_raw=not columns.is_sqlmodel(frame.interpreter, entity.model), at=frame.place(node.at))
    if name in answers.DUMPS and columns.is_sqlmodel(frame.interpreter, entity.model):
        return Partial(Symbol(_DUMP), (entity,), ())
    return None


def call(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> Value:
    """``vars(user)``, ``dict(user)``, ``user.model_dump(exclude=...)``; None where no object is dumped."""
    found = arguments.positional[0] if arguments.positional else None
    at = frame.place(node.at)
    if isinstance(found, Dump) and dotted == "builtins.dict":
        return Entries(arguments.keywords, (found,)) if arguments.keywords else found
    if not isinstance(found, Entity):
        return None
    is_pydantic = columns.is_sqlmodel(frame.interpreter, found.model)
    if dotted == "builtins.vars":
        return Dump(found, is_raw=not is_pydantic, at=at)
    if dotted == "builtins.dict":
        is_iterable = is_pydantic or frame.interpreter.models.is_tortoise(found.model)
        return Dump(found, at=at) if is_iterable else None
    if arguments.is_open:
        return None
    asked = read_filter(dict(arguments.keywords))
    names = {each.name for each in columns.sensitive_columns(frame.interpreter, found.model)}
    return Dump(found, frozenset(name for name in names if asked.hides(name)), at=at)


def of_values(ref: ClassRef, name: str, arguments: Arguments, at: Place) -> Dump | None:
    """One row of ``User.all().values()``."""
    if name not in answers.GIVES_COLUMNS or arguments.is_open:
        return None
    names = [each.value for each in arguments.positional if isinstance(each, Const)]
    names += [value.value for key, value in arguments.keywords if isinstance(value, Const) and key != "flat"]
    only = frozenset(map(str, names)) if names or arguments.positional else None
    return Dump(Entity(ref), only=only, at=at)


def narrowing(name: str) -> frozenset[Load]:
    """What ``only("id", "name")`` says of the columns that are loaded."""
    return frozenset({Load(None, (), "columns", name)}) if name in answers.NARROWS_COLUMNS else frozenset()


# --- made by hand -------------------------------------------------------------------------


def of_getattr(frame: Frame, owner: Value, node: facts.Call) -> Value:
    """``getattr(self, column.name)`` in a loop over the columns of the model."""
    found = next((each for each in options(owner) if isinstance(each, Entity)), None)
    if found is None or len(node.arguments) < 2:
        return None
    for loop, target, iterable in _loops(frame):
        if names_in(target) & names_in(node.arguments[1].value) and _is_over_columns(iterable):
            kept = _kept(frame, loop, target)
            return Dump(found, *kept, at=frame.place(node.at)) if kept is not None else None
    return None


def mapping_of(record: Record) -> Entries | None:
    """A row as a dict: ``row._mapping``, or what ``mappings()`` gives."""
    objects = tuple(each for each in record.items if isinstance(each, Entity))
    return Entries((), objects) if objects else None


def of_row(record: Record, name: str) -> Value:
    """``row._mapping`` and ``row._asdict()``."""
    found = mapping_of(record) if name in ("_mapping", "_asdict") else None
    return Partial(Symbol("builtins.dict"), (found,), ()) if found is not None and name == "_asdict" else found


def method(frame: Frame, dump: Dump, name: str, arguments: Arguments, node: facts.Call) -> Value:
    """What the dict of an object's columns gives."""
    match name:
        case "copy":
            return dump
        case "items" | "values":
            part = _part(frame, dump, node)
            return Items(Record((None, part)) if name == "items" else part)
        case "pop":
            hiding.hide(frame, dump, arguments.get(0, "key"))
        case "clear" | "popitem":
            hiding.hide(frame, dump, None)
        case "update":
            hiding.note_updated(frame, dump, arguments)
    return None


def _part(frame: Frame, dump: Dump, node: facts.Call) -> Dump | None:
    """What a loop over the items of the dict takes of them."""
    for loop, target, iterable in _loops(frame):
        if iterable.at == node.at:
            kept = _kept(frame, loop, target)
            return _narrowed(dump, kept) if kept is not None else None
    return None


def _narrowed(dump: Dump, kept: Filter) -> Dump:
    left_out, only = dump.left_out | kept[0], kept[1] if dump.only is None else dump.only
    is_raw = dump.is_raw and STATE not in left_out and only is None
    return replace(dump, left_out=left_out, only=only, is_raw=is_raw)


def _loops(frame: Frame) -> Iterator[tuple[facts.Clause | facts.For, Expression, Expression]]:
    """The loops of the running function, the innermost last."""
    for node in walk(frame.ref.facts.body) if frame.ref is not None else ():
        if isinstance(node, facts.Clause | facts.For):
            yield node, node.target, node.iterable


def _is_over_columns(iterable: Expression) -> bool:
    return any(isinstance(node, facts.Attribute) and node.attr in _OF_COLUMNS for node in walk(iterable))


def _kept(frame: Frame, loop: facts.Clause | facts.For, target: Expression) -> Filter | None:
    """What a loop takes of the names that it runs over; None where nobody can tell."""
    left_out: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    for test, is_wanted in _tests(loop):
        found = _names_by(frame, test, names_in(target), is_wanted=is_wanted)
        if found is None:
            return None
        left_out |= found[0]
        only = found[1] if only is None else only
    return left_out, only


def _tests(loop: facts.Clause | facts.For) -> Iterator[tuple[Expression, bool]]:
    """The conditions of a loop, and whether what meets them is taken."""
    if isinstance(loop, facts.Clause):
        for condition in loop.conditions:
            yield condition, True
        return
    for node in walk(loop.body):
        if isinstance(node, facts.If):
            skips = len(node.body) == 1 and isinstance(node.body[0], facts.Jump)
            yield node.test, not skips


def _names_by(frame: Frame, test: Expression, variables: frozenset[str], *, is_wanted: bool) -> Filter | None:
    """The names that a condition rules out or asks for: ``name != "password"``, ``not name.startswith("_")``."""
    match test:
        case facts.BooleanOperation(left, "and" | "or" as operator, right) if is_wanted is (operator == "and"):
            first = _names_by(frame, left, variables, is_wanted=is_wanted)
            second = _names_by(frame, right, variables, is_wanted=is_wanted)
            if first is None or second is None:
                return None
            return first[0] | second[0], first[1] if first[1] is not None else second[1]
        case facts.UnaryOperation("not", operand):
            return _names_by(frame, operand, variables, is_wanted=not is_wanted)
        case facts.Call(facts.Attribute(_, "startswith")):
            return None if is_wanted else (frozenset({STATE}), None)
        case facts.Comparison(left, (operator,), (right,)) if names_in(left) & variables:
            found = _constants(frame, right)
            if operator in ("is", "is not"):
                return frozenset(), None
            if found is None:
                return None
            is_listed = (operator in ("==", "in")) is is_wanted
            return (frozenset(), found) if is_listed else (found, None)
        case facts.Name():
            return frozenset(), None
        case facts.Call(func) if last_name(func) in ("isinstance", "hasattr", "callable"):
            return frozenset(), None
    return None if names_in(test) & variables else (frozenset(), None)


def _constants(frame: Frame, node: Expression) -> frozenset[str] | None:
    value = frame.evaluate(node)
    found = (value,) if isinstance(value, Const) else constants.exact_items(value)
    if found is None or not all(isinstance(each, Const) for each in found):
        return None
    return frozenset(str(each.value) for each in found if isinstance(each, Const))


def secrets_in(frame: Frame, ref: ClassRef, node: facts.Call) -> Iterator[tuple[str, Secret]]:
    """What a schema's fields are given: ``UserOut(hash=user.hashed_password)``."""
    for argument in node.arguments if frame.interpreter.schemas.is_schema(ref) else ():
        if argument.stars == "**":
            yield from _secrets_of(frame, frame.evaluate(argument.value))
        elif argument.keyword is not None and (found := secret_of(frame, argument.value)) is not None:
            yield argument.keyword, found


def _secrets_of(frame: Frame, value: Value) -> Iterator[tuple[str, Secret]]:
    """What ``**vars(user)`` gives."""
    for dump in options(value):
        if isinstance(dump, Dump):
            for column in columns.sensitive_columns(frame.interpreter, dump.entity.model):
                if column.name not in dump.left_out and (dump.only is None or column.name in dump.only):
                    yield column.name, Secret(dump.entity, column.name, dump.at)


def secret_of(frame: Frame, node: Expression) -> Secret | None:
    """``user.hashed_password``, where it is put into a dict or a schema as it is."""
    if not isinstance(node, facts.Attribute) or not sensitive.may_be_secret(node.attr):
        return None
    for owner in options(frame.evaluate(node.value)):
        if isinstance(owner, Entity):
            if any(each.name == node.attr for each in columns.sensitive_columns(frame.interpreter, owner.model)):
                return Secret(owner, node.attr, frame.place(node.at))
    return None


def of_wrapped(frame: Frame, wrapped: Wrapped, name: str, arguments: Arguments) -> Value:
    """What the methods of a filled schema, or of an object's data, give and do."""
    if name in answers.DUMPS and (arguments.has("exclude") or arguments.has("include") or arguments.is_open):
        return (
            Wrapped((wrapped,), LibraryObject(answers.DUMPED, (), arguments.keywords))
            if not arguments.is_open
            else None
        )
    if name in ("pop", "clear", "popitem"):
        hiding.hide(frame, wrapped, arguments.get(0, "key"))
    if name == "update":
        hiding.note_updated(frame, wrapped, arguments)
    return wrapped
