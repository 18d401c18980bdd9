"""Methods of sessions, statements, results and the like: what they do and give.

The tables in ``frameworks/sqlalchemy`` say which method does what.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import sqlalchemy
from dbreview.link import (
    bounds,
    building,
    calling,
    constants,
    effects,
    filters,
    joining,
    library,
    lookups,
    paging,
    results,
    rows,
    strategies,
    syntax,
    validating,
)
from dbreview.link.caches import keeping
from dbreview.link.coroutines import expiry, tasks
from dbreview.link.drivers import calls, first_rows, opening, parameters, rewriting, texts, written
from dbreview.link.drivers import transactions as ambient
from dbreview.link.events import Effect, EffectKind
from dbreview.link.exposure import dumping
from dbreview.link.joining import in_loop, join, join_all, out_of_loop
from dbreview.link.lifetimes import factories
from dbreview.link.loops import fetch_of
from dbreview.link.names import ClassRef
from dbreview.link.syntax import dotted_name
from dbreview.link.transactions.steps import NOTHING, Step
from dbreview.link.values import (
    Adapter,
    Aggregate,
    Attribute,
    ClassValue,
    Composed,
    Condition,
    Const,
    Context,
    Coroutine,
    Dump,
    Either,
    Engine,
    Entity,
    Entries,
    Fetch,
    Items,
    KeyOf,
    Loader,
    Made,
    Ordered,
    PythonTest,
    Record,
    Result,
    Session,
    SessionFactory,
    SqlText,
    Statement,
    Value,
    Wrapped,
)

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame

_TYPED = (
    Session,
    Composed,
    Engine,
    SessionFactory,
    Statement,
    Result,
    Items,
    Loader,
    Attribute,
    Aggregate,
    Const,
    Made,
    Entries,
    Wrapped,
    Dump,
    Ordered,
    Adapter,
)


def has_methods(receiver: Value) -> bool:
    """Whether calls on this value are answered here rather than by looking up its attribute."""
    return isinstance(receiver, _TYPED)


def call(
    frame: Frame, receiver: Value, func: facts.Attribute, arguments: Arguments, node: facts.Call, is_awaited: bool
) -> Value:
    """What ``receiver.method(...)`` gives; its effects are noted in the frame."""
    name = func.attr
    match receiver:
        case Session():
            return _session(frame, receiver, name, arguments, node, is_awaited)
        case Engine(kind):
            if name == "begin":
                return _in_block(opening.connect(frame, kind, node), name, frame.place(node.at))
            if name == "connect":
                return opening.connect(frame, kind, node)
        case SessionFactory():
            if name == "configure":
                factories.note_configured(frame, receiver, arguments)
                return None
            opened = calling.call_value(frame, receiver, arguments, node)
            if name == "begin" and isinstance(opened, Session):
                return _in_block(opened, name, frame.place(node.at))
            return opened if name == "__call__" else None
        case Statement():
            return building.statement(frame, receiver, name, arguments, node)
        case Result():
            results.note_read(frame, receiver, name, frame.place(node.at))
            first_rows.note_one(frame, receiver.fetch.session, receiver.fetch, name, node)
            if name == "unique" and (path := dotted_name(func.value)) in frame.env:
                frame.env[str(path)] = replace(receiver, is_unique=True)  # the result itself changes
            return rows.result(receiver, name)
        case Items():
            keeping.note_added(frame, func, arguments, node)
            return _items(frame, receiver, name, arguments, node, func)
        case Entries():
            keeping.note_added(frame, func, arguments, node)
            return _entries(frame, receiver, name, arguments, func)
        case Loader():
            if name in sqlalchemy.LOADERS:
                return library.loader(receiver, name, arguments)
            if name == "options":
                return building.nested_loader(receiver, arguments)
        case Attribute():
            return _attribute(frame, receiver, name, arguments)
        case Aggregate():
            if name in sqlalchemy.FILTERING:
                filters.note_filters(frame, arguments.positional, frame.place(node.at))
                return building.narrow_exists(receiver, arguments) if receiver.name == "exists" else receiver
            return receiver
        case Const(str() as text):
            return constants.call_text(text, name, arguments.positional, arguments.keywords)
        case Composed():
            return receiver if name in ("strip", "rstrip", "lstrip", "as_string") else None
        case Made():
            if name in ("asc", "desc"):
                return Ordered(receiver, name == "desc")
            if name == "ddl_if":
                return replace(receiver, keywords=(*receiver.keywords, (name, arguments.get(0, "dialect"))))
            if name == "select":
                return Statement("select", (receiver,), frame.place(node.at))
            if name in ("insert", "update", "delete"):
                return Statement("insert" if name == "insert" else "update", (receiver,), frame.place(node.at))
        case Adapter():
            return validating.adapt(frame, receiver, arguments, node)
        case Dump():
            return dumping.method(frame, receiver, name, arguments, node)
        case Wrapped():
            return dumping.of_wrapped(frame, receiver, name, arguments)
        case Ordered():
            return receiver
    return None


# --- sessions -----------------------------------------------------------------------------


def _session(
    frame: Frame, session: Session, name: str, arguments: Arguments, node: facts.Call, is_awaited: bool
) -> Value:
    if session.kind == "sync" and is_awaited:
        session = replace(session, kind="async")  # whatever the annotation says, it is awaited
    found = calls.call(frame, session, name, arguments, node, is_awaited)
    if found is not NotImplemented:
        return found  # type: ignore[return-value]
    method = sqlalchemy.SESSION_METHODS.get(name)
    if method is None:
        first_rows.note_one(frame, session, session.ran, name, node)
        return calls.rows_of_cursor(session, name)
    if name in ("get", "get_one") and session.kind is None and not _is_model(arguments):
        return None
    at = frame.place(node.at)
    if method.effect is not None and method.effect not in sqlalchemy.NOT_SENT:
        frame.interpreter.events.saw_session_call(at, session.kind)
    if name == "delete":
        for value in joining.options(arguments.get(0, "instance")):
            if isinstance(value, Entity):
                frame.interpreter.events.deleted.add(value.model)
                frame.interpreter.events.deleted_objects.add(value.model)
    statement = _ran(session, name, arguments, frame, node)
    note_isolation(frame, arguments)
    is_held = name in ("get", "get_one") and _is_held(frame, session, arguments, node)
    is_nothing = name == "add" and _is_loaded(arguments.get(0, "instance"))
    if method.effect is not None and not is_held and not is_nothing:
        is_loading = name == "refresh" and arguments.get(1, "attribute_names") not in (None, Const(None))
        is_locking = name == "refresh" and arguments.has("with_for_update")
        kind = "other" if is_locking else "read" if is_loading else _effect_kind(method, name, statement)
        what = f"{dotted_name(node.func) or name}"
        is_blocking = session.kind == "sync" and kind not in sqlalchemy.NOT_SENT
        model = _model_of(arguments) if kind in _OF_OBJECTS else None
        effect = Effect(
            kind,
            session.kind,
            at,
            what,
            statement,
            is_blocking=is_blocking,
            model=model,
            on=session.identity,
            is_safe=session.is_scoped or session.is_pool,
            driver=session.driver,
        )
        effects.note(frame, effect, at, node)
        rewriting.note_run(frame, session, statement, arguments)
        ambient.note_write(frame, session, effect)
        expiry.note_ended(frame, effect, at)
        if kind == "read" and statement is not None and statement.model is not None:
            expiry.note_loaded(frame, statement.model, statement)
    if name == "scalar" and statement is not None:
        results.note_read(frame, Result(Fetch(at, session, statement), "scalars"), name, at)
    if name == "refresh":
        _mark_refreshed(frame, session, arguments, node)
    if name in ("expunge", "delete"):
        _let_go(frame, node)
    if name in ("refresh", "add"):
        is_whole = name == "refresh" and arguments.get(1, "attribute_names") in (None, Const(None))
        _mark_kept(frame, session, arguments, node, is_refreshed=is_whole)
    value = _in_block(session, name, at) if method.gives == "context" else None
    if statement is not None:
        first_rows.note_one(frame, session, Fetch(at, session, statement), name, node)
    value = value or _given(session, method, statement, arguments, at)
    path = dotted_name(node.func.value) if isinstance(node.func, facts.Attribute) else None
    if calls.keeps_rows(session) and statement is not None and (path in frame.env or session.is_cursor) and path:
        frame.env[path] = calls.holding(session, Fetch(at, session, statement))
    is_coroutine = session.kind == "async" and method.gives not in ("query", "context")
    return Coroutine(value, tasks.use_of_method(frame, session, node, name)) if is_coroutine else value


_OF_OBJECTS = frozenset({"add", "add_all", "delete", "merge", "refresh"})


def note_isolation(frame: Frame, arguments: Arguments) -> None:
    """``session.connection(execution_options={"isolation_level": "SERIALIZABLE"})``."""
    options = arguments.keyword("execution_options")
    levels = dict(options.items) if isinstance(options, Entries) else dict(arguments.keywords)
    level = levels.get("isolation_level")
    if isinstance(level, Const) and str(level.value).upper().replace("_", " ") in sqlalchemy.ISOLATED:
        frame.interpreter.events.is_serializable = True


def _is_loaded(value: Value) -> bool:
    """Whether the session has an object already, so that adding it does nothing."""
    return isinstance(value, Entity) and (value.fetch is not None or value.added_to is not None)


def _model_of(arguments: Arguments) -> ClassRef | None:
    """The class of the objects that a session's method is given."""
    for value in joining.options(arguments.positional[0] if arguments.positional else None):
        each = value.element if isinstance(value, Items) else value
        for inner in joining.options(each):
            if isinstance(inner, Entity):
                return inner.model
    return None


