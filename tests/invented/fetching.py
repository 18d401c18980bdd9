"""Statements and how they are run: what gives the rows."""

from __future__ import annotations

from dataclasses import dataclass

from invented.draft import MODELS, Draft, Wanted
from invented.source import File


@dataclass(frozen=True)
class Fetching:
    """Lines, and after them an expression for the rows, or for the only one."""

    lines: list[str]
    value: str


ROWS = {
    "scalars.all": (10, "{scalars}{unique}.all()"),
    "scalars": (5, "{scalars}{unique}"),
    "list(scalars)": (4, "list({scalars}{unique})"),
    "execute.scalars.all": (7, "{execute}{unique}.scalars().all()"),
    "execute.scalars": (3, "{execute}.scalars(){unique}"),
    "tuples": (4, "[found[0] for found in {execute}{unique}]"),
    "unpacked tuples": (3, "[{row} for ({row},) in {execute}{unique}.all()]"),
}
ROW = {
    "scalar": (5, "{scalar}"),
    "scalars.first": (4, "{scalars}.first()"),
    "scalars.one": (3, "{scalars}{unique}.one()"),
    "scalar_one": (3, "{execute}{unique}.scalar_one()"),
    "scalar_one_or_none": (3, "{execute}{unique}.scalar_one_or_none()"),
}
STREAMED = {"stream_scalars": (2, "[{row} async for {row} in await {session}.stream_scalars({statement})]")}
SQLMODEL_ROWS = {
    "exec.all": (6, "{exec}{unique}.all()"),
    "exec": (4, "{exec}{unique}"),
    "list(exec)": (3, "list({exec}{unique})"),
}
SQLMODEL_ROW = {"exec.first": (4, "{exec}.first()"), "exec.one": (4, "{exec}{unique}.one()")}
QUERY_ROWS = {"all": (7, "{statement}.all()"), "iterated": (4, "{statement}"), "list": (2, "list({statement})")}
QUERY_ROW = {
    "first": (4, "{statement}.first()"),
    "one": (3, "{statement}.one()"),
    "one_or_none": (2, "{statement}.one_or_none()"),
}


def invent_fetching(draft: Draft, file: File, wanted: Wanted, session: str) -> Fetching:
    """What gives the rows, written for a body in this file that has this session."""
    file.uses(MODELS, wanted.root)
    wanted.uses_options(file, draft.schema)
    kinds = {"select": 10, "query": 0 if draft.is_async or draft.is_sqlmodel else 6}
    kinds["exec"] = 14 if draft.is_sqlmodel else 0
    kinds["get"] = 6 if wanted.is_single and wanted.options.join is None else 0
    kind = draft.dice.pick("fetch", kinds)
    if kind == "get":
        return _get(draft, wanted, session)
    lines, statement = _built(draft, _parts(draft, file, wanted, kind), session)
    runs = _runs(draft, wanted, kind)
    template = runs[draft.dice.pick("run", {name: weight for name, (weight, _) in runs.items()})][1]
    sent = {
        method: draft.awaited_inside(f"{session}.{method}({statement})")
        for method in ("execute", "scalars", "scalar", "exec")
    }
    unique = ".unique()" if needs_unique(draft, wanted) else ""
    return Fetching(lines, template.format(row=wanted.row, statement=statement, session=session, unique=unique, **sent))


def needs_unique(draft: Draft, wanted: Wanted) -> bool:
    """Whether collections may be joined: SQLAlchemy wants to hear that the rows are to be merged."""
    sides = (side for link in draft.schema.links for side in link.sides)
    return wanted.options.joins_collection or any(side.lazy == "joined" for side in sides)


def _runs(draft: Draft, wanted: Wanted, kind: str) -> dict[str, tuple[int, str]]:
    if kind == "query":
        return QUERY_ROW if wanted.is_single else QUERY_ROWS
    if kind == "exec":
        return SQLMODEL_ROW if wanted.is_single else SQLMODEL_ROWS
    if wanted.is_single:
        return ROW
    return ROWS | STREAMED if draft.is_async and not needs_unique(draft, wanted) else ROWS


def _parts(draft: Draft, file: File, wanted: Wanted, kind: str) -> list[str]:
    """The statement as a first call and the methods that follow it."""
    dice, root, options = draft.dice, wanted.root, wanted.options
    where = "filter" if kind == "query" else "where"
    if kind != "query":
        file.uses("sqlmodel" if kind == "exec" else "sqlalchemy", "select")
    parts = [f"query({root})" if kind == "query" else f"select({root})"]
    if options.join is not None:
        parts.append(f".join({options.join})")
    if options.expressions:
        parts.append(f".options({_placed(draft, file, wanted)})")
    if wanted.is_single:
        return [*parts, f".{where}({root}.id == 1)"]
    if dice.happens("filter", 30):
        parts.append(f".{where}({dice.one_of((f'{root}.id > 0', f'{root}.name != {chr(34) * 2}'))})")
    if dice.one_of((True, False)):
        parts.append(f".order_by({root}.id)")
    if options.join is None and dice.happens("limit", 30):
        parts.append(".limit(100)")
    return parts


def _placed(draft: Draft, file: File, wanted: Wanted) -> str:
    """The options where they are used, or by a name that stands for them."""
    written = ", ".join(wanted.options.expressions)
    match draft.dice.pick("options are", {"inline": 10, "constant": 2, "function": 3, "starred list": 1}):
        case "constant":
            file.add("", "", f"DETAILS = ({written},)")
            return "*DETAILS"
        case "function":
            file.add_block("def details():", [f"return [{written}]"])
            return "*details()"
        case "starred list":
            return f"*[{written}]"
    return written


def _built(draft: Draft, parts: list[str], session: str) -> tuple[list[str], str]:
    """The statement in one expression, or built in steps."""
    shape = draft.dice.pick("statement", {"expression": 5, "variable": 4, "steps": 4, "conditional": 2})
    name = "statement"
    if parts[0].startswith("query"):
        name, parts = "query", [f"{session}.{parts[0]}", *parts[1:]]
    if shape == "expression":
        return [], "".join(parts)
    if shape == "variable" or len(parts) == 1:
        return [f"{name} = {''.join(parts)}"], name
    lines = [f"{name} = {parts[0]}"]
    for part in parts[1:]:
        if shape == "conditional" and part.startswith((".where", ".filter")):
            lines += ["if session is not None:" if session == "session" else "if self.session is not None:"]
            lines += [f"    {name} = {name}{part}"]
        else:
            lines.append(f"{name} = {name}{part}")
    return lines, name


def _get(draft: Draft, wanted: Wanted, session: str) -> Fetching:
    call = f"{session}.{draft.dice.one_of(('get', 'get_one'))}({wanted.root}, 1"
    if wanted.options.expressions:
        call += f", options=[{', '.join(wanted.options.expressions)}]"
    return Fetching([], draft.awaited(f"{call})"))
