"""What we know about Python's own library and typing, as data. No analysis happens here."""

from __future__ import annotations

COLLECTIONS = frozenset(
    {
        "list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Sequence", "Iterable", "Iterator", "Collection",
        "AsyncIterator", "AsyncIterable", "Generator", "AsyncGenerator", "MutableSequence", "MutableSet", "deque",
        "ScalarResult", "WriteOnlyCollection", "InstrumentedList", "conlist",
    }
)  # fmt: skip
"""Last parts of the generic types whose first argument is an element."""

TRANSPARENT = frozenset(
    {
        "Optional", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Awaitable", "Coroutine", "SkipValidation",
        "AbstractContextManager", "AbstractAsyncContextManager", "ContextManager", "AsyncContextManager",
    }
)  # fmt: skip
CLASS_OF = frozenset({"type", "Type"})
CALLABLES = frozenset({"Callable"})

SAME_ITEMS = frozenset(
    {
        "builtins.list", "builtins.tuple", "builtins.set", "builtins.sorted", "builtins.reversed", "builtins.iter",
        "builtins.frozenset", "builtins.filter", "tqdm.tqdm", "itertools.chain", "tqdm.auto.tqdm", "copy.copy",
        "itertools.islice", "more_itertools.unique_everseen",
    }
)  # fmt: skip
"""Callables whose result holds the items of their argument (``filter`` takes them second)."""
PARTIAL = frozenset({"filter", "set", "frozenset", "islice", "unique_everseen", "chain"})
"""Last parts of those whose result may hold fewer items, or others as well."""

KEYED = frozenset({"builtins.sorted", "builtins.min", "builtins.max", "itertools.groupby"})
"""Callables that call ``key`` for each item."""

ONE_ITEM = frozenset({"builtins.next", "builtins.anext", "builtins.min", "builtins.max", "random.choice"})

OF_TASKS = frozenset(
    {
        "send", "throw", "close", "cr_frame", "cr_running", "__await__", "done", "cancel", "cancelled", "result",
        "exception", "add_done_callback", "get_name", "set_name", "__name__", "__qualname__", "cr_await", "cr_code", "cr_origin",
        "__class__", "__doc__",
    }
)  # fmt: skip
"""What a coroutine has itself, or the task that may have been made of it."""

CHUNKERS = frozenset(
    {"batched", "chunked", "chunks", "grouper", "ichunked", "sliced", "batch", "in_batches", "partition"}
)

CONTEXT_DECORATORS = frozenset(
    {"contextlib.contextmanager", "contextlib.asynccontextmanager", "contextlib._GeneratorContextManager"}
)
CACHES = frozenset(
    {
        "functools.lru_cache", "functools.cache", "cachetools.cached", "async_lru.alru_cache", "aiocache.cached",
        "functools.cached_property", "cachetools.func.ttl_cache", "asyncache.cached",
    }
)  # fmt: skip
PROPERTIES = frozenset(
    {
        "builtins.property", "functools.cached_property", "sqlalchemy.ext.hybrid.hybrid_property", "abc.abstractproperty",
        "sqlalchemy.util.memoized_property", "pydantic.computed_field",
    }
)  # fmt: skip

HASHING = frozenset(
    {"passlib", "bcrypt", "argon2", "pwdlib", "werkzeug", "hashlib", "scrypt", "nacl", "cryptography", "libpass", "pbkdf2",
     "fastapi_users", "authlib", "Crypto", "Cryptodome", "flask_bcrypt", "sqlalchemy_utils"}
)  # fmt: skip
"""Libraries with which passwords are hashed or encrypted."""

ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag", "strenum.StrEnum"})

GENERIC_ATTRIBUTES: dict[str, int] = {"strawberry.Info.context": 0, "strawberry.types.Info.context": 0}
"""Attributes of generic library types whose type is the type argument of this position."""

TEXT_METHODS = frozenset({"lower", "upper", "strip", "title", "replace", "removeprefix", "removesuffix", "lstrip", "rstrip",
                           "capitalize", "format", "isupper", "islower", "startswith", "endswith", "split", "casefold", "swapcase"})  # fmt: skip
"""Methods of ``str`` whose result on constants is a constant."""

TELLS_ONLY = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "print", "set_attribute"})
"""Last words of what tells of its arguments, and neither checks nor changes them."""

BUILTINS = frozenset(
    {
        "list", "tuple", "set", "dict", "sorted", "reversed", "len", "sum", "min", "max", "any", "all", "next", "iter",
        "enumerate", "zip", "map", "filter", "range", "str", "int", "float", "bool", "super", "isinstance", "getattr",
        "setattr", "hasattr", "print", "type", "frozenset", "property", "staticmethod", "classmethod", "anext", "object",
        "vars", "abs", "repr", "id", "bytes", "delattr",
    }
)  # fmt: skip
"""The built-in names that mean something here."""

VOLATILE = (
    "datetime.datetime.utcnow()", "datetime.datetime.now()", "datetime.datetime.today()", "datetime.date.today()",
    "time.time()", "time.time_ns()", "time.monotonic()", "time.perf_counter()", "uuid.uuid1()", "uuid.uuid4()",
    "uuid.uuid6()", "uuid.uuid7()", "uuid6.uuid7()", "uuid_utils.uuid7()", "uuid_extensions.uuid7()", "secrets.token_hex()",
    "secrets.token_urlsafe()", "secrets.token_bytes()", "secrets.randbelow()", "secrets.choice()", "random.random()",
    "random.randint()", "random.randrange()", "random.choice()", "random.uniform()", "os.urandom()", "pendulum.now()",
    "arrow.utcnow()", "arrow.now()", "ulid.new()", "ulid.ULID()", "nanoid.generate()", "shortuuid.uuid()", "cuid.cuid()",
    "bson.ObjectId()", "bson.objectid.ObjectId()", "tortoise.timezone.now()",
)  # fmt: skip
"""Calls that give another result each time: the clock, and what is meant to be unique."""


def is_volatile(dotted: str) -> bool:
    """Whether a library object comes from a call that gives another result each time."""
    return dotted.startswith(VOLATILE)
