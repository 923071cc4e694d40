"""For tests: what a client is given from outside, standing still, and a transport that plays given answers."""

from __future__ import annotations

import itertools
import typing

from .operation import Request, Response
from .transport import Script

if typing.TYPE_CHECKING:
    from collections.abc import Iterable


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


class FixedTokens:
    """A token source that gives `tokens` in order, then `token-1`, `token-2` and so on, by the number of readings.

    >>> tokens = FixedTokens(["a"])
    >>> tokens(), tokens()
    ('a', 'token-2')
    """

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        """Take the first tokens."""
        given = list(tokens)
        following = (f"token-{number}" for number in itertools.count(len(given) + 1))
        self._tokens = itertools.chain(given, following)

    def __call__(self) -> str:
        """Give the next token."""
        return next(self._tokens)


class FixedRandom:
    """A random source that gives `numbers` in order, then 0.5 for ever.

    >>> random = FixedRandom([0.25])
    >>> random(), random()
    (0.25, 0.5)
    """

    def __init__(self, numbers: Iterable[float] = ()) -> None:
        """Take the first numbers."""
        self._numbers = itertools.chain(list(numbers), itertools.repeat(0.5))

    def __call__(self) -> float:
        """Give the next number."""
        return next(self._numbers)


class RecordingSleeper:
    """A sleeper that waits for nothing and remembers in `slept_ms` what it was asked for.

    >>> sleeper = RecordingSleeper()
    >>> sleeper(0.025); sleeper.slept_ms
    [25]
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.slept_ms: list[int] = []

    def __call__(self, seconds: float) -> None:
        """Remember how long the wait would have been."""
        self.slept_ms.append(round(seconds * 1000))


__all__ = ["FixedClock", "FixedRandom", "FixedTokens", "RecordingSleeper", "Request", "Response", "Script"]
