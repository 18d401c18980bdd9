"""What response models show: the fields that are sent as they are, of schemas, of tables, of models of Tortoise ORM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.frameworks import answers, python, sensitive, tortoise
from dbreview.link import constants
from dbreview.link.exposure import columns
from dbreview.link.names import ClassRef, FunctionRef, Variable
from dbreview.link.schemas import Created, Many, Schema, SchemaField, Schemas, Shape
from dbreview.link.syntax import dotted_name, last_name, names_in, walk
from dbreview.link.values import ClassValue, Const, Symbol


@dataclass(slots=True)
class AnswerSchemas(Schemas):
    """Reads annotations as FastAPI does for answers: tables of SQLModel are response models as well."""

    def is_schema(self, ref: ClassRef) -> bool:
        return Schemas.is_schema(self, ref) or columns.is_sqlmodel(self.interpreter, ref)

    def shape(self, path: str, annotation: Expression | None, parameters: Mapping[str, Shape], depth: int = 0) -> Shape:
        found = Schemas.shape(self, path, annotation, parameters, depth)
        if found is not None or annotation is None or depth > 4:
            return found
        if isinstance(annotation, facts.Call):
            return self._created(path, annotation)
        value = self.interpreter.module_frame(path).evaluate(annotation)
        bases = value.ref.facts.bases if isinstance(value, ClassValue) and not self._is_entity(value.ref) else ()
        inherited = (self.shape(path_of(value), base.value, {}, depth + 1) for base in bases)
        return next((base for base in inherited if isinstance(base, Created)), None)

    def _is_entity(self, ref: ClassRef) -> bool:
        return columns.is_entity(self.interpreter, ref)

    def _created(self, path: str, call: facts.Call) -> Shape:
        """``pydantic_model_creator(User, exclude=("password",))``."""
        frame = self.interpreter.module_frame(path)
        maker = frame.symbol_of(call)
        if maker not in tortoise.SCHEMA_MAKERS:
            return None
        given = {a.keyword or ("cls" if index == 0 else ""): a.value for index, a in enumerate(call.arguments)}
        model = frame.evaluate(given["cls"]) if "cls" in given else None
        if not isinstance(model, ClassValue) or "" in given:
            return None
        left_out, only = self._meta(model.ref, "exclude"), self._meta(model.ref, "include")
        if "exclude" in given:
            own = self._texts(path, given["exclude"])
            left_out = left_out | own if left_out is not None and own is not None else None
        if "include" in given:
            only = self._texts(path, given["include"])
        if left_out is None or only is None:
            return None
        found = Created(model.ref, left_out, only, Place(path, *call.at))
        return Many(found) if maker == tortoise.LIST_SCHEMA_MAKER else found

    def _meta(self, ref: ClassRef, name: str) -> frozenset[str] | None:
        """What the model's own ``PydanticMeta`` says."""
        meta = self.interpreter.classes.member(ref, answers.MODEL_META)
        member = meta.members.get(name) if isinstance(meta, ClassRef) else None
        if not isinstance(member, Variable) or member.value is None:
            return frozenset()
        return self._texts(member.path, member.value)

    def _texts(self, path: str, node: Expression) -> frozenset[str] | None:
        value = self.interpreter.module_frame(path).evaluate(node)
        if isinstance(node, facts.Display) and not node.items:
            return frozenset()
        found = constants.exact_items(value) if not isinstance(value, Const) else None
        if found is None or not all(isinstance(each, Const) for each in found):
            return None
        return frozenset(str(each.value) for each in found if isinstance(each, Const))

    # --- fields

    def shown(self, schema: Schema) -> Iterator[SchemaField]:
        """The fields that an answer of this schema has, as they are in the object."""
        if any(self._serialises_itself(ref) for ref in self._own(schema.ref)):
            return
        relationships = self.interpreter.models.relationships(schema.ref)
        for field in self.fields(schema):
            if field.name not in relationships and not self._is_changed(schema.ref, field.name):
                yield field

    def _own(self, ref: ClassRef) -> Iterator[ClassRef]:
        return (each for each in self.interpreter.classes.ancestors(ref) if isinstance(each, ClassRef))

    def _is_changed(self, ref: ClassRef, name: str) -> bool:
        """Whether a field is left out, masked, or turned into something that nobody knows."""
        member = self.interpreter.classes.member(ref, name)
        if not isinstance(member, Variable) or member.annotation is None:
            return True
        written = (member.annotation, member.value) if member.value is not None else (member.annotation,)
        for node in walk(written):
            match node:
                case facts.Name(word) | facts.Attribute(_, word) if word in sensitive.MASKED_TYPES | answers.CONVERTERS:
                    return True
                case facts.Call(func, arguments) if last_name(func) == "Field":
                    if any(each.keyword == "exclude" and not _is_off(each.value) for each in arguments):
                        return True
        return any(name in _converted(each) for each in self._own(ref))

    def _serialises_itself(self, ref: ClassRef) -> bool:
        """Whether code of the schema decides what is sent: ``@model_serializer``, a validator of the whole."""
        return any(
            last_name(decorator) in answers.WHOLE_CONVERTERS
            for member in ref.members.values()
            if isinstance(member, FunctionRef) and not _passes_on(member)
            for decorator in member.facts.decorators
        )

    def is_plain(self, ref: ClassRef, name: str) -> bool:
        """Whether a field holds a text of its own, no yes or no and no number."""
        member = self.interpreter.classes.member(ref, name)
        annotation = member.annotation if isinstance(member, Variable) else None
        words = {last_name(node) for node in walk(annotation) if isinstance(node, facts.Name | facts.Attribute)}
        return annotation is not None and not words & sensitive.OPEN_ANNOTATIONS

    # --- answers without a schema

    def is_open(self, path: str, annotation: Expression, depth: int = 0) -> bool:
        """Whether an annotation lets anything pass: ``Any``, ``dict``, ``list[dict[str, Any]]``."""
        match annotation:
            case facts.BinaryOperation(left, "|", right):
                return self.is_open(path, left, depth + 1) and self.is_open(path, right, depth + 1)
            case facts.Constant(None):
                return depth > 0
            case facts.Subscript(base, index):
                parts = index.items if isinstance(index, facts.Display) else (index,)
                return self.is_open(path, base, depth + 1) and any(self.is_open(path, p, depth + 1) for p in parts[-1:])
        value = self.interpreter.module_frame(path).evaluate(annotation)
        if not isinstance(value, Symbol):
            return False
        package, _, name = value.dotted.rpartition(".")
        is_plain = depth > 0 and name in _PLAIN
        return package in ("builtins", "typing", "collections.abc", "typing_extensions") and (is_plain or name in _OPEN)

    def is_response(self, path: str, annotation: Expression) -> bool:
        """Whether an annotation names a response, so that FastAPI makes no response model of it."""
        value = self.interpreter.module_frame(path).evaluate(annotation)
        return (isinstance(value, Symbol) and value.dotted in answers.RESPONSES) or self.is_own_response(value)

    def is_own_response(self, value: object) -> bool:
        """Whether this is a class of the project that derives from a response."""
        ref = value.ref if isinstance(value, ClassValue) else None
        return ref is not None and not answers.RESPONSES.isdisjoint(self.interpreter.classes.library_ancestors(ref))


