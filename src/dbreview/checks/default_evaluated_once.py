"""The check behind rules/default-evaluated-once.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks._columns import Written, written_columns
from dbreview.finding import Finding
from dbreview.project import Default, Project

_WHAT = {
    "onupdate": "every change of a row writes the same value to {name}",
    "server_default": "the database fills {name} with one constant",
}
_ANY = "every new row gets the same value in {name}"


def check(project: Project) -> Iterator[Finding]:
    """Defaults that were computed while the class was read, instead of for each row."""
    for written in written_columns(project):
        once = [default for default in written.column.defaults if default.is_evaluated_once]
        if once:
            yield _finding(written, once)


def _finding(written: Written, once: list[Default]) -> Finding:
    what = _WHAT.get(once[0].keyword, _ANY).format(name=written.title)
    called = f"`{once[0].called}()`" if once[0].called else "its default"
    breaks = ": the second INSERT raises IntegrityError" if _is_key(written) and once[0].keyword != "onupdate" else ""
    return Finding(
        at=written.at,
        message=f"{what}, because {called} ran once, when the module was imported{breaks}",
        help="; ".join(_help(written, default) for default in once) + ".",
        notes=written.notes,
    )


def _is_key(written: Written) -> bool:
    """Whether each value of the column may occur only once."""
    table, column = written.tables[0], written.column
    return column.is_unique or table.primary_key == (column.name,)


def _help(written: Written, default: Default) -> str:
    if default.keyword == "server_default":
        return "Let the database compute it: `server_default=func.now()` for a time, else `default=` with a function"
    is_field = default.keyword == "default" and written.tables[0].orm == "sqlmodel"
    keyword = "default_factory" if is_field else default.keyword
    return f"Have it called for each row: `{keyword}=lambda:` before the same expression, or a function's bare name"
