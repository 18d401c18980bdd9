"""What loader options and relationships say of loading."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from seeding.names import chain, name_of, names_in, root, top_of_chain
from seeding.program import Defined, Program
from seeding.source import Source

LOADERS = frozenset({"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager"})
LINKS = LOADERS | {"defaultload", "load_only", "lazyload"}
EAGER = frozenset({"selectin", "joined", "subquery", "immediate"})
NEVER_LAZY = frozenset({"raise", "raise_on_sql", "dynamic", "noload", "write_only", "no_load"})


@dataclass(frozen=True)
class Link:
    """One relationship of a loader option: ``selectinload(Owner.name)``."""

    call: ast.Call
    owner: str
    name: str

    @property
    def is_eager(self) -> bool:
        return name_of(self.call.func) in LOADERS


def links_of(program: Program, source: Source, call: ast.Call, function: Defined | None) -> list[Link] | None:
    """The path of relationships up to and with this call."""
    links: list[Link] = []
    node: ast.expr | None = call
    while node is not None:
        for each in chain(node):
            name = name_of(each.func)
            if name in ("options", "load_only"):
                continue
            if name not in LINKS:
                return None
            link = _link(program, each, function)
            if link is None:
                return None
            links.append(link)
        node = option_around(source, node)
    return links[::-1]


def option_around(source: Source, node: ast.expr) -> ast.expr | None:
    """``selectinload(A.b).options(HERE)``: the option that the chain of this one is an argument of."""
    parent = source.parents.get(top_of_chain(source, node))
    if isinstance(parent, ast.Starred):
        parent = source.parents.get(parent)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == "options":
        inner = parent.func.value
        if name_of(root(inner)) in LINKS:
            return inner
    return None


def _link(program: Program, call: ast.Call, function: Defined | None) -> Link | None:
    target = call.args[0] if call.args else None
    while isinstance(target, ast.Call):  # `of_type`, `and_`, or a cast for the type checker
        is_method = isinstance(target.func, ast.Attribute) and target.func.attr in ("of_type", "and_")
        if is_method:
            assert isinstance(target.func, ast.Attribute)
            target = target.func.value
        else:
            target = target.args[0] if len(target.args) == 1 else None
    if not isinstance(target, ast.Attribute) or (owner := name_of(target.value)) is None:
        return None
    if owner == "cls" and function is not None and function.owner is not None:
        owner = function.owner.name
    if not program.classes.get(owner):
        owner = _meant(program, owner, function) or owner
    return Link(call, owner, target.attr)


def _meant(program: Program, name: str, function: Defined | None) -> str | None:
    """The class of ``alias = aliased(Class)`` or of ``from x import Class as alias``."""
    for scope in (function.node if function else None, function.source.tree if function else None):
        for node in ast.walk(scope) if scope is not None else ():
            if isinstance(node, ast.Assign) and any(name_of(t) == name for t in node.targets):
                value = node.value
                if isinstance(value, ast.Call) and name_of(value.func) == "aliased" and value.args:
                    return name_of(value.args[0])
                return name_of(value)
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.asname == name:
                        return alias.name
    return None


def doubt_of(program: Program, function: Defined, links: list[Link]) -> str | None:
    """Why a missing option may be no defect, whatever reads the relationship."""
    last = links[-1]
    if program.member(last.owner, last.name) is None:
        return f"the declaration of `{last.owner}.{last.name}` is not found"
    strategy = strategy_of(program, last.owner, last.name)
    if strategy in EAGER:
        return f'`{last.name}` is loaded anyway, by lazy="{strategy}"'
    if strategy is None or strategy in NEVER_LAZY:
        return f"`{last.name}` is never loaded lazily"
    target = target_of(program, last)
    for node in ast.walk(function.node):
        if node is not last.call and isinstance(node, ast.Call) and name_of(node.func) in LOADERS:
            other = _link(program, node, function)
            if other is not None and (other.owner, other.name) == (last.owner, last.name):
                return "another option of the same function loads it, too"
            is_before = other is not None and other.call not in [link.call for link in links]
            if other is not None and is_before and target is not None and target == target_of(program, other):
                return f"another option loads `{target}` rows, too, so that the session may hold it"
        if isinstance(node, ast.Attribute) and node.attr in (f"{last.name}_id", f"{last.name}_name"):
            if name_of(node.value) == last.owner and len(links) == 1:
                return "the query filters by its key, so that the session may hold it"
    return None


def target_of(program: Program, link: Link) -> str | None:
    """The class of the one object that a relationship leads to; None for a collection, or where nobody says."""
    found = program.member(link.owner, link.name)
    if found is None or not isinstance(found[1], ast.AnnAssign):
        return None
    written = ast.unparse(found[1].annotation)
    if any(word in written.lower() for word in ("list[", "set[", "dict[", "sequence[")):
        return None
    words = [word for word in re.findall(r"\w+", written) if word not in ("Mapped", "Optional", "Union", "None")]
    return words[0] if len(words) == 1 else None


def conditions_of(function: Defined, call: ast.Call) -> frozenset[str]:
    """The parameters that decide whether a function uses an option."""
    parameters = {*function.parameters, *(each.arg for each in function.node.args.kwonlyargs)}
    names: set[str] = set()
    below: ast.AST = call
    for above in function.source.above(call):
        if isinstance(above, (ast.If, ast.IfExp)) and below is not above.test:
            names |= names_in(above.test) & parameters
        if above is function.node:
            break
        below = above
    return frozenset(names)


def strategy_of(program: Program, owner: str, name: str) -> str | None:
    """What the declaration says of loading; None where it cannot be read."""
    found = program.member(owner, name)
    if found is None:
        return None
    value = getattr(found[1], "value", None)
    if not isinstance(value, ast.Call):
        return None
    given = lazy_of(value)
    if given is None:
        has_splat = any(keyword.arg is None for keyword in value.keywords)
        return None if has_splat else "select"
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def lazy_of(call: ast.Call) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == "lazy":
            return keyword.value
        if keyword.arg == "sa_relationship_kwargs" and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "lazy":
                    return value
    return None
