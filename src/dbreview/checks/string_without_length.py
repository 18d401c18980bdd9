"""The check behind rules/string-without-length.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks._columns import Written, written_columns
from dbreview.checks._convention import by_convention, is_convention
from dbreview.finding import Confidence, Finding, Severity
from dbreview.project import Project

_STRINGS = frozenset({"String", "Unicode", "VARCHAR", "NVARCHAR", "AutoString"})
_REFUSE_IT = frozenset({"mysql", "mariadb"})
_DO_NOT_MIND = frozenset({"postgresql", "sqlite"})
_FEWEST_FOR_A_HABIT = 4


def check(project: Project) -> Iterator[Finding]:
    """String columns without a length, where the database or the project's own habit asks for one."""
    is_refused = bool(project.dialects & _REFUSE_IT)
    strings = [each for each in written_columns(project) if _is_string(each)]
    endless = [each for each in strings if _length(each) is None and not (is_refused and _is_of_sqlmodel(each))]
    having = sum(_length(each) is not None for each in strings)
    is_habit = is_convention(having, len(endless)) and having >= _FEWEST_FOR_A_HABIT
    if project.dialects <= _DO_NOT_MIND and not is_habit:
        return
    effect = ""
    if is_refused:
        effect = f", and {'MySQL' if 'mysql' in project.dialects else 'MariaDB'} refuses to create its table"
    elif is_habit:
        effect = f", unlike {having} of the {having + len(endless)} strings here"
    confidence = _confidence(project, is_firm=is_habit and having >= 3 * len(endless))
    is_error = is_refused and project.dialects <= _REFUSE_IT | {"sqlite"}
    found = [_finding(each, effect, confidence, "error" if is_error else None) for each in endless]
    if found:
        yield from by_convention(found, having, "more")


def _confidence(project: Project, *, is_firm: bool) -> Confidence:
    if project.dialects and project.dialects <= _REFUSE_IT:
        return "high"
    return "medium" if is_firm or not project.dialects <= _DO_NOT_MIND else "low"


def _finding(written: Written, effect: str, confidence: Confidence, severity: Severity | None) -> Finding:
    return Finding(
        at=written.at,
        message=f"{written.title} is a string without a length{effect}",
        help=_help(written),
        notes=written.notes,
        confidence=confidence,
        severity=severity,
    )


def _help(written: Written) -> str:
    if _is_of_sqlmodel(written):
        return (
            f"Write `{written.column.attribute}: str = Field(max_length=100)`; or `sa_type=Text` if no limit is meant."
        )
    kind = written.column.type.name if written.column.type is not None else "String"
    return f"Give `{written.column.attribute}` one: `{kind}(100)`; or write `Text` if no limit is meant."


def _is_string(written: Written) -> bool:
    kind = written.column.type
    return kind is not None and kind.is_standard and kind.is_fully_read and kind.name in _STRINGS


def _length(written: Written) -> int | None:
    return written.column.type.length if written.column.type is not None else None


def _is_of_sqlmodel(written: Written) -> bool:
    """Whether SQLModel made the type, which gives strings 255 characters on MySQL."""
    return written.column.type is not None and written.column.type.name == "AutoString"
