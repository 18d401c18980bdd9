"""Where in a statement something stands: as a value, as the name of something, or as a piece of SQL."""

from __future__ import annotations

import re

from dbreview.frameworks import injection
from dbreview.project.boundary import SqlPosition

_STRING = re.compile(r"'(?:[^']|'')*'", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:[ntr]|\n)")
_COMMENT = re.compile(r"--[^\n]*\n")
_NAMED = re.compile(r"\"[^\"]*\"|`[^`]*`|\[[^\]]*\]", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]+|[^\sA-Za-z_]")
_COMPARES = re.compile(r"^\s*['\"`\])]*\s*(?:=|<|>|!=|(?:not\s+)?(?:like|ilike|in|between|is)\b)", re.IGNORECASE)

_NO_CALL = injection.CLAUSES | injection.BEFORE_NAME


def position_of(before: str, after: str) -> SqlPosition:
    """What stands between these two parts of a statement. There may be gaps in them."""
    rest = _STRING.sub("''", _ESCAPE.sub(" ", _COMMENT.sub("\n", before)).replace("\\", ""))
    if rest.replace("''", "").count("'") % 2:
        return "value"
    if rest[-1:].isalnum() or rest.endswith("_"):
        return "identifier"  # the end of a name
    rest = _NAMED.sub("x", rest)
    if rest.count('"') % 2 or rest.count("`") % 2:
        return "identifier"
    words = [word.upper() for word in _WORD.findall(rest)]
    if not words:
        return "identifier" if _COMPARES.match(after) else "sql"
    last = words[-1]
    if words[0] == "PRAGMA":
        return "identifier"
    if last in injection.BEFORE_VALUE:
        return "identifier" if last == "*" and after.lstrip()[:4].upper() == "FROM" else "value"
    if last in injection.BEFORE_NAME:
        return "identifier"
    if last in injection.BEFORE_CONDITION:
        return "identifier" if _COMPARES.match(after) else "sql"
    clause = next((word for word in reversed(words) if word in injection.CLAUSES), None)
    if last == "(" and len(words) > 1 and words[-2] in ("FROM", "EXISTS", "JOIN", "AS"):
        return "sql"
    if last == "(" and len(words) > 1 and words[-2] in injection.AGGREGATES:
        return "identifier"
    if last == "(" and (clause in ("VALUES", "IN") or _is_call(words)):
        return "value"
    if last in (",", "("):
        return _in_list(clause, words)
    if _COMPARES.match(after):
        return "identifier"
    return "sql" if clause not in ("BY",) else "identifier"


def _is_call(words: list[str]) -> bool:
    """Whether a bracket was opened by the name of a function."""
    return len(words) > 1 and words[-2].isidentifier() and words[-2] not in _NO_CALL and "INTO" not in words


def _in_list(clause: str | None, words: list[str]) -> SqlPosition:
    match clause:
        case "VALUES" | "IN" | "LIMIT":
            return "value"
        case "SET" | "SELECT" | "BY" | "INTO" | "FROM" | "RETURNING":
            return "identifier"
        case "WHERE" | "AND" | "OR" | "HAVING" | "ON" | "CALL":
            return "value" if words[-1] == "," else "sql"
    return "value" if words[-1] == "," and "VALUES" in words else "sql"
