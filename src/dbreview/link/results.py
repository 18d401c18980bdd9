"""How the rows of a statement are read: what is thrown away, only counted, or must be merged first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import SURENESS, Confidence, Place
from dbreview.frameworks import naming, selectivity, sqlalchemy
from dbreview.link import bounds
from dbreview.link.events import CountEvent, ReadEvent
from dbreview.link.loops import fetch_of
from dbreview.link.syntax import dotted_name, walk
from dbreview.link.values import ClassValue, Fetch, Items, Load, Result, Statement, Value
from dbreview.project import CountByFetching, DiscardedRows, Relationship, Role, RowsNotMerged, Table

if TYPE_CHECKING:
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter
    from dbreview.link.names import ClassRef, FunctionRef


_TELLS_ONE = selectivity.TELLING - {"id"}
"""Last words of the names of columns of which each value is in one row, or few, with or without a constraint."""

_E = TypeVar("_E", ReadEvent, CountEvent)

# --- noting what functions do -------------------------------------------------------------


def note_read(frame: Frame, result: Result, method: str, at: Place) -> None:
    """Remember that rows of a result are read by ``method`` (``iteration``, where a loop takes them)."""
    if result.fetch.statement is not None and method in sqlalchemy.READING_RESULT:
        event = ReadEvent(at, result.fetch, method, result.is_unique, frame.interpreter.is_request)
        frame.interpreter.events.row_reads.setdefault((at, method, result.fetch.statement), event)


def note_length(frame: Frame, counted: Expression, value: Value, at: Place) -> None:
    """``len(rows)``: counting, if nothing else is done with the rows."""
    if (fetch := _only_counted(frame, counted, value)) is not None:
        event = CountEvent(at, fetch, "count", frame.ref, frame.interpreter.is_request)
        frame.interpreter.events.counts.setdefault(at, event)


def note_sum(frame: Frame, summed: Expression, value: Value, at: Place) -> None:
    """``sum(1 for _ in rows)`` is a way to count."""
    if (counted := _counted_by_sum(summed)) is not None:
        note_length(frame, counted, value, at)


def _counted_by_sum(summed: Expression) -> Expression | None:
    match summed:
        case facts.Comprehension(element=facts.Constant(1), clauses=(facts.Clause(conditions=()) as clause,)):
            return clause.iterable
    return None


def note_test(frame: Frame, test: Expression, value: Value) -> None:
    """``if rows:`` asks whether there is a row, if nothing else is done with the rows."""
    if isinstance(test, facts.BooleanOperation):
        for side in (test.left, test.right):
            if isinstance(side, facts.Name | facts.BooleanOperation):
                note_test(frame, side, frame.lookup(side.id) if isinstance(side, facts.Name) else None)
    tested = test.target if isinstance(test, facts.NamedExpression) else test
    if (fetch := _only_counted(frame, tested, value)) is not None:
        at = frame.place(tested.at)
        event = CountEvent(at, fetch, "exists", frame.ref, frame.interpreter.is_request)
        frame.interpreter.events.counts.setdefault(at, event)


def note_comparison(frame: Frame, comparison: facts.Comparison) -> None:
    """``len(rows) > 0`` asks whether there is a row."""
    match comparison:
        case facts.Comparison(facts.Call(facts.Name("len"), at=span), (_,), (facts.Constant(0 | 1),)):
            at = frame.place(span)
            if (event := frame.interpreter.events.counts.get(at)) is not None:
                frame.interpreter.events.counts[at] = replace(event, purpose="exists")


def _only_counted(frame: Frame, expression: Expression, value: Value) -> Fetch | None:
    """The statement whose rows an expression holds, if counting them (or testing for one) is all that is done."""
    fetch = fetch_of(value)
    if not isinstance(value, Items) or value.is_part or fetch is None or fetch.statement is None:
        return None
    if fetch.statement.is_locking or fetch.at in frame.interpreter.events.kept:
        return None
    if not bounds.is_unbounded(fetch.statement, frame.interpreter.models):
        return None
    if isinstance(expression, facts.Name):
        return fetch if _is_read_for_length_only(frame, expression.id) else None
    inner = expression.value if isinstance(expression, facts.Await) else expression
    return fetch if isinstance(inner, facts.Call) else None


def _is_read_for_length_only(frame: Frame, name: str) -> bool:
    """Whether a local variable is assigned once, from a call, and read by ``len`` and in tests only."""
    if frame.ref is None or frame.env.get(name) is None:
        return False
    body = frame.ref.facts.body
    assigned = [s for s in walk(body, into_functions=True) if isinstance(s, _ASSIGNING)]
    values = [s.value for s in assigned if name in _targets(s)]
    if len(values) != 1 or not isinstance(values[0], facts.Call | facts.Await):
        return False
    reads = sum(isinstance(node, facts.Name) and node.id == name for node in walk(body, into_functions=True)) - 1
    return reads == sum(_lengths(name, node) for node in walk(body, into_functions=True))


_ASSIGNING = facts.Assign | facts.AnnotatedAssign | facts.NamedExpression


def _targets(statement: facts.Assign | facts.AnnotatedAssign | facts.NamedExpression) -> list[str | None]:
    targets = statement.targets if isinstance(statement, facts.Assign) else (statement.target,)
    return [dotted_name(target) for target in targets]


def _lengths(name: str, node: object) -> int:
    """How often ``name`` is read in a node itself by ``len`` or as a test."""
    match node:
        case facts.Call(facts.Name("len"), (facts.Argument(value=facts.Name(counted)),)):
            return counted == name
        case facts.Call(facts.Name("sum"), (facts.Argument(value=summed),)):
            iterated = _counted_by_sum(summed)
            return iterated is not None and dotted_name(iterated) == name
        case facts.UnaryOperation("not", facts.Name(negated)):
            return negated == name
        case facts.Call(facts.Name("bool"), (facts.Argument(value=facts.Name(asked)),)):
            return asked == name
        case facts.If(test) | facts.Conditional(test):
            return _tests(name, test)
    return 0


def _tests(name: str, test: Expression) -> int:
    match test:
        case facts.Name(tested):
            return tested == name
        case facts.BooleanOperation(left, _, right):
            return _tests(name, left) + _tests(name, right)
    return 0


# --- what it amounts to -------------------------------------------------------------------


def discarded_rows(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[DiscardedRows]:
    """Where all rows that match are fetched and one of them is kept, each place once, by its surest reading."""
    surest: dict[Place, DiscardedRows] = {}
    for found in _discarded(interpreter, roles):
        known = surest.get(found.at)
        if known is None or SURENESS[found.confidence] < SURENESS[known.confidence]:
            surest[found.at] = found
    yield from surest.values()


def _discarded(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[DiscardedRows]:
    for event in _in_application(interpreter.events.row_reads.values(), roles):
        statement = event.fetch.statement
        if event.method not in sqlalchemy.FIRST_FROM_RESULT or statement is None:
            continue
        entity = bounds.entity_of(statement)
        table = interpreter.models.table(entity.ref) if entity is not None else None
        if entity is None or table is None or not table.is_fully_known:
            continue
        if not bounds.is_unbounded(statement, interpreter.models):
            continue
        equal = tuple(sorted({c.attribute.name for c in statement.conditions if c.operator == "=="}))
        if (statement.has_unknown_filter and not statement.is_ordered) or _is_found_by_another(interpreter, statement):
            continue
        if any(naming.last_word(name) in _TELLS_ONE for name in equal) or _has_partial_key(table, equal):
            continue
        yield DiscardedRows(
            event.at,
            bounds.query_of(statement, event.fetch.at),
            event.method,
            equal,
            statement.is_ordered,
            _sureness_of_many(statement, table, equal),
        )


def _is_found_by_another(interpreter: Interpreter, statement: Statement) -> bool:
    """Whether a row of a joined table is given by its key, which leads to one row, or to few."""
    models = {c.attribute.model for c in statement.conditions}
    return any(
        bounds.has_unique_key(replace(statement, selected=(ClassValue(model),)), interpreter.models) for model in models
    )


def _has_partial_key(table: Table, equal: tuple[str, ...]) -> bool:
    """Whether the values are unique among some of the rows."""
    given = {column.name for column in table.columns if column.attribute in equal}
    return any(index.is_unique and index.is_partial and set(index.columns) <= given for index in table.indexes)


def _sureness_of_many(statement: Statement, table: Table, equal: tuple[str, ...]) -> Confidence:
    """How sure it is that more than a few rows match."""
    if statement.is_locking:
        return "low"  # a limit may change which rows are locked
    if statement.is_ordered:
        return "medium" if statement.is_narrowed or equal else "high"
    if statement.is_narrowed or len(equal) > 1:
        return "low"
    if not statement.conditions:
        return "low"  # as a rule a table of one row
    keys = {name for key in table.foreign_keys for name in key.columns}
    columns = {column.attribute: column.name for column in table.columns}
    return "medium" if all(columns.get(name) in keys for name in equal) else "low"


def counts_by_fetching(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[CountByFetching]:
    """Where rows are fetched for their number; once per function and statement: where they are counted, if they are."""
    by_fetch: dict[tuple[Place, FunctionRef | None], CountEvent] = {}
    for event in _in_application(interpreter.events.counts.values(), roles):
        known = by_fetch.get((event.fetch.at, event.function))
        if known is None or (known.purpose, event.purpose) == ("exists", "count"):
            by_fetch[event.fetch.at, event.function] = event
    for event in sorted(by_fetch.values(), key=lambda each: each.at):
        query = bounds.query_of(event.fetch.statement, event.fetch.at)
        if query.entity is not None:
            confidence: Confidence = "high" if event.is_request else "medium"
            is_async = event.fetch.session.kind == "async"
            statement = event.fetch.statement
            is_joined = statement is not None and statement.is_narrowed
            yield CountByFetching(event.at, query, event.purpose, is_async, is_joined, confidence)


def rows_not_merged(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[RowsNotMerged]:
    """Where the rows of a joined collection are read as if each were an object of its own, each place once."""
    told: set[Place] = set()
    for event in _in_application(interpreter.events.row_reads.values(), roles):
        statement = event.fetch.statement
        if statement is None or event.is_unique or event.method in sqlalchemy.FIRST_FROM_RESULT:
            continue
        found = _joined_collection(interpreter, statement)
        if found is not None and event.at not in told:
            told.add(event.at)
            relationship, loader = found
            query = bounds.query_of(statement, event.fetch.at)
            yield RowsNotMerged(event.at, relationship, query, loader, event.method, "high")


def _joined_collection(interpreter: Interpreter, statement: Statement) -> tuple[Relationship, str] | None:
    """The collection that a statement of entities joins, and what joins it."""
    for load in sorted(statement.loads, key=lambda load: (len(load.path), load.path)):
        if _is_joined_to(load, statement):
            relationship = _collection_on(interpreter, load, statement)
            if relationship is not None:
                return relationship, load.name
    if statement.is_opaque:
        return None
    overruled = {load.path[0] for load in statement.loads if load.path}
    if "*" in overruled:
        return None
    roots = [value.ref for value in statement.selected if isinstance(value, ClassValue)]
    joined = [_end_of(interpreter, load, statement) for load in statement.loads if _is_joined_to(load, statement)]
    for model in (*roots, *(model for model in joined if model is not None)):
        found = _joined_as_declared(interpreter, (model,), overruled if model in roots else set())
        if found is not None:
            return found, 'lazy="joined"'
    return None


def _joined_as_declared(
    interpreter: Interpreter, path: tuple[ClassRef, ...], overruled: set[str]
) -> Relationship | None:
    """A collection with ``lazy="joined"``, of the path's last class or of what that one joins by declaration."""
    for name, relationship in sorted(interpreter.models.relationships(path[-1]).items()):
        target = interpreter.models.target(relationship)
        if relationship.lazy != "joined" or name in overruled or target is None or target in path:
            continue
        if relationship.is_collection:
            return relationship
        found = _joined_as_declared(interpreter, (*path, target), set())
        if found is not None:
            return found
    return None


