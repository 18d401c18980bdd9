"""The fields of Tortoise models as class bodies write them. Resolves no references to other models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import tortoise
from dbreview.link import calling
from dbreview.link.arguments import Arguments
from dbreview.link.names import ClassRef, Definition, FunctionRef, Variable
from dbreview.link.values import ClassValue, Const, Either, FunctionValue, Instance, LibraryObject, Made, Value

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

_PERHAPS = (facts.Call, facts.Name, facts.Attribute, facts.Subscript, facts.Conditional, facts.BooleanOperation)
"""Expressions that may give a field where their value is unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field: what makes it and with which options, by their newest names.

    ``holder`` is the class that owns the very object, which its heirs share. ``custom`` is the project's
    own class of fields that it is of, ``is_read`` is false where its options are unknown.
    """

    name: str
    maker: str
    options: Mapping[str, Value]
    at: Place
    holder: ClassRef
    custom: ClassRef | None = None
    is_read: bool = True

    def flag(self, name: str, otherwise: bool = False) -> bool | None:
        """Whether an option is true; None where that is unknown."""
        if name not in self.options:
            return otherwise
        given = self.options[name]
        return bool(given.value) if isinstance(given, Const) else None

    def text(self, name: str) -> str | None:
        """The text given for an option, None where there is none."""
        given = self.options.get(name)
        return given.value if isinstance(given, Const) and isinstance(given.value, str) and given.value else None

    def is_unclear(self, *names: str) -> bool:
        """Whether something is given for one of the options that nobody can read."""
        return any(name in self.options and not isinstance(self.options[name], Const) for name in names)

    @property
    def is_key(self) -> bool:
        return self.maker in tortoise.KEYS

    @property
    def is_many_to_many(self) -> bool:
        return self.maker == tortoise.MANY_TO_MANY

    @property
    def is_primary_key(self) -> bool:
        return self.flag("primary_key") is True

    @property
    def is_indexed(self) -> bool:
        """Whether Tortoise's own ``index`` of the field is set: that of a primary key always is."""
        return self.is_primary_key or self.flag("db_index") is True


class FieldReader:
    """Reads the class bodies of models and mixins, each once."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._own: dict[ClassRef, dict[str, Field | None]] = {}

    def own(self, ref: ClassRef) -> dict[str, Field | None]:
        """The attributes to which a class body gives a value, in order; None for what is no field."""
        if ref not in self._own:
            self._own[ref] = dict(self._read(ref))
        return self._own[ref]

    def _read(self, ref: ClassRef) -> Iterator[tuple[str, Field | None]]:
        values = self._interpreter.models.class_values(ref)
        surely = {name for statement in ref.facts.body for name in _assigned(statement)}
        for name, member in ref.members.items():
            if not isinstance(member, Variable):
                yield name, None
            elif member.value is not None or member.annotation is None:
                found = self._field(ref, name, member, values.get(name))
                yield name, found if found is None or name in surely else _unread(ref, name, member)

    def _field(self, ref: ClassRef, name: str, member: Variable, value: Value) -> Field | None:
        match value:
            case Made(dotted, arguments, keywords) if tortoise.OTHER_NAMES.get(dotted, dotted) in tortoise.PARAMETERS:
                return _made(ref, name, member, dotted, Arguments(arguments, keywords))
            case Instance(custom) if (maker := self._maker_of(custom)) is not None:
                arguments_ = self._arguments(ref, member, custom)
                if arguments_ is None:
                    return _unread(ref, name, member, maker, custom)
                return _made(ref, name, member, maker, arguments_, custom)
            case LibraryObject(dotted) if dotted.endswith("Field()"):
                return _unread(ref, name, member)
            case Either(parts) if any(self._field(ref, name, member, part) is not None for part in parts):
                return _unread(ref, name, member)
            case None if member.value is None or isinstance(member.value, _PERHAPS):
                return _unread(ref, name, member)
        return None

    # --- fields of the project's own classes

    def _maker_of(self, custom: ClassRef) -> str | None:
        """The library's field that a class derives from."""
        known = (tortoise.OTHER_NAMES.get(a, a) for a in self._interpreter.classes.library_ancestors(custom))
        return next((dotted for dotted in known if dotted in tortoise.PARAMETERS), None)

    def _arguments(self, ref: ClassRef, member: Variable, custom: ClassRef) -> Arguments | None:
        """What the library's constructor gets where a field of a project's class is made."""
        if not isinstance(member.value, facts.Call):
            return None
        values = dict(self._interpreter.models.class_values(ref))
        arguments: Arguments | None = self._evaluated(ref.path, values, member.value)
        init: Definition | None = self._interpreter.classes.member(custom, "__init__")
        while init is not None and arguments is not None:
            if not isinstance(init, FunctionRef) or init.owner is None:
                return None
            arguments = self._passed_on(init, init.owner, arguments)
            init = self._interpreter.classes.after(custom, init.owner, "__init__")
        return arguments

    def _passed_on(self, init: FunctionRef, owner: ClassRef, arguments: Arguments) -> Arguments | None:
        """The arguments of ``super().__init__(...)``; None where the constructor does more than call it."""
        found: facts.Call | None = None
        for statement in init.facts.body:
            match statement:
                case facts.ExpressionStatement(facts.Call(facts.Attribute(facts.Call(), "__init__")) as call):
                    found = call
                case facts.ExpressionStatement(facts.Constant()):
                    pass
                case facts.Assign((facts.Attribute(),)) | facts.AnnotatedAssign(facts.Attribute()):
                    pass
                case _:
                    return None
        if found is None:
            return None
        env = self._interpreter.bind(FunctionValue(init, ClassValue(owner)), arguments)
        return self._evaluated(init.path, env, found)

    def _evaluated(self, path: str, env: dict[str, Value], call: facts.Call) -> Arguments:
        from dbreview.link.frame import Frame

        given = calling.arguments_of(Frame(self._interpreter, path, None, env), call)
        return Arguments((*given.positional, None), given.keywords) if given.is_open else given


def _assigned(statement: facts.Statement) -> Iterator[str]:
    match statement:
        case facts.Assign(targets):
            for target in targets:
                for part in target.items if isinstance(target, facts.Display) else (target,):
                    if isinstance(part, facts.Name):
                        yield part.id
        case facts.AnnotatedAssign(facts.Name(name)):
            yield name


def _made(
    ref: ClassRef, name: str, member: Variable, dotted: str, arguments: Arguments, custom: ClassRef | None = None
) -> Field:
    """The field that a call makes. An argument of unknown value may stand for any number of them."""
    maker = tortoise.OTHER_NAMES.get(dotted, dotted)
    names = tortoise.PARAMETERS[maker]
    options = dict(zip(names, arguments.positional, strict=False))
    for keyword, value in arguments.keywords:
        newest = tortoise.OTHER_KEYWORDS.get(keyword, keyword)
        if newest not in options or options[newest] == Const(None):
            options[newest] = value
    is_read = None not in arguments.positional and len(arguments.positional) <= len(names)
    return Field(name, maker, options, Place(member.path, *member.at), ref, custom, is_read)


def _unread(
    ref: ClassRef,
    name: str,
    member: Variable,
    maker: str = tortoise.ANY_FIELD,
    custom: ClassRef | None = None,
) -> Field:
    return Field(name, maker, {}, Place(member.path, *member.at), ref, custom, is_read=False)