_OPEN = python.COLLECTIONS | {"Any", "object", "dict", "Dict", "Mapping", "MutableMapping", "Union", "Optional"}

_PLAIN = frozenset({"str", "int", "float", "bool"})


def path_of(value: object) -> str:
    return value.ref.path if isinstance(value, ClassValue) else ""


def _converted(ref: ClassRef) -> frozenset[str]:
    """The fields that validators and serializers of a class are about; with a star, all."""
    found: set[str] = set()
    for member in ref.members.values():
        if not isinstance(member, FunctionRef) or _passes_on(member):
            continue
        for decorator in member.facts.decorators:
            if isinstance(decorator, facts.Call) and last_name(decorator) in answers.FIELD_CONVERTERS:
                found |= {str(a.value.value) for a in decorator.arguments if isinstance(a.value, facts.Constant)}
    return frozenset(found)


def _passes_on(function: FunctionRef) -> bool:
    """Whether a validator gives back what it is given, and only looks at it."""
    names = {parameter.name for parameter in function.facts.parameters}
    returned: set[str | None] = set()
    for node in walk(function.facts.body):
        if isinstance(node, facts.Return):
            returned.add(dotted_name(node.value) if node.value is not None else None)
        elif isinstance(node, facts.Assign) and any(names & names_in(target) for target in node.targets):
            return False
    return bool(returned) and returned <= names


def _is_off(value: Expression) -> bool:
    return isinstance(value, facts.Constant) and value.value in (False, None) and not value.is_opaque
