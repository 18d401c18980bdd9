"""What an expression stands for, and what evaluating it does, inside one reading of a body."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbreview import facts
from dbreview.facts import Block, Expression, Span
from dbreview.finding import Place
from dbreview.frameworks import python, sqlalchemy
from dbreview.link import bounds, library, loading, loops, methods
from dbreview.link.events import BlockEvent, Effect, Loop, RepeatEvent
from dbreview.link.names import ClassRef, Definition, FunctionRef, Variable
from dbreview.link.syntax import dotted_name, names_in
from dbreview.link.values import (
    Aggregate,
    Attribute,
    ClassValue,
    Closure,
    Condition,
    Conditions,
    Const,
    Context,
    Coroutine,
    Either,
    Engine,
    Entity,
    Entries,
    Fetch,
    FunctionValue,
    Given,
    Instance,
    Items,
    LambdaValue,
    LibraryObject,
    Made,
    ModuleValue,
    Record,
    Result,
    Session,
    SessionFactory,
    Statement,
    Symbol,
    TableColumn,
    TableColumns,
    Value,
    in_loop,
    join,
    out_of_loop,
)

if TYPE_CHECKING:
    from dbreview.link.interpret import Arguments, Frame, Interpreter

_BUILTINS = frozenset(
    {
        "list", "tuple", "set", "dict", "sorted", "reversed", "len", "sum", "min", "max", "any", "all", "next", "iter",
        "enumerate", "zip", "map", "filter", "range", "str", "int", "float", "bool", "super", "isinstance", "getattr",
        "setattr", "hasattr", "print", "type", "frozenset", "property", "staticmethod", "classmethod", "anext", "object",
        "vars", "abs", "repr", "id", "bytes",
    }
)  # fmt: skip


class Evaluator:
    """The part of a reading that deals with expressions."""

    def __init__(
        self,
        interpreter: Interpreter,
        path: str,
        ref: FunctionRef | None,
        env: dict[str, Value],
        closure: Closure | None,
    ) -> None:
        self.interpreter = interpreter
        self.path = path
        self.ref = ref
        self.env = env
        self.closure = closure
        self.loops: list[Loop] = []
        self.filling: list[Fetch] = []
        self.effects: dict[tuple[str, Place], Effect] = {}
        self.yielded: Value = None

    def place(self, at: Span) -> Place:
        return Place(self.path, *at)

    # --- names

    def lookup(self, name: str) -> Value:
        if name in self.env:
            return self.env[name]
        if self.closure is not None and name in self.closure.names:
            return self.closure.names[name]
        if self.interpreter.names.resolve(self.path, name) is not None:
            return self.interpreter.module_value(self.path, name)
        return Symbol(f"builtins.{name}") if name in _BUILTINS else None

    def dotted(self, expression: Expression) -> str | None:
        return dotted_name(expression)

    def symbol_of(self, expression: Expression) -> str | None:
        """The dotted name of the library symbol behind a decorator or type expression."""
        if isinstance(expression, facts.Call):
            expression = expression.func
        match self.evaluate(expression):
            case Symbol(dotted) | LibraryObject(dotted):
                return dotted
        return None

    def definition_in(self, holder: Value, name: str) -> Definition | None:
        match holder:
            case ModuleValue(path):
                return self.interpreter.names.resolve(path, name)
            case ClassValue(ref):
                return self.interpreter.classes.member(ref, name)
        return None

    # --- expressions

    def evaluate(self, expression: Expression) -> Value:
        """The value of an expression, with its effects noted on the way."""
        match expression:
            case facts.Name(name):
                return self.lookup(name)
            case facts.Attribute():
                return self._attribute(expression)
            case facts.Call():
                return self.call(expression)
            case facts.Constant(value, _, is_opaque):
                return None if is_opaque else Const(value)
            case facts.Await(value):
                return self._await(value)
            case facts.Display(kind, items):
                return self._display(kind, items)
            case facts.DictDisplay(items):
                return self._dict(items)
            case facts.Comprehension():
                return self._comprehension(expression)
            case facts.Subscript(value, index):
                return self._subscript(value, index)
            case facts.Comparison():
                return self._comparison(expression)
            case facts.BooleanOperation(left, operator, right):
                first = self.evaluate(left)
                if self.truth(left) is (operator == "or"):
                    return first
                return join(first, self.evaluate(right)) if not isinstance(first, Condition) else first
            case facts.BinaryOperation(left, operator, right):
                return self._binary(self.evaluate(left), operator, self.evaluate(right))
            case facts.UnaryOperation(operator, operand):
                found = self.evaluate(operand)
                return Condition("not", found.attribute) if isinstance(found, Condition) else None
            case facts.Conditional(test, body, orelse):
                self.evaluate(test)
                decided = self.truth(test)
                if decided is not None:
                    return self.evaluate(body if decided else orelse)
                return join(self.evaluate(body), self.evaluate(orelse))
            case facts.FormattedString(parts):
                return self._formatted(parts)
            case facts.Lambda():
                return LambdaValue(expression, self.path, Closure(self.env))
            case facts.NamedExpression(target, value):
                found = self.evaluate(value)
                if isinstance(target, facts.Name):
                    self.env[target.id] = found
                    self.note_dependence(target, value)
                return found
            case facts.Starred(value):
                return self.evaluate(value)
            case facts.Yield(value, is_from):
                found = self.evaluate(value) if value is not None else None
                if is_from:
                    found = self.element_of(found, None, None)
                self.yielded = join(self.yielded, found)
                return None
            case facts.Slice(lower, upper, step):
                for part in (lower, upper, step):
                    if part is not None:
                        self.evaluate(part)
        return None

    def _await(self, value: Expression) -> Value:
        found = self.call(value, is_awaited=True) if isinstance(value, facts.Call) else self.evaluate(value)
        return found.value if isinstance(found, Coroutine) else found

    def _display(self, kind: str, items: tuple[Expression, ...]) -> Value:
        values = tuple(self.evaluate(item) for item in items)
        if kind == "tuple":
            return Record(values) if not any(isinstance(item, facts.Starred) for item in items) else None
        element: Value = None
        fetch: Fetch | None = None
        for item, value in zip(items, values, strict=True):
            if isinstance(item, facts.Starred):
                fetch = fetch or loops.fetch_of(value)
                value = self.element_of(value, None, item)
            element = join(element, value)
        if not items or any(isinstance(item, facts.Starred) for item in items):
            return Items(element, fetch)
        return Items(element, is_literal=True, exact=values)

    def _dict(self, items: tuple[facts.DictItem, ...]) -> Value:
        known: list[tuple[str, Value]] = []
        others: list[Value] = []
        for item in items:
            value = self.evaluate(item.value)
            key = self.evaluate(item.key) if item.key is not None else None
            if isinstance(key, Const) and isinstance(key.value, str):
                known.append((key.value, value))
            elif item.key is None and isinstance(value, Entries):
                known.extend(value.items)
                others.extend(value.others)
            else:
                others.append(value)
        return Entries(tuple(known), tuple(others))

    def _comparison(self, expression: facts.Comparison) -> Value:
        left = self.evaluate(expression.left)
        rights = [self.evaluate(part) for part in expression.comparators]
        operator = expression.operators[0]
        if isinstance(left, Attribute):
            return Condition(operator, left)
        if rights and isinstance(rights[0], Attribute):
            return Condition(operator, rights[0])
        return None

    def _binary(self, left: Value, operator: str, right: Value) -> Value:
        if operator == "&" and isinstance(left, (Condition, Conditions)):
            return Conditions((left, right))
        if operator == "|" and isinstance(left, (Condition, Conditions)):
            return None
        if operator == "+":
            match left, right:
                case Const(str() as first), Const(str() as second):
                    return Const(first + second)
                case Items(), Items():
                    return join(left, right)
                case Record(first_items), Record(second_items):
                    return Record((*first_items, *second_items))
        if operator == "%" and isinstance(left, Const) and isinstance(left.value, str) and isinstance(right, Const):
            try:
                return Const(left.value % right.value)
            except (TypeError, ValueError):
                return None
        if operator in "+-*/":
            attribute = left if isinstance(left, Attribute) else right if isinstance(right, Attribute) else None
            if attribute is not None:
                return Aggregate("expression")
        if operator == "|" and isinstance(left, (ClassValue, Symbol)):
            return left
        return None

    def _formatted(self, parts: tuple[Expression, ...]) -> Value:
        text = ""
        is_known = True
        for part in parts:
            value = self.evaluate(part)
            if isinstance(value, Const):
                text += str(value.value)
            else:
                is_known = False
        return Const(text) if is_known else None

    def _subscript(self, value: Expression, index: Expression) -> Value:
        holder = self.evaluate(value)
        key = self.evaluate(index)
        match holder:
            case Items(element, fetch):
                if isinstance(index, facts.Slice):
                    return replace(holder, is_literal=False)
                return element
            case Record(items):
                if isinstance(key, Const) and isinstance(key.value, int) and -len(items) <= key.value < len(items):
                    return items[key.value]
                return None
            case Entries(items, others):
                if isinstance(key, Const):
                    return next((v for k, v in reversed(items) if k == key.value), None)
                return None
            case Statement(session=Session()):
                if isinstance(index, facts.Slice):
                    return replace(holder, is_limited=True)
            case Symbol() | ClassValue():
                return holder
            case Result():
                return None
        return None

    # --- attributes

    def _attribute(self, node: facts.Attribute) -> Value:
        path = dotted_name(node)
        if path is not None and path in self.env:
            return self.env[path]
        return self.attribute_of(self.evaluate(node.value), node.attr, node)

    def attribute_of(self, holder: Value, name: str, node: facts.Attribute) -> Value:
        """What ``holder.name`` is, read at ``node``."""
        match holder:
            case None:
                return None
            case ModuleValue(path):
                return self.interpreter.module_value(path, name) or self._submodule(path, name)
            case Symbol(dotted):
                full = f"{dotted}.{name}"
                if full in sqlalchemy.SESSION_SYMBOLS:
                    return Session(sqlalchemy.SESSION_SYMBOLS[full], is_scoped=True)
                return Symbol(full)
            case ClassValue(ref):
                return self._class_attribute(ref, name)
            case Instance(ref):
                return self._instance_attribute(holder, ref, name)
            case Entity():
                return loading.attribute(self._frame(), holder, name, node)
            case Either(parts):
                found: Value = None
                for part in parts:
                    found = join(found, self.attribute_of(part, name, node))
                return found
            case LibraryObject(dotted, given):
                position = python.GENERIC_ATTRIBUTES.get(f"{dotted}.{name}")
                if position is not None and position < len(given):
                    return given[position]
                return self._library_attribute(dotted, name)
            case Made():
                return TableColumns(holder) if name in ("c", "columns") else None
            case TableColumns(table):
                return TableColumn(table, name)
            case Record() | Items() | Result() | Statement() | Session() | Engine():
                return None
        return None

    def _library_attribute(self, dotted: str, name: str) -> Value:
        if dotted.endswith(".state") and name in self.interpreter.request_state:
            return self.interpreter.request_state[name]
        if dotted.endswith(")") or name == "state" or name == "app":
            return LibraryObject(f"{dotted}.{name}")
        return None

    def _submodule(self, path: str, name: str) -> Value:
        return self.interpreter.definition_value(self.interpreter.names.submodule(path, name))

    def _class_attribute(self, ref: ClassRef, name: str) -> Value:
        classes = self.interpreter.classes
        member = classes.member(ref, name)
        if name in ("__name__", "__qualname__"):
            return Const(ref.name)
        if classes.is_declarative(ref) and not isinstance(member, (FunctionRef, ClassRef)):
            if not name.startswith("__") and (member is not None or self.interpreter.models.has_attribute(ref, name)):
                return Attribute(ref, name)
            if name == "__table__":
                return ClassValue(ref)
        match member:
            case FunctionRef():
                if self.interpreter.is_a(member, python.PROPERTIES) and classes.is_declarative(ref):
                    return Attribute(ref, name)
                if "builtins.classmethod" in self.interpreter.decorations(member):
                    return FunctionValue(member, ClassValue(ref))
                return FunctionValue(member)
            case ClassRef():
                return ClassValue(member)
            case Variable():
                return classes.value_of_member(ref, name)
        if name in ("c", "columns") and classes.is_declarative(ref):
            return ClassValue(ref)
        return None

    def _instance_attribute(self, holder: Instance, ref: ClassRef, name: str) -> Value:
        found = holder.field(name)
        if found is not None:
            return found
        classes = self.interpreter.classes
        member = classes.member(ref, name)
        match member:
            case FunctionRef():
                bound = self._bound(member, holder, ref)
                if self.interpreter.is_a(member, python.PROPERTIES):
                    return self.invoke(bound, None, None)
                return bound
            case ClassRef():
                return ClassValue(member)
            case Variable():
                value = classes.value_of_member(ref, name)
                if isinstance(value, LibraryObject) and value.dotted in library.DEPENDS:
                    return self.interpreter.declared.provided_by(value.arguments[0] if value.arguments else None)
                return value
        if name == "__class__":
            return ClassValue(ref)
        built = classes.instance(ref)
        return built.field(name) if built is not holder else None

    def _bound(self, member: FunctionRef, receiver: Value, ref: ClassRef) -> FunctionValue:
        decorations = self.interpreter.decorations(member)
        if "builtins.staticmethod" in decorations:
            return FunctionValue(member)
        if "builtins.classmethod" in decorations:
            return FunctionValue(member, ClassValue(ref))
        return FunctionValue(member, receiver)

    # --- calls

    def call(self, node: facts.Call, *, is_awaited: bool = False) -> Value:
        """The value of a call, with what it does noted in this reading."""
        if isinstance(node.func, facts.Attribute):
            found = self._method_call(node, node.func, is_awaited)
            if found is not NotImplemented:
                return found  # type: ignore[return-value]
        callee = self.evaluate(node.func)
        arguments = self.arguments(node)
        return self.call_value(callee, arguments, node, is_awaited)

    def _method_call(self, node: facts.Call, func: facts.Attribute, is_awaited: bool) -> object:
        path = dotted_name(func)
        if path is not None and path in self.env:
            return NotImplemented
        if (
            isinstance(func.value, facts.Call)
            and isinstance(func.value.func, facts.Name)
            and func.value.func.id == "super"
        ):
            return self._super_call(node, func)
        receiver = self.evaluate(func.value)
        if receiver is None and _looks_like_session_call(func):
            self.interpreter.events.saw_session_call(self.place(node.at), None)
        if isinstance(receiver, Either):
            arguments = self.arguments(node)
            found: Value = None
            for part in receiver.options:
                found = join(found, self._call_on(part, func, arguments, node, is_awaited))
            return found
        if isinstance(receiver, Session) and receiver.opened_at == self.place(func.value.at):
            self._frame().note_temporary(receiver, func.attr)
        if not methods.has_methods(receiver):
            callee = self.attribute_of(receiver, func.attr, func)
            return self.call_value(callee, self.arguments(node), node, is_awaited)
        return methods.call(self._frame(), receiver, func, self.arguments(node), node, is_awaited)

    def _call_on(
        self, receiver: Value, func: facts.Attribute, arguments: Arguments, node: facts.Call, is_awaited: bool
    ) -> Value:
        if methods.has_methods(receiver):
            return methods.call(self._frame(), receiver, func, arguments, node, is_awaited)
        return self.call_value(self.attribute_of(receiver, func.attr, func), arguments, node, is_awaited)

    def _super_call(self, node: facts.Call, func: facts.Attribute) -> Value:
        arguments = self.arguments(node)
        owner = self.ref.owner if self.ref is not None else None
        if owner is None or self.ref is None or not self.ref.facts.parameters:
            return None
        receiver = self.env.get(self.ref.facts.parameters[0].name)
        ref = receiver.ref if isinstance(receiver, (Instance, ClassValue)) else owner
        member = self.interpreter.classes.after(ref, owner, func.attr)
        if not isinstance(member, FunctionRef):
            return None
        value = self.invoke(FunctionValue(member, receiver), arguments, node)
        if func.attr == "__init__":
            outcome = self.interpreter.call(FunctionValue(member, receiver), arguments)
            for name, field in outcome.fields:
                self.env[f"{self.ref.facts.parameters[0].name}.{name}"] = field
        return value

    def arguments(self, node: facts.Call) -> Arguments:
        from dbreview.link.interpret import Arguments

        positional: list[Value] = []
        keywords: list[tuple[str, Value]] = []
        is_open = False
        for argument in node.arguments:
            value = self.evaluate(argument.value)
            if argument.stars == "*" and isinstance(value, Record):
                positional.extend(value.items)
            elif argument.stars == "*" and isinstance(value, Items) and value.exact:
                positional.extend(value.exact)
            elif argument.stars == "**" and isinstance(value, Entries):
                keywords.extend(value.items)
                is_open = is_open or bool(value.others)
            elif argument.stars:
                is_open = True
            elif argument.keyword is not None:
                keywords.append((argument.keyword, value))
            else:
                positional.append(value)
        return Arguments(tuple(positional), tuple(keywords), is_open)

    def call_value(self, callee: Value, arguments: Arguments, node: facts.Call, is_awaited: bool = False) -> Value:
        """What calling ``callee`` gives."""
        match callee:
            case FunctionValue():
                return self.invoke(callee, arguments, node)
            case ClassValue(ref):
                return self._instantiate(ref, arguments, node)
            case Symbol(dotted):
                return library.call(self._frame(), dotted, arguments, node)
            case SessionFactory(kind, is_scoped):
                at = self.place(node.at)
                if not is_scoped:
                    self.interpreter.events.opened.setdefault(at, kind)
                return Session(kind, is_scoped=is_scoped, opened_at=at)
            case Session(is_scoped=True):
                return callee
            case LambdaValue():
                return self.call_lambda(callee, arguments)
            case Instance(ref):
                member = self.interpreter.classes.member(ref, "__call__")
                if isinstance(member, FunctionRef):
                    return self.invoke(FunctionValue(member, callee), arguments, node)
            case LibraryObject(dotted):
                return LibraryObject(f"{dotted}()", arguments.values())
            case Either(parts):
                found: Value = None
                for part in parts:
                    found = join(found, self.call_value(part, arguments, node, is_awaited))
                return found
        return None

    def call_lambda(self, function: LambdaValue, arguments: Arguments | None = None) -> Value:
        from dbreview.link.interpret import Frame

        node = function.facts
        assert isinstance(node, facts.Lambda)
        env: dict[str, Value] = {}
        for index, parameter in enumerate(node.parameters):
            env[parameter.name] = arguments.get(index, parameter.name) if arguments is not None else None
        frame = Frame(self.interpreter, function.path, self.ref, env, function.closure)
        frame.loops = self.loops
        frame.effects = self.effects
        return frame.evaluate(node.body)

    def invoke(self, function: FunctionValue, arguments: Arguments | None, node: facts.Call | None) -> Value:
        """Call a function of the project: its value here, its effects noted here."""
        from dbreview.link.interpret import Arguments

        outcome = self.interpreter.call(function, arguments or Arguments())
        if node is not None:
            at = self.place(node.at)
            for effect in outcome.effects:
                called = replace(effect, calls=(at, *effect.calls))
                if function.ref.facts.is_async:
                    called = replace(called, is_blocking=False)
                self.note(called, at, node)
        return self.interpreter.result_of(function, outcome)

    def _instantiate(self, ref: ClassRef, arguments: Arguments, node: facts.Call) -> Value:
        classes = self.interpreter.classes
        if classes.is_mapped(ref):
            return Entity(ref)
        kind = classes.session_kind(ref)
        if kind is not None:
            at = self.place(node.at)
            self.interpreter.events.opened.setdefault(at, kind)
            return Session(kind, opened_at=at)
        init = classes.member(ref, "__init__")
        if isinstance(init, FunctionRef):
            outcome = self.interpreter.call(FunctionValue(init, Instance(ref)), arguments)
            at = self.place(node.at)
            for effect in outcome.effects:
                self.note(replace(effect, calls=(at, *effect.calls)), at, node)
            return Instance(ref, outcome.fields)
        fields = tuple((name, value) for name, value in arguments.keywords if value is not None)
        names = [n for n, m in ref.members.items() if isinstance(m, Variable) and m.annotation is not None]
        fields += tuple((n, v) for n, v in zip(names, arguments.positional, strict=False) if v is not None)
        return Instance(ref, fields)

    # --- effects

    def note(self, effect: Effect, at: Place, node: facts.Call) -> None:
        """Remember an effect of this body; tell of it where a loop repeats it or the event loop waits."""
        key = (effect.kind, effect.at)
        known = self.effects.get(key)
        if known is None or len(known.calls) > len(effect.calls):
            self.effects[key] = effect
        if effect.is_blocking and self.ref is not None and self.ref.facts.is_async:
            event = BlockEvent(at, self.ref, effect, self.interpreter.is_request)
            self.interpreter.events.blocks.setdefault((self.ref, at), event)
        loop = self.row_loop()
        if effect.kind == "read" and loop is not None:
            self._note_repeat(effect, at, node, loop)

    def _note_repeat(self, effect: Effect, at: Place, node: facts.Call, loop: Loop) -> None:
        events = self.interpreter.events
        depends = self._depends(node, loop)
        known = events.repeats.get(at)
        if (
            known is not None
            and (len(known.effect.calls) <= len(effect.calls))
            and (known.depends_on_loop or not depends)
        ):
            return
        events.repeats[at] = RepeatEvent(at, loop, effect, depends, self.interpreter.is_request)

    def _depends(self, node: facts.Call, loop: Loop) -> bool:
        names = names_in(node)
        return bool(names & self.changing())

    def changing(self) -> frozenset[str]:
        """The variables whose values change from pass to pass of the loops being followed."""
        found: frozenset[str] = frozenset()
        for loop in self.loops:
            found |= loop.names
        return found

    def note_dependence(self, target: Expression, value: Expression) -> None:
        """A name assigned from something that changes per pass changes per pass itself."""
        if self.loops and names_in(value) & self.changing():
            loop = self.loops[-1]
            self.loops[-1] = replace(loop, names=loop.names | names_in(target))

    def row_loop(self) -> Loop | None:
        """The innermost loop over rows, unless what runs now runs in its last pass only."""
        for loop in reversed(self.loops):
            if loop.is_search or loop.kind == "exit":
                return None
            if loop.kind == "rows":
                return loop
        return None

    # --- loops and elements

    def iterated(self, iterable: Expression) -> Value:
        """What a loop runs over; a legacy ``Query`` runs itself here, once."""
        values = self.evaluate(iterable)
        if isinstance(values, Coroutine):
            values = values.value
        if isinstance(values, Statement) and values.session is not None:
            return methods.run_query(self._frame(), values, iterable)
        return values

    def loop_over(self, target: Expression, iterable: Expression, values: Value, at: Place, body: Block) -> Loop:
        kind, confidence = loops.classify(target, iterable, values)
        fetch = loops.fetch_of(values)
        if self.is_batching() or (fetch is not None and bounds.is_single(fetch, self.interpreter.models)):
            kind = "other"
        if loops.fetch_of(values) is not None:
            element = self.element_of(values, at, None, is_quiet=True)
            self.interpreter.events.saw_row_loop(at, element is not None)
        return Loop(
            at,
            kind,
            loops.changing_names(target),
            target.id if isinstance(target, facts.Name) else None,
            confidence,
            loops.is_search(body),
        )

    def is_batching(self) -> bool:
        """Whether this is a data loader's method: one query for a group of keys is its purpose."""
        owner = self.ref.owner if self.ref is not None else None
        names = self.interpreter.classes.library_ancestors(owner) if owner is not None else ()
        return any(name.rpartition(".")[2] == "DataLoader" for name in names)

    def leaves_loop(self, entity: Entity) -> bool:
        """Whether the code that runs now ends the loop that runs over the entity."""
        for loop in reversed(self.loops):
            if loop.kind == "exit":
                return True
            if loop.at == entity.loop:
                return False
        return False

    def element_of(
        self, values: Value, loop: Place | None, iterable: Expression | None, *, is_quiet: bool = False
    ) -> Value:
        """One element of what is iterated over; ``loop`` is the loop that takes them one by one."""
        fetch = loops.fetch_of(values)
        if fetch is not None and bounds.is_single(fetch, self.interpreter.models):
            loop = None
        match values:
            case Items(element):
                return in_loop(element, loop)
            case Result(fetch, shape):
                return in_loop(methods.row_of(fetch, shape), loop)
            case Statement(session=Session()):
                if is_quiet or iterable is None:
                    return None
                ran = methods.run_query(self._frame(), values, iterable)
                return in_loop(ran.element, loop)
            case Record(items):
                element: Value = None
                for item in items:
                    element = join(element, item)
                return element
            case Either(parts):
                element = None
                for part in parts:
                    element = join(element, self.element_of(part, loop, iterable, is_quiet=is_quiet))
                return element
            case Coroutine(value) | Context(value):
                return self.element_of(value, loop, iterable, is_quiet=is_quiet)
        return None

    def part_of(self, value: Value) -> Value:
        """A part of something unpacked whose width is not known."""
        return value.element if isinstance(value, Items) else None

    def _comprehension(self, node: facts.Comprehension) -> Value:
        outer = self.env
        self.env = dict(outer)
        pushed = 0
        first: Value = None
        for index, clause in enumerate(node.clauses):
            values = self.iterated(clause.iterable)
            if index == 0:
                first = values
            loop = self.loop_over(clause.target, clause.iterable, values, self.place(clause.at), ())
            element = self.element_of(values, loop.at, clause.iterable)
            self.loops.append(loop)
            pushed += 1
            self._bind(clause.target, element)
            for condition in clause.conditions:
                self.evaluate(condition)
        if node.key is not None:
            self.evaluate(node.key)
        made = self.evaluate(node.element)
        del self.loops[-pushed:]
        self.env = outer
        return Items(out_of_loop(made), loops.fetch_of(first))

    def _bind(self, target: Expression, value: Value) -> None:
        self._frame().bind_target(target, value)

    # --- with

    def enter(self, context: Expression) -> Value:
        """What ``with context as x`` gives ``x``."""
        value = self.evaluate(context)
        if isinstance(value, Coroutine):
            value = value.value
        match value:
            case Context(inner):
                return inner
            case Items(element, is_lazy=True):
                return element
            case SessionFactory(kind):
                return Session(kind)
            case Engine(kind):
                return Session(kind, is_connection=True)
            case Instance(ref):
                for name in ("__aenter__", "__enter__"):
                    member = self.interpreter.classes.member(ref, name)
                    if isinstance(member, FunctionRef):
                        entered = self.invoke(FunctionValue(member, value), None, None)
                        if isinstance(entered, Coroutine):
                            entered = entered.value
                        return entered if entered is not None else value
        return value

    # --- conditions

    def truth(self, test: Expression) -> bool | None:
        """Whether a condition holds in this reading, where the arguments alone decide it.

        Reads names and constants only, so that asking does nothing.
        """
        match test:
            case facts.Constant(value, _, False):
                return bool(value)
            case facts.Name("TYPE_CHECKING"):
                return True
            case facts.Name() | facts.Attribute():
                return self._truth_of(self._known(test))
            case facts.UnaryOperation("not", operand):
                inner = self.truth(operand)
                return None if inner is None else not inner
            case facts.Comparison(left, ("is" | "is not" as operator,), (facts.Constant(None, _, False),)):
                found = self._known(left)
                if found == Const(None):
                    return operator == "is"
                is_something = isinstance(found, (Given, Const, Session, Instance, Entries, Record, Items))
                return operator == "is not" if is_something else None
            case facts.BooleanOperation(left, operator, right):
                first, second = self.truth(left), self.truth(right)
                if operator == "and":
                    return False if False in (first, second) else True if first and second else None
                return True if True in (first, second) else False if first is False and second is False else None
        return None

    def _known(self, expression: Expression) -> Value:
        path = dotted_name(expression)
        if path is None:
            return None
        if path in self.env:
            return self.env[path]
        owner, _, name = path.rpartition(".")
        holder = self.env.get(owner)
        return holder.field(name) if isinstance(holder, Instance) else None

    @staticmethod
    def _truth_of(value: Value) -> bool | None:
        match value:
            case Const(constant):
                return bool(constant)
            case Session() | Instance() | FunctionValue() | ClassValue():
                return True
        return None

    def _frame(self) -> Frame:
        from dbreview.link.interpret import Frame

        assert isinstance(self, Frame)
        return self


def _looks_like_session_call(func: facts.Attribute) -> bool:
    owner = (
        func.value.attr
        if isinstance(func.value, facts.Attribute)
        else func.value.id
        if isinstance(func.value, facts.Name)
        else ""
    )
    return owner.lstrip("_") in sqlalchemy.SESSION_NAMES and func.attr in sqlalchemy.TELLING_SESSION_METHODS
