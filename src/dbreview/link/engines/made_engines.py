"""An engine where it is made: what is written of its URL and pool, what database it is for, how long it lives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression
from dbreview.finding import Place
from dbreview.frameworks import pools
from dbreview.link.engines import addresses, engines
from dbreview.link.engines.addresses import Address
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import Entries, Symbol
from dbreview.project import Role

if TYPE_CHECKING:
    from dbreview.link.events import EngineMaker
    from dbreview.link.interpret import Interpreter

_SQLITE = re.compile("sqlite", re.IGNORECASE)
_NETWORKED = re.compile("postgres|mysql|mariadb", re.IGNORECASE)
_KEEPERS = frozenset({"sessionmaker", "async_sessionmaker", "scoped_session", "async_scoped_session", "partial"})
_KEEPING_METHODS = frozenset({"configure", "register", "set", "put", "append", "add", "setdefault", "provide"})


@dataclass(frozen=True, slots=True)
class MadeEngine:
    """An engine where it is made, with what is written of its URL."""

    at: Place
    maker: EngineMaker
    body: Block
    address: Address | None
    words: tuple[str, ...]

    @property
    def name(self) -> str | None:
        return addresses.name_of(self.maker.node, self.body)

    @property
    def maker_name(self) -> str:
        return self.maker.maker.rpartition(".")[2]

    @property
    def pool(self) -> pools.Pool | None:
        """The pool class that the code chooses, where that is known."""
        chosen = self.maker.keyword("poolclass")
        if not isinstance(chosen, Symbol) or not chosen.dotted.startswith(pools.POOL_HOMES):
            return None
        return pools.POOLS.get(chosen.dotted.rpartition(".")[2])

    @property
    def is_configured_elsewhere(self) -> bool:
        """``engine_from_config(...)``, or with a pool that is made by other code."""
        return self.maker.maker.endswith("_from_config") or self.maker.has("pool")

    def connect_arguments(self) -> frozenset[str] | None:
        """The names of what the driver is given; None where they cannot be seen."""
        if not self.maker.has("connect_args"):
            return frozenset()
        given = self.maker.keyword("connect_args")
        if not isinstance(given, Entries) or given.others or given.doubtful is None:
            return None
        return frozenset(name for name, _ in given.items)


def made(interpreter: Interpreter, roles: dict[str, Role], *asked: Role) -> Iterator[MadeEngine]:
    """The engines that files of these roles make, without those of modules that are run by themselves."""
    for at, maker in sorted(interpreter.events.engines.items(), key=lambda item: item[0]):
        if roles.get(at.filename) not in asked:
            continue
        body = engines.body_of(interpreter, at, maker)
        if any(engines.asks_for_main(test) for test, _ in engines.choices(body, maker.node)):
            continue
        reading = addresses.Reading(interpreter)
        url = _url_of(interpreter, at, maker)
        function = maker.function.facts if maker.function is not None else None
        address = reading.of(at.filename, function, url) if url is not None else None
        yield MadeEngine(at, maker, body, address, tuple(reading.words))


def _url_of(interpreter: Interpreter, at: Place, maker: EngineMaker) -> Expression | None:
    given = [argument.value for argument in maker.node.arguments if argument.keyword == "url"]
    for argument in maker.node.arguments:
        if argument.stars or argument.keyword is not None:
            break
        if interpreter.module_frame(at.filename).evaluate(argument.value) != Symbol(maker.maker):
            given.append(argument.value)
    return given[0] if given else None


# --- what kind of database ----------------------------------------------------------------


def is_networked(engine: MadeEngine, dialects: frozenset[str]) -> bool:
    """Whether the database is for sure on the other side of a network: by its URL, or by what the project uses."""
    if engine.address is not None and engine.address.dialect is not None:
        return engine.address.dialect in pools.NETWORKED
    given = engine.connect_arguments()
    if given is None or not given.isdisjoint(pools.SQLITE_ARGUMENTS):
        return False
    dialects |= {"sqlite"} if any(map(_SQLITE.search, engine.words)) else frozenset()
    for test, holds in engines.choices(engine.body, engine.maker.node):
        is_meant = _denies(test) is not holds
        if mentions(test, _NETWORKED) and is_meant and not mentions(test, _SQLITE):
            return True
        if mentions(test, _SQLITE):
            if is_meant:
                return False
            dialects -= {"sqlite"}
    return bool(dialects) and dialects <= pools.NETWORKED


def mentions(test: Expression, word: re.Pattern[str]) -> bool:
    return any(
        (isinstance(node, facts.Constant) and isinstance(node.value, str) and bool(word.search(node.value)))
        or (isinstance(node, facts.Name) and bool(word.search(node.id)))
        or (isinstance(node, facts.Attribute) and bool(word.search(node.attr)))
        for node in walk(test)
    )


def _denies(test: Expression) -> bool:
    """``not url.startswith("sqlite")``, ``dialect != "sqlite"``: it holds for all others."""
    match test:
        case facts.UnaryOperation("not", operand):
            return not _denies(operand)
        case facts.Comparison(_, (operator,)):
            return operator in ("!=", "not in", "is not")
    return False


def is_behind_pooler(engine: MadeEngine) -> bool:
    """Whether something tells that PgBouncer or the like stands before the database, and pools."""
    given = engine.connect_arguments()
    if given is None or not given.isdisjoint(pools.POOLER_ARGUMENTS):
        return True
    words = (*engine.words, engine.name or "", engine.at.filename)
    return any(pools.POOLER_WORDS.search(word) for word in words)


# --- how long an engine lives -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a function does with the result of a call in it: what holds it, and whether it is given to the caller."""

    holders: tuple[Expression, ...]
    is_returned: bool