def _mark_kept(frame: Frame, session: Session, arguments: Arguments, node: facts.Call, *, is_refreshed: bool) -> None:
    """``session.add(user)``, ``session.refresh(user)``: from here on the session keeps the object."""
    target = dotted_name(node.arguments[0].value) if node.arguments else None
    if target in frame.env:
        is_locked = arguments.has("with_for_update")
        change = partial(_kept, session=session, is_locked=is_locked, is_refreshed=is_refreshed)
        frame.env[target] = expiry.changed(frame.env[target], change)


def _kept(entity: Entity, *, session: Session, is_locked: bool, is_refreshed: bool) -> Entity:
    added_to = session if entity.fetch is None else None
    kept = replace(entity, added_to=added_to, is_locked=entity.is_locked or is_locked)
    return expiry.refreshed(kept) if is_refreshed else kept


def _let_go(frame: Frame, node: facts.Call) -> None:
    """``session.expunge(user)`` and ``session.delete(user)``: the object is on its own, or will be."""
    target = dotted_name(node.arguments[0].value) if node.arguments else None
    if target in frame.env:
        frame.env[target] = expiry.changed(frame.env[target], lambda e: replace(e, fetch=None, added_to=None))


def _is_model(arguments: Arguments) -> bool:
    return isinstance(arguments.get(0, "entity"), ClassValue)


