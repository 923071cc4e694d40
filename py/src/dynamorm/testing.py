"""For tests: a clock that stands or ticks, and a transport that plays given answers."""

from __future__ import annotations

from .operation import Request, Response
from .transport import Script


class FixedClock:
    """A clock that gives `now_ns`, and `tick_ns` more at each further reading.

    >>> clock = FixedClock(10, tick_ns=5)
    >>> clock(), clock()
    (10, 15)
    """

    def __init__(self, now_ns: int, *, tick_ns: int = 0) -> None:
        """Take the first reading, in nanoseconds since the epoch."""
        self._next, self._tick = now_ns, tick_ns

    def __call__(self) -> int:
        """Read the clock."""
        now, self._next = self._next, self._next + self._tick
        return now


__all__ = ["FixedClock", "Request", "Response", "Script"]
