"""What is asked of a statement's rows: where a relationship of theirs is read, and which routes answer with them."""

from __future__ import annotations

import ast
from dataclasses import replace

from seeding.flow import NO_ROWS, RUNS, SAME, SINGLE, VALIDATES, Flow
from seeding.marks import NOTHING, Frame, Given, Mark, Marks, Reading
from seeding.names import name_of
from seeding.program import Defined, Program


class Reads(Flow):
    """Where a path of relationships is read. ``owners`` are the classes that declare them."""

    def __init__(self, program: Program, path: tuple[str, ...], owners: tuple[str, ...]) -> None:
        super().__init__(program)
        self.path = path
        self.owners = owners

    def answered(self, function: Defined, returned: Marks) -> None:
        if function.route is None:
            return
        for mark in returned:
            self._validated(function, mark, _schemas(function), mark.depth, not mark.is_one)

    def _validated(self, route: Defined, mark: Mark, schemas: set[str], depth: int, is_many: bool) -> None:
        """FastAPI reads what the response's schema has a field for."""
        for schema in sorted(schemas):
            found = self.program.field(schema, self.path[depth])
            if found is None:
                continue
            if depth == len(self.path) - 1:
                doubt = mark.doubt or ("" if is_many else "one row")
                self.readings.append(Reading(route, route.node.lineno, is_many, doubt, is_response=True))
            else:
                inner = found.annotation
                self._validated(route, mark, _words(inner), depth + 1, is_many or "list" in ast.unparse(inner).lower())

    def narrow(self, test: ast.expr, frame: Frame) -> None:
        match test:
            case ast.Call(ast.Name("isinstance"), [ast.Name(name), kind]):
                said = {word for node in ast.walk(kind) if (word := name_of(node))}
                known = frame.names.get(name, NOTHING)
                frame.names[name] = frozenset(mark for mark in known if self.owners[mark.depth] in said)

    def attribute(self, node: ast.Attribute, base: Marks, frame: Frame) -> Marks:
        result: set[Mark] = set()
        for mark in base:
            if mark.depth < len(self.path) and node.attr == self.path[mark.depth]:
                if mark.depth == len(self.path) - 1:
                    marked = self.guarded(mark, frame)
                    self.readings.append(Reading(frame.function, node.lineno, mark.in_loop, marked.doubt))
                else:
                    result.add(replace(mark, depth=mark.depth + 1, is_one=False))
            elif node.attr == self.owners[mark.depth]:
                result.add(mark)
            elif (found := self.program.method(self.owners[mark.depth], node.attr)) is not None:
                if any(name_of(each) in ("property", "cached_property") for each in found.node.decorator_list):
                    own = found.node.args.args[0].arg
                    result |= self.enter(found, {own: frozenset({self.guarded(mark, frame)})}, {}, frame.level + 1)
        return frozenset(result)

    def call(self, node: ast.Call, base: Marks, given: Given) -> Marks:
        name = name_of(node.func)
        if base:
            assert isinstance(node.func, ast.Attribute)
            result: set[Mark] = set()
            for mark in base:
                method = self.program.method(self.owners[mark.depth], node.func.attr)
                if method is not None and mark.is_one:
                    result |= self.into(method, node, given, frozenset({mark}))
                elif not mark.in_loop and node.func.attr not in NO_ROWS:
                    is_one = mark.is_one or node.func.attr in SINGLE
                    result.add(replace(mark, is_one=is_one))
            return frozenset(result)
        if not given.marks:
            return NOTHING
        if name in SAME or name in RUNS or name in ("options", "enumerate", "zip", "filter", "chain", "next"):
            return given.marks
        if name in SINGLE or name in ("max", "min"):
            return frozenset(replace(mark, is_one=True) for mark in given.marks)
        if name in VALIDATES and isinstance(node.func, ast.Attribute) and (schema := name_of(node.func.value)):
            for mark in given.marks:
                self._validated(given.frame.function, mark, {schema}, mark.depth, mark.in_loop)
        self._constructed(node, given)
        function = self.program.called(given.frame.function.source, node, given.frame.function)
        return self.into(function, node, given) if function is not None else NOTHING

    def _constructed(self, node: ast.Call, given: Given) -> None:
        """``Page(items=rows)``: the schema reads what the schema of its field has fields for."""
        for keyword in node.keywords:
            field = self.program.field(name_of(node.func) or "", keyword.arg or "")
            if field is None:
                continue
            for mark in given.values[keyword.value]:
                schemas, is_many = _words(field.annotation), mark.in_loop or not mark.is_one
                self._validated(given.frame.function, mark, schemas, mark.depth, is_many)


class Answers(Flow):
    """Which routes answer with the rows of a statement."""

    _DROPS = SINGLE | NO_ROWS | {"rowcount", "scalar_one", "partitions", "yield_per", "len"}
    _NOT_ROWS = frozenset(
        {
            "len", "sum", "any", "all", "max", "min", "next", "bool", "isinstance", "print", "str", "in_", "not_in",
            "select", "exists", "select_from", "union", "union_all", "join", "outerjoin", "delete", "update", "where",
            "filter", "paginate", "apaginate", "from_select", "scalar", "count", "range", "islice", "debug", "info",
            "warning", "StreamingResponse", "EventSourceResponse", "create_task", "add_task",
        }
    )  # fmt: skip

    def answered(self, function: Defined, returned: Marks) -> None:
        verb = function.route
        for mark in returned:
            if verb is not None and not mark.in_loop and not mark.is_one:
                doubt = mark.doubt or ("" if function.lists else f"the route is a {verb}")
                self.readings.append(Reading(function, function.node.lineno, in_loop=False, doubt=doubt))

    def attribute(self, node: ast.Attribute, base: Marks, frame: Frame) -> Marks:
        return base

    def subscript(self, node: ast.Subscript, base: Marks) -> Marks:
        return NOTHING

    def iterated(self, marks: Marks) -> Marks:
        return marks

    def call(self, node: ast.Call, base: Marks, given: Given) -> Marks:
        name = name_of(node.func)
        if base:
            if name in self._DROPS:
                return NOTHING
            doubtful = name in ("slice", "fetch", "limit", "paginate", "group_by")
            return frozenset(replace(m, doubt=m.doubt or (f"`.{name}()`" if doubtful else "")) for m in base)
        marks = given.marks
        if not marks or name is None or name in self._NOT_ROWS:
            return NOTHING
        if name in SAME or name in RUNS or name in ("enumerate", "zip", "filter", "map", "chain", "dict"):
            return frozenset(replace(m, in_loop=False, is_one=False) if name == "gather" else m for m in marks)
        if name[0].isupper() or name in VALIDATES:
            return marks
        function = self.program.called(given.frame.function.source, node, given.frame.function)
        if function is not None:
            return self.into(function, node, given)
        return frozenset(replace(mark, doubt=mark.doubt or f"they pass through `{name}`") for mark in marks)


def _schemas(route: Defined) -> set[str]:
    """Names in what a route says that it answers with."""
    words = _words(route.node.returns) if route.node.returns is not None else set()
    for each in route.node.decorator_list:
        for keyword in each.keywords if isinstance(each, ast.Call) else ():
            if keyword.arg == "response_model":
                words = _words(keyword.value)
    return words


def _words(annotation: ast.expr) -> set[str]:
    words: set[str] = set()
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                words |= _words(ast.parse(node.value, mode="eval").body)
            except SyntaxError:
                continue
        elif (name := name_of(node)) is not None:
            words.add(name)
    return words
