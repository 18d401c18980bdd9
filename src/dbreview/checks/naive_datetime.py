"""The check behind rules/naive-datetime.md."""

from __future__ import annotations

from collections.abc import Iterator

from dbreview.checks._columns import Written, written_columns
from dbreview.checks._convention import by_convention, is_convention
from dbreview.finding import Confidence, Finding
from dbreview.project import Default, Project

_TIMES = frozenset({"DateTime", "TIMESTAMP"})
_KEEP_ZONES = frozenset({"postgresql", "mssql"})
"""Databases in which ``DateTime(timezone=True)`` is another type than ``DateTime``."""


def check(project: Project) -> Iterator[Finding]:
    """Times without a zone, and times with one that are filled without."""
    times = [each for each in written_columns(project) if _is_time(each)]
    naive = [each for each in times if not _has_zone(each)]
    aware = len(times) - len(naive)
    keeps_zones = bool(project.dialects & _KEEP_ZONES)
    if naive and (keeps_zones or is_convention(aware, len(naive))):
        contrast = f", unlike {aware} of the {len(times)} times here" if is_convention(aware, len(naive)) else ""
        confidence: Confidence = "high" if keeps_zones else "low" if project.dialects else "medium"
        yield from by_convention([_naive(each, contrast, confidence) for each in naive], aware, "more")
    mixed = [each for each in times if _has_zone(each) and _utcnow(each) is not None]
    if mixed and (keeps_zones or not project.dialects):
        yield from by_convention([_mixed(each) for each in mixed], aware - len(mixed), "more")


def _naive(written: Written, contrast: str, confidence: Confidence) -> Finding:
    utcnow = _utcnow(written)
    more = f" and `{_aware_now(utcnow)}`" if utcnow is not None else ""
    return Finding(
        at=written.at,
        message=f"{written.title} keeps no time zone{contrast}",
        help=f"Write `DateTime(timezone=True)`{more}, and convert the column in a migration "
        "(on PostgreSQL with `postgresql_using=\"... AT TIME ZONE 'UTC'\"`).",
        notes=written.notes,
        confidence=confidence,
    )


def _mixed(written: Written) -> Finding:
    utcnow = _utcnow(written)
    return Finding(
        at=written.at,
        message=f"{written.title} keeps a time zone, and `datetime.utcnow` fills it without one",
        help=f"Write `{_aware_now(utcnow)}`." if utcnow is not None else "",
        notes=written.notes,
    )


def _aware_now(default: Default) -> str:
    return f"{default.keyword}=lambda: datetime.now(timezone.utc)"


def _utcnow(written: Written) -> Default | None:
    """The default that calls ``datetime.utcnow`` for each row; one that is called once is another rule's."""
    defaults = written.column.defaults
    return next((d for d in defaults if d.called == "datetime.utcnow" and not d.is_evaluated_once), None)


def _is_time(written: Written) -> bool:
    kind = written.column.type
    return (
        kind is not None
        and kind.is_standard
        and kind.is_fully_read
        and kind.name in _TIMES
        and kind.has_zone is not None
    )


def _has_zone(written: Written) -> bool:
    return written.column.type is not None and written.column.type.has_zone is True