def _is_held(frame: Frame, session: Session, arguments: Arguments, node: facts.Call) -> bool:
    """``session.get(Team, team.id)`` of a row that was fetched: the identity map answers.

    So it does for the same key in each pass of a loop that keeps the object, and where a variable keeps all rows
    that may be asked for.
    """
    model, key = arguments.get(0, "entity"), arguments.get(1, "ident")
    if not isinstance(model, ClassValue) or arguments.has("populate_existing") or arguments.has("with_for_update"):
        return False
    if isinstance(key, KeyOf) and key.model is model.ref:
        return True
    is_kept = any(node.at in loop.kept for loop in frame.loops)
    is_same_each_time = is_kept and not syntax.names_in(node) & effects.changing(frame)
    return is_same_each_time or strategies.holding(frame, model.ref, session) is not None


def _ran(session: Session, name: str, arguments: Arguments, frame: Frame, node: facts.Call) -> Statement | None:
    given = arguments.get(0, "statement") or arguments.keyword("query")
    at = frame.place(node.at)
    match name:
        case _ if name in sqlalchemy.RUNNING:
            if isinstance(given, Either) and any(isinstance(option, Statement) for option in given.options):
                given = next((option for option in given.options if isinstance(option, Statement)), None)
            if isinstance(given, Statement):
                frame.interpreter.events.ran.add(at)
            ran = given if isinstance(given, Statement) else texts.statement(given, at)
            if ran is not None and ran.kind == "text":
                ran = parameters.with_page_size(session, ran, arguments)
                given_first = node.arguments[0].value if node.arguments else None
                ran = replace(ran, at=written.place_of(frame, given_first, at))
            is_list = len(arguments.positional) > 1 and isinstance(arguments.positional[1], Items)
            is_list = is_list and not session.driver  # whose lists are the values of one row
            if ran is not None and (is_list or name in sqlalchemy.FOR_MANY):
                ran = replace(ran, asks_for_many=True)  # a list of rows
            lookups.note(frame, ran, at)
            paging.note_run(frame, ran, ran.at if ran is not None and ran.kind == "text" else at)
            frame.interpreter.events.saw_query(at, ran is not None and has_known_entity(ran))
            return ran
        case "get" | "get_one":
            model = arguments.get(0, "entity")
            frame.interpreter.events.saw_query(at, isinstance(model, ClassValue))
            if not isinstance(model, ClassValue):
                return None
            is_locking = arguments.has("with_for_update")
            got = Statement("select", (model,), at, is_limited=True, is_single=True, is_locking=is_locking)
            chosen = arguments.keyword("options")
            return building.with_options(got, (chosen,)) if chosen is not None else got
    return None


