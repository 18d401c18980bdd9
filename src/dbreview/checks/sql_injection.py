"""The check behind rules/sql-injection.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks import _sql_text
from dbreview.finding import Finding, Note
from dbreview.project import InjectedSql, Project

_MOST_CALLS = 6


def check(project: Project) -> Iterator[Finding]:
    """Text that anybody may choose and that becomes part of an SQL statement."""
    for each in project.injected_sql:
        yield Finding(
            at=each.at,
            message=_message(each),
            help=_sql_text.advice(each),
            notes=tuple(_notes(each)),
            confidence=each.confidence,
        )


def _message(each: InjectedSql) -> str:
    names = [each.parameter, *each.others]
    named = " and ".join(f"`{name}`" for name in names[:3])
    verb = "become" if len(names) > 1 else "becomes"
    place = "SQL" if each.position == "sql" else "the SQL"
    what = f"{named} of `{each.function}` {verb} part of {place} that `{each.method}()` takes"
    if not each.is_client:
        return f"{what}, and nothing binds or checks {'them' if len(names) > 1 else 'it'}"
    if each.route is not None:
        return f"{what}: whoever calls `{_route(each)}` can change the statement"
    return f"{what}: whoever sends the request can change the statement"


def _route(each: InjectedSql) -> str:
    route = each.route
    methods = "/".join(route.methods) if route is not None else ""
    return f"{methods} {route.path}".strip() if route is not None and route.path else each.function


def _notes(each: InjectedSql) -> Iterator[Note]:
    if each.declared_at.line != each.at.line or each.declared_at.filename != each.at.filename:
        given = "the client gives" if each.is_client else "callers give"
        yield Note(f"{given} `{each.parameter}` here", each.declared_at)
    for call in each.calls[:_MOST_CALLS]:
        yield Note("the call hands it on", call)
    if (each.put_at.filename, each.put_at.line) != (each.at.filename, each.at.line):
        yield Note("it is put into the text here", each.put_at)
    if each.runs_at != each.at:
        yield Note("the text becomes SQL here", each.runs_at)
