"""The check behind rules/query-in-loop.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.finding import Finding, Note
from dbreview.project import Project, RepeatedQuery


def check(project: Project) -> Iterator[Finding]:
    """Reads that a loop repeats, in its own body or through the calls it makes."""
    for repeated in project.repeated_queries:
        what = f"`{repeated.query.entity}` is queried" if repeated.query.entity else "a query runs"
        yield Finding(
            at=repeated.at,
            message=f"{what} once for each pass of this loop",
            help=_help(repeated),
            notes=tuple(_notes(repeated)),
            confidence=repeated.confidence,
        )


def _help(repeated: RepeatedQuery) -> str:
    if not repeated.depends_on_loop:
        return "Nothing in it changes from pass to pass: run it once, before the loop."
    entity, key = repeated.query.entity, repeated.key
    if repeated.wanted == "levels":
        return "Ask level by level: one statement with `IN` for all open keys, or a recursive CTE for the whole tree."
    if repeated.query.is_sql:
        return (
            "Collect the keys first, run one statement with `WHERE ... IN (...)` for all of them, "
            "and look each row up in a dict inside the loop."
        )
    if repeated.wanted == "aggregate" and repeated.query.orm != "tortoise":
        what = f"`{key}.in_(keys)`" if key is not None else "`IN`"
        return f"Collect the keys first, and let one statement with {what} and GROUP BY answer for all of them."
    if repeated.query.orm == "tortoise":
        return _help_for_tortoise(repeated)
    if entity is None or key is None:
        return "Collect the keys first, and fetch what belongs to all of them with one statement (`IN`)."
    if repeated.wanted == "newest":
        return (
            f"Collect the keys first, and let one statement number the rows of each: "
            f"`func.row_number().over(partition_by={key}, order_by=...)`, of which the first ones are kept."
        )
    selected = ", ".join(dict.fromkeys((*(repeated.selected or (entity,)), *_unselected(repeated, key))))
    joined = "" if key.startswith(f"{entity}.") else ".join(...)"
    more, kept_conditions = (", ...", ", with its other conditions") if repeated.has_more_conditions else ("", "")
    statement = f"`select({selected}){joined}.where({key}.in_(keys){more})`{kept_conditions}"
    kept = "look each one up in a dict" if repeated.wanted == "one" else "group them by key in a dict of lists"
    return f"Collect the keys first, fetch all rows with one {statement}, and {kept}."


def _help_for_tortoise(repeated: RepeatedQuery) -> str:
    entity = repeated.query.entity or "..."
    if repeated.key is None:
        one = f"one `{entity}.filter(...__in=keys)`"
        return f"Collect the keys first, and fetch what belongs to all of them with {one}."
    name = repeated.key.rpartition(".")[2]
    if repeated.wanted == "aggregate":
        grouped = f"`{entity}.filter({name}__in=keys).annotate(number=Count(...)).group_by(...)`"
        return f"Collect the keys first, and let one {grouped} answer for all of them."
    kept = "look each one up in a dict" if repeated.wanted == "one" else "group them by key in a dict of lists"
    return f"Collect the keys first, fetch all rows with one `{entity}.filter({name}__in=keys)`, and {kept}."


def _unselected(repeated: RepeatedQuery, key: str) -> tuple[str, ...]:
    """The key, where what is selected does not bring it."""
    return () if key.partition(".")[0] in repeated.selected else (key,)


def _notes(repeated: RepeatedQuery) -> Iterator[Note]:
    yield Note("the loop runs here", repeated.loop)
    for call in repeated.calls:
        yield Note("the call leads here", call)
    if repeated.query.at != repeated.at:
        yield Note("the query runs here", repeated.query.at)
    for place in repeated.others[:5]:
        yield Note("the same loop queries here, too", place)
