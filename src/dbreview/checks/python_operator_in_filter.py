"""The check behind rules/python-operator-in-filter.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, PythonOperator, Relationship

FALSE = "the database gets `false` in its place"
TRUE = "the database gets `true` in its place"
ONE_OF_THEM = "one of them at most reaches the database"
OUTCOMES = {
    "and": ONE_OF_THEM,
    "or": ONE_OF_THEM,
    "not": "it never reaches the database",
    "in": FALSE,
    "is": FALSE,
    "not in": TRUE,
    "is not": TRUE,
    "if": "every row gets the same branch",
}
HELPS = {
    "and": "Write `and_({columns})`. `.where(...)` takes several conditions, too.",
    "or": "Write `or_({columns})`.",
    "not": "Write `~({column} ...)`.",
    "in": "Write `{column}.in_(...)`.",
    "not in": "Write `{column}.not_in(...)`.",
    "is": "Write `{column}.is_(None)`.",
    "is not": "Write `{column}.is_not(None)`.",
    "if": "Write `or_(and_({column} ..., first), and_(~{column} ..., second))`.",
}


def check(project: Project) -> Iterator[Finding]:
    """Operators that Python decides itself, where a condition of a statement was meant."""
    for use in project.python_operators:
        conditions = "the conditions" if use.operator in ("and", "or") else "the condition"
        shown = " and ".join(f"`{column}`" for column in use.columns)
        yield Finding(
            at=use.at,
            message=f"Python decides `{use.operator}` in {conditions} on {shown}: {OUTCOMES[use.operator]}",
            help=_help(project, use),
            notes=tuple(_notes(use)),
            confidence=use.confidence,
        )


def _help(project: Project, use: PythonOperator) -> str:
    column = use.columns[0]
    relationship = None if use.operator in ("and", "or") else _relationship(project, column)
    if relationship is not None and not relationship.local_columns:
        return f"Write `{column}.any()` or `{column}.has()`, with `~` before it where there must be none."
    if relationship is not None:  # it knows no `is_` and no `in_`, its foreign key does
        column = f"{relationship.class_name}.{relationship.local_columns[0]}"
    columns = [f"{each} ..." for each in use.columns] + ["..."] * (len(use.columns) == 1)
    return HELPS[use.operator].format(column=column, columns=", ".join(columns))


def _relationship(project: Project, column: str) -> Relationship | None:
    """The relationship that is written as ``Class.name``, if it is one."""
    class_name, _, name = column.partition(".")
    found = (model.relationships.get(name) for model in project.models if model.name == class_name)
    return next((relationship for relationship in found if relationship is not None), None)


def _notes(use: PythonOperator) -> Iterator[Note]:
    if (use.filter_at.filename, use.filter_at.line) != (use.at.filename, use.at.line):
        yield Note("a statement is filtered by it here", use.filter_at)
