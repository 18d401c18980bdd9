"""The calls that take SQL in which there is text that anybody may choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.finding import SURENESS, Confidence, Place
from dbreview.frameworks import injection, sqlalchemy
from dbreview.link.injection.clients import Clients
from dbreview.link.injection.guesses import Guesses
from dbreview.link.injection.noting import SqlCall
from dbreview.link.injection.positions import position_of
from dbreview.link.injection.reader import Reader
from dbreview.link.injection.texts import Parameter, Put, Text, Textual, alternatives, reached
from dbreview.link.injection.tracing import Traced, Tracer, around
from dbreview.link.names import FunctionRef
from dbreview.link.syntax import calls_in, dotted_name, last_name, walk
from dbreview.project import InjectedSql, Role, Route
from dbreview.project.boundary import PlaceholderStyle, SqlPosition

if TYPE_CHECKING:
    from dbreview.link.interpret import Interpreter
    from dbreview.link.routes import FoundRoute

_DEEPEST = 8
_FAR = 6
"""The number of calls beyond which nobody is sure any more that the text comes through all of them."""
_POSITIONS: tuple[SqlPosition, ...] = ("value", "identifier", "sql")
_SHOWN_AROUND = 400


@dataclass(frozen=True, slots=True)
class _Taken:
    """A call that hands text to SQL: the one that takes it, or one of the project's own that leads there."""

    sql: SqlCall
    ref: FunctionRef
    at: Place
    method: str
    is_guessed: bool = False


def injected_sql(interpreter: Interpreter, found: list[FoundRoute], roles: dict[str, Role]) -> Iterator[InjectedSql]:
    """Per call the surest source of text, with the others beside it."""
    if not interpreter.events.sql_calls:
        return
    finder = _Finder(interpreter, found, roles)
    by_place: dict[Place, list[InjectedSql]] = {}
    for call in sorted(interpreter.events.sql_calls.values(), key=lambda each: each.at):
        takes_text = call.at not in interpreter.events.ran
        if takes_text and call.ref is not None and roles.get(call.at.filename) == "application":
            at = call.at
            for each in interpreter.guarded(at, partial(_all, finder, call, call.ref)) or ():
                if roles.get(each.at.filename) == "application":
                    by_place.setdefault(each.at, []).append(each)
    for _, several in sorted(by_place.items()):
        first, *others = sorted(several, key=_rank)
        beside = (e for e in others if (e.confidence, e.function) == (first.confidence, first.function))
        names = dict.fromkeys(e.parameter for e in beside)
        yield replace(first, others=tuple(name for name in names if name != first.parameter))


def _all(finder: _Finder, call: SqlCall, ref: FunctionRef) -> list[InjectedSql]:
    return list(finder.found(call, ref))


def _rank(each: InjectedSql) -> tuple[object, ...]:
    surest = (SURENESS[each.confidence], _POSITIONS.index(each.position), len(each.calls))
    return (*surest, each.put_at, each.declared_at, each.parameter)