def has_known_entity(statement: Statement) -> bool:
    return statement.kind == "text" or (bool(statement.selected) and statement.selected[0] is not None)


def _effect_kind(method: sqlalchemy.SessionMethod, name: str, statement: Statement | None) -> EffectKind:
    match method.effect:
        case "run":
            if statement is None:
                return "read" if "scalar" in name else "other"
            if statement.kind == "text":
                return _kind_of_text(statement.sql)
            return "read" if statement.kind == "select" else "write"
        case None:
            return "other"
        case kind:
            return kind


def _kind_of_text(sql: SqlText | None) -> Literal["read", "write", "other"]:
    if sql is None or (sql.kind == "select" and not sql.reads_table):
        return "other"  # `SELECT pg_advisory_lock(...)` and the like
    return "read" if sql.kind == "select" else "write"


def _in_block(session: Session, name: str, at: Place) -> Context:
    """``with session.begin():`` commits at its end; it and a savepoint roll back what fails."""
    # A block whose transaction has failed rolls back in silence: its commit never raises.
    is_async = session.kind == "async"
    commit = Step("commit", session.identity, at, f"{name}()", is_sent=False, is_async=is_async)
    is_shield = name in ("begin", "begin_nested")
    if name == "acquire":
        session = replace(session, is_pool=False, opened_at=at)
    return Context(session, ((commit,),) if name == "begin" else NOTHING, is_shield)


