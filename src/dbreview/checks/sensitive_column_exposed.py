"""The check behind rules/sensitive-column-exposed.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note, Place
from dbreview.project import ExposedColumns, Project, Route

_MOST_ROUTES = 5


def check(project: Project) -> Iterator[Finding]:
    """Answers that carry passwords, keys or tokens."""
    for exposed in project.exposed_columns:
        yield Finding(
            at=exposed.at,
            message=_message(exposed),
            help=_help(exposed),
            notes=tuple(_notes(exposed)),
            confidence=exposed.confidence,
        )


def _message(exposed: ExposedColumns) -> str:
    model, columns = exposed.model, _columns(exposed)
    route = _shown(exposed.routes[0])
    more = f" (and {len(exposed.routes) - 1} more)" if len(exposed.routes) > 1 else ""
    match exposed.how:
        case "entity" if exposed.through is not None:
            return f"{route} sends what `{exposed.through}` leads to with all its columns, {columns} too"
        case "entity":
            what = f"each `{model}`" if exposed.is_many else f"the `{model}`"
            return f"{route} sends {what} with all its columns, {columns} too: nothing says what to leave out"
        case "table":
            return f"{route} answers with all columns of the table `{model}`, {columns} too"
        case "dump":
            return f"{route} sends the columns of `{model}` as plain data, {columns} too"
        case "written":
            return f"{route} puts {columns} into its answer"
        case "created":
            return f"the schema that is made of `{model}` shows {columns}, and {route}{more} answers with it"
    fields = _listed([f"`{exposed.schema}.{column.field or column.name}`" for column in exposed.columns])
    are = "are" if len(exposed.columns) > 1 else "is"
    return f"{fields} {are} filled from {columns}, and {route}{more} answers with it"


def _help(exposed: ExposedColumns) -> str:
    names = _listed([f"`{column.name}`" for column in exposed.columns])
    texts = ", ".join(f'"{column.name}"' for column in exposed.columns) + ("," if len(exposed.columns) == 1 else "")
    match exposed.how:
        case "created":
            return f"Write `exclude=({texts})`, here or in the `PydanticMeta` of `{exposed.model}`."
        case "schema":
            return f"{_without(exposed)}{_once(exposed)}{_in_vain(exposed)}"
        case "written":
            return f"Leave {names} out of the answer.{_once(exposed)}"
    if exposed.orm == "tortoise":
        made = f"pydantic_model_creator({exposed.model}, exclude=({texts}))"
        return f"Answer with a schema: `{exposed.model}Read = {made}`, and make it the `response_model`."
    base = "SQLModel" if exposed.orm == "sqlmodel" else "BaseModel"
    schema = f"Declare `class {exposed.model}Read({base})` with the fields that clients need, {names} not among them"
    if exposed.how == "dump" or not exposed.is_whole:
        return f"{schema}, and send `{exposed.model}Read.model_validate(...)` instead.{_in_vain(exposed)}"
    read = f"list[{exposed.model}Read]" if exposed.is_many else f"{exposed.model}Read"
    return f"{schema}, and answer with it: `response_model={read}`.{_in_vain(exposed)}"


def _without(exposed: ExposedColumns) -> str:
    fields = _listed([f"`{column.field or column.name}`" for column in exposed.columns])
    if any(column.field_at != exposed.at for column in exposed.columns[:1]):
        return f"Let `{exposed.schema}` derive from a class that has no {fields}: what comes in is not what goes out."
    return f"Take {fields} out of `{exposed.schema}`."


def _once(exposed: ExposedColumns) -> str:
    """What to do about a key, which somebody has to be told."""
    if any(column.is_password for column in exposed.columns):
        return ""
    return " Whoever needs it is told once, when it is made; later its last four characters are enough to know it by."


def _in_vain(exposed: ExposedColumns) -> str:
    if not exposed.is_excluded_in_vain:
        return ""
    if exposed.how in ("entity", "dump"):
        return " `response_model_exclude` does nothing where there is no response model."
    return ' For the items of a list, `response_model_exclude` has to be `{"__all__": {...}}`.'


def _notes(exposed: ExposedColumns) -> Iterator[Note]:
    for column in exposed.columns:
        if exposed.how == "schema" and column.field_at is not None and column.field_at != exposed.at:
            yield Note(f"the field `{column.field}` comes from here", column.field_at)
    for column in exposed.columns:
        yield Note(f"`{exposed.model}.{column.name}` is a column", column.at)
    if exposed.made_at is not None and exposed.how == "dump" and not _is_within(exposed.made_at, exposed.at):
        yield Note("the object is turned into plain data here", exposed.made_at)
    for route in exposed.routes[:_MOST_ROUTES] if exposed.how in ("schema", "created") else ():
        yield Note(f"the route `{route.function}` answers with it", route.at)


def _is_within(place: Place, other: Place) -> bool:
    return place.filename == other.filename and other.line <= place.line <= other.end_line


def _columns(exposed: ExposedColumns) -> str:
    return _listed([f"`{exposed.model}.{column.name}`" for column in exposed.columns])


def _shown(route: Route) -> str:
    return f"{route.methods[0]} {route.path}" if route.path and route.methods else f"`{route.function}`"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