def _is_joined_to(load: Load, statement: Statement) -> bool:
    return load.name in sqlalchemy.JOINING_LOADERS and _is_joined(load, statement)


def _end_of(interpreter: Interpreter, load: Load, statement: Statement) -> ClassRef | None:
    """The class that a loader's path leads to."""
    model: ClassRef | None = load.model or statement.model
    for name in load.path:
        relationship = interpreter.models.relationship(model, name) if model is not None else None
        model = interpreter.models.target(relationship) if relationship is not None else None
    return model


def _is_joined(load: Load, statement: Statement) -> bool:
    """Whether every step that leads to a loader's last one joins as well: else that one is a statement of its own."""
    joined = {each.path for each in statement.loads if each.name in sqlalchemy.JOINING_LOADERS}
    return all(load.path[:length] in joined for length in range(1, len(load.path)))


def _collection_on(interpreter: Interpreter, load: Load, statement: Statement) -> Relationship | None:
    """The collection among the relationships on a loader's path."""
    selected = [value.ref for value in statement.selected if isinstance(value, ClassValue)]
    model: ClassRef | None = load.model or statement.model
    if model is None or not any(interpreter.classes.are_related(model, each) for each in selected):
        return None
    for name in load.path:
        relationship = interpreter.models.relationship(model, name) if model is not None else None
        if relationship is None or relationship.is_collection:
            return relationship
        model = interpreter.models.target(relationship)
    return None


def _in_application(events: Iterable[_E], roles: Mapping[str, Role]) -> Iterator[_E]:
    yield from sorted((e for e in events if roles.get(e.at.filename) == "application"), key=lambda e: e.at)
