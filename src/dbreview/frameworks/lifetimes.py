"""What we know about how sessions and connections end, as data. No analysis happens here.

Measured with SQLAlchemy 2.1: a session holds no connection before its first statement, ``commit`` and ``rollback`` give
the connection back, and a ``commit`` that fails does not.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Touch: TypeAlias = Literal[
    "open", "close", "release", "commit", "use", "lend", "yield", "pause", "call", "nothing", "quit", "method"
]
"""What a call or ``yield`` does to a session that is watched.

``release`` gives its connection back and leaves it open; ``use`` is a method of its own, ``lend`` gives it to somebody
who uses it, ``yield`` too. ``call`` and ``pause`` (a ``yield``) have nothing to do with it and may raise, ``nothing`` does
not; behind ``quit`` the process is gone. ``method`` is one of the own object, to be followed.
"""

CLOSING = frozenset({"close", "aclose", "remove", "invalidate", "__exit__", "__aexit__"})
"""Methods of a session or connection, or of what holds one, after which it is closed."""

SESSION_METHODS: dict[str, Touch] = {
    **dict.fromkeys(CLOSING, "close"),
    "commit": "commit",
    "rollback": "release",
    **dict.fromkeys(
        (
            "add", "add_all", "begin", "expunge", "expunge_all", "expire", "expire_all", "in_transaction", "get_bind",
            "execution_options", "is_modified", "in_nested_transaction", "__enter__", "__aenter__", "get_transaction", "start",
        ),
        "nothing",
    ),
}  # fmt: skip
"""What a session's methods do to it; all others use it."""

ENDING_METHODS = frozenset(
    {"close", "aclose", "__exit__", "__aexit__", "__del__", "dispose", "shutdown", "stop", "disconnect", "teardown"}
)
"""Methods of a project's classes that may close what their objects hold."""

CLOSING_WORDS = ("close", "dispose", "cleanup", "clean_up", "release", "shutdown", "teardown", "putconn")
"""Words in the names of functions that close what they are given."""

HANDING_ON = frozenset(
    {
        "callback", "push", "push_async_callback", "push_async_exit", "enter_context", "enter_async_context",
        "addfinalizer", "finalize", "register", "bind", "attach", "add_task", "add_done_callback", "set", "put",
        "put_nowait", "send", "provide", "override", "addCleanup", "addAsyncCleanup",
    }
)  # fmt: skip
"""Methods after which somebody else looks after what they are given."""

COLLECTING = frozenset({"append", "add", "insert", "appendleft", "setdefault", "update", "extend"})
"""Methods of collections that keep what they are given."""

CLOSING_CONTEXTS = frozenset({"closing", "aclosing"})
SWALLOWING_CONTEXTS = frozenset({"suppress"})

THREADS = frozenset({"run_in_threadpool", "to_thread", "run_sync", "run_in_executor", "shield", "wait_for"})
"""Last words of what calls the function that it is given, and waits for it."""

HARMLESS_OF_DRIVERS = frozenset(
    {
        "cursor", "create_function", "set_trace_callback", "set_session", "set_client_encoding", "set_isolation_level",
        "set_autocommit", "set_row_factory", "enable_load_extension", "get_dsn_parameters", "add_listener",
    }
)  # fmt: skip
"""Methods of connections that practically never raise."""

SETTING = re.compile(r"\s*(pragma|set)\b", re.IGNORECASE)
"""Statements that set something for the connection, and practically never fail."""

HARMLESS = frozenset(
    {
        "debug", "info", "warning", "error", "exception", "critical", "log", "print", "set_attribute", "warn", "sleep",
        "time", "monotonic", "perf_counter", "now", "utcnow", "len", "str", "repr", "bool", "list", "dict", "set", "tuple",
        "range", "enumerate", "isinstance", "getattr", "hasattr", "append", "extend", "items", "keys", "values", "type",
        "wraps", "timeout", "timeout_at", "fail_after", "move_on_after", "format", "join", "id", "format_exc", "print_exc", "capture_exception", "locals", "globals", "vars",
        "cancel", "super", "listen", "listens_for", "reset", "clear", "discard", "dispose", "startswith", "endswith", "strip", "lower", "upper",
    }
)  # fmt: skip
"""Last words of calls that practically never raise."""

HARMLESS_ENDINGS = ("Error", "Exception", "Response", "Warning")
"""Ends of the names of classes whose objects are only made to be raised or returned."""

COMMANDS = ("typer.", "click.", "asyncclick.", "cyclopts.", "invoke.", "fire.")
"""Libraries whose decorators make a function a command: the process ends with it."""

QUITTING = frozenset({"sys.exit", "os._exit", "exit", "quit", "os.abort", "os.execv", "os.execvp"})

CATCHING_ALL = frozenset({"Exception", "BaseException"})
CATCHING_DATABASE = frozenset({"SQLAlchemyError"})
"""Exceptions whose handler catches whatever a session raises."""
