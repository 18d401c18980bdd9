"""The check behind rules/wrong-pool-or-driver.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding
from dbreview.project import ImpossibleEngine, Project


def check(project: Project) -> Iterator[Finding]:
    """Engines whose pool, driver and keywords do not fit each other."""
    for engine in project.impossible_engines:
        yield Finding(at=engine.at, message=f"{_reason(engine)}: {_consequence(engine)}", help=_help(engine))


def _reason(engine: ImpossibleEngine) -> str:
    kind = "an asynchronous" if engine.is_async else "a synchronous"
    match engine.reason:
        case "pool":
            return f"`{engine.pool}` does not work with {kind} engine"
        case "dialect":
            return f"SQLAlchemy knows no dialect `{engine.url}`"
        case "driver":
            named = f"`{engine.driver}` is not" if engine.driver else f"`{engine.url}://` does not mean"
            return f"{named} {kind} driver"
        case "keywords":
            names = " and ".join(f"`{name}`" for name in engine.keywords)
            pool = f"`{engine.pool}`" if engine.is_chosen else f"the pool of a database in memory, `{engine.pool}`,"
            return f"{pool} does not take {names}"


def _consequence(engine: ImpossibleEngine) -> str:
    if engine.error == "MissingGreenlet":
        return f"the first connection of this `{engine.maker}` raises {engine.error}"
    return f"`{engine.maker}` raises {engine.error}"


def _help(engine: ImpossibleEngine) -> str:
    match engine.reason:
        case "pool":
            return f"Leave `poolclass` out: `{engine.maker}` chooses `{engine.instead}` by itself."
        case "dialect":
            return f"Begin the URL with `{engine.instead}://`."
        case "driver":
            other = "create_engine" if engine.is_async else "create_async_engine"
            users = "synchronous" if engine.is_async else "asynchronous"
            start = f"Begin the URL with `{engine.instead}://`, or use" if engine.instead else "Use"
            return f"{start} `{other}` if the code that uses the engine is {users}."
        case "keywords":
            names = " and ".join(f"`{name}`" for name in engine.keywords)
            if engine.is_chosen:
                return f"Leave {names} out; or leave `poolclass` out, then `{engine.instead}` takes them."
            return f"Leave {names} out, or give them only for the database that is not in memory."
