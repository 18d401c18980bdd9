"""The check behind rules/check-then-insert.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import CheckThenInsert, Model, Project


def check(project: Project) -> Iterator[Finding]:
    """Rows that are inserted because there was none, where two requests may both find none."""
    models = {model.name: model for model in project.models}
    for insert in project.checks_then_inserts:
        columns = " and ".join(f"`{column}`" for column in insert.columns)
        yield Finding(
            at=insert.at,
            message=f"two requests may both find no `{insert.model}` with this {columns} and both insert one: "
            "no unique constraint stops the second",
            help=_help(insert, models.get(insert.model)),
            notes=tuple(_notes(insert)),
            confidence=insert.confidence,
        )


def _help(insert: CheckThenInsert, model: Model | None) -> str:
    attributes = ", ".join(f"{insert.model}.{column}" for column in insert.columns)
    return (
        f"{_constraint(insert, model)}, and catch the `IntegrityError` of whoever comes second; "
        f"or insert with `on_conflict_do_nothing(index_elements=[{attributes}])`, which needs it too."
    )


def _constraint(insert: CheckThenInsert, model: Model | None) -> str:
    if len(insert.columns) == 1:
        return f"Declare `{insert.model}.{insert.columns[0]}` with `unique=True`"
    columns = model.columns if model is not None else {}
    names = (columns[each].name if each in columns else each for each in insert.columns)
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f"Put `UniqueConstraint({listed})` into `{insert.model}.__table_args__` "
        "(or a unique `Index` with a condition, if only some rows must differ)"
    )


def _notes(insert: CheckThenInsert) -> Iterator[Note]:
    yield Note("whether there is one is asked here", insert.query.at)
    if insert.insert_at != insert.at:
        yield Note("the row is inserted here", insert.insert_at)
    if insert.route is not None:
        yield Note(f"the route `{insert.route.function}` leads here", insert.route.at)
