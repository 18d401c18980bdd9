"""How much an index would help to find rows by a column: judged by its type, its name and its table."""

from __future__ import annotations

from dbreview.finding import Confidence
from dbreview.frameworks import naming, selectivity
from dbreview.project import Column, Lookup, Table


def use_of_index(lookup: Lookup, column: Column, table: Table) -> Confidence | None:
    """How sure it is that an index on the column pays for this lookup; None where it hardly can."""
    if column.type is None or has_few_values(column) or naming.last_word(table.title) in naming.LISTS_OF_NAMES:
        return None
    if lookup.kind == "equal":
        confidence = _by_value(column, column.type.name)
        if not lookup.is_whole and confidence is not None:
            confidence = "medium" if confidence == "high" else "low"
    elif lookup.kind == "range" or (lookup.kind == "order" and lookup.is_limited):
        confidence = _by_order(column.type.name, is_whole=lookup.is_whole)
    else:
        return None
    is_partly = table.partial_index((column.name,)) is not None or _is_unique_in_a_scope(column, table)
    is_doubtful = is_partly or column.declines_index or _is_list_of_names(table)
    return "low" if confidence is not None and is_doubtful else confidence


def tells_rows_apart(column: Column) -> bool:
    """Whether the name is that of an identifier: an e-mail, a number, a token."""
    return naming.last_word(column.name) in selectivity.TELLING


def has_few_values(column: Column) -> bool:
    """Whether many rows share each value, so that an index leads to half of the table."""
    if column.type is not None and column.type.name in selectivity.YES_OR_NO:
        return True
    *before, last = naming.words(column.name)
    if last in selectivity.FEW_VALUES or (before and before[0] in selectivity.FLAGS):
        return True
    owner = before[-1] if before else ""
    if last == "id":
        return owner in naming.LISTS_OF_NAMES
    return last in ("code", "name", "key") and owner in selectivity.FEW_VALUES


def _by_value(column: Column, kind: str) -> Confidence | None:
    is_telling = tells_rows_apart(column)
    if kind in selectivity.TEXTS:
        return "high" if is_telling else "medium"
    if kind in selectivity.NUMBERS:
        return "high" if is_telling else "low"
    if kind in selectivity.DATES:
        return "medium"
    is_of_project = column.type is not None and not column.type.is_standard and kind not in selectivity.TIMES
    return "medium" if is_of_project and is_telling else None


def _by_order(kind: str, *, is_whole: bool) -> Confidence | None:
    """Times are what growing tables are searched and sorted by. With a join or an OR few rows may be left to sort."""
    if is_whole and kind in selectivity.TIMES:
        return "medium"
    return "low" if kind in selectivity.TIMES | selectivity.TEXTS | selectivity.NUMBERS else None


def _is_unique_in_a_scope(column: Column, table: Table) -> bool:
    """Whether it is unique together with others, such as a tenant: those may be asked for where nobody sees it."""
    keys = set(table.unique_keys()) - {frozenset(table.primary_key)}
    return any(column.name in key for key in keys)


def _is_list_of_names(table: Table) -> bool:
    own = {column.name for column in table.columns if not column.is_primary_key} - naming.CREATED - naming.UPDATED
    return own <= naming.LOOKUP_COLUMNS and len(own) <= 3
