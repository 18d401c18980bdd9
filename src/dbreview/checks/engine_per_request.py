"""The check behind rules/engine-per-request.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import EnginePerRequest, Project


def check(project: Project) -> Iterator[Finding]:
    """Engines that are made each time a request is answered."""
    for engine in project.engines_per_request:
        what = f"the route `{engine.route.function}`" if engine.route else f"the dependency `{engine.dependency}`"
        made = (
            "a pool for each request: each"
            if engine.is_pool
            else "an engine for each request: each has a pool of its own and"
        )
        yield Finding(
            at=engine.at,
            message=f"{what} makes {made} connects anew",
            help=_help(engine),
            notes=tuple(_notes(engine)),
            confidence=engine.confidence,
        )


def _help(engine: EnginePerRequest) -> str:
    if engine.is_pool:
        return (
            f"Make it once: move `{engine.name or 'pool'} = {engine.maker}(...)` out of `{engine.function}` into the "
            "lifespan, keep it on `app.state`, and let requests borrow connections from it."
        )
    if engine.is_returned:
        return f"Make it once: put `@functools.lru_cache` above `def {engine.function.rpartition('.')[2]}`."
    return (
        f"Make it once: move `{engine.name or 'engine'} = {engine.maker}(...)` out of `{engine.function}` to the top "
        "of the module (or into the lifespan), and let requests open sessions on it."
    )


def _notes(engine: EnginePerRequest) -> Iterator[Note]:
    if engine.route is not None:
        shown = f"{'/'.join(engine.route.methods)} {engine.route.path}".strip()
        yield Note(f"`{engine.route.function}` answers {shown}", engine.asked_at)
    else:
        yield Note(f"FastAPI calls `{engine.dependency}` for each request that depends on it", engine.asked_at)
    for place in engine.calls:
        yield Note("the call leads here", place)
