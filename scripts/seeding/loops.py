"""Reading statements, and calls of functions that run one, put into loops.

    user = session.get(User, user_id)              for seeded_item in seeded_items():
                                                       user = session.get(User, seeded_item)

The filter's value becomes the loop's variable, so that each pass asks for something else. In a path operation
`seeded_items` is a new parameter, a list that clients send. Elsewhere it is a function added to the file's end that
reads a list from the environment: no caller has to change, and the length is unknown. A `return` in a loop would end
it, so that its value gets a name first. Assignments that make the statement go into the loop with it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from seeding.mutant import Mutant
from seeding.names import chain, name_of
from seeding.program import Defined, Program
from seeding.queries import Query, block_of, is_fixed, own, queries, statement_of, writes
from seeding.source import Edit, Source

CODES = frozenset({"DBR102"})
ITEM, ITEMS = "seeded_item", "seeded_items"
HELPER = f'''

def {ITEMS}() -> list[str]:
    """As many as the environment asks for."""
    import json
    import os

    asked: list[str] = json.loads(os.environ["SEEDED_ITEMS"])
    return asked
'''
_KEPT = re.compile(r"cache|memo|retry", re.IGNORECASE)


def loop_mutants(program: Program) -> Iterator[Mutant]:
    """One for each statement that runs one query that looks for a value, itself or in a function it calls."""
    direct = {
        function.key: {id(query.call): query for query in queries(program, function)}
        for function in program.all_functions()
    }
    repositories = {
        function.key: parameter
        for function in program.all_functions()
        if (parameter := _asked_by(function, list(direct[function.key].values()))) is not None
    }
    for function in sorted(program.all_functions(), key=lambda each: (each.source.path, each.node.lineno)):
        for query in direct[function.key].values():
            yield _mutant(program, function, query, "the statement")
        yield from _calls(program, function, repositories)


# --- calls of functions that run one --------------------------------------------------------


def _asked_by(function: Defined, run: list[Query]) -> str | None:
    """The parameter by whose value a function's only query looks rows up, whatever else the function is given."""
    if len(run) != 1 or _is_kept(function) or writes(function.node):
        return None
    (query,) = run
    if any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in own(function.node)):
        return None
    for above in function.source.above(query.call):
        if isinstance(
            above, (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.comprehension, ast.ExceptHandler)
        ):
            return None
        if above is function.node:
            break
    name = query.value.id if isinstance(query.value, ast.Name) else None
    everything = [*function.parameters, *(each.arg for each in function.node.args.kwonlyargs)]
    return name if name in everything else None


