"""What turns objects into answers: encoders, responses, and how schemas change what they are given. Tables only."""

from __future__ import annotations

ENCODER = "fastapi.encoders.jsonable_encoder"
DUMPED = "pydantic.BaseModel.model_dump"
"""Stands for a schema's own methods that turn it into a dict or text."""
DUMPS = frozenset({"model_dump", "dict", "json", "model_dump_json"})
JSON_RESPONSES = frozenset(
    {
        "fastapi.responses.JSONResponse", "fastapi.responses.ORJSONResponse", "fastapi.responses.UJSONResponse",
        "starlette.responses.JSONResponse", "fastapi.Response", "fastapi.responses.Response",
        "starlette.responses.Response", "json.dumps", "orjson.dumps",
    }
)  # fmt: skip
"""What turns plain data into an answer as it is, and knows no objects."""
RESPONSES = JSON_RESPONSES - {"json.dumps", "orjson.dumps"} | {
    "fastapi.responses.HTMLResponse", "fastapi.responses.PlainTextResponse", "fastapi.responses.RedirectResponse",
    "fastapi.responses.StreamingResponse", "fastapi.responses.FileResponse", "starlette.responses.HTMLResponse",
    "starlette.responses.PlainTextResponse", "starlette.responses.RedirectResponse", "starlette.responses.FileResponse",
    "starlette.responses.StreamingResponse", "fastapi.responses.EventSourceResponse",
}  # fmt: skip
"""Classes of answers: a path operation that returns one, or says so, has no response model."""

CONVERTERS = frozenset(
    {"PlainSerializer", "WrapSerializer", "AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator"}
)
"""What an annotation holds that turns a value into another one."""
FIELD_CONVERTERS = frozenset({"field_serializer", "field_validator", "validator", "serializer"})
"""Decorators of functions that turn the fields that they name into something else."""
WHOLE_CONVERTERS = frozenset({"model_serializer", "model_validator", "root_validator"})

MODEL_META = "PydanticMeta"
"""The inner class in which a model of Tortoise ORM says what the schemas that are made of it leave out."""
GIVES_COLUMNS = frozenset({"values", "values_list"})
"""Methods of query sets that give the columns of rows as plain data: all of them, unless some are named."""
NARROWS_COLUMNS = frozenset({"only"})
"""Methods of query sets that leave columns of the objects out."""
