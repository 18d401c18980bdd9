"""Functions whose results a decorator keeps: those of libraries that do so, and the project's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import caches
from dbreview.link import calling
from dbreview.link.caches import memoizing
from dbreview.link.caches.homes import Homes
from dbreview.link.caches.keeping import held_in
from dbreview.link.caches.memoizing import Memo
from dbreview.link.events import Held
from dbreview.link.names import FunctionRef, Variable
from dbreview.link.syntax import last_name, names_in
from dbreview.link.values import Const, Entity, FunctionValue, LibraryObject, Value

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter

Key: TypeAlias = Literal["session", "text"]
_LASTING = 128


@dataclass(frozen=True, slots=True)
class Keeper:
    """A decorator at ``at`` that keeps the results of ``ref``; ``made_at`` is where they are, if that is known.

    ``key`` is how a session is in the key that it finds them by, ``size`` how many it keeps where that is known.
    One that ``keeps_coroutine`` never awaits what it keeps.
    """

    at: Place
    name: str
    ref: FunctionRef
    made_at: Place | None = None
    key: Key | None = None
    size: int | None = None
    keeps_coroutine: bool = False


@dataclass(slots=True)
class Keepers:
    """Finds the decorators that keep the results of functions for as long as the process lives."""

    interpreter: Interpreter
    homes: Homes
    _memos: dict[FunctionRef, Memo | None] = field(default_factory=dict)

    def of(self, ref: FunctionRef) -> Iterator[Keeper]:
        """Those that stand above a function."""
        frame = self.interpreter.module_frame(ref.path)
        for decorator in () if ref.facts.has_yield else ref.facts.decorators:
            symbol = frame.symbol_of(decorator)
            if symbol is None:
                yield from self._of_project(ref, decorator)
            elif symbol in caches.OF_OBJECTS:
                home = self.homes.of_object(ref.owner) if ref.owner is not None else None
                if home is not None:
                    yield Keeper(Place(ref.path, *decorator.at), last_name(decorator) or "", ref, home.at)
            else:
                yield from self._of_library(ref, decorator, symbol, Place(ref.path, *decorator.at))

    def around(self, path: str) -> Iterator[Keeper]:
        """``get_user = lru_cache(load_user)`` at the top level of a module."""
        frame = self.interpreter.module_frame(path)
        for _, definition in self.interpreter.names.top_level(path):
            call = definition.value if isinstance(definition, Variable) and definition.path == path else None
            if not isinstance(call, facts.Call) or not call.arguments or call.arguments[0].keyword is not None:
                continue
            symbol = frame.symbol_of(call.func)
            given = frame.evaluate(call.arguments[0].value) if symbol in caches.HASHING else None
            if symbol is not None and isinstance(given, FunctionValue) and given.ref.owner is None:
                yield from self._of_library(given.ref, call.func, symbol, Place(path, *call.at))

    def _of_project(self, ref: FunctionRef, decorator: Expression) -> Iterator[Keeper]:
        outer = memoizing.function_of(self.interpreter, ref.path, decorator)
        if outer is None:
            return
        if outer not in self._memos:
            self._memos[outer] = memoizing.memo_of(self.interpreter, outer)
        memo = self._memos[outer]
        if memo is not None:
            key = memo.key if _session_parameters(self.interpreter, ref) else None
            yield Keeper(Place(ref.path, *decorator.at), last_name(decorator) or "", ref, memo.made_at, key)

    def _of_library(self, ref: FunctionRef, decorator: Expression, symbol: str, at: Place) -> Iterator[Keeper]:
        kind = _kind(self.interpreter, ref, decorator, symbol)
        key = _key(self.interpreter, ref, decorator, kind) if kind is not None else None
        if kind is None or (key is None and _is_of_short_lived(self.homes, ref)):
            return
        keeps_coroutine = ref.facts.is_async and symbol in caches.NEVER_AWAITING
        size = _size(self.interpreter, ref, decorator, symbol)
        yield Keeper(at, last_name(decorator) or "", ref, None, key, size, keeps_coroutine)


def results(interpreter: Interpreter, keeper: Keeper) -> Held | None:
    """What of the function's results needs a session."""
    value = interpreter.run_standalone(keeper.ref).value
    found = list(held_in(interpreter.module_frame(keeper.ref.path), value))
    return next((each for each in found if each.what == "entity"), found[0] if found else None)


