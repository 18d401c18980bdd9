"""What names tell: of times, of lists of constants, of things that are few. From a census of 56 applications."""

from __future__ import annotations

import re

CREATED = frozenset(
    {
        "created_at", "create_time", "created", "date_created", "time_created", "created_time", "created_date",
        "creation_time", "creation_date", "date_added", "added_at", "inserted_at", "inserted", "created_on", "createdAt",
        "created_timestamp", "create_date", "create_at", "registered_at", "joined_at", "join_date", "date_joined",
        "created_utc", "createtime", "gmt_create", "date_create", "ctime",
    }
)  # fmt: skip

EVENT_TIMES = frozenset(
    {
        "issued_at", "occurred_at", "recorded_at", "collected_at", "logged_at", "timestamp", "submitted_at",
        "started_at", "start_time", "first_seen_at", "ingested_at", "received_at", "uploaded_at", "sent_at", "ts",
        "event_time", "date",
    }
)  # fmt: skip
"""When something happened: the one time that a row about it needs."""

UPDATED = frozenset(
    {
        "updated_at", "modified_at", "update_time", "update_at", "updated", "date_updated", "time_updated", "updated_time",
        "modified_date", "last_updated", "last_updated_at", "last_modified", "last_modified_at", "updated_on", "modified",
        "updatedAt", "updated_date", "modified_on", "date_modified", "changed_at", "last_seen_at", "ended_at", "end_time",
        "finished_at", "completed_at", "last_change", "update_date", "updated_timestamp", "mtime", "gmt_modified",
        "last_update", "last_accessed_at", "synced_at",
    }
)  # fmt: skip

TIME_TYPES = frozenset(
    {
        "DateTime", "TIMESTAMP", "datetime", "AwareDatetime", "DATETIME", "TIMESTAMPTZ", "UtcDateTime", "UTCDateTime",
        "TIMESTAMPAware", "UtcTimeStamp", "UTCTimestamp", "ArrowType", "Timestamp", "DateTimeUTC", "NaiveDateTime",
    }
)  # fmt: skip

NOT_A_CREATION = ("updated", "modified", "expires", "expire", "deleted", "last_", "valid_", "revoked", "archived", "due", "scheduled",
                  "next_", "birth", "disabled", "blocked", "locked", "verified", "end_", "ended")  # fmt: skip
"""Starts of the names of times that are not the row's own beginning."""

LOOKUP_COLUMNS = frozenset(
    {"name", "code", "label", "slug", "key", "value", "description", "position", "sort_order", "color"}
)
"""A table of nothing but these is a list of constants, not of things that happen."""

LISTS_OF_NAMES = frozenset({"role", "permission", "status", "type", "kind", "category", "country", "currency", "language",
                            "locale", "setting", "config", "level", "priority", "unit", "region", "tier", "scope", "flag"})  # fmt: skip
"""Last words of the names of tables that hold a short list of constants."""

PAGE_START = re.compile(r"offset|skip|start|first|page$|after|cursor", re.IGNORECASE)
"""Names of numbers that say where a page begins."""

PAGE_SIZE = re.compile(r"limit|size|per_?page|count|amount|top|take|max|rows|^n$", re.IGNORECASE)
"""Names of numbers that say how many rows a page has."""

_SAYS_NOTHING = frozenset({"model", "schema", "table", "orm", "db", "entity"})
"""Words in the names of classes that tell nothing of what they are about."""


def words(name: str) -> list[str]:
    """The words of a name in lower case, the last one in the singular: `BlogPosts` is blog, post."""
    found = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)] or [name]
    *before, last = [word for word in found if word not in _SAYS_NOTHING] or found
    if last.endswith("ies"):
        return [*before, f"{last[:-3]}y"]
    return [*before, last if last.endswith(("ss", "us", "is")) else last.removesuffix("s")]


def last_word(name: str) -> str:
    return words(name)[-1]


_PASSWORD = re.compile(r"(^|_)(password|passwd|passphrase|pwd)$", re.IGNORECASE)
_NO_PASSWORD = re.compile(r"hash|crypt|digest|reset|has_|is_|_url$", re.IGNORECASE)


def is_password(name: str) -> bool:
    """Whether a column or field of this name holds a password, not its hash or something about it."""
    return _PASSWORD.search(name) is not None and _NO_PASSWORD.search(name) is None


APPEND_ONLY = frozenset({"log", "event", "history", "audit", "metric", "snapshot", "message", "trace", "span", "entry", "token",
               "usage", "stat", "view", "click", "visit", "attempt", "version", "revision", "otp", "code"})  # fmt: skip

_LOGS = frozenset(
    {"log", "event", "history", "audit", "metric", "trace", "stat", "notification", "activity", "attempt", "outbox"}
)


def is_log(name: str) -> bool:
    """Whether the rows of a table of this name tell what happened, so that one may be missing."""
    return last_word(name) in _LOGS or "audit" in words(name)


_POSITION = re.compile(
    r"(^|_)(position|order|rank|sort|index|idx|seq|sequence|offset|level|depth|version|at|time|timestamp|epoch|ts|date)$"
)


def is_position(name: str) -> bool:
    """Whether a number says where or when something stands among others, rather than how much there is of it."""
    return _POSITION.search(name) is not None


_LOCKS = frozenset({"lock", "mutex", "semaphore"})


def is_lock(name: str) -> bool:
    """Whether something of this name lets one at a time pass: `redis_lock`, `RLock`, not `block` or `clock`."""
    return not _LOCKS.isdisjoint(words(name))


NUMBER_TYPES = frozenset({"Integer", "BigInteger", "BIGINT", "Float", "int", "float", "Numeric"})
"""Types in which some projects keep seconds or microseconds."""

PLANNED = (
    "expires",
    "expire",
    "valid_",
    "due",
    "scheduled",
    "next_",
    "birth",
    "start",
    "not_before",
    "not_after",
    "until",
)
"""Starts of the names of times that are set in advance and tell no change of the row."""

FEW_PER_OWNER = LISTS_OF_NAMES | {
    "secret", "key", "gateway", "import", "export", "schedule", "grant", "server", "app", "webhook", "token", "credential",
    "credentials", "repo", "member", "membership", "label", "tag", "variable", "settings", "provider", "backend", "connection",
    "integration", "device", "address", "preference", "session", "account", "role", "queue", "pool", "state",
}  # fmt: skip
"""Last words of the names of things of which one owner has a handful."""
