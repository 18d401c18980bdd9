"""How a statement looks whose values are bound, in the user's own words."""

from __future__ import annotations

import re

from dbreview.project import InjectedSql

_CUT = re.compile(
    r"(?is).*\b((?:where|and|or|set|values|having|on|into|from|order\s+by|group\s+by|select|limit|join)\b.*)"
)
_WORD = re.compile(r"\W+")
_OPEN = re.compile(r"['\"`]?(?P<start>[%_]?)$")
_CLOSE = re.compile(r"^(?P<end>[%_]?)['\"`]?")
_LIST = re.compile(r"(?is)\bin\s*\(?\s*'?$")
_WRAPPED = re.compile(r"(?:str|repr|tuple|list)\((.+)\)")
_LONGEST = 60


def advice(each: InjectedSql) -> str:
    """What to write instead."""
    if each.position == "identifier":
        return _allowed(each)
    if each.position == "value" and each.runs_at != each.at and not each.is_text_only:
        return f"Bind the value, and let `{each.method}()` hand it on: {_bound(each)}."
    if each.position == "sql":
        return "Write the statement in the code, and bind what clients send as values; never run SQL that they send."
    if each.is_text_only:
        method = each.method.rpartition(".")[2]
        return f"`{method}()` binds no values: run the statement with one that does: {_bound(each)}."
    return f"Bind the value: {_bound(each)}."


def _name(each: InjectedSql) -> str:
    """A name for the value, as the user calls it."""
    written = _WRAPPED.sub(r"\1", each.written)
    words = re.sub(r"\(.*?\)|[\[\]\"']", " ", written).strip().rpartition(".")[2].split()
    name = _WORD.sub("_", words[-1] if words else each.parameter.rpartition(".")[2]).strip("_")
    return name or "value"


def _allowed(each: InjectedSql) -> str:
    name = _name(each)
    if each.is_many:
        return (
            f"Names cannot be bound: let through only those in `{each.parameter}` that a set of yours allows, "
            f"`if name in ALLOWED`."
        )
    table = f"{name.upper()}S" if not name.upper().endswith("S") else name.upper()
    start = _start(each.before.rstrip('"`'))
    shown = f"{start}{{{table}[{each.written}]}}".strip()
    return (
        f"A name cannot be bound: look it up among those that you allow, "
        f'`{table} = {{"name": "name", "created_at": "created_at"}}` and `f"{shown}"`.'
    )


def _bound(each: InjectedSql) -> str:
    name, written = _name(each), each.written
    opened, closed = _OPEN.search(each.before), _CLOSE.search(each.after)
    wildcards = (opened["start"] if opened else "", closed["end"] if closed else "")
    before = each.before[: opened.start()] if opened else each.before
    if _LIST.search(each.before):
        return _list(each, before, name)
    value = f'f"{wildcards[0]}{{{written}}}{wildcards[1]}"' if any(wildcards) else written
    start, end = _start(before), _end(before, each.after)
    match each.style:
        case "text" if each.runs_at == each.at:
            return f'`text("{start}:{name}{end}")` with `{{"{name}": {value}}}` as parameters'
        case "text" | ":name":
            return f'`"{start}:{name}{end}"` with `{{"{name}": {value}}}` as parameters'
        case "$1":
            return f'`"{start}$1{end}"`, and `{value}` as the next argument'
        case "?" | "%s" as mark:
            return f'`"{start}{mark}{end}"`, and `({value},)` as the second argument'
    marks = f'`"{start}?{end}"`, `%s`, `:{name}` or `$1`'
    return f"put the driver's placeholder in its place ({marks}) and pass `{value}` beside it"


def _list(each: InjectedSql, before: str, name: str) -> str:
    start = _start(before.rstrip().removesuffix("(").rstrip() + " ")
    if each.style == "$1":
        start = re.sub(r"(?i)\bin\s*$", "= ", start)
        return f'`"{start}ANY($1)"`, and `{each.written}` as the next argument'
    if each.style == "text":
        return f'`text("{start}:{name}").bindparams(bindparam("{name}", expanding=True))`'
    mark = each.style if each.style in ("?", "%s") else "?"
    values = each.written if each.written == each.parameter else "values"
    return f'`", ".join("{mark}" * len({values}))` in the brackets, and the values beside the statement'


def _end(before: str, after: str) -> str:
    """The end of the brackets in which a value stands."""
    if before.count("(") <= before.count(")"):
        return ""
    if after.lstrip("%_'\" ").startswith(")"):
        return ")"
    return ", ...)" if re.search(r"(?is)\bvalues\b[^;]*$", before) else " ...)"


def _start(before: str) -> str:
    """The last clause before a value, with dots for what is left out."""
    before = before.replace("\N{HORIZONTAL ELLIPSIS}", "...")
    flat = " ".join(before.replace("\\n", " ").split()) + (" " if before[-1:].isspace() else "")
    found = _CUT.match(flat)
    shown = found[1] if found else flat
    if len(shown) > _LONGEST:
        shown = shown[-_LONGEST:].partition(" ")[2] or shown[-_LONGEST:]
    return f"... {shown}" if shown != flat else shown
