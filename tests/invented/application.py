"""One application from a seed: its files, and what was decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from invented import schema as schemas
from invented.companions import can_have_companions, read_with_companions
from invented.dice import Dice
from invented.draft import Draft, Wanted
from invented.layouts import place
from invented.loaders import Options, invent_options
from invented.lookups import invent_lookups
from invented.models import write_models
from invented.reading import invent_reading, read_one
from invented.responding import Responding, invent_response
from invented.schema import Schema, Side
from invented.source import indented

Kind = Literal["reading", "lookups", "response"]
KINDS: tuple[Kind, ...] = ("reading", "reading", "reading", "reading", "reading", "lookups", "response")


@dataclass(frozen=True)
class Application:
    """Files, and what they do: ``path`` is read from rows, or from a single row, or keys are looked up."""

    seed: int
    index: int
    files: Mapping[str, str]
    schema: Schema
    shape: tuple[str, ...]
    kind: Kind
    is_async: bool
    is_single: bool = False
    path: tuple[Side, ...] = ()
    options: Options = field(default_factory=Options)

    def __str__(self) -> str:
        read = ".".join((self.path[0].owner, *(side.name for side in self.path))) if self.path else "lookups"
        return f"seed {self.seed}, application {self.index}: {read}"

    def strategy(self, number: int) -> str:
        """How a step of the path is loaded: as its option says, or as it is declared."""
        steps = self.options.steps
        option = steps[number] if number < len(steps) else "defaultload"
        return self.path[number].lazy if option == "defaultload" else option.removesuffix("load")


def invent(seed: int, index: int) -> Application:
    """The same two numbers always give the same application."""
    dice = Dice(seed, index)
    is_async = dice.pick("session", {"sync": 6, "async": 4}) == "async"
    draft = Draft(dice, schemas.invent(dice, is_async=is_async), is_async)
    kind = dice.one_of(KINDS)
    dice.note("application", kind)
    wanted = _wanted(draft, kind) if kind != "lookups" else None
    methods = _write_handler(draft, wanted, kind)
    write_models(draft.files, draft.schema, methods)
    _write_database(draft)
    draft.files["app/__init__.py"].add("")
    about = (draft.files.texts(), draft.schema, tuple(dice.thrown), kind, is_async)
    if wanted is None:
        return Application(seed, index, *about)
    return Application(seed, index, *about, wanted.is_single, tuple(wanted.path), wanted.options)


def _wanted(draft: Draft, kind: Kind) -> Wanted:
    dice, schema = draft.dice, draft.schema
    can_query = kind == "reading"  # Pydantic does not read what is a query
    path = _path(dice, schema, [side for side in schema.sides if can_query or side.lazy != "dynamic"])
    if not can_query:
        path = path[: next((number for number, side in enumerate(path) if side.lazy == "dynamic"), len(path))]
    can_be_single = kind == "response" or (path[0].is_collection and len(path) > 1)
    is_single = can_be_single and dice.happens("single row", 25)
    for side in path:
        way = side.link.kind if side.is_parent or side.link.kind == "many to many" else f"{side.link.kind}, back"
        dice.note("step", f"{way}, lazy={side.lazy or 'default'}, {side.link.declared}")
    return Wanted(path, invent_options(dice, schema, path), is_single)


def _path(dice: Dice, schema: Schema, starts: list[Side]) -> list[Side]:
    """One to three steps that seldom go back where they came from."""
    path = [dice.one_of(starts)]
    for _ in range(dice.one_of((0, 1, 1, 2))):
        onward = schema.sides_of(path[-1].target)
        if not dice.one_of((True, *[False] * 9)):
            onward = [side for side in onward if side.link != path[-1].link]
        if not onward:
            break
        path.append(dice.one_of(onward))
    return path


def _write_handler(draft: Draft, wanted: Wanted | None, kind: Kind) -> dict[str, list[str]]:
    """The route; gives what it needs in the bodies of models."""
    end = Responding('return {"result": str(result)}')
    methods: dict[str, list[str]] = {}
    if wanted is None:
        body, end = invent_lookups(draft), Responding('return {"result": str(len(result))}')
    elif kind == "response":
        body, end = _answering(draft, wanted)
    else:
        body, methods = _reading(draft, wanted)
    handler = draft.handler
    handler.uses("app.db", "SessionDep")
    handler.uses("fastapi", "APIRouter", "Query")
    handler.uses("typing", "Annotated")
    parameters = "session: SessionDep, ids: Annotated[list[int], Query(max_length=100)]"
    handler.add("", "", "router = APIRouter()", "", "", f'@router.get("/result"{end.decorator})')
    handler.add(f"{draft.define} handle({parameters}) -> {end.annotation}:", *indented([*body, end.last]))
    return methods


def _reading(draft: Draft, wanted: Wanted) -> tuple[list[str], dict[str, list[str]]]:
    if can_have_companions(draft, wanted):
        return read_with_companions(draft, wanted), {}
    fetching = place(draft, wanted)
    if wanted.is_single:
        lines = [*fetching.lines, f"{wanted.row} = {fetching.value}"]
        if draft.is_async and draft.dice.happens("refresh", 20):
            lines.append(f'await session.refresh({wanted.row}, ["{wanted.path[0].name}"])')
        return [*lines, *read_one(draft, wanted)], {}
    lines, rows = fetching.lines, fetching.value
    if draft.is_async or draft.dice.one_of((True, True, False)):
        lines, rows = [*lines, f"rows = {rows}"], "rows"
    reading = invent_reading(draft, wanted, rows)
    return [*lines, *reading.lines], reading.methods


def _answering(draft: Draft, wanted: Wanted) -> tuple[list[str], Responding]:
    fetching = place(draft, wanted)
    lines, rows = fetching.lines, fetching.value
    if wanted.is_single or draft.dice.one_of((True, False)):
        name = "row" if wanted.is_single else "rows"
        lines, rows = [*lines, f"{name} = {rows}"], name
    return lines, invent_response(draft, wanted, rows)


def _write_database(draft: Draft) -> None:
    file = draft.files["app/db.py"]
    file.uses("typing", "Annotated")
    file.uses("fastapi", "Depends")
    session = draft.session_type(file)
    if draft.is_async:
        file.uses("collections.abc", "AsyncIterator")
        file.uses("sqlalchemy.ext.asyncio", "async_sessionmaker", "create_async_engine")
        file.add("", 'engine = create_async_engine("sqlite+aiosqlite://")')
        file.add(f"SessionFactory = async_sessionmaker(engine, class_={session}, expire_on_commit=False)")
        body = ["async with SessionFactory() as session:", "    yield session"]
        file.add_block(f"async def get_session() -> AsyncIterator[{session}]:", body)
    else:
        file.uses("collections.abc", "Iterator")
        file.uses("sqlalchemy", "create_engine")
        file.uses("sqlalchemy.orm", "sessionmaker")
        file.add("", 'engine = create_engine("sqlite://")')
        file.add(f"SessionFactory = sessionmaker(engine, class_={session})")
        body = ["with SessionFactory() as session:", "    yield session"]
        file.add_block(f"def get_session() -> Iterator[{session}]:", body)
    file.add("", "", f"SessionDep = Annotated[{session}, Depends(get_session)]")
