"""The check behind rules/cached-entity.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import CachedObject, Project


def check(project: Project) -> Iterator[Finding]:
    """Objects, results and sessions that a cache keeps beyond their session."""
    for cached in project.cached_objects:
        yield Finding(
            at=cached.at,
            message=f"{_kept(cached)}: {_consequence(cached)}",
            help=_help(cached),
            notes=tuple(_notes(cached)),
            confidence=cached.confidence,
        )


def _kept(cached: CachedObject) -> str:
    source = f" of `{cached.function}`" if cached.function is not None else ""
    return f"`{cached.cache}` keeps {_what(cached)}{source} beyond {_end(cached)}"


def _what(cached: CachedObject) -> str:
    match cached.holds:
        case "session":
            return "sessions" if cached.is_item else "the session"
        case "result":
            return "the result" if cached.function is not None else "the result of a query"
        case "query":
            return f"the query for `{cached.model}`" if cached.model is not None else "the query"
        case "coroutine":
            return "the coroutine"
    article = "the " if cached.function is not None else ""
    return f"{article}`{cached.model}` objects" if _are_many(cached) else f"the `{cached.model}`"


def _end(cached: CachedObject) -> str:
    if cached.holds == "session":
        return f"the request that opened {'them' if cached.is_item else 'it'}"
    if cached.holds == "coroutine":
        return "its first await"
    if cached.orm == "tortoise":
        return "the request"
    return "their session" if _are_many(cached) and cached.holds == "entity" else "its session"


def _are_many(cached: CachedObject) -> bool:
    return cached.is_many or cached.is_item


def _consequence(cached: CachedObject) -> str:
    match cached.holds:
        case "session":
            return "later requests share their objects and transactions, and threads or tasks use one at the same time"
        case "result":
            return "the first reader takes its rows, and later readers get none"
        case "query":
            return "each run takes a connection for its session, which nobody closes again"
        case "coroutine":
            return "the second caller with the same arguments gets a RuntimeError, as a coroutine is awaited once"
    rows, them = ("old rows", "them") if _are_many(cached) else ("an old row", "it")
    if cached.orm == "tortoise":
        return f"later requests share {rows}"
    if cached.key == "session":
        return f"the session is part of the key, so no other request finds it, and {_number(cached)} in memory"
    if cached.key == "text":
        return (
            "in the key a session is only its address, so whoever gets the same address by chance gets "
            f"{'objects' if cached.is_many else 'the object'} of another session"
        )
    if cached.lazy is not None:
        name = f"{cached.lazy.class_name}.{cached.lazy.name}"
        return f"later requests share {rows}, and reading `{name}` raises DetachedInstanceError"
    return f"later requests share {rows}, and what they change in {them} is never saved"


def _number(cached: CachedObject) -> str:
    return f"up to {cached.size} sessions stay" if cached.size is not None else "every session stays"


def _help(cached: CachedObject) -> str:
    match cached.holds:
        case "session":
            return "Keep the session factory, and open a session for each request: `with SessionFactory() as session:`."
        case "result" | "query":
            return f"Read the rows while the session is open, and keep plain data: {_plain(cached)}."
        case "coroutine":
            return (
                f"Use a cache that awaits, such as `alru_cache` of async-lru, and return plain data from "
                f"`{cached.function}`: {_plain(cached)}."
            )
    if cached.function is None:
        return f"Keep plain data in `{cached.cache}`: {_plain(cached)}."
    if cached.key is not None:
        return (
            f"Leave the session out of the key: open it inside of `{cached.function}`, and return plain data: "
            f"{_plain(cached)}."
        )
    return f"Return plain data from `{cached.function}`: {_plain(cached)}."


def _plain(cached: CachedObject) -> str:
    """What to write: the project's own schema, else a dict of the model's first columns."""
    if cached.model is None:
        return "`[dict(row) for row in result.mappings()]`"
    row = cached.model.lower() if cached.is_many or cached.variable is None else cached.variable
    if cached.schema is not None:
        made = f"{cached.schema}.model_validate({row})"
    else:
        columns = "".join(f'"{name}": {row}.{name}, ' for name in cached.columns)
        made = f"{{{columns}...}}"
    return f"`[{made} for {row} in ...]`" if cached.is_many else f"`{made}`"


def _notes(cached: CachedObject) -> Iterator[Note]:
    if cached.loaded_at is not None:
        yield Note("the rows come from here" if cached.holds != "session" else "it is opened here", cached.loaded_at)
    if cached.stored_at is not None:
        yield Note("it is kept here", cached.stored_at)
    if cached.declared_at is not None:
        is_known = cached.function is None
        what = f"`{cached.cache}` lives as long as the process" if is_known else "the results are kept here"
        yield Note(what, cached.declared_at)
    if cached.lazy is not None and cached.holds == "entity" and cached.key is None and cached.orm != "tortoise":
        yield Note(f"`{cached.lazy.name}` is loaded when it is read", cached.lazy.at)
    for at in cached.others:
        yield Note("more goes in here", at)
