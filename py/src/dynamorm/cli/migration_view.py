"""What is shown of a migration under way: a bar on a terminal, a line each few seconds in a pipe."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .output import console, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import TaskID

    from ..copying import MigrationProgress
    from ..operation import MigrationCounts

LINE_SECONDS = 5.0
_TOLD = ("written", "present", "different", "skipped", "failed")


def told_counts(counts: MigrationCounts) -> str:
    """Say what became of items, as far as there are any.

    >>> from dynamorm import MigrationCounts
    >>> told_counts(MigrationCounts(read=3, written=2, failed=1))
    '2 written, 1 failed'
    """
    numbers = ((name, getattr(counts, name)) for name in _TOLD)
    return ", ".join(f"{number:,} {name}" for name, number in numbers if number)


class View(Protocol):
    """Is told of every page."""

    def tell(self, progress: MigrationProgress) -> None:
        """Show it."""
        ...

    def close(self) -> None:
        """Show nothing further."""
        ...


class Nothing:
    """Shows nothing."""

    def tell(self, progress: MigrationProgress) -> None:
        """Take it."""

    def close(self) -> None:
        """Be done."""


class Lines:
    """A line each few seconds."""

    def __init__(self) -> None:
        """Begin to count the seconds."""
        self._last = time.monotonic()

    def tell(self, progress: MigrationProgress) -> None:
        """Print a line where it is time."""
        now = time.monotonic()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            counts = progress.counts
            say(f"{progress.phase}: {counts.read:,} items read: {told_counts(counts)}", stderr=True)

    def close(self) -> None:
        """Be done."""


class Bars:
    """A bar for each phase; one that passes the count grows with it."""

    def __init__(self, items: int | None) -> None:
        """Take how many items there are about; DynamoDB counts them every few hours."""
        self._items = items or None
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description:<6}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console(stderr=True),
        )
        self._progress.start()

    def tell(self, progress: MigrationProgress) -> None:
        """Move the bar of the phase."""
        read, counts = progress.counts.read, told_counts(progress.counts)
        total = None if self._items is None else max(self._items, read)
        if progress.phase not in self._tasks:
            # The speed is that of this run: what an earlier one did is where this one begins.
            task = self._progress.add_task(progress.phase, completed=read, total=total, counts=counts)
            self._tasks[progress.phase] = task
        self._progress.update(self._tasks[progress.phase], completed=read, total=total, counts=counts)

    def close(self) -> None:
        """Leave the bars as they are."""
        self._progress.stop()


def view_of(items: Callable[[], int | None], *, quiet: bool) -> View:
    """Give what fits where standard error goes; the number of items is asked for where it is shown."""
    if quiet:
        return Nothing()
    return Bars(items()) if sys.stderr.isatty() else Lines()
