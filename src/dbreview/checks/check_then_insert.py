"""The check behind rules/check-then-insert.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import CheckThenInsert, Column, Model, Project


def check(project: Project) -> Iterator[Finding]:
    """Rows that are inserted because there was none, where two requests may both find none."""
    models = {model.name: model for model in project.models}
    for insert in project.checks_then_inserts:
        model = models.get(insert.model)
        columns = " and ".join(f"`{column}`" for column in insert.columns)
        yield Finding(
            at=insert.at,
            message=f"two requests may both find no `{insert.model}` with this {columns} and both insert one: "
            "no unique constraint stops the second",
            help=_help(insert, model, has_upsert=not project.dialects & {"mysql", "mariadb"}),
            notes=tuple(_notes(insert)),
            confidence="low" if model is not None and _has_document(insert, model) else insert.confidence,
        )


def _help(insert: CheckThenInsert, model: Model | None, *, has_upsert: bool) -> str:
    columns = model.columns if model is not None else {}
    is_flag = {each: each in columns and _is_flag(columns[each]) for each in insert.columns}
    kept = [each for each in insert.columns if not is_flag[each]] or list(insert.columns)
    if insert.query.orm == "tortoise":
        return _help_for_tortoise(insert, kept)
    names = ", ".join(f'"{columns[each].name if each in columns else each}"' for each in kept)
    if any(is_flag.values()):
        return (
            f"Let a unique index say it of the rows that count: `Index(..., {names}, unique=True, "
            "postgresql_where=...)`, and catch the `IntegrityError` of whoever comes second."
        )
    attributes = ", ".join(f"{insert.model}.{column}" for column in kept)
    declared = (
        f"Declare `{attributes}` with `unique=True`"
        if len(kept) == 1
        else f"Put `UniqueConstraint({names})` into `{insert.model}.__table_args__`"
    )
    upsert = f"; or insert with `on_conflict_do_nothing(index_elements=[{attributes}])`, which needs it too"
    return f"{declared}, and catch the `IntegrityError` of whoever comes second{upsert if has_upsert else ''}."


def _help_for_tortoise(insert: CheckThenInsert, kept: list[str]) -> str:
    names = ", ".join(f'"{name}"' for name in kept)
    declared = (
        f"Declare `{insert.model}.{kept[0]}` with `unique=True`"
        if len(kept) == 1
        else f"Put `unique_together = (({names}),)` into `{insert.model}.Meta`"
    )
    return f"{declared}, and write `await {insert.model}.get_or_create(...)`, which needs it too."


def _has_document(insert: CheckThenInsert, model: Model) -> bool:
    """Whether a column holds what databases cannot, or will not, keep unique as it is."""
    types = (column.type for name, column in model.columns.items() if name in insert.columns)
    return any(each is not None and each.name in ("JSON", "JSONB", "LargeBinary", "bytes") for each in types)


def _is_flag(column: Column) -> bool:
    """A column of yes and no tells some rows from others; it is no part of what must differ."""
    return column.type is not None and column.type.name in ("Boolean", "BOOLEAN", "bool")


def _notes(insert: CheckThenInsert) -> Iterator[Note]:
    yield Note("whether there is one is asked here", insert.query.at)
    if insert.insert_at != insert.at:
        yield Note("the row is inserted here", insert.insert_at)
    if insert.route is not None:
        yield Note(f"the route `{insert.route.function}` leads here", insert.route.at)
