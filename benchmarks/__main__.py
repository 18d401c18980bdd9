"""`python -m benchmarks`: download, measure in rounds, print a table."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.applications import APPLICATIONS, Application, copies, unpacked
from benchmarks.measuring import Measured, measured
from benchmarks.tools import PEERS, Tool, dbreview, parser


def main() -> None:
    """Measure what the options ask for."""
    options = _options()
    folder = options.folder or Path(tempfile.gettempdir()) / "dbreview-benchmarks"
    names = options.apps.split(",") if options.apps else list(APPLICATIONS)
    peers = [PEERS[name] for name in options.peers.split(",") if name] if options.peers is not None else PEERS.values()
    for name in names:
        application = unpacked(name, folder)
        print(f"\n{application.name} {application.version}: {application.files} files, {application.lines} lines")
        _tell(application, _rounds(application, options.runs, [peer for peer in peers if peer.is_installed()]))
    if options.scaling:
        _tell_scaling(unpacked(options.scaling, folder), folder, options.runs)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--apps", help=f"some of {', '.join(APPLICATIONS)}")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--peers", help=f"some of {', '.join(PEERS)}; empty for none")
    options.add_argument("--scaling", metavar="APP", help="measure copies of this application, too")
    options.add_argument("--folder", type=Path, help="where the applications are kept")
    return options.parse_args()


Rounds = dict[str, list[Measured]]


def _rounds(application: Application, runs: int, peers: list[Tool]) -> Rounds:
    """What each kind of run took, one of each kind per round."""
    found: Rounds = {}
    for number in range(runs):
        for what, run in _kinds(application, peers):
            if (took := run()) is not None:
                found.setdefault(what, []).append(took)
        print(f"  round {number + 1} of {runs}", flush=True)
    return found


Run = Callable[[], "Measured | None"]


def _kinds(application: Application, peers: list[Tool]) -> Iterator[tuple[str, Run]]:
    root = application.root
    with tempfile.TemporaryDirectory() as cache:
        yield "T", lambda: measured(parser(root))
        yield "cold, one job", lambda: measured(dbreview(root, jobs=1))
        yield "cold, two jobs", lambda: measured(dbreview(root, jobs=2))
        measured(dbreview(root, cache=cache))
        yield "warm", lambda: measured(dbreview(root, cache=cache))
        with application.one_file_changed():
            yield "warm, one file changed", lambda: measured(dbreview(root, cache=cache))
    for peer in peers:
        yield peer.name, partial(measured, peer.command(root))


def _tell(application: Application, rounds: Rounds) -> None:
    parse = statistics.median(each.seconds for each in rounds["T"])
    for what, runs in rounds.items():
        seconds = statistics.median(each.seconds for each in runs)
        memory = max(each.bytes for each in runs) / 2**20
        print(f"  {what:24} {seconds:8.2f} s {seconds / parse:7.3f} T {memory:8.0f} MiB")
    allowed = 250 + 1.5 * application.lines / 1024
    print(f"  (memory that is allowed: {allowed:.0f} MiB)")


def _tell_scaling(application: Application, folder: Path, runs: int) -> None:
    print(f"\nCopies of {application.name}")
    first: dict[str, float] = {}
    for number in (1, 2, 4, 8):
        root = copies(application, number, folder)
        with tempfile.TemporaryDirectory() as cache:
            cold = _seconds(dbreview(root, jobs=1), runs)
            measured(dbreview(root, cache=cache))
            warm = _seconds(dbreview(root, cache=cache), runs)
        first = first or {"cold": cold, "warm": warm}
        print(f"  {number}: cold {cold:.2f} s ({cold / first['cold']:.1f} x), warm {warm:.2f} s", flush=True)


def _seconds(command: Sequence[str], runs: int) -> float:
    took = (measured(command) for _ in range(runs))
    return statistics.median(each.seconds for each in took if each is not None)


if __name__ == "__main__":
    main()
