"""Response schemas that read a path of relationships from the rows that a route answers with."""

from __future__ import annotations

from dataclasses import dataclass

from invented.draft import Draft, Wanted
from invented.source import File

CONFIG = "model_config = ConfigDict(from_attributes=True)"


@dataclass(frozen=True)
class Responding:
    """How the handler ends, what its decorator is told, and what it is annotated with."""

    last: str
    decorator: str = ""
    annotation: str = "dict[str, str]"


def invent_response(draft: Draft, wanted: Wanted, rows: str) -> Responding:
    """The rows as they are, for FastAPI to read, or read by the handler."""
    schema = _write_schemas(draft, wanted)
    draft.handler.uses("app.schemas", schema)
    what = schema if wanted.is_single else f"list[{schema}]"
    shape = draft.dice.pick("response", {"response_model": 6, "annotation": 4, "model_validate": 4, "TypeAdapter": 1})
    answer = rows if wanted.is_single or rows.endswith(".all()") else f"list({rows})"
    match shape:
        case "response_model":
            return Responding(f"return {answer}", f", response_model={what}", "object")
        case "TypeAdapter":
            draft.handler.uses("pydantic", "TypeAdapter")
            return Responding(f"return TypeAdapter({what}).validate_python({answer})", "", what)
        case "model_validate" if wanted.is_single:
            return Responding(f"return {schema}.model_validate({rows})", "", what)
        case "model_validate":
            return Responding(f"return [{schema}.model_validate(row) for row in {rows}]", "", what)
    return Responding(f"return {answer}", "", what)


def _write_schemas(draft: Draft, wanted: Wanted) -> str:
    """One schema for each model on the path, the last first; gives the name of the first's."""
    dice, file, path = draft.dice, draft.files["app/schemas.py"], wanted.path
    file.uses("pydantic", "BaseModel", "ConfigDict")
    base = "BaseModel"
    if dice.happens("schema base", 40):
        base = "Read"
        file.add_block("class Read(BaseModel):", [CONFIG, "", "id: int"])
    inner = f"{path[-1].target}Out{len(path)}"
    _write_schema(file, inner, base, [])
    for number, side in reversed(list(enumerate(path))):
        what = f"list[{inner}]" if side.is_collection else dice.one_of((inner, f"{inner} | None"))
        field = f"{side.name}: {what}"
        if number == 0 and dice.happens("alias", 15):
            file.uses("pydantic", "Field")
            field = f'related: {what} = Field(validation_alias="{side.name}")'
        inner = f"{side.owner}Out{number or ''}"
        _write_schema(file, inner, base, [field])
    return inner


def _write_schema(file: File, name: str, base: str, fields: list[str]) -> None:
    own = ["name: str"] if base == "Read" else [CONFIG, "", "id: int", "name: str"]
    file.add_block(f"class {name}({base}):", [*own, *fields])