def keeping(function: facts.Function, node: facts.Call) -> Keeping:
    """Where the result of a call goes, also by other names and inside of what is made from it."""
    names: set[str] = set()
    holders: dict[Expression, None] = {}
    is_returned = False
    while True:
        before = len(names)
        for inner in walk(function.body):
            match inner:
                case facts.Assign(targets, value) if _hands_on(value, node, names):
                    names |= {target.id for target in targets if isinstance(target, facts.Name)}
                    holders |= dict.fromkeys(target for target in targets if not isinstance(target, facts.Name))
                case facts.AnnotatedAssign(target, _, value) if value is not None and _hands_on(value, node, names):
                    names |= {target.id} if isinstance(target, facts.Name) else set()
                    holders |= {} if isinstance(target, facts.Name) else {target: None}
                case facts.Return(value) | facts.Yield(value) if value is not None:
                    is_returned |= _hands_on(value, node, names)
                case facts.Call(facts.Attribute(holder, method), arguments) if method in _KEEPING_METHODS:
                    if any(_hands_on(argument.value, node, names) for argument in arguments):
                        holders[holder] = None
                case facts.Call(facts.Name("setattr"), (owner, _, given)) if _hands_on(given.value, node, names):
                    holders[facts.Attribute(owner.value, "", owner.value.at, owner.value.at)] = None
        if len(names) == before:
            break
    for inner in walk(function.body):
        if isinstance(inner, facts.ScopeDeclaration) and names & set(inner.names):
            holders |= {facts.Name(name, inner.at): None for name in sorted(names & set(inner.names))}
    return Keeping(tuple(holders), is_returned)


def outlives(function: facts.Function, node: facts.Call) -> bool:
    """Whether the result of a call in a function is still there when the function has ended."""
    found = keeping(function, node)
    return bool(found.holders) or found.is_returned


def _hands_on(value: Expression, node: facts.Call, names: set[str]) -> bool:
    match value:
        case facts.Name(name):
            return name in names
        case facts.Call(func, arguments):
            word = last_name(func) or ""
            keeps = word.lstrip("_")[:1].isupper() or word in _KEEPERS
            return value is node or (keeps and any(_hands_on(argument.value, node, names) for argument in arguments))
        case facts.Await(inner) | facts.NamedExpression(_, inner) | facts.Starred(inner):
            return _hands_on(inner, node, names)
        case facts.Display(_, items):
            return any(_hands_on(item, node, names) for item in items)
        case facts.DictDisplay(entries):
            return any(_hands_on(entry.value, node, names) for entry in entries)
        case facts.Conditional(_, first, second) | facts.BooleanOperation(first, _, second):
            return _hands_on(first, node, names) or _hands_on(second, node, names)
    return False
