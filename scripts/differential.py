"""Compares dbreview's verdict on applications made up at random with what running them shows.

python scripts/differential.py --seed 1 --count 2000

Each application (`tests/invented/`) runs on SQLite with few rows and with many. One whose statements grow with
the rows, or that raises MissingGreenlet, has to be reported; any other must not be. A disagreement is a mistake of
dbreview or has its reason in `tests/invented/known.py`. Exit status 0 when all others agree.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from itertools import repeat
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from invented.comparison import Compared

TESTS = Path(__file__).parent.parent / "tests"


def main() -> None:
    options = _options()
    sys.path.insert(0, str(TESTS))
    from invented.comparison import compare, keep
    from invented.known import reason

    with Pool(os.cpu_count()) as pool:
        everything = pool.starmap(compare, zip(repeat(options.seed), range(options.count)), chunksize=20)
    disagreeing = [each for each in everything if not each.agrees]
    unknown = [each for each in disagreeing if reason(each) is None]
    for each in unknown:
        print(each.told if not options.show else f"{each.told}\n{each.sources}")
        if options.keep is not None:
            keep(each, options.keep)
    _tell_groups(unknown, everything)
    _tell_counts(everything, disagreeing, unknown)
    sys.exit(1 if unknown else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write the disagreeing applications here")
    parser.add_argument("--show", action="store_true", help="print them")
    return parser.parse_args()


def _tell_groups(unknown: list[Compared], everything: list[Compared]) -> None:
    """What the disagreements of each kind have in common."""
    from invented.comparison import common

    groups: dict[str, list[Compared]] = defaultdict(list)
    for each in unknown:
        groups[each.outcome].append(each)
    for outcome, members in groups.items():
        print(f"\n{outcome}: {len(members)}, more often than others with")
        for decision, here, in_all in common(members, everything)[:8]:
            print(f"  {decision} ({here} of {in_all})")


def _tell_counts(everything: list[Compared], disagreeing: list[Compared], unknown: list[Compared]) -> None:
    from invented.known import reason

    print()
    for outcome, count in Counter(each.outcome for each in everything).most_common():
        print(f"{count:6} {outcome}")
    for why, count in Counter(filter(None, map(reason, disagreeing))).items():
        print(f"{count:6} known: {why}")
    print(f"{len(everything) - len(disagreeing)} of {len(everything)} agree, {len(unknown)} disagree without a reason")


if __name__ == "__main__":
    main()
