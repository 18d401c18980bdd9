"""Calls: what is called, with which arguments, what comes back, what it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import fastapi, sqlalchemy, tortoise
from dbreview.link import attributes, constants, effects, library, methods, routes, secrets, validating
from dbreview.link.arguments import Arguments
from dbreview.link.caches import keeping
from dbreview.link.coroutines import expiry, tasks
from dbreview.link.creating import noting as creating
from dbreview.link.exposure import dumping
from dbreview.link.injection import noting
from dbreview.link.joining import join
from dbreview.link.lifetimes import background, factories, owning
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.querysets import building as querysets
from dbreview.link.querysets import objects, relations, running
from dbreview.link.syntax import dotted_name, last_name, names_in
from dbreview.link.transactions import paths
from dbreview.link.values import (
    TORTOISE,
    ClassValue,
    Const,
    Coroutine,
    Either,
    Entity,
    Entries,
    FunctionValue,
    Instance,
    Items,
    LambdaValue,
    LibraryObject,
    Partial,
    QuerySet,
    Record,
    Session,
    SessionFactory,
    Statement,
    Symbol,
    Value,
    Wrapped,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def call(frame: Frame, node: facts.Call, *, is_awaited: bool = False) -> Value:
    """The value of a call, with what it does noted in this reading."""
    creating.note(frame, node)
    if isinstance(node.func, facts.Attribute):
        found = _method_call(frame, node, node.func, is_awaited)
        if found is not NotImplemented:
            return found  # type: ignore[return-value]
    callee = frame.evaluate(node.func)
    noting.note_called(frame, callee, node)
    arguments = arguments_of(frame, node)
    return call_value(frame, callee, arguments, node, is_awaited)


def _method_call(frame: Frame, node: facts.Call, func: facts.Attribute, is_awaited: bool) -> object:
    path = dotted_name(func)
    if path is not None and path in frame.env:
        return NotImplemented
    if isinstance(func.value, facts.Call) and isinstance(func.value.func, facts.Name) and func.value.func.id == "super":
        return _super_call(frame, node, func)
    receiver = frame.evaluate(func.value)
    if func.attr in _OF_RELATIONS and isinstance(func.value, facts.Attribute):
        receiver = relations.asked_again(frame, func.value) or receiver
    if frame.interpreter.replay is not None:
        for answer in frame.interpreter.replay.call_on(frame, receiver, func, node):
            return answer
    if func.attr in ("append", "add") and (holder := _group_holder(func.value)) is not None:
        methods.note_grouped(frame, holder, arguments_of(frame, node))
    if receiver is None or isinstance(receiver, LibraryObject):
        receiver = _as_session(frame, func, node, is_awaited) or receiver
    noting.note_method(frame, receiver, func, node)
    if isinstance(receiver, (ClassValue, Entity)):
        secrets.note_copy(frame, receiver, node)
    if receiver is None and _looks_like_session_call(func):
        frame.interpreter.events.saw_session_call(frame.place(node.at), None)
    if isinstance(receiver, Either):
        arguments = arguments_of(frame, node)
        found: Value = None
        for part in receiver.options:
            found = join(found, _call_on(frame, part, func, arguments, node, is_awaited))
        return found
    if isinstance(receiver, Session):
        owning.note_temporary(frame, receiver, func.value, func.attr)
    if func.attr in fastapi.QUEUES:
        background.note_queued(frame, receiver, arguments_of(frame, node), node)
    if _is_of_tortoise(frame, receiver, func.attr):
        return _call_on(frame, receiver, func, arguments_of(frame, node), node, is_awaited)
    if not methods.has_methods(receiver):
        callee = attributes.attribute_of(frame, receiver, func.attr, func)
        noting.note_called(frame, callee, node)
        return call_value(frame, callee, arguments_of(frame, node), node, is_awaited)
    return methods.call(frame, receiver, func, arguments_of(frame, node), node, is_awaited)


def _group_holder(group: facts.Expression) -> facts.Name | None:
    """The dict in ``groups[key]`` and ``groups.setdefault(key, [])``."""
    match group:
        case facts.Subscript(facts.Name() as holder):
            return holder
        case facts.Call(facts.Attribute(facts.Name() as holder, "setdefault")):
            return holder
    return None


def _as_session(frame: Frame, func: facts.Attribute, node: facts.Call, is_awaited: bool) -> Session | None:
    """Whatever runs a statement is a session or a connection, and so is what gets a mapped class by its key."""
    if not node.arguments or node.arguments[0].stars:
        return None
    found = Session("async" if is_awaited else None)
    if func.attr in sqlalchemy.RUNS_STATEMENTS:
        given = frame.evaluate(node.arguments[0].value)
        is_statement = isinstance(given, Statement) and given.session is None and given.kind != "unknown"
        return found if is_statement else None
    if func.attr in sqlalchemy.GETS_BY_KEY and len(node.arguments) > 1:
        given = frame.evaluate(node.arguments[0].value)
        is_mapped = isinstance(given, ClassValue) and frame.interpreter.classes.is_mapped(given.ref)
        is_named = (last_name(func.value) or "").lstrip("_") in sqlalchemy.SESSION_NAMES
        return found if is_mapped and (is_awaited or is_named) else None
    return None


def _call_on(
    frame: Frame, receiver: Value, func: facts.Attribute, arguments: Arguments, node: facts.Call, is_awaited: bool
) -> Value:
    if _is_of_tortoise(frame, receiver, func.attr):
        return _call_of_tortoise(frame, receiver, func.attr, arguments, node)
    if methods.has_methods(receiver):
        return methods.call(frame, receiver, func, arguments, node, is_awaited)
    callee = attributes.attribute_of(frame, receiver, func.attr, func)
    noting.note_called(frame, callee, node)
    return call_value(frame, callee, arguments, node, is_awaited)


_OF_RELATIONS = tortoise.OF_RELATIONS | tortoise.CHANGES_RELATION


def _is_of_tortoise(frame: Frame, receiver: Value, name: str) -> bool:
    """Whether this is a method that Tortoise ORM gives its models, their objects or the queries on them."""
    return (
        isinstance(receiver, QuerySet)
        or querysets.is_started(frame, receiver, name)
        or objects.is_method(frame, receiver, name)
    )


def _call_of_tortoise(frame: Frame, receiver: Value, name: str, arguments: Arguments, node: facts.Call) -> Value:
    match receiver:
        case QuerySet():
            return querysets.extend(frame, receiver, name, arguments, node)
        case ClassValue(ref) if name == "fetch_for_list":
            return objects.fetch_for_list(frame, ref, arguments, node)
        case ClassValue(ref):
            return querysets.start(frame, ref, arguments, node)
        case Entity():
            return objects.call(frame, receiver, name, arguments, node)
    return None


def _super_call(frame: Frame, node: facts.Call, func: facts.Attribute) -> Value:
    arguments = arguments_of(frame, node)
    owner = frame.ref.owner if frame.ref is not None else None
    if owner is None or frame.ref is None or not frame.ref.facts.parameters:
        return None
    receiver = frame.env.get(frame.ref.facts.parameters[0].name)
    ref = receiver.ref if isinstance(receiver, (Instance, ClassValue)) else owner
    ref = receiver.model if isinstance(receiver, Entity) else ref
    member = frame.interpreter.classes.after(ref, owner, func.attr)
    if not isinstance(member, FunctionRef):
        if isinstance(receiver, Entity) and frame.interpreter.models.is_tortoise(receiver.model):
            if func.attr in tortoise.OF_OBJECTS:
                return objects.call(frame, receiver, func.attr, arguments, node)
        return None
    noting.note_called(frame, FunctionValue(member, receiver), node)
    value = invoke(frame, FunctionValue(member, receiver), arguments, node)
    if func.attr == "__init__":
        outcome = frame.interpreter.call(FunctionValue(member, receiver), arguments)
        for name, field in outcome.fields:
            frame.env[f"{frame.ref.facts.parameters[0].name}.{name}"] = field
    return value


def arguments_of(frame: Frame, node: facts.Call) -> Arguments:
    positional: list[Value] = []
    keywords: list[tuple[str, Value]] = []
    others: list[Value] = []
    is_open, is_known = False, True
    doubtful: frozenset[str] | None = frozenset()
    for argument in node.arguments:
        value = frame.evaluate(argument.value)
        if argument.stars == "*" and isinstance(value, Record):
            positional.extend(value.items)
        elif argument.stars == "*" and isinstance(value, Items) and (value.exact or value.is_closed):
            positional.extend(value.exact)
            is_known = is_known and value.is_closed
            others += value.others
            is_open = is_open or bool(value.others) or not (value.is_literal or value.is_closed)
        elif argument.stars == "**" and isinstance(value, Entries):
            keywords.extend(value.items)
            is_open = is_open or bool(value.others)
            doubtful = None if doubtful is None or value.doubtful is None else doubtful | value.doubtful
        elif argument.stars:
            is_open, is_known = True, False
        elif argument.keyword is not None:
            keywords.append((argument.keyword, value))
        else:
            positional.append(value)
    return Arguments(tuple(positional), tuple(keywords), is_open, tuple(others) if is_known else None, doubtful)


def call_value(frame: Frame, callee: Value, arguments: Arguments, node: facts.Call, is_awaited: bool = False) -> Value:
    """What calling ``callee`` gives."""
    if frame.interpreter.replay is not None:
        frame.interpreter.replay.note_call(frame, callee, arguments, node)
    owning.note_taker(frame, callee, arguments, node)
    match callee:
        case FunctionValue():
            return invoke(frame, callee, arguments, node)
        case ClassValue(ref):
            return _instantiate(frame, ref, arguments, node)
        case Symbol(dotted):
            return library.call(frame, dotted, arguments, node)
        case SessionFactory(kind, is_scoped, expires):
            at = frame.place(node.at)
            if not is_scoped:
                effects.note_opened(frame, at, kind)
            factories.note_opened(frame, callee, arguments, at)
            if arguments.has("expire_on_commit") or arguments.is_open:
                expires = None
            return Session(kind, is_scoped=is_scoped, opened_at=at, expires=expires)
        case Session(is_scoped=True):
            return replace(callee, opened_at=frame.place(node.at))
        case LambdaValue():
            return call_lambda(frame, callee, arguments)
        case Instance(ref):
            member = frame.interpreter.classes.member(ref, "__call__")
            if isinstance(member, FunctionRef):
                return invoke(frame, FunctionValue(member, callee), arguments, node)
        case Partial(function, positional, keywords):
            given = {key for key, _ in arguments.keywords}
            kept = tuple((key, value) for key, value in keywords if key not in given)
            merged = Arguments((*positional, *arguments.positional), (*kept, *arguments.keywords), arguments.is_open)
            return call_value(frame, function, merged, node, is_awaited)
        case LibraryObject("re.compile().sub", given):
            return constants.substitute((*given, *arguments.positional))
        case LibraryObject(fastapi.VALIDATOR, (ClassValue(ref),)):
            return validating.validate(frame, ref, arguments, node)
        case LibraryObject(dotted) if running.is_serialising(callee):
            return running.serialised(frame, dotted, arguments, node)
        case LibraryObject(dotted):
            background.note_call(frame, dotted, arguments, node)
            keeping.note_call(frame, dotted, arguments, node)
            if dotted.endswith((".create_task", ".start_soon")):
                return tasks.start(frame, dotted, arguments, node)
            if dotted.endswith(").add_api_route"):
                routes.note_added(frame, arguments, node)
            if dotted.endswith(").TemplateResponse"):
                return Wrapped(arguments.values())
            return LibraryObject(f"{dotted}()", arguments.values())
        case Either(parts):
            found: Value = None
            for part in parts:
                found = join(found, call_value(frame, part, arguments, node, is_awaited))
            return found
    return None


def call_lambda(frame: Frame, function: LambdaValue, arguments: Arguments | None = None) -> Value:
    from dbreview.link.frame import Frame

    node = function.facts
    assert isinstance(node, facts.Lambda)
    env: dict[str, Value] = {}
    for index, parameter in enumerate(node.parameters):
        env[parameter.name] = arguments.get(index, parameter.name) if arguments is not None else None
    body = Frame(frame.interpreter, function.path, frame.ref, env, function.closure)
    body.loops, body.effects, body.paths = frame.loops, frame.effects, frame.paths
    found = body.evaluate(node.body)
    frame.paths = body.paths
    return found


def invoke(frame: Frame, function: FunctionValue, arguments: Arguments | None, node: facts.Call | None) -> Value:
    """Call a function of the project: its value here, its effects noted here."""
    with frame.interpreter.called_from(frame.place(node.at) if node is not None else None):
        outcome = frame.interpreter.call(function, arguments or Arguments())
    if node is not None:
        at = frame.place(node.at)
        call = effects.call_of(frame, function, node, outcome.effects)
        for effect in outcome.effects:
            effects.note(frame, call.effect(effect), at, node)
        paths.follow(frame, outcome.paths, at)
        frame.absent += outcome.absent
        expiry.note_called(frame, outcome, at)
        objects.note_called(frame, outcome)
    found = frame.interpreter.result_of(function, outcome)
    if isinstance(found, Session) and found.driver and found.opened_at is not None:
        effects.note_entered(frame, found.opened_at)
    if isinstance(found, Coroutine) and node is not None:
        return replace(found, use=tasks.use_of_function(frame, function, outcome.effects, arguments, node))
    return found


def _instantiate(frame: Frame, ref: ClassRef, arguments: Arguments, node: facts.Call) -> Value:
    classes = frame.interpreter.classes
    if classes.is_mapped(ref) or frame.interpreter.models.is_tortoise(ref):
        frame.interpreter.events.created.add(ref)
        secrets.note_constructor(frame, ref, node)
        frame.constructed[ref] = names_in(node) | effects.origins(frame, names_in(node))
        filled = frozenset(name for name, _ in arguments.keywords)
        added_to = TORTOISE if frame.interpreter.models.is_tortoise(ref) else None
        return Entity(ref, known=filled | {"*"} if arguments.is_open else filled, added_to=added_to)
    kind = classes.session_kind(ref)
    if kind is not None:
        at = frame.place(node.at)
        effects.note_opened(frame, at, kind)
        return Session(kind, opened_at=at)
    init = classes.member(ref, "__init__")
    if isinstance(init, FunctionRef):
        outcome = frame.interpreter.call(FunctionValue(init, Instance(ref)), arguments)
        at = frame.place(node.at)
        for effect in outcome.effects:
            effects.note(frame, replace(effect, calls=(at, *effect.calls), needs=None), at, node)
        paths.follow(frame, outcome.paths, at)
        if not frame.interpreter.schemas.is_schema(ref):
            return Instance(ref, outcome.fields)
        validating.note_constructor(frame, ref, arguments, node)
        set_by_init = {name for name, _ in outcome.fields}
        named = ((n, v) for n, v in arguments.keywords if v is not None and n not in set_by_init)
        return Instance(ref, (*outcome.fields, *named))  # Pydantic's own `__init__` is behind it, as a rule
    validating.note_constructor(frame, ref, arguments, node)
    fields = tuple((name, value) for name, value in arguments.keywords if value is not None)
    fields += tuple((name, secret) for name, secret in dumping.secrets_in(frame, ref, node))
    names = [n for n, m in ref.members.items() if isinstance(m, Variable) and m.annotation is not None]
    names += [f"argument {index}" for index in range(len(names), len(arguments.positional))]
    fields += tuple((n, v) for n, v in zip(names, arguments.positional, strict=False) if v is not None)
    if not arguments.is_open:
        given = {name for name, _ in arguments.keywords} | set(names[: len(arguments.positional)])
        fields += tuple(_default_fields(frame, ref, given))
    return Instance(ref, fields)


def _default_fields(frame: Frame, ref: ClassRef, given: set[str]) -> Iterator[tuple[str, Const]]:
    """The constant defaults of a schema's fields that a constructor call leaves out."""
    for ancestor in frame.interpreter.classes.ancestors(ref):
        for name, member in ancestor.members.items() if isinstance(ancestor, ClassRef) else ():
            if name not in given and isinstance(member, Variable) and isinstance(member.value, facts.Constant):
                if member.annotation is not None and not member.value.is_opaque:
                    given.add(name)
                    yield name, Const(member.value.value)


def _looks_like_session_call(func: facts.Attribute) -> bool:
    owner = (
        func.value.attr
        if isinstance(func.value, facts.Attribute)
        else func.value.id
        if isinstance(func.value, facts.Name)
        else ""
    )
    return owner.lstrip("_") in sqlalchemy.SESSION_NAMES and func.attr in sqlalchemy.TELLING_SESSION_METHODS
