"""Disagreements that stay, each with its reason. As few as possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from invented.comparison import Compared
from invented.schema import EAGER


@dataclass(frozen=True)
class Known:
    reason: str
    holds: Callable[[Compared], bool]


def reason(compared: Compared) -> str | None:
    """Why this disagreement is to be expected."""
    return next((known.reason for known in KNOWN if known.holds(compared)), None)


def _is_in_session(compared: Compared) -> bool:
    """Whether all that is disputed leads to one row of a model that something else has loaded, or may have."""
    application = compared.application
    sides = {str(side): side for side in application.schema.sides}
    names = compared.verdict.named - _truth(compared) or _truth(compared) - compared.verdict.named
    disputed = [sides.get(name) for name in names]
    if not application.path or not names:
        return False
    undisputed = takewhile(lambda step: str(step) not in names, application.path)
    reached = {application.path[0].owner, *(step.target for step in undisputed)}
    if compared.outcome == "missed":
        reached |= {
            side.target for side in application.schema.sides_of(application.path[0].owner) if str(side) not in names
        }
    overruled = names if compared.outcome == "missed" else frozenset()
    eager = {(side.owner, side.target) for name, side in sides.items() if side.lazy in EAGER and name not in overruled}
    begins = reached | {side.target for side in disputed if side}
    while more := {target for owner, target in eager if owner in begins | reached} - reached:
        reached |= more
    return all(side and not side.is_collection and not side.is_parent and side.target in reached for side in disputed)


def _is_behind_a_row_of_the_page(compared: Compared) -> bool:
    """Whether the path comes back to a model that it has left, and the dispute is about what lies behind."""
    path, disputed = compared.application.path, _truth(compared) ^ compared.verdict.named
    owners: set[str] = set()
    for number, side in enumerate(path):
        owners.add(side.owner)
        returns = side.target in owners and not side.is_parent
        if returns and disputed and disputed <= {str(later) for later in path[number + 1 :]}:
            return True
    return False


def _truth(compared: Compared) -> frozenset[str]:
    return compared.truth.grows | ({compared.truth.raises} - {""})


def _fills_a_cache(compared: Compared) -> bool:
    return compared.outcome == "missed" and "lookup: cached" in compared.application.shape


def _drops_parents(compared: Compared) -> bool:
    return compared.outcome == "missed" and "parents are: dropped" in compared.application.shape


KNOWN = (
    Known(
        "A many-to-one leads to rows that the session may hold already, because another relationship is loaded eagerly "
        "or because they are on the page themselves. Here every row of a table is in every answer; where a page is a "
        "part of the table, that depends on the data.",
        _is_in_session,
    ),
    Known(
        "The path comes back to rows that the page may hold itself: what lies behind them is loaded or not as the "
        "page's statement says, or as it says of the path. It depends on the data which of them.",
        _is_behind_a_row_of_the_page,
    ),
    Known("Queries that fill a cache are left alone: the page of the rule says so.", _fills_a_cache),
    Known(
        "Rows are fetched in pairs with their parents, and the parents dropped before they are read. A session refers "
        "to its rows weakly, so they are loaded again; who keeps them by another name is right.",
        _drops_parents,
    ),
)
