"""Read every function, requests first, and put what was found into the project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dbreview.facts import Unreadable
from dbreview.finding import SURENESS, Confidence, Place
from dbreview.frameworks import sqlalchemy
from dbreview.link import bounds, client, filters, loading, paging, responses, results, validating
from dbreview.link.caches.cached_objects import cached_objects
from dbreview.link.coroutines import expiry, tasks
from dbreview.link.creating.creations import schema_creations
from dbreview.link.dialects import enforces_sqlite_keys, find_dialects
from dbreview.link.drivers import first_rows, rewriting
from dbreview.link.engines import engines, misfits, pooling
from dbreview.link.engines.credentials import hard_coded_credentials
from dbreview.link.engines.per_request import engines_per_request
from dbreview.link.events import BlockEvent, LoadEvent, RepeatEvent
from dbreview.link.exposure.exposing import Exposing
from dbreview.link.injection.injected import injected_sql
from dbreview.link.interpret import Interpreter, Outcome
from dbreview.link.lifetimes import committing, outliving
from dbreview.link.lifetimes.factories import expiring_sessions
from dbreview.link.lifetimes.injecting import own_sessions
from dbreview.link.lifetimes.leaks import leaked_sessions
from dbreview.link.lifetimes.sessions import global_sessions, read_state
from dbreview.link.lookups import lookups_of
from dbreview.link.migrations.histories import read_migrations
from dbreview.link.names import FunctionRef
from dbreview.link.routes import FoundRoute, RouteFinder
from dbreview.link.schema.application import models_of, tables_of, unknown_of
from dbreview.link.secrets import has_hashing
from dbreview.link.transactions import inserting, transactions, writing
from dbreview.link.transactions.repeated_writes import repeated_writes
from dbreview.link.understanding import understanding_of
from dbreview.link.values import TORTOISE, Aggregate, Attribute, ClassValue, Statement, Value
from dbreview.project import (
    BlockingCall,
    Conventions,
    LazyLoad,
    Project,
    RepeatedQuery,
    Role,
    SecretWrite,
    UnboundedResponse,
    Wanted,
)

_TAKING_ONE = sqlalchemy.ONE_FROM_RESULT | sqlalchemy.SCALAR_FROM_RESULT
_FAR = 6
"""The number of calls beyond which nobody is sure any more that each of them is made in every request."""


def assemble(
    interpreter: Interpreter,
    roles: dict[str, Role],
    unreadable: tuple[Unreadable, ...],
    conventions: Conventions,
) -> Project:
    """The linked project. Reads all functions of the application on the way."""
    found = [f for f in RouteFinder(interpreter).find() if roles.get(f.ref.path) != "test"]
    outcomes = _read_requests(interpreter, found)
    _read_the_rest(interpreter, roles)
    local = [f for f in interpreter.local_routes.values() if f.ref not in outcomes]
    outcomes |= _read_local_routes(interpreter, local)
    found = [*found, *local]
    shared = {
        g.at: g for g in sorted(set(global_sessions(interpreter, roles)), key=lambda g: (g.at, g.name), reverse=True)
    }
    shared = dict(sorted(shared.items()))
    engines.read_modules(interpreter, roles)
    dialects = find_dialects(interpreter.names, roles, conventions)
    per_request = engines_per_request(interpreter, found, outcomes, roles)
    impossible = tuple(misfits.impossible_engines(interpreter, roles, conventions.versions.get("sqlalchemy")))
    told = {each.at for each in per_request} | {each.at for each in impossible}
    unbounded = tuple(_unbounded_responses(interpreter, found, outcomes))
    schema = assemble_schema(interpreter, roles, unreadable, conventions)
    exposing = Exposing(interpreter, found, outcomes, roles, conventions.versions)
    return replace(
        schema,
        enforces_sqlite_keys=enforces_sqlite_keys(interpreter.names, roles),
        lookups=tuple(lookups_of(interpreter, roles)),
        secret_writes=tuple(
            SecretWrite(at, ref.dotted, name, is_plain)
            for (at, ref, name), is_plain in sorted(
                interpreter.events.secrets.items(), key=lambda item: (item[0][0], item[0][2])
            )
        ),
        has_hashing=has_hashing(interpreter.names),
        deleted_models=frozenset(ref.dotted for ref in interpreter.events.deleted_objects),
        routes=tuple(f.route for f in found),
        lazy_responses=tuple(validating.lazy_responses(interpreter, roles)),
        lazy_loads=tuple(_lazy_loads(interpreter)),
        repeated_queries=tuple(_repeated_queries(interpreter)),
        unbounded_responses=unbounded,
        # That a limit is off by default says more than that it may be large.
        unbounded_page_sizes=tuple(
            size
            for size in paging.unbounded_page_sizes(interpreter, roles)
            if not any(size.query.at == each.query.at and size.parameter == each.parameter for each in unbounded)
        ),
        unordered_pages=tuple(paging.unordered_pages(interpreter, roles)),
        discarded_rows=(*results.discarded_rows(interpreter, roles), *first_rows.discarded(interpreter, roles)),
        counts_by_fetching=tuple(results.counts_by_fetching(interpreter, roles)),
        rows_not_merged=tuple(results.rows_not_merged(interpreter, roles)),
        python_operators=tuple(filters.python_operators(interpreter, roles)),
        blocking_calls=tuple(_blocking_calls(interpreter, found)),
        global_sessions=tuple(shared.values()),
        leaked_sessions=tuple(leak for leak in leaked_sessions(interpreter, roles) if leak.at not in shared),
        shared_sessions=tuple(tasks.shared_sessions(interpreter, roles)),
        missing_awaits=tuple(tasks.missing_awaits(interpreter, roles)),
        forbidden_loads=tuple(expiry.forbidden_loads(interpreter, roles)),
        repeated_writes=tuple(repeated_writes(interpreter, roles)),
        lost_updates=(*writing.lost_updates(interpreter, roles), *rewriting.lost_updates(interpreter, roles)),
        checks_then_inserts=tuple(inserting.checks_then_inserts(interpreter, roles, schema.tables)),
        split_transactions=tuple(transactions.split_transactions(interpreter, roles)),
        missing_rollbacks=tuple(transactions.missing_rollbacks(interpreter, roles, dialects)),
        own_sessions=tuple(own_sessions(interpreter, found, roles)),
        expiring_sessions=tuple(expiring_sessions(interpreter, roles)),
        hard_coded_credentials=tuple(hard_coded_credentials(interpreter, roles)),
        commits_after_response=tuple(
            committing.commits_after_response(interpreter, found, outcomes, roles, conventions.versions.get("fastapi"))
        ),
        sessions_in_tasks=tuple(outliving.sessions_in_tasks(interpreter, roles, conventions.versions.get("fastapi"))),
        engines_per_request=per_request,
        impossible_engines=impossible,
        unpooled_engines=tuple(pooling.unpooled_engines(interpreter, roles, conventions, dialects)) if found else (),
        unchecked_pools=tuple(pooling.unchecked_pools(interpreter, roles, dialects, told)),
        echoing_engines=tuple(pooling.echoing_engines(interpreter, roles)),
        injected_sql=tuple(injected_sql(interpreter, found, roles)),
        cached_objects=tuple(cached_objects(interpreter, roles, shared.values())),
        schema_creations=schema_creations(interpreter, found, roles, conventions, schema),
        exposed_columns=tuple(exposing.exposed_columns()),
        entity_responses=tuple(exposing.entity_responses()),
        understanding=understanding_of(interpreter, found, roles),
    )


def assemble_schema(
    interpreter: Interpreter,
    roles: dict[str, Role],
    unreadable: tuple[Unreadable, ...],
    conventions: Conventions,
) -> Project:
    """The project as far as its models tell. What functions do to tables is in it if they were read before."""
    dialects = find_dialects(interpreter.names, roles, conventions)
    migrations = read_migrations(interpreter, roles, conventions, unreadable, dialects)
    tables = tuple(tables_of(interpreter, roles, migrations.histories))
    models = tuple(models_of(interpreter, roles))
    return Project(
        conventions,
        unreadable,
        roles,
        dialects=dialects,
        tables=tables,
        models=models,
        unknown=unknown_of(tables, models),
        histories=tuple(migrations.histories),
        required_columns=tuple(migrations.required),
        irreversible_migrations=tuple(migrations.irreversible),
        broken_chains=tuple(migrations.broken),
        mistakes=tuple(sorted(interpreter.events.mistakes.items(), key=lambda item: item[0])),
    )


# --- reading functions --------------------------------------------------------------------


def _read_requests(interpreter: Interpreter, found: list[FoundRoute]) -> dict[FunctionRef, Outcome]:
    """Read what runs in a request: routes, then the dependencies that they name, then theirs."""
    read_state(interpreter)
    interpreter.is_request = True
    outcomes: dict[FunctionRef, Outcome] = {}
    for route in found:
        interpreter.route = route.route
        bound = client.parameters(interpreter, route.ref, route.route.path)
        outcomes[route.ref] = interpreter.run_standalone(route.ref, bound)
        _note_response(interpreter, route, outcomes[route.ref], bound)
    interpreter.route = None
    done: set[FunctionRef] = set()
    while pending := [ref for ref in interpreter.declared.dependencies if ref not in done]:
        for ref in pending:
            done.add(ref)
            interpreter.run_standalone(ref, client.parameters(interpreter, ref))
    interpreter.is_request = False
    return outcomes


def _note_response(interpreter: Interpreter, found: FoundRoute, outcome: Outcome, bound: Mapping[str, Value]) -> None:
    validating.note_response(interpreter, found, outcome.value, bound, outcome.returned_at)
    transactions.note_request(interpreter, found, outcome)


def _read_the_rest(interpreter: Interpreter, roles: dict[str, Role]) -> None:
    for ref in interpreter.names.functions:
        if ref not in interpreter.seen and roles.get(ref.path) in ("application", "script"):
            interpreter.run_standalone(ref)


def _read_local_routes(interpreter: Interpreter, local: list[FoundRoute]) -> dict[FunctionRef, Outcome]:
    """Read the path operations that are defined inside functions, with the variables that they see."""
    interpreter.is_request = True
    outcomes: dict[FunctionRef, Outcome] = {}
    for found in local:
        if found.function is not None:
            interpreter.route = found.route
            bound = client.parameters(interpreter, found.ref, found.route.path)
            outcomes[found.ref] = interpreter.read(found.function, bound)
            _note_response(interpreter, found, outcomes[found.ref], bound)
    interpreter.route = None
    interpreter.is_request = False
    return outcomes


# --- events -------------------------------------------------------------------------------


def _lazy_loads(interpreter: Interpreter) -> Iterator[LazyLoad]:
    for event in sorted(_first_reads(interpreter), key=lambda e: (e.at, e.relationship.name)):
        fetch = event.entity.fetch
        yield LazyLoad(
            event.at,
            event.relationship,
            bounds.query_of(fetch.statement, fetch.at) if fetch is not None else None,
            event.loop,
            event.calls,
            event.option or loading.option_for(interpreter, event.entity, event.relationship),
            fetch is not None and fetch.session.kind == "async" and not event.is_awaited,
            _load_confidence(event),
        )


def _first_reads(interpreter: Interpreter) -> Iterator[LoadEvent]:
    """Per query and relationship the read that comes first: it loads the relationship for the others."""
    told: set[tuple[Place, tuple[str, ...], str]] = set()
    for event in interpreter.events.loads.values():
        fetch = event.entity.fetch
        key = (fetch.at if fetch is not None else event.at, event.entity.path, event.relationship.name)
        if key not in told and key not in interpreter.events.filled:
            told.add(key)
            yield event


def _load_confidence(event: LoadEvent) -> Confidence:
    if event.relationship.is_collection is None:
        return "low"
    return "high" if event.relationship.is_collection else "medium"


def _repeated_queries(interpreter: Interpreter) -> Iterator[RepeatedQuery]:
    locked = {
        event.loop.at
        for event in interpreter.events.repeats.values()
        if event.effect.statement is not None and event.effect.statement.is_locking
    }
    methods: dict[Place, set[str]] = {}
    for read in interpreter.events.row_reads.values():
        methods.setdefault(read.fetch.at, set()).add(read.method)
    for event, others in _per_loop(interpreter):
        statement = event.effect.statement
        yield RepeatedQuery(
            event.at,
            event.loop.at,
            event.effect.calls[1:] if event.effect.calls else (),
            bounds.query_of(statement, event.effect.at),
            event.depends_on_loop,
            _key(interpreter, event),
            _selected(statement),
            bool(statement is not None and (len(statement.conditions) > 1 or statement.is_narrowed)),
            _wanted(interpreter, event, takes_one=methods.get(event.effect.at, {""}) <= _TAKING_ONE),
            others,
            "low" if event.loop.at in locked else _repeat_confidence(event),
        )


def _per_loop(interpreter: Interpreter) -> Iterator[tuple[RepeatEvent, tuple[Place, ...]]]:
    """Of each loop the surest and first query, with the places of the others: they are mended together."""
    loops: dict[Place, list[RepeatEvent]] = {}
    for event in interpreter.events.repeats.values():
        loops.setdefault(event.loop.at, []).append(event)
    for _, events in sorted(loops.items(), key=lambda item: item[0]):
        first, *others = sorted(events, key=lambda e: (SURENESS[_repeat_confidence(e)], e.at))
        yield first, tuple(sorted(e.at for e in others))


def _key(interpreter: Interpreter, event: RepeatEvent) -> str | None:
    """The column by whose value a statement looks rows up and that changes with the loop: ``User.id``."""
    statement = event.effect.statement
    if statement is not None and statement.is_single and not statement.conditions and statement.model is not None:
        table = interpreter.models.table(statement.model)
        keys = [c.attribute for c in table.columns if c.is_primary_key] if table is not None else []
        return f"{statement.model.name}.{keys[0]}" if len(keys) == 1 else None
    given = [c for c in statement.conditions if c.operator == "==" and c.names] if statement is not None else []
    if not event.effect.calls:  # the names are those of the loop's own code
        given = [c for c in given if c.names & event.changing]
    names = sorted({f"{c.attribute.model.name}.{c.attribute.name}" for c in given})
    return names[0] if len(names) == 1 else None


def _selected(statement: Statement | None) -> tuple[str, ...]:
    """What a statement selects, as its author wrote it; empty where a part of it has no name."""
    found: list[str] = []
    for value in statement.selected if statement is not None else ():
        match value:
            case ClassValue(ref):
                found.append(ref.name)
            case Attribute(model, name):
                found.append(f"{model.name}.{name}")
            case _:
                return ()
    return tuple(found)


def _wanted(interpreter: Interpreter, event: RepeatEvent, *, takes_one: bool) -> Wanted:
    """What a statement looks for per key: its one row, the first of several, all of them, or their number."""
    statement = event.effect.statement
    if event.loop.is_fed:
        return "levels"
    if statement is None:
        return "one"
    if statement.selected and all(isinstance(value, Aggregate) for value in statement.selected):
        return "aggregate"
    if statement.session == TORTOISE and event.effect.what.endswith(".count"):
        return "aggregate"
    if statement.is_ordered and (statement.is_single or statement.is_limited):
        return "one" if bounds.has_unique_key(statement, interpreter.models) else "newest"
    is_one = statement.is_single or bounds.has_unique_key(statement, interpreter.models)
    return "one" if is_one or takes_one else "many"


def _repeat_confidence(event: RepeatEvent) -> Confidence:
    if not event.depends_on_loop or event.effect.is_isolated or event.loop.opens_session:
        return "low"
    return event.loop.confidence if event.is_request else "medium"


def _unbounded_responses(
    interpreter: Interpreter, found: list[FoundRoute], outcomes: dict[FunctionRef, Outcome]
) -> Iterator[UnboundedResponse]:
    told: dict[Place, UnboundedResponse] = {}
    for route in found:
        outcome = outcomes.get(route.ref)
        surest: dict[str | None, UnboundedResponse] = {}  # of each model
        for each in _unbounded_in(interpreter, route, outcome.value) if outcome is not None else ():
            known = surest.get(each.query.entity)
            if known is None or SURENESS[each.confidence] < SURENESS[known.confidence]:
                surest[each.query.entity] = each
        for each in surest.values():
            told.setdefault(each.query.at, each)
    yield from sorted(told.values(), key=lambda u: u.at)


def _unbounded_in(interpreter: Interpreter, route: FoundRoute, answer: Value) -> Iterator[UnboundedResponse]:
    """What a route answers with all the rows of."""
    whole = tuple(responses.whole_answers(answer))
    for fetch in responses.collections_in(answer):
        statement = fetch.statement
        if statement is not None and bounds.is_unbounded(statement, interpreter.models):
            is_whole = fetch in whole
            found = responses.unbounded(interpreter.models, fetch, statement, route.route, is_whole=is_whole)
            if found is not None:
                yield found


def _blocking_calls(interpreter: Interpreter, found: list[FoundRoute]) -> Iterator[BlockingCall]:
    routes = {f.ref: f.route for f in found}
    by_function: dict[FunctionRef, list[BlockEvent]] = {}
    for event in interpreter.events.blocks.values():
        if event.is_request:
            by_function.setdefault(event.function, []).append(event)
    calls: list[BlockingCall] = []
    for function, events in by_function.items():
        first, *others = sorted(events, key=lambda e: e.at)
        calls.append(
            BlockingCall(
                first.at,
                function.name,
                Place(function.path, *function.facts.at),
                function in routes,
                routes.get(function),
                (*first.effect.calls[1:], first.effect.at) if first.effect.calls else (),
                first.effect.what,
                len(others),
                "high" if len(first.effect.calls) <= _FAR else "low",
                first.effect.driver,
            )
        )
    yield from sorted(calls, key=lambda c: c.at)
