"""Queries that a loop repeats, and their better selves: a lookup for each key, hoisted, batched, cached."""

from __future__ import annotations

from dataclasses import dataclass

from invented.draft import MODELS, Draft
from invented.schema import snake
from invented.source import File

LOOPS = {
    "for": (
        8,
        """
result = []
for {item} in {keys}:
    found = {found}
    result.append(found)
""",
    ),
    "comprehension": (6, "result = [{found} for {item} in {keys}]"),
    "dict": (4, "result = {{{key}: {found} for {item} in {keys}}}"),
    "queue": (
        2,
        """
queue = list({keys})
result = []
while queue:
    {item} = queue.pop()
    result.append({found})
""",
    ),
    "hoisted": (
        4,
        """
found = {first}
result = [({key}, found) for {item} in {keys}]
""",
    ),
    "invariant": (2, "result = [({key}, {first}) for {item} in {keys}]"),
    "first hit": (
        2,
        """
for {item} in {keys}:
    found = {found}
    if found:
        return {{"result": "found"}}
result = []
""",
    ),
    "cached": (
        2,
        """
known = {{}}
for {item} in {keys}:
    if {key} not in known:
        known[{key}] = {found}
result = known
""",
    ),
    "constant keys": (
        2,
        """
result = []
for number in (1, 2, 3):
    result.append({numbered})
""",
    ),
    "batched": (5, "result = {batch}"),
    "chunked": (
        3,
        """
wanted = [{key} for {item} in {keys}]
result = []
for start in range(0, len(wanted), 100):
    result += {chunk}
""",
    ),
}
QUERIES = {
    "get": (6, "{session}.get({target}, {key})", ""),
    "scalar": (5, "{session}.scalar(select({target}).where({condition}))", ""),
    "scalars": (4, "{session}.scalars(select({target}).where({condition}))", ".unique().all()"),
    "execute": (3, "{session}.execute(select({target}).where({condition}))", ".unique().scalars().all()"),
    "count": (3, "{session}.scalar(select(func.count()).select_from({target}).where({condition}))", ""),
    "exec": (5, "{session}.exec(select({target}).where({condition}))", ".unique().all()"),
    "query.first": (4, "{session}.query({target}).filter({condition}).first()", ""),
    "query.all": (3, "{session}.query({target}).filter({condition}).all()", ""),
    "query.count": (3, "{session}.query({target}).filter({condition}).count()", ""),
}


def invent_lookups(draft: Draft) -> list[str]:
    """The body of a handler that looks rows up by the keys that it gets, or by those of rows."""
    dice, schema = draft.dice, draft.schema
    links = [link for link in schema.links if link.kind in ("one to many", "one to one")]
    source = dice.pick("keys", {"argument": 5, "rows": 5 if links else 0, "own keys of rows": 2})
    walked = target = dice.one_of(schema.models)
    column = key = "id"
    if source == "rows":
        link = dice.one_of(links)
        walked, target, key = link.child, link.parent, link.key
        if dice.happens("children of each", 40):
            walked, target, column, key = link.parent, link.child, link.key, "id"
    lines, keys, item = ["keys = ids"], "keys", "key"
    if source != "argument":
        lines, keys, item = _all_rows(draft, walked), f"all_{snake(walked)}", snake(walked)
        key = f"{item}.{key}"
    else:
        key = "key"
    held = schema.brought_with([walked], [f"{walked}.{snake(target)}"]) if source == "rows" else set()
    can_get = column == "id" and target not in held
    lookup = _invent_lookup(draft, target, column, can_get=can_get)
    shape = dice.pick("lookup", {name: weight for name, (weight, _) in LOOPS.items()})
    written = LOOPS[shape][1].format(
        item=item,
        keys=keys,
        key=key,
        found=lookup.written(draft, key),
        first=lookup.written(draft, "1"),
        numbered=lookup.written(draft, "number"),
        batch=_many(draft, target, column, f"[{key} for {item} in {keys}]"),
        chunk=_many(draft, target, column, "wanted[start : start + 100]"),
    )
    return [*lines, *written.strip().split("\n")]


def _all_rows(draft: Draft, model: str) -> list[str]:
    run = draft.awaited_inside(f"session.scalars(select({model}).order_by({model}.id))")
    draft.handler.uses(MODELS, model)
    draft.handler.uses("sqlalchemy", "select")
    return [f"all_{snake(model)} = {run}.unique().all()"]


def _many(draft: Draft, target: str, column: str, keys: str) -> str:
    """One statement for all keys."""
    draft.handler.uses("sqlalchemy", "select")
    draft.handler.uses(MODELS, target)
    run = f"session.scalars(select({target}).where({target}.{column}.in_({keys})))"
    return f"{draft.awaited_inside(run)}.unique().all()"


@dataclass(frozen=True)
class _Lookup:
    """One row, or some rows, of a model by a key: written in place, in a function or in a repository."""

    target: str
    column: str
    query: str
    place: str

    def written(self, draft: Draft, key: str) -> str:
        if self.place == "inline":
            return self._query(draft, draft.handler, "session", key)
        call = "look_up(session, {})" if self.place == "function" else "Lookups(session).look_up({})"
        return draft.awaited(call.format(key))

    def write(self, draft: Draft) -> None:
        """The function or the repository."""
        file, name = draft.files["app/lookups.py"], "look_up"
        head = [f"{draft.define} look_up({draft.session(file)}, key: int):"]
        if self.place == "function":
            file.add_block(head[0], [f"return {self._query(draft, file, 'session', 'key')}"])
        else:
            name = "Lookups"
            head = [f"def __init__(self, {draft.session(file)}) -> None:", "    self.session = session", ""]
            body = [f"{draft.define} look_up(self, key: int):"]
            body.append(f"    return {self._query(draft, file, 'self.session', 'key')}")
            file.add_block("class Lookups:", [*head, *body])
        draft.handler.uses("app.lookups", name)

    def _query(self, draft: Draft, file: File, session: str, key: str) -> str:
        _, template, rest = QUERIES[self.query]
        file.uses(MODELS, self.target)
        if "select(" in template:
            file.uses("sqlmodel" if self.query == "exec" else "sqlalchemy", "select")
        if "func." in template:
            file.uses("sqlalchemy", "func")
        condition = f"{self.target}.{self.column} == {key}"
        written = template.format(session=session, target=self.target, key=key, condition=condition)
        return f"{draft.awaited_inside(written)}{rest}"


def _invent_lookup(draft: Draft, target: str, column: str, *, can_get: bool) -> _Lookup:
    """``get`` sends nothing for rows that came with others already."""
    weights = {name: weight for name, (weight, _, _) in QUERIES.items()}
    if not can_get:
        del weights["get"]
    if not draft.is_sqlmodel:
        del weights["exec"]
    if draft.is_async or draft.is_sqlmodel:
        weights = {name: weight for name, weight in weights.items() if not name.startswith("query")}
    query = draft.dice.pick("query", weights)
    lookup = _Lookup(target, column, query, draft.dice.pick("lookup is", {"inline": 5, "function": 4, "repository": 4}))
    if lookup.place != "inline":
        lookup.write(draft)
    return lookup