def _calls(program: Program, function: Defined, repositories: dict[str, str]) -> Iterator[Mutant]:
    for node in own(function.node):
        if not isinstance(node, ast.Call):
            continue
        called = program.called(function.source, node, function)
        if called is None or called is function or (asked := repositories.get(called.key)) is None:
            continue
        given = dict(zip(called.parameters, node.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        is_splat = any(isinstance(each, ast.Starred) for each in node.args) or any(k.arg is None for k in node.keywords)
        if asked in given and not is_splat and not is_fixed(given[asked]):
            yield _mutant(program, function, Query(node, given[asked]), f"the call of `{called.name}`")


# --- the loop -------------------------------------------------------------------------------


def _mutant(program: Program, function: Defined, query: Query, what: str) -> Mutant:
    source = function.source
    what = f"{what} `{_short(source.of(query.call))}` in a loop over the values of `{_short(source.of(query.value))}`"
    line = query.call.lineno
    doubt = _doubt_of(function, query)
    edits = _edits(function, query) if doubt is None else None
    if edits is None:
        why = doubt or "it stands where no loop can be put around it"
        return Mutant("loop", source.path, line, what, why, is_clear=False)
    marker = next(edit.start for edit in edits if f"for {ITEM} in" in edit.text)
    return Mutant(
        kind="loop",
        path=source.path,
        line=line,
        what=what,
        why="each pass looks for another value",
        is_clear=True,
        edits=tuple((source.path, edit) for edit in edits),
        codes=CODES,
        owns=frozenset({function.key}),
        provides=frozenset({function.name, function.key}),
        reads=frozenset(_called(program, function)),
        marker=marker,
    )


def _called(program: Program, function: Defined) -> Iterator[str]:
    """What tells the functions that a function calls: each by its place, or by its name where it could be several."""
    for node in own(function.node):
        if isinstance(node, ast.Call) and (name := name_of(node.func)) in program.functions:
            called = program.called(function.source, node, function)
            yield called.key if called is not None else str(name)


def _doubt_of(function: Defined, query: Query) -> str | None:
    for above in function.source.above(query.call):
        if isinstance(above, (ast.For, ast.AsyncFor, ast.While, ast.comprehension)):
            return "it is in a loop already"
        if isinstance(above, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return "it is in a loop already"
        if isinstance(above, ast.ExceptHandler):
            return "it handles an error"
        if above is function.node:
            break
    last = statement_of(function.source, query.call)
    block = block_of(function.source, last) or []
    if last is not None and any(isinstance(each, ast.Raise) for each in block[block.index(last) :] if block):
        return "it handles an error"
    if _is_kept(function):
        return "its function keeps results, or tries again"
    if any(name_of(call.func) in ("with_for_update", "yield_per") for call in chain(query.call)):
        return "it locks or streams rows"
    return None


def _edits(function: Defined, query: Query) -> list[Edit] | None:
    """The loop's head above the statements, these one level deeper, and the loop's variable in the filter."""
    source = function.source
    last = statement_of(source, query.call)
    if not isinstance(last, (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return)) or source.parents.get(last) is None:
        return None
    statements = [*query.made_by, last]
    if any(not _is_alone(source, each) for each in statements):
        return None
    more, items = _head(function)
    indent = " " * statements[0].col_offset
    leads = [f"for {ITEM} in {items}:\n{indent}    ", *["    "] * (len(statements) - 1)]
    edits = [Edit(source.start(each), source.start(each), lead) for each, lead in zip(statements, leads, strict=True)]
    if isinstance(last, ast.Return):
        start, end = (
            source.start(last),
            source.offset(last.end_lineno or 0, len(source.lines[(last.end_lineno or 1) - 1])),
        )
        edits[-1] = Edit(start, start + len("return"), f"{leads[-1]}seeded_found =")
        edits.append(Edit(end, end, f"\n{indent}return seeded_found"))
    edits.append(Edit(source.start(query.value), source.end(query.value), ITEM))
    return _merged([*edits, *more])


def _merged(edits: list[Edit]) -> list[Edit] | None:
    """In order, those that begin at one place as one; None where they overlap."""
    result: list[Edit] = []
    for edit in sorted(edits):
        if result and result[-1].end > edit.start:
            return None
        if result and result[-1].start == edit.start:
            result[-1] = Edit(edit.start, edit.end, result[-1].text + edit.text)
        else:
            result.append(edit)
    return result


def _head(function: Defined) -> tuple[list[Edit], str]:
    """What else has to change, and what the loop goes over."""
    source = function.source
    if function.route is not None:
        added = source.parameter_added(function.node, f"{ITEMS}: list[str]")
        if added is not None:
            return [added], ITEMS
    end = len(source.text)
    return [Edit(end, end, HELPER)], f"{ITEMS}()"


def _is_alone(source: Source, statement: ast.stmt) -> bool:
    """Whether a statement has its lines for itself."""
    before = source.text[source.offset(statement.lineno, 0) : source.start(statement)]
    end_line = statement.end_lineno or statement.lineno
    after = source.text[source.end(statement) : source.offset(end_line, len(source.lines[end_line - 1]))].strip()
    return not before.strip(" ") and (not after or after.startswith("#"))


def _is_kept(function: Defined) -> bool:
    decorators = " ".join(ast.unparse(each) for each in function.node.decorator_list)
    return _KEPT.search(f"{decorators} {function.name}") is not None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:87]}..."
