"""What we know about caches that live in the process, as data. No analysis happens here."""

from __future__ import annotations

HASHING = frozenset(
    {
        "functools.lru_cache", "functools.cache", "cachetools.cached", "cachetools.func.lru_cache",
        "cachetools.func.ttl_cache", "cachetools.func.lfu_cache", "cachetools.func.mru_cache", "cachetools.func.rr_cache",
        "cachetools.func.fifo_cache", "async_lru.alru_cache", "asyncache.cached",
    }
)  # fmt: skip
"""Decorators that keep the very result, by the hash of the arguments: a session is a key of its own."""
WRITING = frozenset(
    {"aiocache.cached", "aiocache.cached_stampede", "aiocache.decorators.cached", "aiocache.decorators.cached_stampede"}
)
"""Those that do, unless told to serialise, by the text of the arguments: of a session, its address in memory."""
REGION = "dogpile.cache."
REGION_METHODS = frozenset({"cache_on_arguments"})
REGION_BACKEND = "dogpile.cache.memory"
"""The backend of dogpile that keeps the very result."""

NEVER_AWAITING = frozenset({name for name in HASHING if name.startswith(("functools.", "cachetools."))})
"""Those that keep a coroutine where they decorate a coroutine function."""
SIZED = frozenset(
    {"functools.lru_cache", "async_lru.alru_cache"} | {n for n in HASHING if n.startswith("cachetools.func")}
)
"""Those whose ``maxsize`` is 128 unless it is given."""
OWN_KEYS = frozenset({"key", "key_builder", "function_key_generator"})
"""Keywords by which a decorator is told how to make its keys."""
OF_OBJECTS = frozenset(
    {"functools.cached_property", "cached_property.cached_property", "sqlalchemy.util.memoized_property"}
)
"""Decorators of methods whose result the object keeps."""

SERIALISING = frozenset({"serializer", "alias"})
"""Keywords of aiocache after which it may keep a copy, or text."""
MEMORY = frozenset({"MEMORY", "SimpleMemoryCache"})
"""Last words of what makes aiocache keep things in the process."""
STORES = frozenset({"aiocache.SimpleMemoryCache()", "aiocache.Cache()"})
"""Objects whose ``set`` keeps a value."""

CONTAINERS = frozenset(
    {
        "builtins.dict", "collections.UserDict", "typing.Dict", "typing.MutableMapping", "collections.abc.MutableMapping", "collections.OrderedDict",
        "collections.defaultdict", "typing.DefaultDict", "collections.deque()", "cachetools.Cache()",
        "cachetools.TTLCache()", "cachetools.LRUCache()", "cachetools.LFUCache()", "cachetools.FIFOCache()",
        "cachetools.RRCache()", "cachetools.MRUCache()", "cachetools.TLRUCache()", "cachetools.TTLCache",
        "cachetools.LRUCache", "lru.LRU()", "expiringdict.ExpiringDict()",
    }
)  # fmt: skip
"""Library objects that are collections, and types of such. What holds weak references is none of them."""
MAKERS = frozenset(
    {
        "dict", "list", "set", "deque", "OrderedDict", "defaultdict", "TTLCache", "LRUCache", "LFUCache", "FIFOCache",
        "RRCache", "TLRUCache", "Cache", "LRU", "ExpiringDict",
    }
)  # fmt: skip
"""Last words of the calls that make them."""

ADDING = {"append": 0, "appendleft": 0, "add": 0, "insert": 1, "setdefault": 1}
"""Methods of collections that add a value, and its position among the arguments."""
ADDING_MANY = frozenset({"extend", "extendleft", "update"})
SETTING = {"set": 1, "add": 1}
"""The same of ``STORES``."""
REMOVING = frozenset({"pop", "remove", "discard"})

LETTING_GO = frozenset({"expunge", "expunge_all", "make_transient", "make_transient_to_detached"})
"""Last words of the calls that take objects out of their session on purpose."""

PUBLIC_SCHEMAS = ("Out", "Read", "Public", "Response", "Schema", "Detail", "Info", "DTO", "View", "")
"""How schemas are called that show a model, behind the model's name, the likeliest first."""
COMMANDS = ("typer.", "click.", "celery_once.")
"""Packages whose decorators make commands: their process ends."""
