"""Columns, keys, constraints and indexes as SQL writes them, from what sqlglot makes of the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbreview.finding import Place
from dbreview.link.migrations.operations import AddPart, Kind, Operation, Part
from dbreview.link.migrations.tables import full_name
from dbreview.project import Column, ColumnType, Default, ForeignKey, Index

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_FILLED = ("DefaultColumnConstraint", "ComputedColumnConstraint", "GeneratedAsIdentityColumnConstraint",
           "AutoIncrementColumnConstraint", "GeneratedAsRowColumnConstraint")  # fmt: skip
_ON_DELETE = re.compile(r"on\s+delete\s+(cascade|restrict|set\s+null|set\s+default|no\s+action)", re.IGNORECASE)


def table_name(tree: Expr) -> str:
    """The name of a table, without the schema that everybody is in."""
    return full_name(tree.name, tree.text("db") or None)


def type_of(tree: Expr | None) -> ColumnType | None:
    if tree is None:
        return None
    name = getattr(tree.this, "value", None) or str(tree.this)
    sizes = [item.name for item in tree.expressions]
    length = int(sizes[0]) if sizes and sizes[0].isdigit() else None
    return ColumnType(str(name), length=length)


def column(tree: Expr, at: Place) -> tuple[Column, tuple[Part, ...], bool]:
    """A column, what it brings to its table, and whether rows that exist get a value."""
    name = tree.name
    kinds = {type(each.args.get("kind")).__name__: each for each in tree.args.get("constraints") or ()}
    type_ = type_of(tree.args.get("kind"))
    not_null = kinds.get("NotNullColumnConstraint")
    is_primary = "PrimaryKeyColumnConstraint" in kinds
    is_required = is_primary or (not_null is not None and not not_null.args["kind"].args.get("allow_null"))
    is_serial = type_ is not None and "SERIAL" in type_.name
    has_default = "DefaultColumnConstraint" in kinds and _says_something(kinds["DefaultColumnConstraint"])
    parts: list[Part] = []
    if is_primary:
        parts.append(Part("primary key", None, (name,), at))
    if "UniqueColumnConstraint" in kinds:
        parts.append(Part("unique constraint", None, (name,), at))
    if "Reference" in kinds:
        parts.append(_key(None, (name,), kinds["Reference"].args["kind"], at))
    made = Column(
        name,
        name,
        at,
        type_,
        is_primary,
        not (is_required or is_serial),
        defaults=(Default("server_default"),) if has_default else (),
    )
    is_filled = has_default or is_serial or bool(kinds.keys() & set(_FILLED[1:]))
    return made, tuple(parts), is_filled


def _says_something(default: Expr) -> bool:
    return type(default.args["kind"].this).__name__ != "Null"


def _names(expressions: list[Expr]) -> tuple[str, ...]:
    return tuple(each.name for each in expressions)


def _key(name: str | None, columns: tuple[str, ...], reference: Expr, at: Place) -> Part:
    from sqlglot import exp

    target = reference.find(exp.Table)
    remote = _names(reference.this.expressions) if isinstance(reference.this, exp.Schema) else ()
    table = table_name(target) if target is not None else ""
    options = " ".join(str(each) for each in reference.args.get("options") or ())
    rule = _ON_DELETE.search(options)
    on_delete = " ".join(rule[1].upper().split()) if rule is not None else None
    targets = tuple(f"{table}.{each}" for each in remote or ("",))  # without columns it means the primary key
    return Part("foreign key", name, columns, at, ForeignKey(columns, targets, at, on_delete))


def constraint(tree: Expr, at: Place, name: str | None = None) -> Part | None:
    """A key or constraint that stands in a table beside its columns."""
    from sqlglot import exp

    match tree:
        case exp.Constraint():
            inner = [constraint(each, at, tree.name) for each in tree.expressions]
            return next((part for part in inner if part is not None), None)
        case exp.PrimaryKey():
            return Part("primary key", name, _names(tree.expressions), at)
        case exp.UniqueColumnConstraint():
            listed = tree.this
            if not isinstance(listed, exp.Schema):
                return None
            named = listed.this.name if listed.this is not None else name
            return Part("unique constraint", named, _names(listed.expressions), at)
        case exp.ForeignKey():
            reference = tree.args.get("reference")
            return _key(name, _names(tree.expressions), reference, at) if reference is not None else None
        case exp.CheckColumnConstraint() | exp.Check():
            return Part("check constraint", name, (), at)
        case exp.IndexColumnConstraint():
            columns = tuple(_term(each)[0] for each in tree.expressions)
            title = tree.this.name if tree.this is not None else None
            return Part("index", title, columns, at, Index(title, columns, False, at, columns))
    kind: Kind = "check constraint"
    return Part(kind, name, (), at) if type(tree).__name__ == "ExcludeColumnConstraint" else None


def index(tree: Expr, at: Place) -> Operation | None:
    """What ``CREATE INDEX`` makes."""
    found = tree.this
    params = found.args.get("params")
    table = found.args.get("table")
    if params is None or table is None:
        return None
    terms = [_term(each) for each in params.args.get("columns") or ()]
    where = params.args.get("where")
    using = params.args.get("using")
    is_plain = not params.args.get("include") and not any(
        "Opclass" in type(e.this).__name__ for e in params.args.get("columns") or ()
    )
    title = found.name or None
    columns = tuple(name for name, _ in terms)
    made = Index(
        title,
        columns,
        bool(tree.args.get("unique")),
        at,
        tuple(written for _, written in terms),
        where.this.sql() if where is not None else None,
        using.name.lower() if using is not None else None,
        is_plain=is_plain,
    )
    return AddPart(at, table_name(table), Part("index", title, columns, at, made))


def _term(tree: Expr) -> tuple[str, str]:
    """One column or expression of an index, and how it is written."""
    from sqlglot import exp

    inner = tree.this if isinstance(tree, exp.Ordered) else tree
    while type(inner).__name__ in ("Opclass", "Collate", "Paren") and hasattr(inner.this, "args"):
        inner = inner.this
    if isinstance(inner, (exp.Column, exp.Identifier)):
        is_descending = isinstance(tree, exp.Ordered) and bool(tree.args.get("desc"))
        return inner.name, f"{inner.name} DESC" if is_descending else inner.name
    return "", f"({inner.sql()})"