def _given(
    session: Session,
    method: sqlalchemy.SessionMethod,
    statement: Statement | None,
    arguments: Arguments,
    at: Place,
) -> Value:
    match method.gives:
        case "query":
            return Statement("select", arguments.positional, at, session, is_opaque=arguments.is_open)
        case "self":
            return replace(session, opened_at=None)
        case "context":
            return Context(session)
        case "nothing":
            return None
    if statement is None or statement.kind not in ("select", "text"):
        return None
    fetch = Fetch(at, session, statement)
    match method.gives:
        case "items":
            return Items(rows.row_of(fetch, "rows"), fetch)
        case "row":
            return rows.one_row(fetch)
        case "value":
            return rows.only_cell(rows.of_one(fetch))
        case "entity" | "scalar":
            return rows.scalar(fetch)
        case "scalars":
            return Result(fetch, "scalars")
        case "exec":
            return Result(fetch, "scalars" if len(statement.selected) == 1 else "rows")
    return Result(fetch, "rows")


def _mark_refreshed(frame: Frame, session: Session, arguments: Arguments, node: facts.Call) -> None:
    """``refresh(user, ["posts"])`` loads: from here on reading the attribute sends nothing."""
    names = arguments.get(1, "attribute_names")
    target = dotted_name(node.arguments[0].value) if node.arguments else None
    entity = arguments.get(0, "instance")
    if target is None or not isinstance(entity, Entity) or not isinstance(names, (Items, Record)):
        return
    parts = names.items if isinstance(names, Record) else names.exact
    loaded_now = frozenset(str(part.value) for part in parts if isinstance(part, Const))
    if entity.fetch is not None:
        frame.interpreter.events.refreshed |= {(entity.fetch.at, entity.path, name) for name in loaded_now}
    if target in frame.env:
        frame.env[target] = replace(entity, known=entity.known | loaded_now)
    for text in sorted(loaded_now):
        relationship = frame.interpreter.models.relationship(entity.model, text)
        if relationship is not None:
            related = frame.interpreter.models.target(relationship)
            fetch = Fetch(frame.place(node.at), session, None)
            loaded: Value = Entity(related, fetch) if related is not None else None
            frame.env[f"{target}.{text}"] = Items(loaded) if relationship.is_collection else loaded


# --- other values -------------------------------------------------------------------------


def _items(
    frame: Frame, items: Items, name: str, arguments: Arguments, node: facts.Call, func: facts.Attribute
) -> Value:
    if name in ("append", "add", "insert", "appendleft") and isinstance(func.value, facts.Name):
        added = arguments.positional[-1] if arguments.positional else None
        if isinstance(added, PythonTest):
            filters.note_filters(frame, (added,), added.at)
        exact = (*items.exact, added) if not frame.loops else items.exact
        frame.env[func.value.id] = Items(
            join(items.element, out_of_loop(added)),
            items.fetch or (_fetch_of_loop(frame) if name != "add" else None),  # a set folds many rows into few
            exact=exact,
            is_part=True,
            others=items.others if not frame.loops else (*items.others, added),
            is_closed=items.is_closed,
        )
        return None
    if name == "extend" and isinstance(func.value, facts.Name) and items.is_closed and not frame.loops:
        added = arguments.get(0, "iterable")
        if isinstance(added, (Items, Record)) and (more := constants.exact_items(added)) is not None:
            element = join_all((items.element, *more))
            frame.env[func.value.id] = replace(items, element=element, is_literal=False, exact=(*items.exact, *more))
            return None
    if name == "extend" and isinstance(func.value, facts.Name) and frame.interpreter.reads_schema:
        more = constants.exact_items(arguments.get(0, "iterable"))
        if more is not None:
            frame.env[func.value.id] = replace(items, exact=(*items.exact, *more))
            return None
    if name in ("extend", "update") and isinstance(func.value, facts.Name):
        frame.env[func.value.id] = join(replace(items, is_literal=False), arguments.get(0, "iterable"))
        return None
    if name == "sort":
        library.call_per_item(frame, arguments.keyword("key"), items, func.value, node)
        return None
    if name in ("pop", "popleft"):
        return in_loop(items.element, frame.loops[-1].at if frame.loops else None)
    if name in ("copy", "__iter__", "__anext__", "all", "unique", "scalars", "order_by"):
        return items
    if name == "values":
        return items
    if name == "items":
        return replace(items, element=Record((None, items.element)), exact=())
    return None


