"""What ``holder.name`` is, for every kind of holder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.frameworks import fastapi, injector, python, sqlalchemy
from dbreview.link import calling, library, loading, validating
from dbreview.link.coroutines import tasks
from dbreview.link.drivers import rewriting
from dbreview.link.exposure import dumping
from dbreview.link.joining import join
from dbreview.link.names import ClassRef, FunctionRef, Variable, canonical
from dbreview.link.syntax import dotted_name
from dbreview.link.values import (
    Aggregate,
    Answer,
    Attribute,
    ClassValue,
    ColumnsOf,
    Const,
    Coroutine,
    Either,
    Engine,
    Entity,
    Entries,
    FunctionValue,
    Given,
    Instance,
    Items,
    LibraryObject,
    Made,
    ModuleValue,
    QuerySet,
    Record,
    Result,
    Session,
    Statement,
    Symbol,
    TableColumn,
    TableColumns,
    Value,
)

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def attribute(frame: Frame, node: facts.Attribute) -> Value:
    path = dotted_name(node)
    if path is not None and path in frame.env:
        return frame.env[path]
    if frame.interpreter.reads_schema and isinstance(node.value, facts.Call) and not node.value.arguments:
        if isinstance(node.value.func, facts.Name) and node.value.func.id == "super":
            return _of_super(frame, node.attr)
    return attribute_of(frame, frame.evaluate(node.value), node.attr, node)


def _of_super(frame: Frame, name: str) -> Value:
    """``super().__table_args__`` in a declared attribute."""
    owner = frame.ref.owner if frame.ref is not None else None
    if owner is None or frame.ref is None or not frame.ref.facts.parameters:
        return None
    receiver = frame.env.get(frame.ref.facts.parameters[0].name)
    if not isinstance(receiver, ClassValue):
        return None
    member = frame.interpreter.classes.after(receiver.ref, owner, name)
    match member:
        case FunctionRef():
            return frame.interpreter.read(FunctionValue(member, receiver), {}).value
        case Variable(value=expression) if expression is not None:
            return frame.interpreter.module_frame(member.path).evaluate(expression)
    return None


def attribute_of(frame: Frame, holder: Value, name: str, node: facts.Attribute) -> Value:
    """What ``holder.name`` is, read at ``node``."""
    if frame.interpreter.replay is not None and isinstance(holder, LibraryObject):
        for answer in frame.interpreter.replay.attribute(holder, name):
            return answer
    match holder:
        case None | Given() | Answer():
            frame.interpreter.events.untyped_reads.add(name)
            return rewriting.attribute(holder, name) if isinstance(holder, Answer) else None
        case Coroutine() | QuerySet():
            tasks.note_taken(frame, holder, dotted_name(node.value), name, frame.place(node.at))
            return None
        case ModuleValue(path):
            return frame.interpreter.module_value(path, name) or _submodule(frame, path, name)
        case Symbol(dotted):
            full = canonical(f"{dotted}.{name}")
            if full in sqlalchemy.SESSION_SYMBOLS:
                return Session(sqlalchemy.SESSION_SYMBOLS[full], is_scoped=True)
            return Symbol(full)
        case ClassValue(ref):
            return _class_attribute(frame, ref, name)
        case Instance(ref):
            return _instance_attribute(frame, holder, ref, name, node)
        case Entity():
            return loading.attribute(frame, holder, name, node)
        case Either(parts):
            found: Value = None
            for part in parts:
                found = join(found, attribute_of(frame, part, name, node))
            return found
        case ColumnsOf(ref):
            return Attribute(ref, name)
        case LibraryObject(dotted, given, keywords):
            if dotted == injector.PROVIDER and name == "provided":
                return given[0]
            position = python.GENERIC_ATTRIBUTES.get(f"{dotted}.{name}")
            if position is not None and position < len(given):
                return given[position]
            if name == "metadata" and dotted.endswith("()"):
                made = next((value for key, value in keywords if key == "metadata"), None)
                return made if made is not None else LibraryObject(f"{dotted}.metadata")
            if dotted == "re.compile()":
                return LibraryObject(f"re.compile().{name}", given)
            return _library_attribute(frame, dotted, name)
        case Made(dotted, (Const(str() as title), *_)) if dotted in sqlalchemy.TABLES and name in ("name", "fullname"):
            schema = holder.keyword("schema")
            is_full = name == "fullname" and isinstance(schema, Const) and schema.value
            return Const(f"{schema.value}.{title}" if is_full and isinstance(schema, Const) else title)
        case Const() if name == "value" and frame.interpreter.reads_schema:
            return holder  # of a member of an Enum
        case Made():
            return TableColumns(holder) if name in ("c", "columns") else None
        case Aggregate() if frame.interpreter.reads_schema:
            return holder
        case TableColumns(table):
            return TableColumn(table, name)
        case Record():
            return dumping.of_row(holder, name)
        case Items() | Result() | Statement() | Session() | Engine():
            return None
    return None


def _library_attribute(frame: Frame, dotted: str, name: str) -> Value:
    if dotted.endswith(".state") and name in frame.interpreter.request_state:
        return frame.interpreter.request_state[name]
    if f"app.{name}" in frame.interpreter.request_state and dotted.endswith((".app", "FastAPI", "FastAPI()")):
        return frame.interpreter.request_state[f"app.{name}"]
    if dotted.endswith(")") or name in {"state", "app"} or dotted in fastapi.BACKGROUND_TASKS:
        return LibraryObject(f"{dotted}.{name}")
    return None


def _submodule(frame: Frame, path: str, name: str) -> Value:
    return frame.interpreter.definition_value(frame.interpreter.names.submodule(path, name))


def _class_attribute(frame: Frame, ref: ClassRef, name: str) -> Value:
    classes = frame.interpreter.classes
    member = classes.member(ref, name)
    if name in ("__name__", "__qualname__"):
        return Const(ref.name)
    if frame.interpreter.reads_schema and isinstance(member, Variable) and member.annotation is None:
        constant = classes.value_of_member(ref, name)
        if isinstance(constant, Const):
            return constant
    if classes.is_declarative(ref) and not isinstance(member, (FunctionRef, ClassRef)):
        relationship = frame.interpreter.models.relationship(ref, name)
        if relationship is not None:
            frame.interpreter.events.reads.add((relationship.model, name))
        if not name.startswith("__") and (member is not None or frame.interpreter.models.has_attribute(ref, name)):
            return Attribute(ref, name)
        if name == "__table__":
            return ClassValue(ref)
    match member:
        case FunctionRef():
            is_column = frame.interpreter.is_a(member, sqlalchemy.DECLARED_ATTR) and not name.startswith("__")
            if is_column or (frame.interpreter.is_a(member, python.PROPERTIES) and classes.is_declarative(ref)):
                return Attribute(ref, name)
            if "builtins.classmethod" in frame.interpreter.decorations(member):
                return FunctionValue(member, ClassValue(ref))
            return FunctionValue(member)
        case ClassRef():
            return ClassValue(member)
        case Variable():
            found = classes.value_of_member(ref, name)
            late = classes.late_field(ref, name) if found in (None, Const(None)) else None
            return late if isinstance(late, Session) else found
    if validating.is_validator(frame, ref, name):
        return LibraryObject(fastapi.VALIDATOR, (ClassValue(ref),))
    if name in ("c", "columns") and classes.is_declarative(ref):
        return ColumnsOf(ref)
    if name == "__dict__" and frame.interpreter.reads_schema:
        return Entries(tuple(frame.interpreter.models.class_values(ref).items()))
    return None


def _instance_attribute(frame: Frame, holder: Instance, ref: ClassRef, name: str, node: facts.Attribute) -> Value:
    classes = frame.interpreter.classes
    found = classes.field(holder, name)
    if found is not None:
        return found
    member = classes.member(ref, name)
    match member:
        case FunctionRef():
            bound = _bound(frame, member, holder, ref)
            if frame.interpreter.is_a(member, python.PROPERTIES):
                return calling.invoke(frame, bound, None, facts.Call(node, (), node.at))
            return bound
        case ClassRef():
            return ClassValue(member)
        case Variable():
            value = classes.value_of_member(ref, name)
            if isinstance(value, LibraryObject) and value.dotted in library.DEPENDS:
                target = value.arguments[0] if value.arguments else None
                frame.interpreter.declared.note_asked(ref, target, value)
                return frame.interpreter.declared.provided_by(target)
            return value
    if name == "__class__":
        return ClassValue(ref)
    built = classes.instance(ref)
    found = classes.field(built, name) if built is not holder else None
    return found if found is not None else classes.late_field(ref, name)


def _bound(frame: Frame, member: FunctionRef, receiver: Value, ref: ClassRef) -> FunctionValue:
    decorations = frame.interpreter.decorations(member)
    if "builtins.staticmethod" in decorations:
        return FunctionValue(member)
    if "builtins.classmethod" in decorations:
        return FunctionValue(member, ClassValue(ref))
    return FunctionValue(member, receiver)
