"""What we know about FastAPI, Starlette and Pydantic, as data. No analysis happens here."""

from __future__ import annotations

APPLICATIONS = frozenset({"fastapi.FastAPI", "fastapi.applications.FastAPI"})
APPLICATION_OBJECTS = APPLICATIONS | {f"{name}()" for name in APPLICATIONS}
"""The application as a parameter says it, and as it is made."""
ROUTERS = frozenset({"fastapi.APIRouter", "fastapi.routing.APIRouter"})
HTTP_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace"})
ROUTE_METHODS = HTTP_METHODS | {"api_route", "route"}
OF_MANY_ROUTES = frozenset({"FastAPI", "APIRouter", "include_router"})
"""Calls whose ``dependencies`` are those of many routes."""

CALLS_NEXT = frozenset({"call_next", "app"})
"""What a middleware calls to have a request answered."""

DEPENDS = frozenset({"fastapi.Depends", "fastapi.Security", "fastapi.params.Depends", "fastapi.params.Security"})


EXIT_CODE: tuple[tuple[tuple[int, ...], bool], ...] = (((0, 118), True), ((0, 106), False), ((0,), True))
"""From which version on what a dependency does behind its ``yield`` is done after the response was sent, newest first."""

PASSES_ON = frozenset(
    {
        "fastapi.encoders.jsonable_encoder", "fastapi.responses.JSONResponse", "fastapi.responses.ORJSONResponse",
        "fastapi.responses.UJSONResponse", "starlette.responses.JSONResponse", "fastapi.Response", "json.dumps",
        "fastapi.responses.Response", "starlette.responses.Response", "orjson.dumps", "builtins.dict",
        "fastapi.responses.HTMLResponse",
    }
)  # fmt: skip
"""Callables whose result carries their arguments to the client."""


ADAPTERS = frozenset({"pydantic.TypeAdapter", "pydantic.type_adapter.TypeAdapter"})
"""Types that fill anything that an annotation can describe."""
PARSES_AS = frozenset({"pydantic.parse_obj_as", "pydantic.tools.parse_obj_as"})
FILLS_FROM_OBJECT = frozenset({"model_validate", "from_orm"})
"""Methods of Pydantic's models that fill a schema from an object."""
VALIDATOR = "pydantic.BaseModel.model_validate"
"""Stands for a schema's own function that fills it from an object, whatever its name."""

SCHEMA_BASES = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.generics.GenericModel", "pydantic.RootModel"}
)

INTEGERS = frozenset(
    {"builtins.int", "pydantic.PositiveInt", "pydantic.NonNegativeInt", "pydantic.StrictInt", "pydantic.types.PositiveInt",
     "pydantic.types.NonNegativeInt"}
)  # fmt: skip
"""Types of whole numbers that have no upper bound."""

NUMBER_MARKERS = frozenset(
    {"Query", "Field", "Param", "Body", "Form", "Header", "Ge", "Gt", "Doc", "conint", "Strict", "Title"}
)
"""What stands beside a number's type or as its default, and bounds it only if it says so."""

PAGINATORS = ("fastapi_pagination.",)
"""Packages whose functions bound a query by themselves."""

BACKGROUND_TASKS = frozenset(
    {"fastapi.BackgroundTasks", "fastapi.background.BackgroundTasks", "starlette.background.BackgroundTasks"}
)
BACKGROUND_TASK = frozenset({"starlette.background.BackgroundTask", "fastapi.background.BackgroundTask"})
"""What runs a function when the response was sent."""
STARTS_COROUTINE = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe"})
"""Last words of what lets a coroutine run beside the code that goes on; a ``TaskGroup`` waits for it."""
EVENT_LOOPS = frozenset({"asyncio.get_running_loop()", "asyncio.get_event_loop()", "asyncio.new_event_loop()"})
EXECUTORS = frozenset({"concurrent.futures.ThreadPoolExecutor()", "concurrent.futures.thread.ThreadPoolExecutor()"})
THREAD = "threading.Thread"
QUEUES = frozenset({"delay", "apply_async", "kiq"})
"""Methods of tasks that a worker does in another process: Celery's and Taskiq's."""

TO_THREAD = frozenset(
    {
        "asyncio.to_thread", "anyio.to_thread.run_sync", "fastapi.concurrency.run_in_threadpool",
        "starlette.concurrency.run_in_threadpool",
    }
)  # fmt: skip
