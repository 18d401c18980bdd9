"""How long a command takes, and how much memory its processes have at once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

_PAUSE = 0.02
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Measured:
    """One run: its wall-clock time, and the peak of the resident memory of all its processes together."""

    seconds: float
    bytes: int


def measured(command: Sequence[str]) -> Measured | None:
    """Run a command, whatever it finds; None where it could not do its job (a status above 2, or a signal)."""
    start = time.perf_counter()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident(process))
        time.sleep(_PAUSE)
    seconds = time.perf_counter() - start
    return Measured(seconds, peak) if process.returncode in (0, 1, 2) else None


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.Error:
        return total  # one of them has just ended
    return total
