"""Statements that take one page: how large a page may get, and in which order its rows come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from dbreview import facts
from dbreview.finding import Confidence, Place
from dbreview.link import bounds, effects, rows
from dbreview.link.events import Effect, PageEvent
from dbreview.link.values import (
    TORTOISE,
    Aggregate,
    ClassValue,
    Coroutine,
    Fetch,
    Items,
    QuerySet,
    Session,
    Statement,
    Value,
    Wrapped,
)
from dbreview.project import Orm, Role, UnboundedPageSize, UnorderedPage

if TYPE_CHECKING:
    from dbreview.link.arguments import Arguments
    from dbreview.link.frame import Frame
    from dbreview.link.interpret import Interpreter


def note_run(frame: Frame, statement: Statement | None, at: Place, paginator: str | None = None) -> None:
    """Remember a statement that runs as a page, or whose size the client chooses."""
    if statement is None or statement.kind not in ("select", "text"):
        return
    interpreter = frame.interpreter
    event = PageEvent(at, statement, interpreter.route, interpreter.is_request, paginator)
    size = statement.page_size
    if size is not None and not size.is_capped:
        interpreter.events.page_sizes.setdefault(size.at, (size, event))
    if statement.is_limited and statement.has_offset:
        known = interpreter.events.pages.get(at)
        if known is None or (event.is_request and not known.is_request):
            interpreter.events.pages[at] = event


def paginate(frame: Frame, dotted: str, arguments: Arguments, node: facts.Call) -> Value:
    """What fastapi-pagination's functions give: a page of a statement's rows, or of a list that is there already."""
    session = next((value for value in arguments.values() if isinstance(value, Session)), None)
    for value in arguments.values():
        if isinstance(value, QuerySet):
            return _page(frame, dotted, value.statement, TORTOISE, node)
        if isinstance(value, Items):
            return Wrapped((value,))
        if isinstance(value, Statement) and (session or value.session) is not None:
            return _page(frame, dotted, value, session or value.session, node)
    return None


def _page(frame: Frame, dotted: str, statement: Statement, session: Session | None, node: facts.Call) -> Value:
    assert session is not None
    at = frame.place(node.at)
    page = replace(statement, is_limited=True, has_offset=True, session=None)
    note_run(frame, page, at, dotted)
    effect = Effect("read", session.kind, at, dotted.rpartition(".")[2], page, is_blocking=session.kind == "sync")
    effects.note(frame, effect, at, node)
    fetch = Fetch(at, session, page)
    is_entity = len(page.selected) == 1 and isinstance(page.selected[0], ClassValue)
    shape: Literal["rows", "scalars"] = "scalars" if is_entity else "rows"
    found = Wrapped((Items(rows.row_of(fetch, shape), fetch),))
    return Coroutine(found) if session.kind == "async" else found


# --- what it amounts to -------------------------------------------------------------------


def unbounded_page_sizes(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[UnboundedPageSize]:
    """The numbers that clients choose without bound and that are the LIMIT of a query."""
    for at, (number, event) in sorted(interpreter.events.page_sizes.items(), key=lambda item: item[0]):
        sql = event.statement.sql
        is_few = bounds.has_keys(event.statement, interpreter.models)
        is_few = is_few or (sql is not None and not bounds.may_be_many(sql, interpreter.models))
        is_position = at in interpreter.events.positions
        if roles.get(at.filename) == "application" and not is_few and not is_position:
            query = bounds.query_of(event.statement, event.at)
            yield UnboundedPageSize(at, number.name, number.function, query, event.route, "high")


def unordered_pages(interpreter: Interpreter, roles: Mapping[str, Role]) -> Iterator[UnorderedPage]:
    """The queries of the application that take pages in no particular order."""
    for at, event in sorted(interpreter.events.pages.items(), key=lambda item: item[0]):
        statement = event.statement
        if roles.get(at.filename) != "application" or statement.is_ordered or not _may_be_many(statement):
            continue
        if statement.sql is not None and bounds.may_be_many(statement.sql, interpreter.models):
            sure: Confidence = "high" if event.is_request else "medium"
            yield UnorderedPage(at, statement.sql.table, None, event.route, None, sure, is_sql=True)
            continue
        entity = bounds.entity_of(statement)
        table = interpreter.models.table(entity.ref) if entity is not None else None
        if entity is None or table is None or bounds.has_unique_key(statement, interpreter.models):
            continue
        key = table.primary_key[0] if table.primary_key else None
        confidence: Confidence = "high" if event.is_request else "medium"
        orm: Orm = "tortoise" if interpreter.models.is_tortoise(entity.ref) else "sqlalchemy"
        yield UnorderedPage(at, entity.ref.name, key, event.route, event.paginator, confidence, orm=orm)


def _may_be_many(statement: Statement) -> bool:
    """Whether nothing says that there is one row, or that nobody knows what was done to the statement."""
    is_one = statement.is_single or all(isinstance(value, Aggregate) for value in statement.selected)
    return not (statement.is_opaque or is_one)