# --- libraries ----------------------------------------------------------------------------


def _kind(interpreter: Interpreter, ref: FunctionRef, decorator: Expression, symbol: str) -> Key | None:
    """How a library's decorator writes a session into its keys; None where it keeps no objects."""
    if symbol in caches.HASHING:
        return "session"
    if symbol in caches.WRITING:
        return "text" if _is_in_memory(decorator) else None
    if symbol.startswith(caches.REGION) and symbol.rpartition(".")[2] in caches.REGION_METHODS:
        region = decorator.func if isinstance(decorator, facts.Call) else decorator
        holder = region.value if isinstance(region, facts.Attribute) else region
        made = interpreter.module_frame(ref.path).evaluate(holder)
        is_in_memory = isinstance(made, LibraryObject) and Const(caches.REGION_BACKEND) in made.arguments
        return "text" if is_in_memory else None
    return None


def _is_in_memory(decorator: Expression) -> bool:
    """Whether aiocache keeps what it is given, and no text of it."""
    given = {a.keyword: a.value for a in decorator.arguments} if isinstance(decorator, facts.Call) else {}
    where = last_name(given["cache"]) if "cache" in given else None
    return not caches.SERIALISING & given.keys() and (where is None or where in caches.MEMORY)


def _size(interpreter: Interpreter, ref: FunctionRef, decorator: Expression, symbol: str) -> int | None:
    if symbol not in caches.SIZED:
        return None
    frame = interpreter.module_frame(ref.path)
    arguments = calling.arguments_of(frame, decorator) if isinstance(decorator, facts.Call) else None
    given = arguments.get(0, "maxsize") if arguments is not None else None
    is_given = arguments is not None and (bool(arguments.positional) or arguments.has("maxsize"))
    if not is_given:
        return _LASTING
    return given.value if isinstance(given, Const) and isinstance(given.value, int) else None


def _key(interpreter: Interpreter, ref: FunctionRef, decorator: Expression, kind: Key) -> Key | None:
    """How a session is in the key, if it is."""
    holders = _session_parameters(interpreter, ref)
    given = {a.keyword: a.value for a in decorator.arguments} if isinstance(decorator, facts.Call) else {}
    made_by = next((given[name] for name in sorted(caches.OWN_KEYS & given.keys())), None)
    if "noself" in given or (kind == "text" and ref.owner is not None and _is_of_region(decorator)):
        holders -= {ref.facts.parameters[0].name}
    if isinstance(made_by, facts.Lambda):
        taken = zip(made_by.parameters, ref.facts.parameters, strict=False)
        holders &= {parameter.name for own, parameter in taken if own.name in names_in(made_by.body)}
    elif made_by is not None:
        return None  # who makes the keys knows why
    return kind if holders else None


def _is_of_region(decorator: Expression) -> bool:
    """Whether this is a region's, which leaves ``self`` out of its keys."""
    return last_name(decorator) in caches.REGION_METHODS


def _session_parameters(interpreter: Interpreter, ref: FunctionRef) -> frozenset[str]:
    """The parameters that bring a session, or an object that holds one."""
    given = interpreter.declared_parameters(ref)
    found = {name for name, value in given.items() if _has_session(interpreter, ref, value)}
    receiver = interpreter.classes.instance(ref.owner) if ref.owner is not None else None
    if receiver is not None and ref.facts.parameters and _has_session(interpreter, ref, receiver):
        if not {"builtins.staticmethod", "builtins.classmethod"} & set(interpreter.decorations(ref)):
            found.add(ref.facts.parameters[0].name)
    return frozenset(found)


def _has_session(interpreter: Interpreter, ref: FunctionRef, value: Value) -> bool:
    held = held_in(interpreter.module_frame(ref.path), value) if not isinstance(value, Entity) else iter(())
    return any(each.what == "session" for each in held)


def _is_of_short_lived(homes: Homes, ref: FunctionRef) -> bool:
    """Whether this is a method whose object, which is in the key, may end with the request."""
    if ref.owner is None or {"builtins.staticmethod", "builtins.classmethod"} & set(homes.interpreter.decorations(ref)):
        return False
    return homes.of_object(ref.owner) is None
