"""What engines are told of their pools and logs, judged by who uses the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import pools, python
from dbreview.link.engines import engines
from dbreview.link.engines.addresses import name_of
from dbreview.link.engines.made_engines import MadeEngine, is_behind_pooler, is_networked, made, mentions, outlives
from dbreview.link.syntax import walk
from dbreview.link.values import LibraryObject
from dbreview.project import Conventions, EchoingEngine, Role, UncheckedPool, UnpooledEngine

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.names import FunctionRef

_TESTING = re.compile("test", re.IGNORECASE)


def unpooled_engines(
    interpreter: Interpreter, roles: dict[str, Role], conventions: Conventions, dialects: frozenset[str]
) -> Iterator[UnpooledEngine]:
    """Engines without a pool that answer requests from a database on the other side of a network."""
    found = [e for e in made(interpreter, roles, "application") if e.pool is not None and e.pool.name == "NullPool"]
    if not found or _is_serverless(interpreter, conventions):
        return
    serving = _serving(interpreter, roles)
    libraries = {name.partition(".")[0] for path in roles for name in interpreter.names.imported_libraries(path)}
    has_workers = not pools.WORKERS.isdisjoint(libraries | set(conventions.dependencies))
    for engine in found:
        function = engine.maker.function
        if any(map(pools.OTHER_PURPOSES.search, (engine.name or "", engine.at.filename))):
            continue
        if function is not None and not outlives(function.facts, engine.maker.node):
            continue
        if engine.at in serving and not _is_chosen(interpreter, engine) and is_networked(engine, dialects):
            if not is_behind_pooler(engine):
                is_async = engine.maker.kind == "async"
                yield UnpooledEngine(engine.at, engine.name, is_async, "low" if has_workers else "high")


def _is_chosen(interpreter: Interpreter, engine: MadeEngine) -> bool:
    """Whether something decides between this engine and another."""
    if any(engines.choices(engine.body, engine.maker.node)):
        return True
    others = engines.other_makers(interpreter, engine.at, engine.maker)
    if engine.maker.function is None:
        return engine.name is not None and engine.name in {name_of(other.node, engine.body) for other in others}
    return bool(others) and any(isinstance(node, facts.If | facts.Match) for node in walk(engine.body))


def _serving(interpreter: Interpreter, roles: dict[str, Role]) -> set[Place]:
    """The engines of the server: made when its modules are imported, when it starts, or when requests come."""
    makers = interpreter.events.engines
    places = {at for at, maker in makers.items() if maker.function is None or maker.is_request}
    for path in interpreter.names.modules:
        if roles.get(path) == "application":
            places |= {e.at for e in interpreter.module_frame(path).effects.values() if e.kind == "engine"}
    for ref in interpreter.names.functions:
        if roles.get(ref.path) == "application" and _starts_server(interpreter, ref):
            places |= {e.at for e in interpreter.run_standalone(ref).effects if e.kind == "engine"}
    return places


def _starts_server(interpreter: Interpreter, ref: FunctionRef) -> bool:
    """``@asynccontextmanager async def lifespan(app: FastAPI)``, ``@app.on_event("startup")``."""
    if any(dotted.endswith("().on_event") for dotted in interpreter.decorations(ref)):
        return True
    return interpreter.is_a(ref, python.CONTEXT_DECORATORS) and any(
        isinstance(value, LibraryObject) and value.dotted == "fastapi.FastAPI"
        for value in interpreter.declared_parameters(ref).values()
    )


def _is_serverless(interpreter: Interpreter, conventions: Conventions) -> bool:
    """Whether the application's processes live for a request or few."""
    names = interpreter.names
    imported = {name.partition(".")[0] for path in names.modules for name in names.imported_libraries(path)}
    packages = {name.replace("_", "-") for name in imported} | set(conventions.dependencies)
    if not pools.SERVERLESS.isdisjoint(packages):
        return True
    if any(tuple(p.name for p in ref.facts.parameters) == ("event", "context") for ref in names.functions):
        return True
    return any(
        isinstance(node, facts.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(pools.SERVERLESS_VARIABLES)
        for module in names.modules.values()
        for node in walk(module.body, into_functions=True)
    )


def unchecked_pools(
    interpreter: Interpreter, roles: dict[str, Role], dialects: frozenset[str], elsewhere: set[Place]
) -> Iterator[UncheckedPool]:
    """Engines whose pools never look whether a connection still lives. ``elsewhere`` more is wrong with the engine."""
    for engine in made(interpreter, roles, "application"):
        maker = engine.maker
        if maker.is_open or engine.is_configured_elsewhere or any(map(maker.has, pools.CHECKING)):
            continue
        if maker.has("poolclass") and (engine.pool is None or engine.pool.name not in pools.KEEPING):
            continue
        if engine.at in elsewhere or not is_networked(engine, dialects) or is_behind_pooler(engine):
            continue
        if maker.function is not None and not outlives(maker.function.facts, maker.node):
            continue
        if any(mentions(test, _TESTING) for test, _ in engines.choices(engine.body, maker.node)):
            continue
        known = engine.address.dialect if engine.address is not None else None
        only = next(iter(dialects)) if len(dialects) == 1 else None
        yield UncheckedPool(engine.at, engine.name, engine.maker_name, known or only)


def echoing_engines(interpreter: Interpreter, roles: dict[str, Role]) -> Iterator[EchoingEngine]:
    """Engines that log every statement, because the source says so and nothing else decides it."""
    for engine in made(interpreter, roles, "application"):
        for argument in engine.maker.node.arguments:
            match argument.keyword, argument.value:
                case "echo", facts.Constant(True | "debug" as value) if not engine.maker.maker.endswith("_from_config"):
                    if not any(engines.choices(engine.body, engine.maker.node)):
                        shown = "True" if value is True else '"debug"'
                        yield EchoingEngine(engine.at, engine.name, engine.maker_name, shown)
