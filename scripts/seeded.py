"""Puts defects into applications, one at every place where that is possible, and tells how many dbreview finds.

python scripts/seeded.py                          the published applications that scripts/truth.py knows
python scripts/seeded.py --app zenml --most 100   100 defects of each kind in one of them
python scripts/seeded.py --show FOLDER            an application of your own, and each defect that is not found

    option     a loader option, or `lazy="selectin"` on a relationship, is taken away: DBR101
    response   the same, where a response's schema reads the relationship: DBR103
    limit      LIMIT and OFFSET are taken from a statement whose rows a route answers with: DBR104
    loop       a statement, or a call of a function that runs one, goes into a loop: DBR102

Whether a change is a defect is decided by names and without asking dbreview (`seeding/flow.py`): something must be
seen to read the relationship in a loop, a route must be seen to return the rows. The rate is that of those defects.
Never part of it: `unclear`, which are not tried, and `told`, of which the application has the same finding already.
The files are only read: defects exist in memory, as many in one run as do not get into each other's way. Exit status
0 unless something cannot be read.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from dbreview.room import with_room
from seeding.limits import limit_mutants
from seeding.loops import loop_mutants
from seeding.mutant import Mutant
from seeding.options import option_mutants
from seeding.program import Program
from seeding.running import Application, Outcome, batches, outcomes
from truth import APPLICATIONS, cache_of_user, unpacked

KINDS = {"option": option_mutants, "limit": limit_mutants, "loop": loop_mutants}
ROWS = {"option": "DBR101", "response": "DBR103", "limit": "DBR104", "loop": "DBR102"}


def mutants_of(program: Program, kinds: Iterable[str]) -> list[Mutant]:
    found = {mutant: None for kind, mutants in KINDS.items() if kind in kinds for mutant in mutants(program)}
    return sorted(found, key=lambda each: (list(ROWS).index(each.kind), each.path, each.line, each.what))


def chosen(mutants: list[Mutant], most: int | None, seed: int) -> list[Mutant]:
    """All, or as many of each kind as asked for: the same ones for the same seed."""
    result: list[Mutant] = []
    for kind in ROWS:
        some = [mutant for mutant in mutants if mutant.kind == kind]
        if most is not None and len(some) > most:
            picked = set(random.Random(seed).sample(range(len(some)), most))
            some = [mutant for number, mutant in enumerate(some) if number in picked]
        result += some
    return result


def seeded(name: str, folder: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """The outcome of every mutant; those that nobody can be sure of are not tried."""
    start = time.monotonic()
    application = Application(folder)
    mutants = mutants_of(Program(application.texts.items()), given.kind or KINDS)
    known = [each for each in mutants if each.codes <= application.checks.keys()]
    clear = chosen([each for each in known if each.is_clear], given.most, given.seed)
    runs = batches(clear, given.batch)
    for number, batch in enumerate(runs, start=1):
        if sys.stderr.isatty():
            took = time.monotonic() - start
            print(f"\r{name}: run {number} of {len(runs)}, {took:.0f} s ", end="", file=sys.stderr, flush=True)
        yield from outcomes(application, batch)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    yield from (Outcome(each, "unclear") for each in mutants if not each.is_clear)
    yield from (Outcome(each, "no rule") for each in mutants if each.is_clear and each not in known)


def _all(name: str, folder: Path, given: argparse.Namespace) -> list[Outcome]:
    return list(seeded(name, folder, given))


# --- telling ----------------------------------------------------------------------------------

COLUMNS = ("defects", "default", "advice", "none", "told", "unclear")


def show(name: str, results: list[Outcome], *, lists: bool) -> None:
    for kind, code in ROWS.items():
        counts = Counter(each.by for each in results if each.mutant.kind == kind)
        clear = sum(counts[by] for by in ("default", "advice", "none"))
        if not counts:
            continue
        numbers = "".join(f"{number:9}" for number in (clear, *(counts[by] for by in COLUMNS[1:])))
        rate = f"{counts['default'] / clear:9.1%}" if clear else " " * 8 + "-"
        left_out = f"   no rule {code} yet for {counts['no rule']}" if counts["no rule"] else ""
        print(f"{name:<16}{kind:<10}{numbers}{rate}{left_out}", flush=True)
        for each in results if lists else ():
            if each.mutant.kind == kind and each.by not in ("default", "no rule"):
                mutant = each.mutant
                print(f"    {each.by}: {mutant.path}:{mutant.line} {mutant.what}\n        {mutant.why}")
                for line in each.diff:
                    print(f"        {line}")


def as_json(name: str, results: list[Outcome]) -> list[dict[str, object]]:
    return [
        {
            "application": name,
            "kind": each.mutant.kind,
            "path": each.mutant.path,
            "line": each.mutant.line,
            "what": each.mutant.what,
            "why": each.mutant.why,
            "found": each.by,
            "diff": each.diff,
        }
        for each in results
    ]


def folders(given: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    for source in given.sources:
        yield source.resolve().name, source
    names = given.app or ([] if given.sources else list(APPLICATIONS))
    for name in names:
        distribution, version = APPLICATIONS.get(name, (name, ""))
        yield name, given.apps / distribution if given.apps else unpacked(distribution, version, given.cache)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", type=Path, metavar="SOURCE", help="folders of applications")
    parser.add_argument("--app", action="append", metavar="NAME", help=f"of {', '.join(APPLICATIONS)}, or in --apps")
    parser.add_argument("--apps", type=Path, help="where they are unpacked already, in folders named as on PyPI")
    parser.add_argument("--cache", type=Path, default=cache_of_user(), help="where to unpack applications")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="by default all")
    parser.add_argument("--seed", type=int, default=0, help="which ones --most takes (default: 0)")
    parser.add_argument("--most", type=int, metavar="N", help="try at most N defects of each kind")
    parser.add_argument("--batch", type=int, default=200, metavar="N", help="defects in one run (default: 200)")
    parser.add_argument("--show", action="store_true", help="list what is not found, and what is unclear")
    parser.add_argument("--json", action="store_true", help="every defect and its outcome as JSON")
    given = parser.parse_args()
    for name in given.app or ():
        if name not in APPLICATIONS and not (given.apps and (given.apps / name).is_dir()):
            parser.error(f"no such application: {name}")
    if missing := [str(source) for source in given.sources if not source.is_dir()]:
        parser.error(f"no such folder: {', '.join(missing)}")
    if not given.json:
        print(f"{'application':<16}{'kind':<10}{''.join(f'{column:>9}' for column in COLUMNS)}{'rate':>9}")
    told: list[dict[str, object]] = []
    for name, folder in folders(given):
        results = with_room(partial(_all, name, folder, given))
        told += as_json(name, results)
        if not given.json:
            show(name, results, lists=given.show)
    if given.json:
        print(json.dumps(told, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