class _Finder:
    def __init__(self, interpreter: Interpreter, found: list[FoundRoute], roles: dict[str, Role]) -> None:
        self._interpreter = interpreter
        self._routes = {each.ref: each.route for each in found}
        declared = interpreter.declared
        asked = {ref for targets in declared.asked.values() for ref in targets}
        self._reader = Reader(interpreter)
        self._clients = Clients(self._reader, frozenset({*self._routes, *declared.dependencies, *asked}))
        self._tracer = Tracer(self._reader, self._clients, Guesses(self._reader, roles))

    def found(self, call: SqlCall, ref: FunctionRef) -> Iterator[InjectedSql]:
        self._tracer.begin()
        values = self._reader.reading(ref).arguments.get(call.node.at)
        if values is None or _is_of_schema(ref, call.node):
            return
        position = next(i for i, each in enumerate(call.node.arguments) if each.value is call.argument)
        value = values[position]
        if call.node.arguments[position].stars == "*":
            value = reached(value, "0")
        if call.kind == "unknown":
            value = self._tracer.resolved(value)
            if not _looks_like_sql(value):
                return
        yield from self._in(_Taken(call, ref, call.at, call.method), value, frozenset())

    def _in(self, taken: _Taken, value: Textual, seen: frozenset[Parameter]) -> Iterator[InjectedSql]:
        for each in alternatives(self._tracer.resolved(value)):
            parts: tuple[str | Put, ...] = each.parts if isinstance(each, Text) else ()
            if isinstance(each, Parameter):
                parts = (Put(each, taken.at, each.name),)
            for index, part in enumerate(parts):
                if isinstance(part, Put) and isinstance(part.value, Parameter):
                    yield from self._of_part(taken, part, part.value, around(parts, index), seen)

    def _of_part(
        self, taken: _Taken, part: Put, value: Parameter, context: tuple[str, str], seen: frozenset[Parameter]
    ) -> Iterator[InjectedSql]:
        position = self._position(taken, *context)
        if position != "sql":
            for trace in self._tracer.traces(value):
                yield from self._told(taken, part, trace, context, position)
            return
        source = self._clients.source(value)
        if source is not None:
            yield from self._told(taken, part, Traced(source, True, ()), context, position)
        elif value not in seen and len(seen) < _DEEPEST:
            yield from self._handed_on(taken, value, seen | {value})

    def _handed_on(self, taken: _Taken, value: Parameter, seen: frozenset[Parameter]) -> Iterator[InjectedSql]:
        """Whoever calls gives the SQL: what is in it is told there."""
        guessed = [each for each in self._tracer.guesses(value) if _looks_like_sql(each.value)]
        for given in (*self._tracer.givens(value), *guessed):
            site = given.site
            if site is None:
                yield from self._in(taken, given.value, seen)
            elif site.ref is not None:
                method = dotted_name(site.node.func) or last_name(site.node.func) or taken.method
                is_guessed = taken.is_guessed or given in guessed
                yield from self._in(_Taken(taken.sql, site.ref, site.at, method, is_guessed), given.value, seen)

    def _position(self, taken: _Taken, before: str, after: str) -> SqlPosition:
        found = position_of(before, after)
        if found != "sql" or before.strip() or taken.at != taken.sql.at:
            return found
        is_order = taken.sql.kind == "column" or _is_ordering(taken.ref, taken.sql.node)
        return "identifier" if is_order else found

    def _told(
        self, taken: _Taken, part: Put, trace: Traced, context: tuple[str, str], position: SqlPosition
    ) -> Iterator[InjectedSql]:
        before, after = context[0] + trace.before, trace.after + context[1]
        if trace.before or trace.after:
            position = position_of(before, after)
        is_guessed = trace.is_guessed or taken.is_guessed or taken.sql.kind == "unknown"
        confidence = _confidence(replace(trace, is_guessed=is_guessed), position)
        if confidence is None or (taken.sql.kind == "unknown" and not trace.is_client):
            return
        source = trace.source
        yield InjectedSql(
            taken.at,
            taken.method,
            source.name,
            (),
            source.ref.name,
            source.at,
            self._route(source.ref),
            trace.is_client,
            position,
            part.at,
            before[-_SHOWN_AROUND:],
            after[:_SHOWN_AROUND],
            part.written or source.name,
            trace.calls,
            taken.sql.at,
            self._style(taken.sql),
            last_name(taken.sql.node.func) in injection.TAKES_NO_PARAMETERS,
            source.is_many,
            confidence,
        )

    def _route(self, ref: FunctionRef) -> Route | None:
        return self._routes.get(ref)

    def _style(self, call: SqlCall) -> PlaceholderStyle | None:
        """How a value is bound there: by SQLAlchemy's own way, or as the one driver does that the file imports."""
        if call.kind in ("text", "column", "raw"):
            return "text"
        if call.driver in injection.STYLES:
            return injection.STYLES[call.driver]
        if last_name(call.node.func) in injection.ONLY_OF_ASYNCPG:
            return "$1"
        names = self._interpreter.names
        for paths in ((call.at.filename,), tuple(names.modules)):
            imported = {dotted.partition(".")[0] for path in paths for dotted in names.imported_libraries(path)}
            styles = {injection.STYLES[each] for each in imported if each in injection.STYLES}
            if len(styles) == 1:
                return styles.pop()
            if call.kind == "driver" and not styles and imported & {"sqlalchemy", "sqlmodel"}:
                return "text"
        return None


def _confidence(trace: Traced, position: SqlPosition) -> Confidence | None:
    if trace.is_client:
        return "high" if len(trace.calls) <= _FAR and not trace.is_guessed else "medium"
    if position == "sql" or _is_command(trace.source.ref):
        return None
    return "medium" if position == "value" and trace.source.holds == "text" else "low"


def _looks_like_sql(value: Textual) -> bool:
    """Whether a text can hardly be anything but SQL."""
    return any(
        isinstance(each, Text) and injection.STATEMENT.match(around(each.parts, len(each.parts))[0])
        for each in alternatives(value)
    )


def _is_command(ref: FunctionRef) -> bool:
    """Whether a person at a terminal calls the function: ``@app.command()``."""
    return any(last_name(decorator) in injection.COMMANDS for decorator in ref.facts.decorators)


def _is_ordering(ref: FunctionRef, node: facts.Call) -> bool:
    """``query.order_by(text(sort))``: a column, whatever else."""
    return any(
        last_name(call.func) in sqlalchemy.ORDERING | {"group_by"}
        and any(inner is node for inner in walk(call.arguments))
        for call in calls_in(ref.facts.body)
    )


def _is_of_schema(ref: FunctionRef, node: facts.Call) -> bool:
    """``Column(..., server_default=text(...))``: part of a table's definition."""
    return any(
        argument.keyword in injection.OF_SCHEMA and any(inner is node for inner in walk(argument.value))
        for call in calls_in(ref.facts.body)
        for argument in call.arguments
    )
