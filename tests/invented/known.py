"""Disagreements that stay, each with its reason. As few as possible.

Those that are a mistake of dbreview stand in `tests/cases/` too, as `# missed` or `# false alarm`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from invented.comparison import Compared
from invented.schema import EAGER, Side

SENDING = frozenset({"selectin", "immediate"})
"""Strategies that send statements of their own, which know the options by the path that leads to them."""


@dataclass(frozen=True)
class Known:
    reason: str
    holds: Callable[[Compared], bool]


def reason(compared: Compared) -> str | None:
    """Why this disagreement is to be expected."""
    return next((known.reason for known in KNOWN if known.holds(compared)), None)


def _truth(compared: Compared) -> frozenset[str]:
    return compared.truth.grows | ({compared.truth.raises} - {""})


def _disputed(compared: Compared) -> frozenset[str]:
    """What only one of the two names. Behind something that is missed, dbreview knows nothing, so its first counts."""
    truth, named = _truth(compared), compared.verdict.named
    if named - truth:
        return named - truth
    missed = [str(side) for side in compared.application.path if str(side) in truth - named]
    return frozenset(missed[:1])


def _has(compared: Compared, decision: str) -> bool:
    return decision in compared.application.shape


def _disputes_step(compared: Compared, number: int) -> bool:
    """Whether this step of the path is what is disputed."""
    path = compared.application.path
    return number < len(path) and _disputed(compared) == {str(path[number])}


def _brought(compared: Compared, without: Collection[str]) -> set[str]:
    """The models that come with what is read and with what the options ask for, but not by these relationships."""
    application = compared.application
    beside = application.options.beside
    ways = [*application.path, *([beside] if beside is not None else [])]
    models = {application.path[0].owner, *(side.target for side in ways if str(side) not in without)}
    begins = models | {side.target for side in _sides(compared, without)}
    return models | application.schema.brought_with(begins, without)


def _sides(compared: Compared, names: Collection[str]) -> list[Side]:
    return [side for side in compared.application.schema.sides if str(side) in names]


def _is_in_session(compared: Compared) -> bool:
    disputed = _sides(compared, _disputed(compared))
    if not compared.application.path or not disputed:
        return False
    brought = _brought(compared, _disputed(compared))
    return all(not side.is_collection and not side.is_parent and side.target in brought for side in disputed)


def _is_behind_a_row_of_the_page(compared: Compared) -> bool:
    path, disputed = compared.application.path, _truth(compared) ^ compared.verdict.named
    asked = {str(compared.application.options.beside)}
    owners: set[str] = set()
    for number, side in enumerate(path):
        owners.add(side.owner)
        is_loaded_for_page = not side.is_parent or disputed <= asked
        if side.target in owners and is_loaded_for_page and disputed:
            return disputed <= {str(later) for later in path[number + 1 :]}
    return False


def _fills_a_cache(compared: Compared) -> bool:
    return compared.outcome == "missed" and _has(compared, "lookup: cached")


def _drops_parents(compared: Compared) -> bool:
    """What dbreview says of the parents themselves does not matter then."""
    is_missed = bool(compared.application.path) and str(compared.application.path[0]) in _truth(compared)
    return is_missed and _has(compared, "parents are: dropped")


def _loses_options(compared: Compared) -> bool:
    application = compared.application
    for number in range(1, len(application.path)):
        is_below = any(application.strategy(before) in SENDING for before in range(number))
        if is_below and application.strategy(number) == "subquery":
            return any(_disputes_step(compared, behind) for behind in range(number + 1, len(application.options.steps)))
    return False


def _is_told_by_one_path_only(compared: Compared) -> bool:
    """A relationship that is loaded by its declaration, but not on this path."""
    application = compared.application
    path = application.path
    for number, side in enumerate(path):
        if _disputes_step(compared, number) and side.lazy in EAGER and application.strategy(number) == "lazy":
            if number == 0:
                return side.owner in application.schema.brought_with([side.owner], [str(side)])
            return side.owner in _brought(compared, [str(path[number - 1])])
    return False


def _was_loaded_before(compared: Compared) -> bool:
    is_false = compared.outcome in ("false alarm", "named another") and _has(compared, "parents are: preloaded")
    return is_false and _disputes_step(compared, 1) and compared.application.path[1].lazy in EAGER


def _finds_parents(compared: Compared) -> bool:
    is_held = _has(compared, "parents are: preloaded") and compared.application.strategy(0) == "immediate"
    return is_held and _disputes_step(compared, 1) and len(compared.application.options.steps) > 1


def _asks_everywhere(compared: Compared) -> bool:
    """Whether the path comes to a class again where only a wildcard, or a declaration that it overrules, loads."""
    loads = _has(compared, "wildcard: selectinload") or _has(compared, "wildcard: joinedload")
    passed: set[str] = set()
    for number, side in enumerate(compared.application.path):
        passed.add(side.owner)
        if _disputes_step(compared, number):
            return loads and side.target in passed and (number == 0 or side.lazy == "joined")
    return False


def _was_refreshed(compared: Compared) -> bool:
    is_false = compared.outcome == "false alarm" and _has(compared, "refresh: yes")
    asked = compared.application.path[1 : len(compared.application.options.steps)]
    return is_false and _disputed(compared) <= {str(side) for side in asked}


def _is_paired(compared: Compared) -> bool:
    """A pair's second half, whose relationship leads to the class of the first."""
    if compared.outcome != "false alarm" or not _has(compared, "parents are: in pairs"):
        return False
    path = compared.application.path
    return _disputes_step(compared, 1) and path[1].lazy in EAGER and path[1].target == path[0].owner


def _is_behind_what_is_at_hand(compared: Compared) -> bool:
    beside = compared.application.options.beside
    return any(
        beside is not None and side.target == beside.target and _disputes_step(compared, number)
        for number, side in enumerate(compared.application.path[:-1], start=1)
    )


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
    Known(
        "`lazyload()` speaks of one path. The rows may come by another relationship, too, with what they declare.",
        _is_told_by_one_path_only,
    ),
    Known(
        "Below `selectinload` and `immediateload`, `subqueryload` forgets the options behind it. Missed.",
        _loses_options,
    ),
    Known("An earlier statement has loaded the object and what lies behind it. False alarm.", _was_loaded_before),
    Known(
        "`immediateload` of parents that the session holds sends nothing, and the options behind it load nothing. "
        "Missed.",
        _finds_parents,
    ),
    Known('A loader for `"*"` stops where the path comes to a class again. Missed.', _asks_everywhere),
    Known("Options hold behind a relationship that is refreshed. False alarm.", _was_refreshed),
    Known("The second half of a pair begins a path of its own. False alarm.", _is_paired),
    Known(
        "What lies behind a parent that another option may have brought is unknown. Missed.", _is_behind_what_is_at_hand
    ),
)
