"""Rows that are fetched with their parents beside them: the session holds the parents, if somebody else does."""

from __future__ import annotations

from invented.draft import MODELS, Draft, Wanted
from invented.fetching import Fetching
from invented.layouts import place
from invented.reading import expression
from invented.schema import plural


def can_have_companions(draft: Draft, wanted: Wanted) -> bool:
    """Whether the first step leads to a parent that a statement of its own can bring."""
    first = wanted.path[0]
    leads_to_parent = not first.is_collection and not first.is_parent and first.link.kind != "tree"
    return leads_to_parent and wanted.options.join is None and draft.dice.happens("companions", 15)


def read_with_companions(draft: Draft, wanted: Wanted) -> list[str]:
    """All parents first, or each row as a pair with its parent, or such pairs whose parents are dropped."""
    row, first = wanted.row, wanted.path[0]
    draft.handler.uses(MODELS, first.target)
    draft.handler.uses("sqlalchemy", "select")
    whole = expression(row, wanted.path, row)
    shape = draft.dice.pick("parents are", {"preloaded": 4, "in pairs": 4, "dropped": 2})
    if shape == "preloaded":
        parents = draft.awaited_inside(f"session.scalars(select({first.target}))")
        fetching: Fetching = place(draft, wanted)
        lines = [f"all_{plural(first.target)} = {parents}.unique().all()", *fetching.lines, f"rows = {fetching.value}"]
        return [*lines, f"result = [{whole} for {row} in rows]"]
    draft.handler.uses(MODELS, wanted.root)
    statement = f"select({wanted.root}, {first.target}).join({first})"
    pairs = f"{draft.awaited_inside(f'session.execute({statement})')}.unique().all()"
    if shape == "in pairs":
        return [f"pairs = {pairs}", f"result = [{whole} for {row}, parent in pairs]"]
    return [f"rows = [{row} for {row}, parent in {pairs}]", f"result = [{whole} for {row} in rows]"]
