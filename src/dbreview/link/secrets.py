"""What code puts into the columns that hold passwords: a hash, or what the client sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Expression
from dbreview.frameworks import naming, python, sqlalchemy
from dbreview.link.names import ClassRef, FunctionRef, Names
from dbreview.link.syntax import last_name, walk
from dbreview.link.values import ClassValue, Const, Entity, Entries, Instance, LibraryObject, Value

if TYPE_CHECKING:
    from dbreview.link.frame import Frame


def note_constructor(frame: Frame, ref: ClassRef, node: facts.Call) -> None:
    """``User(password=...)`` and ``User(**payload.model_dump())``."""
    named = {argument.keyword for argument in node.arguments if argument.keyword is not None}
    for argument in node.arguments:
        if argument.keyword is not None and naming.is_password(argument.keyword):
            _note(frame, ref, argument.keyword, argument.value, node.at)
        elif argument.stars == "**":
            source = _dumped(argument.value)
            for name in _password_fields(frame, source) if source is not None else ():
                if name not in named and frame.interpreter.models.has_attribute(ref, name):
                    is_plain = None if _hashes_itself(frame, ref, name) or _is_assigned(frame, name) else True
                    frame.interpreter.events.saw_secret(frame.place(node.at), ref, name, is_plain)


def note_copy(frame: Frame, receiver: Value, node: facts.Call) -> None:
    """``User.model_validate(payload)`` and ``user.sqlmodel_update(payload)`` copy the fields of a schema."""
    method = last_name(node.func)
    ref = receiver.ref if isinstance(receiver, ClassValue) else receiver.model if isinstance(receiver, Entity) else None
    if ref is None or method not in sqlalchemy.COPYING_METHODS or not frame.interpreter.classes.is_mapped(ref):
        return
    given = [argument.value for argument in node.arguments if argument.keyword is None]
    replaced = {argument.keyword: argument.value for argument in node.arguments if argument.keyword is not None}
    overlay = frame.evaluate(replaced["update"]) if "update" in replaced else Entries(())
    if not given or not isinstance(overlay, Entries) or overlay.others:
        return
    for name in _password_fields(frame, _dumped(given[0]) or given[0]):
        if name not in dict(overlay.items) and frame.interpreter.models.has_attribute(ref, name):
            is_plain = None if _hashes_itself(frame, ref, name) or _is_assigned(frame, name) else True
            frame.interpreter.events.saw_secret(frame.place(node.at), ref, name, is_plain)


def note_assignment(frame: Frame, target: Expression, value: Expression) -> None:
    """``user.password = ...``."""
    if isinstance(target, facts.Attribute) and naming.is_password(target.attr):
        owner = frame.evaluate(target.value)
        if isinstance(owner, Entity):
            _note(frame, owner.model, target.attr, value, target.at)


def has_hashing(names: Names) -> bool:
    """Whether any file imports a library that hashes passwords."""
    return any(
        library.partition(".")[0] in python.HASHING
        for path in names.modules
        for library in names.imported_libraries(path)
    )


def _note(frame: Frame, ref: ClassRef, name: str, value: Expression, at: facts.Span) -> None:
    is_plain = None if _hashes_itself(frame, ref, name) else _is_plain(frame, value)
    frame.interpreter.events.saw_secret(frame.place(at), ref, name, is_plain)


def _is_plain(frame: Frame, node: Expression) -> bool | None:
    """Whether a value is what the client sent: a password field of a schema, as it came."""
    if isinstance(node, facts.Attribute) and naming.is_password(node.attr):
        owner = frame.evaluate(node.value)
        return True if isinstance(owner, Instance) and node.attr in owner.ref.members else None
    found = frame.evaluate(node)
    is_hash = isinstance(found, LibraryObject) and "()" in found.dotted
    if is_hash or "hash" in (last_name(node) or "").lower() or found == Const(None):
        return False
    return None


def _hashes_itself(frame: Frame, ref: ClassRef, name: str) -> bool:
    """Whether the model may change what is written: ``@validates("password")``, a constructor of its own."""
    if isinstance(frame.interpreter.classes.member(ref, "__init__"), FunctionRef):
        return True
    for ancestor in frame.interpreter.classes.ancestors(ref):
        for member in ancestor.members.values() if isinstance(ancestor, ClassRef) else ():
            for decorator in member.facts.decorators if isinstance(member, FunctionRef) else ():
                if isinstance(decorator, facts.Call) and last_name(decorator.func) == "validates":
                    if any(isinstance(a.value, facts.Constant) and a.value.value == name for a in decorator.arguments):
                        return True
    return False


def _is_assigned(frame: Frame, name: str) -> bool:
    """Whether the function assigns the attribute besides: ``user.password = hashed(...)`` replaces what was copied."""
    for node in walk(frame.ref.facts.body) if frame.ref is not None else ():
        if isinstance(node, facts.Assign):
            if any(isinstance(target, facts.Attribute) and target.attr == name for target in node.targets):
                return True
    return False


def _dumped(node: Expression) -> Expression | None:
    """``payload`` of ``payload.model_dump()``."""
    if isinstance(node, facts.Call) and isinstance(node.func, facts.Attribute):
        if node.func.attr in ("dict", "model_dump") and not _leaves_out(node):
            return node.func.value
    return None


def _leaves_out(node: facts.Call) -> bool:
    return any(argument.keyword in ("exclude", "include") or argument.stars for argument in node.arguments)


def _password_fields(frame: Frame, source: Expression) -> list[str]:
    found: Value = frame.evaluate(source)
    if not isinstance(found, Instance):
        return []
    ancestors = frame.interpreter.classes.ancestors(found.ref)
    names = {name for ancestor in ancestors if isinstance(ancestor, ClassRef) for name in ancestor.members}
    return sorted(name for name in names if naming.is_password(name))
