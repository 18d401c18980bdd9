"""What calling a library's symbol gives. The tables in ``frameworks`` say which symbol does what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import Place
from dbreview.frameworks import drivers, fastapi, injector, python, sqlalchemy, tortoise
from dbreview.link import (
    attributes,
    calling,
    constants,
    effects,
    iterating,
    loading,
    loops,
    methods,
    paging,
    results,
    rows,
    validating,
)
from dbreview.link.arguments import Arguments
from dbreview.link.coroutines import tasks
from dbreview.link.drivers import opening, texts
from dbreview.link.engines import engines
from dbreview.link.exposure import dumping, hiding
from dbreview.link.injection import noting
from dbreview.link.joining import join_all, options
from dbreview.link.lifetimes import background, factories
from dbreview.link.names import ClassRef
from dbreview.link.querysets import running, transactions
from dbreview.link.syntax import names_in
from dbreview.link.transactions import paths, writing
from dbreview.link.values import (
    TORTOISE,
    Adapter,
    Aggregate,
    Answer,
    Attribute,
    ClassValue,
    ClientNumber,
    Conditions,
    Const,
    Context,
    Coroutine,
    Engine,
    Entity,
    Entries,
    FunctionValue,
    Instance,
    Items,
    LibraryObject,
    Load,
    Loader,
    Made,
    Ordered,
    Partial,
    PythonTest,
    Record,
    Session,
    SessionFactory,
    SessionKind,
    Statement,
    Symbol,
    Value,
    Wrapped,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame

DEPENDS = fastapi.DEPENDS
_READING = frozenset(
    {"builtins.len", "builtins.sum", "builtins.any", "builtins.all", "builtins.bool", "builtins.enumerate"}
)


def call(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> Value:
    """What ``dotted(...)`` gives at ``node``."""
    at = frame.place(node.at)
    if frame.interpreter.replay is not None:
        for answer in frame.interpreter.replay.call(frame, dotted, arguments, node):
            return answer
    background.note_call(frame, dotted, arguments, node)
    noting.note_function(frame, dotted, node)
    if dotted in dumping.CALLS and (dumped := dumping.call(frame, dotted, arguments, node)) is not None:
        return dumped
    if dotted in sqlalchemy.STATEMENT_MAKERS:
        return _statement(frame, dotted, arguments, at)
    if dotted in sqlalchemy.SESSION_TYPES:
        kind = sqlalchemy.SESSION_TYPES[dotted]
        if any(isinstance(value, Session) for value in arguments.values()):
            return Session(kind)  # it lives on a connection that somebody else owns
        effects.note_opened(frame, at, kind)
        return factories.note_session(frame, Session(kind, opened_at=at, expires=_expires(arguments)), node)
    if dotted in sqlalchemy.ENGINE_MAKERS:
        engines.note(frame, dotted, arguments, node)
        methods.note_isolation(frame, arguments)
        return Engine(sqlalchemy.ENGINE_MAKERS[dotted])
    if dotted in sqlalchemy.FACTORY_MAKERS:
        factory = SessionFactory(_factory_kind(frame, dotted, arguments), expires=_expires(arguments), at=at)
        return factories.note_factory(frame, factory, arguments, node)
    if dotted in sqlalchemy.SCOPED_MAKERS:
        made = arguments.get(0, "session_factory")
        kind_of_made = made.kind if isinstance(made, SessionFactory) else sqlalchemy.SCOPED_MAKERS[dotted]
        return Session(kind_of_made, is_scoped=True)
    if dotted in DEPENDS:
        return _depends(frame, arguments)
    if dotted in sqlalchemy.SCHEMA_OBJECTS or dotted in tortoise.SCHEMA_OBJECTS:
        hidden = (None,) if arguments.is_open else ()
        made = Made(dotted, (*arguments.positional, *hidden), arguments.keywords, at)
        if frame.interpreter.reads_schema and dotted in sqlalchemy.TABLES:
            frame.interpreter.events.tables_made.setdefault(made)
        return made
    if dotted in tortoise.TRANSACTIONS:
        return transactions.opened(at)
    if dotted in tortoise.CONNECTION_GETTERS:
        return replace(TORTOISE, is_connection=True)
    if dotted in fastapi.ADAPTERS and node.arguments:
        return Adapter(node.arguments[0].value, frame.path)
    if dotted in fastapi.PARSES_AS and node.arguments:
        return validating.adapt(frame, Adapter(node.arguments[0].value, frame.path), arguments, node)
    if (connection := opening.opened(frame, dotted, arguments, node)) is not None:
        return connection
    if dotted in drivers.TEXT_MAKERS:
        return texts.made(arguments.positional)
    if dotted in injector.PROVIDERS and arguments.positional:
        made, *rest = (_provided(value) for value in arguments.positional)
        keywords = tuple((name, _provided(value)) for name, value in arguments.keywords)
        given = Arguments(tuple(rest), keywords, arguments.is_open)
        return LibraryObject(injector.PROVIDER, (calling.call_value(frame, made, given, node),))
    if dotted in sqlalchemy.OBJECT_SESSIONS:
        return Session(sqlalchemy.OBJECT_SESSIONS[dotted])
    if dotted == "sqlalchemy.orm.attributes.set_committed_value":
        loading.note_filled(frame, arguments.get(0, "instance"), arguments.get(1, "key"))
        return None
    if dotted.startswith(("sqlalchemy.", "sqlmodel.")):
        return _sqlalchemy(frame, dotted, arguments)
    if dotted in ("collections.defaultdict", "collections.OrderedDict"):
        return Entries((), () if dotted.endswith("defaultdict") or not arguments.positional else (None,))
    if dotted == "builtins.dict" and not arguments.positional:
        return Entries(arguments.keywords, (None,) if arguments.is_open else (), doubtful=arguments.doubtful)
    if dotted in fastapi.PASSES_ON:
        return Wrapped(arguments.values(), LibraryObject(dotted, (), arguments.keywords))
    if dotted == "builtins.delattr":
        hiding.hide(frame, arguments.get(0, "object"), arguments.get(1, "name"))
        return None
    if dotted == "builtins.setattr":
        loading.note_changed(frame, arguments.get(0, "object"))
        name = arguments.get(1, "name")
        if isinstance(name, Const) and len(node.arguments) == 3:
            target = facts.Attribute(node.arguments[0].value, str(name.value), node.at, node.at)
            writing.note_assignment(frame, target, node.arguments[2].value)
            hiding.note_assignment(frame, target, node.arguments[2].value)
        return None
    if dotted == "builtins.getattr":
        return _getattr(frame, arguments, node)
    if dotted in fastapi.TO_THREAD:
        return _in_thread(frame, arguments, node)
    if dotted.startswith(fastapi.PAGINATORS):
        return paging.paginate(frame, dotted, arguments, node)
    return _python(frame, dotted, arguments, node)


def _statement(frame: Frame, dotted: str, arguments: Arguments, at: Place) -> Statement:
    kind = sqlalchemy.STATEMENT_MAKERS[dotted]
    for value in arguments.positional[:1]:
        if isinstance(value, ClassValue):
            events = frame.interpreter.events
            {"insert": events.created, "update": events.changed, "delete": events.deleted}.get(kind, set()).add(
                value.ref
            )
    selected = arguments.positional
    if len(selected) == 1 and isinstance(selected[0], Record):
        selected = selected[0].items
    if kind == "text" and selected and (text := texts.statement(selected[0], at)) is not None:
        return replace(text, is_opaque=arguments.is_open)
    return Statement(kind, selected, at, is_opaque=arguments.is_open)


def _expires(arguments: Arguments) -> bool | None:
    """Whether sessions made with these arguments expire their objects when they commit, as they do by default."""
    given = arguments.keyword("expire_on_commit")
    if isinstance(given, Const) and isinstance(given.value, bool):
        return given.value
    return None if arguments.is_open or arguments.has("expire_on_commit") else True


def _factory_kind(frame: Frame, dotted: str, arguments: Arguments) -> SessionKind | None:
    match arguments.keyword("class_"):
        case Symbol(name) if name in sqlalchemy.SESSION_TYPES:
            return sqlalchemy.SESSION_TYPES[name]
        case ClassValue(ref):
            return frame.interpreter.classes.session_kind(ref)
    bind = arguments.get(0, "bind")
    if isinstance(bind, Engine) and bind.kind == "async":
        return "async"
    return sqlalchemy.FACTORY_MAKERS[dotted]


def _depends(frame: Frame, arguments: Arguments) -> LibraryObject:
    target = arguments.get(0, "dependency")
    if isinstance(target, FunctionValue):
        frame.interpreter.declared.dependencies.setdefault(target.ref)
    scope = tuple(each for each in arguments.keywords if each[0] == "scope")
    return LibraryObject("fastapi.Depends", (target,) if target is not None else (), scope)


def _sqlalchemy(frame: Frame, dotted: str, arguments: Arguments) -> Value:
    prefix, _, name = dotted.rpartition(".")
    if name in sqlalchemy.LOADERS:
        return loader(None, name, arguments)
    if dotted in sqlalchemy.LOAD_ROOTS:
        return Loader((Load(None, (), "columns", name),))
    if prefix.endswith(".func"):
        return Aggregate(name, arguments.positional if frame.interpreter.reads_schema else ())
    if name == "and_":
        return Conditions(arguments.positional)
    if name in ("or_", "not_"):
        return next((value for value in arguments.positional if isinstance(value, PythonTest)), None)
    if name in ("aliased", "with_polymorphic", "deferred"):
        return arguments.get(0, "element")
    if name in ("asc", "desc"):
        return Ordered(arguments.get(0, "column"), name == "desc")
    if name in sqlalchemy.EXPRESSIONS:
        inner = arguments.get(0, "element") if name == "exists" else None
        is_plain = isinstance(inner, Statement) and not (inner.is_narrowed or inner.is_opaque)
        return Aggregate(
            name, conditions=inner.conditions if is_plain and isinstance(inner, Statement) else frozenset()
        )
    if name == "has_inherited_table":
        return _has_inherited_table(frame, arguments.get(0, "cls"))
    if name == "col":
        return arguments.get(0, "column_expression")
    hidden: tuple[tuple[str, Value], ...] = (("**", None),) if arguments.is_open else ()
    return LibraryObject(f"{dotted}()", arguments.positional, (*arguments.keywords, *hidden))


def _has_inherited_table(frame: Frame, value: Value) -> Const | None:
    if not isinstance(value, ClassValue):
        return None
    classes = frame.interpreter.classes
    parents = [a for a in classes.ancestors(value.ref)[1:] if isinstance(a, ClassRef)]
    return Const(any(classes.is_mapped(parent) for parent in parents))


def loader(before: Loader | None, name: str, arguments: Arguments) -> Loader | None:
    """A loader option, or one chained to ``before``. Unknown paths give None."""
    strategy = sqlalchemy.LOADERS[name]
    loads = list(before.loads) if before is not None else []
    base = loads[-1].path if loads else ()
    model = loads[0].model if loads else None
    if strategy == "columns":
        return before if before is not None else Loader((Load(None, (), "columns"),))
    if not arguments.positional:
        return None
    for argument in arguments.positional:
        match argument:
            case Attribute(owner, attribute):
                model = owner if model is None else model
                base = (*base, attribute)
            case Const(str() as text):
                base = (*base, *text.split("."))
            case _:
                return None
        loads.append(Load(model, base, strategy, name))
    return Loader(tuple(loads))


def _python(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> Value:
    first = arguments.positional[0] if arguments.positional else None
    name = dotted.rpartition(".")[2]
    _call_per_item(frame, dotted, arguments, node)
    if dotted in python.SAME_ITEMS or dotted in _READING:
        tasks.note_taken(frame, first)
    if dotted in python.SAME_ITEMS:
        if not arguments.positional:
            return Items(None)
        source = arguments.positional[1] if name == "filter" and len(arguments.positional) > 1 else first
        items = rows.as_items(frame, source, node)
        return replace(items, is_part=True) if name in python.PARTIAL and isinstance(items, Items) else items
    if dotted in python.ONE_ITEM and len(arguments.positional) < 2:
        return iterating.element_of(frame, first, None, node)
    match dotted:
        case "re.sub":
            return constants.substitute(arguments.positional)
        case "re.split" | "re.findall":
            return constants.cut(name, arguments.positional)
        case "builtins.enumerate":
            known = constants.exact_items(first) if frame.interpreter.reads_schema else None
            if known is not None:
                pairs = tuple(Record((Const(number), item)) for number, item in enumerate(known))
                return Items(join_all(pairs), is_literal=True, exact=pairs)
            items = rows.as_items(frame, first, node)
            if isinstance(items, Items):
                return Items(Record((None, items.element)), items.fetch, items.is_literal)
        case "builtins.zip":
            lists = [rows.as_items(frame, value, node) for value in arguments.positional]
            elements = tuple(i.element if isinstance(i, Items) else None for i in lists)
            fetch = next((i.fetch for i in lists if isinstance(i, Items) and i.fetch is not None), None)
            literal = bool(lists) and all(isinstance(i, Items) and i.is_literal for i in lists)
            return Items(Record(elements), fetch, literal)
        case "builtins.map":
            return _map(frame, arguments, node)
        case "builtins.range":
            return Items(None, is_literal=all(isinstance(v, Const) for v in arguments.positional))
        case "typing.cast":
            return arguments.get(1, "val")
        case "functools.partial":
            return Partial(first, arguments.positional[1:], arguments.keywords)
        case "contextlib.contextmanager" | "contextlib.asynccontextmanager" | "functools.wraps":
            return first
        case "contextlib.closing" | "contextlib.aclosing":
            return Context(first)
        case "builtins.type":
            return (
                ClassValue(first.ref)
                if isinstance(first, Instance)
                else ClassValue(first.model)
                if isinstance(first, Entity)
                else None
            )
        case "asyncio.run" | "asyncio.wait_for" | "asyncio.shield" | "asyncio.create_task" | "asyncio.ensure_future":
            if name in ("create_task", "ensure_future"):
                tasks.note_started(frame, first, frame.place(node.at), dotted, is_repeated=frame.comprehensions > 0)
            return join_all(tasks.started(each) for each in options(first))
        case "asyncio.gather":
            tasks.note_together(frame, node, dotted)
            return _gather(frame, arguments, node)
        case "asyncio.wait" | "asyncio.as_completed":
            tasks.note_together(frame, node, dotted)
        case "builtins.max" if len(arguments.positional) > 1:
            return next((value for value in arguments.positional if isinstance(value, ClientNumber)), None)
        case "builtins.int" if isinstance(first, ClientNumber):
            return first
        case "builtins.str" | "builtins.int":
            return first if isinstance(first, LibraryObject) and python.is_volatile(first.dotted) else None
        case "builtins.len" if node.arguments:
            results.note_length(frame, node.arguments[0].value, first, frame.place(node.at))
            return None
        case "builtins.sum" if node.arguments:
            results.note_sum(frame, node.arguments[0].value, first, frame.place(node.at))
            return None
        case "builtins.bool" if node.arguments:
            results.note_test(frame, node.arguments[0].value, first)
            return first if isinstance(first, Answer) else None
        case "builtins.len" | "builtins.sum" | "builtins.any" | "builtins.all" | "builtins.bool":
            return None
    return LibraryObject(f"{dotted}()", arguments.values() if len(arguments.values()) <= 8 else ())


def _call_per_item(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> None:
    """``sorted(rows, key=...)`` and ``filter(test, rows)`` call a function for each item."""
    if dotted in python.KEYED and arguments.has("key"):
        call_per_item(frame, arguments.keyword("key"), arguments.get(0, "iterable"), node.arguments[0].value, node)
    elif dotted == "builtins.filter" and len(arguments.positional) == 2:
        call_per_item(frame, arguments.positional[0], arguments.positional[1], node.arguments[1].value, node)


def _map(frame: Frame, arguments: Arguments, node: facts.Call) -> Value:
    if len(arguments.positional) < 2 or len(node.arguments) < 2:
        return None
    function, source = arguments.positional[:2]
    return Items(call_per_item(frame, function, source, node.arguments[1].value, node), loops.fetch_of(source))


def call_per_item(frame: Frame, function: Value, source: Value, iterable: facts.Expression, node: facts.Call) -> Value:
    """Call a function once per item; the value of one call."""
    at = frame.place(node.at)
    loop = iterating.loop_over(frame, facts.Name("item", node.at), iterable, source, at, ())
    element = iterating.element_of(frame, source, at, iterable)
    frame.loops.append(replace(loop, names=loop.names | names_in(node)))
    found = calling.call_value(frame, function, Arguments((element,)), node)
    frame.loops.pop()
    return found


def _in_thread(frame: Frame, arguments: Arguments, node: facts.Call) -> Value:
    """``await run_in_threadpool(f, x)``: what ``f(x)`` gives, without anybody waiting on the event loop."""
    function = arguments.positional[0] if arguments.positional else None
    given = Arguments(arguments.positional[1:], arguments.keywords, arguments.is_open)
    if isinstance(function, Partial):
        given = Arguments(
            (*function.positional, *given.positional), (*function.keywords, *given.keywords), given.is_open
        )
        function = function.function
    if not isinstance(function, FunctionValue):
        return None
    noting.note_called(frame, function, node, skipped=1)
    outcome = frame.interpreter.call(function, given)
    at = frame.place(node.at)
    for effect in outcome.effects:
        effects.note(frame, replace(effect, calls=(at, *effect.calls), is_blocking=False, needs=None), at, node)
    paths.follow(frame, outcome.paths, at)
    return Coroutine(frame.interpreter.result_of(function, outcome))


def _provided(value: Value) -> Value:
    match value:
        case LibraryObject(injector.PROVIDER, (given, *_)):
            return given
    return value


def _getattr(frame: Frame, arguments: Arguments, node: facts.Call) -> Value:
    """``getattr(row, "posts")`` with a constant name reads the attribute."""
    name = arguments.get(1, "name")
    if not isinstance(name, Const) or not isinstance(name.value, str):
        return dumping.of_getattr(frame, arguments.get(0, "object"), node)
    written = facts.Attribute(node.arguments[0].value, name.value, node.at, node.at)
    holder = arguments.get(0, "object")
    if isinstance(holder, ClassValue) and len(arguments.positional) > 2:
        if frame.interpreter.classes.member(holder.ref, name.value) is None:
            return arguments.positional[2]
    return attributes.attribute_of(frame, arguments.get(0, "object"), name.value, written)


def _gather(frame: Frame, arguments: Arguments, node: facts.Call) -> Value:
    given = tuple(v.value if isinstance(v, Coroutine) else v for v in arguments.positional)
    values = tuple(running.awaited(frame, value, node) for value in given)
    return Coroutine(None if arguments.is_open else Record(values))
