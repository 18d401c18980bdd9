"""Path operations whose answers carry secret columns, or are objects of mapped classes as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.facts import Expression
from dbreview.finding import Place
from dbreview.link.annotations import parse_annotation
from dbreview.link.exposure import columns, grading
from dbreview.link.exposure.answers import Reader
from dbreview.link.exposure.filters import Filter, read_filter
from dbreview.link.exposure.leaks import Leak, Manner, Objects
from dbreview.link.exposure.shown import AnswerSchemas
from dbreview.link.joining import options
from dbreview.link.names import ClassRef, FunctionRef
from dbreview.link.schemas import AnyOf, Envelope, Many, Schema, Shape
from dbreview.link.values import Coroutine, Either, Entity, Entries, Given, Items, LibraryObject, Record, Value
from dbreview.project import EntityResponse, ExposedColumn, ExposedColumns, Role, Route, Versions

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter, Outcome
    from dbreview.link.routes import FoundRoute

_DEEPEST = 6
_FILTERING = "response_model_"
"""How the keywords of a path operation start that leave fields out of its response model."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One thing that a path operation returns, at a place, and how FastAPI turns it into JSON.

    ``response`` is the annotation that FastAPI makes a model of, ``kind`` what that comes to.
    """

    found: FoundRoute
    at: Place
    value: Value
    kind: Literal["none", "open", "shape", "unknown"]
    shape: Shape
    response_at: Place
    hidden: Filter


class Exposing:
    """Looks at every answer once, for both questions."""

    def __init__(
        self,
        interpreter: Interpreter,
        found: Sequence[FoundRoute],
        outcomes: Mapping[FunctionRef, Outcome],
        roles: Mapping[str, Role],
        versions: Mapping[str, Versions],
    ) -> None:
        self._interpreter = interpreter
        self._schemas = AnswerSchemas(interpreter)
        self._found = [each for each in found if roles.get(each.ref.path) == "application"]
        self._routes = frozenset(each.ref for each in found)
        self._outcomes = outcomes
        pydantic = versions.get("pydantic")
        self._is_old = pydantic is not None and not pydantic.may_reach((2,))
        self._answers = [answer for each in self._found for answer in self._answers_of(each)]
        self._told: set[Place] = set()

    # --- answers

    def _answers_of(self, found: FoundRoute) -> Iterator[_Answer]:
        path = found.ref.path if found.response is found.ref.facts.returns else found.path or found.ref.path
        response = found.response
        at = Place(path, *response.at) if response is not None else found.route.at
        hidden = self._hidden(found)
        kind, shape = self._kind(path, response) if not self._hides_more(found) else ("unknown", None)
        for place, value in sorted(self._returned(found), key=lambda item: item[0]):
            yield _Answer(found, place, value, kind, shape, at, hidden)

    def _returned(self, found: FoundRoute) -> Iterable[tuple[Place, Value]]:
        """What the function returns, and where."""
        answers = self._interpreter.events.answers.get(found.ref)
        if answers is not None:
            return answers.items()
        outcome = self._outcomes.get(found.ref)  # another one has called it before
        return [(outcome.returned_at, outcome.value)] if outcome is not None and outcome.returned_at is not None else []

    def _hides_more(self, found: FoundRoute) -> bool:
        """Whether a ``**`` may bring a response model, or something that leaves fields out."""
        frame = self._interpreter.module_frame(found.path or found.ref.path)
        written = found.declaration.arguments if isinstance(found.declaration, facts.Call) else ()
        hidden = [frame.evaluate(argument.value) for argument in written if argument.stars == "**"]
        return any(
            not isinstance(value, Entries)
            or value.others
            or any(name.startswith("response_") for name, _ in value.items)
            for value in hidden
        )

    def _hidden(self, found: FoundRoute) -> Filter:
        call = found.declaration
        frame = self._interpreter.module_frame(found.path or found.ref.path)
        written = call.arguments if isinstance(call, facts.Call) else ()
        asked = ((a.keyword, a.value) for a in written if a.keyword is not None and a.keyword.startswith(_FILTERING))
        given = {keyword: frame.evaluate(value) for keyword, value in asked}
        return read_filter(given, _FILTERING, goes_through_lists=self._is_old)

    def _kind(
        self, path: str, response: Expression | None
    ) -> tuple[Literal["none", "open", "shape", "unknown"], Shape]:
        """What FastAPI makes of an annotation."""
        if isinstance(response, facts.Constant) and isinstance(response.value, str):
            response = parse_annotation(response.value, response.at)
        if response is None or (isinstance(response, facts.Constant) and response.value is None):
            return "none", None
        if self._schemas.is_response(path, response):
            return "none", None
        shape = self._schemas.shape(path, response, {})
        if shape is not None:
            return "shape", shape
        return ("open" if self._schemas.is_open(path, response) else "unknown"), None

    def _leaks(self, answer: _Answer) -> Iterator[Leak]:
        frame = self._interpreter.module_frame(answer.found.ref.path)
        reader = Reader(Objects(frame, self._schemas, answer.found.ref, self._routes, self._is_old))
        for value in options(answer.value) or (None,):
            match answer.kind:
                case "shape" if value is None or isinstance(value, LibraryObject | Given):
                    yield from reader.named(answer.shape, answer.hidden)
                case "shape":
                    yield from reader.shaped(value, answer.shape, answer.hidden)
                case "none":
                    yield from reader.plain(value, "encoder")
                case "open":
                    yield from reader.plain(value, "pydantic", answer.hidden)
                case "unknown" if reader.is_response(value):
                    yield from reader.plain(value, "json")

    # --- secret columns

    def exposed_columns(self) -> Iterator[ExposedColumns]:
        """The secret columns that answers carry: once per answer, and once per schema that names them."""
        by_place: dict[tuple[Place, ClassRef, ClassRef | None], list[tuple[_Answer, Leak]]] = {}
        returned: dict[tuple[Place, ClassRef], Place] = {}
        for answer in self._answers:
            for leak in self._leaks(answer):
                at = _place(answer, leak)
                if at == answer.at:  # told once, however many returns there are
                    at = returned.setdefault((answer.found.route.at, leak.model), at)
                by_place.setdefault((at, leak.model, leak.schema), []).append((answer, leak))
        for (at, model, _), told in sorted(by_place.items(), key=lambda item: (item[0][0], item[0][1].dotted)):
            self._told |= {answer.found.route.at for answer, _ in told}
            yield self._exposed(at, model, told)

    def _exposed(self, at: Place, model: ClassRef, told: list[tuple[_Answer, Leak]]) -> ExposedColumns:
        graded = [(grading.confidence(self._interpreter, answer.found, leak), answer, leak) for answer, leak in told]
        surest = min((grade for grade, _, _ in graded), key=lambda grade: grading.SURENESS[grade])
        kept = [(answer, leak) for grade, answer, leak in graded if grade == surest]
        first, leak = kept[0]
        schema = leak.schema if leak.how in ("schema", "entity") else None
        is_table = leak.how == "entity" and schema is not None
        found: dict[str, ExposedColumn] = {}
        for _, each in kept:
            field = each.field
            column = ExposedColumn(
                each.column.name,
                each.column.at,
                each.column.kind == "password",
                field.name if field is not None else None,
                field.at if field is not None else None,
            )
            found.setdefault(each.column.name, column)
        return ExposedColumns(
            at,
            tuple(dict.fromkeys(answer.found.route for answer, _ in kept)),
            model.name,
            self._orm(model),
            tuple(found.values()),
            "table" if is_table else leak.how,
            schema.name if schema is not None else None,
            leak.made_at,
            leak.through,
            _is_many(first),
            _is_whole(first.value),
            first.hidden.is_about(leak.column.name),
            surest,
        )

    def _orm(self, model: ClassRef) -> Literal["sqlalchemy", "sqlmodel", "tortoise"]:
        if self._interpreter.models.is_tortoise(model):
            return "tortoise"
        return "sqlmodel" if columns.is_sqlmodel(self._interpreter, model) else "sqlalchemy"

    # --- objects as answers

    def entity_responses(self) -> Iterator[EntityResponse]:
        """The path operations that answer with objects of mapped classes. What is told above is not told again."""
        responses: dict[tuple[Place, ClassRef], tuple[_Answer, bool]] = {}
        others: set[Route] = set()
        for answer in self._answers:
            models = list(dict.fromkeys(self._models_in(answer)))
            if not models and answer.kind == "shape":
                others.add(answer.found.route)
            for model in models:
                responses.setdefault((answer.found.route.at, model), (answer, answer.kind == "shape"))
        for (route_at, model), (answer, is_declared) in sorted(
            responses.items(), key=lambda item: (item[0][0], item[0][1].dotted)
        ):
            if route_at not in self._told:
                at = answer.response_at if is_declared else answer.at
                model_at = Place(model.path, *model.facts.at)
                route, orm = answer.found.route, self._orm(model)
                yield EntityResponse(at, route, model.name, model_at, orm, is_declared, len(others), "high")

    def _models_in(self, answer: _Answer) -> Iterator[ClassRef]:
        """The mapped classes that an answer shows."""
        match answer.kind:
            case "shape":
                yield from self._models_of(answer.shape, set())
            case "none":
                yield from self._models_sent(answer.value, "encoder")
            case "open":
                yield from self._models_sent(answer.value, "pydantic")

    def _models_of(self, shape: Shape, seen: set[Schema]) -> Iterator[ClassRef]:
        match shape:
            case AnyOf(shapes):
                for each in shapes:
                    yield from self._models_of(each, seen)
            case Many(element) | Envelope(element):
                yield from self._models_of(element, seen)
            case Schema(ref) if columns.is_entity(self._interpreter, ref):
                yield ref
            case Schema() if shape not in seen:
                seen.add(shape)
                for field in self._schemas.fields(shape):
                    yield from self._models_of(field.shape, seen)

    def _models_sent(self, value: Value, manner: Manner, depth: int = 0) -> Iterator[ClassRef]:
        """The classes of the objects that are returned as they are, alone, in collections or in dicts."""
        if depth > _DEEPEST:
            return
        match value:
            case Entity(model) if manner == "encoder" or columns.is_sqlmodel(self._interpreter, model):
                yield model
            case Coroutine(inner) | Items(inner):
                yield from self._models_sent(inner, manner, depth + 1)
            case Either(parts) | Record(parts):
                for part in parts:
                    yield from self._models_sent(part, manner, depth + 1)
            case Entries(items, others):
                for part in (*(each for _, each in items), *others):
                    yield from self._models_sent(part, manner, depth + 1)


def _place(answer: _Answer, leak: Leak) -> Place:
    """Where to mend it: at the schema that names the column, at the response model, or where the object is returned."""
    if leak.how == "created" and leak.made_at is not None:
        return leak.made_at
    if leak.how == "schema" and leak.schema is not None and leak.field is not None:
        is_own = leak.field.at.filename == leak.schema.path and leak.field.name in leak.schema.members
        return leak.field.at if is_own else Place(leak.schema.path, *leak.schema.facts.at)
    return answer.response_at if leak.how == "entity" and leak.schema is not None else answer.at


def _is_many(answer: _Answer) -> bool:
    """Whether an answer is a list."""
    return isinstance(answer.shape, Many) or any(isinstance(each, Items) for each in options(answer.value))


def _is_whole(value: Value) -> bool:
    """Whether objects are all of an answer, so that a response model can stand for them."""
    parts = [each.element if isinstance(each, Items) else each for each in options(value)]
    return all(isinstance(inner, Entity) for part in parts for inner in options(part)) and bool(parts)
