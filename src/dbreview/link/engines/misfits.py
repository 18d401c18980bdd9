"""Engines that cannot work: the pool, the driver and the keywords do not fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from dbreview.frameworks import pools
from dbreview.link.engines.made_engines import MadeEngine, made
from dbreview.project import ImpossibleEngine, Role, Versions

if TYPE_CHECKING:
    from dbreview.link.engines.addresses import Address
    from dbreview.link.interpret import Interpreter


def impossible_engines(
    interpreter: Interpreter, roles: dict[str, Role], versions: Versions | None
) -> Iterator[ImpossibleEngine]:
    """Engines whose arguments do not fit each other. The first reason that Python meets is told."""
    for engine in made(interpreter, roles, "application", "script"):
        if not engine.is_configured_elsewhere:
            found = _wrong_driver(engine, versions or Versions()) or _wrong_pool(engine) or _wrong_keywords(engine)
            if found is not None:
                yield found


def _wrong_driver(engine: MadeEngine, versions: Versions) -> ImpossibleEngine | None:
    address = engine.address
    if address is None or address.dialect is None:
        return None
    is_async = engine.maker.kind == "async"
    beginning = address.start.partition("://")[0].lower()
    kind = _kind_of_driver(address, versions)
    wanted = pools.FOR_ASYNC if is_async else pools.FOR_SYNC
    if address.dialect in pools.RENAMED:
        right = pools.RENAMED[address.dialect]
        return _impossible(engine, "dialect", "NoSuchModuleError", url=beginning, instead=wanted[right])
    if kind is None or kind == engine.maker.kind:
        return None
    error = "InvalidRequestError" if is_async else "MissingGreenlet"
    if engine.pool is not None and engine.pool.is_async not in (None, kind == "async"):
        error = "ArgumentError"
    return _impossible(engine, "driver", error, url=beginning, instead=wanted.get(address.dialect, ""))


def _kind_of_driver(address: Address, versions: Versions) -> Literal["sync", "async"] | None:
    """The kind of driver that a URL leads to; None where it may be either, or works with both."""
    if address.driver is not None:
        if address.driver in pools.ASYNC_DRIVERS:
            return "async"
        return "sync" if address.driver in pools.SYNC_DRIVERS else None
    if address.dialect in pools.SYNC_BY_DEFAULT:
        return "sync"
    changed = pools.SYNC_BEFORE.get(address.dialect or "")
    return "sync" if changed is not None and not versions.may_reach(changed) else None


def _wrong_pool(engine: MadeEngine) -> ImpossibleEngine | None:
    pool = engine.pool
    if pool is None or pool.is_async in (None, engine.maker.kind == "async"):
        return None
    return _impossible(engine, "pool", "ArgumentError", pool=pool.name, instead=_default_pool(engine))


def _default_pool(engine: MadeEngine) -> str:
    return "AsyncAdaptedQueuePool" if engine.maker.kind == "async" else "QueuePool"


def _wrong_keywords(engine: MadeEngine) -> ImpossibleEngine | None:
    pool, address = engine.pool, engine.address
    is_chosen = pool is not None
    if pool is None and not engine.maker.has("poolclass") and not engine.maker.is_open and address is not None:
        if address.is_whole and pools.IN_MEMORY.fullmatch(address.start):
            pool = pools.POOLS[pools.MEMORY_POOLS[engine.maker.kind]]
    if pool is None:
        return None
    written = {argument.keyword for argument in engine.maker.node.arguments}
    wrong = [
        name
        for name, value in engine.maker.keywords
        if name in pools.QUEUE_KEYWORDS - pool.takes and (name in written or value is not None)
    ]
    if not wrong:
        return None
    default = _default_pool(engine)
    return _impossible(engine, "keywords", "TypeError", pool.name, is_chosen, tuple(wrong), instead=default)


def _impossible(
    engine: MadeEngine,
    reason: Literal["pool", "driver", "dialect", "keywords"],
    error: str,
    pool: str = "",
    is_chosen: bool = True,
    keywords: tuple[str, ...] = (),
    *,
    url: str = "",
    instead: str = "",
) -> ImpossibleEngine:
    driver = engine.address.driver or "" if engine.address is not None else ""
    is_async = engine.maker.kind == "async"
    return ImpossibleEngine(
        engine.at, engine.maker_name, is_async, reason, error, pool, is_chosen, keywords, driver, url, instead
    )
