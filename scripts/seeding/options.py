"""Loader options, and `lazy="selectin"` and its like on relationships, taken away one at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from seeding.loaders import EAGER, LINKS, LOADERS, Link, conditions_of, doubt_of, lazy_of, links_of, option_around
from seeding.marks import Mark, Reading
from seeding.mutant import Mutant
from seeding.names import name_of, top_of_chain
from seeding.program import Program, function_around
from seeding.questions import Reads
from seeding.source import Edit, Source

CODES = frozenset({"DBR101"})
RESPONSE_CODES = frozenset({"DBR103"})


def option_mutants(program: Program) -> Iterator[Mutant]:
    """Every link of every loader option, with what hangs on it, and every eager relationship."""
    for source in program.sources:
        if not any(f"{loader}(" in source.text for loader in LOADERS):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and name_of(node.func) in LOADERS:
                yield from _option(program, source, node)
    for source in program.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                yield from _eager_relationships(program, source, node)


def _option(program: Program, source: Source, call: ast.Call) -> Iterator[Mutant]:
    function = function_around(program, source, call)
    links = links_of(program, source, call, function)
    if function is None or links is None:
        if function is not None:
            yield _doubtful(source, call, source.of(call), "its relationship is not written out")
        return
    what = f"`{' > '.join(f'{link.owner}.{link.name}' for link in links)}` from the loader options"
    edit = _removal(source, call, links)
    if edit is None:
        yield _doubtful(source, call, what, "it stands where it cannot be taken out of the text")
        return
    if (doubt := doubt_of(program, function, links)) is not None:
        yield _doubtful(source, call, what, doubt)
        return
    reads = Reads(program, tuple(link.name for link in links), (*(link.owner for link in links), ""))
    seed = _outermost(source, call)
    reads.follow(function, {seed: frozenset({Mark()})}, needed=conditions_of(function, call))
    yield _judged(source, call.lineno, what, reads, edit)


def _judged(source: Source, line: int, what: str, reads: Reads, edit: Edit) -> Mutant:
    """Clear if some reading of the relationship in a loop is beyond doubt."""
    sure = [each for each in reads.readings if each.in_loop and not each.doubt]
    evidence = next((each for each in sure if not each.is_response), None) or next(iter(sure), None)
    if evidence is None:
        doubtful = next((each for each in reads.readings if each.in_loop), None)
        why = _shown(doubtful) + f", {doubtful.doubt}" if doubtful else "nothing is seen to read it in a loop"
        return Mutant("option", source.path, line, what, why, is_clear=False)
    name = reads.path[-1]
    visited = {each.key for each in reads.visited}
    within = {(each.source.path, each.node.lineno, each.node.end_lineno or 0) for each in reads.visited}
    is_response = evidence.is_response
    return Mutant(
        kind="response" if is_response else "option",
        path=source.path,
        line=line,
        what=what,
        why=_shown(evidence),
        is_clear=True,
        edits=((source.path, edit),),
        codes=RESPONSE_CODES if is_response else CODES,
        owns=frozenset(f"{name}@{key}" for key in visited),
        within=tuple(sorted(within)),
        named=(name,),
        read_at=(evidence.function.source.path, evidence.line),
    )


def _shown(reading: Reading) -> str:
    how = "the response of" if reading.is_response else "a loop reads it in"
    return f"{how} {reading.function.name} ({reading.function.source.path}:{reading.line})"


def _doubtful(source: Source, node: ast.expr, what: str, why: str) -> Mutant:
    return Mutant("option", source.path, node.lineno, " ".join(what.split()), why, is_clear=False)


# --- taking it out ------------------------------------------------------------------------


def _outermost(source: Source, call: ast.Call) -> ast.expr:
    """The whole argument that this link is part of."""
    node = top_of_chain(source, call)
    while (around := option_around(source, node)) is not None:
        node = top_of_chain(source, around)
    return node


def _removal(source: Source, call: ast.Call, links: list[Link]) -> Edit | None:
    """The text without this link and what follows in its chain."""
    whole = top_of_chain(source, call)
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        cut = source.without_call(call)
        return replace(cut, end=source.end(whole))
    parent = source.parents.get(whole)
    if isinstance(parent, ast.Call) and whole in parent.args:
        is_options = isinstance(parent.func, ast.Attribute) and parent.func.attr == "options"
        if is_options and len(parent.args) == 1:
            return source.without_call(parent)
        statement = source.parents.get(parent)
        if name_of(parent.func) == "append" and isinstance(statement, ast.Expr):
            return Edit(source.start(statement), source.end(statement), "pass")
        return source.without_item(parent, whole) if is_options else None
    if isinstance(parent, (ast.List, ast.Tuple)):
        return source.without_item(parent, whole) if source.text[source.start(parent)] in "([" else None
    return None


# --- relationships that are eager by declaration -------------------------------------------


def _eager_relationships(program: Program, source: Source, node: ast.ClassDef) -> Iterator[Mutant]:
    for statement in node.body:
        value = getattr(statement, "value", None)
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or not isinstance(value, ast.Call):
            continue
        lazy = lazy_of(value) if (name_of(value.func) or "").lower() in ("relationship", "backref") else None
        if not isinstance(lazy, ast.Constant) or lazy.value not in EAGER:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        name = name_of(target)
        edit = _without_lazy(source, value, lazy)
        if name is None or edit is None or len(program.classes[node.name]) != 1:
            continue
        what = f'`lazy="{lazy.value}"` from `{node.name}.{name}`'
        reads = _readings_of(program, node.name, name)
        yield _judged(source, lazy.lineno, what, reads, edit)


def _without_lazy(source: Source, call: ast.Call, lazy: ast.expr) -> Edit | None:
    for keyword in call.keywords:
        if keyword.value is lazy:
            return source.without_item(call, keyword)
        if isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if value is lazy and key is not None:
                    return source.without_item(keyword.value, key)
    return None


def _readings_of(program: Program, owner: str, name: str) -> Reads:
    """What reads a relationship of the rows of statements that select its class and say nothing of it."""
    reads = Reads(program, (name,), (owner, ""))
    for called in ("select", "query"):
        for function, call in program.calls.get(called, ()):
            if len(call.args) != 1 or name_of(call.args[0]) != owner:
                continue
            if any(
                name_of(n) == name
                for n in ast.walk(function.node)
                if isinstance(n, ast.Attribute) and _is_option(function.source, n)
            ):
                continue
            reads.visited.clear()
            reads.follow(function, {call: frozenset({Mark()})})
            if any(each.in_loop and not each.doubt for each in reads.readings):
                return reads
    return reads


def _is_option(source: Source, node: ast.expr) -> bool:
    parent = source.parents.get(node)
    return isinstance(parent, ast.Call) and name_of(parent.func) in LINKS
