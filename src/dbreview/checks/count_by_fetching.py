"""The check behind rules/count-by-fetching.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import CountByFetching, Project

PURPOSES = {"count": "to be counted", "exists": "to see whether there is one"}
ADVICE = {"count": "Let the database count", "exists": "Ask for one"}
STATEMENTS = {
    "count": "session.scalar(select(func.count()).select_from({entity}).where(...))",
    "exists": "session.scalar(select(exists().select_from({entity}).where(...)))",
}
WRAPPED = {
    "count": "session.scalar(select(func.count()).select_from(statement.subquery()))",
    "exists": "session.scalar(select(statement.exists()))",
}
"""For statements with joins, of which nothing must get lost."""
SQL = {
    "count": "SELECT count(*) FROM {entity} WHERE ...",
    "exists": "SELECT EXISTS (SELECT 1 FROM {entity} WHERE ...)",
}


def check(project: Project) -> Iterator[Finding]:
    """Rows that are fetched and then only counted, or only asked whether there are any."""
    for use in project.counts_by_fetching:
        rows = f"all `{use.query.entity}` rows" if use.query.entity else "all rows"
        yield Finding(
            at=use.at,
            message=f"{rows} that match are fetched, only {PURPOSES[use.purpose]}",
            help=_help(project, use),
            notes=tuple(_notes(use)),
            confidence=use.confidence,
        )


def _help(project: Project, use: CountByFetching) -> str:
    entity = use.query.entity or "..."
    if use.query.orm == "tortoise":
        statement = f"await {entity}.filter(...).{use.purpose}()"
    elif any(model.name == entity for model in project.models):
        forms = WRAPPED if use.is_joined else STATEMENTS
        statement = f"{'await ' if use.is_async else ''}{forms[use.purpose]}"
    else:
        statement = SQL[use.purpose]
    return f"{ADVICE[use.purpose]}: `{statement.format(entity=entity)}`."


def _notes(use: CountByFetching) -> Iterator[Note]:
    if (use.query.at.filename, use.query.at.line) != (use.at.filename, use.at.line):
        yield Note("the rows are fetched here, and used for nothing else", use.query.at)