def note_grouped(frame: Frame, name: facts.Name, arguments: Arguments) -> None:
    """``groups[key].append(row)``: from here on the dict's values are collections of such rows."""
    holder = frame.evaluate(name)
    if isinstance(holder, Entries) and arguments.positional:
        group = Items(out_of_loop(arguments.positional[0]), is_part=True)
        others = holder.others if group in holder.others else (*holder.others, group)[:8]
        fetch = holder.fetch or _fetch_of_loop(frame)
        frame.env[name.id] = replace(holder, others=others, fetch=fetch)


def _fetch_of_loop(frame: Frame) -> Fetch | None:
    """The rows that the innermost loop runs over fill a list that the loop appends to."""
    return frame.filling[-1] if frame.filling else None


def _entries(frame: Frame, entries: Entries, name: str, arguments: Arguments, func: facts.Attribute) -> Value:
    key = arguments.get(0, "key")
    if name == "setdefault" and isinstance(key, Const) and isinstance(func.value, facts.Name):
        value = arguments.get(1, "default")
        if all(known != key.value for known, _ in entries.items):
            frame.env[func.value.id] = replace(entries, items=(*entries.items, (str(key.value), value)))
        return None
    if name == "update" and isinstance(func.value, facts.Name):
        added = key if isinstance(key, Entries) else Entries(arguments.keywords, () if key is None else (key,))
        others = (*entries.others, *added.others)[:8]
        is_hidden = arguments.is_open or (bool(arguments.positional) and not isinstance(key, Entries))
        doubts = (entries.doubtful, added.doubtful, None if is_hidden else arguments.doubtful)
        doubtful = None if None in doubts else frozenset().union(*(each for each in doubts if each))
        fetch = entries.fetch or added.fetch
        frame.env[func.value.id] = Entries((*entries.items, *added.items), others, fetch, doubtful)
        return None
    if name in ("items", "values", "keys"):
        inner = join_all((*(value for _, value in entries.items), *entries.others))
        fetch = entries.fetch or next((found for found in map(fetch_of, entries.others) if found is not None), None)
        element = Record((None, inner)) if name == "items" else inner if name == "values" else None
        is_literal = bool(entries.items) and not entries.others
        exact: tuple[Value, ...] = ()
        if is_literal and frame.interpreter.reads_schema:
            pairs = [(Const(known), value) for known, value in entries.items]
            exact = tuple(Record(p) if name == "items" else p[name == "values"] for p in pairs)
        return Items(element, fetch, is_literal, exact=exact)
    if name in ("get", "pop") and isinstance(key, Const):
        missing: Value = None
        if not entries.others:
            missing = arguments.positional[1] if len(arguments.positional) > 1 else Const(None)
        return next((value for known, value in reversed(entries.items) if known == key.value), missing)
    return None


def _attribute(frame: Frame, attribute: Attribute, name: str, arguments: Arguments) -> Value:
    frame.interpreter.events.looked_up.add((attribute.model, attribute.name))
    if name == "in_":
        given = arguments.get(0, "other")
        if isinstance(given, Items) and given.is_literal and all(isinstance(item, Const) for item in given.exact):
            return Condition("in constants", attribute)
        is_query = isinstance(given, Aggregate) or (isinstance(given, Statement) and not bounds.may_be_few(given))
        return Condition("in query" if is_query else "in", attribute)
    if name in sqlalchemy.COMPARISONS:
        return Condition(name, attribute)
    if name == "__eq__":
        return Condition("==", attribute)
    if name in ("asc", "desc"):
        return Ordered(attribute, name == "desc")
    if name == "collate":
        return attribute
    if name in ("and_", "of_type"):  # a loader option narrowed to some rows or a subclass
        return attribute
    return Aggregate(name)
