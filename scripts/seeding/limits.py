"""LIMIT and OFFSET taken from statements whose rows a route answers with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from seeding.flow import SINGLE
from seeding.marks import Mark, Reading
from seeding.mutant import Mutant
from seeding.names import chain, name_of, root, top_of_chain
from seeding.program import Defined, Program, function_around
from seeding.questions import Answers
from seeding.source import Edit, Source

CODES = frozenset({"DBR104"})
_BOUNDS = ("limit", "offset")
_INNER = frozenset({"subquery", "cte", "exists", "scalar_subquery", "as_scalar", "alias", "lateral", "in_"})


@dataclass
class Limited:
    """The calls of one function that bound one statement, and the chains that they stand in."""

    function: Defined
    calls: list[ast.Call] = field(default_factory=list)
    chains: list[ast.expr] = field(default_factory=list)


def limit_mutants(program: Program) -> Iterator[Mutant]:
    """One for each statement with a LIMIT."""
    for source in program.sources:
        if ".limit(" not in source.text:
            continue
        for limited in _statements(program, source):
            bounds = [call for call in limited.calls if name_of(call.func) == "limit"]
            if bounds and not all(_is_one(call) for call in bounds):
                yield _mutant(program, source, limited, bounds[0])


def _statements(program: Program, source: Source) -> Iterator[Limited]:
    found: dict[tuple[str, str], Limited] = {}
    names: dict[ast.expr, str] = {}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in _BOUNDS:
            continue
        function = function_around(program, source, node)
        if function is None or len(node.args) != 1:
            continue
        top = top_of_chain(source, node)
        name = names.setdefault(top, _variable(source, top) or f"line {top.lineno}")
        limited = found.setdefault((function.key, name), Limited(function))
        limited.calls.append(node)
        if top not in limited.chains:
            limited.chains.append(top)
    yield from found.values()


def _variable(source: Source, top: ast.expr) -> str | None:
    """The name of the statement: what the chain is assigned to, or starts with."""
    parent = source.parents.get(top)
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        start = root(top)
        is_result = isinstance(start, ast.Name) and any(name_of(c.func) in ("execute", "all") for c in chain(top))
        return start.id if is_result and isinstance(start, ast.Name) else parent.targets[0].id
    start = root(top)
    return (
        start.id if isinstance(start, ast.Name) and start.id not in ("select", "session", "db", "self", "sa") else None
    )


def _is_one(call: ast.Call) -> bool:
    return isinstance(call.args[0], ast.Constant) and call.args[0].value == 1


def _mutant(program: Program, source: Source, limited: Limited, bound: ast.Call) -> Mutant:
    doubt = _doubt_of(program, source, limited)
    answers = Answers(program)
    if doubt is None:
        seeds = {top: frozenset({Mark()}) for top in limited.chains}
        answers.follow(limited.function, seeds)
        sure = next((each for each in answers.readings if not each.doubt), None)
        if sure is not None:
            return _clear(source, limited, bound, sure, answers)
        some = next(iter(answers.readings), None)
        doubt = f"{some.function.name}: {some.doubt}" if some else "no route is seen to answer with its rows"
    return Mutant("limit", source.path, bound.lineno, _what(source, bound), doubt, is_clear=False)


def _clear(source: Source, limited: Limited, bound: ast.Call, sure: Reading, answers: Answers) -> Mutant:
    within = {(each.source.path, each.node.lineno, each.node.end_lineno or 0) for each in answers.visited}
    return Mutant(
        kind="limit",
        path=source.path,
        line=bound.lineno,
        what=_what(source, bound),
        why=f"the route {sure.function.name} ({sure.function.source.path}:{sure.line}) answers with its rows",
        is_clear=True,
        edits=tuple((source.path, edit) for edit in _edits(source, limited)),
        codes=CODES,
        owns=frozenset(each.key for each in answers.visited),
        within=tuple(sorted(within)),
    )


def _what(source: Source, bound: ast.Call) -> str:
    return f"`.limit({' '.join(source.of(bound.args[0]).split())})` from the statement"


def _edits(source: Source, limited: Limited) -> Iterator[Edit]:
    """One for each chain of calls that follow one another: ``.offset(a).limit(b)`` goes as one."""
    spans = sorted((source.without_call(call) for call in limited.calls), key=lambda edit: edit.start)
    merged: list[Edit] = []
    for edit in spans:
        if merged and edit.start <= merged[-1].end:
            merged[-1] = Edit(merged[-1].start, max(edit.end, merged[-1].end))
        else:
            merged.append(edit)
    yield from merged


def _doubt_of(program: Program, source: Source, limited: Limited) -> str | None:
    """Why an answer with these rows may be bounded without the LIMIT, or why nobody can tell."""
    related = list(_related(source, limited))
    calls = [call for top in related for call in chain(top)]
    if any(name_of(call.func) in _INNER for call in calls):
        return "it is part of another statement"
    if any(name_of(call.func) in SINGLE for top in limited.chains for call in chain(top)):
        return "it fetches one row"
    entities = _entities(program, calls)
    if isinstance(entities, str):
        return entities
    names = {name_of(call.func) for call in calls}
    if "group_by" in names or "yield_per" in names or "with_for_update" in names:
        return "it groups, streams or locks rows"
    for call in calls:
        if name_of(call.func) in ("where", "filter", "filter_by"):
            if (doubt := _bounding(program, call, entities)) is not None:
                return doubt
    return None


def _entities(program: Program, calls: list[ast.Call]) -> set[str] | str:
    """The models that a statement selects, or why they are not known."""
    starts = [call for call in calls if name_of(call.func) in ("select", "query") and call.args]
    if not starts:
        return "its beginning is in another function"
    entities: set[str] = set()
    for selected in (each for start in starts for each in start.args):
        if isinstance(selected, ast.Call):
            return "it selects what a function makes of rows"
        is_column = isinstance(selected, ast.Attribute) and selected.attr not in program.classes
        name = name_of(selected.value if isinstance(selected, ast.Attribute) and is_column else selected)
        if name is None or not program.is_mapped(name):
            return "what it selects is not a model's name"
        entities.add(name)
    return entities


def _related(source: Source, limited: Limited) -> Iterator[ast.expr]:
    """The chains that make the statement: those with its bounds, and those assigned to its name."""
    names = {start.id for top in limited.chains if isinstance(start := root(top), ast.Name)}
    names |= {name for top in limited.chains if (name := _variable(source, top)) is not None}
    yield from limited.chains
    for node in ast.walk(limited.function.node):
        if isinstance(node, ast.Assign) and any(name_of(target) in names for target in node.targets):
            if node.value not in limited.chains:
                yield node.value
    for top in limited.chains:
        for inner in ast.walk(top):
            if isinstance(inner, ast.Call) and name_of(inner.func) in ("select", "query"):
                yield top_of_chain(source, inner)


def _bounding(program: Program, call: ast.Call, entities: set[str]) -> str | None:
    keywords = [(None, keyword.arg) for keyword in call.keywords if keyword.arg]
    compared = [
        (name_of(node.left.value), node.left.attr)
        for argument in call.args
        for node in ast.walk(argument)
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and isinstance(node.ops[0], ast.Eq)
    ]
    for owner, column in [*keywords, *compared]:
        for entity in entities:
            if owner in (None, entity) and _is_unique(program, entity, column):
                return f"it asks for one `{column}`"
    for argument in call.args:
        for node in ast.walk(argument):
            if isinstance(node, ast.Call) and name_of(node.func) == "in_":
                return "it asks for a list of keys"
            if isinstance(argument, ast.Starred):
                return "its conditions are made elsewhere"
    return None


def _is_unique(program: Program, entity: str, column: str) -> bool:
    found = program.member(entity, column)
    value = getattr(found[1], "value", None) if found else None
    if isinstance(value, ast.Call):
        marks = [k for k in value.keywords if k.arg in ("primary_key", "unique")]
        return any(isinstance(k.value, ast.Constant) and k.value.value is True for k in marks) or column == "id"
    return column == "id"
