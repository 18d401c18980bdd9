"""A bar for runs that take longer than a moment; loads rich only when it appears."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0
_INTERVAL = 0.1


class ProgressBar:
    """Stands on standard error while the run tells its steps, and is gone afterwards."""

    def __init__(self) -> None:
        self._shown_at = time.monotonic() + _PATIENCE
        self._bar: tuple[Progress, TaskID] | None = None

    def __call__(self, step: str, done: int, total: int) -> None:
        """The run is at a step; the bar moves now and then."""
        now = time.monotonic()
        if now < self._shown_at:
            return
        self._shown_at = now + _INTERVAL
        if self._bar is None:
            self._bar = _start()
        progress, task = self._bar
        progress.update(task, description=step, completed=done, total=total)
        progress.refresh()

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar[0].stop()


def _start() -> tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
    )
    progress.start()
    return progress, progress.add_task("Reading", total=None)
